"""Which schools of a programme took part in a survey, and roughly how many of their students
answered, once their report is made. Worked out from waves and releases, never from answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey.campaigns.lifecycle.school_progress import ProgressStep, SchoolProgress, of_survey
from survey.campaigns.models import Programme, Wave
from survey.campaigns.queries import consent_of
from survey.database import read
from survey.organisations.models import Phase
from survey.organisations.policies.consent import Consent
from survey.releases.models import StoredRelease
from survey.releases.response_rate import rate_of
from survey.reports.comparisons.readiness import printed_numbers, stored_release


@dataclass(frozen=True)
class SchoolParticipation:
    """A school by name, with its progress. `roll` and `rate` (the response rate) come from its
    report; None where the school gave no roll, or the report prints no number."""

    school: str
    phase: Phase
    step: ProgressStep
    roll: int | None = None
    rate: int | None = None


def read_took_part(
    db: Session, *, programme: Programme, number: int, today: date
) -> tuple[SchoolParticipation, ...]:
    """Every invited school, by name."""
    schools = of_survey(db, programme=programme, number=number, today=today)
    return tuple(_turnout(db, one) for one in schools)


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


def _turnout(db: Session, standing: SchoolProgress) -> SchoolParticipation:
    school = standing.campaign.school
    is_read = standing.step is ProgressStep.RELEASED
    stored = stored_release(db, standing.wave) if is_read and standing.wave else None
    if stored is None:
        return SchoolParticipation(school.name, school.phase, standing.step)
    roll, responded = printed_numbers(stored)
    rate = rate_of(responded, roll)
    return SchoolParticipation(school.name, school.phase, standing.step, roll or None, rate)
