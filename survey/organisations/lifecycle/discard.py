"""Discarding a school or an authority that was added by mistake, while nothing depends on it."""

from __future__ import annotations

import uuid

from flask_babel import gettext as _
from sqlalchemy import FromClause, delete, or_, select
from sqlalchemy.orm import Session

from survey.audit_log import Event, EventName, record
from survey.database import Base
from survey.errors import NotNowError
from survey.organisations.models import (
    Authority,
    Letterhead,
    Member,
    Membership,
    School,
    StaffNames,
)
from survey.organisations.seats import operations as seats
from survey.permissions import MemberLike

GO_ALONG = (Letterhead.__tablename__, StaffNames.__tablename__)
"""What is deleted with a school. Anything else that points to it keeps it."""


class InUseError(NotNowError):
    """Something depends on the school or authority: a survey, a school, or what someone did."""


def refuse_if_used(db: Session, organisation: School | Authority) -> None:
    """Raises an `InUseError` if anything but unused accounts depends on it."""
    if any(_is_used(db, member, organisation) for member in _members(db, organisation)):
        raise InUseError(
            _(
                "People have worked here already, and the record names them. Close their accounts"
                " instead."
            )
        )
    merged = select(type(organisation)).where(type(organisation).merged_into == _id(organisation))
    if db.scalars(merged.limit(1)).first() is not None:
        raise InUseError(_("Another one was merged into it, so it stays."))
    allowed = (*GO_ALONG, Membership.__tablename__)
    if _points_to(db, organisation.__table__, _id(organisation), but=allowed):
        raise InUseError(
            _("A survey, a programme, a help desk or a school belongs to it, so it stays.")
        )


def is_used(db: Session, organisation: School | Authority) -> bool:
    """Would `discard` refuse?"""
    try:
        refuse_if_used(db, organisation)
    except InUseError:
        return True
    return False


def discard(db: Session, *, organisation: School | Authority, by: MemberLike | None) -> None:
    """Deletes a school or an authority with its unused accounts. Raises an `InUseError`."""
    refuse_if_used(db, organisation)
    own_id = _id(organisation)
    is_school = isinstance(organisation, School)
    people = _members(db, organisation)
    db.execute(delete(Membership).where(seats.at(organisation)))
    db.expire_all()
    for member in people:
        if not member.memberships:
            db.delete(member)
    db.flush()
    if is_school:
        for name in GO_ALONG:
            table = Base.metadata.tables[name]
            db.execute(delete(table).where(table.c.school_id == own_id))
    record(
        db,
        EventName.SCHOOL_DISCARDED,
        by=by,
        school_id=own_id if is_school else None,
        authority_id=None if is_school else own_id,
    )
    db.delete(organisation)
    db.flush()


def _id(organisation: School | Authority) -> uuid.UUID:
    if isinstance(organisation, School):
        return organisation.school_id
    return organisation.authority_id


def _members(db: Session, organisation: School | Authority) -> list[Member]:
    here = select(Membership.member_id).where(seats.at(organisation))
    return list(db.scalars(select(Member).where(Member.id.in_(here))))


def _is_used(db: Session, member: Member, organisation: School | Authority) -> bool:
    """Did this person do something, as far as it can have been here? What a person did who has a
    seat elsewhere as well may have been there: then the log of this organisation says."""
    if any(one.place is not organisation for one in member.memberships):
        column = Event.school_id if isinstance(organisation, School) else Event.authority_id
        query = select(Event.event_id).where(
            column == _id(organisation), Event.member_id == member.id
        )
        return db.scalar(query.limit(1)) is not None
    return _points_to(db, Member.__table__, member.id, but=(Membership.__tablename__,))


def _points_to(db: Session, target: FromClause, key: object, *, but: tuple[str, ...]) -> bool:
    """Does a row of any table point to this row?"""
    for table in Base.metadata.tables.values():
        if table.name in but:
            continue
        where = [fk.parent == key for fk in table.foreign_keys if fk.column.table is target]
        if where and db.execute(select(*table.primary_key).where(or_(*where)).limit(1)).first():
            return True
    return False
