"""What a student's form may carry: parsed and checked. How it travels is in `packing`.

Nothing is kept between two pages, so the answers travel with the student and all of them are
checked again at each step, and at Send.

**Crafted or stale.** No student's browser can send an unknown item or option, an item that is
off, two answers where one is asked, or (with a preset year) an item above that year: such a form
is refused. Going back and changing an answer can leave behind answers to items that are no longer
shown, by their show_if or by the year A1 says: those are dropped in silence, in the order of the
items, so that what hung on a dropped answer is dropped with it. Too many ticks, a lone option with
others and too long a text can happen to anybody; their errors are `correctable`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum

from survey.questionnaires.item_kinds import text_room
from survey.questionnaires.model import (
    LONGEST_TEXT,
    YEAR_ITEM,
    YEARS,
    Item,
    ItemKind,
    Questionnaire,
)
from survey.questionnaires.table_key import TableKey
from survey.words import kept, length

Answer = str | tuple[str, ...] | Mapping[str, str]
"""Of one, scale and text: the words; of several: the options in printed order; of a grid: the
option of each answered row. An item that was skipped has no answer at all."""
Answers = Mapping[str, Answer]
Raw = Mapping[str, str | list[str]]
"""What a form carries, by field name: "B1", "B2.toilets", "B3" (repeated)."""


class Refusal(StrEnum):
    MALFORMED = "malformed"
    UNKNOWN_ITEM = "unknown_item"
    NOT_ASKED = "not_asked"
    NOT_FOR_YEAR = "not_for_year"
    NOT_AN_OPTION = "not_an_option"
    TOO_MANY = "too_many"
    STANDS_ALONE = "stands_alone"
    TOO_LONG = "too_long"


CORRECTABLE = {Refusal.TOO_MANY, Refusal.STANDS_ALONE, Refusal.TOO_LONG}


class AnswerError(ValueError):
    """An answer that cannot be taken: the item's key ("" if none can be told) and the reason.

    `most` goes with TOO_MANY and TOO_LONG: how many options or letters there may be."""

    def __init__(self, item: str, reason: Refusal, most: int | None = None) -> None:
        super().__init__(f"{item or 'form'}: {reason}")
        self.item, self.reason, self.most = item, reason, most

    @property
    def correctable(self) -> bool:
        """Can an honest student have done this, and put it right?"""
        return self.reason in CORRECTABLE


def year_of(answers: Answers) -> int | None:
    """The year group that the answers themselves name."""
    given = answers.get(YEAR_ITEM)
    return next((year for year in YEARS if given == f"y{year}"), None)


def age_of(year: int | None, answers: Answers) -> int:
    """The year whose items are shown: the preset one, the one given, else the youngest."""
    return year or year_of(answers) or YEARS[0]


def condition_met(questionnaire: Questionnaire, item: Item, answers: Answers) -> bool:
    """Does an earlier answer call for the item, if it waits for one?"""
    if item.show_if is None:
        return True
    source = questionnaire.by_key[item.show_if.item]
    given = options_given(answers.get(source.key))
    return bool(given & set(item.show_if.options))


def options_given(answer: Answer | None) -> set[str]:
    """All options an answer names: those of all rows, of a grid."""
    match answer:
        case None:
            return set()
        case str():
            return {answer}
        case tuple():
            return set(answer)
    return set(answer.values())


def check(questionnaire: Questionnaire, year: int | None, raw: Raw) -> Answers:
    """The answers a form carried, parsed, in the order of the items, or an `AnswerError`.

    A preset year becomes the answer to A1."""
    given = _by_item(questionnaire, raw)
    asked = {item.key for item in questionnaire.asked}
    parsed: dict[str, Answer] = {}
    for item in questionnaire.items:
        if item.key not in given:
            continue
        answer = PARSE[item.kind](item, given[item.key])
        if not answer:
            continue
        if item.key not in asked:
            raise AnswerError(item.key, Refusal.NOT_ASKED)
        if year is not None and item.from_year > year:
            raise AnswerError(item.key, Refusal.NOT_FOR_YEAR)
        parsed[item.key] = answer
    return _still_shown(questionnaire, year, _with_year(questionnaire, year, parsed))


def _by_item(questionnaire: Questionnaire, raw: Raw) -> dict[str, dict[str, list[str]]]:
    """The values by item and row; the row of what is no grid is ""."""
    found: dict[str, dict[str, list[str]]] = {}
    for name, value in raw.items():
        key, row = TableKey(name).item, TableKey(name).row
        item = questionnaire.by_key.get(key)
        if item is None:
            raise AnswerError(key, Refusal.UNKNOWN_ITEM)
        if row not in {row.key for row in item.rows} and (item.rows or name != key):
            raise AnswerError(key, Refusal.UNKNOWN_ITEM)
        values = [value] if isinstance(value, str) else value
        if kept := [one for one in values if one]:
            found.setdefault(key, {})[row] = kept
    return found


def _with_year(
    questionnaire: Questionnaire, year: int | None, parsed: dict[str, Answer]
) -> dict[str, Answer]:
    item = questionnaire.by_key.get(YEAR_ITEM)
    if year is None or item is None or item.option(f"y{year}") is None:
        return parsed
    if parsed.get(YEAR_ITEM, f"y{year}") != f"y{year}":
        raise AnswerError(YEAR_ITEM, Refusal.NOT_FOR_YEAR)
    return {YEAR_ITEM: f"y{year}", **parsed}


def _still_shown(
    questionnaire: Questionnaire, year: int | None, parsed: Mapping[str, Answer]
) -> Answers:
    age = age_of(year, parsed)
    kept: dict[str, Answer] = {}
    for item in questionnaire.asked:
        answer = parsed.get(item.key)
        if answer is None or item.from_year > age:
            continue
        if condition_met(questionnaire, item, kept):
            kept[item.key] = answer
    return kept


def _parse_one(item: Item, given: Mapping[str, list[str]]) -> str:
    return _single(item, given[""])


def _parse_several(item: Item, given: Mapping[str, list[str]]) -> tuple[str, ...]:
    ticked = set(given[""])
    if ticked - set(item.answers):
        raise AnswerError(item.key, Refusal.NOT_AN_OPTION)
    chosen = tuple(option for option in item.options if option.key in ticked)
    if len(chosen) > 1 and any(option.stands_alone for option in chosen):
        raise AnswerError(item.key, Refusal.STANDS_ALONE)
    if item.most is not None and len(chosen) > item.most:
        raise AnswerError(item.key, Refusal.TOO_MANY, item.most)
    # Printed order: the order of ticking is nobody's business.
    return tuple(option.key for option in chosen)


def _parse_grid(item: Item, given: Mapping[str, list[str]]) -> Mapping[str, str]:
    return {row.key: _single(item, given[row.key]) for row in item.rows if row.key in given}


def _parse_text(item: Item, given: Mapping[str, list[str]]) -> str:
    if len(given[""]) != 1:
        raise AnswerError(item.key, Refusal.MALFORMED)
    words = kept(given[""][0])
    if length(words) > LONGEST_TEXT or not text_room.fits(words):
        raise AnswerError(item.key, Refusal.TOO_LONG, LONGEST_TEXT)
    return words


def _single(item: Item, values: Sequence[str]) -> str:
    if len(values) != 1:
        raise AnswerError(item.key, Refusal.MALFORMED)
    if values[0] not in item.answers:
        raise AnswerError(item.key, Refusal.NOT_AN_OPTION)
    return values[0]


PARSE: dict[ItemKind, Callable[[Item, Mapping[str, list[str]]], Answer]] = {
    ItemKind.ONE: _parse_one,
    ItemKind.SCALE: _parse_one,
    ItemKind.SEVERAL: _parse_several,
    ItemKind.GRID: _parse_grid,
    ItemKind.TEXT: _parse_text,
}
"""How the values of one item are read, by kind."""
