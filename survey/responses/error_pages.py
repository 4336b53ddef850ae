"""What a student reads when something goes wrong, and the little that the log learns of it."""

from __future__ import annotations

import traceback

from flask import current_app, g, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from survey.http.light_pages import choose_language, interface_languages
from survey.responses.messages import ClosedError, OverError, message_for
from survey.responses.presenters import show_message


def say_what_happened(error: Exception) -> AnyResponse:
    """The plain page of an error. A posted form is redirected to a separate page, or, if its
    session is over or its wave closed, to its own address, which says so."""
    if "language" not in g:
        choose_language(interface_languages())
    message = message_for(error)
    if message.status >= 500:
        log(error)
    if request.method == "POST":
        own = isinstance(error, ClosedError | OverError) and request.endpoint == "responses.turn"
        where = (
            request.path if own else url_for("responses.note", name=message.name, lang=g.language)
        )
        return redirect(where, 303)
    return show_message(message, g.get("student_frame"))


def log(error: Exception) -> None:
    """Logs an unexpected error: its kind and the lines of code. Its message stays out, because a
    database repeats in it what it was given."""
    where = "".join(traceback.format_tb(error.__traceback__))
    current_app.logger.error("student_page_failed kind=%s\n%s", type(error).__name__, where)
