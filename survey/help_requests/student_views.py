"""The page where a student asks an adult to get in touch.

It is separate from every survey: its address has only the word of the school and a language. Like
survey pages it sets no cookie, and what was typed is not logged. Every form ends with a redirect,
so after sending, Back leads to an empty page.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from flask import (
    Flask,
    Response,
    current_app,
    g,
    make_response,
    redirect,
    request,
    url_for,
)
from flask.blueprints import BlueprintSetupState
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import HTTPException, default_exceptions
from werkzeug.wrappers import Response as AnyResponse

from survey.database import begin, database, read, today
from survey.device.ended_sessions import SessionEnd, end, how_ended
from survey.device.hour_keys import HourKeys
from survey.errors import NotNowError, NotThereError, SurveyError
from survey.help_requests import box_storage, operations
from survey.help_requests.blueprint import student_bp as bp
from survey.help_requests.forms import AskForm
from survey.help_requests.operations import KEPT_FOR, NotReadableError
from survey.help_requests.rate_limit import WRONG_WORDS_PER_MINUTE, FloodLimit
from survey.help_requests.sealed_draft import CUT, unseal
from survey.help_requests.sealed_draft import seal as seal_typed
from survey.http import light_pages
from survey.http.rate_limits import SharedLimits
from survey.logs import log
from survey.organisations.help_desk import desk_behind
from survey.organisations.models import HelpDesk
from survey.permissions import public
from survey.settings import Settings, current_settings
from survey.year_groups.values import YearNaming
from survey.year_groups.wording import named_as, year_name

LIMIT, KEYS = "ask_limit", "ask_keys"
SEND = "send"


class NoSuchDeskError(NotThereError):
    """No school has this word."""


class NotReadError(NotNowError):
    """The school does not accept requests here at present."""


class WaitError(NotNowError):
    """Too many wrong words in a short time."""


@dataclass(frozen=True)
class HelpMessage:
    status: int
    title: LazyString
    says: LazyString


WRONG = HelpMessage(
    404,
    _l("There is no page here"),
    _l("Look at the address again, or talk to an adult you trust."),
)
OFF = HelpMessage(
    410,
    _l("No one reads messages here now"),
    _l("Your school does not use this page at the moment. Please tell an adult you trust."),
)
WAIT = HelpMessage(
    429,
    _l("Please wait a minute"),
    _l(
        "Very many messages came just now. Yours is still in this page. Then try again: your school"
        " still takes messages today."
    ),
)
NO_WAY = HelpMessage(
    400, _l("Part of that is missing"), _l("Go back and try again. Nothing was kept.")
)
BROKEN = HelpMessage(
    500,
    _l("Something went wrong on our side"),
    _l("Your message is still in this page. Try again. Sending twice does no harm."),
)

TRY_AGAIN: Mapping[str, HelpMessage] = {"wait": WAIT, "broken": BROKEN}
FIELDS = ("name", "form", "where", "about", "soon")

MESSAGES: Mapping[type[Exception], HelpMessage] = {
    NoSuchDeskError: WRONG,
    NotReadError: OFF,
    WaitError: WAIT,
    NotReadableError: OFF,
}


@bp.record_once
def _start(state: BlueprintSetupState) -> None:
    app = cast(Flask, state.app)
    settings: Settings = app.extensions["settings"]
    app.extensions[LIMIT] = FloodLimit(shared=SharedLimits(app.config["SECRET_KEY"]))
    app.extensions[KEYS] = HourKeys(settings.keys_at)


@bp.get("/ask/")
@public
def nowhere() -> Response:
    """The address without its word."""
    raise NoSuchDeskError


@bp.get("/ask/<word>")
@public
def form(word: str) -> Response:
    return _form(_desk(word), AskForm(), str(uuid.uuid4()))


@bp.get("/ask/<word>/sent")
@public
def sent(word: str) -> Response:
    """The page that confirms the request."""
    return _show("sent", desk=_desk(word))


@bp.get("/ask/<word>/<any(again, check, wait, broken):why>/<letters>")
@public
def again(word: str, why: str, letters: str) -> AnyResponse:
    """The page with what was typed before: in another language, with errors, or to send again. The
    page is empty if the message was sent or the time has run out."""
    desk = _desk(word)
    typed: MultiDict[str, str] = MultiDict(
        [(name, one) for name, given in (unseal(_keys(), letters) or {}).items() for one in given]
    )
    number = typed.get("number", "")
    if not number or how_ended(database.engine, number, key=current_settings().code_key):
        return redirect(url_for(".form", word=word, lang=g.language), 303)
    if why in TRY_AGAIN:
        message = TRY_AGAIN[why]
        fields = [(name, value) for name, value in typed.items(multi=True) if name != "lang"]
        return _show("message", message.status, message=message, again=fields)
    given = AskForm(typed)
    if why == "check":
        given.validate()
    for name in typed.getlist(CUT):
        given.say_too_long(name)
    return _form(desk, given, number, 422 if given.errors else 200)


@bp.post("/ask/<word>")
@public
def send(word: str) -> AnyResponse:
    """Changes the language of the page, or sends the request."""
    desk = _desk(word)
    given = AskForm(request.form)
    if request.form.get("go") != SEND:
        return _again(word, "again")
    if not given.validate():
        return _again(word, "check")
    number = _request_id()
    if _limit().must_wait(desk.school_id, number, given.asked()):
        return _again(word, "wait")
    with begin() as db:
        operations.ask(
            db,
            school_id=desk.school_id,
            request_id=operations.kept_as(number),
            asked=given.asked(),
            key=operations.box_key(*current_settings().totp_keys),
            today=today(),
        )
        end(db, str(number), SessionEnd.SENT, key=current_settings().code_key)
    box_storage.empty_log(database.engine)
    return redirect(url_for(".sent", word=word, lang=g.language), 303)


def _again(word: str, why: str) -> AnyResponse:
    """Redirects to the page with what was typed."""
    fields = {name: request.form.getlist(name) for name in (*FIELDS, "go")}
    fields |= {"number": [str(_request_id())], "lang": [str(g.language)]}
    letters = seal_typed(_keys(), fields)
    return redirect(url_for(".again", word=word, why=why, letters=letters, lang=g.language), 303)


def _desk(word: str) -> HelpDesk:
    light_pages.choose_language(light_pages.interface_languages())
    found = desk_behind(read(), word)
    if found is None:
        raise WaitError if _limit().is_full("wrong", WRONG_WORDS_PER_MINUTE) else NoSuchDeskError
    desk, is_read = found
    if not is_read:
        raise NotReadError
    return desk


def _request_id() -> uuid.UUID:
    """The number of the page, so that a form sent twice is stored once."""
    try:
        return uuid.UUID(request.form.get("number", ""))
    except ValueError:
        return uuid.uuid4()


def _form(desk: HelpDesk, form: AskForm, number: str, status: int = 200) -> Response:
    page = _show(
        "form",
        status,
        desk=desk,
        form=form,
        number=number,
        languages=light_pages.interface_languages(),
        days=KEPT_FOR.days,
        year_words=_year_words(desk),
    )
    return light_pages.show_once(page)


def _year_words(desk: HelpDesk) -> str:
    """An example of a year group in the words of the nation ("Year 8" in England)."""
    naming = YearNaming.of_nation(desk.school.nation)
    if naming is YearNaming.ENGLAND_AND_WALES:
        return ""
    with named_as(naming):
        return year_name(YEAR_FOR_EXAMPLE)


YEAR_FOR_EXAMPLE = 8


def _show(template: str, status: int = 200, **values: Any) -> Response:
    return make_response(
        light_pages.draw(f"help_requests/student/{template}.html", **values), status
    )


def _keys() -> HourKeys:
    keys: HourKeys = current_app.extensions[KEYS]
    return keys


def _limit() -> FloodLimit:
    limit: FloodLimit = current_app.extensions[LIMIT]
    return limit


def say_what_happened(error: Exception) -> AnyResponse:
    """The plain page of an error. For an unexpected error, the log gets the kind and the lines of
    code but not the message, which may repeat what the student typed."""
    if "language" not in g:
        light_pages.choose_language(light_pages.interface_languages())
    message = _message_for(error)
    if message.status >= 500:
        log.error("request_for_help_failed", error=error)
    if request.method != "POST":
        return _show("message", message.status, message=message, again=[])
    word = (request.view_args or {}).get("word", "")
    if message is BROKEN:
        return _again(word, "broken")
    # A desk that is off or missing has its own page.
    name = "whole" if message is NO_WAY else ""
    where = url_for(".failed", why=name, lang=g.language) if name else request.path
    return redirect(where, 303)


for _kind in (SurveyError, HTTPException, Exception):
    bp.register_error_handler(_kind, say_what_happened)
for _code in default_exceptions:
    # One by one: an app handler for a single code would come before ours for all codes.
    bp.register_error_handler(_code, say_what_happened)


@bp.get("/ask/failed/<any(whole):why>")
@public
def failed(why: str) -> Response:
    """The message was not sent, and cannot be sent again from this page."""
    light_pages.choose_language(light_pages.interface_languages())
    message = {"whole": NO_WAY}[why]
    return _show("message", message.status, message=message, again=[])


def _message_for(error: Exception) -> HelpMessage:
    if isinstance(error, HTTPException):
        return NO_WAY if (error.code or 500) < 500 else BROKEN
    return next((page for kind, page in MESSAGES.items() if isinstance(error, kind)), BROKEN)


@bp.after_request
def _seal(response: Response) -> Response:
    return light_pages.compress(light_pages.seal(response))
