"""A check that two people are two: a person who invites colleagues must not become their own
second.

A seat that the operator or the authority gave is vouched for. A seat that a colleague gave is
vouched for once a person outside of its chain of invitations has confirmed it. Until then its
holder speaks for everyone in that chain, up to the first seat that no colleague gave: they can
agree to what others ask for, and to nothing that one of the chain asks for.
"""

from __future__ import annotations

import uuid

from survey.organisations.models import Membership
from survey.permissions import Permission, Role, may


def chain(seat: Membership) -> frozenset[uuid.UUID]:
    """Everyone through whose invitations the person came, however far back. Also those whose own
    seats were confirmed or ended since."""
    found: set[uuid.UUID] = set()
    passed = {seat.membership_id}
    above = seat.inviter
    while above is not None and above.membership_id not in passed:
        passed.add(above.membership_id)
        found.add(above.member_id)
        above = above.inviter
    return frozenset(found)


def is_vouched_for(seat: Membership) -> bool:
    return seat.invited_through is None or seat.confirmed_by is not None


def speaks_for(seat: Membership) -> frozenset[uuid.UUID]:
    """The people whose agreement this person's agreement could be."""
    own = frozenset({seat.member_id})
    return own if is_vouched_for(seat) else own | chain(seat)


def are_two(one: Membership, other: Membership) -> bool:
    """Can one of them be the second person for what the other asks? Not for a person whom
    they alone brought in, whether as a colleague or as an analyst of the authority."""
    return (
        speaks_for(one).isdisjoint(speaks_for(other))
        and not _is_the_only_word(one, other)
        and not _is_the_only_word(other, one)
    )


def _is_the_only_word(giver: Membership, seat: Membership) -> bool:
    return seat.added_by == giver.member_id and seat.confirmed_by is None


def may_confirm(by: Membership, seat: Membership) -> bool:
    """May this person confirm a seat that a colleague gave? The operator, an analyst of the
    authority, or a colleague who manages people: each only from outside of the chain."""
    if is_vouched_for(seat) or seat.ended_on is not None or not is_vouched_for(by):
        return False
    if by.member_id == seat.member_id or by.member_id in chain(seat):
        return False
    if by.role is Role.OPERATOR:
        return True
    if by.school_id is not None:
        return by.school_id == seat.school_id and may(by, Permission.PEOPLE_MANAGE)
    school = seat.school
    return (
        school is not None
        and by.authority_id == school.authority_id
        and may(by, Permission.PEOPLE_CONFIRM)
    )
