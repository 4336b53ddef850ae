"""Loads everything that a report shows about earlier surveys, with a cache."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from survey.campaigns.models import Wave
from survey.database import read
from survey.reports.school.report_loader import spoken
from survey.reports.trends.earlier_releases import SurveyReport, changes_between, read_held
from survey.reports.trends.latest_changes import LatestChanges, read_since
from survey.reports.trends.over_time import OverTime, read_over_time
from survey.reports.trends.smallest_detectable_change import Detectable, read_detectable
from survey.reports.trends.year_group_mix import Mixed, read_mixed
from survey.reports.value_cache import Kept


@dataclass(frozen=True)
class SideBySide:
    """What a survey's report shows about earlier surveys. `kept_as` is the key of its cached parts;
    `detectable`: how large a change it could show, by group; `is_across_summer`: a new school year
    began since the wave before, so that each year group is made of other students."""

    held: tuple[SurveyReport, ...]
    over: OverTime
    since: LatestChanges
    mixed: tuple[Mixed, ...]
    kept_as: tuple[str, ...]
    detectable: tuple[Detectable, ...] = ()
    is_across_summer: bool = False


NEW_YEAR = 8
"""The month in which school years begin: the earliest in the United Kingdom."""


def is_across_summer(before: date | None, now: date | None) -> bool:
    """Whether a new school year began between two surveys, so that year groups have other
    students."""
    if before is None or now is None:
        return False
    years = [day.year - (day.month < NEW_YEAR) for day in (before, now)]
    return years[0] != years[1]


_kept: Kept[tuple[str, ...], SideBySide] = Kept(8)


def side_of(wave: Wave) -> SideBySide | None:
    """The trends of a wave in the language of this request."""
    return read_side_by_side(read(), wave=wave, language=spoken())


def read_side_by_side(db: Session, *, wave: Wave, language: str) -> SideBySide | None:
    """The trends of a wave; None if its own release, or every earlier one, was withdrawn."""
    held = read_held(db, wave=wave, language=language)
    if len(held) < 2 or held[-1].number != wave.number:
        return None
    name = (*(f"{one.number}:{one.release_hash}" for one in held), language)

    def lay_out() -> SideBySide:
        over = read_over_time([changes_between(one, held[-1]) for one in held[:-1]])
        return SideBySide(
            held,
            over,
            read_since(over),
            read_mixed(over.changes),
            name,
            read_detectable(over.changes),
            is_across_summer(held[-2].opened_on, held[-1].opened_on),
        )

    return _kept.get(name, lay_out)
