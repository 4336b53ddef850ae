"""An append-only record of what staff did. Students leave no event.

The events of each school, of each authority and of the operators form a chain: every event has a
number and a hash over itself and the event before it. An event that is changed, removed or inserted
breaks the chain from there on. A person who can rewrite the whole database can also make a new
chain, so the page of the log shows the latest hash: a copy of it elsewhere shows later whether the
chain was replaced.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from blinker import Signal
from sqlalchemy import ForeignKey, Index, LargeBinary, UniqueConstraint, func, insert, select
from sqlalchemy import event as events
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from survey.database import Base, by_value
from survey.permissions import MemberLike


class EventName(StrEnum):
    """Everything that is recorded: a constant name, stored with identifiers."""

    AUTHORITY_ADDED = "authority.added"
    SCHOOL_ADDED = "school.added"
    SCHOOL_CHANGED = "school.changed"
    SCHOOL_CLOSED = "school.closed"
    SCHOOL_DISCARDED = "school.discarded"
    SCHOOL_ERASED = "school.erased"
    AUTHORITY_ERASED = "authority.erased"
    DATA_EXPORTED = "data.exported"
    DATABASE_RESTORED = "database.restored"
    LETTERHEAD_CHANGED = "letterhead.changed"
    SIGNED_IN = "signed_in"
    SIGNED_OUT = "signed_out"
    SIGN_IN_FAILED = "sign_in.failed"
    SESSIONS_ENDED = "sessions.ended"
    PASSWORD_CHANGED = "password.changed"  # noqa: S105 - the name of an event
    SECOND_STEP_ON = "second_step.on"
    SECOND_STEP_OFF = "second_step.off"
    RECOVERY_CODES_MADE = "recovery_codes.made"
    ACCESS_REFUSED = "access.refused"
    REPORT_READ = "report.read"
    REPORT_DOWNLOADED = "report.downloaded"
    COMPARISON_READ = "comparison.read"
    COMPARISON_DOWNLOADED = "comparison.downloaded"
    HELP_REQUESTS_OPENED = "help_requests.opened"
    TEXTS_SEEN = "texts.seen"
    LOG_DOWNLOADED = "log.downloaded"
    MEMBER_ADDED = "member.added"
    MEMBER_CONFIRMED = "member.confirmed"
    MEMBER_REMOVED = "member.removed"
    MEMBER_CLOSED = "member.closed"
    MEMBER_RENEWED = "member.renewed"
    MEMBER_ERASED = "member.erased"
    MEMBER_LOCKED = "member.locked"
    PROGRAMME_STARTED = "programme.started"
    CORE_CHANGED = "core.changed"
    WAVE_PLANNED = "wave.planned"
    PROGRAMME_DISCARDED = "programme.discarded"
    SCHOOL_INVITED = "school.invited"
    SCHOOL_UNINVITED = "school.uninvited"
    INVITATION_ACCEPTED = "invitation.accepted"
    INVITATION_DECLINED = "invitation.declined"
    INVITATION_LAPSED = "invitation.lapsed"
    READER_ASKED = "reader.asked"
    READER_ACCEPTED = "reader.accepted"
    READER_DECLINED = "reader.declined"
    SCHOOL_SET_ASIDE = "school.set_aside"
    SCHOOL_TAKEN_BACK = "school.taken_back"
    CAMPAIGN_STARTED = "campaign.started"
    CAMPAIGN_DISCARDED = "campaign.discarded"
    DRAFT_CHANGED = "draft.changed"
    DRAFT_DISCARDED = "draft.discarded"
    PLAN_CHANGED = "plan.changed"
    PLAN_REMOVED = "plan.removed"
    WAVE_STARTED = "wave.started"
    WAVE_LAUNCHED = "wave.launched"
    LAUNCH_UNDONE = "launch.undone"
    WAVE_EXTENDED = "wave.extended"
    CODES_MADE = "codes.made"
    CODES_PRINTED = "codes.printed"
    CARDS_VOIDED = "cards.voided"
    APPROVAL_ASKED = "approval.asked"
    APPROVAL_GIVEN = "approval.given"
    APPROVAL_DECLINED = "approval.declined"
    APPROVAL_LAPSED = "approval.lapsed"
    PRINT_DETAILS_CHANGED = "print_details.changed"
    ITEMS_SHOWN = "items.shown"
    ITEMS_HIDDEN = "items.hidden"
    KEY_MADE_AGAIN = "key.made_again"
    KEY_PRINTED = "key.printed"
    WAVE_CLOSED = "wave.closed"
    BOXES_OPENED = "boxes.opened"
    BOXES_LOST = "boxes.lost"
    KEY_DESTROYED = "key.destroyed"
    WAVE_ENDED = "wave.ended"
    WAVE_RELEASED = "wave.released"
    RELEASE_WITHDRAWN = "release.withdrawn"
    RELEASE_RESTORED = "release.restored"
    COMPARISON_RELEASED = "comparison.released"
    RESPONSES_ERASED = "responses.erased"
    ASSESSMENT_STARTED = "assessment.started"
    ASSESSMENT_CHANGED = "assessment.changed"
    ASSESSMENT_FINISHED = "assessment.finished"
    ASSESSMENT_DISCARDED = "assessment.discarded"
    TEXTS_OPENED = "texts.opened"
    TEXTS_READ = "texts.read"
    TEXT_PASSED_ON = "text.passed_on"
    TEXTS_RELEASED = "texts.released"
    TEXTS_WITHDRAWN = "texts.withdrawn"
    TEXTS_ERASED = "texts.erased"
    STAFF_NAMES_CHANGED = "staff_names.changed"
    HELP_DESK_CHANGED = "help_desk.changed"
    DESK_KEY_MADE = "desk_key.made"
    DESK_KEY_CANCELLED = "desk_key.cancelled"
    DESK_KEY_OPENED = "desk_key.opened"
    DESK_KEY_REFUSED = "desk_key.refused"
    DESK_SHEET_MADE = "desk_sheet.made"
    DESK_READER_INVITED = "desk_reader.invited"
    DESK_READER_ADDED = "desk_reader.added"
    DESK_READER_REMOVED = "desk_reader.removed"
    NEWS_SEEN = "news.seen"
    HELP_REQUEST_READ = "help_request.read"
    HELP_REQUEST_CLOSED = "help_request.closed"
    HELP_REQUESTS_ERASED = "help_requests.erased"
    ACTION_PLANNED = "action.planned"
    ACTION_CHANGED = "action.changed"
    ACTION_MOVED = "action.moved"
    STUDENTS_PAGE_SHOWN = "students_page.shown"
    STUDENTS_PAGE_HIDDEN = "students_page.hidden"
    SHARED_PLACE_BEGUN = "shared_place.begun"
    SHARED_PLACE_CHANGED = "shared_place.changed"
    SHARED_FIGURE_MADE = "shared_figure.made"
    PARTNER_ACTION_PLANNED = "partner_action.planned"
    PARTNER_ACTION_CHANGED = "partner_action.changed"
    PARTNER_ACTION_MOVED = "partner_action.moved"
    JOB_CANCELLED = "job.cancelled"
    JOB_RETRIED = "job.retried"


ACCESS = frozenset(
    {
        EventName.SIGNED_IN,
        EventName.SIGNED_OUT,
        EventName.SIGN_IN_FAILED,
        EventName.ACCESS_REFUSED,
        EventName.REPORT_READ,
        EventName.REPORT_DOWNLOADED,
        EventName.COMPARISON_READ,
        EventName.COMPARISON_DOWNLOADED,
        EventName.HELP_REQUESTS_OPENED,
        EventName.TEXTS_SEEN,
        EventName.LOG_DOWNLOADED,
    }
)
"""Events of signing in and reading, which change nothing."""


class Event(Base):
    __tablename__ = "event"
    __table_args__ = (Index("ix_event_member_at", "member_id", "at"),)

    event_id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    at: Mapped[datetime]
    name: Mapped[EventName] = mapped_column(by_value(EventName, 40))
    member_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("member.id"))
    school_id: Mapped[uuid.UUID | None] = mapped_column(index=True)
    authority_id: Mapped[uuid.UUID | None] = mapped_column(index=True)
    details: Mapped[dict[str, Any]]


class EventLink(Base):
    """The place of an event in the chain of its school, its authority, or the operators."""

    __tablename__ = "event_link"
    __table_args__ = (UniqueConstraint("scope_id", "number"),)

    event_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("event.event_id"), primary_key=True)
    scope_id: Mapped[uuid.UUID]
    number: Mapped[int]
    link_hash: Mapped[bytes] = mapped_column(LargeBinary(32))


class EventChain(Base):
    """The last link of each chain. A transaction that adds to a chain locks this row until it
    commits."""

    __tablename__ = "event_chain"

    scope_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    number: Mapped[int]
    link_hash: Mapped[bytes] = mapped_column(LargeBinary(32))


OPERATORS = uuid.UUID(int=0)
"""The scope of events that belong to no school and no authority."""

START = bytes(32)
"""The hash before the first event of a chain."""

_UNLINKED = "events_to_link"

committing = Signal()
"""Sent with a session and the events (`happened`) that it is about to commit."""


def record(
    db: Session,
    name: EventName,
    *,
    by: MemberLike | None,
    school_id: uuid.UUID | None = None,
    authority_id: uuid.UUID | None = None,
    **details: Any,
) -> None:
    """Writes one event in the transaction of the change it describes. `by` is None for the command
    line."""
    happened = Event(
        event_id=uuid.uuid4(),
        at=datetime.now(UTC).replace(microsecond=0, tzinfo=None),
        name=name,
        member_id=by.id if by else None,
        school_id=school_id,
        authority_id=authority_id,
        details={key: _plain(value) for key, value in details.items()},
    )
    db.add(happened)
    db.info.setdefault(_UNLINKED, []).append(happened)


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, uuid.UUID) else value


# The chain


def scope_of(happened: Event) -> uuid.UUID:
    """The chain an event belongs to."""
    return happened.school_id or happened.authority_id or OPERATORS


def line(scope_id: uuid.UUID, number: int, happened: Event) -> str:
    """The bytes that the hash of an event covers, after the hash of the event before."""
    return "|".join(
        (
            str(scope_id),
            str(number),
            happened.at.isoformat(),
            happened.name.value,
            str(happened.member_id or ""),
            written(happened.details),
        )
    )


def written(details: Mapping[str, Any]) -> str:
    return json.dumps(details, sort_keys=True, ensure_ascii=False)


def next_hash(before: bytes, text: str) -> bytes:
    return hashlib.sha256(before + text.encode()).digest()


@events.listens_for(Session, "before_commit")
def _link(db: Session) -> None:
    """Adds the events of a transaction to their chains: last, and chain by chain in one order, so
    that two transactions never wait for each other."""
    waiting = [one for one in db.info.pop(_UNLINKED, []) if one in db]
    if not waiting:
        return
    db.flush()
    by_scope: dict[uuid.UUID, list[Event]] = {}
    for happened in waiting:
        by_scope.setdefault(scope_of(happened), []).append(happened)
    for scope_id in sorted(by_scope):
        _add_links(db, scope_id, by_scope[scope_id])
    committing.send(db, happened=tuple(waiting))


@events.listens_for(Session, "after_soft_rollback")
def _forget(db: Session, _previous: object) -> None:
    """Leaves out events that were rolled back."""
    db.info[_UNLINKED] = [one for one in db.info.get(_UNLINKED, []) if one in db]


def _add_links(db: Session, scope_id: uuid.UUID, happened: list[Event]) -> None:
    chain = _held(db, scope_id)
    for one in happened:
        chain.number += 1
        chain.link_hash = next_hash(chain.link_hash, line(scope_id, chain.number, one))
        db.execute(
            insert(EventLink).values(
                event_id=one.event_id,
                scope_id=scope_id,
                number=chain.number,
                link_hash=chain.link_hash,
            )
        )


_INSERTS: Mapping[str, Any] = {"postgresql": postgresql.insert, "sqlite": sqlite.insert}


def _held(db: Session, scope_id: uuid.UUID) -> EventChain:
    """The last link of a chain, locked until the transaction ends; a new one if there is none."""
    make = _INSERTS[db.get_bind().dialect.name]
    first = {"scope_id": scope_id, "number": 0, "link_hash": START}
    db.execute(make(EventChain).values(**first).on_conflict_do_nothing())
    query = select(EventChain).where(EventChain.scope_id == scope_id)
    return db.scalars(query.with_for_update().execution_options(populate_existing=True)).one()


@dataclass(frozen=True)
class Entry:
    """An event of a chain, with its number and its hash."""

    event: Event
    number: int
    link_hash: bytes


def entries(
    db: Session,
    scope_id: uuid.UUID,
    *,
    names: Iterable[EventName] = (),
    before: int | None = None,
    most: int | None = None,
) -> list[Entry]:
    """Events of a chain, the newest first: of these names, if any are given, with a number under
    `before`, and at most so many."""
    query = (
        select(Event, EventLink.number, EventLink.link_hash)
        .join(EventLink, EventLink.event_id == Event.event_id)
        .where(EventLink.scope_id == scope_id)
        .order_by(EventLink.number.desc())
    )
    if chosen := sorted(names):
        query = query.where(Event.name.in_(chosen))
    if before is not None:
        query = query.where(EventLink.number < before)
    return [Entry(*row) for row in db.execute(query.limit(most))]


def last_link(db: Session, scope_id: uuid.UUID) -> tuple[int, bytes]:
    """The number and the hash of the newest event of a chain."""
    row = db.execute(
        select(EventChain.number, EventChain.link_hash).where(EventChain.scope_id == scope_id)
    ).one_or_none()
    return (row[0], row[1]) if row else (0, START)


def first_broken(db: Session, scope_id: uuid.UUID) -> int | None:
    """The number of the first event that does not follow from the one before; None if the chain is
    whole. Also finds an event that was added without a link, and links without their event."""
    expected, before = 0, START
    for entry in reversed(entries(db, scope_id)):
        expected += 1
        before = next_hash(before, line(scope_id, expected, entry.event))
        if entry.number != expected or entry.link_hash != before:
            return expected
    if (expected, before) != last_link(db, scope_id) or _unlinked(db, scope_id):
        return expected + 1
    return None


def _unlinked(db: Session, scope_id: uuid.UUID) -> int:
    """How many events of a scope are in no chain."""
    linked = select(EventLink.event_id)
    where: Iterable[Any] = (
        (Event.school_id.is_(None), Event.authority_id.is_(None))
        if scope_id == OPERATORS
        else (func.coalesce(Event.school_id, Event.authority_id) == scope_id,)
    )
    query = select(func.count()).select_from(Event).where(*where, Event.event_id.not_in(linked))
    return db.scalar(query) or 0
