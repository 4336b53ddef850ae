"""Every page a student can meet, as the app draws it: the whole survey, and all that can happen
around it. A new page of theirs is added here, and a test asks for it."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from unittest.mock import patch

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.exc import OperationalError
from werkzeug.test import TestResponse

from survey.app import LARGEST_REQUEST
from survey.campaigns import operations
from survey.campaigns.queries import find_wave
from survey.campaigns.site_plans.operations import find_wave_plan, freeze_plan
from survey.campaigns.states import WaveState
from survey.database import begin
from survey.demo.school_plan import give_plan
from survey.organisations.models import School
from survey.questionnaires import routing
from survey.questionnaires.codecs.answer_codec import numbered
from survey.questionnaires.load import load_all
from survey.questionnaires.model import Questionnaire
from survey.responses.code_entry import rate_limit as response_rate_limit
from survey.responses.posted_form import number_of
from tests.integration.responses.doors import Fields, Student, _Fields, first_of_each, make_codes
from tests.world import TEMPLATE, Side, World

OLDEST = "y13"
"""The year group that is asked everything."""


@dataclass(frozen=True)
class Sight:
    """A page: `name` is its own, `kind` what it shares with others of the same making."""

    name: str
    kind: str
    html: str
    status: int = 200
    at: str = ""


def default_survey() -> Questionnaire:
    return load_all()[TEMPLATE]


def all_sights(app: Flask, world: World, languages: Sequence[str]) -> dict[str, dict[str, Sight]]:
    """By language and name. The survey is over afterwards."""
    found: dict[str, dict[str, Sight]] = {}
    for makers in (DURING, AFTER):
        for language in languages:
            for make in makers:
                client = app.test_client()
                client.environ_base["HTTP_ACCEPT_LANGUAGE"] = language
                seen = {sight.name: _whole(sight, client) for sight in make(app, world, client)}
                found.setdefault(language, {}).update(seen)
    return found


LINKED_STYLE = re.compile(r'<link rel="stylesheet" href="([^"]+)">')


def _whole(sight: Sight, client: FlaskClient) -> Sight:
    """The page with the styles it links in itself: it is looked at without a server."""
    html = LINKED_STYLE.sub(lambda found: f"<style>{_sheet(client, found[1])}</style>", sight.html)
    return replace(
        sight, html=SHOWN_PICTURE.sub(lambda found: _inlined(client, sight.at + found[1]), html)
    )


def _sheet(client: FlaskClient, address: str) -> str:
    with client.get(address) as answer:  # a file of ours is open until the answer is closed
        return answer.get_data(as_text=True)


SHOWN_PICTURE = re.compile(r'(?<= src=)"([?]plan)"')


def _inlined(client: FlaskClient, address: str) -> str:
    picture = client.get(address)
    return f'"data:{picture.content_type};base64,{base64.b64encode(picture.data).decode()}"'


def _sight(name: str, page: TestResponse, kind: str = "", status: int = 200) -> Sight:
    assert page.status_code == status, f"{name}: {page.status_code}"
    return Sight(name, kind or name, page.get_data(as_text=True), status, page.request.path)


def answer_widely(questionnaire: Questionnaire) -> Callable[[_Fields], Fields]:
    """Answers everything, so that every item which waits for an answer is asked."""
    waits = [one for item in questionnaire.asked for one in (item.show_if, item.rows_if) if one]
    wanted = {"A1": OLDEST} | {one.item: one.options[0] for one in waits}

    def answer(form: _Fields) -> Fields:
        fields = first_of_each(form)
        for name in form.choices:
            key = wanted.get(name.partition(".")[0])
            answers = numbered(questionnaire)[name]
            if key in answers:
                fields[name] = number_of(answers.index(key) + 1)
        return fields

    return answer


def _plan(app: Flask, world: World, client: FlaskClient) -> Iterator[Sight]:
    """The question as a picture, and the place read back. The plan stays for the pages after it."""
    own = world.own
    with app.test_request_context(), begin() as db:
        if find_wave_plan(db, own.school_id, own.wave_id) is None:
            give_plan(db, school=db.get_one(School, own.school_id))
            wave = find_wave(db, own.school_id, own.wave_id)
            freeze_plan(db, wave=wave, questionnaire=default_survey())
    [code] = make_codes(app, own, year=9, count=1)
    student = Student(client, code)
    while 'value="plan-B3"' not in student.html:
        student.press("next")
    for name, pressed in (
        ("plan", {"beside": "plan-B3", "B3": [student.field("B3", "gates")]}),
        ("place read back", {"spot288.x": "206", "spot288.y": "41"}),
    ):
        yield _sight(name, student.send(student.form.fields | pressed))


def _survey(app: Flask, world: World, client: FlaskClient) -> Iterator[Sight]:
    """From the first page to the thanks."""
    questionnaire = default_survey()
    kinds = {
        page.key: "soft landing" if page.is_landing else _kind(page)
        for page in routing.layout(questionnaire)
    }
    [code] = make_codes(app, world.own, count=1)
    student = Student(client, code)
    asked: set[str] = set()
    for page in student.pages(answer_widely(questionnaire)):
        yield _sight(student.at, page, kinds.get(student.at, student.at))
        asked |= {name.partition(".")[0] for name in (*student.form.choices, *student.form.fields)}
    missing = {item.key for item in questionnaire.asked} - asked
    assert not missing, f"never asked: {missing}"
    yield _sight("thanks", student.press("send"))


def _kind(page: routing.Page) -> str:
    """The kinds of item on it: pages of the same kinds are made of the same parts."""
    return " and ".join(sorted({item.kind.value for item in page.items}))


def _goodbyes(app: Flask, world: World, client: FlaskClient) -> Iterator[Sight]:
    [code] = make_codes(app, world.own, year=9, count=1)
    for name, go in (("no thanks", "no"), ("parent said no", "parent")):
        student = Student(client, code)
        student.press("next")
        yield _sight(name, student.press(go))


def _help(app: Flask, world: World, client: FlaskClient) -> Iterator[Sight]:
    [code] = make_codes(app, world.own, year=9, count=1)
    yield _sight("help", Student(client, code).press("help"))


def _put_right(app: Flask, world: World, client: FlaskClient) -> Iterator[Sight]:
    """Pages that point out something in the answers."""
    [code] = make_codes(app, world.own, year=9, count=1)
    student = Student(client, code)
    while student.at != "B-3":
        student.press("next")
    ticks = student.form.choices["B3"][:4]
    yield _sight("too many ticks", student.press("next", B3=ticks), status=422)
    student.press("skip")
    while student.at != "P-2":
        student.press("next")
    yield _sight("hints", student.press("next", P2="call 07700 900123, ask for jo@x.example"))


def _codes(app: Flask, world: World, client: FlaskClient) -> Iterator[Sight]:
    """Pages about the code itself, and about a Send that did not go through."""
    yield _sight("door", client.get("/"))
    wrong = client.post("/", data={"code": "AAAA-AAAA"}, follow_redirects=True)
    yield _sight("wrong code", wrong, "message", 404)
    [code] = make_codes(app, world.own, year=9, count=1)
    at = Student(client, code).address
    crafted = client.post(at, data={"go": "?"}, follow_redirects=True)
    yield _sight("crafted", crafted, "message", 422)
    too_much = client.post(at, data={"P2": "x" * LARGEST_REQUEST}, follow_redirects=True)
    yield _sight("not whole", too_much, "message", 400)
    yield _sight("nowhere", client.get("/card"), "message", 404)
    yield _sight("note", client.get("/note/wrong"), "message", 404)
    student = Student(client, code)
    student.walk_to_send(first_of_each)
    ready, at = {"go": "send"}, student.address
    for name, status, error in (
        ("busy", 503, OperationalError("", {}, Exception("database is locked"))),
        ("broken", 500, RuntimeError()),
    ):
        with patch("survey.responses.collect.spend", side_effect=error):
            failed = client.post(at, data=ready, follow_redirects=True)
            yield _sight(name, failed, "message", status)
    mistyped = client.post(at, data=ready | {"code": "AAAA-AAAA"}, follow_redirects=True)
    yield _sight("mistyped", mistyped, "spent", 409)
    student.press("send")
    yield _sight("over", client.get(at), "message", 410)
    again = Student(client, code)
    again.walk_to_send()
    yield _sight("spent", again.press("send"), "spent", 409)
    guesses: response_rate_limit.GuessLimit = app.extensions["student_guesses"]
    with app.app_context():
        for number in range(response_rate_limit.WAITS[0][0]):
            guesses.wrong(f"{code[:4]}-{number}")
    waits = client.get(f"/s/{code}", follow_redirects=True)
    yield _sight("wait", waits, "message", 429)
    app.extensions["student_guesses"] = response_rate_limit.GuessLimit()


def _leave(app: Flask, world: World, client: FlaskClient) -> Iterator[Sight]:
    yield _sight("leave", client.get("/leave"))


def _finished(app: Flask, world: World, client: FlaskClient) -> Iterator[Sight]:
    [code] = make_codes(app, world.own, count=1)
    _bring(app, world.own, WaveState.CLOSED)
    yield _sight("finished", client.get(f"/s/{code}"), "message", 410)


def _not_started(app: Flask, world: World, client: FlaskClient) -> Iterator[Sight]:
    [code] = make_codes(app, world.other, count=1)
    _bring(app, world.other, WaveState.DRAFT)
    yield _sight("not started", client.get(f"/s/{code}"), "message", 409)


def _bring(app: Flask, side: Side, state: WaveState) -> None:
    with app.app_context(), begin() as db:
        wave = find_wave(db, side.school_id, side.wave_id)
        if wave.state is state:
            return
        if state is WaveState.CLOSED:
            operations.close(db, wave=wave, today=date(2026, 12, 18), by=None)
        else:
            wave.state, wave.questionnaire_hash, wave.opened_on = state, None, None


Maker = Callable[[Flask, World, FlaskClient], Iterator[Sight]]
DURING: tuple[Maker, ...] = (_plan, _survey, _help, _goodbyes, _put_right, _codes, _leave)
AFTER: tuple[Maker, ...] = (_finished, _not_started)

PICTURES: set[str] = set()
"""Endpoints that a page shows as a picture."""

LOOKED_AT = {f"responses.{name}" for name in ("door", "page", "leave", "note", "scanned", "wait")}
"""Endpoints of student pages that are fetched, not sent to: each is among the sights above."""
