"""Errors by their nature, and the one mapping from errors to pages.

Packages raise their own named errors, each a child of one of these; the message is in the user's
words and says what to do. The error page is shown even if a template is broken.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flask import Flask, Response, render_template, request
from flask_babel import force_locale
from flask_babel import lazy_gettext as _l
from markupsafe import escape
from werkzeug.exceptions import HTTPException, default_exceptions

from survey.database import is_busy, is_unavailable
from survey.logs import log


class SurveyError(Exception):
    """Something the user can understand. `message` is in their words."""

    def __init__(self, message: str = "") -> None:
        super().__init__(message)
        self.message = message


class NotThereError(SurveyError):
    """The thing does not exist, or this member may not see it."""


class NotNowError(SurveyError):
    """The action is allowed, but not in the present state."""


class RefusedError(SurveyError):
    """The input cannot be accepted."""


class TooManyError(SurveyError):
    """There were too many tries. The message says how long to wait."""


@dataclass(frozen=True)
class ErrorPage:
    status: int
    title: str
    what_to_do: str


PAGES = {
    400: ErrorPage(
        400, _l("That form arrived incomplete"), _l("Go back, reload the page and try again.")
    ),
    403: ErrorPage(
        403, _l("Not part of your role"), _l("Ask your safeguarding lead or the operator.")
    ),
    404: ErrorPage(
        404, _l("There is nothing here"), _l("Check the address, or start from your home page.")
    ),
    405: ErrorPage(
        405, _l("That cannot be done here"), _l("Go back and use the buttons on the page.")
    ),
    409: ErrorPage(
        409, _l("Not at this moment"), _l("Go back: the page shows what can be done now.")
    ),
    413: ErrorPage(413, _l("That is too large"), _l("Send less at a time.")),
    415: ErrorPage(
        415, _l("That is not one of our forms"), _l("Use the page and its buttons to send it.")
    ),
    422: ErrorPage(
        422, _l("That cannot be accepted"), _l("Go back and change it; nothing was saved.")
    ),
    429: ErrorPage(429, _l("Too many tries"), _l("Wait before you try again.")),
    500: ErrorPage(
        500,
        _l("Something went wrong on our side"),
        _l("Nothing was partly saved. Try again. If it happens again, tell the operator."),
    ),
    503: ErrorPage(
        503,
        _l("The service cannot reach its database"),
        _l("Nothing was partly saved. Wait a minute, then go back and try again."),
    ),
}
"""Templates by status."""

STATUS_OF: dict[type[SurveyError], int] = {
    NotThereError: 404,
    NotNowError: 409,
    RefusedError: 422,
    TooManyError: 429,
}
"""Statuses by class of error."""


def status_of(error: BaseException) -> int:
    """The HTTP status an error becomes."""
    if isinstance(error, HTTPException):
        return error.code or 500
    if isinstance(error, Exception) and (is_busy(error) or is_unavailable(error)):
        return 503
    return next((status for kind, status in STATUS_OF.items() if isinstance(error, kind)), 500)


def page_for(error: BaseException) -> tuple[str, int]:
    """The page for an error, and its status."""
    status = status_of(error)
    page = PAGES.get(status) or PAGES[400 if status < 500 else 500]
    message = error.message if isinstance(error, SurveyError) else ""
    try:
        return render_template("error.html", page=page, message=message), status
    except Exception as problem:
        # Whatever broke, a template or the database behind the name in its header: the reader still
        # gets the page, in plain clothes, and in the language that needs no look at a member.
        log.error("error_page_broken", error=problem)
        with force_locale("en"):
            title, what_to_do = escape(page.title), escape(page.what_to_do)
        body = f"<h1>{title}</h1><p>{escape(message)}</p><p>{what_to_do}</p>"
        return f"<!doctype html><html lang=en><title>{title}</title>{body}", status


def init_app(app: Flask, for_strangers: Callable[[], Response | None]) -> None:
    """Registers the error pages. `for_strangers` gives the page for an unknown address, or None if
    the visitor is signed in and gets ours."""

    def answer(error: Exception) -> tuple[str, int] | Response:
        if isinstance(error, HTTPException) and error.code and 300 <= error.code < 400:
            return error.get_response()  # type: ignore[return-value]
        if request.url_rule is None and (page := for_strangers()):
            return page
        if status_of(error) >= 500:
            log.error("staff_page_failed", error=error)
        return page_for(error)

    for code in default_exceptions:
        app.register_error_handler(code, answer)
    app.register_error_handler(SurveyError, answer)
    if not app.testing:
        app.register_error_handler(Exception, answer)
