"""Who was asked a question: the base that its shares are of. Pure.

It follows from the questionnaire and the roll: a question may start at a later year group, wait for
an earlier answer, or be asked of older students in other words.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from survey.disclosure.tables import Group
from survey.questionnaires.model import FROM_START, Item, Questionnaire
from survey.questionnaires.table_key import TableKey
from survey.releases.group_names import years_of
from survey.releases.tabulation_plan import from_year


@dataclass(frozen=True)
class LeadingQuestion:
    """An earlier question that leads to another one, and the answers that do. Labels are the
    questionnaire's."""

    question: str
    answers: tuple[str, ...]


@dataclass(frozen=True)
class QuestionBase:
    """`years`: the year groups of this school that were asked, where others were not; empty if all
    were. `gate`: what had to be answered before. `older_from`: the year group from which it was
    asked in other words, where younger ones were asked too."""

    years: tuple[int, ...] = ()
    gate: LeadingQuestion | None = None
    older_from: int | None = None

    def pools_two_wordings(self, group: Group, school: Iterable[int]) -> bool:
        """Does a group hold students who were asked in different words?"""
        if self.older_from is None:
            return False
        years = years_of(group) or tuple(self.years or school)
        return len({year >= self.older_from for year in years}) > 1


EVERYBODY = QuestionBase()


def items_of(questionnaire: Questionnaire, table: str) -> tuple[Item, ...]:
    """The questions that a table, or an indicator, is made of."""
    made_of = {str(one.table_key): one.items for one in questionnaire.indicators}
    keys = made_of.get(table, (TableKey(table).item,))
    return tuple(questionnaire.by_key[key] for key in keys if key in questionnaire.by_key)


def youngest(questionnaire: Questionnaire, table: str) -> int:
    """The youngest year group that any question of a table was asked of."""
    found = (from_year(questionnaire, item) for item in items_of(questionnaire, table))
    return min((year for year in found if year is not None), default=FROM_START)


def read_asked(
    questionnaire: Questionnaire, table: str, school: tuple[int, ...], language: str
) -> QuestionBase:
    """Who was asked what a table is of. `school`: the year groups of the school."""
    items = items_of(questionnaire, table)
    if not items:
        return EVERYBODY
    start = youngest(questionnaire, table)
    years = tuple(year for year in school if year >= start)
    gates = [one for item in items for one in (item.show_if, item.rows_if) if one]
    gate = None
    if gates:
        waits = questionnaire.by_key[gates[0].item]
        labels = (waits.option(key) for key in gates[0].options)
        gate = LeadingQuestion(
            waits.wording.in_language(language),
            tuple(one.label.in_language(language) for one in labels if one),
        )
    older = next((item.older.from_year for item in items if item.older), None)
    if older is not None and len({year >= older for year in years or school}) < 2:
        older = None
    return QuestionBase(years if years != school else (), gate, older)
