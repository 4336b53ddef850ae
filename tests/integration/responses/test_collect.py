"""Collecting, straight: once, whole, and without a trace of order."""

from __future__ import annotations

import json
import secrets
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import inspect, text

from survey.campaigns import operations
from survey.campaigns.codes import hash_code
from survey.campaigns.operations import find_wave
from survey.db import begin, database
from survey.questionnaires.routing import Answers
from survey.responses import collect
from survey.responses.collect import Outcome
from tests.integration.responses.doors import make_codes, rows
from tests.world import World

TODAY = date(2026, 10, 5)
Send = Callable[..., Outcome]


@pytest.fixture
def send(app: Flask, world: World) -> Send:
    """Sends answers, each in a request of its own."""
    key = app.extensions["settings"].code_key

    def send_one(code: str, receipt: str, answers: Answers) -> Outcome:
        with app.app_context(), begin() as db:
            return collect.collect(
                db,
                wave=find_wave(db, world.own.school_id, world.own.wave_id),
                code_hash=hash_code(code, key=key),
                receipt=collect.hash_receipt(receipt, key=key),
                answers=answers,
                today=TODAY,
            )

    return send_one


def test_answers_and_free_texts_are_kept_apart(app: Flask, world: World, send: Send) -> None:
    [code] = make_codes(app, world.own, count=1)
    answers = {"B1": "safe", "B3": ("toilets", "gates"), "B2": {"gates": "unsafe"}, "P2": "Lights"}
    assert send(code, "r1", answers) is Outcome.STORED
    [response], [words] = rows(app, "response"), rows(app, "free_text")
    assert response["answers"] == '{"B1":"safe","B2":{"gates":"unsafe"},"B3":["toilets","gates"]}'
    assert (words["item"], words["words"]) == ("P2", "Lights")
    assert words["text_id"] != response["response_id"]


def test_the_tables_have_no_column_and_no_key_more(app: Flask, world: World) -> None:
    with app.app_context():
        found = inspect(database.engine)
        columns = {
            table: {column["name"] for column in found.get_columns(table)}
            for table in ("response", "free_text", "receipt", "access_code")
        }
    assert columns == {
        "response": {"school_id", "wave_id", "response_id", "answers"},
        "free_text": {"school_id", "wave_id", "text_id", "item", "words"},
        "receipt": {"school_id", "wave_id", "receipt_hash"},
        "access_code": {"school_id", "wave_id", "code_hash"},
    }


def test_a_page_counts_once_and_a_code_pays_once(app: Flask, world: World, send: Send) -> None:
    one, two = make_codes(app, world.own, count=2)
    assert send(one, "r1", {"B1": "safe"}) is Outcome.STORED
    assert send(one, "r1", {"B1": "safe"}) is Outcome.ALREADY
    assert send(two, "r1", {"B1": "safe"}) is Outcome.ALREADY, "and the other code is not spent"
    assert send(one, "r2", {"B1": "safe"}) is Outcome.SPENT
    assert send(two, "r2", {"B1": "safe"}) is Outcome.STORED, "a refused page can still be sent"
    assert len(rows(app, "response")) == 2
    assert rows(app, "access_code") == []


def test_a_wave_of_another_school_does_not_take_the_code(
    app: Flask, world: World, send: Send
) -> None:
    [foreign] = make_codes(app, world.other, count=1)
    assert send(foreign, "r1", {}) is Outcome.SPENT
    assert len(rows(app, "access_code")) == 1


def test_after_close_nothing_is_taken_and_receipts_go(app: Flask, world: World, send: Send) -> None:
    one, two = make_codes(app, world.own, count=2)
    send(one, "r1", {"B1": "safe"})
    with app.app_context(), begin() as db:
        wave = find_wave(db, world.own.school_id, world.own.wave_id)
        operations.close(db, wave=wave, today=TODAY, by=None)
        collect.forget_receipts(db, school_id=wave.school_id, wave_id=wave.wave_id)
    assert send(two, "r2", {"B1": "safe"}) is Outcome.CLOSED
    assert send(one, "r1", {"B1": "safe"}) is Outcome.CLOSED
    assert rows(app, "receipt") == []
    assert len(rows(app, "response")) == 1


def test_erasing_leaves_the_other_schools(app: Flask, world: World, send: Send) -> None:
    [code] = make_codes(app, world.own, count=1)
    send(code, "r1", {"B1": "safe", "P2": "Lights"})
    with app.app_context(), begin() as db:
        collect.erase(db, school_id=world.other.school_id, wave_id=world.other.wave_id)
    assert len(rows(app, "response")) == len(rows(app, "free_text")) == 1
    with app.app_context(), begin() as db:
        collect.erase(db, school_id=world.own.school_id, wave_id=world.own.wave_id)
    assert rows(app, "response") == rows(app, "free_text") == rows(app, "receipt") == []


@pytest.mark.parametrize("same", ["page", "code", "page and code"])
def test_sends_at_the_same_moment_store_one_response(
    app: Flask, world: World, send: Send, same: str
) -> None:
    threads = 6
    codes = make_codes(app, world.own, count=threads)
    together = threading.Barrier(threads)

    def one(number: int) -> Outcome:
        code = codes[0] if "code" in same else codes[number]
        receipt = "r" if "page" in same else f"r{number}"
        together.wait()
        return send(code, receipt, {"B1": "safe"})

    with ThreadPoolExecutor(threads) as pool:
        outcomes = list(pool.map(one, range(threads)))
    others = Outcome.ALREADY if "page" in same else Outcome.SPENT
    assert sorted(outcomes) == sorted([Outcome.STORED, *[others] * (threads - 1)])
    assert len(rows(app, "response")) == 1
    assert len(rows(app, "access_code")) == threads - 1


def test_students_at_the_same_moment_are_all_stored(app: Flask, world: World, send: Send) -> None:
    codes = make_codes(app, world.own, count=24)
    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(lambda code: send(code, code, {"B1": "safe"}), codes))
    assert set(outcomes) == {Outcome.STORED}
    assert len(rows(app, "response")) == 24


def test_where_a_row_lies_does_not_tell_when_it_came(app: Flask, world: World, send: Send) -> None:
    codes = make_codes(app, world.own, count=30)
    for number, code in enumerate(codes):
        assert send(code, f"r{number}", {"B1": "safe", "B2": {"gates": str(number)}}) is (
            Outcome.STORED
        )
    before = rows(app, "response")
    with app.app_context(), begin() as db:
        collect.rewrite(db, school_id=world.own.school_id, wave_id=world.own.wave_id)
    with app.app_context():
        collect.vacuum(database.engine)
    after = rows(app, "response")
    order = [int(json.loads(str(row["answers"]))["B2"]["gates"]) for row in after]
    assert sorted(order) == list(range(30)), "nothing lost, nothing doubled"
    assert order != list(range(30))
    if database_is_postgres(app):
        with app.app_context(), database.engine.connect() as connection:
            transactions = connection.scalar(
                text("SELECT count(DISTINCT xmin::text) FROM response")
            )
        assert transactions == 1
        keys = {row["response_id"] for row in before} & {row["response_id"] for row in after}
        assert keys == set(), "keys of a stolen older copy lead nowhere"
    else:
        assert [row["response_id"] for row in after] == sorted(
            str(row["response_id"]) for row in after
        )


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_spent_code_is_overwritten_on_the_disk(
    app: Flask, world: World, send: Send, database_url: str
) -> None:
    spent, live = make_codes(app, world.own, count=2)
    key = app.extensions["settings"].code_key
    send(spent, secrets.token_hex(8), {"B1": "safe"})
    with app.app_context():
        collect.vacuum(database.engine)
    path = Path(database_url.removeprefix("sqlite:///"))
    on_disk = b"".join(file.read_bytes() for file in path.parent.glob(path.name + "*"))
    assert hash_code(live, key=key) in on_disk
    assert hash_code(spent, key=key) not in on_disk


def database_is_postgres(app: Flask) -> bool:
    with app.app_context():
        return database.engine.dialect.name == "postgresql"
