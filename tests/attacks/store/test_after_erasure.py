"""A finder of what was erased: whatever a database's files still hold of it.

Before, on PostgreSQL, 28 of 30 answers of a school stayed in the free room of pages that they
shared with answers of another school, and a reader who kept a transaction open made housekeeping
leave everything where it was, on both engines, and say that its work was done.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import create_engine, make_url, text

from survey.database import begin, database
from survey.responses import collect
from survey.responses.ballot_box import sweep
from survey.retention import operations as retention
from tests.attacks.attackers import ballots
from tests.attacks.attackers.ballots import TODAY, Sent
from tests.world import World

STUDENTS = 30
PIECE, STEP = 90, 15
"""Answers are looked for piece by piece: what remains of a row may begin anywhere in it."""

AUTOCOMMIT = {"isolation_level": "AUTOCOMMIT"}
TABLES = ("access_code", "response", "free_text", "room_text")


def bytes_of(database_url: str) -> bytes:
    """The files of the database: all of SQLite's; on PostgreSQL those of tables that hold answers,
    and of their indexes and long values, read by a connection of the attacker's own."""
    if database_url.startswith("sqlite"):
        path = Path(str(make_url(database_url).database))
        return b"".join(
            one.read_bytes() for one in path.parent.glob(f"{path.name}*") if one.is_file()
        )
    engine = create_engine(database_url)
    try:
        with engine.connect().execution_options(**AUTOCOMMIT) as connection:
            connection.exec_driver_sql("CHECKPOINT")
            named = connection.scalars(
                text(
                    "WITH named AS (SELECT oid, reltoastrelid FROM pg_class WHERE relkind = 'r'"
                    " AND relname = ANY(:tables)), held AS (SELECT oid FROM named UNION"
                    " SELECT reltoastrelid FROM named WHERE reltoastrelid <> 0 UNION"
                    " SELECT indexrelid FROM pg_index WHERE indrelid IN (SELECT oid FROM named))"
                    " SELECT pg_relation_filepath(oid) FROM held"
                ),
                {"tables": list(TABLES)},
            ).all()
            read = text("SELECT pg_read_binary_file(:path)")
            return b"".join(bytes(connection.scalar(read, {"path": one}) or b"") for one in named)
    finally:
        engine.dispose()


def found(data: bytes, class_: Sequence[Sent], others: Sequence[Sent]) -> int:
    """Of how many students there is a word in these bytes, or a piece of an answer that no other
    student of either school gave."""
    return sum(
        one.words.encode() in data
        or any(
            piece.encode() in data
            for at in range(0, len(one.spelled) - PIECE, STEP)
            if not any(
                (piece := one.spelled[at : at + PIECE]) in other.spelled
                for other in (*class_, *others)
                if other is not one
            )
        )
        for one in class_
    )


@pytest.fixture
def classes(app: Flask, world: World) -> tuple[list[Sent], list[Sent]]:
    """Two schools that answer at the same time, and close one after the other."""
    own = ballots.prepare(app, world.own, STUDENTS)
    other = ballots.prepare(app, world.other, STUDENTS)
    for one, another in zip(own, other, strict=True):
        ballots.send(app, world.own, one)
        ballots.send(app, world.other, another)
    ballots.close(app, world.own)
    ballots.close(app, world.other)
    return own, other


def erase(app: Flask, world: World) -> None:
    with app.app_context(), begin() as db:
        collect.erase(db, school_id=world.own.school_id, wave_id=world.own.wave_id)


def housekeeping(app: Flask) -> list[str]:
    """A night's upkeep, and what it says was in the way."""
    with app.app_context():
        database.session.rollback()
        done = retention.keep(app.extensions["settings"], today=TODAY)
        database.session.rollback()
    return done.problems


@pytest.mark.slow
def test_a_night_later_nothing_is_left_between_the_rows_of_others(
    app: Flask, world: World, database_url: str, classes: tuple[list[Sent], list[Sent]]
) -> None:
    own, other = classes
    assert found(bytes_of(database_url), own, other) == STUDENTS, "the attack works"
    erase(app, world)
    housekeeping(app)
    held = bytes_of(database_url)
    assert (found(held, own, other), found(held, other, own)) == (0, STUDENTS)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_vacuum_alone_leaves_them(
    app: Flask, world: World, database_url: str, classes: tuple[list[Sent], list[Sent]]
) -> None:
    """The construction of before."""
    erase(app, world)
    with app.app_context(), database.engine.connect().execution_options(**AUTOCOMMIT) as connection:
        for table in TABLES:
            connection.exec_driver_sql(f"VACUUM {table}")
    assert found(bytes_of(database_url), *classes) > 0


@contextmanager
def reading(database_url: str) -> Iterator[None]:
    """Another program that keeps a transaction open on all that is there."""
    engine = create_engine(database_url)
    options = {} if database_url.startswith("sqlite") else {"isolation_level": "REPEATABLE READ"}
    try:
        with engine.connect().execution_options(**options) as connection:
            connection.execute(text("SELECT count(*) FROM wave")).scalar()
            yield
            connection.rollback()
    finally:
        engine.dispose()


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_write_in_another_database_hides_no_reader(
    app: Flask, world: World, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Numbers of transactions are those of the whole server. A write elsewhere that began before
    all this made the check compare with its number, and pass with every erased row still there."""
    monkeypatch.setattr(sweep, "WAIT_SECONDS", 0.1)
    elsewhere = create_engine(make_url(database_url).set(database="postgres"))
    try:
        with elsewhere.connect() as other:
            other.execute(text("SELECT txid_current()"))
            class_ = ballots.prepare(app, world.own, 3)
            ballots.send_all(app, world.own, class_)
            ballots.close(app, world.own)
            with reading(database_url):
                erase(app, world)
                for clear in (sweep.clear_erased, sweep.clear):
                    with app.app_context(), pytest.raises(sweep.SweepError):
                        clear(database.engine)
            with app.app_context():
                sweep.clear_erased(database.engine)
            other.rollback()
    finally:
        elsewhere.dispose()
    assert found(bytes_of(database_url), class_, []) == 0


@pytest.mark.slow
def test_a_reader_in_the_way_is_said_and_the_next_night_does_it(
    app: Flask,
    world: World,
    database_url: str,
    classes: tuple[list[Sent], list[Sent]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sweep, "WAIT_SECONDS", 0.1)
    with reading(database_url):
        erase(app, world)
        every = housekeeping(app)
        said = [one for one in every if "erased" in one]
        assert said, every
    assert [one for one in housekeeping(app) if "erased" in one] == []
    assert found(bytes_of(database_url), *classes) == 0


def test_where_nothing_was_erased_nothing_is_written_again(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    housekeeping(app)
    asked: list[str] = []
    monkeypatch.setattr(sweep, "clear_erased", lambda *_given: asked.append("again"))
    housekeeping(app)
    assert asked == []
