"""Which schools of a programme took part in a survey, in which month it was, and how many of their
students answered, roughly, once their report is made. Worked out from waves and releases, never
from answers."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from flask_babel import format_date
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from survey.campaigns.lifecycle.school_progress import ProgressStep, SchoolProgress, of_survey
from survey.campaigns.models import PlannedWave, Programme, Wave
from survey.campaigns.queries import consent_of
from survey.campaigns.readers.comparison_numbers import is_second, survey_of
from survey.campaigns.readers.joining import taking_part
from survey.database import read
from survey.i18n import gettext as _
from survey.organisations.models import Phase
from survey.organisations.policies.consent import Consent
from survey.releases.models import StoredComparison, StoredRelease
from survey.releases.response_rate import rate_of
from survey.reports.comparisons.readiness import printed_numbers, stored_release
from survey.reports.value_cache import Kept

MONTH = "LLLL y"

_releases: Kept[str, tuple[str, ...]] = Kept(64)


@dataclass(frozen=True)
class SchoolParticipation:
    """A school by name: how far it is, and of a report that was made its roll and response rate.
    None where the school gave no roll, or the report prints no number."""

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


def survey_month(programme: Programme, number: int) -> str:
    """The month in which the first school opened survey `number`; before that, the month planned
    for it, or its number if none is planned. `number` may be that of a second comparison."""
    opened = _opened(programme, number) or _planned(programme, number)
    if opened is None:
        name = str(_("Survey %(number)s", number=survey_of(number)))
    else:
        name = str(format_date(opened, MONTH))
    return str(_("%(number)s, second comparison", number=name)) if is_second(number) else name


def survey_months(programme: Programme, earlier: int, later: int) -> tuple[str, str]:
    """The names of two surveys. If both were opened in one month, they have their numbers too."""
    names = survey_month(programme, earlier), survey_month(programme, later)
    if names[0] != names[1]:
        return names
    return _numbered(names[0], earlier), _numbered(names[1], later)


def _numbered(month: str, number: int) -> str:
    return str(_("%(month)s (survey %(number)s)", month=month, number=survey_of(number)))


def _opened(programme: Programme, number: int) -> date | None:
    """Of a comparison: when the first of the surveys in it opened, whatever opens later."""
    key = programme.authority_id, programme.programme_id, number
    stored = read().get(StoredComparison, key)
    if stored is not None:
        return first_opened(_releases_of(stored)) or stored.released_on
    waves = (one.waves.get(survey_of(number)) for one in taking_part(read(), programme))
    return min((one.opened_on for one in waves if one and one.opened_on), default=None)


def _releases_of(stored: StoredComparison) -> tuple[str, ...]:
    return _releases.get(
        stored.release_hash, lambda: tuple(json.loads(stored.document)["releases"])
    )


def _planned(programme: Programme, number: int) -> date | None:
    key = programme.authority_id, programme.programme_id, survey_of(number)
    planned = read().get(PlannedWave, key)
    return None if planned is None else planned.opens_from


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
