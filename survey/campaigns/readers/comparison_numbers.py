"""Numbers of comparisons. The first comparison of survey 3 is number 3. The second, which takes in
the schools that were late, is number 103."""

from __future__ import annotations

SECOND = 100


def survey_of(number: int) -> int:
    """The survey that a comparison is of."""
    return number % SECOND


def is_second(number: int) -> bool:
    return number > SECOND


def second_of(number: int) -> int:
    """The second comparison of a survey."""
    return SECOND + survey_of(number)
