"""No regular expression of ours goes over a text again and again: a long input costs its length."""

from __future__ import annotations

import re

import pytest

from tests.attacks.attackers.patterns import MOST_GROWTH, Used, busy_with, used_patterns

USED = used_patterns()


def test_the_patterns_are_found() -> None:
    assert len(USED) > 35
    assert any(one.where == "survey.languages.HELD_TOGETHER" for one in USED)


@pytest.mark.parametrize(
    "pattern",
    [r"\s*\n\s*", r"([^{}]*)\{([^{}]*)\}", r"/\*.*?\*/", r"[\w.+-]+@[\w-]+", r"<a [^>]*>"],
)
def test_the_measurement_sees_a_pattern_that_goes_over_its_text_again(pattern: str) -> None:
    worst, _words = busy_with(Used("here", re.compile(pattern, re.DOTALL), anchored=False))
    assert worst > MOST_GROWTH


@pytest.mark.parametrize("used", USED, ids=lambda used: used.where)
def test_a_long_input_costs_its_length(used: Used) -> None:
    worst, words = busy_with(used)
    assert worst < MOST_GROWTH, f"{worst:.0f} times as long at eight times the length: {words!r}"
