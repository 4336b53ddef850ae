"""A reader of PostgreSQL who comes later, with the operator's keys. Every live row has the number
of the transaction that wrote it, and a request for help is written between two Sends. Which rows,
of any table, are between them, and whose code was used just before?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import sleep

import pytest
from flask import Flask
from sqlalchemy import Engine, text

from survey.help_requests import box_storage
from survey.jobs import periodic
from survey.mail import sending
from survey.responses.ballot_box import sweep as ballot_sweep
from survey.responses.collect import TABLES
from tests.attacks.attackers import ballots, linkage
from tests.attacks.attackers.ballots import Sent
from tests.attacks.test_help_requests import send as ask
from tests.conftest import settings_for
from tests.world import World

pytestmark = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
STUDENTS, ASKED_AFTER = 8, 4


@pytest.fixture
def settings(database_url: str, tmp_path: Path):  # type: ignore[no-untyped-def]
    (tmp_path / "mail").mkdir()
    return settings_for(database_url, mail_folder=str(tmp_path / "mail"), mail_from="a@survey.test")


def between(app: Flask, class_: Sequence[Sent]) -> dict[str, set[int]]:
    """For each table with rows that were written between two Sends: after which student's."""
    engine = ballots.engine_of(app)
    with engine.connect() as connection:
        found = connection.execute(text("SELECT code_hash, xmin::text::bigint FROM access_code"))
        born = {bytes(code_hash): number for code_hash, number in found}
    sends = [born[one.code_hash] for one in class_]
    assert sends == sorted(sends), "the order of Sends is read"
    seen: dict[str, set[int]] = {}
    for table, rows in linkage.snapshot(engine).tables.items():
        numbers = [int(str(dict(row)["born"])) for row in rows if "born" in dict(row)]
        after = {sum(one < number for one in sends) for number in numbers if number not in sends}
        if inside := after - {0, len(sends)}:
            seen[table] = inside
    return seen


def test_no_row_stands_between_two_sends_once_the_hour_is_over(app: Flask, world: World) -> None:
    class_ = ballots.prepare(app, world.own, STUDENTS)
    ballots.send_all(app, world.own, class_[:ASKED_AFTER])
    ask(app.test_client(), world.own, "Robin Featherstone")
    with app.app_context():
        assert sending.deliver().sent == 1
    ballots.send_all(app, world.own, class_[ASKED_AFTER:])
    told = {f"public.{table}": {ASKED_AFTER} for table in box_storage.SWEPT}
    assert between(app, class_) == told, "the attack works until then"
    assert periodic.tell_hour(app, since=0) > 0
    assert between(app, class_) == {}
    with ballots.engine_of(app).connect() as connection:
        connection.exec_driver_sql("CREATE EXTENSION IF NOT EXISTS pageinspect")
        for table in box_storage.SWEPT:
            dead = text(
                f"SELECT count(*) FROM heap_page_items(get_raw_page('{table}', 0))"
                " WHERE t_xmax::text <> '0'"
            )
            assert connection.scalar(dead) == 0, "and no earlier version is left"


def test_a_reader_in_the_way_keeps_no_student_waiting(app: Flask, world: World) -> None:
    """What reads the table by day, such as a backup, is not waited for longer than a second."""
    with ballots.engine_of(app).connect() as reader:
        reader.execute(text("SELECT count(*) FROM help_box"))
        assert periodic.tell_hour(app, since=0) > 0
        with pytest.raises(box_storage.RequestsNotSweptError):
            box_storage.sweep(ballots.engine_of(app), seconds=0.01)
        reader.rollback()
    ask(app.test_client(), world.own, "Robin Featherstone")
    box_storage.sweep(ballots.engine_of(app), seconds=0.01)


@pytest.mark.parametrize(
    "sweeps",
    [
        lambda engine: box_storage.sweep(engine, seconds=2.0),
        lambda engine: ballot_sweep.clear_erased(engine),
    ],
    ids=["of-requests", "of-erased-answers"],
)
def test_no_send_waits_as_long_as_a_sweep_does(
    app: Flask,
    world: World,
    sweeps: Callable[[Engine], None],
) -> None:
    """A backup reads in the night, and the sweep would have its tables for itself. Who comes after
    a request for such a lock waits behind it, for as long as that waits."""
    engine = ballots.engine_of(app)
    class_ = ballots.prepare(app, world.own, STUDENTS)
    with engine.connect() as backup, ThreadPoolExecutor(1) as pool:
        for table in (*box_storage.SWEPT, *TABLES):
            backup.exec_driver_sql(f"LOCK TABLE {table} IN ACCESS SHARE MODE")
        sweep = pool.submit(sweeps, engine)
        sent = 0
        for one in class_:
            if not sweep.done():
                with engine.begin() as student:
                    student.exec_driver_sql("SET LOCAL lock_timeout = '1s'")
                    student.execute(
                        text("UPDATE access_code SET tag = tag WHERE code_hash = :code"),
                        {"code": one.code_hash},
                    )
                    student.exec_driver_sql("DELETE FROM ended_session WHERE hour = 1")
                sent += 1
                sleep(0.1)
        with pytest.raises((box_storage.RequestsNotSweptError, ballot_sweep.SweepError)):
            sweep.result()
        assert sent, "the sweep was still trying"
