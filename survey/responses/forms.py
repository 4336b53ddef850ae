"""What a student's form says, read once. Every page sends the same few fields of ours; all others
are answers, and are checked as such."""

from __future__ import annotations

from flask import Flask, current_app, g, request
from werkzeug.datastructures import MultiDict

from survey.questionnaires.routing import AnswerError, Refusal
from survey.responses.walk import Form, Go

INTERFACE_LANGUAGES = "student_interface_languages"

OURS = frozenset(
    {"at", "go", "so_far", "receipt", "hinted", "lang", "to_lang", "code", "csrf_token"}
)
"""Names of our own fields. Items begin with a capital letter, so none is ever called so."""


def read_form(fields: MultiDict[str, str]) -> Form:
    """The form as the walk understands it, or an `AnswerError`."""
    try:
        go = Go(fields.get("go", Go.STAY))
    except ValueError:
        raise AnswerError("", Refusal.MALFORMED) from None
    return Form(
        at=fields.get("at", ""),
        go=go,
        so_far=fields.get("so_far", ""),
        given={name: fields.getlist(name) for name in fields if name not in OURS},
        receipt=fields.get("receipt", ""),
        hinted="hinted" in fields,
    )


def choose_language(languages: tuple[str, ...]) -> None:
    """Sets the language of the page: the one just asked for, the one of the page before, the one
    the phone speaks, or the first there is."""
    asked = request.form if request.method == "POST" else request.args
    wanted = (
        asked.get("to_lang"),
        asked.get("lang"),
        request.accept_languages.best_match(languages),
    )
    g.language = next((tag for tag in wanted if tag in languages), languages[0])


def interface_languages() -> tuple[str, ...]:
    """The languages of pages that belong to no survey: those our own words are there in,
    with English first, for phones that ask for none of them."""
    languages: tuple[str, ...] = current_app.extensions[INTERFACE_LANGUAGES]
    return languages


def init_app(app: Flask) -> None:
    """Looks once which catalogues there are."""
    with app.app_context():
        catalogues = app.extensions["babel"].instance.list_translations()
    others = sorted({str(one) for one in catalogues} - {"en"})
    app.extensions[INTERFACE_LANGUAGES] = ("en", *others)
