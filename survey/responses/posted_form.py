"""What a student's form says, read once. Every page sends the same few fields of ours; all others
are answers, named by their number, and are checked as such."""

from __future__ import annotations

from werkzeug.datastructures import MultiDict

from survey.campaigns.site_plans.image_clicks import SPOT
from survey.questionnaires import routing
from survey.questionnaires.model import Questionnaire
from survey.questionnaires.routing import AnswerError, Raw, Refusal
from survey.questionnaires.table_key import TableKey
from survey.responses.flow import Go, PageForm, given_on
from survey.responses.states import PageState

OURS = frozenset({"at", "go", "pad", "beside", "lang", "to_lang", "code", "csrf_token"})
"""Names of the fields we add. Items begin with a capital letter, so no item has such a name."""

NO_ANSWER = "00"
"""What a question sends that was left open: as many letters as an answer."""


def number_of(place: int) -> str:
    """An answer as a form names it, by its place in the list, from 1."""
    return f"{place:02}"


def read_form(
    questionnaire: Questionnaire, state: PageState, fields: MultiDict[str, str]
) -> PageForm:
    """The form as the walk understands it, or an `AnswerError`. A page outside the walk asks
    nothing: earlier answers stay."""
    try:
        # The button that was pressed comes after what the form carries.
        go = Go((fields.getlist("go") or [Go.STAY])[-1])
    except ValueError:
        raise AnswerError("", Refusal.MALFORMED) from None
    given = _given(questionnaire, fields)
    if state.beside or state.choosing:
        if given:
            raise AnswerError("", Refusal.UNKNOWN_ITEM)
        given = dict(given_on(questionnaire, state.at, state.raw))
    return PageForm(
        at=state.at,
        go=go,
        so_far=state.raw,
        given=given,
        receipt=state.receipt,
        hinted=state.warned,
        beside=(fields.getlist("beside") or [state.beside])[-1],
        pressed={name: fields[name] for name in fields if name.startswith(SPOT)},
    )


def _given(questionnaire: Questionnaire, fields: MultiDict[str, str]) -> dict[str, str | list[str]]:
    """The answers of the page by their keys."""
    answers = routing.numbered(questionnaire)
    given: dict[str, str | list[str]] = {}
    for name in fields:
        if name in OURS or name.startswith(SPOT):
            continue
        values = fields.getlist(name)
        if name in answers:
            values = [_key(name, answers[name], value) for value in values if value != NO_ANSWER]
        given[name] = values
    return given


def _key(name: str, answers: tuple[str, ...], value: str) -> str:
    if not value.isdecimal() or not 1 <= int(value) <= len(answers):
        raise AnswerError(TableKey(name).item, Refusal.NOT_AN_OPTION)
    return answers[int(value) - 1]


def numbers(questionnaire: Questionnaire, raw: Raw) -> dict[str, tuple[str, ...]]:
    """Answers as the fields of a page name them; what was written stays as it is."""
    answers = routing.numbered(questionnaire)
    found: dict[str, tuple[str, ...]] = {}
    for name, value in raw.items():
        values = (value,) if isinstance(value, str) else tuple(value)
        if name in answers:
            values = tuple(number_of(answers[name].index(one) + 1) for one in values)
        found[name] = values
    return found
