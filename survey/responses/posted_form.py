"""Parses a student's form. Every page sends the same few control fields; all others are answers,
named by number, and are checked as answers."""

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
"""Names of the control fields. Question keys begin with a capital letter, so they cannot clash."""

NO_ANSWER = "00"
"""The value of a question without an answer: as long as that of an answer."""


def number_of(place: int) -> str:
    """The form value of an answer: its position in the list, from 1."""
    return f"{place:02}"


def read_form(
    questionnaire: Questionnaire, state: PageState, fields: MultiDict[str, str]
) -> PageForm:
    """The parsed form. Raises an `AnswerError` if it is invalid. A page outside the questionnaire
    has no questions, so earlier answers stay."""
    try:
        # The pressed button comes after the hidden fields.
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
    """The answers of the page by key."""
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
    """Answers as form values; texts stay as they are."""
    answers = routing.numbered(questionnaire)
    found: dict[str, tuple[str, ...]] = {}
    for name, value in raw.items():
        values = (value,) if isinstance(value, str) else tuple(value)
        if name in answers:
            values = tuple(number_of(answers[name].index(one) + 1) for one in values)
        found[name] = values
    return found
