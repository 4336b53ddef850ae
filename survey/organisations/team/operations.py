"""A lead or a head invites and removes colleagues of their school."""

from __future__ import annotations

from collections.abc import Iterable

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from survey.errors import RefusedError
from survey.mail import outbox
from survey.mail.kinds import MailKind
from survey.organisations.models import Member, Membership, School
from survey.organisations.operations import add_member
from survey.organisations.seats import operations as seats
from survey.organisations.seats import vouching
from survey.permissions import Permission, Role, may

MOST_WAITING = 40
"""Invitations of one school that are not used yet: enough for a school, and no more, because
each is an e-mail to an address that someone typed."""


class TooManyInvitedError(RefusedError):
    """Too many people were invited and have not signed in."""


class NotYoursToRemoveError(RefusedError):
    """This colleague's seat is not for this person to take away."""


def invite(
    db: Session, *, school: School, name: str, email: str, role: Role, by: Membership
) -> Member:
    """Invites a colleague by e-mail. People who can confirm them get a
    message."""
    here = seats.seats_at(db, school)
    if sum(one.member.password is None for one in here) >= MOST_WAITING:
        raise TooManyInvitedError(
            _(
                "%(most)s people were invited here and have not signed in yet. Wait for them, or"
                " remove those who will not come.",
                most=MOST_WAITING,
            )
        )
    member = add_member(
        db,
        email=email,
        name=name,
        role=role,
        password=None,
        school_id=school.school_id,
        by=by,
        through=by,
    )
    seat = seats.last_seat_at(db, school.school_id, member.id)
    if seat is not None and needs_confirming(seat):
        _tell(db, seat, school)
    return member


def needs_confirming(seat: Membership) -> bool:
    """Does it matter that this person is not confirmed? Only who may agree to
    something can be a second person."""
    return not vouching.is_vouched_for(seat) and may(seat, Permission.REQUESTS_APPROVE)


def _tell(db: Session, seat: Membership, school: School) -> None:
    colleagues = seats.with_right(Permission.PEOPLE_MANAGE)
    found = list(db.scalars(colleagues.where(Membership.school_id == school.school_id)))
    if school.authority_id is not None:
        analysts = seats.with_right(Permission.PEOPLE_CONFIRM)
        found += db.scalars(analysts.where(Membership.authority_id == school.authority_id))
    for one in found:
        if vouching.may_confirm(one, seat):
            outbox.put(
                db,
                kind=MailKind.TO_CONFIRM,
                member_id=one.member_id,
                about=str(seat.membership_id),
            )


def may_remove(by: Membership, seat: Membership) -> bool:
    """A head may remove everyone except themselves, and a lead everyone except a head. A person
    who is not confirmed removes only those whom they invited."""
    if seat.ended_on is not None or by.member_id == seat.member_id:
        return False
    if by.school_id != seat.school_id or not may(by, Permission.PEOPLE_MANAGE):
        return False
    if not vouching.is_vouched_for(seat) and by.member_id in vouching.chain(seat):
        return True
    return vouching.is_vouched_for(by) and (by.role is Role.HEAD or seat.role is not Role.HEAD)


def remove(db: Session, seat: Membership, *, by: Membership) -> None:
    """Ends a colleague's seat here. They keep the seats that they have elsewhere."""
    if not may_remove(by, seat):
        raise NotYoursToRemoveError(
            _(
                "You cannot remove this person. A head can, and the operator or the authority can"
                " say who the head is."
            )
        )
    seats.end(db, seat, by=by)


def to_confirm(found: Iterable[Membership], by: Membership) -> list[Membership]:
    """Those of these seats that this person can confirm, and should."""
    return [one for one in found if needs_confirming(one) and vouching.may_confirm(by, one)]
