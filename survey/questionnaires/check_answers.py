"""Answers from a student's form, parsed and checked. How it travels is in `codecs`.

Nothing is kept between two pages, so the answers travel with the student and all of them are
checked again at each step, and at Send.

**Crafted or stale.** No student's browser can send an unknown item or option, an item that is
off, two answers where one is asked, or (with a preset year) an item above that year: such a form
is refused. Going back and changing an answer can leave behind answers to items that are no longer
shown, by their show_if or by the year A1 says: those are dropped in silence, in the order of the
items, so that what hung on a dropped answer is dropped with it. Too many ticks, a lone option with
others and too long a text can happen to anyone; their errors are `correctable`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from survey.questionnaires.item_kinds.answer import Answer as Answer
from survey.questionnaires.item_kinds.answer import AnswerError as AnswerError
from survey.questionnaires.item_kinds.answer import Answers as Answers
from survey.questionnaires.item_kinds.answer import Raw as Raw
from survey.questionnaires.item_kinds.answer import Refusal as Refusal
from survey.questionnaires.item_kinds.answer import options_given as options_given
from survey.questionnaires.model import YEAR_ITEM, YEARS, Item, Questionnaire, Row
from survey.questionnaires.table_key import TableKey


def year_of(answers: Answers) -> int | None:
    """The year group that the answers themselves name."""
    given = answers.get(YEAR_ITEM)
    return next((year for year in YEARS if given == f"y{year}"), None)


def age_of(questionnaire: Questionnaire, year: int | None, answers: Answers) -> int:
    """The year whose items are shown: the preset one, the one given, else the youngest."""
    return year or year_of(answers) or questionnaire.youngest


def condition_met(questionnaire: Questionnaire, item: Item, answers: Answers) -> bool:
    """Does an earlier answer call for the item, if it waits for one?"""
    if item.rows_if is not None:
        return bool(rows_called_for(item, answers))
    if item.show_if is None:
        return True
    source = questionnaire.by_key[item.show_if.item]
    given = options_given(answers.get(source.key))
    return bool(given & set(item.show_if.options))


def rows_called_for(item: Item, answers: Answers) -> tuple[Row, ...]:
    """The rows of a grid that the answers so far call for: all, if they wait for nothing."""
    if item.rows_if is None:
        return item.rows
    earlier = answers.get(item.rows_if.item)
    given = earlier if isinstance(earlier, Mapping) else {}
    return tuple(row for row in item.rows if given.get(row.key) in item.rows_if.options)


def check(questionnaire: Questionnaire, year: int | None, raw: Raw) -> Answers:
    """The answers a form carried, parsed, in the order of the items, or an `AnswerError`.

    A preset year becomes the answer to A1."""
    given = _by_item(questionnaire, raw)
    asked = _asked(questionnaire)
    parsed: dict[str, Answer] = {}
    for item in questionnaire.items:
        if item.key not in given:
            continue
        answer = item.kind.parse(item, given[item.key])
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
    fields = _fields(questionnaire)
    for name, value in raw.items():
        if name not in fields:
            raise AnswerError(TableKey(name).item, Refusal.UNKNOWN_ITEM)
        key, row = fields[name]
        values = [value] if isinstance(value, str) else value
        if kept := [one for one in values if one]:
            found.setdefault(key, {})[row] = kept
    return found


@lru_cache(maxsize=64)
def _fields(questionnaire: Questionnaire) -> Mapping[str, tuple[str, str]]:
    """The item and the row of each field that a form may have; the row of what is no grid is ""."""
    return {
        str(item.row_key(row) if row else item.key): (item.key, row)
        for item in questionnaire.items
        for row in ([one.key for one in item.rows] or [""])
    }


@lru_cache(maxsize=64)
def _asked(questionnaire: Questionnaire) -> frozenset[str]:
    return frozenset(item.key for item in questionnaire.asked)


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
    age = age_of(questionnaire, year, parsed)
    kept: dict[str, Answer] = {}
    for item in questionnaire.asked:
        answer = parsed.get(item.key)
        if answer is None or item.from_year > age:
            continue
        if not condition_met(questionnaire, item, kept):
            continue
        if item.rows_if is not None and isinstance(answer, Mapping):
            called = {row.key for row in rows_called_for(item, kept)}
            answer = {row: given for row, given in answer.items() if row in called}
        if answer:
            kept[item.key] = answer
    return kept
