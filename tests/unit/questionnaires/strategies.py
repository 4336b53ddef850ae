"""Students who answer at random, and students who fiddle with the form."""

from __future__ import annotations

from hypothesis import strategies as st

from survey.questionnaires.model import Item, ItemKind, Questionnaire
from survey.questionnaires.routing import Raw

texts = st.text(min_size=1, max_size=300)


@st.composite
def raws(draw: st.DrawFn, questionnaire: Questionnaire) -> Raw:
    """A form a browser could send: options that are there, ticked within the rules."""
    raw: dict[str, str | list[str]] = {}
    for item in questionnaire.asked:
        if draw(st.booleans()):
            raw |= draw(_given(item))
    return raw


def _given(item: Item) -> st.SearchStrategy[dict[str, str | list[str]]]:
    if item.kind is ItemKind.TEXT:
        return texts.map(lambda words: {item.key: words})
    one = st.sampled_from(item.answers)
    if item.kind is ItemKind.GRID:
        rows = st.sampled_from([row.key for row in item.rows])
        return st.dictionaries(rows.map(lambda row: f"{item.key}.{row}"), one)
    if item.kind is ItemKind.SEVERAL:
        company = [option.key for option in item.options if not option.stands_alone]
        alone = [[option.key] for option in item.options if option.stands_alone]
        ticks = st.lists(st.sampled_from(company), max_size=item.most, unique=True)
        choices = ticks | st.sampled_from(alone) if alone else ticks
        return choices.map(lambda ticked: {item.key: ticked})
    return one.map(lambda key: {item.key: key})
