"""What a copy of the database still holds of answers after they were erased.

PostgreSQL keeps samples of the values of every column for its planner (`pg_statistic`), and the
bytes of dead rows in the free room of their pages.
"""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import Connection, text

from survey.database import begin, database
from survey.responses import collect
from survey.responses.ballot_box import sweep
from tests.attacks.attackers import ballots
from tests.attacks.ballot_box.test_closed import ON_POSTGRESQL, engine_of
from tests.world import World

STUDENTS = 30
SAMPLED = text(
    "SELECT coalesce(string_agg(concat_ws(' ', most_common_vals::text, histogram_bounds::text,"
    " most_common_elems::text), ' '), '') FROM pg_stats WHERE schemaname = 'public'"
    " AND tablename = ANY(:tables)"
)


def sampled(connection: Connection, *tables: str) -> str:
    """The values that the planner's statistics hold of these tables, after an analyse such as
    autovacuum does by itself."""
    for table in tables:
        connection.exec_driver_sql(f"ANALYZE {table}")
    return str(connection.scalar(SAMPLED, {"tables": list(tables)}))


@ON_POSTGRESQL
def test_the_planner_keeps_no_sample_of_answers(app: Flask, world: World) -> None:
    class_ = ballots.prepare(app, world.own, STUDENTS)
    ballots.send_all(app, world.own, class_)
    ballots.close(app, world.own)
    autocommit = {"isolation_level": "AUTOCOMMIT"}
    with engine_of(app).connect().execution_options(**autocommit) as connection:
        connection.exec_driver_sql("CREATE TABLE tried AS SELECT words FROM free_text")
        assert any(one.words in sampled(connection, "tried") for one in class_), "the attack works"
        held = sampled(connection, *collect.TABLES, "room_text", "help_box")
    assert [one for one in class_ if one.words in held or one.spelled in held] == []


def erase(app: Flask, world: World) -> None:
    which = {"school_id": world.own.school_id, "wave_id": world.own.wave_id}
    with app.app_context(), begin() as db:
        collect.erase(db, **which)
    with app.app_context():
        database.session.rollback()
        sweep.clear_erased(database.engine, "room_text")  # as housekeeping does


@pytest.mark.parametrize("leaves_others", [False, True])
def test_erased_answers_are_in_no_file(
    app: Flask, world: World, database_url: str, leaves_others: bool
) -> None:
    class_ = ballots.prepare(app, world.own, STUDENTS)
    ballots.send_all(app, world.own, class_)
    ballots.close(app, world.own)
    if leaves_others:
        others = ballots.prepare(app, world.other, STUDENTS)
        ballots.send_all(app, world.other, others)
        ballots.close(app, world.other)
    assert held_of(app, database_url, class_) > 0, "the attack works"
    erase(app, world)
    assert held_of(app, database_url, class_) == 0


def held_of(app: Flask, database_url: str, class_: list[ballots.Sent]) -> int:
    """Of how many of the class the files of the database hold an answer or a text."""
    if database_url.startswith("sqlite"):
        held = ballots.on_disk(database_url)
    else:
        autocommit = {"isolation_level": "AUTOCOMMIT"}
        with engine_of(app).connect().execution_options(**autocommit) as connection:
            held = b"".join(ballots.heap_bytes(connection, table) for table in collect.TABLES)
    return ballots.readable(class_, held)
