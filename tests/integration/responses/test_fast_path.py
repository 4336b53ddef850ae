"""The ordinary turn over HTTP: as the app would answer it, and never out of date."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import brotli
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event
from sqlalchemy.engine import Engine
from werkzeug.test import Client, TestResponse

from survey.campaigns import queries
from survey.database import begin, database
from survey.http.page_compression import prepare
from survey.organisations.models import School
from survey.questionnaires.cache_keys import CacheKey
from survey.questionnaires.model import Questionnaire
from survey.responses.fast_path.middleware import FastPath
from survey.responses.fast_path.page_cache import KeptPage, KeptPages
from survey.responses.survey_context import About
from survey.responses.views import DOORS, FAST_PATH
from tests.integration.responses.doors import Student, first_of_each, make_codes, rows
from tests.world import World

SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
MOST_STATEMENTS = 6
PAGES_THAT_WAIT = 3
PAD = re.compile(r'(name="pad" form="f" value=)0+')


@pytest.fixture
def path(app: Flask) -> FastPath:
    found: FastPath = app.extensions[FAST_PATH]
    return found


@pytest.fixture
def asked(path: FastPath) -> Iterator[list[str]]:
    """Every request that the app itself has to answer."""
    seen: list[str] = []
    inner = path.inner

    def counted(environ: Any, start: Any) -> Any:
        seen.append(f"{environ['REQUEST_METHOD']} {environ['PATH_INFO'][:3]}")
        return inner(environ, start)

    path.inner = counted
    yield seen
    path.inner = inner


def answers(how: str) -> Callable[[Any], Any]:
    return {"nothing": lambda _form: {}, "first": first_of_each, "last": last_of_each}[how]


def last_of_each(form: Any) -> Any:
    """The last answer of each question, and as many boxes as may be."""
    return {
        name: options[-2] if "00" in options else options[:2]
        for name, options in form.choices.items()
    }


@SQLITE
def test_a_page_is_the_same_as_the_app_makes_it(
    app: Flask, client: FlaskClient, world: World, path: FastPath
) -> None:
    """Its status, its headers and its words; only the pad is drawn each time, and the page has one
    length."""
    whole = Client(path.inner)
    for code in make_codes(app, world.own, year=9, count=2):  # the second meets pages that are kept
        student = Student(client, code)
        while True:
            for packing in ("br", "gzip", "identity"):
                headers = {"Accept-Encoding": packing, "Sec-Fetch-Mode": "navigate"}
                slow = whole.get(student.address, headers=headers)
                visits = [client.get(student.address, headers=headers) for _visit in range(3)]
                for quick in visits:
                    assert quick.status == slow.status
                    assert but_length(quick) == but_length(slow)
                    assert plain(quick) == plain(slow)
                assert len({len(quick.get_data()) for quick in visits}) == 1
            if student.heading == "Thank you":
                break
            student.press("send" if student.at == "send" else "next", **first_of_each(student.form))


def but_length(page: TestResponse) -> list[tuple[str, str]]:
    return sorted((name, said) for name, said in page.headers if name != "Content-Length")


def plain(page: TestResponse) -> str:
    body = page.get_data()
    if page.headers.get("Content-Encoding") == "br":
        body = brotli.decompress(body)
    elif page.headers.get("Content-Encoding") == "gzip":
        body = gzip.decompress(body)
    return PAD.sub(r"\1", body.decode()).rstrip()


@SQLITE
def test_a_form_is_answered_as_the_app_answers_it(
    app: Flask, client: FlaskClient, world: World, path: FastPath
) -> None:
    whole = Client(path.inner)
    student = Student(client, make_codes(app, world.own, year=9)[0])
    student.press("next")
    fields = student.form.fields | {"go": "next"}
    quick, slow = (one.post(student.address, data=fields) for one in (client, whole))
    assert quick.status == slow.status

    def but_the_address(page: TestResponse) -> list[tuple[str, str]]:
        return sorted((name, said) for name, said in page.headers if name != "Location")

    assert but_the_address(quick) == but_the_address(slow)
    assert quick.get_data() == slow.get_data() == b""
    assert len(quick.headers["Location"]) == len(slow.headers["Location"])


@SQLITE
@pytest.mark.parametrize("how", ["nothing", "first", "last"])
def test_which_way_a_turn_takes_depends_on_no_answer(
    app: Flask, client: FlaskClient, world: World, asked: list[str], how: str
) -> None:
    """Or the time it takes would tell a listener. Once the pages are kept, the app itself is asked
    for the code, for Send, for the pages on which a question waits for earlier answers, and
    whenever a student goes back, whatever was answered."""
    first, second = make_codes(app, world.own, year=9, count=2)
    for code in (first, second):
        asked.clear()
        student = Student(client, code)
        student.walk_to_send(answers(how))
    assert [one for one in asked if one != "GET /s/"] == ["GET /p/"] * PAGES_THAT_WAIT
    asked.clear()
    for _page in range(3):
        student.press("back")
    assert asked == ["POST /p/", "GET /p/"] * 3
    while student.at != "send":
        student.press("next", **answers(how)(student.form))
    student.press("send")
    assert student.heading == "Thank you"


def test_a_submission_takes_six_statements_at_most(
    app: Flask, client: FlaskClient, world: World
) -> None:
    first, second = make_codes(app, world.own, year=9, count=2)
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        seen.append(statement)

    for code in (first, second):
        seen.clear()
        event.listen(Engine, "before_cursor_execute", note)
        try:
            student = Student(client, code)
            student.walk_to_send(first_of_each)
            student.press("send")
        finally:
            event.remove(Engine, "before_cursor_execute", note)
        assert student.heading == "Thank you"
    assert len(seen) <= MOST_STATEMENTS, seen
    assert len(rows(app, "response")) == 2


@SQLITE
def test_a_kept_page_is_never_out_of_date(app: Flask, client: FlaskClient, world: World) -> None:
    """The first page has the name of the school. A change made in this process is seen at once."""
    first, second = make_codes(app, world.own, year=9, count=2)
    before = Student(client, first)
    assert "Northgate" not in before.html
    with app.app_context(), begin() as db:
        school = db.get(School, world.own.school_id)
        assert school is not None
        school.name = "Northgate"
    assert "Northgate" in before.reload().text
    assert "Northgate" in Student(client, second).html


@SQLITE
def test_a_change_made_elsewhere_is_seen_after_two_seconds(
    app: Flask, client: FlaskClient, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By another process: no commit of this one shows it. Send asks in any case."""
    doors = app.extensions["student_doors"]
    now = [1000.0]
    monkeypatch.setattr(doors, "_clock", lambda: now[0])
    walking, sending = make_codes(app, world.own, year=9, count=2)
    student, other = Student(client, walking), Student(client, sending)
    other.walk_to_send()
    elsewhere(app, world, "closed")
    student.press("next")
    assert student.page.status_code == 200, "for a moment"
    other.press("send")
    assert other.page.status_code == 410, "nothing is taken"
    now[0] += 2.1
    student.press("next")
    assert student.page.status_code == 410
    assert "This survey has finished" in student.html
    assert rows(app, "response") == []


def elsewhere(app: Flask, world: World, state: str) -> None:
    """A change by a connection that tells this process nothing."""
    with app.app_context():
        raw = database.engine.raw_connection()
        raw.cursor().execute(f"UPDATE wave SET state = '{state}' WHERE door = {world.own.door}")
        raw.commit()
        raw.close()


@SQLITE
@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({"Content-Type": "text/plain"}, b"go=next"),
        ({"Content-Type": "application/json"}, b"{}"),
        ({"Content-Type": "application/x-www-form-urlencoded"}, b"go=next&go=%ff%fe"),
        ({"Content-Type": "application/x-www-form-urlencoded"}, "go=next&é=1".encode()),
        ({"Content-Type": "application/x-www-form-urlencoded"}, b"&" * 4000 + b"go=next"),
        ({"Content-Type": "application/x-www-form-urlencoded"}, b"go=next&pad=" + b"0" * 300_000),
        ({}, b""),
    ],
)
def test_what_is_no_ordinary_form_is_left_to_the_app(
    client: FlaskClient,
    app: Flask,
    world: World,
    asked: list[str],
    headers: dict[str, str],
    body: bytes,
) -> None:
    student = Student(client, make_codes(app, world.own, year=9)[0])
    student.press("next")
    asked.clear()
    told = client.post(student.address, data=body, headers=headers)
    assert asked == ["POST /p/"]
    assert told.status_code in (303, 413, 415)


@SQLITE
def test_a_broken_fast_path_only_costs_time(
    client: FlaskClient,
    app: Flask,
    world: World,
    path: FastPath,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def breaks(*_given: object) -> None:
        raise RuntimeError("a secret of a student")

    monkeypatch.setattr(path, "_open", breaks)
    student = Student(client, make_codes(app, world.own, year=9)[0])
    student.walk_to_send(first_of_each)
    student.press("send")
    assert student.heading == "Thank you"
    assert '"event": "fast_path_failed", "kind": "RuntimeError"' in caplog.text
    assert "a secret of a student" not in caplog.text


@SQLITE
@pytest.mark.parametrize("before", ["threads that start at once", "a change by somebody else"])
def test_no_page_compares_two_surveys_word_by_word(
    app: Flask, client: FlaskClient, world: World, monkeypatch: pytest.MonkeyPatch, before: str
) -> None:
    """It took ten times as long as the page: for as long as a process lived, where two of its
    threads had looked at the same time, or after any change."""
    first, second, *others = make_codes(app, world.own, year=9, count=6)
    app.extensions[DOORS]._clock = lambda: 0.0  # how slow a machine is makes no look
    queries._parsed.clear()
    if before.startswith("threads"):
        gate = Barrier(len(others))
        parsed = queries.from_document
        monkeypatch.setattr(
            queries, "from_document", lambda given: (gate.wait(9), parsed(given))[1]
        )
        with ThreadPoolExecutor(len(others)) as pool:
            opened = pool.map(lambda code: app.test_client().get(f"/s/{code}").status_code, others)
            assert set(opened) == {303}
    to_the_end(client, first)
    if before.startswith("a change"):
        with app.app_context(), begin() as db:
            db.get_one(School, world.other.school_id).name = "Southgate"
    seen: list[object] = []
    words = CacheKey._values
    monkeypatch.setattr(CacheKey, "_values", lambda one: (seen.append(one), words(one))[1])
    to_the_end(client, second)
    kinds = [type(one) for one in seen]
    looks = 1 + before.startswith("a change")  # Send looks again, and so does the first page
    assert kinds.count(About) <= 3 * looks, "hashed once, and each of the two compared once"
    assert Questionnaire not in kinds


def to_the_end(client: FlaskClient, code: str) -> None:
    student = Student(client, code)
    while student.heading != "Thank you":
        student.press("send" if student.at == "send" else "next", **first_of_each(student.form))


def test_no_more_pages_are_kept_than_there_is_room_for() -> None:
    pages = KeptPages(most_bytes=20_000)
    for number in range(100):
        page = KeptPage("200 OK", (), prepare("", "x" * 3000))
        pages.keep(number, page)
        assert pages.get(0) is not None, "what is used stays"
        assert pages.size <= 20_000
    assert pages.get(1) is None
    assert pages.get(99) is not None
