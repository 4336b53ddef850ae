"""Sentences on what a school changed in its template."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from flask_babel import gettext as _

from survey.languages import language_name
from survey.questionnaires.adapt import Adaptation
from survey.questionnaires.adaptation_diff import AdaptationChange, ChangeKind, changes
from survey.questionnaires.gender_question.wording import sex_or_gender
from survey.questionnaires.model import Questionnaire, Text
from survey.year_groups.wording import tidy, year_number


def said(template: Questionnaire, adaptation: Adaptation, language: str) -> tuple[str, ...]:
    """One sentence for each difference, with the words of `language`."""
    return tuple(SENTENCES[one.kind](one, language) for one in changes(template, adaptation))


def _words(given: object, language: str) -> str:
    return given.in_language(language) if isinstance(given, Text) else ""


def _names(given: object) -> str:
    return ", ".join(language_name(tag) for tag in given) if isinstance(given, tuple) else ""


SENTENCES: Mapping[ChangeKind, Callable[[AdaptationChange, str], str]] = {
    ChangeKind.ITEM_ON: lambda one, tag: _(
        "%(key)s is asked: “%(words)s”", key=one.key, words=_words(one.after, tag)
    ),
    ChangeKind.ITEM_OFF: lambda one, tag: _(
        "%(key)s is left out: “%(words)s”", key=one.key, words=_words(one.after, tag)
    ),
    ChangeKind.GATE_RAISED: lambda one, _tag: tidy(
        _(
            "%(key)s starts in year %(after)s, not %(before)s.",
            key=one.key,
            after=year_number(int(str(one.after))),
            before=year_number(int(str(one.before))),
        )
    ),
    ChangeKind.REWORDED: lambda one, tag: _(
        "%(key)s reads “%(words)s”", key=one.key, words=_words(one.after, tag)
    ),
    ChangeKind.PLACE_RENAMED: lambda one, tag: _(
        "“%(before)s” is called “%(after)s”.",
        before=_words(one.before, tag),
        after=_words(one.after, tag),
    ),
    ChangeKind.PLACE_ABSENT: lambda one, tag: _(
        "You do not have “%(before)s”.", before=_words(one.before, tag)
    ),
    ChangeKind.PLACE_ADDED: lambda one, tag: _(
        "You added “%(after)s”.", after=_words(one.after, tag)
    ),
    ChangeKind.ITEM_ADDED: lambda one, tag: _(
        "You added the question “%(words)s”", words=_words(one.after, tag)
    ),
    ChangeKind.SECTIONS_REORDERED: lambda _one, _tag: _("The sections come in another order."),
    ChangeKind.LANGUAGES_CHOSEN: lambda one, _tag: _(
        "Languages to choose from: %(names)s.", names=_names(one.after)
    ),
    ChangeKind.CONTACT_ADDED: lambda one, tag: _(
        "People to turn to: %(name)s.", name=_words(one.after, tag)
    ),
    ChangeKind.GROUPS_CROSSED: lambda _one, _tag: sex_or_gender(
        _("The report shows year group and gender together as well."),
        _("The report shows year group and sex together as well."),
    ),
}
"""The words for each kind of difference."""
