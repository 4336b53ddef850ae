"""Collecting, straight: once, whole, and sealed."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy import event, inspect

from survey.audit_log import Event, EventName
from survey.campaigns import access_codes, ballot_box
from survey.campaigns.access_codes import hash_code
from survey.campaigns.operations import find_wave
from survey.campaigns.states import WaveState
from survey.database import begin, database, folder_of, read
from survey.encryption import keys
from survey.encryption.sealing import UnsealError
from survey.questionnaires.routing import Answers
from survey.releases import operations as release_operations
from survey.responses import collect
from survey.responses.ballot_box import opening
from survey.responses.collect import CollectOutcome
from tests.integration.responses.doors import make_codes, raw_rows
from tests.world import Side, World

TODAY = date(2026, 10, 5)
Send = Callable[..., CollectOutcome]


@pytest.fixture
def send(app: Flask, world: World) -> Send:
    """Sends answers, each in a separate request."""
    key = app.extensions["settings"].code_key

    def send_one(code: str, receipt: str, answers: Answers, today: date = TODAY) -> CollectOutcome:
        with app.app_context(), begin() as db:
            return collect.collect(
                db,
                wave=find_wave(db, world.own.school_id, world.own.wave_id),
                code_hash=hash_code(code, key=key),
                receipt=collect.hash_receipt(receipt, key=key),
                answers=answers,
                today=today,
                key=key,
            )

    return send_one


def close(app: Flask, side: Side) -> WaveState:
    """Closes as the page does; the state it leads to."""
    which = {"school_id": side.school_id, "wave_id": side.wave_id}
    with app.app_context():
        with begin() as db:
            release_operations.close(db, wave=find_wave(db, **which), today=TODAY, by=None)
        opening.finish(**which, by=None)
        return find_wave(read(), **which).state


def sent(app: Flask, side: Side) -> int:
    with app.app_context():
        wave = find_wave(read(), side.school_id, side.wave_id)
        return access_codes.used(read(), wave=wave, key=app.extensions["settings"].code_key)


def test_until_the_close_nothing_is_kept_but_a_sealed_box(
    app: Flask, world: World, send: Send
) -> None:
    one, _other = make_codes(app, world.own, count=2)
    before = {bytes(row["code_hash"]): row for row in raw_rows(app, "access_code")}  # type: ignore[arg-type]
    answers = {"B1": "safe", "B3": ("toilets", "gates"), "B2": {"gates": "unsafe"}, "P2": "Lights"}
    assert send(one, "r1", answers) is CollectOutcome.STORED
    assert raw_rows(app, "response") == raw_rows(app, "free_text") == []
    after = {bytes(row["code_hash"]): row for row in raw_rows(app, "access_code")}  # type: ignore[arg-type]
    assert set(before) == set(after), "no row comes or goes"
    changed = [name for name in before if before[name] != after[name]]
    assert changed == [hash_code(one, key=app.extensions["settings"].code_key)]
    [used] = changed
    for column in ("tag", "receipt", "box"):
        assert len(bytes(after[used][column])) == len(bytes(before[used][column]))  # type: ignore[call-overload]
        assert after[used][column] != before[used][column]


def test_answers_and_free_texts_are_kept_apart_after_the_close(
    app: Flask, world: World, send: Send
) -> None:
    code, _unused = make_codes(app, world.own, count=2)
    answers = {"B1": "safe", "B3": ("toilets", "gates"), "B2": {"gates": "unsafe"}, "P2": "Lights"}
    assert send(code, "r1", answers) is CollectOutcome.STORED
    assert close(app, world.own) is WaveState.CLOSED
    [response], [words] = raw_rows(app, "response"), raw_rows(app, "free_text")
    assert response["answers"] == '{"B1":"safe","B2":{"gates":"unsafe"},"B3":["toilets","gates"]}'
    assert (words["item"], words["words"]) == ("P2", "Lights")
    assert words["text_id"] != response["response_id"]
    assert raw_rows(app, "access_code") == []


def test_the_key_goes_last_and_its_end_is_recorded(app: Flask, world: World, send: Send) -> None:
    [code] = make_codes(app, world.own, count=1)
    send(code, "r1", {"B1": "safe"})
    with app.app_context():
        folder = folder_of(database.engine)
        name = f"box-{world.own.wave_id}"
        assert name in keys.names(folder)
        assert (folder / name).stat().st_mode & 0o777 == 0o600
    close(app, world.own)
    with app.app_context():
        assert name not in keys.names(folder)
        assert find_wave(read(), world.own.school_id, world.own.wave_id).box_key is None
        told = [one.name for one in read().query(Event).order_by(Event.at)]
    assert {EventName.WAVE_CLOSED, EventName.BOXES_OPENED, EventName.KEY_DESTROYED} <= set(told)


def test_the_tables_have_no_column_and_no_key_more(app: Flask, world: World) -> None:
    with app.app_context():
        found = inspect(database.engine)
        columns = {
            table: {column["name"] for column in found.get_columns(table)}
            for table in ("response", "free_text", "access_code")
        }
        assert "receipt" not in found.get_table_names()
    assert columns == {
        "response": {"school_id", "wave_id", "response_id", "answers"},
        "free_text": {"school_id", "wave_id", "text_id", "item", "words"},
        "access_code": {"school_id", "wave_id", "code_hash", "tag", "receipt", "box"},
    }


def test_a_page_counts_once_and_a_code_pays_once(app: Flask, world: World, send: Send) -> None:
    one, two = make_codes(app, world.own, count=2)
    assert send(one, "r1", {"B1": "safe"}) is CollectOutcome.STORED
    assert send(one, "r1", {"B1": "safe"}) is CollectOutcome.ALREADY
    assert send(one, "r2", {"B1": "safe"}) is CollectOutcome.SPENT
    assert send(two, "r2", {"B1": "safe"}) is CollectOutcome.STORED, (
        "a refused page can still be sent"
    )
    assert sent(app, world.own) == 2
    close(app, world.own)
    assert len(raw_rows(app, "response")) == 2


def test_the_same_page_with_other_answers_is_told_and_changes_nothing(
    app: Flask, world: World, send: Send
) -> None:
    [code] = make_codes(app, world.own, count=1)
    assert send(code, "r1", {"B1": "safe", "P2": "Lights"}) is CollectOutcome.STORED
    assert send(code, "r1", {"B1": "very_unsafe", "P2": "Lights"}) is CollectOutcome.CHANGED
    assert send(code, "r1", {"B1": "safe", "P2": "More lights"}) is CollectOutcome.CHANGED
    assert send(code, "r1", {"P2": "Lights", "B1": "safe"}) is CollectOutcome.ALREADY
    assert send(code, "r2", {"B1": "safe", "P2": "Lights"}) is CollectOutcome.SPENT
    close(app, world.own)
    [response] = raw_rows(app, "response")
    assert json.loads(str(response["answers"])) == {"B1": "safe"}


def test_a_wave_of_another_school_does_not_take_the_code(
    app: Flask, world: World, send: Send
) -> None:
    [foreign] = make_codes(app, world.other, count=1)
    assert send(foreign, "r1", {}) is CollectOutcome.SPENT
    assert sent(app, world.other) == 0


def test_after_close_nothing_is_taken(app: Flask, world: World, send: Send) -> None:
    one, two = make_codes(app, world.own, count=2)
    send(one, "r1", {"B1": "safe"})
    close(app, world.own)
    assert send(two, "r2", {"B1": "safe"}) is CollectOutcome.CLOSED
    assert send(one, "r1", {"B1": "safe"}) is CollectOutcome.CLOSED
    assert len(raw_rows(app, "response")) == 1


def test_nothing_is_taken_after_the_last_day_whoever_closes_it(
    app: Flask, world: World, send: Send
) -> None:
    one, two = make_codes(app, world.own, count=2)
    with app.app_context(), begin() as db:
        find_wave(db, world.own.school_id, world.own.wave_id).closes_on = TODAY
    assert send(one, "r1", {"B1": "safe"}, today=TODAY) is CollectOutcome.STORED
    assert send(two, "r2", {"B1": "safe"}, today=TODAY + timedelta(days=1)) is CollectOutcome.CLOSED


def test_erasing_leaves_the_other_schools(app: Flask, world: World, send: Send) -> None:
    [code] = make_codes(app, world.own, count=1)
    send(code, "r1", {"B1": "safe", "P2": "Lights"})
    close(app, world.own)
    with app.app_context(), begin() as db:
        collect.erase(db, school_id=world.other.school_id, wave_id=world.other.wave_id)
    assert len(raw_rows(app, "response")) == len(raw_rows(app, "free_text")) == 1
    with app.app_context(), begin() as db:
        collect.erase(db, school_id=world.own.school_id, wave_id=world.own.wave_id)
    assert raw_rows(app, "response") == raw_rows(app, "free_text") == []


@pytest.mark.parametrize("same", ["code", "page and code", "page, code and time"])
def test_sends_at_the_same_moment_store_one_response(
    app: Flask, world: World, send: Send, same: str
) -> None:
    threads = 6
    made = make_codes(app, world.own, count=threads)
    together = threading.Barrier(threads)

    def one(number: int) -> CollectOutcome:
        receipt = "r" if "page" in same else f"r{number}"
        if "time" in same:
            together.wait()
        return send(made[0], receipt, {"B1": "safe"})

    with ThreadPoolExecutor(threads) as pool:
        outcomes = list(pool.map(one, range(threads)))
    others = CollectOutcome.ALREADY if "page" in same else CollectOutcome.SPENT
    assert sorted(outcomes) == sorted([CollectOutcome.STORED, *[others] * (threads - 1)])
    assert sent(app, world.own) == 1


def test_students_at_the_same_moment_are_all_stored(app: Flask, world: World, send: Send) -> None:
    made = make_codes(app, world.own, count=24)
    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(lambda code: send(code, code, {"B1": "safe"}), made))
    assert set(outcomes) == {CollectOutcome.STORED}
    close(app, world.own)
    assert len(raw_rows(app, "response")) == 24


def test_a_close_waits_for_sends_and_takes_what_they_stored(
    app: Flask, world: World, send: Send
) -> None:
    """Sends and the close meet; what was acknowledged is counted, and nothing else."""
    made = make_codes(app, world.own, count=40)
    with ThreadPoolExecutor(8) as pool:
        sends = [pool.submit(send, code, code, {"B1": "safe"}) for code in made]
        sends[6].result()
        assert close(app, world.own) is WaveState.CLOSED
        outcomes = [one.result() for one in sends]
    assert set(outcomes) <= {CollectOutcome.STORED, CollectOutcome.CLOSED}
    assert len(raw_rows(app, "response")) == outcomes.count(CollectOutcome.STORED)


def test_a_send_takes_three_statements_at_most(app: Flask, world: World, send: Send) -> None:
    [code] = make_codes(app, world.own, count=1)
    said: list[str] = []

    def listen(_conn, _cursor, statement, *_rest) -> None:  # type: ignore[no-untyped-def]
        said.append(statement)

    for outcome in (CollectOutcome.STORED, CollectOutcome.ALREADY):
        said.clear()
        with app.app_context():
            engine = database.engine
        event.listen(engine, "before_cursor_execute", listen)
        try:
            assert send(code, "r1", {"B1": "safe"}) is outcome
        finally:
            event.remove(engine, "before_cursor_execute", listen)
        sql = [one for one in said if not one.startswith("BEGIN")]
        assert len(sql) <= 3, sql
        assert not [one for one in sql if one.startswith("INSERT")]


def test_what_is_sealed_has_one_size(app: Flask, world: World, send: Send) -> None:
    one, two, _three = make_codes(app, world.own, count=3)
    send(one, "r1", {})
    send(two, "r2", {"B1": "safe", "P2": "𠜎" * 300})
    assert len({len(bytes(row["box"])) for row in raw_rows(app, "access_code")}) == 1  # type: ignore[call-overload]


def test_a_box_that_somebody_changed_does_not_stop_the_others(
    app: Flask, world: World, send: Send
) -> None:
    made = make_codes(app, world.own, count=3)
    for code in made:
        send(code, code, {"B1": "safe"})
    key = app.extensions["settings"].code_key
    with app.app_context(), begin() as db:
        row = db.get_one(
            box_model(), (world.own.school_id, world.own.wave_id, hash_code(made[0], key=key))
        )
        row.box = bytes(len(row.box))
    assert close(app, world.own) is WaveState.CLOSED
    assert len(raw_rows(app, "response")) == 2
    with app.app_context():
        told = read().query(Event).filter_by(name=EventName.BOXES_OPENED).one()
        assert told.details["unreadable"] == 1


def box_model():  # type: ignore[no-untyped-def]
    from survey.campaigns.models import AccessCode

    return AccessCode


def test_a_box_of_another_wave_does_not_open(app: Flask, world: World) -> None:
    with app.app_context():
        own = find_wave(read(), world.own.school_id, world.own.wave_id)
        other = find_wave(read(), world.other.school_id, world.other.wave_id)
        key = ballot_box.find_key(folder_of(database.engine), own)
        with pytest.raises(UnsealError):
            key.open(ballot_box.BallotBox.of(other).blank(), use=ballot_box.BallotBox.of(own).use)
        with pytest.raises(UnsealError):
            key.open(ballot_box.BallotBox.of(own).blank(), use=ballot_box.BallotBox.of(other).use)
