"""Asking a second person, and their answer. The packages that ask decide what it then allows."""

from __future__ import annotations

import re
import unicodedata
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from survey.approvals.models import ANSWER_WITHIN, Approval, ApprovalKind
from survey.approvals.states import ApprovalState, lapsed, move
from survey.audit_log import EventName, record
from survey.errors import NotThereError, RefusedError
from survey.organisations.models import Member, Membership, School
from survey.organisations.seats.operations import last_seat_at, live_seat, with_right
from survey.organisations.seats.vouching import are_two
from survey.permissions import MemberLike, Permission, may_approve

LONGEST_REASON = 200
"""The most letters of a reason: the report prints it."""
SHORTEST_REASON = 10
UNREASONED = frozenset({ApprovalKind.RELEASE, ApprovalKind.RESTORE, ApprovalKind.QUESTIONS})
"""Requests that need no reason: everyone who runs a survey has the same one."""
PRINTABLE = re.compile("[ -\u024f\u1e80-\u1e85\u1ef2\u1ef3\u2010-\u2026\u20ac]")
"""Letters and signs of English and Welsh."""


class NoSuchApprovalError(NotThereError):
    """There is no such request, or not for this member."""


class NotYoursToAnswerError(RefusedError):
    """This member cannot be the second person of this request."""


class ApprovalReasonError(RefusedError):
    """A reason that says nothing, or is too long to print."""


@dataclass(frozen=True)
class SecondPeople:
    """Who may answer a request: colleagues, or else analysts of the authority."""

    members: tuple[Member, ...]
    are_of_authority: bool

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(one.name for one in self.members)


def ask(
    db: Session,
    *,
    school_id: uuid.UUID,
    wave_id: uuid.UUID,
    kind: ApprovalKind,
    by: MemberLike,
    today: date,
    year: int | None = None,
    count: int | None = None,
    reason: str = "",
) -> Approval:
    """A request that waits for a second person. Asking again for what waits already changes
    nothing. The caller holds the survey, so two presses of a button are one request."""
    words = "" if kind in UNREASONED else _reason(reason)
    there = _waiting(db, school_id, wave_id, kind, year)
    if there is not None:
        return there
    last = db.scalar(
        select(func.max(Approval.number)).where(
            Approval.school_id == school_id, Approval.wave_id == wave_id
        )
    )
    asked = Approval(
        school_id=school_id,
        approval_id=uuid.uuid4(),
        wave_id=wave_id,
        number=(last or 0) + 1,
        kind=kind,
        year=year,
        count=count,
        reason=words,
        asked_by=by.id,
        asked_on=today,
    )
    db.add(asked)
    db.flush()  # anyone who reads the requests next finds this one
    _record(db, EventName.APPROVAL_ASKED, asked, by)
    return asked


def approve(db: Session, *, approval: Approval, by: MemberLike, today: date) -> None:
    """The second person agrees. Raises a `NotYoursToAnswerError` or an `AlreadyAnsweredError`."""
    _answer(db, approval, ApprovalState.APPROVED, by, today)
    _record(db, EventName.APPROVAL_GIVEN, approval, by)


def decline(db: Session, *, approval: Approval, by: MemberLike, today: date, note: str) -> None:
    """The second person does not agree, and says why."""
    words = _reason(note)
    _answer(db, approval, ApprovalState.DECLINED, by, today)
    approval.note = words
    _record(db, EventName.APPROVAL_DECLINED, approval, by)


def lapse(
    db: Session,
    *,
    school_id: uuid.UUID,
    wave_id: uuid.UUID,
    today: date,
    kinds: Iterable[ApprovalKind] = tuple(ApprovalKind),
) -> None:
    """Ends the waiting requests of these kinds: what they ask for is no longer possible."""
    of_kinds = frozenset(kinds)
    for one in of_wave(db, school_id=school_id, wave_id=wave_id):
        if one.state is ApprovalState.WAITING and one.kind in of_kinds:
            _lapse(db, one, today)


def lapse_unanswered(db: Session, *, today: date) -> None:
    """Ends the requests whose last day has passed. Everyone who could answer may have left."""
    waiting = select(Approval).where(
        Approval.state == ApprovalState.WAITING, Approval.asked_on < today - ANSWER_WITHIN
    )
    in_order = waiting.order_by(Approval.school_id, Approval.approval_id)
    for one in db.scalars(in_order.with_for_update(skip_locked=True)):  # not what is answered now
        _lapse(db, one, today)


def _lapse(db: Session, one: Approval, today: date) -> None:
    one.state, one.answered_on = move(one.state, ApprovalState.LAPSED), today
    _record(db, EventName.APPROVAL_LAPSED, one, None)


def find(db: Session, school_id: uuid.UUID, approval_id: uuid.UUID) -> Approval:
    found = db.get(Approval, (school_id, approval_id))
    if found is None:
        raise NoSuchApprovalError(_("There is no such request."))
    return found


def find_for_authority(
    db: Session, authority_id: uuid.UUID, approval_id: uuid.UUID, by: MemberLike
) -> Approval:
    """A request that an analyst may answer in place of the school. Others are as if they did
    not exist."""
    found = db.scalar(
        select(Approval)
        .join(School, School.school_id == Approval.school_id)
        .where(School.authority_id == authority_id, Approval.approval_id == approval_id)
    )
    if found is None or not (is_second(db, found, by) or found.answered_by == by.id):
        raise NoSuchApprovalError(_("There is no such request."))
    return found


def of_wave(db: Session, *, school_id: uuid.UUID, wave_id: uuid.UUID) -> list[Approval]:
    """All requests of a survey, in the order in which they were made."""
    return list(
        db.scalars(
            select(Approval)
            .where(Approval.school_id == school_id, Approval.wave_id == wave_id)
            .order_by(Approval.number)
        )
    )


def latest(approvals: Iterable[Approval], kind: ApprovalKind) -> Approval | None:
    """The last request of a kind."""
    return next((one for one in reversed(tuple(approvals)) if one.kind is kind), None)


def has_approved_release(db: Session, *, school_id: uuid.UUID, wave_id: uuid.UUID) -> bool:
    """Have two people agreed that the answers of this survey are read?"""
    return any(
        one.kind is ApprovalKind.RELEASE and one.state is ApprovalState.APPROVED
        for one in of_wave(db, school_id=school_id, wave_id=wave_id)
    )


def waiting_for(db: Session, member: MemberLike) -> list[Approval]:
    """Requests that this member can answer now."""
    where = (
        Approval.school_id == member.school_id
        if member.school_id is not None
        else School.authority_id == member.authority_id
    )
    found = db.scalars(
        select(Approval)
        .join(School, School.school_id == Approval.school_id)
        .where(where, Approval.state == ApprovalState.WAITING)
        .order_by(Approval.asked_on, Approval.number)
    )
    return [one for one in found if is_second(db, one, member)]


def is_second(db: Session, approval: Approval, member: MemberLike) -> bool:
    """May this member answer this request?"""
    school = db.get_one(School, approval.school_id)
    return may_approve(
        member,
        asked_by=approval.asked_by,
        school_id=school.school_id,
        authority_id=school.authority_id,
        is_independent=_is_independent(db, school, approval.asked_by, member),
        colleagues=len(_colleagues(db, school, approval.asked_by)),
    )


def second_people(db: Session, *, school: School, asked_by: uuid.UUID) -> SecondPeople:
    """Who can answer what `asked_by` asks for."""
    colleagues = _colleagues(db, school, asked_by)
    if colleagues or school.authority_id is None:
        return SecondPeople(colleagues, are_of_authority=False)
    of_authority = Membership.authority_id == school.authority_id
    return SecondPeople(_second_people(db, school, asked_by, of_authority), are_of_authority=True)


def _colleagues(db: Session, school: School, asked_by: uuid.UUID) -> tuple[Member, ...]:
    return _second_people(db, school, asked_by, Membership.school_id == school.school_id)


def _second_people(
    db: Session, school: School, asked_by: uuid.UUID, there: ColumnElement[bool]
) -> tuple[Member, ...]:
    """Those with seats there who may answer and are another person than the one who asks."""
    asker = last_seat_at(db, school.school_id, asked_by)
    seats = db.scalars(with_right(Permission.REQUESTS_APPROVE).where(there))
    return tuple(
        one.member
        for one in seats
        if one.member_id != asked_by and asker is not None and are_two(asker, one)
    )


def _is_independent(db: Session, school: School, asked_by: uuid.UUID, member: MemberLike) -> bool:
    """Is the member's seat that of a second person to the one who asked?"""
    asker = last_seat_at(db, school.school_id, asked_by)
    seat = live_seat(db, member.id, school_id=member.school_id, authority_id=member.authority_id)
    return asker is not None and seat is not None and are_two(asker, seat)


def _answer(
    db: Session, approval: Approval, to: ApprovalState, by: MemberLike, today: date
) -> None:
    db.refresh(approval, with_for_update=True)  # of two answers at once, the second is refused
    state = move(approval.state, to)
    if today > approval.answer_by:  # the night has not ended it yet
        raise lapsed()
    if not is_second(db, approval, by):
        raise NotYoursToAnswerError(
            _(
                "Somebody else has to answer this: not the person who asked, and not a person"
                " whom only they brought in."
            )
        )
    approval.state, approval.answered_by, approval.answered_on = state, by.id, today
    db.flush()


def _waiting(
    db: Session, school_id: uuid.UUID, wave_id: uuid.UUID, kind: ApprovalKind, year: int | None
) -> Approval | None:
    return next(
        (
            one
            for one in of_wave(db, school_id=school_id, wave_id=wave_id)
            if one.state is ApprovalState.WAITING and one.kind is kind and one.year == year
        ),
        None,
    )


def _reason(given: str) -> str:
    """One line of plain words, without anything that a printer or a drawing cannot handle."""
    kept = (sign for sign in given if sign.isspace() or unicodedata.category(sign)[0] != "C")
    words = unicodedata.normalize("NFC", " ".join("".join(kept).split()))
    if strange := next((sign for sign in words if not PRINTABLE.match(sign)), None):
        raise ApprovalReasonError(
            _("The report cannot print “%(sign)s”. Use plain letters and signs.", sign=strange)
        )
    if not SHORTEST_REASON <= len(words) <= LONGEST_REASON:
        raise ApprovalReasonError(
            _(
                "Give a reason of %(least)s to %(most)s letters.",
                least=SHORTEST_REASON,
                most=LONGEST_REASON,
            )
        )
    return words


def _record(db: Session, name: EventName, approval: Approval, by: MemberLike | None) -> None:
    record(
        db,
        name,
        by=by,
        school_id=approval.school_id,
        wave_id=approval.wave_id,
        approval=approval.approval_id,
        kind=approval.kind.value,
        year=approval.year,
        count=approval.count,
    )
