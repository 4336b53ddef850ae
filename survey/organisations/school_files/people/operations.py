"""Doing what a plan of people says, in the transaction of the caller."""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from survey.audit_log import EventName, record
from survey.errors import NotNowError
from survey.organisations.models import Member, Membership, School
from survey.organisations.operations import add_member
from survey.organisations.school_files.people.plan import Doing, PeoplePlan, PlannedPerson, Target
from survey.organisations.seats import operations as seats
from survey.permissions import MemberLike


class NoSchoolYetError(NotNowError):
    """A school that the file was to add is not there."""


def apply_people(db: Session, planned: PeoplePlan, *, by: MemberLike | None) -> None:
    """Gives the seats of a plan, and sends each new person a link. `by` is None from the command
    line. Schools that the same file adds are there already."""
    for one in planned.rows:
        if one.doing is not Doing.NOTHING:
            _apply(db, one, by)


def _apply(db: Session, one: PlannedPerson, by: MemberLike | None) -> None:
    organisation_id = _place(db, one.target)
    if one.doing is Doing.CHANGE:
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
    """Another seat is a new one: what somebody confirmed was the person in the seat before."""
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


def _place(db: Session, target: Target) -> uuid.UUID:
    if target.organisation_id is not None:
        return target.organisation_id
    nation, key = target.key
    query = select(School.school_id).where(School.nation == nation, School.name == target.name)
    found = db.scalars(query.where((School.number == key) | School.number.is_(None))).first()
    if found is None:
        raise NoSchoolYetError(
            _("“%(name)s” is not here. Send the list of schools first.", name=target.name)
        )
    return found
