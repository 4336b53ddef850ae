"""Correcting, closing, moving and merging schools and authorities.

What a school has made stays with that school permanently: surveys, answers, reports, cards in
print, spent codes, and the keys of its page for requests for help. No row of any of them is
rewritten, so a merger makes no second count over the same answers and opens no spent code. A school
that moves or merges leaves its programmes: what it launched before stays part of them, later
surveys are its own. So no authority gets another survey of a school than the one its students were
told about.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import date
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from survey.audit_log import EventName, record
from survey.database import Base
from survey.errors import NotNowError, RefusedError
from survey.organisations.lifecycle import leaving
from survey.organisations.models import Authority, Membership, Nation, Phase, School
from survey.organisations.operations import OrganisationNameTakenError, tell_of_seat
from survey.organisations.school_files.columns import whole_number
from survey.organisations.seats import operations as seats
from survey.permissions import MemberLike


class NationSettledError(NotNowError):
    """A survey was launched with the year groups of the nation."""


class OrganisationClosedError(NotNowError):
    """The school or authority is closed, or the other one is."""


class NumberTakenError(RefusedError):
    """Another school of the nation has this number in the register."""


class SameOneError(RefusedError):
    """A school or authority cannot be moved to or merged with itself."""


class SchoolsLeftError(NotNowError):
    """An authority with open schools stays open."""


# Correcting


def change_school_details(
    db: Session,
    *,
    school: School,
    name: str,
    nation: Nation,
    phase: Phase,
    number: str,
    by: MemberLike | None,
) -> tuple[str, ...]:
    """Changes what a school is called and is. Published reports keep the name of their day. Returns
    the names of what changed."""
    given = {
        "name": " ".join(name.split()),
        "nation": nation,
        "phase": phase,
        "number": whole_number(number).lstrip("0") or None,
    }
    changed = tuple(one for one, value in given.items() if getattr(school, one) != value)
    if "nation" in changed and _has_launched(db, school.school_id):
        raise NationSettledError(
            _("The nation cannot be changed: a survey was launched with its year groups.")
        )
    if "name" in changed:
        _refuse_name(db, school, str(given["name"]), school.authority_id)
    if changed and given["number"]:
        _refuse_number(db, school, nation, str(given["number"]))
    for one in changed:
        setattr(school, one, given[one])
    if changed:
        record(
            db,
            EventName.SCHOOL_CHANGED,
            by=by,
            school_id=school.school_id,
            fields=sorted(changed),
        )
    return changed


def change_authority_details(
    db: Session, *, authority: Authority, name: str, nation: Nation, by: MemberLike | None
) -> tuple[str, ...]:
    """Changes what an authority is called, and its nation. Returns the names of what changed."""
    given = {"name": " ".join(name.split()), "nation": nation}
    changed = tuple(one for one, value in given.items() if getattr(authority, one) != value)
    if "name" in changed and db.scalar(
        select(Authority.authority_id).where(
            func.lower(Authority.name) == str(given["name"]).lower(),
            Authority.authority_id != authority.authority_id,
        )
    ):
        raise OrganisationNameTakenError(_("There is an authority of this name already."))
    for one in changed:
        setattr(authority, one, given[one])
    if changed:
        _note(db, EventName.AUTHORITY_CHANGED, authority, by, fields=sorted(changed))
    return changed


# Closing


def close_school(db: Session, *, school: School, today: date, by: MemberLike | None) -> None:
    """Marks a school as closed: it starts and launches no survey. One that is open continues until
    its last day, and its people can still read and publish."""
    if school.closed_on is None:
        school.closed_on = today
        record(db, EventName.SCHOOL_CLOSED, by=by, school_id=school.school_id)


def reopen_school(db: Session, *, school: School, by: MemberLike | None) -> None:
    """Takes `close_school` back. A school that was merged stays closed."""
    if school.merged_into is not None:
        raise OrganisationClosedError(_("This school was merged into another, so it stays closed."))
    if school.closed_on is not None:
        school.closed_on = None
        record(db, EventName.SCHOOL_REOPENED, by=by, school_id=school.school_id)


def close_authority(
    db: Session, *, authority: Authority, today: date, by: MemberLike | None
) -> None:
    """Marks an authority as closed: it starts no programme and takes no school. What it compared
    stays readable for its people."""
    if authority.closed_on is not None:
        return
    if _open_schools(db, authority.authority_id):
        raise SchoolsLeftError(
            _("It still has open schools. Move them, or merge it into another authority.")
        )
    authority.closed_on = today
    _note(db, EventName.AUTHORITY_CLOSED, authority, by)


def reopen_authority(db: Session, *, authority: Authority, by: MemberLike | None) -> None:
    """Takes `close_authority` back. An authority that was merged stays closed."""
    if authority.merged_into is not None:
        raise OrganisationClosedError(
            _("This authority was merged into another, so it stays closed.")
        )
    if authority.closed_on is not None:
        authority.closed_on = None
        _note(db, EventName.AUTHORITY_REOPENED, authority, by)


# Moving


def move_school(
    db: Session,
    *,
    school: School,
    authority: Authority | None,
    today: date,
    by: MemberLike | None,
) -> None:
    """Moves a school to another authority, or to none. It stays in the programmes of its other
    readers, such as a trust. Its agreement to be named ends, because it
    was given to the authority before."""
    wanted = authority.authority_id if authority is not None else None
    leaving.hold_programmes(db, school)
    db.refresh(school, with_for_update=True)
    before = school.authority_id
    if before == wanted:
        raise SameOneError(_("The school is there already."))
    _refuse_closed_authority(authority)
    _refuse_name(db, school, school.name, wanted)
    if before is not None:
        leaving.leave(db, school.school_id, authority_id=before, today=today)
    if wanted is not None:
        leaving.forget_reader(db, school.school_id, wanted)
    school.authority_id, school.names_itself = wanted, False
    db.flush()
    db.expire(school, ["authority"])
    record(db, EventName.SCHOOL_MOVED, by=by, school_id=school.school_id)
    for one in (before, wanted):
        if one is not None:
            record(
                db, EventName.SCHOOL_MOVED, by=by, authority_id=one, moved_school=school.school_id
            )


# Merging


def merge_schools(
    db: Session,
    *,
    school: School,
    into: School,
    today: date,
    by: MemberLike | None,
    people: Collection[uuid.UUID] = (),
) -> list[Membership]:
    """Closes `school`; `into` goes on in its place, with its number in the register if it has none.
    What both schools made stays where it is.

    `people` are seats at `school` whose holders get the same seat at `into` as well, and a message.
    Returns the seats they were given: a person who has one there already keeps it."""
    if school is into:
        raise SameOneError(_("Choose another school."))
    if into.closed_on is not None or school.merged_into is not None:
        raise OrganisationClosedError(_("One of these schools is closed or merged already."))
    if school.authority_id != into.authority_id:
        raise SameOneError(_("Move one of the schools first: both must have the same authority."))
    leaving.hold_programmes(db, school)
    db.refresh(school, with_for_update=True)
    leaving.leave(db, school.school_id, authority_id=None, today=today)
    school.closed_on, school.merged_into = school.closed_on or today, into.school_id
    school.names_itself = False
    if into.number is None and school.number is not None and into.nation == school.nation:
        number, school.number = school.number, None
        db.flush()  # two schools never have one number
        into.number = number
    for one in (school, into):
        record(
            db,
            EventName.SCHOOL_MERGED,
            by=by,
            school_id=one.school_id,
            merged_school=school.school_id,
            into=into.school_id,
        )
    return _carry_over(db, school, into, people, by)


def _carry_over(
    db: Session,
    school: School,
    into: School,
    people: Collection[uuid.UUID],
    by: MemberLike | None,
) -> list[Membership]:
    there = {seat.member_id for seat in seats.seats_at(db, into)}
    carried = [
        seats.carry_over(db, seat, school_id=into.school_id, by=by)
        for seat in seats.seats_at(db, school)
        if seat.membership_id in people and seat.member_id not in there
    ]
    for seat in carried:
        if seat.member.password is not None:  # the others have an invitation that they can use
            tell_of_seat(db, seat)
    return carried


def merge_authorities(
    db: Session, *, authority: Authority, into: Authority, today: date, by: MemberLike | None
) -> None:
    """Moves all schools of `authority` to `into` and closes it. Programmes and comparisons stay
    with the authority that made them: its people can finish what is under way, and the people of
    `into` see none of it."""
    if authority is into:
        raise SameOneError(_("Choose another authority."))
    if authority.merged_into is not None:
        raise OrganisationClosedError(_("This authority was merged before."))
    _refuse_closed_authority(into)
    own = select(School).where(School.authority_id == authority.authority_id)
    for school in db.scalars(own.order_by(School.school_id)).all():
        move_school(db, school=school, authority=into, today=today, by=by)
    authority.closed_on, authority.merged_into = authority.closed_on or today, into.authority_id
    for one in (authority, into):
        _note(
            db,
            EventName.AUTHORITY_MERGED,
            one,
            by,
            merged_authority=authority.authority_id,
            into=into.authority_id,
        )


# Their common parts


def _has_launched(db: Session, school_id: uuid.UUID) -> bool:
    wave = Base.metadata.tables["wave"]
    query = select(wave.c.wave_id).where(wave.c.school_id == school_id, wave.c.state != "draft")
    return db.execute(query.limit(1)).first() is not None


def _open_schools(db: Session, authority_id: uuid.UUID) -> bool:
    query = select(School.school_id).where(
        School.authority_id == authority_id, School.closed_on.is_(None)
    )
    return db.scalar(query.limit(1)) is not None


def _refuse_closed_authority(authority: Authority | None) -> None:
    if authority is not None and authority.closed_on is not None:
        raise OrganisationClosedError(_("This authority is closed, so it takes no school."))


def _refuse_name(db: Session, school: School, name: str, authority_id: uuid.UUID | None) -> None:
    query = select(School.school_id).where(
        func.lower(School.name) == name.lower(),
        School.authority_id == authority_id,
        School.school_id != school.school_id,
        School.erased_on.is_(None),
    )
    if db.scalar(query.limit(1)) is not None:
        raise OrganisationNameTakenError(
            _("There is a school called “%(name)s” in the authority already.", name=name)
        )


def _refuse_number(db: Session, school: School, nation: Nation, number: str) -> None:
    query = select(School.school_id).where(
        School.nation == nation, School.number == number, School.school_id != school.school_id
    )
    if db.scalar(query.limit(1)) is not None:
        raise NumberTakenError(_("Another school has this number in the register."))


def _note(
    db: Session, name: EventName, authority: Authority, by: MemberLike | None, **details: Any
) -> None:
    record(db, name, by=by, authority_id=authority.authority_id, **details)
