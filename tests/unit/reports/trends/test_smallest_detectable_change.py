"""The smallest change that two surveys could show, against statsmodels, and when a year is new."""

from __future__ import annotations

from datetime import date

import pytest
from statsmodels.stats.power import NormalIndPower

from survey.reports.school.report_data import EVERYONE, ReportData
from survey.reports.trends.change import FigureChanges
from survey.reports.trends.load_trends import is_across_summer
from survey.reports.trends.smallest_detectable_change import (
    POWER,
    SHARE,
    read_detectable,
    smallest_of_years,
)
from tests.unit.reports.samples import sample


def test_a_change_of_that_size_is_found_four_times_in_five() -> None:
    """statsmodels plans on the arcsine scale: of its effect the points differ by two at most, and
    rounding makes ours a little larger."""
    release, questionnaire = sample()
    reading = ReportData(release, questionnaire, "en")
    found = read_detectable(FigureChanges(reading, reading, 1, 2))
    whole = next(one for one in found if one.group == EVERYONE)
    assert reading.turnout is not None
    base, points = reading.turnout.count, whole.points / 100
    effect = points / (SHARE * (1 - SHARE)) ** 0.5
    power = NormalIndPower().power(effect, base, 0.05)
    assert POWER <= power < POWER + 0.12
    assert NormalIndPower().power(0.8 * effect, base, 0.05) < POWER
    years = smallest_of_years(found)
    assert years is not None
    assert years > 2 * whole.points


def test_a_group_that_is_hidden_is_left_out() -> None:
    small = ReportData(*sample(scale=0.15), "en")
    found = read_detectable(FigureChanges(small, small, 1, 2))
    assert {one.group for one in found} <= set(small.groups())


@pytest.mark.parametrize(
    ("before", "now", "is_new"),
    [
        (date(2026, 10, 5), date(2027, 3, 1), False),
        (date(2026, 10, 5), date(2027, 7, 10), False),
        (date(2027, 3, 1), date(2027, 10, 4), True),
        (date(2026, 10, 5), date(2027, 10, 4), True),
        (None, date(2027, 10, 4), False),
    ],
)
def test_a_new_school_year_makes_each_year_group_of_other_students(
    before: date | None, now: date, is_new: bool
) -> None:
    assert is_across_summer(before, now) is is_new
