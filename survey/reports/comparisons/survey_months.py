"""The month that names a survey of a programme, from waves and stored comparisons."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date

from flask_babel import format_date
from sqlalchemy import func, select

from survey.campaigns.models import PlannedWave, Programme, Wave
from survey.campaigns.readers.comparison_numbers import is_second, survey_of
from survey.campaigns.readers.joining import taking_part
from survey.database import read
from survey.i18n import gettext as _
from survey.releases.models import StoredComparison, StoredRelease
from survey.reports.value_cache import Kept

MONTH = "LLLL y"

_releases: Kept[str, tuple[str, ...]] = Kept(64)


def first_opened(release_hashes: Sequence[str]) -> date | None:
    """The day on which the first survey of these reports opened."""
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
    """For a comparison, the day on which the first survey in it opened."""
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
