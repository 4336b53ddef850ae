"""Doing what a plan of people says, in the transaction of the caller."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from survey.audit_log import EventName, record
from survey.errors import NotNowError
from survey.organisations.models import Member, Membership, School
from survey.organisations.operations import NewPerson, add_member, add_new_people
from survey.organisations.school_files.people.plan import (
    PeoplePlan,
    PersonAction,
    PlannedPerson,
    SeatPlace,
)
from survey.organisations.seats import operations as seats
from survey.permissions import MemberLike, Role


class NoSchoolYetError(NotNowError):
    """A school that the file was to add is not there."""


def apply_people(db: Session, planned: PeoplePlan, *, by: MemberLike | None) -> None:
    """Gives the seats of a plan, and sends each new person a link. `by` is None from the command
    line. Schools that the same file adds are there already."""
    rows = [one for one in planned.rows if one.doing is not PersonAction.NOTHING]
    places = _places(db, [one.target for one in rows])
    new = [one for one in rows if one.doing is PersonAction.INVITE and one.member_id is None]
    _add_new(db, new, places, by)
    for one in rows:
        if one.doing is not PersonAction.INVITE or one.member_id is not None:
            _apply(db, one, places[one.target], by)


def _add_new(
    db: Session,
    rows: Iterable[PlannedPerson],
    places: Mapping[SeatPlace, uuid.UUID],
    by: MemberLike | None,
) -> None:
    """Many people at once, each with all their seats."""
    by_email: dict[str, list[PlannedPerson]] = {}
    for one in rows:
        by_email.setdefault(one.row.email, []).append(one)
    people = [
        NewPerson(
            email,
            theirs[0].row.name,
            tuple(_seat(one, places[one.target]) for one in theirs),
        )
        for email, theirs in by_email.items()
    ]
    add_new_people(db, people, by=by)


def _seat(
    one: PlannedPerson, organisation_id: uuid.UUID
) -> tuple[Role, uuid.UUID | None, uuid.UUID | None]:
    at_school = one.target.is_school
    return (
        one.row.role,
        organisation_id if at_school else None,
        None if at_school else organisation_id,
    )


def _apply(
    db: Session, one: PlannedPerson, organisation_id: uuid.UUID, by: MemberLike | None
) -> None:
    if one.doing is PersonAction.CHANGE:
        member = db.get_one(Member, one.member_id)
        if one.name_before is not None:
            member.name = one.row.name
        here = [seat for seat in member.seats if seat.place_id == organisation_id]
        if all(seat.role is one.row.role for seat in here):
            return
        _end(db, here, by)
    add_member(
        db,
        email=one.row.email,
        name=one.row.name,
        role=one.row.role,
        password=None,
        school_id=organisation_id if one.target.is_school else None,
        authority_id=None if one.target.is_school else organisation_id,
        by=by,
    )


def _end(db: Session, here: Iterable[Membership], by: MemberLike | None) -> None:
    """Another seat is a new one: what someone confirmed was the person in the seat before."""
    for seat in here:
        seats.end_quietly(db, seat)
        record(
            db,
            EventName.MEMBER_REMOVED,
            by=by,
            school_id=seat.school_id,
            authority_id=seat.authority_id,
            member=seat.member_id,
        )


def _places(db: Session, targets: Iterable[SeatPlace]) -> Mapping[SeatPlace, uuid.UUID]:
    """The organisation of each target: schools that the same file added are there by now."""
    found: dict[SeatPlace, uuid.UUID] = {}
    added: list[SeatPlace] = []
    for target in targets:
        if target.organisation_id is None:
            added.append(target)
        else:
            found[target] = target.organisation_id
    if not added:
        return found
    query = select(School.nation, School.name, School.number, School.school_id)
    schools = {
        (nation.value, name, number): school_id
        for nation, name, number, school_id in db.execute(query)
    }
    for target in added:
        nation, key = target.key
        it = schools.get((nation, target.name, key)) or schools.get((nation, target.name, None))
        if it is None:
            raise NoSchoolYetError(
                _("“%(name)s” is not here. Send the list of schools first.", name=target.name)
            )
        found[target] = it
    return found
