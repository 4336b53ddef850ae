"""A person with one seat, made directly: what operations do leaves an event."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from survey.database import begin
from survey.organisations.models import Member, Membership
from survey.permissions import Role

if TYPE_CHECKING:
    from tests.world import World

SCHOOL_SEATS = (Role.HEAD, Role.DEPUTY, Role.GOVERNOR)
AUTHORITY_SEATS = (Role.TRUST_ANALYST, Role.PARTNER)
PLACES = ("school_id", "authority_id", "shared_place_id")


def seated(role: Role, email: str, *, name: str, since: date, **given: Any) -> Member:
    """`given` says where, and anything else of the person."""
    at = {place: given.pop(place) for place in PLACES if place in given}
    member = Member(email=email, name=name, since=since, **given)
    member.memberships.append(Membership(role=role, since=since, **at))
    return member


def with_every_seat(world: World) -> World:
    """The world with a person in each seat that it has none of, on its own side."""
    own, emails = world.own, dict(world.own.email)
    since = date(2026, 10, 5)
    with begin() as db:
        of_lead = select(Member.password).where(Member.email == emails[Role.LEAD])
        password = db.scalars(of_lead).one()
        for role in (*SCHOOL_SEATS, *AUTHORITY_SEATS):
            emails[role] = f"{role}@northmoor.test"
            at: dict[str, Any] = {"school_id": own.school_id}
            if role in AUTHORITY_SEATS:
                at = {"authority_id": own.authority_id}
            if role is Role.PARTNER:
                at["shared_place_id"] = own.shared_place_id
            name = f"{role.capitalize()} Person"
            db.add(seated(role, emails[role], name=name, since=since, password=password, **at))
    return replace(world, own=replace(own, email=emails))
