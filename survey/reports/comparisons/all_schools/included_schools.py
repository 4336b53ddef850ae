"""Which schools the figures of all schools together take in. Pure.

A figure over schools is one over named schools: everyone knows which of them took part in both
surveys. So it takes in a group of letters as a whole, or in parts of at least five; a group that it
would cut otherwise is left out as a whole.

Shares by year group also say how figures go with age, and so which letters are likely to be those
with a sixth form, whichever schools they are of. So where schools teach different year groups, they
are of the year groups that most schools teach, and of a few figures: the places. Among many schools
they are of all figures. Measured in `tests/attacks/test_letters_together.py`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from typing import TypeVar

from survey.disclosure.coalitions import ALIKE, SeenComparison, Tied, cut_by

YEARS, BOTH = "years", "both"

MANY = 30
"""Schools among which one with a sixth form is hard to find: of thirty, 8 points more of the
letters are guessed right than by chance, where of eight or twelve it is 14."""

FEW = 12
"""Figures by year group that few schools with different year groups may show. The twelve of a
hundred that change most with age add 8 to 10 points to the letters that are guessed right, all of
them 14 or 15."""

S = TypeVar("S", bound=Hashable)


def taken_in(
    comparisons: Sequence[SeenComparison[S]],
    figures: Sequence[Tied[S]],
    candidates: Mapping[S, str],
) -> Mapping[S, str]:
    """Of the schools that a figure could take in, those that it may, each with what tells it from
    others. `comparisons` are those that its readers could hold, and `figures` what other figures
    over named schools take in. Empty if fewer than five schools are left."""
    ties = dict(candidates)
    while len(ties) >= ALIKE:
        cut = cut_by(comparisons, figures, ties)
        if not cut:
            return ties
        left = {school: tie for school, tie in ties.items() if school not in cut}
        if len(left) == len(ties):
            return {}
        ties = left
    return {}


def common_years(taught: Mapping[S, frozenset[str]]) -> frozenset[str]:
    """The year groups that most schools teach: of schools that share some, those of all."""
    number = Counter(year for years in taught.values() for year in years)
    most = max(number.values(), default=0)
    return frozenset(year for year, schools in number.items() if schools == most)


def with_years(
    taught: Mapping[S, frozenset[str]], printed: Mapping[S, frozenset[str]]
) -> frozenset[S]:
    """The schools that figures by year group could take in. `taught`: the year groups of each
    school; `printed`: those that its report prints by themselves."""
    common = common_years(taught)
    return frozenset(school for school, years in printed.items() if common and common <= years)


def is_mixed(taught: Mapping[S, frozenset[str]]) -> bool:
    """Do schools teach different year groups?"""
    return len(set(taught.values())) > 1


def is_of_places(taught: Mapping[S, frozenset[str]]) -> bool:
    """Are there figures by year group of places only?"""
    return is_mixed(taught) and len(taught) < MANY
