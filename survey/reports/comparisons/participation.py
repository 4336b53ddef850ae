"""Which schools of a programme took part in a wave, and how many of their students did, roughly,
once their report is made. Worked out from waves and releases, never from answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from survey.campaigns.lifecycle.readiness import Standing, Step, of_survey
from survey.campaigns.models import Programme, Wave
from survey.campaigns.queries import consent_of
from survey.database import read
from survey.organisations.models import Phase
from survey.organisations.policies.consent import Consent
from survey.releases.models import StoredRelease
from survey.releases.response_rate import rate_of
from survey.reports.comparisons.readiness import printed_numbers, stored_release


@dataclass(frozen=True)
class Turnout:
    """A school by name: how far it is, and of a report that was made its roll and response rate.
    None where the school gave no roll, or the report prints no number."""

    school: str
    phase: Phase
    step: Step
    roll: int | None = None
    rate: int | None = None


def read_took_part(
    db: Session, *, programme: Programme, number: int, today: date
) -> tuple[Turnout, ...]:
    """Every invited school, by name."""
    schools = of_survey(db, programme=programme, number=number, today=today)
    return tuple(_turnout(db, one) for one in schools)


def first_opened(release_hashes: Sequence[str]) -> date | None:
    """When the first of the surveys of these reports opened."""
    return read().scalar(
        select(func.min(Wave.opened_on))
        .join(
            StoredRelease,
            (StoredRelease.school_id == Wave.school_id) & (StoredRelease.wave_id == Wave.wave_id),
        )
        .where(StoredRelease.release_hash.in_(release_hashes))
    )


def consents_of(release_hashes: Sequence[str]) -> Counter[Consent]:
    """The policies on consent that the surveys of these reports followed, and how many of each."""
    waves = read().scalars(
        select(Wave)
        .join(
            StoredRelease,
            (StoredRelease.school_id == Wave.school_id) & (StoredRelease.wave_id == Wave.wave_id),
        )
        .where(StoredRelease.release_hash.in_(release_hashes))
    )
    return Counter(map(consent_of, waves))


def _turnout(db: Session, standing: Standing) -> Turnout:
    school = standing.campaign.school
    is_read = standing.step is Step.RELEASED
    stored = stored_release(db, standing.wave) if is_read and standing.wave else None
    if stored is None:
        return Turnout(school.name, school.phase, standing.step)
    roll, responded = printed_numbers(stored)
    rate = rate_of(responded, roll)
    return Turnout(school.name, school.phase, standing.step, roll or None, rate)
