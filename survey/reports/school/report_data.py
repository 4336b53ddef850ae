"""A release read with its questionnaire, and the typed values a report is made of.

Pure: no clock, no database, and no wording. Labels are those of the frozen questionnaire and
every number is one that the release prints, or an interval made of printed numbers (rule R5).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cache, cached_property

from survey.disclosure.figures import HIDDEN, ReleasedTable, values_behind
from survey.disclosure.policy import Policy
from survey.disclosure.release import PARTICIPATION, Release
from survey.disclosure.tables import Group
from survey.questionnaires.model import Questionnaire, Text
from survey.releases.group_names import years_of as years_of
from survey.releases.sums_of_answers import Net, net_of
from survey.reports.school.group_claims import (
    Contrast,
    claims_among,
    contrast,
    least_difference,
)
from survey.reports.school.non_response import (
    ResponseRates,
    Weighed,
    read_turnout,
    weighed,
    years_on_roll,
)
from survey.reports.school.panels_and_blocks import EVERYONE as EVERYONE
from survey.reports.school.panels_and_blocks import Block as Block
from survey.reports.school.panels_and_blocks import Heat as Heat
from survey.reports.school.panels_and_blocks import Line as Line
from survey.reports.school.panels_and_blocks import Measure as Measure
from survey.reports.school.panels_and_blocks import Panel as Panel
from survey.reports.school.panels_and_blocks import PanelKind as PanelKind
from survey.reports.school.panels_and_blocks import Peak as Peak
from survey.reports.school.panels_and_blocks import Share as Share
from survey.reports.school.panels_and_blocks import Tone as Tone
from survey.reports.school.panels_and_blocks import TwoFiguresError as TwoFiguresError
from survey.reports.school.rounding_bounds import Span, bases_behind, size_behind
from survey.reports.school.rounding_consistency import agree
from survey.reports.school.who_was_asked import QuestionBase, read_asked, youngest


@dataclass(frozen=True)
class ReportData:
    """A release with the questionnaire it answers, in one language."""

    release: Release
    questionnaire: Questionnaire
    language: str
    _tables: Mapping[str, ReleasedTable] = field(init=False, repr=False, compare=False)
    _shares: Mapping[tuple[str, str, Group], Share] = field(init=False, repr=False, compare=False)
    _by_name: Mapping[str, Net] = field(init=False, repr=False, compare=False)
    """Indicators that are read under their own name, and the figure each of them is."""

    def __post_init__(self) -> None:
        everything = (self.release.participation, *self.release.tables)
        sizes = {row.group: size_behind(row) for row in self.release.participation.rows}
        shares: dict[tuple[str, str, Group], Share] = {}
        for table in everything:
            asked = self.asked(table.key)
            from_year = youngest(self.questionnaire, table.key)
            for share in printed_shares(table, sizes, self.release.policy, from_year):
                key = (share.table, share.answer, share.group)
                if asked.pools_two_wordings(share.group, self.school_years):
                    share = replace(share, figure=HIDDEN, base=None, bases=None, is_pooled=True)
                if key in shares:
                    raise TwoFiguresError(f"{table.key} prints {share.answer} twice")
                shares[key] = share
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
        one that has a table is: the same figure, in every release."""
        found: dict[str, Net] = {}
        for indicator in self.questionnaire.indicators:
            name = indicator.table_key
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

    def table(self, key: str) -> ReleasedTable | None:
        return self._tables.get(key)

    def share(self, table: str, answer: str, group: Group = EVERYONE) -> Share:
        """Raises KeyError for what the release does not hold."""
        return self._shares[table, answer, group]

    @cached_property
    def school_years(self) -> tuple[int, ...]:
        """The year groups that the school has: those on its roll, else those of the release."""
        groups = years_on_roll(self.release) or self.release.lattice.groups
        return tuple(sorted({year for group in groups for year in years_of(group)}))

    def asked(self, table: str) -> QuestionBase:
        """Who was asked what a table, or an indicator, is of."""
        return self._asked(table)

    @cached_property
    def _asked(self) -> Callable[[str], QuestionBase]:
        return cache(
            lambda table: read_asked(self.questionnaire, table, self.school_years, self.language)
        )

    @cached_property
    def turnout(self) -> ResponseRates | None:
        """How many of the roll took part; None for adults, and where nothing tells."""
        return None if self.questionnaire.is_pulse else read_turnout(self)

    @cached_property
    def _weighed(self) -> Callable[[str, str], Weighed | None]:
        return cache(
            lambda table, answer: weighed(self, table, answer, youngest(self.questionnaire, table))
        )

    def weighed(self, table: str, answer: str) -> Weighed | None:
        """A figure of the whole school with each year group weighed by the roll."""
        return self._weighed(table, answer)

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
        """The groups of which not even the size is printed, whatever the question. An
        empty group looks the same; a year group that is not on the roll is no group of the
        school."""
        return tuple(
            group
            for group in self._plain_groups
            if not self._took_part(group) and self.is_of_school(group)
        )

    def is_of_school(self, group: Group) -> bool:
        """Has the school such students, as far as its roll says?"""
        years = years_of(group)
        return not years or bool(set(years) & set(self.school_years))

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


def is_asked_of(group: Group, from_year: int) -> bool:
    """Is an item that starts at a year asked of anyone in the group?"""
    years = years_of(group)
    return not years or years[-1] >= from_year


def printed_shares(
    table: ReleasedTable, sizes: Mapping[Group, Span | None], policy: Policy, from_year: int = 0
) -> Iterator[Share]:
    """Every figure of a table as it is shown: each count with a base that matches it. `sizes`:
    how many of each group took part, as far as that is printed."""
    for row in table.rows:
        printed = [
            (answer, figure, row.base if answer in table.base else None, table.base)
            for answer, figure in zip(table.answers, row.cells, strict=True)
        ]
        printed += [
            (box.key, box.figure, box.of_base, sums.of or table.base)
            for box, sums in zip(row.boxes, table.boxes, strict=True)
        ]
        behind = {
            (of, base): bases_behind(table, row, of, base, sizes.get(row.group), policy)
            for of, base in {(of, base) for *_figure, base, of in printed}
            if base is not None
        }
        for answer, figure, base, of in printed:
            share = Share(
                table.key,
                answer,
                group=row.group,
                figure=figure,
                base=base,
                reason=row.reason,
                minimum=policy.minimum_base,
                rounding=row.rung.rounding,
                bases=None if base is None else behind[of, base],
                is_asked=is_asked_of(row.group, from_year),
            )
            yield _in_agreement(share)


def _in_agreement(share: Share) -> Share:
    """With a count and a base that give the printed percentage."""
    count, percent, base, bases = share.figure.count, share.figure.percent, share.base, share.bases
    if count is None or percent is None or not base or bases is None:
        return share
    counts = values_behind(count, share.rounding, 0)
    shown, of = agree(count, base, percent, counts, bases)
    if (shown, of) == (count, base):
        return share
    return replace(share, figure=replace(share.figure, count=shown), base=of, counts=counts)


class ChangeVerdict(StrEnum):
    """What may be said. `HIGHER` and `LOWER` are of what is neither good nor bad."""

    BETTER = "better"
    WORSE = "worse"
    HIGHER = "higher"
    LOWER = "lower"
    UNCLEAR = "unclear"
    UNSAID = "unsaid"


_VERDICTS: Mapping[tuple[Tone, int], ChangeVerdict] = {
    (Tone.ADVERSE, 1): ChangeVerdict.WORSE,
    (Tone.ADVERSE, -1): ChangeVerdict.BETTER,
    (Tone.GOOD, 1): ChangeVerdict.BETTER,
    (Tone.GOOD, -1): ChangeVerdict.WORSE,
}


def verdict_of(tone: Tone, way: int) -> ChangeVerdict:
    """What a change up (1), down (-1) or neither way (0) of such a figure says."""
    plain = {1: ChangeVerdict.HIGHER, -1: ChangeVerdict.LOWER, 0: ChangeVerdict.UNCLEAR}[way]
    return _VERDICTS.get((tone, way), plain)
