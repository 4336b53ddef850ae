"""A release read beside its questionnaire, and the typed values a report is made of.

Pure: no clock, no database, no words of our own. Labels are those of the frozen questionnaire and
every number is one that the release prints, or an interval made of printed numbers (rule R5).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from fractions import Fraction
from functools import cached_property

from survey.disclosure.figures import Figure, Reason, ReleasedTable, Status, values_behind, wilson
from survey.disclosure.release import PARTICIPATION, Release
from survey.disclosure.tables import JOIN, Group
from survey.questionnaires.model import YEARS, Questionnaire, Text
from survey.reports.behind import Span, bases_behind, size_behind
from survey.reports.boxes import INDICATOR, Net, net_of
from survey.reports.group_claims import (
    Contrast,
    Sample,
    claims_among,
    contrast,
    least_difference,
)

EVERYONE = Group()
Counted = tuple[int, int]
"""A count and its base."""


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
    rounded to; `bases` the least and the most that the true base may be. A group that is too young
    for the item was not asked it (`is_asked`): that follows from the questionnaire, so it is no
    secret and nothing is hidden."""

    table: str
    answer: str
    group: Group
    figure: Figure
    base: int | None
    reason: Reason
    minimum: int
    rounding: int
    bases: Span | None = None
    is_asked: bool = True

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
        """The 95 % interval in whole per cent, of figures that print a percentage."""
        if self.figure.count is None or self.figure.percent is None or not self.base:
            return None
        return wilson(self.figure.count, self.base)

    @property
    def reach(self) -> tuple[int, int] | None:
        """The 95 % interval of any figure that is shown; "fewer than" and "all but fewer than" have
        one too."""
        limit = self.figure.limit
        if limit is None or not self.base:
            return self.interval
        if self.figure.status is Status.FEWER_THAN:
            return 0, wilson(limit - 1, self.base)[1]
        return wilson(max(0, self.base - limit + 1), self.base)[0], 100

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
                low, high = values_behind(count, self.rounding, 0)
                return (min(max(0, low), most), most), (min(high, least), least)
            case _:
                return None

    @property
    def sample(self) -> Sample | None:
        """Its published count and base, where it prints both."""
        if self.figure.count is None or not self.base:
            return None
        return Sample(self.figure.count, self.base, self.rounding)

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
    """One chart and the table beside it. Every line has a share per measure; the first `drawn`
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
    `within`: the gender whose year groups these are, where the school asked for both together."""

    key: str
    measure: Measure
    groups: tuple[Group, ...]
    lines: tuple[Line, ...]
    folded: bool = False
    within: Group | None = None


@dataclass(frozen=True)
class Block:
    """An item, or an indicator, as the report shows it. A scale says what its two `ends` mean."""

    key: str
    title: str
    themes: tuple[str, ...]
    panels: tuple[Panel, ...]
    heats: tuple[Heat, ...]
    source: str | None = None
    from_year: int | None = None
    older: tuple[int, str] | None = None
    about_places: bool = False
    ends: tuple[str, str] | None = None


@dataclass(frozen=True)
class Reading:
    """A release beside the questionnaire it answers, in one language."""

    release: Release
    questionnaire: Questionnaire
    language: str
    _tables: Mapping[str, ReleasedTable] = field(init=False, repr=False, compare=False)
    _shares: Mapping[tuple[str, str, Group], Share] = field(init=False, repr=False, compare=False)
    _by_name: Mapping[str, Net] = field(init=False, repr=False, compare=False)
    """Indicators that are read under their own name, and the figure each of them is."""

    def __post_init__(self) -> None:
        everything = (self.release.participation, *self.release.tables)
        minimum = self.release.policy.minimum_base
        sizes = {row.group: size_behind(row) for row in self.release.participation.rows}
        shares: dict[tuple[str, str, Group], Share] = {}
        for table in everything:
            from_year = self._asked_from(table.key)
            for row in table.rows:
                is_asked = is_asked_of(row.group, from_year)
                printed = [
                    (answer, figure, row.base if answer in table.base else None, table.base)
                    for answer, figure in zip(table.answers, row.cells, strict=True)
                ]
                printed += [
                    (box.key, box.figure, box.of_base, sums.of or table.base)
                    for box, sums in zip(row.boxes, table.boxes, strict=True)
                ]
                behind = {
                    (of, base): bases_behind(
                        table, row, of, base, sizes[row.group], self.release.policy
                    )
                    for of, base in {(of, base) for *_figure, base, of in printed}
                    if base is not None
                }
                for answer, figure, base, of in printed:
                    key = (table.key, answer, row.group)
                    if key in shares:
                        raise TwoFiguresError(f"{table.key} prints {answer} twice")
                    shares[key] = Share(
                        *key[:2],
                        group=row.group,
                        figure=figure,
                        base=base,
                        reason=row.reason,
                        minimum=minimum,
                        rounding=row.rung.rounding,
                        bases=None if base is None else behind[of, base],
                        is_asked=is_asked,
                    )
        tables = {table.key: table for table in everything}
        object.__setattr__(self, "_by_name", self._add_indicators(tables, shares))
        object.__setattr__(self, "_tables", tables)
        object.__setattr__(self, "_shares", shares)

    def _add_indicators(
        self,
        tables: dict[str, ReleasedTable],
        shares: dict[tuple[str, str, Group], Share],
    ) -> dict[str, Net]:
        """An indicator that is a figure of its item's table is read under its own name as well, as
        one that has a table is: the same figure, whatever release it stands in."""
        found: dict[str, Net] = {}
        for indicator in self.questionnaire.indicators:
            name = f"{INDICATOR}{indicator.key}"
            net = net_of(self.questionnaire, indicator)
            table = tables.get(net.table) if net else None
            if name in tables or net is None or table is None:
                continue
            figures = {*table.answers, *(box.key for box in table.boxes)}
            if net.figure not in figures:
                continue
            tables[name], found[name] = table, net
            for row in table.rows:
                share = shares[net.table, net.figure, row.group]
                shares[name, "yes", row.group] = replace(share, table=name, answer="yes")
        return found

    def _asked_from(self, table: str) -> int:
        """The youngest year that was asked any item of a table."""
        made_of = {f"@{one.key}": one.items for one in self.questionnaire.indicators}
        keys = made_of.get(table, (table.partition(".")[0].partition(":")[0],))
        items = [self.questionnaire.by_key[key] for key in keys if key in self.questionnaire.by_key]
        return min((item.from_year for item in items), default=YEARS[0])

    def table(self, key: str) -> ReleasedTable | None:
        return self._tables.get(key)

    def share(self, table: str, answer: str, group: Group = EVERYONE) -> Share:
        """Raises KeyError for what the release does not hold."""
        return self._shares[table, answer, group]

    def words(self, text: Text) -> str:
        return text.in_language(self.language)

    def groups(self, from_year: int = 0) -> tuple[Group, ...]:
        """The whole school, each year group that was asked, each gender; not year by gender, and
        no group that was too small to print how many took part."""
        return tuple(
            group
            for group in self._plain_groups
            if self._took_part(group) and is_asked_of(group, from_year)
        )

    def years_within(self, gender: str, from_year: int = 0) -> tuple[Group, ...]:
        """The year groups of one gender, where the release has both together; without those that
        were not asked or were too small to print how many took part."""
        return tuple(
            group
            for group in self.release.lattice.groups
            if years_of(group) and group.gender == gender and is_asked_of(group, from_year)
            if self._took_part(group)
        )

    @property
    def hidden_groups(self) -> tuple[Group, ...]:
        """The groups of which not even the size is printed, whatever the item. A group with nobody
        in it looks the same."""
        return tuple(group for group in self._plain_groups if not self._took_part(group))

    @cached_property
    def _plain_groups(self) -> tuple[Group, ...]:
        return tuple(
            group for group in self.release.lattice.groups if None in (group.year, group.gender)
        )

    @cached_property
    def contrasts(self) -> Mapping[tuple[str, str, Group], Contrast]:
        """Every year group and gender against the rest of the school, for each measure that a
        report may speak of: by table, answer or box, and group."""
        found = {}
        for (table, answer, group), share in self._shares.items():
            if not self._is_compared(table, answer, group):
                continue
            whole, mine = self.share(table, answer).sample, share.sample
            if whole is not None and mine is not None and (one := contrast(mine, whole)):
                found[table, answer, group] = one
        return found

    def _is_compared(self, table: str, answer: str, group: Group) -> bool:
        """Years and genders, not those who did not say; sums where a table has them, else "yes"
        or each answer of its base; an answer outside all sums by itself. Each figure once, not
        under the name of an indicator as well."""
        if group == EVERYONE or group not in self._named_groups or table == PARTICIPATION:
            return False
        if table in self._by_name:
            return False
        released = self._tables[table]
        if any(box.key == answer for box in released.boxes):
            return True
        summed = {one for box in released.boxes for one in box.answers}
        return answer in released.base and answer not in summed and answer != "no"

    @cached_property
    def _named_groups(self) -> frozenset[Group]:
        return frozenset(
            group
            for group in self._plain_groups
            if years_of(group) or group.gender not in (None, "unsaid")
        )

    @cached_property
    def claims(self) -> frozenset[tuple[str, str, Group]]:
        """Which of the contrasts this report may say in words: chosen all together."""
        return claims_among(self.contrasts)

    def claim(self, share: Share) -> Contrast | None:
        """How a share differs from the rest of the school, if this report may say that in words."""
        net = self._by_name.get(share.table)
        named = (share.table, share.answer) if net is None else (net.table, net.figure)
        key = (*named, share.group)
        return self.contrasts[key] if key in self.claims else None

    def least_difference(self, shares: tuple[Share, ...]) -> int | None:
        """How many points above the rest one of these groups would have to be to be named."""
        if not shares:
            return None
        whole = self.share(shares[0].table, shares[0].answer).sample
        if whole is None:
            return None
        groups = [one.sample for one in shares if one.sample]
        return least_difference(groups, whole, made=len(self.claims), of=len(self.contrasts))

    def _took_part(self, group: Group) -> bool:
        return self.share(PARTICIPATION, PARTICIPATION, group).is_shown


def years_of(group: Group) -> tuple[int, ...]:
    """The numbers of a year group, or of the years of a band; none for those who did not say, and
    for other groups."""
    parts = (group.year or "").split(JOIN)
    known = [part[1:] for part in parts if part[:1] == "y" and part[1:].isdecimal()]
    return tuple(map(int, known)) if len(known) == len(parts) else ()


def is_asked_of(group: Group, from_year: int) -> bool:
    """Is an item that starts at a year asked of anybody in the group?"""
    years = years_of(group)
    return not years or years[-1] >= from_year
