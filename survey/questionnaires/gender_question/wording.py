"""Names of the groups of a report: by gender or by sex, depending on the question asked."""

from __future__ import annotations

from collections.abc import Callable

from flask import current_app, g, has_app_context

from survey.questionnaires.gender_question.variants import VARIANTS
from survey.questionnaires.model import Questionnaire

GROUPS_BY_SEX = "survey.groups_by_sex"
"""The name of the app extension that tells whether the current request is by sex, where no
questionnaire was set: a function without arguments."""
Finder = Callable[[], bool]


def speak_of(questionnaire: Questionnaire) -> None:
    """Makes the rest of this request name the groups of this questionnaire."""
    speak_by_sex(by_sex=groups_by_sex(questionnaire))


def speak_by_sex(*, by_sex: bool) -> None:
    """The same, if it is known how the questionnaire groups."""
    if has_app_context():
        g.groups_by_sex = by_sex


def groups_by_sex(questionnaire: Questionnaire) -> bool:
    """Whether the report groups by sex. An unknown variant groups by gender."""
    known = VARIANTS.get(questionnaire.gender_question)
    return known is not None and known.groups_by_sex


def sex_or_gender(by_gender: str, by_sex: str) -> str:
    """The first sentence for gender, the second for sex."""
    return by_sex if _are_by_sex() else by_gender


def _are_by_sex() -> bool:
    if not has_app_context():
        return False
    if (chosen := g.get("groups_by_sex")) is not None:
        return bool(chosen)
    find: Finder | None = current_app.extensions.get(GROUPS_BY_SEX)
    return find() if find else False
