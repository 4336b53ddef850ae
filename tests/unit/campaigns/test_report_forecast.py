"""What a school sees of its report before it asks anyone (rule R11)."""

from __future__ import annotations

import pytest

from survey.campaigns.report_forecast import forecast
from survey.questionnaires.load import load_all

BY_KEY = load_all()["safety", "2026.3"].by_key


def test_a_sensitive_item_meets_the_small_year_groups_that_are_asked_it() -> None:
    found = forecast({"7": 49, "8": 50, "9": 120, "10": 12})
    assert found.small_for(BY_KEY["F2"]) == (7, 10)
    assert found.small_for(BY_KEY["H2"]) == (10,), "it starts in year 9"
    assert found.small_for(BY_KEY["B1"]) == (), "how safe school feels is not sensitive"


def test_a_school_that_gave_no_numbers_is_told_nothing() -> None:
    found = forecast({})
    assert not found.nothing
    assert not found.whole_school_only
    assert found.small_for(BY_KEY["H2"]) == ()


@pytest.mark.parametrize(
    ("roll", "nothing", "whole_school_only"),
    [(19, True, False), (20, False, True), (49, False, True), (50, False, False)],
)
def test_a_small_school_is_told_what_its_report_will_lack(
    roll: int, nothing: bool, whole_school_only: bool
) -> None:
    found = forecast({"9": roll})
    assert (found.nothing, found.whole_school_only) == (nothing, whole_school_only)
