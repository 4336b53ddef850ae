"""The page where a student asks an adult to get in touch.

It belongs to no survey: its address holds a word of the school and a language, and whoever opens it
brings nothing along. Like a survey's pages it sets no cookie, runs no script, and writes no line to
a log that holds what was typed.
"""

from __future__ import annotations

import traceback
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from flask import Blueprint, Flask, Response, current_app, g, make_response, request
from flask.blueprints import BlueprintSetupState
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString
from werkzeug.exceptions import HTTPException

from survey import phone
from survey.access import public
from survey.asking import operations
from survey.asking.forms import AskForm
from survey.asking.limit import WRONG_WORDS_PER_MINUTE, FloodLimit
from survey.asking.operations import KEPT_FOR, NoKeyError
from survey.asking.seal import key_from
from survey.db import begin, read, today
from survey.errors import NotNowError, NotThereError, SurveyError
from survey.organisations.help_desk import desk_behind
from survey.organisations.models import HelpDesk
from survey.settings import Settings

bp = Blueprint("ask", __name__)

LIMIT = "ask_limit"
SEND = "send"


class NoSuchDeskError(NotThereError):
    """The word leads to no school."""


class NotReadError(NotNowError):
    """The school does not read requests here, at present."""


class WaitError(NotNowError):
    """Many at once."""


@dataclass(frozen=True)
class Message:
    status: int
    title: LazyString
    says: LazyString
    tries_again: bool = False  # offers to send once more what was sent


WRONG = Message(
    404,
    _l("There is no page here"),
    _l("Look at the address again, or talk to an adult you trust."),
)
OFF = Message(
    410,
    _l("Nobody reads messages here now"),
    _l("Your school does not use this page at the moment. Please tell an adult you trust."),
)
WAIT = Message(
    429,
    _l("Please wait a minute"),
    _l(
        "Very many messages came just now. Yours is still in this page. Then try again: your school"
        " still takes messages today."
    ),
    tries_again=True,
)
NO_WAY = Message(
    400, _l("That did not arrive whole"), _l("Go back and try again. Nothing was kept.")
)
BROKEN = Message(
    500,
    _l("Something went wrong on our side"),
    _l("Your message is still in this page. Try again. Sending twice does no harm."),
    tries_again=True,
)

MESSAGES: Mapping[type[Exception], Message] = {
    NoSuchDeskError: WRONG,
    NotReadError: OFF,
    WaitError: WAIT,
    NoKeyError: OFF,
}


@bp.record_once
def _start(state: BlueprintSetupState) -> None:
    cast(Flask, state.app).extensions[LIMIT] = FloodLimit()


@bp.get("/ask/")
@public
def nowhere() -> Response:
    """Whoever types the address without its word."""
    raise NoSuchDeskError


@bp.get("/ask/<word>")
@public
def form(word: str) -> Response:
    return _form(_desk(word), AskForm())


@bp.post("/ask/<word>")
@public
def send(word: str) -> Response:
    """Another language for the page, or the request itself."""
    desk = _desk(word)
    given = AskForm(request.form)
    if request.form.get("go") != SEND:
        return _form(desk, given)
    if not given.validate():
        return _form(desk, given, status=422)
    number = _request_id()
    if _limit().must_wait(desk.school_id, number, given.asked()):
        raise WaitError
    with begin() as db:
        operations.ask(
            db,
            school_id=desk.school_id,
            request_id=number,
            asked=given.asked(),
            key=key_from(_settings().totp_key),
            today=today(),
        )
    return _show("sent", desk=_desk(word), urgent=given.asked().urgent)


def _desk(word: str) -> HelpDesk:
    phone.choose_language(phone.interface_languages())
    found = desk_behind(read(), word)
    if found is None:
        raise WaitError if _limit().is_full("wrong", WRONG_WORDS_PER_MINUTE) else NoSuchDeskError
    desk, is_read = found
    if not is_read:
        raise NotReadError
    return desk


def _request_id() -> uuid.UUID:
    """The number the page came with: sent twice, it is kept once."""
    try:
        return uuid.UUID(request.form.get("number", ""))
    except ValueError:
        return uuid.uuid4()


def _form(desk: HelpDesk, form: AskForm, status: int = 200) -> Response:
    return _show(
        "form",
        status,
        desk=desk,
        form=form,
        number=request.form.get("number") or uuid.uuid4(),
        languages=phone.interface_languages(),
        days=KEPT_FOR.days,
    )


def _show(template: str, status: int = 200, **values: Any) -> Response:
    return make_response(phone.draw(f"ask/{template}.html", **values), status)


def _settings() -> Settings:
    settings: Settings = current_app.extensions["settings"]
    return settings


def _limit() -> FloodLimit:
    limit: FloodLimit = current_app.extensions[LIMIT]
    return limit


@bp.errorhandler(SurveyError)
@bp.errorhandler(HTTPException)
@bp.errorhandler(Exception)
def say_what_happened(error: Exception) -> Response:
    """The plain page of an error. Of one that nobody foresaw the log gets the kind and the lines of
    code; its message stays out, because a database repeats in it what it was given."""
    if "language" not in g:
        phone.choose_language(phone.interface_languages())
    message = _message_for(error)
    if message.status >= 500:
        where = "".join(traceback.format_tb(error.__traceback__))
        current_app.logger.error("ask_page_failed kind=%s\n%s", type(error).__name__, where)
    again = message.tries_again and request.method == "POST"
    return _show(
        "message",
        message.status,
        message=message,
        again=list(request.form.items(multi=True)) if again else [],
    )


def _message_for(error: Exception) -> Message:
    if isinstance(error, HTTPException):
        return NO_WAY if (error.code or 500) < 500 else BROKEN
    return next((page for kind, page in MESSAGES.items() if isinstance(error, kind)), BROKEN)


@bp.after_request
def _seal(response: Response) -> Response:
    return phone.compress(phone.seal(response))
