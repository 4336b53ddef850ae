"""Year 6, the last year of primary school: who is asked, and which questions a child of ten may
see.

Templates are written for secondary schools. A school that has Year 6 on roll is asked for the year
groups that it has, and Year 6 sees what everyone sees and no one rated sensitive, and the school's
own questions. Whatever starts at an age starts there still.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from survey.questionnaires.model import FROM_START, YEAR_ITEM, Item, Option, Questionnaire
from survey.questionnaires.translations.year_names import year_label
from survey.year_groups.values import PRIMARY, YearGroup

MOST_SENSITIVE = 1
"""How sensitive a question for Year 6 may be."""


def with_primary(questionnaire: Questionnaire, years: Collection[int]) -> Questionnaire:
    """The questionnaire of a school with these year groups on roll; as it is, if Year 6 is not
    among them."""
    if PRIMARY not in years or YEAR_ITEM not in questionnaire.by_key:
        return questionnaire
    return replace(
        questionnaire,
        sections=tuple(
            replace(
                section, items=tuple(_asked(questionnaire, one, years) for one in section.items)
            )
            for section in questionnaire.sections
        ),
    )


def _asked(questionnaire: Questionnaire, item: Item, years: Collection[int]) -> Item:
    if item.key == YEAR_ITEM:
        return replace(item, from_year=PRIMARY, options=_options(questionnaire, item, years))
    if is_for_primary(item):
        return replace(item, from_year=PRIMARY)
    return item


def is_for_primary(item: Item) -> bool:
    """May a child of ten see it? A follow-up comes with the item that it follows."""
    return item.from_year <= FROM_START and (item.own or item.sensitivity <= MOST_SENSITIVE)


def _options(
    questionnaire: Questionnaire, item: Item, years: Collection[int]
) -> tuple[Option, ...]:
    """Year 6, and those of the other year groups that are on roll. A question has two answers, so
    Year 7 is there too where a school has Year 6 alone; cards for Year 6 do not ask."""
    known = {option.key: option.label for option in item.options}
    group = YearGroup(PRIMARY)
    asked = set(years) if len(set(years)) > 1 else {FROM_START}
    first = Option(group.key, year_label(known, group, questionnaire.naming))
    others = (
        option
        for option in item.options
        if not (one := YearGroup.parse(option.key)) or one.number in asked
    )
    return (first, *(one for one in others if one.key != first.key))
