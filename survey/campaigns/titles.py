"""Titles and labels: one line of words that fits where it is printed."""

from __future__ import annotations

from datetime import date
from typing import Protocol

from flask_babel import format_date
from flask_babel import gettext as _

from survey.campaigns.errors import TitleError
from survey.typed_text import kept, length

LONGEST_TITLE = 80


def words_of(given: str, longest: int) -> str:
    """The words in one line. Raises a `TitleError` if there are none, or too many."""
    words = " ".join(kept(given).split())
    if not 1 <= length(words) <= longest:
        raise TitleError(_("Write between 1 and %(most)s characters.", most=longest))
    return words


class HasQuestions(Protocol):
    """A survey with its number among those of a school."""

    @property
    def number(self) -> int: ...
    @property
    def opened_on(self) -> date | None: ...


def survey_name(survey: HasQuestions) -> str:
    """The month it opened in, as inside a sentence; its number before it has opened."""
    if survey.opened_on is None:
        return str(_("survey %(number)s", number=survey.number))
    return str(format_date(survey.opened_on, "LLLL y"))


def survey_title(survey: HasQuestions) -> str:
    """The same where it begins a line."""
    name = survey_name(survey)
    return name[:1].upper() + name[1:]
