"""What a student reads when something goes wrong, and the little that the log learns of it."""

from __future__ import annotations

from flask import g, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from survey.http.light_pages import choose_language, interface_languages
from survey.logs import log
from survey.responses.messages import OverError, SurveyClosedError, message_for
from survey.responses.presenters import show_message


def say_what_happened(error: Exception) -> AnyResponse:
    """The plain page of an error. A posted form is redirected to a separate page, or, if its
    session is over or its wave closed, to its own address, which says so."""
    if "language" not in g:
        choose_language(interface_languages())
    message = message_for(error)
    if message.status >= 500:
        log.error("student_page_failed", error=error)
    if request.method == "POST":
        own = (
            isinstance(error, SurveyClosedError | OverError)
            and request.endpoint == "responses.turn"
        )
        where = (
            request.path if own else url_for("responses.note", name=message.name, lang=g.language)
        )
        return redirect(where, 303)
    return show_message(message, g.get("student_frame"))
