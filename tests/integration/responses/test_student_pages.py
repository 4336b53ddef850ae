"""The student's pages, by the test client, on both databases."""

from __future__ import annotations

import json
import logging
import time
from datetime import date

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from survey import database as database_room
from survey.campaigns import operations
from survey.campaigns.operations import find_wave
from survey.campaigns.states import WaveState
from survey.database import begin
from survey.device.hour_keys import HourKeys
from survey.questionnaires.load import load_all
from survey.responses import states, views
from survey.responses.code_entry.rate_limit import WAITS
from tests.integration.responses.doors import (
    Student,
    first_of_each,
    make_codes,
    parse_form,
    rows,
    used_codes,
)
from tests.integration.responses.page_checks import check_page
from tests.world import TEMPLATE, World


@pytest.fixture
def code(app: Flask, world: World) -> str:
    return make_codes(app, world.own, year=9)[0]


def receipt_of(app: Flask, student: Student) -> str:
    """The random number of the session, from the address, as the server reads it."""
    keys: HourKeys = app.extensions["student_keys"]
    letters = student.address.rpartition("/")[2]
    plain = states.unseal(keys, letters, purpose=views.PURPOSE)
    assert plain is not None
    return states.read(load_all()[TEMPLATE], plain).receipt


def close_wave(app: Flask, world: World) -> None:
    with app.app_context(), begin() as db:
        wave = find_wave(db, world.own.school_id, world.own.wave_id)
        operations.close(db, wave=wave, today=date(2026, 12, 18), by=None)


def test_a_whole_journey_stores_one_response(
    app: Flask, client: FlaskClient, world: World, code: str
) -> None:
    student = Student(client, code)
    student.walk_to_send(first_of_each)
    for table in ("response", "free_text"):
        assert rows(app, table) == [], f"{table} before Send"
    assert used_codes(app) == 0

    assert student.press("send").status_code == 200
    assert student.heading == "Thank you"
    [response] = rows(app, "response")
    answers = json.loads(str(response["answers"]))
    assert (answers["A1"], answers["B1"], answers["B2"]["toilets"]) == (
        "y9",
        "very_safe",
        "very_safe",
    )
    assert "P2" not in answers
    assert {str(row["words"]) for row in rows(app, "free_text")} == {"More lights by the gate"}
    assert used_codes(app) == 1


def test_nothing_stored_says_when_who_or_with_what(
    app: Flask, client: FlaskClient, world: World, code: str
) -> None:
    student = Student(client, code)
    student.walk_to_send(first_of_each)
    receipt = receipt_of(app, student)
    student.press("send")
    kept = repr([rows(app, table) for table in ("response", "free_text", "access_code")])
    for trace in (code, code.replace("-", ""), receipt, "127.0.0.1", "2026", "werkzeug"):
        assert trace.lower() not in kept.lower()
    [response] = rows(app, "response")
    assert str(response["answers"]) == json.dumps(
        json.loads(str(response["answers"])),
        sort_keys=True,
        separators=(",", ":"),
        ensure_ascii=False,
    ), "one spelling for equal answers"


def test_no_page_sets_a_cookie_or_may_be_kept(client: FlaskClient, world: World, code: str) -> None:
    student = Student(client, code)
    seen = [client.get("/"), *student.pages(first_of_each), student.press("send")]
    seen += [client.get("/s/AAAA-AAAA"), client.get("/nowhere")]
    seen.append(client.get(f"/s/{code}?lang=cy", follow_redirects=True))
    assert len(seen) > 30
    for page in seen:
        assert "Set-Cookie" not in page.headers
        assert page.headers["Cache-Control"] == "no-store"
        policy = page.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; style-src ")
        assert "unsafe" not in policy
        assert policy.endswith("base-uri 'none'; frame-ancestors 'none'")
        assert page.headers["X-Frame-Options"] == "DENY"
        check_page(page.get_data(as_text=True))


def test_every_language_speaks_on_every_page(client: FlaskClient, world: World, code: str) -> None:
    student = Student(client, code)
    student.speak("cy")
    for page in student.pages(first_of_each):
        html = page.get_data(as_text=True)
        assert '<html lang="cy"' in html
        check_page(html)
    assert student.press("send").status_code == 200


def test_switching_the_language_keeps_the_ticks(client: FlaskClient, code: str) -> None:
    student = Student(client, code)
    while student.at != "B-1":
        student.press("next")
    student.speak("cy", B1="unsafe")
    assert student.ticked("B1") == ["unsafe"]
    student.press("next", **student.form.fields)
    student.press("back")
    assert student.ticked("B1") == ["unsafe"]
    assert '<html lang="cy"' in student.html


def test_a_code_without_a_year_asks_for_it(app: Flask, client: FlaskClient, world: World) -> None:
    [code] = make_codes(app, world.own, count=1)
    student = Student(client, code)
    while student.at != "A-1":
        student.press("next")
    assert "A1" in student.form.choices
    student.press("next", A1="y7")
    student.walk_to_send()
    student.press("send")
    [response] = rows(app, "response")
    assert json.loads(str(response["answers"])) == {"A1": "y7"}


@pytest.mark.parametrize(
    ("go", "heading"), [("no", "That is fine"), ("parent", "Thank you for telling us")]
)
def test_who_does_not_take_part_gets_help_and_leaves_no_trace(
    app: Flask, client: FlaskClient, code: str, go: str, heading: str
) -> None:
    student = Student(client, code)
    student.press("next")
    student.press(go)
    assert student.heading == heading
    assert "0800 1111" in student.html
    check_page(student.html)
    assert rows(app, "response") == []
    assert len(rows(app, "access_code")) == 3


def test_sending_a_page_twice_stores_one_response(
    app: Flask, client: FlaskClient, code: str
) -> None:
    student = Student(client, code)
    student.walk_to_send(first_of_each)
    at, fields = student.address, student.form.fields | {"go": "send"}
    for _time in range(3):
        told = client.post(at, data=fields)
        assert told.status_code == 303
        assert "Thank you" in client.get(told.headers["Location"]).text
    assert len(rows(app, "response")) == 1


def test_a_spent_code_says_so_only_at_send_and_another_can_pay(
    app: Flask, client: FlaskClient, world: World
) -> None:
    spent, other, years_ten = (
        *make_codes(app, world.own, year=9, count=2),
        *make_codes(app, world.own, year=10, count=1),
    )
    first = Student(client, spent)
    first.walk_to_send()
    first.press("send")

    second = Student(client, spent)
    second.walk_to_send(first_of_each)
    assert second.press("send").status_code == 409
    assert second.heading == "This code was used before"
    check_page(second.html)
    assert second.press("send", code="not a code").status_code == 409
    assert second.heading == "That code does not work here"
    assert second.press("send", code=spent).status_code == 409
    assert second.press("send", code=years_ten.lower()).status_code == 200
    assert sorted(
        json.loads(str(row["answers"])).get("A1", "") for row in rows(app, "response")
    ) == ["y10", "y9"]
    assert len(rows(app, "response")) == 2
    del other


def test_polling_the_first_page_tells_nothing(
    app: Flask, client: FlaskClient, world: World
) -> None:
    live, spent = make_codes(app, world.own, year=9, count=2)
    student = Student(client, spent)
    student.walk_to_send()
    assert student.press("send").status_code == 200

    def seen(code: str) -> tuple[int, str, str]:
        told = client.get(f"/s/{code}")
        page = client.get(told.headers["Location"])
        headers = "\n".join(f"{name}: {value}" for name, value in page.headers)
        return len(told.headers["Location"]), headers, page.text

    assert seen(live) == seen(spent)


def test_a_wrong_code_gets_its_own_page(client: FlaskClient, world: World) -> None:
    page = client.get("/s/AAAA-AAAA")
    assert page.status_code == 404
    assert "That code does not work" in page.get_data(as_text=True)
    check_page(page.get_data(as_text=True))
    for typed in ({"code": "nonsense"}, {}):
        told = client.post("/", data=typed)
        assert told.status_code == 303
        assert client.get(told.headers["Location"]).status_code == 404


def test_a_typed_code_leads_to_its_page(client: FlaskClient, code: str) -> None:
    typed = client.post("/", data={"code": f" {code.lower().replace('-', ' ')} "})
    assert typed.status_code == 303
    assert code not in typed.headers["Location"]
    assert "Safety survey" in client.get(typed.headers["Location"]).text
    assert client.get("/s/").headers["Location"] == "/"


def test_a_closed_wave_gets_its_own_page(
    app: Flask, client: FlaskClient, world: World, code: str
) -> None:
    student = Student(client, code)
    student.walk_to_send(first_of_each)
    close_wave(app, world)
    assert student.press("send").status_code == 410
    assert student.heading == "This survey has finished"
    check_page(student.html)
    assert client.get(f"/s/{code}").status_code == 410
    assert student.reload().status_code == 410
    assert rows(app, "response") == []


def test_a_wave_that_is_a_draft_gets_its_own_page(
    app: Flask, client: FlaskClient, world: World, code: str
) -> None:
    with app.app_context(), begin() as db:
        wave = find_wave(db, world.own.school_id, world.own.wave_id)
        wave.state, wave.questionnaire_hash, wave.opened_on = WaveState.DRAFT, None, None
    page = client.get(f"/s/{code}")
    assert page.status_code == 409
    assert "has not started yet" in page.get_data(as_text=True)
    check_page(page.get_data(as_text=True))


@pytest.mark.parametrize(
    "crafted",
    [
        {"go": "send"},
        {"go": "explode"},
        {"go": "next", "wave_id": "1"},
        {"go": "next", "B1": "01"},
        {"go": "next", "A2": "99"},
        {"go": "next", "A2": "safe"},
        {"go": "next", "A2": ["01", "02"]},
        {"go": "next", "A1": "07"},
        {"go": "take"},
        {"beside": "plan-B3"},
    ],
    ids=str,
)
def test_crafted_answers_are_refused_and_cost_no_code(
    app: Flask, client: FlaskClient, code: str, crafted: dict[str, str | list[str]]
) -> None:
    student = Student(client, code)
    while student.at != "A-1":
        student.press("next")
    page = student.send(crafted)
    assert page.status_code == 422
    check_page(page.get_data(as_text=True))
    assert rows(app, "response") == []
    assert len(rows(app, "access_code")) == 3


def test_too_many_ticks_and_a_phone_number_are_pointed_out(client: FlaskClient, code: str) -> None:
    student = Student(client, code)
    while student.at != "B-3":
        student.press("next")
    four = ["classrooms", "toilets", "gates", "library"]
    assert student.press("next", B3=four).status_code == 422
    assert "Keep 3 at most" in student.html
    assert sorted(student.ticked("B3")) == sorted(four)
    check_page(student.html)
    student.press("next", B3=four[:3])
    while student.at != "P-2":
        student.press("next")
    student.press("next", P2="call 07700 900123 <b>")
    assert student.at == "P-2"
    assert "a phone number" in student.html
    assert student.form.fields["P2"] == "call 07700 900123 <b>"
    check_page(student.html)
    student.press("next", **student.form.fields)
    assert student.at == "send"


def told(client: FlaskClient, code: str, *, typed: bool = False) -> TestResponse:
    """The page that a code leads to, typed or scanned."""
    if typed:
        return client.post("/", data={"code": code}, follow_redirects=True)
    return client.get(f"/s/{code}", follow_redirects=True)


def hammer(app: Flask, half: str, times: int = WAITS[0][0]) -> None:
    """So many wrong codes that begin alike."""
    with app.app_context():
        for number in range(times):
            app.extensions["student_guesses"].wrong(f"{half}-{number:04d}")


def test_a_code_that_begins_like_many_wrong_ones_is_let_in_after_the_time_named(
    app: Flask, client: FlaskClient, world: World, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    half = code[:4]
    wrong = [f"{half}-{a}{b}22" for a in "ABCDEFGH" for b in "JKMN"]
    seen = [told(client, guess).status_code for guess in wrong if guess != code]
    assert seen.count(404) == WAITS[0][0]
    assert seen[-1] == 429
    now = time.time()
    for typed in (False, True):
        first = told(client, code, typed=typed)
        html = first.get_data(as_text=True)
        assert first.status_code == 429
        assert f"Please wait {WAITS[0][1]} seconds" in html
        check_page(html)
        form = parse_form(html)
        monkeypatch.setattr(time, "time", lambda: now + 2)
        early = client.post("/", data=form.fields, follow_redirects=True)
        assert early.status_code == 429
        assert "Please wait 3 seconds" in early.get_data(as_text=True)
        monkeypatch.setattr(time, "time", lambda: now + WAITS[0][1] + 1)
        let_in = client.post("/", data=form.fields, follow_redirects=True)
        assert let_in.status_code == 200
        monkeypatch.setattr(time, "time", lambda: now)
    for other in make_codes(app, world.own, year=8):
        if not other.startswith(half):
            assert client.get(f"/s/{other}").status_code == 303


def test_the_wait_of_one_code_lets_no_other_in(
    app: Flask, client: FlaskClient, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    hammer(app, code[:4])
    form = parse_form(told(client, f"{code[:4]}-2222").get_data(as_text=True))
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + WAITS[0][1] + 1)
    assert told(client, code).status_code == 429
    for wait in ("", "A" * 40, str(form.fields["wait"])[:-8] + "AAAAAAAA"):
        forged = client.post("/", data={"code": code, "wait": wait}, follow_redirects=True)
        assert forged.status_code in (404, 410, 429)


def test_nobody_waits_at_send(app: Flask, client: FlaskClient, code: str) -> None:
    student = Student(client, code)
    student.walk_to_send(first_of_each)
    hammer(app, code[:4], 500)
    assert student.press("send").status_code == 200
    assert len(rows(app, "response")) == 1


def test_logs_hold_no_code_no_path_and_no_answer(
    app: Flask,
    client: FlaskClient,
    world: World,
    code: str,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    caplog.set_level(logging.DEBUG)
    student = Student(client, code)
    student.walk_to_send(first_of_each)
    addresses = [student.address]

    def fail(*_args: object, **_values: object) -> None:
        raise RuntimeError(f"the database repeats {code} and {addresses}")

    monkeypatch.setattr("survey.responses.collect.spend", fail)
    assert student.press("send").status_code == 500
    assert student.heading == "Something went wrong on our side"
    addresses.append(student.address)
    monkeypatch.undo()
    assert student.reload().status_code == 500
    assert student.press("send").status_code == 200, "nothing is lost"
    assert len(rows(app, "free_text")) == 2
    client.get("/s/AAAA-AAAA?lang=cy")
    logged = caplog.text + repr([record.__dict__ for record in caplog.records])
    assert '"event": "student_page_failed", "kind": "RuntimeError"' in logged
    hidden = [address.rpartition("/")[2][:30] for address in addresses]
    for trace in (code, *hidden, "/s/", "/p/", "AAAA", "lang=cy", "127.0.0.1"):
        assert trace not in logged


def test_no_request_of_a_student_moves_the_counter(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, codes = app.test_client(), make_codes(app, world.own, year=9, count=12)
    for day in (date(2026, 10, 5), date(2026, 10, 6)):
        monkeypatch.setattr("survey.responses.views.today", lambda day=day: day)
        for _student in range(6):
            student = Student(client, codes.pop())
            student.walk_to_send()
            assert student.press("send").status_code == 200
    with app.app_context():
        wave = find_wave(database_room.read(), world.own.school_id, world.own.wave_id)
        assert (wave.counter, wave.counter_on) == (0, None)


def test_a_change_after_send_is_said_and_not_kept(
    app: Flask, client: FlaskClient, code: str
) -> None:
    """Two tabs of one session: the first sends, the second has another answer."""
    first = Student(client, code)
    first.walk_to_send(first_of_each)
    at, fields = first.address, first.form.fields | {"go": "send"}
    second = Student(client, code)
    second.page = client.get(at)
    while second.at != "B-1":
        second.press("back")
    second.press("next", B1="unsafe")
    second.walk_to_send()
    assert "Thank you" in first.press("send").text
    before = rows(app, "response")
    for _time in range(2):
        told = client.post(second.address, data=second.form.fields | {"go": "send"})
        assert told.status_code == 303
        page = client.get(told.headers["Location"])
        assert page.status_code == 409
        assert "Your first answers are the ones we have" in page.text
        assert "The change was not sent" in page.text
        check_page(page.text)
    # The page of before, sent again, is no change.
    told = client.post(at, data=fields)
    assert "Thank you" in client.get(told.headers["Location"]).text
    [response] = rows(app, "response")
    assert [response] == before
    assert json.loads(str(response["answers"]))["B1"] == "very_safe"


def test_a_session_that_was_sent_takes_no_second_code(
    app: Flask, client: FlaskClient, world: World
) -> None:
    """The page for another code, left open in a second tab, spends none once the first has sent."""
    spent, other, third = make_codes(app, world.own, year=9)
    Student(client, spent).walk_to_send()
    first = Student(client, spent)
    first.walk_to_send()
    first.press("send")
    student = Student(client, spent)
    student.walk_to_send()
    student.press("send")
    assert student.heading == "This code was used before"
    at, fields = student.address, student.form.fields | {"go": "send"}
    assert "Thank you" in student.press("send", code=other).text
    told = client.post(at, data=fields | {"code": third})
    assert client.get(told.headers["Location"]).status_code == 410
    assert len(rows(app, "response")) == 2
    assert used_codes(app) == 2
