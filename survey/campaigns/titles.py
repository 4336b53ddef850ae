"""Titles and labels: one line of words that fits where it is printed."""

from __future__ import annotations

from flask_babel import gettext as _

from survey.campaigns.errors import TitleError
from survey.words import kept, length

LONGEST_TITLE = 80


def words_of(given: str, longest: int) -> str:
    """The words in one line. Raises a `TitleError` if there are none, or too many."""
    words = " ".join(kept(given).split())
    if not 1 <= length(words) <= longest:
        raise TitleError(_("Write between 1 and %(most)s characters.", most=longest))
    return words
