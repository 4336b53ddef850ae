"""The typed values that a report is made of: shares, lines, panels and blocks.

Every number is one that the release prints, or an interval made of printed numbers (rule R5).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from survey.disclosure.figures import Figure, HiddenReason, Status, values_behind
from survey.disclosure.tables import Group
from survey.reports.school.group_claims import Sample
from survey.reports.school.intervals import (
    NORMAL_95,
    Counted,
    IntervalEnd,
    ends_of_limit,
    ends_of_share,
    in_whole_per_cent,
)
from survey.reports.school.rounding_bounds import Span
from survey.reports.school.who_was_asked import EVERYBODY, QuestionBase

EVERYONE = Group()


class TwoFiguresError(ValueError):
    """A box of a table is called like one of its answers, so a word would stand for two numbers."""


class Tone(StrEnum):
    """Whether more of it is worse, better or neither: it chooses colour and mark, no number."""

    ADVERSE = "adverse"
    GOOD = "good"
    PLAIN = "plain"
    SECOND = "second"


@dataclass(frozen=True)
class Share:
    """One printed figure of one group, with the rounded base its percentage is of. `minimum` is the
    smallest number of answers that the policy prints a row for; `rounding` the multiple it is
    rounded to; `bases` the least and the most that the true base may be, `counts` the same of the
    count, where another number is shown than the one printed (`rounding_consistency`). A group that
    is too young for the question was not asked it (`is_asked`): that follows from the
    questionnaire, so it is no secret and nothing is hidden. A figure of students who were asked
    in different words is never shown (`is_pooled`)."""

    table: str
    answer: str
    group: Group
    figure: Figure
    base: int | None
    reason: HiddenReason
    minimum: int
    rounding: int
    bases: Span | None = None
    is_asked: bool = True
    counts: Span | None = None
    is_pooled: bool = False

    @property
    def is_shown(self) -> bool:
        return self.figure.status not in (Status.HIDDEN, Status.IMPLIED)

    @property
    def rank(self) -> int:
        """Its place in an order, by published value alone: hidden last, then "under x %"."""
        match self.figure.status:
            case Status.SHOWN:
                return self.figure.percent or 0
            case Status.ALL_BUT_FEWER:
                return 101
            case Status.FEWER_THAN:
                return -1
            case Status.HIDDEN | Status.IMPLIED:
                return -2

    @property
    def interval(self) -> tuple[int, int] | None:
        """The 95 % interval in whole per cent, of figures that print a percentage: chance, and what
        the rounding adds. It holds the printed percentage."""
        found, percent = self.ends(NORMAL_95), self.figure.percent
        if self.figure.count is None or percent is None or found is None:
            return None
        low, high = in_whole_per_cent(found)
        return min(low, percent), max(high, percent)

    @property
    def reach(self) -> tuple[int, int] | None:
        """The 95 % interval of any figure that is shown; "fewer than" and "all but fewer than" have
        one too."""
        if self.figure.limit is None:
            return self.interval
        found = self.ends(NORMAL_95)
        return None if found is None else in_whole_per_cent(found)

    def ends(self, z: float) -> tuple[IntervalEnd, IntervalEnd] | None:
        """What the share may be: where each end is measured from, and how far it reaches. None for
        a figure that prints no share."""
        corners, count, base = self.corners, self.figure.count, self.base
        if corners is None or not base:
            return None
        if count is None:
            return ends_of_limit(corners, z)
        half = self.rounding // 2
        bases = self.bases or (base - half, base + half)
        return ends_of_share((count, base), corners, (self.rounding, bases[1] - bases[0] + 1), z)

    @property
    def corners(self) -> tuple[Counted, Counted] | None:
        """The counts and bases that make the lowest and the highest share that print as this
        figure, by the rounding alone."""
        figure, half = self.figure, self.rounding // 2
        if not self.is_shown or not self.base:
            return None
        least, most = self.bases or (max(1, self.base - half), self.base + half)
        match figure.status, figure.limit, figure.count:
            case Status.FEWER_THAN, int(limit), _:
                return (0, most), (min(limit - 1, least), least)
            case Status.ALL_BUT_FEWER, int(limit), _:
                return (max(0, least - limit + 1), least), (most, most)
            case Status.SHOWN, _, int(count):
                low, high = self.counts or values_behind(count, self.rounding, 0)
                return (min(max(0, low), most), most), (min(high, least), least)
            case _:
                return None

    @property
    def sample(self) -> Sample | None:
        """Its published count and base, where it prints both."""
        if self.figure.count is None or not self.base:
            return None
        least, most = self.bases or (self.base, self.base)
        return Sample(self.figure.count, self.base, self.rounding, most - least + 1)

    @property
    def printed_span(self) -> Span | None:
        """The lowest and the highest per cent that a reader takes it for."""
        match self.figure.status, self.figure.percent:
            case Status.SHOWN, int(percent):
                return percent, percent
            case Status.FEWER_THAN, _:
                return 0, self.figure.under or 100
            case Status.ALL_BUT_FEWER, _:
                return self.figure.at_least or 0, 100
            case _:
                return None

    @property
    def counted_span(self) -> Span | None:
        """The same of how many students."""
        limit, base = self.figure.limit, self.base or 0
        match self.figure.status, self.figure.count:
            case Status.SHOWN, int(count):
                return count, count
            case Status.FEWER_THAN, _:
                return 0, (limit or 1) - 1
            case Status.ALL_BUT_FEWER, _:
                return base - (limit or 1) + 1, base
            case _:
                return None

    @property
    def room(self) -> tuple[Fraction, Fraction] | None:
        """The lowest and the highest share that print as this figure, by the rounding alone."""
        found = self.corners
        return None if found is None else (Fraction(*found[0]), Fraction(*found[1]))

    def is_clearly_above(self, other: Share) -> bool:
        """Is it more than chance and more than rounding? The 95 % intervals do not overlap, and nor
        do the shares that the rounding leaves open. Only then may a sentence say so."""
        mine, theirs, my_room, their_room = self.reach, other.reach, self.room, other.room
        if mine is None or theirs is None or my_room is None or their_room is None:
            return False
        return mine[0] > theirs[1] and my_room[0] > their_room[1]


@dataclass(frozen=True)
class Measure:
    """What a share counts: a box, an answer or an option. `label` is the questionnaire's; a box
    that needs our own words has none. `of` are the labels of the answers a box sums."""

    key: str
    label: str | None
    tone: Tone = Tone.PLAIN
    of: tuple[str, ...] = ()


@dataclass(frozen=True)
class Line:
    """One line of a chart and its table, `of` a row, option or answer, or of a group. One that
    `stands_apart` ("none of these") is no part of an order."""

    of: Measure | Group
    shares: tuple[Share, ...]
    stands_apart: bool = False

    @property
    def first(self) -> Share:
        return self.shares[0]


@dataclass(frozen=True)
class Peak:
    """The group that is clearly higher than the rest of the school, or lower in something good: the
    furthest, if several are. `rest`: the share of the rest of the school, in whole per cent."""

    group: Group
    share: Share
    rest: int
    is_lowest: bool


class PanelKind(StrEnum):
    RANKED = "ranked"  # rows or options, by published share
    ORDERED = "ordered"  # answers, in the order of the questionnaire
    GROUPS = "groups"  # the whole school, year groups and genders


@dataclass(frozen=True)
class Panel:
    """One chart and the table next to it. Every line has a share per measure; the first `drawn`
    measures are in the chart, the rest in the table only. `peaks`: the groups that differ clearly
    from the rest of the school in the first measure."""

    key: str
    kind: PanelKind
    measures: tuple[Measure, ...]
    lines: tuple[Line, ...]
    drawn: int
    label: str | None = None
    peaks: tuple[Peak, ...] = ()

    @property
    def shown(self) -> tuple[Line, ...]:
        return tuple(line for line in self.lines if line.first.is_shown)


@dataclass(frozen=True)
class Heat:
    """Lines by groups for one measure. `folded`: behind a fold, as it says more than most need;
    `within`: the gender whose year groups these are, where the school asked for both together.
    Places by times have times in the place of groups (`is_by_time`)."""

    key: str
    measure: Measure
    groups: tuple[Group | Measure, ...]
    lines: tuple[Line, ...]
    folded: bool = False
    within: Group | None = None

    @property
    def is_by_time(self) -> bool:
        return any(isinstance(one, Measure) for one in self.groups)


@dataclass(frozen=True)
class Block:
    """An item, or an indicator, as the report shows it. A scale says what its two `ends` mean.
    `only_ticked`: it offered no "None of these", so only those who ticked something count.
    `too_few`: the rows of which too few said anything to show."""

    key: str
    title: str
    themes: tuple[str, ...]
    panels: tuple[Panel, ...]
    heats: tuple[Heat, ...]
    source: str | None = None
    from_year: int | None = None
    older: tuple[int, str] | None = None
    asked: QuestionBase = EVERYBODY
    no_answer: Share | None = None
    about_places: bool = False
    ends: tuple[str, str] | None = None
    only_ticked: bool = False
    too_few: tuple[str, ...] = ()

    @property
    def is_wide(self) -> bool:
        """Has it a column for each time?"""
        return any(heat.is_by_time for heat in self.heats)
