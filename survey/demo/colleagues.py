"""Colleagues at the demo's first school, and a partner of its authority: one sign-in for each kind
of seat. They join once the surveys are there, so that the demo is filled by its lead alone."""

from __future__ import annotations

import uuid

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey.actions.shared_places.models import SharedPlace
from survey.organisations.operations import add_member, find_school
from survey.organisations.people import confirm_news
from survey.organisations.seats.operations import seats_at
from survey.permissions import Role

AT_SCHOOL = {
    Role.HEAD: "Demo Head",
    Role.DEPUTY: "Demo Deputy",
    Role.GOVERNOR: "Demo Governor",
}


def add_colleagues(db: Session, *, school_id: uuid.UUID, password: str) -> None:
    """Adds them with this password; the partner sees the first shared place."""
    for role, name in AT_SCHOOL.items():
        add_member(db, email=f"{role}@demo.example", name=name, role=role, password=password,
                   school_id=school_id, by=None)  # fmt: skip
    for seat in seats_at(db, find_school(db, school_id)):
        confirm_news(db, school_id=school_id, by=seat)
    place = db.scalars(select(SharedPlace).order_by(SharedPlace.name)).first()
    if place is not None:
        add_member(db, email="partner@demo.example", name="Demo Partner", role=Role.PARTNER,
                   password=password, authority_id=place.authority_id,
                   shared_place_id=place.shared_place_id, by=None)  # fmt: skip
