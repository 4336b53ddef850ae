"""Which year groups of all schools together may be called above or below the others. Pure.

Each year group is held against the mean of the others, over the same schools. As in a school's
report (`reports/school/group_claims.py`) answers of one class are taken to resemble each other,
rounding counts as a variance, and of all that is named at most one in twenty is expected to be
wrong. A share over schools that differ is taken to vary as one over schools that do not, which errs
to the careful side.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import sqrt

from survey.reports.comparisons.comparison_document import YearFigure
from survey.reports.comparisons.statistics.funnel_limits import STEP
from survey.reports.comparisons.view_model import ComparedFigureView, Distribution
from survey.reports.school.group_claims import (
    DESIGN_EFFECT,
    Contrast,
    claims_among,
    third_moment,
)

WHOLE_PER_CENT = 1 / 12 / 10_000
"""The variance of a share that is rounded to whole per cent."""


@dataclass(frozen=True)
class YearShare:
    """A figure of one year group. `contrast`: how it differs from the other year groups; `holds`:
    whether that may be said."""

    figure: YearFigure
    contrast: Contrast | None
    holds: bool

    @property
    def year(self) -> int:
        return int(self.figure.year[1:])

    @property
    def way(self) -> int:
        """1 above the others, -1 below, 0 where nothing may be said."""
        if not self.holds or self.contrast is None:
            return 0
        return 1 if self.contrast.above > 0 else -1


@dataclass(frozen=True)
class YearLine:
    """One figure by year group, the youngest first."""

    one: ComparedFigureView
    shares: tuple[YearShare, ...]

    def of(self, year: int) -> YearShare | None:
        return next((share for share in self.shares if share.year == year), None)

    @property
    def named(self) -> tuple[YearShare, ...]:
        return tuple(share for share in self.shares if share.way)

    @property
    def schools(self) -> int:
        """How many schools it is of, in the year group with the most."""
        return max(share.figure.schools for share in self.shares)


@dataclass(frozen=True)
class YearGroups:
    """Figures by year group of all schools together."""

    lines: tuple[YearLine, ...]
    schools: int
    is_of_places: bool = False

    @cached_property
    def years(self) -> tuple[int, ...]:
        return tuple(sorted({share.year for line in self.lines for share in line.shares}))

    @property
    def named(self) -> tuple[YearLine, ...]:
        """Those in which a year group may be named."""
        return tuple(line for line in self.lines if line.named)

    def line_of(self, one: ComparedFigureView) -> YearLine | None:
        return next((line for line in self.lines if line.one.name == one.name), None)


def read_years(spread: Distribution) -> YearGroups:
    """The figures that a comparison leads with, by year group."""
    by_name: dict[tuple[str, str], list[YearFigure]] = {}
    for figure in spread.comparison.years:
        by_name.setdefault((figure.table, figure.answer), []).append(figure)
    leading = [one for one in spread.figures if one.is_lead and len(by_name.get(one.name, ())) > 1]
    contrasts = {
        (one.name, figure.year): found
        for one in leading
        for figure, found in _contrasts(by_name[one.name])
    }
    claims = claims_among(contrasts)
    lines = (
        YearLine(one, tuple(_shares(by_name[one.name], one.name, contrasts, claims)))
        for one in leading
    )
    schools = len(spread.comparison.codes_in("years_of"))
    return YearGroups(tuple(lines), schools, "years_places" in spread.comparison.header)


Key = tuple[tuple[str, str], str]


def _shares(
    figures: Sequence[YearFigure],
    name: tuple[str, str],
    contrasts: Mapping[Key, Contrast],
    claims: frozenset[Key],
) -> Iterator[YearShare]:
    for figure in figures:
        key = name, figure.year
        yield YearShare(figure, contrasts.get(key), key in claims)


def _contrasts(figures: Sequence[YearFigure]) -> Iterator[tuple[YearFigure, Contrast]]:
    """Each year group against the mean of the others that are of the same schools."""
    for one in figures:
        others = [other for other in figures if other is not one and other.bands == one.bands]
        if others:
            rest = sum(other.percent for other in others) / len(others) / 100
            spread = _variance(one) + sum(map(_variance, others)) / len(others) ** 2
            moment = third(one.percent, one.base) - (
                sum(third(other.percent, other.base) for other in others) / len(others) ** 3
            )
            yield (
                one,
                Contrast(
                    one.percent / 100 - rest, sqrt(spread), round(100 * rest), moment / spread**1.5
                ),
            )


def _variance(one: YearFigure) -> float:
    """Chance, the rounding of each school's count and that of the share."""
    return variance(one.percent, one.base, one.schools)


def variance(percent: float, base: int, schools: int) -> float:
    """Of a share over schools, as a share of 1."""
    share = _held(percent)
    chance = DESIGN_EFFECT * share * (1 - share) / base
    return chance + STEP**2 * schools / (12 * base**2) + WHOLE_PER_CENT


def third(percent: float, base: int) -> float:
    """The third moment of the same."""
    return third_moment(_held(percent), base)


def _held(percent: float) -> float:
    """As a share of 1, away from the ends: nothing is certain."""
    return min(max(percent, 1), 99) / 100
