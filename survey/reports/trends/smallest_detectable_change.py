"""How large a change would have to be for these two surveys to show it. Pure.

The planning formula for two proportions: the score that a mark needs, and the score that finds a
true change four times in five, times the standard error of the difference, which rounding widens
(r^2 / 12 for each count). It is worked out from the published sizes of the groups at a share of
20 %, as a figure of harm often is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import ceil, sqrt
from statistics import NormalDist

from survey.disclosure.release import PARTICIPATION
from survey.disclosure.tables import Group
from survey.reports.school.report_data import EVERYONE, ReportData, Share, years_of
from survey.reports.trends.change import USUAL, FigureChanges

SHARE = 0.2
"""Of which a change is looked for."""

POWER = 0.8
"""How often a change of that size is found."""

RARELY = 0.01
"""How likely a mark is where nothing changed, of year groups and genders."""


@dataclass(frozen=True)
class Detectable:
    """The smallest change, in per cent points, that is found four times in five."""

    group: Group
    points: int


def read_detectable(changes: FigureChanges) -> tuple[Detectable, ...]:
    """Of the whole school, each year group and each gender whose size both surveys print."""
    return tuple(_each(changes))


def _each(changes: FigureChanges) -> Iterator[Detectable]:
    shared = set(changes.before.release.lattice.groups)
    for group in changes.now.groups():
        if group in shared and group.gender != "unsaid":
            both = [_took_part(one, group) for one in (changes.before, changes.now)]
            if all(one.figure.count for one in both):
                chance = USUAL if group == EVERYONE else RARELY
                yield Detectable(group, smallest_change(both, chance))


def smallest_change(both: Iterable[Share], chance: float) -> int:
    """In whole points, from the sizes of a group in two surveys."""
    variance = 0.0
    for one in both:
        base = one.figure.count or 1
        variance += SHARE * (1 - SHARE) / base + one.rounding**2 / (12 * base**2)
    normal = NormalDist()
    scores = normal.inv_cdf(1 - chance / 2) + normal.inv_cdf(POWER)
    return ceil(100 * scores * sqrt(variance))


def smallest_of_years(found: Iterable[Detectable]) -> int | None:
    """The usual one of year groups: the middle one."""
    years = sorted(one.points for one in found if years_of(one.group))
    return years[len(years) // 2] if years else None


def _took_part(reading: ReportData, group: Group) -> Share:
    return reading.share(PARTICIPATION, PARTICIPATION, group)
