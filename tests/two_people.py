"""Two members who between them have the answers of a survey read, as the product asks for."""

from __future__ import annotations

import uuid
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey.approvals import operations as approvals
from survey.approvals.models import SignOffKind
from survey.campaigns.lifecycle import sign_offs
from survey.campaigns.models import Wave
from survey.demo import second_person
from survey.organisations.models import Member, Membership
from survey.permissions import Role
from survey.releases import approval_gate
from tests.seats import seated

DAY = date(2026, 12, 18)


def give_two_people(db: Session, school_id: uuid.UUID) -> None:
    """A lead and a coordinator, if the school has none."""
    for role in (Role.LEAD, Role.COORDINATOR):
        there = select(Membership).where(Membership.school_id == school_id, Membership.role == role)
        if db.scalar(there) is None:
            email = f"{role}-{uuid.uuid4().hex[:8]}@school.test"
            db.add(seated(role, email, school_id=school_id, name=f"{role} here", since=DAY))
    db.flush()


def agree(db: Session, wave: Wave, today: date = DAY) -> None:
    """One asks for the report, another agrees. Does nothing where two people have."""
    give_two_people(db, wave.school_id)
    if not approval_gate.is_agreed(db, wave):
        second_person.agree(db, wave=wave, today=today)


def agree_unasked(db: Session, wave: Wave, today: date = DAY) -> None:
    """The same where nothing could be asked for: the wave is in a state that a test gave it."""
    give_two_people(db, wave.school_id)
    people = second_person.two_people(db, wave)
    asked = approval_gate.ask(db, wave=wave, by=people.asks, today=today)
    approvals.approve(db, approval=asked, by=people.agrees, today=today)


def head_signs(db: Session, wave: Wave, today: date = DAY) -> None:
    """The head of the school signs a draft off; does nothing in a school without a head."""
    for head_id in sorted(sign_offs.heads_of(db, wave.campaign.school))[:1]:
        head, key = db.get_one(Member, head_id), "of the form"
        seen = sign_offs.seen_mark(sign_offs.wording_of(wave.campaign), by=head, key=key)
        sign_offs.give(
            db, wave=wave, kind=SignOffKind.HEAD, seen=seen, key=key, by=head, today=today
        )
