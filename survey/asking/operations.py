"""What happens to a request: a student asks, a lead reads and closes it, in time it goes."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import delete, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from survey.access import MemberLike
from survey.asking import seal
from survey.asking.models import HelpRequest
from survey.errors import NotNowError, NotThereError, RefusedError
from survey.events import EventName, record
from survey.words import length

KEPT_FOR = timedelta(days=90)
"""After closing; a request that nobody closed goes as long after the day it came."""
MOST_A_DAY = 200
"""Requests to one school: more than any day brings, and too few to fill a disk."""
LONGEST_NOTE = 1000


class NoSuchRequestError(NotThereError):
    """The school has no such request; it may have been erased."""


class NotReadYetError(NotNowError):
    """Nobody closes a request without having read it."""


class AlreadyClosedError(NotNowError):
    """Somebody closed it before."""


class NoNoteError(RefusedError):
    """Closing says what was done."""


class TooManyTodayError(NotNowError):
    """The school had so many today that something is wrong."""


@dataclass(frozen=True)
class Asked:
    """What a student wrote."""

    name: str
    form: str
    where: str
    about: str
    urgent: bool


@dataclass(frozen=True)
class Opened:
    """A request as the lead reads it; `asked` and `note` are None where the seal is broken."""

    request: HelpRequest
    asked: Asked | None
    note: str | None


@dataclass(frozen=True)
class Waiting:
    """What nobody has read yet."""

    count: int
    urgent: int
    oldest: date | None


INSERTS: Mapping[str, Any] = {"postgresql": postgresql.insert, "sqlite": sqlite.insert}
"""Both can leave what is there alone; SQLAlchemy spells it by dialect."""


def ask(
    db: Session,
    *,
    school_id: uuid.UUID,
    request_id: uuid.UUID,
    asked: Asked,
    key: bytes,
    today: date,
) -> None:
    """Keeps a request. `request_id` came with the page, so sending a page twice is sending it
    once. It leaves no event: an event has a time."""
    today_so_far = db.scalar(
        select(func.count()).where(
            HelpRequest.school_id == school_id, HelpRequest.arrived_on == today
        )
    )
    if (today_so_far or 0) >= MOST_A_DAY:
        raise TooManyTodayError
    words = json.dumps(asdict(asked), ensure_ascii=False)
    insert = INSERTS[db.get_bind().dialect.name]
    db.execute(
        insert(HelpRequest)
        .values(
            school_id=school_id,
            request_id=request_id,
            arrived_on=today,
            urgent=asked.urgent,
            sealed=seal.seal(words, key=key, place=_place(school_id, request_id, "asked")),
        )
        .on_conflict_do_nothing()
    )


def waiting(db: Session, school_id: uuid.UUID) -> Waiting:
    """How many nobody has read yet, how many of them are urgent, and since when they wait."""
    count, urgent, oldest = db.execute(
        select(
            func.count(),
            func.count().filter(HelpRequest.urgent),
            func.min(HelpRequest.arrived_on),
        ).where(HelpRequest.school_id == school_id, HelpRequest.read_on.is_(None))
    ).one()
    return Waiting(count, urgent, oldest)


def inbox(db: Session, school_id: uuid.UUID) -> list[HelpRequest]:
    """Those that wait first, the urgent ones first of them, then the oldest day. Within a day the
    random key orders them, so that the list does not tell who came first."""
    return list(
        db.scalars(
            select(HelpRequest)
            .where(HelpRequest.school_id == school_id)
            .order_by(
                HelpRequest.closed_on.is_not(None),
                HelpRequest.read_on.is_not(None),
                HelpRequest.urgent.desc(),
                HelpRequest.arrived_on,
                HelpRequest.request_id,
            )
        )
    )


def find_request(db: Session, school_id: uuid.UUID, request_id: uuid.UUID) -> HelpRequest:
    found = db.get(HelpRequest, (school_id, request_id))
    if found is None:
        raise NoSuchRequestError(_("There is no such request. It may have been erased."))
    return found


def open_request(request: HelpRequest, *, key: bytes) -> Opened:
    """What is in it, in words."""
    at = request.school_id, request.request_id
    asked = _unsealed(request.sealed, key=key, place=_place(*at, "asked"))
    note = _unsealed(request.sealed_note, key=key, place=_place(*at, "note"))
    return Opened(request, Asked(**json.loads(asked)) if asked is not None else None, note)


def mark_read(db: Session, *, request: HelpRequest, today: date, by: MemberLike) -> None:
    """Says who read it first; reading again changes nothing."""
    if request.read_on is not None:
        return
    request.read_on, request.read_by = today, by.id
    record(
        db,
        EventName.HELP_REQUEST_READ,
        by=by,
        school_id=request.school_id,
        request_id=request.request_id,
    )


def close_request(
    db: Session, *, request: HelpRequest, note: str, key: bytes, today: date, by: MemberLike
) -> None:
    """Says that it is dealt with, and how."""
    if request.read_on is None:
        raise NotReadYetError(_("Read the request first."))
    if request.closed_on is not None:
        raise AlreadyClosedError(_("This request is closed already."))
    words = note.strip()
    if not 1 <= length(words) <= LONGEST_NOTE:
        raise NoNoteError(
            _("Write what was done, in at most %(most)s characters.", most=LONGEST_NOTE)
        )
    place = _place(request.school_id, request.request_id, "note")
    sealed = seal.seal(words, key=key, place=place)
    request.closed_on, request.closed_by, request.sealed_note = today, by.id, sealed
    record(
        db,
        EventName.HELP_REQUEST_CLOSED,
        by=by,
        school_id=request.school_id,
        request_id=request.request_id,
    )


def erased_on(request: HelpRequest) -> date:
    """The day from which housekeeping erases it."""
    return (request.closed_on or request.arrived_on) + KEPT_FOR


def erase_due(db: Session, *, today: date) -> int:
    """Erases what was kept long enough, and records how many of each school, and how many of them
    nobody had read."""
    is_due = func.coalesce(HelpRequest.closed_on, HelpRequest.arrived_on) <= today - KEPT_FOR
    due = db.execute(
        select(
            HelpRequest.school_id,
            func.count(),
            func.count().filter(HelpRequest.read_on.is_(None)),
        )
        .where(is_due)
        .group_by(HelpRequest.school_id)
        .order_by(HelpRequest.school_id)
    ).all()
    for school_id, count, unread in due:
        record(
            db,
            EventName.HELP_REQUESTS_ERASED,
            by=None,
            school_id=school_id,
            count=count,
            unread=unread,
        )
    db.execute(delete(HelpRequest).where(is_due))
    return sum(count for _school, count, _unread in due)


def _place(school_id: uuid.UUID, request_id: uuid.UUID, part: str) -> bytes:
    return school_id.bytes + request_id.bytes + part.encode()


def _unsealed(sealed: bytes | None, *, key: bytes, place: bytes) -> str | None:
    if sealed is None:
        return None
    try:
        return seal.unseal(sealed, key=key, place=place)
    except seal.SealBrokenError:
        return None
