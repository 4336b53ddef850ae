"""Attacks on a survey after its close: does the way rows lie, or what is left of dead ones, tell
the order in which students sent, or which text belongs to which answers?"""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import Connection, make_url, text

from survey.campaigns import ballot_box
from survey.campaigns.operations import find_wave
from survey.campaigns.states import WaveState
from survey.database import database, folder_of, read
from survey.encryption import keys
from survey.responses.ballot_box import opening, sqlite_file, sweep
from survey.responses.collect import TABLES
from tests.attacks.attackers import ballots
from tests.attacks.attackers.ballots import Before, Sent, engine_of
from tests.integration.responses.doors import raw_rows
from tests.world import World

STUDENTS = 60
BY_CHANCE = 10
"""As many in their place by chance happen once in ten million times."""
ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
ON_POSTGRESQL = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


def spilled(url: str, table: str, column: str) -> list[str]:
    """The values of a column in the order of the pages that their rows spill into, by SQLite's own
    map of its file: what a thief of one copy sees."""
    path = Path(str(make_url(url).database))
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as connection:
        pages = connection.execute(
            "SELECT pageno FROM dbstat WHERE name = ? AND pagetype = 'overflow'"
            " AND path LIKE '%+000000' ORDER BY pageno",
            (table,),
        ).fetchall()
        values = [row[0] for row in connection.execute(f"SELECT {column} FROM {table}")]
    connection.close()
    whole, size = path.read_bytes(), 4096
    found = []
    for (page,) in pages:
        start = (page - 1) * size + 4
        for length in (640, 320, 160, 80):  # answers of two students can share a part of a page
            part = whole[start : start + length]
            whose = [one for one in values if part in str(one).encode()]
            if len(whose) == 1:
                break
        found += whose
    return found


def long_answers(class_: list[Sent]) -> list[str]:
    return [one.spelled for one in class_]


@ON_SQLITE
def test_the_order_of_pages_is_that_of_the_random_keys(
    app: Flask, world: World, database_url: str
) -> None:
    class_ = ballots.prepare(app, world.own, STUDENTS)
    before = Before(engine_of(app))
    before.print_codes(class_)
    for one in class_:
        before.send(one)
    before.close()
    guess = spilled(database_url, "old_response", "answers")
    assert len(guess) == STUDENTS, "every response spills"
    assert ballots.in_place(guess, long_answers(class_)) == STUDENTS, "the attack works"

    ballots.send_all(app, world.own, class_)
    ballots.close(app, world.own)
    guess = spilled(database_url, "response", "answers")
    by_key = sorted(raw_rows(app, "response"), key=lambda row: str(row["response_id"]))
    assert guess == [str(row["answers"]) for row in by_key], "pages say what the keys say"
    assert ballots.in_place(guess, long_answers(class_)) <= BY_CHANCE


@ON_SQLITE
def test_after_the_close_the_file_holds_answers_once_and_no_sealed_box(
    app: Flask, world: World, database_url: str
) -> None:
    class_ = ballots.prepare(app, world.own, STUDENTS)
    ballots.send_all(app, world.own, class_)
    boxes = [bytes(row["box"])[64:96] for row in raw_rows(app, "access_code")]  # type: ignore[call-overload]
    assert all(part in ballots.on_disk(database_url) for part in boxes)
    ballots.close(app, world.own)
    data = ballots.on_disk(database_url)
    assert [data.count(one.words.encode()) for one in class_] == [1] * STUDENTS
    assert not any(part in data for part in boxes)
    assert not any(one.code_hash in data for one in class_)
    log = Path(f"{make_url(database_url).database}-wal").read_bytes()
    assert ballots.readable(class_, log) == 0


def test_texts_lie_in_an_order_of_their_own(app: Flask, world: World) -> None:
    """Which text came with which answers: guessed by the order in which both are stored."""
    class_ = ballots.prepare(app, world.own, STUDENTS)
    ballots.send_all(app, world.own, class_)
    ballots.close(app, world.own)
    words_of = {one.spelled: one.words for one in class_}
    responses = [words_of[str(row["answers"])] for row in raw_rows(app, "response")]
    texts = [str(row["words"]) for row in raw_rows(app, "free_text")]
    assert sorted(responses) == sorted(texts), "nothing lost, nothing doubled"
    assert ballots.in_place(texts, responses) <= BY_CHANCE
    sent = [one.words for one in class_]
    assert ballots.in_place(texts, sent) <= BY_CHANCE
    assert ballots.in_place(responses, sent) <= BY_CHANCE


def dead_rows(connection: Connection, table: str) -> int:
    """Rows of a table that died and whose bytes are still in its pages."""
    connection.exec_driver_sql("CREATE EXTENSION IF NOT EXISTS pageinspect")
    return int(
        connection.scalar(
            text(
                "SELECT count(*) FROM"
                " generate_series(0, pg_relation_size(CAST(:table AS regclass)) / 8192 - 1) AS p,"
                " heap_page_items(get_raw_page(CAST(:table AS text), p::int))"
                " WHERE t_data IS NOT NULL AND t_xmax::text <> '0'"
            ),
            {"table": table},
        )
        or 0
    )


@ON_POSTGRESQL
def test_no_dead_row_is_left_and_the_heap_lies_in_the_order_of_the_keys(
    app: Flask, world: World
) -> None:
    class_ = ballots.prepare(app, world.own, STUDENTS)
    ballots.send_all(app, world.own, class_)
    ballots.close(app, world.own)
    with engine_of(app).connect() as connection:
        connection.exec_driver_sql("CREATE TABLE tried (number int)")
        connection.exec_driver_sql("INSERT INTO tried SELECT generate_series(1, 10)")
        connection.exec_driver_sql("DELETE FROM tried")
        assert dead_rows(connection, "tried") == 10, "the attack works"
        assert [dead_rows(connection, table) for table in TABLES] == [0, 0, 0]
        for table, key in (("response", "response_id"), ("free_text", "text_id")):
            lain = connection.execute(text(f"SELECT {key}, xmin::text FROM {table} ORDER BY ctid"))
            rows = lain.all()
            assert [one for one, _born in rows] == sorted(one for one, _born in rows)
            assert len({born for _one, born in rows}) == 1
        connection.rollback()


@ON_POSTGRESQL
def test_holes_of_erased_rows_do_not_change_the_order(app: Flask, world: World) -> None:
    """Rows of one wave are erased; those of the next go into the holes, and are put in order."""
    for side in (world.own, world.other):
        class_ = ballots.prepare(app, side, STUDENTS)
        ballots.send_all(app, side, class_)
    ballots.close(app, world.other)
    with engine_of(app).begin() as connection:
        connection.exec_driver_sql(
            "DELETE FROM response WHERE response_id::text < '8' OR response_id::text > 'c'"
        )
    autocommit = {"isolation_level": "AUTOCOMMIT"}
    with engine_of(app).connect().execution_options(**autocommit) as connection:
        connection.exec_driver_sql("VACUUM response")
    ballots.close(app, world.own)
    with engine_of(app).connect() as connection:
        lain = connection.scalars(
            text("SELECT response_id FROM response WHERE wave_id = :wave ORDER BY ctid"),
            {"wave": world.own.wave_id},
        ).all()
    assert list(lain) == sorted(lain)
    assert len(lain) == STUDENTS


@ON_POSTGRESQL
def test_the_write_ahead_log_of_the_close_has_the_order_of_the_keys(
    app: Flask, world: World
) -> None:
    class_ = ballots.prepare(app, world.own, STUDENTS)
    words = [one.words for one in class_]
    before = Before(engine_of(app))
    others = ballots.prepare(app, world.other, STUDENTS)
    before.print_codes(others)
    autocommit = {"isolation_level": "AUTOCOMMIT"}
    with engine_of(app).connect().execution_options(**autocommit) as connection:
        start = ballots.wal_position(connection)
        for one in others:
            before.send(one)
        theirs = [one.words for one in others]
        assert ballots.needle_order(ballots.wal_since(connection, start), theirs) == theirs
        start = ballots.wal_position(connection)
        ballots.send_all(app, world.own, class_)
        ballots.close(app, world.own)
        found = ballots.needle_order(ballots.wal_since(connection, start), words)
    by_key = sorted(raw_rows(app, "free_text"), key=lambda row: str(row["text_id"]))
    assert found == [str(row["words"]) for row in by_key]
    assert ballots.in_place(found, words) <= BY_CHANCE


def test_a_backup_of_the_open_survey_does_not_open_after_the_close(
    app: Flask, world: World
) -> None:
    """Someone kept every sealed box, and takes everything there is after the close."""
    class_ = ballots.prepare(app, world.own, 5)
    ballots.send_all(app, world.own, class_)
    with app.app_context():
        wave = find_wave(read(), world.own.school_id, world.own.wave_id)
        folder, its_box = folder_of(database.engine), ballot_box.BallotBox.of(wave)
        secret = keys.read(folder, ballot_box.key_name(wave))
        key = ballot_box.find_key(folder, wave)
        [kept, *_more] = [bytes(row["box"]) for row in raw_rows(app, "access_code")]  # type: ignore[call-overload]
        assert key.open(kept, use=its_box.use), "with the key it opens"
    ballots.close(app, world.own)
    there = b"".join(path.read_bytes() for path in folder.iterdir())
    assert secret not in there
    if engine_of(app).dialect.name == "sqlite":
        assert secret not in ballots.on_disk(str(engine_of(app).url))


# A sweep that does not sweep


def test_a_reader_in_the_way_stops_the_close_loudly_and_it_can_be_repeated(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweep, "WAIT_SECONDS", 0.2)
    class_ = ballots.prepare(app, world.own, 5)
    ballots.send_all(app, world.own, class_)
    which = {"school_id": world.own.school_id, "wave_id": world.own.wave_id}
    isolation = {"sqlite": "SERIALIZABLE", "postgresql": "REPEATABLE READ"}
    engine = engine_of(app)
    with engine.connect().execution_options(
        isolation_level=isolation[engine.dialect.name]
    ) as reader:
        reader.execute(text("SELECT count(*) FROM access_code"))
        with pytest.raises(opening.BoxesNotSweptError, match="another program is reading"):
            ballots.close(app, world.own)
        with app.app_context():
            wave = find_wave(read(), **which)
            assert wave.state is WaveState.CLOSED
            with pytest.raises(opening.BoxesNotSweptError):
                opening.refuse_unless_swept(wave)
            assert ballot_box.key_name(wave) in keys.names(folder_of(database.engine))
        reader.rollback()
    with app.app_context():
        opening.finish(**which, by=None)
        wave = find_wave(read(), **which)
        opening.refuse_unless_swept(wave)
        assert ballot_box.key_name(wave) not in keys.names(folder_of(database.engine))
    assert len(raw_rows(app, "response")) == 5


@ON_SQLITE
def test_the_check_reads_the_file_as_sqlite_does(
    app: Flask, world: World, database_url: str
) -> None:
    """Our own reading of the file against SQLite's map of it, on rows that spill and rows that do
    not, in a tree of several levels."""
    path = Path(str(make_url(database_url).database))
    with engine_of(app).connect() as connection:
        connection.exec_driver_sql(
            "CREATE TABLE tried (a TEXT, b TEXT, c TEXT, long TEXT, PRIMARY KEY (a, b, c))"
            " WITHOUT ROWID"
        )
        for number in range(400):
            connection.exec_driver_sql(
                "INSERT INTO tried VALUES ('x', 'y', ?, ?)",
                (f"{number * 7919 % 400:04}", "w" * (number * 37 % 9000)),
            )
        connection.commit()
    ballots.Before(engine_of(app)).close()
    rows = sqlite_file.places_of(path, "tried", ("x", "y"))
    assert [row.key[2] for row in rows] == [f"{number:04}" for number in range(400)]
    with sqlite3.connect(path) as connection_:
        pages = {
            row[0]
            for row in connection_.execute(
                "SELECT pageno FROM dbstat WHERE name = 'tried' AND pagetype = 'overflow'"
            )
        }
    connection_.close()
    assert {page for row in rows for page in row.pages} == pages
    assert len(pages) > 400
    path.write_bytes(path.read_bytes()[: -200 * 4096])
    with pytest.raises(sqlite_file.BrokenFileError):
        sqlite_file.places_of(path, "tried", ("x", "y"))


@ON_SQLITE
def test_the_check_sees_pages_that_tell(app: Flask, world: World, database_url: str) -> None:
    """Rows inserted one by one in another order than that of their keys are not taken for swept."""
    class_ = ballots.prepare(app, world.own, 20)
    with engine_of(app).connect() as connection:
        for one in class_:
            connection.execute(
                text("INSERT INTO response VALUES (:s, :w, :r, :a)"),
                {
                    "s": world.own.school_id.hex,
                    "w": world.own.wave_id.hex,
                    "r": one.code_hash.hex()[:32],
                    "a": one.spelled,
                },
            )
        connection.commit()
    autocommit = {"isolation_level": "AUTOCOMMIT"}
    with engine_of(app).connect().execution_options(**autocommit) as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        path = Path(str(make_url(database_url).database))
        with pytest.raises(sweep.SweepError, match="pages do not lie"):
            sweep._check_sqlite(connection, path, world.own.school_id, world.own.wave_id)
    sweep.sweep(engine_of(app), school_id=world.own.school_id, wave_id=world.own.wave_id)
