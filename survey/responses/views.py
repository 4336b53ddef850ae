"""What a student meets: no account, no cookie, and nothing kept before Send.

No page is the answer to a form. A form is answered with the address of the next page, in which the
state of the student travels sealed; see `responses.states`. Nothing here logs a code, a path, an
address or an answer, not even when something breaks.
"""

from __future__ import annotations

import calendar
from dataclasses import dataclass, replace
from typing import cast

from flask import Flask, Response, current_app, g, redirect, request, url_for
from flask.blueprints import BlueprintSetupState
from flask_babel import format_date
from werkzeug.exceptions import HTTPException, NotFound, default_exceptions
from werkzeug.wrappers import Response as AnyResponse

from survey.campaigns.access_codes import OpenedCode, hash_code, read_code
from survey.campaigns.operations import wave_of_door
from survey.campaigns.site_plans.operations import wave_picture
from survey.campaigns.states import WaveState
from survey.database import begin, database, read, today
from survey.device import ended_sessions
from survey.device.ended_sessions import SessionEnd
from survey.device.hour_keys import HourKeys
from survey.device.marks import Marks
from survey.errors import SurveyError
from survey.http import light_pages
from survey.http.light_pages import choose_language, interface_languages
from survey.logs import log
from survey.permissions import public
from survey.questionnaires.routing import AnswerError
from survey.responses import collect, error_pages, page_rendering, presenters, states, turn_page
from survey.responses import flow as response_flow
from survey.responses.blueprint import bp
from survey.responses.code_entry import submitted_codes
from survey.responses.code_entry.rate_limit import GuessLimit
from survey.responses.code_entry.shared_guesses import SharedGuesses
from survey.responses.code_entry.submitted_codes import Knock
from survey.responses.collect import CollectOutcome
from survey.responses.fast_path.middleware import FastPath
from survey.responses.flow import Go, PageForm
from survey.responses.messages import (
    CHANGED,
    NOTES,
    NOWHERE,
    NotOpenYetError,
    OverError,
    SurveyClosedError,
    SurveyEndedError,
    WrongCodeError,
    message_for,
    wait_message,
)
from survey.responses.posted_form import read_form
from survey.responses.presenters import Frame, show_message, show_wait
from survey.responses.states import LAST, PURPOSE, PageState
from survey.responses.survey_context import Doors, help_for_anyone
from survey.settings import Settings, current_settings

GUESSES, KEYS, DOORS = "student_guesses", "student_keys", "student_doors"
MARKS, FAST_PATH = "student_marks", "student_fast_path"

SEE_OTHER = 303


@dataclass(frozen=True)
class Visit:
    """A student with a page of an open wave. Whether the code is still live is not looked up
    before Send. `sends_again`: the session has sent its answers, and Send was pressed again."""

    state: PageState
    frame: Frame
    sends_again: bool = False


@bp.record_once
def _start(state: BlueprintSetupState) -> None:
    app = cast(Flask, state.app)
    settings: Settings = app.extensions["settings"]
    page_rendering.init_app(app)
    app.extensions[GUESSES] = GuessLimit(shared=SharedGuesses(settings.code_key))
    keys = app.extensions[KEYS] = HourKeys(settings.keys_at)
    doors = app.extensions[DOORS] = Doors()
    marks = app.extensions[MARKS] = Marks(settings.keys_at)
    path = app.extensions[FAST_PATH] = FastPath(app, keys=keys, doors=doors, marks=marks)
    app.wsgi_app = path  # type: ignore[method-assign, assignment]


@bp.get("/")
@public
def door() -> Response:
    """Where a code is typed."""
    languages = interface_languages()
    choose_language(languages)
    return page_rendering.render("door", languages=languages, contacts=help_for_anyone())


@bp.post("/")
@public
def knock() -> AnyResponse:
    """A typed code leads to a page of its survey, in whose address no code can be read."""
    if waited := request.form.get("wait"):
        return _enter(_waited(waited))
    return _enter(Knock.of(request.form.get("code", "")))


@bp.get("/wait/<letters>")
@public
def wait(letters: str) -> AnyResponse:
    """How long to wait before a code is looked at; the code is sealed in the address. Opened again
    once the time is over, it leads on."""
    knock = _waited(letters)
    choose_language(interface_languages())
    left = knock.seconds_left(key=current_settings().code_key)
    return show_wait(wait_message(left), letters) if left else _enter(knock)


@bp.get("/s/")
@public
def no_code() -> AnyResponse:
    """The short address, typed without a code."""
    return redirect(url_for(".door"), 303)


@bp.get("/s/<code>")
@public
def scanned(code: str) -> AnyResponse:
    """The address on a card. It is exchanged at once for one that does not show the card."""
    return _enter(Knock.of(code))


@bp.get("/p/<letters>")
@public
def page(letters: str) -> AnyResponse:
    """Any page of a survey. It may be opened and reloaded as often as anyone likes. With `at` it
    leads to another page of the same student, with all that was answered by now."""
    visit = _visit(letters)
    if "plan" in request.args:
        return _plan_picture(visit)
    if at := request.args.get("at"):
        return _see(visit, turn_page.back_to(visit.frame.asked, visit.state, at))
    response = presenters.show(visit.frame, visit.state)
    return light_pages.show_once(response) if visit.state.at not in FIRST else response


FIRST = frozenset({response_flow.START, response_flow.ASSENT})
"""Pages that show no answer, whatever was given before."""


@bp.post("/p/<letters>")
@public
def turn(letters: str) -> AnyResponse:
    """What is pressed on any page, and Send. The answer is an address."""
    visit = _visit(letters, posted=True)
    frame, state = visit.frame, replace(visit.state, language=g.language)
    form = read_form(frame.about.questionnaire, state, request.form)
    if form.go is Go.SEND:
        return _send(replace(visit, state=state), form)
    if form.go in turn_page.ENDS:
        return _end(visit, state, form.go)
    after = turn_page.turn(frame.asked, state, form)
    item = turn_page.item_of(state)
    if after.fresh and (kept := light_pages.keeping()):
        kept.leads_on = True
    return _see(visit, after, f"#{item}" if item and not after.beside else "")


@bp.get("/note/<name>")
@public
def note(name: str) -> Response:
    """A separate page that says what went wrong with a form. It holds nothing of any student."""
    choose_language(interface_languages())
    return show_message(NOTES.get(name, NOWHERE))


@bp.get("/leave")
@public
def leave() -> Response:
    """A page that does not mention the survey, for a student who leaves at once: the month."""
    choose_language(interface_languages())
    now = today()
    weeks = calendar.Calendar().monthdatescalendar(now.year, now.month)
    return page_rendering.render("leave", weeks=weeks, today=now, format_date=format_date)


def _enter(knock: Knock) -> AnyResponse:
    """From a code to the first page. It is the same whether the code is live or spent. Where many
    codes like it were wrong, it is looked at after some seconds."""
    if waits := knock.must_wait(_guesses(), key=current_settings().code_key):
        choose_language(interface_languages())
        letters = submitted_codes.seal(current_app.extensions[KEYS], waits)
        return _lead(url_for(".wait", letters=letters, lang=g.language))
    opened = read_code(knock.code, key=current_settings().code_key)
    frame = _frame(opened.door, opened.year) if opened else None
    if opened is None or frame is None:
        _guesses().wrong(knock.code)
        raise WrongCodeError
    choose_language(frame.languages)
    state = PageState(
        opened.door,
        code=opened.code,
        year=opened.year,
        receipt=knock.receipt,
        language=g.language,
        fresh=True,
    )
    key, marks = current_settings().code_key, current_app.extensions[MARKS]
    ended_sessions.begin(knock.receipt, key=key, marks=marks)
    return _see(Visit(state, frame), state)


def _waited(letters: str) -> Knock:
    """A code that had to wait. After its session has ended, no one can open it again."""
    knock = submitted_codes.unseal(current_app.extensions[KEYS], letters)
    if knock is None or _how_ended(knock.receipt):
        raise OverError
    return knock


def _visit(letters: str, *, posted: bool = False) -> Visit:
    """What an address opens, or the error that says why not."""
    plain = states.unseal(current_app.extensions[KEYS], letters, purpose=PURPOSE)
    if plain is None:
        raise OverError
    frame = _frame(states.door_of(plain), None, may_be_closed=True)
    if frame is None:
        raise OverError
    state = states.read(frame.about.questionnaire, plain)
    choose_language(frame.languages, state.language)
    frame = replace(frame, year=state.year)
    g.student_frame = frame
    how = _how_ended(state.receipt) if state.receipt else None
    sends_again = posted and how is SessionEnd.SENT and request.form.get("go") == Go.SEND
    if how and not sends_again:
        raise OverError
    if g.student_wave_state is not WaveState.OPEN and state.beside not in LAST:
        raise _closed(g.student_wave_state)
    return Visit(state, frame, sends_again)


def _frame(door: int, year: int | None, *, may_be_closed: bool = False) -> Frame | None:
    """The survey behind a door; None if there is none."""
    doors: Doors = current_app.extensions[DOORS]
    found = doors.behind(database.engine, door, current_settings())
    if found is None:
        return None
    if found.about is None:
        raise NotOpenYetError
    frame = Frame(found.about, year)
    g.student_frame, g.student_wave_state = frame, found.state
    if found.state is not WaveState.OPEN and not may_be_closed:
        raise _closed(found.state)
    return frame


def _closed(state: WaveState) -> SurveyClosedError:
    """Why nothing can be sent. Only where answers are kept does the page say that they count."""
    return SurveyEndedError() if state in (WaveState.ENDED, WaveState.LOST) else SurveyClosedError()


def _how_ended(receipt: str) -> SessionEnd | None:
    key = current_settings().code_key
    marks = current_app.extensions[MARKS]
    return ended_sessions.how_ended(database.engine, receipt, key=key, marks=marks)


def _address(visit: Visit, state: PageState) -> str:
    keys: HourKeys = current_app.extensions[KEYS]
    questionnaire = visit.frame.about.questionnaire
    letters = states.seal(keys, questionnaire, state, purpose=PURPOSE)
    return url_for(".page", letters=letters)


def _see(visit: Visit, state: PageState, item: str = "") -> AnyResponse:
    """The answer to what was pressed: the address of the page that follows."""
    return _lead(_address(visit, state) + item)


def _lead(address: str) -> AnyResponse:
    """Sends the browser on to a page. The answer has no body: one would hold the address again."""
    response = redirect(address, 303)
    response.set_data(b"")
    return response


def _plan_picture(visit: Visit) -> Response:
    """The picture of the school's plan. It is the same for every code of the survey."""
    wave = wave_of_door(read(), visit.state.door)
    if wave is None or visit.frame.about.plan is None:
        raise NotFound
    plan = wave_picture(read(), wave.school_id, wave.wave_id)
    return Response(plan.picture, content_type=plan.kind)


def _end(visit: Visit, state: PageState, go: Go) -> AnyResponse:
    """Leave now, or a way not to take part: from here on no address of the session opens."""
    if state.receipt:
        key, marks = current_settings().code_key, current_app.extensions[MARKS]
        with ended_sessions.ending(marks, state.receipt, key=key), begin(sends=True) as db:
            ended_sessions.end(db, state.receipt, SessionEnd.LEFT, key=key, marks=marks)
    if go is Go.LEAVE:
        return redirect(url_for(".leave"), 303)
    return _see(visit, state.over(go.value))


def _send(visit: Visit, form: PageForm) -> AnyResponse:
    """Keeps the answers, or says why not; they stay in the address until they are kept."""
    state = visit.state
    typed = request.form.get("code")
    if typed is not None and visit.sends_again:
        # Whatever code it is: an answer that depends on it would let a person who has the history
        # of a device and a list of codes try out which one was used there.
        raise OverError
    if typed is not None:
        other = read_code(typed, key=current_settings().code_key)
        if other is None or other.door != state.door:
            return _not_taken(visit, typed, "mistyped")
        questionnaire = visit.frame.about.questionnaire
        so_far = response_flow.under_another_code(questionnaire, other.year, state.raw)
        state = replace(state, code=other.code, year=other.year, raw=so_far)
        form = replace(form, so_far=so_far)
    try:
        outcome = _collect(visit, OpenedCode(state.code, state.door, state.year), form)
    except (AnswerError, SurveyError, HTTPException):
        raise
    except Exception as error:
        log.error("student_page_failed", error=error)
        return _see(visit, replace(state, beside=message_for(error).name))
    if outcome is CollectOutcome.CLOSED:
        current_app.extensions[DOORS].forget(state.door)  # the page that follows says so, too
        raise SurveyClosedError
    if outcome is CollectOutcome.CHANGED:
        return _see(visit, state.over(CHANGED.name))
    if (
        outcome is CollectOutcome.SPENT and visit.sends_again
    ):  # the first time, another code was typed
        raise OverError
    if outcome is CollectOutcome.SPENT:
        return _not_taken(visit, state.code, "spent")
    return _see(visit, state.over("thanks"))


def _collect(visit: Visit, paid_with: OpenedCode, form: PageForm) -> CollectOutcome:
    key, marks = current_settings().code_key, current_app.extensions[MARKS]
    answers = response_flow.all_answers(visit.frame.about.questionnaire, paid_with.year, form)
    with ended_sessions.ending(marks, form.receipt, key=key), begin(sends=True) as db:
        wave = wave_of_door(db, paid_with.door)
        if wave is None:
            raise WrongCodeError
        code_hash = hash_code(paid_with.code, key=key)
        receipt = collect.hash_receipt(form.receipt, key=key)
        if visit.sends_again:
            return collect.compare(
                db, wave=wave, code_hash=code_hash, receipt=receipt, answers=answers
            )
        outcome = collect.collect(
            db,
            wave=wave,
            code_hash=code_hash,
            receipt=receipt,
            answers=answers,
            today=today(),
            key=key,
        )
        if outcome in (CollectOutcome.STORED, CollectOutcome.ALREADY):
            ended_sessions.end(db, form.receipt, SessionEnd.SENT, key=key, marks=marks)
        return outcome


def _not_taken(visit: Visit, code: str, beside: str) -> AnyResponse:
    _guesses().wrong(code)
    return _see(visit, replace(visit.state, beside=beside))


def _guesses() -> GuessLimit:
    guesses: GuessLimit = current_app.extensions[GUESSES]
    return guesses


for _kind in (AnswerError, SurveyError, Exception):
    bp.register_error_handler(_kind, error_pages.say_what_happened)
for _code in default_exceptions:
    # Each by itself: what the app says of one code would go before what we say of all.
    bp.register_error_handler(_code, error_pages.say_what_happened)


def no_such_page() -> Response:
    """The page at an address that does not exist, for anyone who is not a member of staff."""
    choose_language(interface_languages())
    return _seal(show_message(NOWHERE))


@bp.after_request
def _seal(response: Response) -> Response:
    if response.status_code == SEE_OTHER:
        return response
    return light_pages.compress(light_pages.seal(response))
