"""The change of a figure between two surveys of a school, only from published numbers. Pure.

A change is marked if it is more than rounding and more than chance. More than rounding: it goes the
same way whatever counts and bases print as the two figures. More than chance: its 95 % interval
does not hold 0. That is Newcombe's hybrid score interval for the difference of two
proportions, made of their Wilson intervals (R. G. Newcombe, Interval estimation for the difference
between independent proportions, Statistics in Medicine 17, 1998, 873-890, method 10). It adds the
squares of what each share may be off by, and rounding is one thing more to be off by: its standard
deviation as of numbers that are each as likely (after W. F. Sheppard, 1898), and never more than
the rounding leaves open.

The method treats the two surveys as independent samples. They are not: mostly the same students
answer twice, and the answers of one student are correlated, so the true uncertainty of a change is
smaller than given here. A real change may not be marked, and a marked one is more certain. On the
other hand, students of one class or group of friends answer alike, which makes the true uncertainty
larger. Neither can be measured in figures without names.

Two figures are only compared if the same was asked of the same: words, answers, base and routing.
A place is the same as long as its key is, whatever it is called.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, cached_property
from math import ceil, floor, hypot
from statistics import NormalDist

from survey.disclosure.tables import Group
from survey.questionnaires.model import Questionnaire
from survey.questionnaires.table_key import TableKey
from survey.releases.tabulation_plan import YES
from survey.reports.school.non_response import Weighed, weighed, years_on_roll
from survey.reports.school.question_blocks import TONES
from survey.reports.school.report_data import (
    EVERYONE,
    ReportData,
    Share,
    Tone,
    verdict_of,
    years_of,
)
from survey.reports.school.report_data import ChangeVerdict as ChangeVerdict
from survey.reports.school.who_was_asked import youngest
from survey.reports.trends.comparability import Alike, Kin, Relation

USUAL = 0.05
"""The probability that an interval misses the true change."""


class WhyNoVerdict(StrEnum):
    """The reason why there is no verdict."""

    ADDED = "added"  # not asked in the earlier wave
    DROPPED = "dropped"  # not asked in the later one
    OTHERWISE = "otherwise"  # asked in other words, with other answers or of others
    HIDDEN = "hidden"  # in one of the waves, or in both
    BANDS = "bands"  # the year groups were reported together, or apart, in one of the waves
    WORDINGS = "wordings"  # the group was asked in different words, younger and older students


def interval(before: Share, now: Share, chance: float = USUAL) -> tuple[int, int] | None:
    """The change in whole points, rounded outwards; None where a figure is not printed.

    `chance`: how likely it is to miss the true change."""
    z = NormalDist().inv_cdf(1 - chance / 2)
    earlier, later = before.ends(z), now.ends(z)
    if earlier is None or later is None:
        return None
    low = later[0].share - earlier[1].share - hypot(later[0].reach, earlier[1].reach)
    high = later[1].share - earlier[0].share + hypot(later[1].reach, earlier[0].reach)
    # A floating-point error must not move an end by a whole point.
    return max(-100, floor(100 * low + 1e-9)), min(100, ceil(100 * high - 1e-9))


def beyond_rounding(before: Share, now: Share) -> bool:
    """Whether the direction is the same for all counts that round to the two figures."""
    earlier, later = before.room, now.room
    if earlier is None or later is None:
        return False
    return earlier[1] < later[0] or later[1] < earlier[0]


def direction(before: Share, now: Share, found: tuple[int, int] | None) -> int:
    """Up, down, or neither: the direction if it exceeds chance and rounding."""
    if found is None or not beyond_rounding(before, now):
        return 0
    return (found[0] > 0) - (found[1] < 0)


MIX = 1.0
"""Per cent points by which a change of the whole school may be off because other year groups
answered, before it is judged by shares that are weighed by the roll."""


@dataclass(frozen=True)
class OnOneRoll:
    """A share of the whole school in two waves, both weighed by the roll of the later one."""

    before: Weighed
    now: Weighed

    @property
    def matters(self) -> bool:
        plain = self.now.plain - self.before.plain
        return abs(100 * (self.now.share - self.before.share) - plain) >= MIX

    def interval(self, chance: float) -> tuple[int, int]:
        """Of the change, in whole points, rounded outwards."""
        z = NormalDist().inv_cdf(1 - chance / 2)
        by = self.now.share - self.before.share
        reach = z * hypot(self.before.error, self.now.error)
        return max(-100, floor(100 * (by - reach) + 1e-9)), min(
            100, ceil(100 * (by + reach) - 1e-9)
        )


@dataclass(frozen=True)
class FigureChange:
    """One figure in two waves. A share is None where the wave did not print it or did not ask it
    so; `interval` is of the change, in whole points; `why` is given where nothing can be said;
    `on_one_roll` where other year groups answered, so that the change is judged by weighed shares.
    """

    table: str
    answer: str
    group: Group
    tone: Tone
    before: Share | None
    now: Share | None
    interval: tuple[int, int] | None
    why: WhyNoVerdict | None
    on_one_roll: OnOneRoll | None = None

    @property
    def points(self) -> int | None:
        """The later printed percentage less the earlier; None if one of them is none."""
        if self.why or self.before is None or self.now is None:
            return None
        earlier, later = self.before.figure.percent, self.now.figure.percent
        return None if earlier is None or later is None else later - earlier

    @property
    def verdict(self) -> ChangeVerdict:
        return self.verdict_at(USUAL)

    def verdict_at(self, chance: float) -> ChangeVerdict:
        """The verdict at this probability of a mark without a real change."""
        if self.why is not None or self.before is None or self.now is None:
            return ChangeVerdict.UNSAID
        if self.on_one_roll:
            low, high = self.on_one_roll.interval(chance)
            way = (low > 0) - (high < 0)
        else:
            found = self.interval if chance == USUAL else interval(self.before, self.now, chance)
            way = direction(self.before, self.now, found)
        return verdict_of(self.tone, way)


@dataclass(frozen=True)
class FigureChanges:
    """The changes between two surveys of a school, the earlier first. Any figure can be asked for;
    if neither survey has it, there is no verdict."""

    before: ReportData
    now: ReportData
    number_before: int
    number_now: int

    def change_of(self, table: str, answer: str, group: Group = EVERYONE) -> FigureChange:
        """The change of one printed figure: of a box, of an answer, or of the "yes" of an option
        or an indicator."""
        earlier = _find(self.before, table, answer, group)
        later = _find(self.now, table, answer, group)
        why = self._why_not(table, group, earlier, later)
        found = rolled = None
        if why is None and earlier is not None and later is not None:
            rolled = self._on_one_roll(table, answer) if group == EVERYONE else None
            found = rolled.interval(USUAL) if rolled else interval(earlier, later)
        tone = tone_of(self.now.questionnaire, table, answer)
        return FigureChange(table, answer, group, tone, earlier, later, found, why, rolled)

    def _on_one_roll(self, table: str, answer: str) -> OnOneRoll | None:
        """Both shares weighed by the later roll, if the mix of year groups moves the change."""
        rolls = years_on_roll(self.now.release)
        start = max(youngest(one.questionnaire, table) for one in (self.before, self.now))
        both = [weighed(one, table, answer, start, rolls) for one in (self.before, self.now)]
        if not rolls or both[0] is None or both[1] is None:
            return None
        found = OnOneRoll(both[0], both[1])
        return found if found.matters else None

    def kin(self, table: str) -> Kin:
        """How the question of a table is related to that of the earlier survey."""
        return self._kin(table)

    @cached_property
    def alike(self) -> Alike:
        return Alike(self.before.questionnaire, self.now.questionnaire)

    @cached_property
    def _kin(self) -> Callable[[str], Kin]:
        return cache(self.alike.of)

    def _why_not(
        self, table: str, group: Group, earlier: Share | None, later: Share | None
    ) -> WhyNoVerdict | None:
        kin = self.kin(table)
        if kin.relation is not Relation.SAME:
            return _WHY[kin.relation]
        years = years_of(group)
        if any(
            one.asked(table).pools_two_wordings(group, one.school_years)
            for one in (self.before, self.now)
        ):
            return WhyNoVerdict.WORDINGS
        if group.gender is not None and not self.alike.same_genders:
            return WhyNoVerdict.OTHERWISE
        if years and not self.alike.same_year_names:
            return WhyNoVerdict.OTHERWISE
        if not kin.is_of_same_years and (not years or years[0] < kin.from_year):
            return WhyNoVerdict.OTHERWISE
        if years and not self._reported_alike(Group(year=group.year)):
            return WhyNoVerdict.BANDS
        if earlier is None or later is None:
            return WhyNoVerdict.DROPPED if later is None else WhyNoVerdict.ADDED
        is_printed = earlier.corners is not None and later.corners is not None
        return None if is_printed else WhyNoVerdict.HIDDEN

    def _reported_alike(self, years: Group) -> bool:
        """Do both releases have a row for exactly these year groups?"""
        return all(years in one.release.lattice.groups for one in (self.before, self.now))


_WHY: Mapping[Relation, WhyNoVerdict] = {
    Relation.ADDED: WhyNoVerdict.ADDED,
    Relation.DROPPED: WhyNoVerdict.DROPPED,
    Relation.OTHERWISE: WhyNoVerdict.OTHERWISE,
}


def _find(reading: ReportData, table: str, answer: str, group: Group) -> Share | None:
    try:
        return reading.share(table, answer, group)
    except KeyError:
        return None


def tone_of(questionnaire: Questionnaire, table: str, answer: str) -> Tone:
    """Whether more of a figure is worse, better or neither."""
    key = TableKey(table).indicator
    if key and answer == YES:
        found = next((one for one in questionnaire.indicators if one.key == key), None)
        return Tone.PLAIN if found is None else Tone.GOOD if found.good else Tone.ADVERSE
    return TONES.get(answer, Tone.PLAIN)
