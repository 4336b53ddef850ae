"""Which schools of a programme took part in a wave, and how many of their students did, roughly,
once their report is made. Worked out from waves and releases, never from answers."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session, defer

from survey.campaigns.models import Campaign, Programme, Wave
from survey.organisations.models import Phase
from survey.releases.models import StoredRelease
from survey.releases.response_rate import rate_of
from survey.reports.comparisons.readiness import Step, printed_numbers, step_of


@dataclass(frozen=True)
class Turnout:
    """A school by name: how far it is, and of a report that was made its roll and response rate.
    None where the school gave no roll, or the report prints no number."""

    school: str
    phase: Phase
    step: Step
    roll: int | None = None
    rate: int | None = None


def read_took_part(db: Session, *, programme: Programme, number: int) -> tuple[Turnout, ...]:
    """Every invited school, by name."""
    campaigns = db.scalars(
        select(Campaign).where(
            Campaign.authority_id == programme.authority_id,
            Campaign.programme_id == programme.programme_id,
        )
    )
    found = [_turnout(db, one, number) for one in campaigns]
    return tuple(sorted(found, key=lambda one: one.school.casefold()))


def _turnout(db: Session, campaign: Campaign, number: int) -> Turnout:
    school = campaign.school
    wave = db.scalar(
        select(Wave).where(
            Wave.school_id == campaign.school_id,
            Wave.campaign_id == campaign.campaign_id,
            Wave.number == number,
        )
    )
    stored = _stored(db, wave.school_id, wave.wave_id) if wave else None
    step = step_of(wave.state if wave else None, stored.withdrawn_on if stored else None)
    if stored is None or step is not Step.RELEASED:
        return Turnout(school.name, school.phase, step)
    roll, responded = printed_numbers(stored)
    return Turnout(school.name, school.phase, step, roll or None, rate_of(responded, roll))


def _stored(db: Session, school_id: uuid.UUID, wave_id: uuid.UUID) -> StoredRelease | None:
    heavy = [defer(StoredRelease.document), defer(StoredRelease.certificate)]
    return db.get(StoredRelease, (school_id, wave_id), options=heavy)
