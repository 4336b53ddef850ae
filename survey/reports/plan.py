"""Which tables a questionnaire is reported in, and what one response adds to each.

Pure: the plan of a wave follows from its questionnaire alone, so it is fixed before anybody
answers. Years and gender make the groups of every table and have none of their own.

Who counts where:
- an item that starts at a later year is not in the tables of younger students at all: they have
  no cell there, and no student of theirs is "skipped";
- "skipped" are all others who gave no answer of the base: they left it, preferred not to say, or
  were not asked because of an earlier answer. One count, outside the base: so every table adds up
  to the number of students, and how they kept silent is nobody's business.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from survey.disclosure.tables import JOIN, Box, Lattice
from survey.questionnaires.answers import Answers, options_given
from survey.questionnaires.bands import YearBands
from survey.questionnaires.model import (
    YEAR_ITEM,
    Indicator,
    Item,
    ItemKind,
    Questionnaire,
)
from survey.reports.boxes import base_of, boxes_of

GENDER_ITEM = "A2"
SKIPPED = "skipped"
UNSAID = "unsaid"
YES, NO = "yes", "no"
INDICATOR = "@"
"""Begins the key of an indicator's table."""

GROUPING = (YEAR_ITEM, GENDER_ITEM)
NO_BANDS = YearBands()


class NameTakenError(ValueError):
    """A questionnaire uses an option key that reports keep for themselves."""

    def __init__(self, item: str, key: str) -> None:
        super().__init__(f"item {item}: the option key {key!r} is kept for reports")


@dataclass(frozen=True)
class TablePlan:
    """One table to be. `items` are those it is made of; `read` gives the answer that a response
    counts as, of those that were shown any of them."""

    key: str
    items: tuple[Item, ...]
    answers: tuple[str, ...]
    base: tuple[str, ...]
    boxes: tuple[Box, ...]
    read: Callable[[Answers], str]

    @property
    def from_year(self) -> int:
        """The youngest year that has a cell in it."""
        return min(item.from_year for item in self.items)

    @property
    def is_core(self) -> bool:
        """May it be compared between schools?"""
        return all(item.core for item in self.items)

    @property
    def figures(self) -> tuple[str, ...]:
        """What is said of it in short: its boxes, else "yes", else every answer of its base."""
        if self.boxes:
            return tuple(box.key for box in self.boxes)
        return (YES,) if self.base == (YES, NO) else self.base


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
    """The years of a lattice with the bands among them, each after its last year; and the years
    that have no row of their own."""
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
    """The finest cell of a response. Whoever did not say is among the unsaid."""
    year, gender = answers.get(YEAR_ITEM), answers.get(GENDER_ITEM)
    return (
        year if isinstance(year, str) and year in lattice.years else UNSAID,
        gender if isinstance(gender, str) and gender in lattice.genders else UNSAID,
    )


def plan(questionnaire: Questionnaire) -> tuple[TablePlan, ...]:
    """All tables, items in their order, indicators last. Free text has none."""
    found: list[TablePlan] = []
    for item in questionnaire.asked:
        if item.key not in GROUPING:
            found.extend(_PLANS[item.kind](item))
    asked = {item.key for item in questionnaire.asked}
    for indicator in questionnaire.indicators:
        items = tuple(questionnaire.by_key[key] for key in indicator.items if key in asked)
        if items:
            found.append(_indicator(indicator, items))
    return tuple(found)


def _answers(item: Item) -> tuple[str, ...]:
    if SKIPPED in item.answers:
        raise NameTakenError(item.key, SKIPPED)
    return (*base_of(item), SKIPPED)


def _one(item: Item) -> Iterator[TablePlan]:
    base = frozenset(base_of(item))

    def read(answers: Answers) -> str:
        answer = answers.get(item.key)
        return answer if isinstance(answer, str) and answer in base else SKIPPED

    yield TablePlan(item.key, (item,), _answers(item), base_of(item), boxes_of(item), read)


def _grid(item: Item) -> Iterator[TablePlan]:
    base = frozenset(base_of(item))

    def reader(row: str) -> Callable[[Answers], str]:
        def read(answers: Answers) -> str:
            answer = answers.get(item.key)
            given = answer.get(row) if isinstance(answer, Mapping) else None
            return given if given in base else SKIPPED

        return read

    for row in item.rows:
        key = f"{item.key}.{row.key}"
        yield TablePlan(
            key, (item,), _answers(item), base_of(item), boxes_of(item), reader(row.key)
        )


def _several(item: Item) -> Iterator[TablePlan]:
    base = frozenset(item.base)

    def reader(option: str) -> Callable[[Answers], str]:
        def read(answers: Answers) -> str:
            given = options_given(answers.get(item.key))
            if option in given:
                return YES
            return NO if base & given else SKIPPED

        return read

    for option in item.base:
        key = f"{item.key}:{option}"
        yield TablePlan(key, (item,), (YES, NO, SKIPPED), (YES, NO), (), reader(option))


def _nothing(_item: Item) -> Iterator[TablePlan]:
    yield from ()


_PLANS: Mapping[ItemKind, Callable[[Item], Iterator[TablePlan]]] = {
    ItemKind.ONE: _one,
    ItemKind.SCALE: _one,
    ItemKind.SEVERAL: _several,
    ItemKind.GRID: _grid,
    ItemKind.TEXT: _nothing,
}


def _indicator(indicator: Indicator, items: tuple[Item, ...]) -> TablePlan:
    yes = frozenset(indicator.yes)
    base = {item.key: frozenset(item.base) - set(indicator.leave_out) for item in items}

    def read(answers: Answers) -> str:
        given = {item.key: options_given(answers.get(item.key)) for item in items}
        if any(yes & options for options in given.values()):
            return YES
        return NO if any(base[key] & options for key, options in given.items()) else SKIPPED

    key = f"{INDICATOR}{indicator.key}"
    return TablePlan(key, items, (YES, NO, SKIPPED), (YES, NO), (), read)
