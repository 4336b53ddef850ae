"""Attacks on a survey that is open: what the disk, the logs, a backup or a reader of the database
shows who answered what. Each is tried on the construction of before as well, where it succeeds.
"""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import Connection, text

from tests.attacks.attackers import ballots
from tests.attacks.attackers.ballots import Before, engine_of, readable
from tests.integration.responses.doors import raw_rows
from tests.world import World

STUDENTS = 30
ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
ON_POSTGRESQL = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


@ON_SQLITE
def test_the_file_and_its_log_hold_no_answer(app: Flask, world: World, database_url: str) -> None:
    class_ = ballots.prepare(app, world.own, STUDENTS)
    before = Before(engine_of(app))
    before.print_codes(class_)
    for one in class_:
        before.send(one)
    assert readable(class_, ballots.on_disk(database_url)) == STUDENTS, "the attack works"
    wiped(app)
    assert readable(class_, ballots.on_disk(database_url)) == 0
    ballots.send_all(app, world.own, class_)
    assert readable(class_, ballots.on_disk(database_url)) == 0


def wiped(app: Flask) -> None:
    """Ends the construction of before, and what it left on the disk."""
    options = {"isolation_level": "AUTOCOMMIT"}
    with engine_of(app).connect().execution_options(**options) as connection:
        for table in ("old_code", "old_response", "old_text"):
            connection.exec_driver_sql(f"DROP TABLE {table}")
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("VACUUM")
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")


def tied_by_transaction(connection: Connection, codes: str, answers: str) -> dict[bytes, str]:
    """Code to answers, where a code's row died in the transaction that wrote the answers. Dead rows
    are read from the pages."""
    connection.exec_driver_sql("CREATE EXTENSION IF NOT EXISTS pageinspect")
    died = connection.execute(
        text(
            "SELECT t_attrs, t_xmin::text, t_xmax::text FROM generate_series(0,"
            " pg_relation_size(CAST(:codes AS regclass)) / 8192 - 1) AS page,"
            " heap_page_item_attrs(get_raw_page(CAST(:codes AS text), page::int),"
            " CAST(:codes AS regclass))"
            " WHERE t_attrs IS NOT NULL"
        ),
        {"codes": codes},
    ).all()
    written = connection.execute(text(f"SELECT xmin::text, answers FROM {answers}")).all()
    born = {transaction: str(line) for transaction, line in written}
    tied: dict[bytes, str] = {}
    for attributes, xmin, xmax in died:
        for transaction in (xmin, xmax):
            if transaction in born:
                tied |= {bytes(one)[-32:]: born[transaction] for one in attributes if one}
    return tied


@ON_POSTGRESQL
def test_no_transaction_ties_a_code_to_answers(app: Flask, world: World) -> None:
    class_ = ballots.prepare(app, world.own, STUDENTS)
    before = Before(engine_of(app))
    before.print_codes(class_)
    for one in class_:
        before.send(one)
    ballots.send_all(app, world.own, class_)
    with engine_of(app).connect() as connection:
        old = tied_by_transaction(connection, "old_code", "old_response")
        assert sum(old.get(one.code_hash) == one.spelled for one in class_) == STUDENTS
        assert tied_by_transaction(connection, "access_code", "response") == {}
        connection.rollback()


@ON_POSTGRESQL
def test_neither_pages_nor_the_write_ahead_log_hold_an_answer(app: Flask, world: World) -> None:
    class_ = ballots.prepare(app, world.own, STUDENTS)
    autocommit = {"isolation_level": "AUTOCOMMIT"}
    with engine_of(app).connect().execution_options(**autocommit) as connection:
        start = ballots.wal_position(connection)
        ballots.send_all(app, world.own, class_)
        log = ballots.wal_since(connection, start)
        pages = b"".join(
            ballots.heap_bytes(connection, table)
            for table in ("access_code", "response", "free_text")
        )
        sealed = [bytes(row["box"])[100:160] for row in raw_rows(app, "access_code")]  # type: ignore[call-overload]
        assert any(part in log for part in sealed), "it is the log of these sends"
        assert readable(class_, log) == 0
        assert readable(class_, pages) == 0
        before = Before(engine_of(app))
        before.print_codes(class_)
        start = ballots.wal_position(connection)
        for one in class_:
            before.send(one)
        assert readable(class_, ballots.wal_since(connection, start)) == STUDENTS


def test_two_backups_with_one_send_between_tell_no_answer(app: Flask, world: World) -> None:
    """The same holds for someone who reads the tables again and again."""
    class_ = ballots.prepare(app, world.own, 10)
    before = Before(engine_of(app))
    before.print_codes(class_)
    told_before = told_now = 0
    for one in class_:
        earlier = {str(row["answers"]) for row in raw_rows(app, "old_response")}
        before.send(one)
        later = {str(row["answers"]) for row in raw_rows(app, "old_response")}
        told_before += later - earlier == {one.spelled}

        tables = ("access_code", "response", "free_text", "wave", "event")
        first = {table: raw_rows(app, table) for table in tables}
        ballots.send_all(app, world.own, [one])
        second = {table: raw_rows(app, table) for table in tables}
        gone, came = (
            [row for table in tables for row in here[table] if row not in there[table]]
            for here, there in ((first, second), (second, first))
        )
        # The row of one code: it held sealed bytes before, and holds as many.
        [old], [new] = gone, came
        assert old["code_hash"] == new["code_hash"]
        assert len(bytes(old["box"])) == len(bytes(new["box"]))  # type: ignore[call-overload]
        told_now += readable([one], b"".join(_bytes(value) for value in new.values()))
    assert (told_before, told_now) == (10, 0)


def _bytes(value: object) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()


def test_without_the_operators_key_a_used_code_looks_like_any_other(
    app: Flask, world: World
) -> None:
    """Lengths, shared values and marks of used and unused codes: nothing tells them apart."""
    class_ = ballots.prepare(app, world.own, STUDENTS)
    ballots.send_all(app, world.own, class_[::2])
    used = {one.code_hash for one in class_[::2]}
    kept = raw_rows(app, "access_code")
    for column in ("tag", "receipt", "box"):
        shapes = {
            is_used: {
                len(bytes(row[column]))  # type: ignore[call-overload]
                for row in kept
                if (bytes(row["code_hash"]) in used) is is_used  # type: ignore[call-overload]
            }
            for is_used in (True, False)
        }
        assert shapes[True] == shapes[False]
        assert len({bytes(row[column]) for row in kept}) == STUDENTS  # type: ignore[call-overload]
