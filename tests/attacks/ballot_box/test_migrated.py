"""A database of the first schema, with an open and a closed survey: what was readable is sealed or
mixed, nothing is lost, and what lay in the order of sending is gone from the disk."""

from __future__ import annotations

import json
import uuid
from collections import Counter

import pytest
from flask import Flask
from sqlalchemy import text

from survey.app import alembic
from survey.campaigns.access_codes import hash_code, make_codes
from survey.campaigns.operations import find_wave
from survey.campaigns.states import WaveState
from survey.database import begin, database, read
from survey.encryption.keys import KeyFileMissingError
from survey.responses.collect import CollectOutcome
from tests.attacks.attackers import ballots
from tests.attacks.attackers.ballots import Sent
from tests.integration.responses.doors import raw_rows, used_codes
from tests.world import Side, World

Migrated = tuple[list[Sent], list[Sent], Sent, dict[str, object]]
STRANGE = '{"B1":"an option of long ago"}'


def store_as_before(side: Side, class_: list[Sent], live: list[bytes]) -> None:
    """Rows as the old code wrote them, one transaction a student."""
    hexed = database.engine.dialect.name == "sqlite"

    def key(value: uuid.UUID) -> object:
        return value.hex if hexed else value

    at_wave = {"s": key(side.school_id), "w": key(side.wave_id)}
    for code in live:
        with begin() as db:
            db.execute(text("INSERT INTO access_code VALUES (:s, :w, :c)"), at_wave | {"c": code})
    for one in class_:
        number = uuid.uuid4()
        with begin() as db:
            for statement, row in (
                ("INSERT INTO receipt VALUES (:s, :w, :c)", {"c": number.bytes * 2}),
                ("INSERT INTO response VALUES (:s, :w, :k, :a)", {"a": one.spelled}),
                (
                    "INSERT INTO free_text VALUES (:s, :w, :k, 'P2', :t)",
                    {"t": one.words},
                ),
            ):
                db.execute(text(statement), at_wave | {"k": key(number)} | row)


def strange(side: Side) -> Sent:
    """What a questionnaire of today cannot have given."""
    return Sent("", b"", json.loads(STRANGE), "needle of somebody else")


@pytest.fixture
def migrated(app: Flask, world: World) -> Migrated:
    """The answers of an open wave, of a closed one, a live card, and what was kept before."""
    key = app.extensions["settings"].code_key
    open_class = ballots.prepare(app, world.own, 20)
    closed_class = ballots.prepare(app, world.other, 21)  # other answers than the others
    [card] = make_codes(door=world.own.door, year=9, count=1, key=key, before=900)
    live = Sent(card, hash_code(card, key=key), open_class[0].answers, "another needle")
    with app.app_context():
        with begin() as db:
            db.execute(text("DELETE FROM access_code"))
        alembic.downgrade("0001")
        store_as_before(world.own, [*open_class, strange(world.own)], [live.code_hash])
        store_as_before(world.other, closed_class, [])
        with begin() as db:
            db.execute(
                text("UPDATE wave SET state = 'closed', closed_on = '2026-11-01' WHERE door = :d"),
                {"d": world.other.door},
            )
        before = {str(row["response_id"]) for row in raw_rows(app, "response")}
        database.session.rollback()
    done = app.test_cli_runner().invoke(args=["migrate", "--stopped"])
    assert done.exit_code == 0, done.output
    return open_class, closed_class, live, {"keys": before}


def test_what_was_readable_is_sealed_or_mixed_and_a_survey_goes_on(
    app: Flask, world: World, migrated: Migrated, database_url: str
) -> None:
    if database_url.startswith("sqlite"):
        check_the_file_forgot(migrated, database_url)
    check_the_closed_survey(app, world, migrated)
    check_the_open_survey(app, world, migrated)


def check_the_file_forgot(migrated: Migrated, database_url: str) -> None:
    open_class, closed_class, _live, _before = migrated
    data = ballots.on_disk(database_url)
    assert ballots.readable(open_class, data) == 0
    assert [data.count(one.words.encode()) for one in closed_class] == [1] * len(closed_class)


def check_the_open_survey(app: Flask, world: World, migrated: Migrated) -> None:
    """It is sealed, and continues."""
    open_class, _closed, live, _before = migrated
    own = [row for row in raw_rows(app, "response") if _is_of(row, world.own)]
    texts = [row for row in raw_rows(app, "free_text") if _is_of(row, world.own)]
    assert own == texts == []
    kept = raw_rows(app, "access_code")
    # A text shares a box with some response, so that the number of used codes is that of students;
    # the twenty-first finds none that can take one.
    assert len(kept) == len(open_class) + 1 + 1 + 1, "answers, a text that is over, a card"
    assert len({len(bytes(row["box"])) for row in kept}) == 1  # type: ignore[call-overload]
    assert used_codes(app) == len(kept) - 1
    assert ballots.send(app, world.own, live) is CollectOutcome.STORED
    ballots.close(app, world.own)
    stored = Counter(
        str(row["answers"]) for row in raw_rows(app, "response") if _is_of(row, world.own)
    )
    assert stored == Counter([*(one.spelled for one in open_class), STRANGE, live.spelled])
    words = Counter(
        str(row["words"]) for row in raw_rows(app, "free_text") if _is_of(row, world.own)
    )
    sent = [*(one.words for one in open_class), "needle of somebody else"]
    assert words == Counter([*sent, str(live.answers["P2"])])


def _is_of(row: object, side: Side) -> bool:
    assert isinstance(row, dict)
    return uuid.UUID(str(row["wave_id"])) == side.wave_id


def check_the_closed_survey(app: Flask, world: World, migrated: Migrated) -> None:
    """It keeps its answers, under other keys."""
    _open, closed_class, _live, before = migrated
    rows = [row for row in raw_rows(app, "response") if _is_of(row, world.other)]
    assert Counter(str(row["answers"]) for row in rows) == Counter(
        one.spelled for one in closed_class
    )
    keys = [str(row["response_id"]) for row in rows]
    assert keys == sorted(keys), "they lie in the order of the new keys"
    assert not set(keys) & before["keys"]  # type: ignore[operator]
    with app.app_context():
        wave = find_wave(read(), world.other.school_id, world.other.wave_id)
        assert (wave.state, wave.box_key) == (WaveState.CLOSED, None)


def test_a_step_back_without_the_key_is_refused_and_loses_nothing(app: Flask, world: World) -> None:
    ballots.send_all(app, world.own, ballots.prepare(app, world.own, 2))
    with app.app_context():
        folder = database.engine.get_execution_options()["survey_key_folder"]
        name = f"box-{world.own.wave_id}"
        kept = (folder / name).read_bytes()
        (folder / name).unlink()
        database.session.rollback()
        with pytest.raises(KeyFileMissingError, match=name):
            alembic.downgrade("0012")
        (folder / name).write_bytes(kept)
        alembic.upgrade()  # SQLite takes each step by itself; those before the refused one are done
    assert used_codes(app) == 2
