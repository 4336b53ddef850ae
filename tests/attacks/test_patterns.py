"""No regular expression of ours goes over a text again and again: a long input costs its length."""

from __future__ import annotations

import re

import pytest

from tests.attacks.attackers.patterns import MOST_GROWTH, Used, busy_with, used_patterns


@pytest.mark.parametrize(
    "pattern",
    [r"\s*\n\s*", r"([^{}]*)\{([^{}]*)\}", r"/\*.*?\*/", r"[\w.+-]+@[\w-]+", r"<a [^>]*>"],
)
def test_the_measurement_sees_a_pattern_that_goes_over_its_text_again(pattern: str) -> None:
    worst, _words = busy_with(Used("here", re.compile(pattern, re.DOTALL), anchored=False))
    assert worst > MOST_GROWTH


def test_a_long_input_costs_its_length() -> None:
    patterns = used_patterns()
    assert len(patterns) > 35
    assert any(one.where == "survey.languages.HELD_TOGETHER" for one in patterns)
    slow = []
    for one in patterns:
        worst, words = busy_with(one)
        if worst >= MOST_GROWTH:
            slow.append(
                f"{one.where}: {worst:.0f} times as long at eight times the length: {words!r}"
            )
    assert not slow, "\n".join(slow)
