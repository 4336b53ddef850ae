"""The plan of tables that a questionnaire is reported in, and what one response adds to each.

Pure: the plan of a wave follows from its questionnaire alone, so it is fixed before anyone
answers. Years and gender make the groups of every table and have no separate tables.

Who counts where:
- an item that starts at a later year is not in the tables of younger students at all: they have
  no cell there, and no student of theirs is "skipped";
- an item that waits for an earlier answer starts no earlier than the one it waits for;
- "skipped" are all others who gave no answer of the base: they skipped it, preferred not to say, or
  were not asked because of an earlier answer. One count, outside the base: so every table adds up
  to the number of students, and how they did not answer is not published.

Each answer goes into one audit. An indicator over an item of one answer is a sum of that item's
table (see `boxes`), not a table; one over a grid or a tick-all item is a table that is audited
together with those of its rows or options (`survey.disclosure.audit.families`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from survey.disclosure.sources import (
    Gate,
    Question,
    Source,
    UntoldTieError,
)
from survey.disclosure.tables import JOIN, Box, Lattice
from survey.questionnaires.check_answers import Answers, options_given
from survey.questionnaires.item_kinds.base_kind import NO as NO
from survey.questionnaires.item_kinds.base_kind import YES as YES
from survey.questionnaires.model import GENDER_ITEM as GENDER_ITEM
from survey.questionnaires.model import (
    GROUPING,
    SECOND_GENDER_ITEM,
    YEAR_ITEM,
    Indicator,
    Item,
    ItemKind,
    Questionnaire,
)
from survey.questionnaires.table_key import TableKey
from survey.questionnaires.year_bands import YearBands
from survey.releases.sums_of_answers import base_of, boxes_of, net_of, nets_of
from survey.year_groups.values import YearGroup

SKIPPED = "skipped"
UNSAID = "unsaid"
NO_BANDS = YearBands()


class TableNameTakenError(ValueError):
    """A questionnaire uses an option key that is reserved for reports."""

    def __init__(self, item: str, key: str) -> None:
        super().__init__(f"item {item}: the option key {key!r} is kept for reports")


@dataclass(frozen=True)
class TablePlan:
    """A planned table. `items` are those it is made of, and `source` says how; `read` gives the
    answer that a response counts as, of those that were shown any of them."""

    key: TableKey
    items: tuple[Item, ...]
    answers: tuple[str, ...]
    base: tuple[str, ...]
    boxes: tuple[Box, ...]
    read: Callable[[Answers], str]
    source: Source
    from_year: int
    """The youngest year that has a cell in it."""

    @property
    def is_core(self) -> bool:
        """Whether it may be compared between schools; not how students describe their gender."""
        return all(item.core and item.key != SECOND_GENDER_ITEM for item in self.items)

    @property
    def figures(self) -> tuple[str, ...]:
        """Its summary figures: its sums and indicators; where it has no sums, "yes" or else
        every answer of its base."""
        sums = tuple(box.key for box in self.boxes)
        if any(not TableKey(key).is_indicator for key in sums):
            return sums
        return ((YES,) if self.base == (YES, NO) else self.base) + sums


def lattice_of(questionnaire: Questionnaire, bands: YearBands = NO_BANDS) -> Lattice:
    """The groups of every report on this questionnaire (rule R1): year x gender only where the
    school asked for it before it launched, and no row for those who did not say. Years that were
    joined at launch are counted by themselves and have one row."""
    years, joined = join_years(_categories(questionnaire, YEAR_ITEM), bands)
    return Lattice(
        years=(*years, UNSAID),
        genders=(*_categories(questionnaire, GENDER_ITEM), UNSAID),
        silent=(*joined, UNSAID),
        crossed=questionnaire.crossed,
    )


def join_years(years: tuple[str, ...], bands: YearBands) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The years of a breakdown with the bands among them, each after its last year; and the years
    that have no separate row."""
    found, silent = list(years), []
    for band in bands.joined:
        parts = [key for key in map(year_key, band) if key in years]
        silent += parts
        if len(parts) > 1 and not bands.is_whole_school:
            found.insert(found.index(parts[-1]) + 1, JOIN.join(parts))
    return tuple(found), tuple(silent)


def year_key(year: int) -> str:
    """How the question about the year keys an answer."""
    return f"y{year}"


def _categories(questionnaire: Questionnaire, key: str) -> tuple[str, ...]:
    item = questionnaire.by_key.get(key)
    return () if item is None else item.base


def cell_of(lattice: Lattice, answers: Answers) -> tuple[str, str]:
    """The finest cell of a response. A student who did not say is among the unsaid."""
    year, gender = answers.get(YEAR_ITEM), answers.get(GENDER_ITEM)
    return (
        year if isinstance(year, str) and year in lattice.years else UNSAID,
        gender if isinstance(gender, str) and gender in lattice.genders else UNSAID,
    )


def plan(questionnaire: Questionnaire) -> tuple[TablePlan, ...]:
    """All tables, items in their order, those of indicators last. Free text has none, nor has an
    item that waits for one that is not asked."""
    found: list[TablePlan] = []
    tabled = [item for item in questionnaire.asked if item.key not in GROUPING]
    ages = {item.key: from_year(questionnaire, item) for item in tabled}
    shown = [item for item in tabled if ages[item.key] is not None]
    for item in shown:
        found.extend(_tables(questionnaire, item, ages[item.key] or 0))
    keys = {item.key for item in shown}
    for indicator in questionnaire.indicators:
        (key,) = indicator.items
        if key in keys and net_of(questionnaire, indicator) is None:
            item = questionnaire.by_key[key]
            found.append(_indicator(indicator, item, ages[key] or 0))
    return tuple(found)


def from_year(questionnaire: Questionnaire, item: Item) -> int | None:
    """The youngest year that may be shown an item; None if no year is: it waits for an item that is
    not asked, or it starts at a later year than the school was asked for."""
    waits_for, youngest = item.show_if or item.rows_if, item.from_year
    if waits_for is not None:
        gate = questionnaire.by_key[waits_for.item]
        waits = from_year(questionnaire, gate) if gate in questionnaire.asked else None
        if waits is None:
            return None
        youngest = max(youngest, waits)
    return youngest if youngest <= _oldest(questionnaire) else None


def _oldest(questionnaire: Questionnaire) -> int:
    """The oldest year group that can be asked."""
    groups = map(YearGroup.parse, _categories(questionnaire, YEAR_ITEM))
    return max((one.number for one in groups if one), default=questionnaire.youngest)


def questions_of(questionnaire: Questionnaire) -> tuple[Question, ...]:
    """The questions that tables are made of, as far as the audit must know them. Raises an
    `UntoldTieError` for an item that waits for the year group or gender: its table would be a
    count of those. Likewise for a text that waits for an answer: the texts of a survey are
    published together, and how many there are would be a bound of that answer's count."""
    for item in questionnaire.asked:
        if item.kind is ItemKind.TEXT and item.show_if is not None:
            raise UntoldTieError(f"item {item.key} is a text that waits for an answer")
    return tuple(
        Question(
            item.key,
            item.kind.audited_as,
            alone=item.kind.alone(item),
            most=item.most,
            gate=_gate(item),
            whole_only=item.key == SECOND_GENDER_ITEM,
        )
        for item in questionnaire.asked
        if item.key not in GROUPING and item.kind.audited_as is not None
    )


def _gate(item: Item) -> Gate | None:
    if item.rows_if is not None:
        return Gate(item.rows_if.item, item.rows_if.options, by_row=True)
    if item.show_if is None:
        return None
    if item.show_if.item in GROUPING:
        raise UntoldTieError(f"item {item.key} waits for the year group or gender")
    return Gate(item.show_if.item, item.show_if.options)


def _tables(questionnaire: Questionnaire, item: Item, youngest: int) -> Iterator[TablePlan]:
    if SKIPPED in item.answers:
        raise TableNameTakenError(item.key, SKIPPED)
    boxes = boxes_of(item) if item.kind.has_sums else ()
    if item.kind.is_one_table:
        boxes = (*boxes, *nets_of(questionnaire, item))
    for counted in item.kind.tables(item, base_of(item)):
        yield TablePlan(
            counted.key,
            (item,),
            (*counted.answers, SKIPPED),
            counted.answers,
            boxes,
            _or_skipped(counted.read),
            Source(item.key, counted.part),
            youngest,
        )


def _or_skipped(read: Callable[[Answers], str | None]) -> Callable[[Answers], str]:
    return lambda answers: read(answers) or SKIPPED


def _indicator(indicator: Indicator, item: Item, youngest: int) -> TablePlan:
    """Any row of a grid, or any option of a tick-all item."""
    yes = frozenset(indicator.yes)
    base = frozenset(item.base) - yes - set(indicator.leave_out)

    def read(answers: Answers) -> str:
        given = options_given(answers.get(item.key))
        if yes & given:
            return YES
        return NO if base & given else SKIPPED

    key = indicator.table_key
    source = Source(
        item.key,
        yes=tuple(answer for answer in item.base if answer in yes),
        no=tuple(answer for answer in item.base if answer in base),
    )
    return TablePlan(key, (item,), (YES, NO, SKIPPED), (YES, NO), (), read, source, youngest)
