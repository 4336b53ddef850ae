"""Titles and labels: one line of words that fits where it is printed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
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


def programme_surveys(days: Mapping[int, date | None]) -> dict[int, str]:
    """The surveys of a programme by number, each by the month of its first day. Two of one month
    have their numbers too, and one without a day says that it has none."""
    months = {number: str(format_date(day, "LLLL y")) for number, day in days.items() if day}
    times = Counter(months.values())
    return {
        number: str(_("Survey %(number)s, no month yet", number=number))
        if number not in months
        else _capital(months[number])
        if times[months[number]] == 1
        else _capital(_("%(month)s (survey %(number)s)", month=months[number], number=number))
        for number in days
    }


def survey_title(survey: HasQuestions) -> str:
    """The same where it begins a line."""
    return _capital(survey_name(survey))


def _capital(name: str) -> str:
    return name[:1].upper() + name[1:]
