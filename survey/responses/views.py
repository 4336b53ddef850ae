"""What a student meets: no account, no cookie, no script, and nothing kept before Send.

Nothing here logs a code, a path, an address or an answer, not even when something breaks.
"""

from __future__ import annotations

import calendar
import time
import traceback
from dataclasses import dataclass, replace
from typing import cast

from flask import Blueprint, Flask, Response, current_app, g, redirect, request, url_for
from flask.blueprints import BlueprintSetupState
from flask_babel import format_date
from werkzeug.exceptions import NotFound, default_exceptions
from werkzeug.wrappers import Response as AnyResponse

from survey import phone
from survey.access import public
from survey.campaigns.codes import OpenedCode, hash_code, read_code
from survey.campaigns.operations import wave_of_door
from survey.campaigns.plans import wave_picture
from survey.campaigns.states import WaveState
from survey.db import begin, database, read, today
from survey.errors import SurveyError
from survey.phone import choose_language, interface_languages
from survey.questionnaires.routing import AnswerError
from survey.responses import collect, pages, walk
from survey.responses.about import behind
from survey.responses.collect import Outcome
from survey.responses.forms import read_form
from survey.responses.messages import (
    CHANGED,
    NOTES,
    NOWHERE,
    ClosedError,
    NotOpenYetError,
    WaitError,
    WrongCodeError,
    message_for,
)
from survey.responses.screens import (
    Frame,
    show_aside,
    show_message,
    show_spent,
    show_step,
    show_thanks,
    show_wait,
    ticked,
)
from survey.responses.throttle import GuessLimit, Ticket
from survey.responses.walk import Form, Go
from survey.settings import Settings

bp = Blueprint("student", __name__)
GUESSES = "student_guesses"


@dataclass(frozen=True)
class Visit:
    """A student at the door with a code that opens a wave. Whether the code is still live, nobody
    looks up before Send."""

    opened: OpenedCode
    frame: Frame


@bp.record_once
def _start(state: BlueprintSetupState) -> None:
    app = cast(Flask, state.app)
    pages.init_app(app)
    app.extensions[GUESSES] = GuessLimit()


@bp.get("/")
@public
def door() -> Response:
    """Where a code is typed."""
    languages = interface_languages()
    choose_language(languages)
    return pages.render("door", languages=languages)


@bp.post("/")
@public
def knock() -> AnyResponse:
    """A typed code leads to its own address."""
    ticket = request.form.get("ticket", "")
    visit = _visit_after_wait(request.form.get("code", ""), ticket)
    return redirect(url_for(".start", code=visit.opened.code, ticket=ticket or None), 303)


@bp.get("/s/")
@public
def no_code() -> AnyResponse:
    """Whoever types the short address without the code."""
    return redirect(url_for(".door"), 303)


@bp.get("/s/<code>")
@public
def start(code: str) -> Response:
    """The first page. It is the same whether the code is live or spent."""
    visit = _visit_after_wait(code, request.args.get("ticket", ""))
    return show_step(visit.frame, walk.start())


@bp.post("/s/<code>")
@public
def turn(code: str) -> Response:
    """Every further page, and Send."""
    visit = _visit(code)
    form = read_form(request.form)
    if form.go is Go.SEND:
        return _send(visit, form)
    form = ticked(visit.frame, form)
    if aside := show_aside(visit.frame, form):
        return aside
    step = walk.step(
        visit.frame.about.questionnaire, visit.opened.year, form, new_receipt=collect.new_receipt
    )
    return show_step(visit.frame, step)


@bp.get("/s/<code>/plan")
@public
def plan_picture(code: str) -> Response:
    """The picture of the school's plan. It is the same for every code of the survey."""
    visit = _visit(code)
    wave = wave_of_door(read(), visit.opened.door)
    if wave is None or visit.frame.about.plan is None:
        raise NotFound
    plan = wave_picture(read(), wave.school_id, wave.wave_id)
    return Response(plan.picture, content_type=plan.kind)


@bp.get("/note/<name>")
@public
def note(name: str) -> Response:
    """What another page said, in another language. It is nobody's own."""
    choose_language(interface_languages())
    return show_message(NOTES.get(name, NOWHERE))


@bp.get("/leave")
@public
def leave() -> Response:
    """A page that says nothing of us, for whoever needs to be gone: the month."""
    choose_language(interface_languages())
    now = today()
    weeks = calendar.Calendar().monthdatescalendar(now.year, now.month)
    return pages.render("leave", weeks=weeks, today=now, format_date=format_date)


def _visit_after_wait(typed: str, written: str) -> Visit:
    """The same for a code that was just typed or scanned. Where many codes like it were wrong, it
    is looked at after some seconds; `written` is the ticket of the page that said so."""
    key, now = _settings().code_key, time.time()
    if seconds := _guesses().wait(typed):
        ticket = Ticket.read(written, typed, key=key)
        if ticket is None or ticket.is_over(now):
            ticket = Ticket.new(typed, seconds=seconds, now=now, key=key)
        if left := ticket.seconds_left(now):
            raise WaitError(typed, str(ticket), left)
    return _visit(typed)


def _visit(typed: str) -> Visit:
    """What a code opens, or the error that says why not."""
    opened = read_code(typed, key=_settings().code_key)
    found = behind(database.engine, opened.door, _settings()) if opened else None
    if opened is None or found is None:
        _guesses().wrong(typed)
        raise WrongCodeError
    if found.about is None:
        raise NotOpenYetError
    choose_language(found.about.questionnaire.languages)
    frame = Frame(
        found.about,
        opened.year,
        action=url_for(".turn", code=opened.code),
        picture=url_for(".plan_picture", code=opened.code),
    )
    g.student_frame = frame
    if found.state is not WaveState.OPEN:
        raise ClosedError
    return Visit(opened, frame)


def _send(visit: Visit, form: Form) -> Response:
    """Keeps the answers, or says why not; they stay in the page until they are kept."""
    typed = request.form.get("code")
    paid_with, offered = visit.opened, form
    if typed is not None:
        other = read_code(typed, key=_settings().code_key)
        if other is None or other.door != visit.opened.door:
            return _not_taken(visit, form, typed, mistyped=True)
        so_far = walk.under_another_code(visit.frame.about.questionnaire, other.year, form.so_far)
        paid_with, offered = other, replace(form, so_far=so_far)
    outcome = _collect(visit, paid_with, offered)
    if outcome is Outcome.CLOSED:
        raise ClosedError
    if outcome is Outcome.CHANGED:
        return show_message(CHANGED, visit.frame)
    if outcome is Outcome.SPENT:
        return _not_taken(visit, form, paid_with.code, mistyped=False)
    return show_thanks(visit.frame)


def _collect(visit: Visit, paid_with: OpenedCode, form: Form) -> Outcome:
    key = _settings().code_key
    answers = walk.all_answers(visit.frame.about.questionnaire, paid_with.year, form)
    with begin() as db:
        wave = wave_of_door(db, paid_with.door)
        if wave is None:
            raise WrongCodeError
        return collect.collect(
            db,
            wave=wave,
            code_hash=hash_code(paid_with.code, key=key),
            receipt=collect.hash_receipt(form.receipt, key=key),
            answers=answers,
            today=today(),
            key=key,
        )


def _not_taken(visit: Visit, form: Form, code: str, *, mistyped: bool) -> Response:
    _guesses().wrong(code)
    return show_spent(visit.frame, form, mistyped=mistyped)


def _guesses() -> GuessLimit:
    guesses: GuessLimit = current_app.extensions[GUESSES]
    return guesses


def _settings() -> Settings:
    settings: Settings = current_app.extensions["settings"]
    return settings


def say_what_happened(error: Exception) -> Response:
    """The plain page of an error. Of one that nobody foresaw the log gets the kind and the lines of
    code; its message stays out, because a database repeats in it what it was given."""
    if "language" not in g:
        choose_language(interface_languages())
    message = message_for(error)
    if isinstance(error, WaitError):
        return show_wait(message, error.code, error.ticket)
    if message.status >= 500:
        where = "".join(traceback.format_tb(error.__traceback__))
        current_app.logger.error("student_page_failed kind=%s\n%s", type(error).__name__, where)
    return show_message(message, g.get("student_frame"))


for _kind in (AnswerError, SurveyError, Exception):
    bp.register_error_handler(_kind, say_what_happened)
for _code in default_exceptions:
    # Each by itself: what the app says of one code would go before what we say of all.
    bp.register_error_handler(_code, say_what_happened)


def no_such_page() -> Response:
    """For whoever came to an address that leads nowhere, and is no member of staff."""
    choose_language(interface_languages())
    return _seal(show_message(NOWHERE))


@bp.after_request
def _seal(response: Response) -> Response:
    return phone.compress(phone.seal(response))
