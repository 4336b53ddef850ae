"""The language of each page, and how its days are written."""

from __future__ import annotations

from flask import Flask, g, has_request_context, request
from flask_babel import Babel
from flask_login import current_user

from survey.database import SCHOOL_TIME
from survey.http.headers import FOR_STUDENTS
from survey.languages import ENGLISH, STAFF_LANGUAGES

DATE_FORMATS = {
    **Babel.default_date_formats,
    "date": "medium",
    "date.short": "dd/MM/y",
    "date.medium": "d MMM y",
    "date.long": "d MMMM y",
    "date.full": "EEEE d MMMM y",
}
"""Days in the order of British English and Welsh; plain "en" would put the month first."""


def init_app(app: Flask) -> None:
    Babel(app, DATE_FORMATS, locale_selector=choose_language, default_timezone=SCHOOL_TIME.key)


def choose_language() -> str:
    """The language of the page: set by a student page, else the member's, else the browser's."""
    chosen = g.get("language")
    if chosen:
        return str(chosen)
    if not has_request_context():  # the command line
        return ENGLISH
    if (
        request.blueprint not in (*FOR_STUDENTS, "feedback")
        and current_user
        and current_user.is_authenticated
    ):
        return str(current_user.language)
    return request.accept_languages.best_match(STAFF_LANGUAGES) or ENGLISH
