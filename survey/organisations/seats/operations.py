"""Giving, confirming and ending seats. Who has which, and who has a right at an organisation."""

from __future__ import annotations

import uuid
from collections.abc import Mapping

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Select, delete, func, select
from sqlalchemy.orm import Session

from survey.audit_log import EventName, record
from survey.database import today
from survey.errors import NotThereError, RefusedError
from survey.organisations.accounts import invitations, sessions
from survey.organisations.models import (
    Authority,
    AuthorityKind,
    DeskKeyCopy,
    Member,
    Membership,
    School,
)
from survey.organisations.seats import vouching
from survey.permissions import PERMISSIONS, MemberLike, Permission, Role


class NoSuchSeatError(NotThereError):
    """No such seat, or it has ended."""


class WrongOrganisationError(RefusedError):
    """A role that does not work for this kind of organisation."""


class SeatTakenError(RefusedError):
    """The person has a seat at this organisation already."""


class OperatorAloneError(RefusedError):
    """An operator holds no seat at a school or authority: they open accounts, and read nothing."""


class NotYoursToConfirmError(RefusedError):
    """Someone from outside of the chain of invitations has to confirm this."""


class OwnSeatError(RefusedError):
    """A person cannot remove their own seat."""


_BY_KIND: Mapping[Role, frozenset[AuthorityKind]] = {
    Role.ANALYST: frozenset({AuthorityKind.AUTHORITY, AuthorityKind.PARTNERSHIP}),
    Role.TRUST_ANALYST: frozenset({AuthorityKind.TRUST}),
    Role.PARTNER: frozenset(AuthorityKind),
}
_AT_A_SCHOOL = frozenset({Role.HEAD, Role.LEAD, Role.DEPUTY, Role.GOVERNOR, Role.COORDINATOR})


def roles_at(organisation: School | Authority | None) -> list[Role]:
    """The seats there are at an organisation; None stands for the operator."""
    if organisation is None:
        return [Role.OPERATOR]
    if isinstance(organisation, School):
        return [role for role in Role if role in _AT_A_SCHOOL]
    kinds = _BY_KIND.items()
    return [role for role, at in kinds if organisation.kind in at and role is not Role.PARTNER]


IS_LIVE: ColumnElement[bool] = Membership.ended_on.is_(None)


def at(organisation: School | Authority) -> ColumnElement[bool]:
    """The seats of an organisation, as a condition."""
    if isinstance(organisation, School):
        return Membership.school_id == organisation.school_id
    return Membership.authority_id == organisation.authority_id


def seats_at(db: Session, organisation: School | Authority) -> list[Membership]:
    """The seats that people have now, by name."""
    query = select(Membership).join(Member, Member.id == Membership.member_id)
    query = query.where(at(organisation), IS_LIVE, Member.active)
    return list(db.scalars(query.order_by(Member.name, Member.email)))


def counts(db: Session) -> dict[uuid.UUID | None, int]:
    """How many people have a seat at each organisation."""
    where = func.coalesce(Membership.school_id, Membership.authority_id)
    query = (
        select(where, func.count(Membership.member_id.distinct()))
        .join(Member, Member.id == Membership.member_id)
        .where(IS_LIVE, Member.active)
        .group_by(where)
    )
    return {row[0]: row[1] for row in db.execute(query)}


def with_right(permission: Permission) -> Select[Membership]:
    """The seats that have a right, by name of the person; the caller says where."""
    return (
        select(Membership)
        .join(Member, Member.id == Membership.member_id)
        .where(IS_LIVE, Member.active, Membership.role.in_(PERMISSIONS[permission]))
        .order_by(Member.name, Member.email)
    )


def find_seat(db: Session, membership_id: uuid.UUID) -> Membership:
    seat = db.get(Membership, membership_id)
    if seat is None or seat.ended_on is not None:
        raise NoSuchSeatError(_("There is no such seat, or it has ended."))
    return seat


def last_seat_at(db: Session, school_id: uuid.UUID, member_id: uuid.UUID) -> Membership | None:
    """The seat of a person at a school, or else the one that ended last."""
    query = select(Membership).where(
        Membership.school_id == school_id, Membership.member_id == member_id
    )
    found = db.scalars(query).all()
    return max(found, key=lambda one: (one.ended_on is None, one.since), default=None)


def live_seat(
    db: Session,
    member_id: uuid.UUID,
    *,
    school_id: uuid.UUID | None,
    authority_id: uuid.UUID | None,
) -> Membership | None:
    """The seat that a person has now at an organisation."""
    query = select(Membership).where(
        Membership.member_id == member_id,
        Membership.school_id == school_id,
        Membership.authority_id == authority_id,
        IS_LIVE,
    )
    return db.scalars(query.order_by(Membership.since)).first()


def give(
    db: Session,
    member: Member,
    *,
    role: Role,
    school_id: uuid.UUID | None = None,
    authority_id: uuid.UUID | None = None,
    shared_place_id: uuid.UUID | None = None,
    by: MemberLike | None,
    through: Membership | None = None,
) -> Membership:
    """Gives a person a seat. `through` is the seat of the colleague who invites them."""
    _refuse_wrong_place(db, role, school_id, authority_id, shared_place_id)
    seats = member.seats
    place_id = school_id or authority_id
    if any(_is_there(one, place_id, shared_place_id) for one in seats):
        raise SeatTakenError(_("The person with this e-mail address has a seat here already."))
    if any(Role.OPERATOR in (one.role, role) for one in seats):
        raise OperatorAloneError(
            _("An operator has no seat at a school or an authority. Use another e-mail address.")
        )
    seat = Membership(
        membership_id=uuid.uuid4(),
        member=member,
        member_id=member.id,
        role=role,
        school_id=school_id,
        authority_id=authority_id,
        shared_place_id=shared_place_id,
        since=today(),
        added_by=by.id if by else None,
        invited_through=through.membership_id if through else None,
    )
    db.add(seat)
    record(
        db,
        EventName.MEMBER_ADDED,
        by=by,
        school_id=school_id,
        authority_id=authority_id,
        member=member.id,
        role=role.value,
    )
    return seat


def carry_over(
    db: Session, seat: Membership, *, school_id: uuid.UUID, by: MemberLike | None
) -> Membership:
    """Gives a person the seat they have at one school at another as well. The same people vouch for
    it: a colleague whom no one confirmed is not confirmed by this."""
    carried = give(
        db, seat.member, role=seat.role, school_id=school_id, by=by, through=seat.inviter
    )
    carried.added_by = seat.added_by
    carried.confirmed_by, carried.confirmed_on = seat.confirmed_by, seat.confirmed_on
    db.flush()
    return carried


def _is_there(
    seat: Membership, place_id: uuid.UUID | None, shared_place_id: uuid.UUID | None
) -> bool:
    """Has the person this seat already, or another at the same organisation? Only partners have
    several at one: a seat for each place."""
    is_another_place = (
        shared_place_id is not None
        and seat.shared_place_id is not None
        and seat.shared_place_id != shared_place_id
    )
    return seat.place_id == place_id and not is_another_place


def _refuse_wrong_place(
    db: Session,
    role: Role,
    school_id: uuid.UUID | None,
    authority_id: uuid.UUID | None,
    shared_place_id: uuid.UUID | None,
) -> None:
    authority = db.get(Authority, authority_id) if authority_id else None
    fits = {
        (False, False): role is Role.OPERATOR,
        (True, False): role in _AT_A_SCHOOL,
        (False, True): authority is not None and authority.kind in _BY_KIND.get(role, ()),
        (True, True): False,
    }[school_id is not None, authority_id is not None]
    if not fits or (role is Role.PARTNER) != (shared_place_id is not None):
        raise WrongOrganisationError(_("A person in this seat does not work here."))


def confirm(db: Session, seat: Membership, *, by: Membership) -> None:
    """A person outside of the chain of invitations confirms who the person is."""
    db.refresh(seat, with_for_update=True)
    if vouching.is_vouched_for(seat):
        return
    if not vouching.may_confirm(by, seat):
        raise NotYoursToConfirmError(
            _(
                "You cannot confirm this person: you invited them, or one of the people through"
                " whom they were invited."
            )
        )
    seat.confirmed_by, seat.confirmed_on = by.member_id, today()
    db.flush()
    record(
        db,
        EventName.MEMBER_CONFIRMED,
        by=by,
        school_id=seat.school_id,
        authority_id=seat.authority_id,
        member=seat.member_id,
    )


def end(db: Session, seat: Membership, *, by: MemberLike | None) -> bool:
    """Takes a seat away: from the next request on, it opens nothing. Says whether the account was
    closed too, because this was the person's last seat."""
    if by is not None and seat.member_id == by.id:
        raise OwnSeatError(_("You cannot remove your own seat. A colleague can."))
    member = seat.member
    end_quietly(db, seat)
    where = {"school_id": seat.school_id, "authority_id": seat.authority_id}
    if member.seats:
        record(db, EventName.MEMBER_REMOVED, by=by, **where, member=member.id)
        return False
    shut(db, member)
    record(db, EventName.MEMBER_CLOSED, by=by, **where, member=member.id)
    return True


def end_quietly(db: Session, seat: Membership) -> None:
    """Ends a seat with everything it opened there: keys of requests for help, and codes for one."""
    seat.ended_on = today()
    if seat.school_id is not None:
        db.execute(
            delete(DeskKeyCopy).where(
                DeskKeyCopy.school_id == seat.school_id, DeskKeyCopy.member_id == seat.member_id
            )
        )
    db.flush()


def shut(db: Session, member: Member) -> None:
    """No one can sign in with this account: its sessions and its links end."""
    member.active = False
    member.fs_uniquifier = uuid.uuid4().hex
    sessions.end_all(db, member.id)
    invitations.end_links(db, member.id)
