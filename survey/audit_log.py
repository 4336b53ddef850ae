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
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time
from enum import StrEnum
from typing import Any

from blinker import Signal
from sqlalchemy import ForeignKey, Index, LargeBinary, UniqueConstraint, insert, select
from sqlalchemy import event as events
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from survey.database import SCHOOL_TIME, Base, by_value
from survey.permissions import MemberLike


class EventName(StrEnum):
    """Everything that is recorded: a constant name, stored with identifiers."""

    AUTHORITY_ADDED = "authority.added"
    SCHOOL_ADDED = "school.added"
    SCHOOL_CHANGED = "school.changed"
    POLICY_CHANGED = "policy.changed"
    SCHOOL_CLOSED = "school.closed"
    SCHOOL_REOPENED = "school.reopened"
    SCHOOL_MOVED = "school.moved"
    SCHOOL_MERGED = "school.merged"
    AUTHORITY_CHANGED = "authority.changed"
    AUTHORITY_CLOSED = "authority.closed"
    AUTHORITY_REOPENED = "authority.reopened"
    AUTHORITY_MERGED = "authority.merged"
    CONTACTS_CHANGED = "help_contacts.changed"
    PEOPLE_CORRECTED = "help_contacts.people_corrected"
    CONTACTS_CHECKED = "help_contacts.checked"
    SIGN_OFF_GIVEN = "sign_off.given"
    SIGN_OFF_REVOKED = "sign_off.revoked"
    SIGN_OFFS_ASKED_FOR = "sign_offs.asked_for"
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
    SECOND_STEP_REQUIRED = "second_step.required"
    SECOND_STEP_RESET = "second_step.reset"
    PASSKEY_ADDED = "passkey.added"
    PASSKEY_REMOVED = "passkey.removed"
    PROVIDER_LINKED = "provider.linked"
    PROVIDER_UNLINKED = "provider.unlinked"
    PROVIDER_REFUSED = "provider.refused"
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
    CAMPAIGN_ARCHIVED = "campaign.archived"
    CAMPAIGN_UNARCHIVED = "campaign.unarchived"
    PROGRAMME_ARCHIVED = "programme.archived"
    PROGRAMME_UNARCHIVED = "programme.unarchived"
    DRAFT_CHANGED = "draft.changed"
    DRAFT_DISCARDED = "draft.discarded"
    PLAN_CHANGED = "plan.changed"
    PLAN_REMOVED = "plan.removed"
    WAVE_STARTED = "wave.started"
    WAVE_LAUNCHED = "wave.launched"
    LAUNCH_UNDONE = "launch.undone"
    WAVE_EXTENDED = "wave.extended"
    SLIPS_COUNTED = "slips.counted"
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


ONCE_A_DAY = frozenset({EventName.HELP_REQUEST_READ, EventName.HELP_REQUEST_CLOSED})
"""Recorded once a day for each member, without the time and without which request: their number and
their times would be those of the requests that students send."""

BY_DAY = ONCE_A_DAY | {EventName.HELP_REQUESTS_OPENED}
"""Events of which only the day is kept."""


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

    @property
    def day(self) -> date:
        """The day at the schools. Between midnight and one in summer that is not the day in UTC."""
        return self.at.replace(tzinfo=UTC).astimezone(SCHOOL_TIME).date()


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
    at = datetime.now(UTC).replace(microsecond=0, tzinfo=None)
    if name in BY_DAY:
        at = datetime.combine(at, time())
    if name in ONCE_A_DAY and by is not None and _is_recorded(db, name, by, school_id, at):
        return
    happened = Event(
        event_id=uuid.uuid4(),
        at=at,
        name=name,
        member_id=by.id if by else None,
        school_id=school_id,
        authority_id=authority_id,
        details={key: _plain(value) for key, value in details.items()},
    )
    db.add(happened)
    db.info.setdefault(_UNLINKED, []).append(happened)


def _is_recorded(
    db: Session, name: EventName, by: MemberLike, school_id: uuid.UUID | None, at: datetime
) -> bool:
    """Was this recorded today?"""
    query = select(Event.event_id).where(
        Event.name == name,
        Event.member_id == by.id,
        Event.school_id == school_id,
        Event.at == at,
    )
    return db.scalar(query.limit(1)) is not None


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
    _add_links(db, by_scope)
    committing.send(db, happened=tuple(waiting))


@events.listens_for(Session, "after_soft_rollback")
def _forget(db: Session, _previous: object) -> None:
    """Leaves out events that were rolled back."""
    db.info[_UNLINKED] = [one for one in db.info.get(_UNLINKED, []) if one in db]


def _add_links(db: Session, by_scope: Mapping[uuid.UUID, list[Event]]) -> None:
    links = []
    for chain in _held(db, sorted(by_scope)):
        for one in by_scope[chain.scope_id]:
            chain.number += 1
            chain.link_hash = next_hash(chain.link_hash, line(chain.scope_id, chain.number, one))
            links.append(
                {
                    "event_id": one.event_id,
                    "scope_id": chain.scope_id,
                    "number": chain.number,
                    "link_hash": chain.link_hash,
                }
            )
    db.execute(insert(EventLink), links)


_INSERTS: Mapping[str, Any] = {"postgresql": postgresql.insert, "sqlite": sqlite.insert}


_AT_ONCE = 500
"""A statement takes so many values."""


def _held(db: Session, scope_ids: Sequence[uuid.UUID]) -> list[EventChain]:
    """The last links of these chains, locked until the transaction ends; new ones where there are
    none. `scope_ids` are in order: all are made in that order first, and then locked in it."""
    make = _INSERTS[db.get_bind().dialect.name]
    first = [{"scope_id": one, "number": 0, "link_hash": START} for one in scope_ids]
    db.execute(make(EventChain).on_conflict_do_nothing(), first)
    found: list[EventChain] = []
    for at in range(0, len(scope_ids), _AT_ONCE):
        query = select(EventChain).where(EventChain.scope_id.in_(scope_ids[at : at + _AT_ONCE]))
        query = query.order_by(EventChain.scope_id).with_for_update()
        found += db.scalars(query.execution_options(populate_existing=True))
    return found
