"""Two members of an invented school, who agree to make its report."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from survey.approvals import operations as approvals
from survey.approvals.operations import second_people
from survey.campaigns.models import Wave
from survey.organisations.models import Member, Membership
from survey.organisations.seats.operations import with_right
from survey.permissions import Permission
from survey.releases import operations as release_operations


class NobodyToAskError(LookupError):
    """An invented school has no two people, so the demo would be wrong."""


@dataclass(frozen=True)
class TwoPeople:
    asks: Member
    agrees: Member


def two_people(db: Session, wave: Wave) -> TwoPeople:
    """Who asks for the report of a wave, and who may agree."""
    school = wave.campaign.school
    found = with_right(Permission.RELEASE_MAKE).where(Membership.school_id == school.school_id)
    seat = db.scalars(found.order_by(None).order_by(Member.email)).first()
    if seat is None:
        raise NobodyToAskError(f"{school.name} has no lead.")
    asks = seat.member
    second = second_people(db, school=school, asked_by=asks.id).members
    if not second:
        raise NobodyToAskError(f"{school.name} has no second person.")
    return TwoPeople(asks, second[0])


def agree(db: Session, *, wave: Wave, today: date) -> uuid.UUID:
    """One asks for the report and the other agrees, as on their pages."""
    people = two_people(db, wave)
    asked = release_operations.ask(db, wave=wave, by=people.asks, today=today)
    approvals.approve(db, approval=asked, by=people.agrees, today=today)
    return people.asks.id
