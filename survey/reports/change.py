"""What changed between two waves of a school, from what both releases print and nothing else. Pure.

The interval of a change holds two things. Chance: Newcombe's hybrid score interval for the
difference of two proportions, made of their Wilson intervals (R. G. Newcombe, Interval estimation
for the difference between independent proportions, Statistics in Medicine 17, 1998, 873-890, method
10). And rounding: it is the union of these intervals over all counts and bases that print as the
two figures. Its lower end rises with the later share and falls with the earlier one, so the union
is found at the two corners.

The method takes the two waves for independent samples. They are not: mostly the same students
answer twice. Answers of one student go together, so the true uncertainty of a change is then
smaller than said here: a change that is there may go unmarked, and one that is marked is marked the
more safely. On the other side students of one class or group of friends answer alike, which makes
the true uncertainty larger than said. Neither can be known from figures without names.

Two figures are only compared if the same was asked of the same: words, answers, base and routing.
A place is the same as long as its key is, whatever it is called.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, cached_property
from math import ceil, floor, sqrt
from statistics import NormalDist

from survey.disclosure.figures import Status, values_behind
from survey.disclosure.tables import Group
from survey.questionnaires.model import Questionnaire
from survey.reports.alike import Alike, Kin, Relation
from survey.reports.blocks import TONES
from survey.reports.plan import INDICATOR, YES
from survey.reports.reading import EVERYONE, Reading, Share, Tone, year_of

USUAL = 0.05
"""The chance that a mark is taken where nothing changed, were there no rounding."""


class Verdict(StrEnum):
    """What may be said. `HIGHER` and `LOWER` are of what is neither good nor bad."""

    BETTER = "better"
    WORSE = "worse"
    HIGHER = "higher"
    LOWER = "lower"
    UNCLEAR = "unclear"
    UNSAID = "unsaid"


class Why(StrEnum):
    """Why nothing can be said."""

    ADDED = "added"  # not asked in the earlier wave
    DROPPED = "dropped"  # not asked in the later one
    OTHERWISE = "otherwise"  # asked in other words, with other answers or of others
    HIDDEN = "hidden"  # in one of the waves, or in both


Counted = tuple[int, int]
"""A count and its base."""


@dataclass(frozen=True)
class Behind:
    """The lowest and the highest share that a printed figure may stand for, as counts."""

    lowest: Counted
    highest: Counted


def behind(share: Share) -> Behind | None:
    """None for a figure that prints no share."""
    figure, base = share.figure, share.base
    if not share.is_shown or not base:
        return None
    slack = max(share.rounding // 2, share.slack)
    least, most = max(share.minimum, base - slack), base + slack
    match figure.status, figure.limit, figure.count:
        case Status.FEWER_THAN, int(limit), _:
            return Behind((0, most), (min(limit - 1, least), least))
        case Status.ALL_BUT_FEWER, int(limit), _:
            return Behind((max(0, least - limit + 1), least), (most, most))
        case Status.SHOWN, _, int(count):
            low, high = values_behind(count, share.rounding, 0)
            return Behind((min(low, most), most), (min(high, least), least))
        case _:
            return None


def _wilson(counted: Counted, z: float) -> tuple[float, float, float]:
    """The share and the ends of its interval."""
    count, base = counted
    share, z2 = count / base, z * z
    middle = (share + z2 / (2 * base)) / (1 + z2 / base)
    half = z * sqrt(share * (1 - share) / base + z2 / (4 * base * base)) / (1 + z2 / base)
    return share, max(0.0, middle - half), min(1.0, middle + half)


def newcombe(before: Counted, now: Counted, z: float) -> tuple[float, float]:
    """The interval of `now` less `before`."""
    first, first_low, first_high = _wilson(before, z)
    second, second_low, second_high = _wilson(now, z)
    difference = second - first
    return (
        difference - sqrt((second - second_low) ** 2 + (first_high - first) ** 2),
        difference + sqrt((second_high - second) ** 2 + (first - first_low) ** 2),
    )


def interval(before: Share, now: Share, chance: float = USUAL) -> tuple[int, int] | None:
    """The change in whole points, rounded outwards; None where a figure is not printed.

    `chance`: how likely the interval misses the true change, were there no rounding."""
    earlier, later = behind(before), behind(now)
    if earlier is None or later is None:
        return None
    z = NormalDist().inv_cdf(1 - chance / 2)
    low, _ = newcombe(earlier.highest, later.lowest, z)
    _, high = newcombe(earlier.lowest, later.highest, z)
    # A hair's breadth of floating point must not move an end by a whole point.
    return max(-100, floor(100 * low + 1e-9)), min(100, ceil(100 * high - 1e-9))


def direction(found: tuple[int, int] | None) -> int:
    """Above nought, below it, or neither for certain."""
    if found is None:
        return 0
    return (found[0] > 0) - (found[1] < 0)


_VERDICTS: Mapping[tuple[Tone, int], Verdict] = {
    (Tone.ADVERSE, 1): Verdict.WORSE,
    (Tone.ADVERSE, -1): Verdict.BETTER,
    (Tone.GOOD, 1): Verdict.BETTER,
    (Tone.GOOD, -1): Verdict.WORSE,
}


@dataclass(frozen=True)
class Change:
    """One figure in two waves. A share is None where the wave did not print it or did not ask it
    so; `interval` is of the change, in whole points; `why` is given where nothing can be said."""

    table: str
    answer: str
    group: Group
    tone: Tone
    before: Share | None
    now: Share | None
    interval: tuple[int, int] | None
    why: Why | None

    @property
    def points(self) -> int | None:
        """The later printed percentage less the earlier; None if one of them is none."""
        if self.why or self.before is None or self.now is None:
            return None
        earlier, later = self.before.figure.percent, self.now.figure.percent
        return None if earlier is None or later is None else later - earlier

    @property
    def verdict(self) -> Verdict:
        return self.verdict_of(self.interval)

    def verdict_at(self, chance: float) -> Verdict:
        """The same under a stricter limit."""
        if self.why or self.before is None or self.now is None:
            return Verdict.UNSAID
        return self.verdict_of(interval(self.before, self.now, chance))

    def verdict_of(self, found: tuple[int, int] | None) -> Verdict:
        if self.why is not None:
            return Verdict.UNSAID
        way = direction(found)
        if way == 0:
            return Verdict.UNCLEAR
        plain = Verdict.HIGHER if way > 0 else Verdict.LOWER
        return _VERDICTS.get((self.tone, way), plain)


@dataclass(frozen=True)
class Changes:
    """Two waves of one school side by side, the earlier first. Ask for any figure, also one that
    neither holds: then the answer is that nothing can be said."""

    before: Reading
    now: Reading
    number_before: int
    number_now: int

    def change_of(self, table: str, answer: str, group: Group = EVERYONE) -> Change:
        """The change of one printed figure: of a box, of an answer, or of the "yes" of an option
        or an indicator."""
        earlier = _find(self.before, table, answer, group)
        later = _find(self.now, table, answer, group)
        why = self._why_not(table, group, earlier, later)
        found = None
        if why is None and earlier is not None and later is not None:
            found = interval(earlier, later)
        tone = tone_of(self.now.questionnaire, table, answer)
        return Change(table, answer, group, tone, earlier, later, found, why)

    def kin(self, table: str) -> Kin:
        """How what the table asks is related to what was asked before."""
        return self._kin(table)

    @cached_property
    def alike(self) -> Alike:
        return Alike(self.before.questionnaire, self.now.questionnaire)

    @cached_property
    def _kin(self) -> Callable[[str], Kin]:
        return cache(self.alike.of)

    def _why_not(
        self, table: str, group: Group, earlier: Share | None, later: Share | None
    ) -> Why | None:
        kin = self.kin(table)
        if kin.relation is not Relation.SAME:
            return _WHY[kin.relation]
        year = year_of(group)
        if group.gender is not None and not self.alike.same_genders:
            return Why.OTHERWISE
        if not kin.is_of_same_years and (year is None or year < kin.from_year):
            return Why.OTHERWISE
        if earlier is None or later is None:
            return Why.DROPPED if later is None else Why.ADDED
        is_printed = behind(earlier) is not None and behind(later) is not None
        return None if is_printed else Why.HIDDEN


_WHY: Mapping[Relation, Why] = {
    Relation.ADDED: Why.ADDED,
    Relation.DROPPED: Why.DROPPED,
    Relation.OTHERWISE: Why.OTHERWISE,
}


def _find(reading: Reading, table: str, answer: str, group: Group) -> Share | None:
    try:
        return reading.share(table, answer, group)
    except KeyError:
        return None


def tone_of(questionnaire: Questionnaire, table: str, answer: str) -> Tone:
    """Whether more of a figure is worse, better or neither."""
    if table.startswith(INDICATOR) and answer == YES:
        key = table.removeprefix(INDICATOR)
        found = next((one for one in questionnaire.indicators if one.key == key), None)
        return Tone.PLAIN if found is None else Tone.GOOD if found.good else Tone.ADVERSE
    return TONES.get(answer, Tone.PLAIN)
