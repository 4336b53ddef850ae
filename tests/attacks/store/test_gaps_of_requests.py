"""A person who holds the database and the operator's keys, hours later, and looks for what is
missing. A request for help takes numbers that no Send takes: of transactions, of long values, of
the log. Where numbers are missing between two Sends, or the log begins, a request came."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import Connection, make_url, text

from survey.help_requests.operations import box_key
from survey.jobs import periodic, worker_starter
from survey.mail import sending
from survey.retention import operations as retention
from tests.attacks.attackers import ballots
from tests.attacks.store.test_log_of_requests import versions
from tests.attacks.test_help_requests import send as ask
from tests.conftest import settings_for
from tests.world import World

STUDENTS, ASKED_AFTER = 8, 4
HOURS = 3


@pytest.fixture
def settings(database_url: str, tmp_path: Path):  # type: ignore[no-untyped-def]
    (tmp_path / "mail").mkdir()
    return settings_for(database_url, mail_folder=str(tmp_path / "mail"), mail_from="a@survey.test")


def gaps(numbers: list[int]) -> set[int]:
    """After how many of them some numbers are missing."""
    return {at for at in range(1, len(numbers)) if numbers[at] > numbers[at - 1] + 1}


@dataclass(frozen=True)
class Numbers:
    """What the rows of codes show: transactions that wrote one row, and long values."""

    transactions: list[int]
    values: list[int]

    def missing(self, earlier: Numbers) -> tuple[set[int], set[int]]:
        """After which of the rows that are new since `earlier` a number is missing."""
        last = max(earlier.values, default=0)
        return gaps(self.transactions), gaps([one for one in self.values if one > last])


def numbers(connection: Connection) -> Numbers:
    alone = "SELECT {0} FROM {1} GROUP BY {0} HAVING count(DISTINCT {2}) = 1 ORDER BY {0}"
    long = connection.scalar(
        text("SELECT reltoastrelid::regclass::text FROM pg_class WHERE relname = 'access_code'")
    )
    transactions = connection.scalars(
        text(alone.format("xmin::text::bigint", "access_code", "code_hash"))
    )
    values = connection.scalars(text(f"SELECT DISTINCT chunk_id::bigint FROM {long} ORDER BY 1"))
    return Numbers(list(transactions), list(values))


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_no_number_is_missing_between_two_sends_once_the_hour_is_over(
    app: Flask, world: World
) -> None:
    """The server counts for all of its databases, so another test may take a number at the moment
    of the rewriting. One hour without a gap shows that the rewriting leaves none."""
    class_ = ballots.prepare(app, world.own, STUDENTS * HOURS)
    engine = ballots.engine_of(app)
    for hour in range(HOURS):
        with engine.connect() as connection:
            earlier = numbers(connection)
        of_the_hour = class_[hour * STUDENTS : (hour + 1) * STUDENTS]
        ballots.send_all(app, world.own, of_the_hour[:ASKED_AFTER])
        ask(app.test_client(), world.own, "Robin Featherstone")
        with app.app_context():
            assert sending.deliver().sent == 1
        ballots.send_all(app, world.own, of_the_hour[ASKED_AFTER:])
        with engine.connect() as connection:
            transactions, values = numbers(connection).missing(earlier)
        assert ASKED_AFTER in transactions, "until then it works"
        assert ASKED_AFTER in values
        assert periodic.tell_hour(app, since=0) > 0
        with engine.connect() as connection:
            transactions, values = numbers(connection).missing(earlier)
        assert transactions == set()
        if not values:
            break
    assert values == set()
    with engine.connect() as connection:
        connection.exec_driver_sql("CREATE EXTENSION IF NOT EXISTS pageinspect")
        dead = (  # a row that its own transaction held before it wrote it again is alive
            "SELECT count(*) FROM heap_page_items(get_raw_page('access_code', 0))"
            " WHERE t_xmax::text NOT IN ('0', t_xmin::text)"
        )
        assert connection.scalar(text(dead)) == 0, "and no earlier version is left"
    ballots.close(app, world.own)
    with engine.connect() as connection:
        sent = STUDENTS * (hour + 1)
        assert connection.scalar(text("SELECT count(*) FROM response")) == sent


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_log_does_not_begin_with_a_request(
    app: Flask,
    world: World,
    database_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The log is emptied after a request, so the first code in it was used after one. A student who
    asks for help before the end of the survey is the next to send."""
    path, key = (
        Path(str(make_url(database_url).database)),
        box_key(app.extensions["settings"].totp_key),
    )
    copy = tmp_path / "copy"
    copy.mkdir()

    def first_used() -> bytes | None:
        """The first code that the log shows to be used."""
        before: dict[bytes, bytes] | None = None
        for tags, _requests in versions(path, copy / "db", key):
            if before is not None and before != tags:
                return next(code for code, tag in tags.items() if before.get(code) != tag)
            before = tags
        return None

    class_ = ballots.prepare(app, world.own, STUDENTS)
    for number, (asks, follows) in enumerate(zip(class_[::2], class_[1::2], strict=True)):
        ask(app.test_client(), world.own, "Robin Featherstone")
        ballots.send_all(app, world.own, [asks, follows])
        assert first_used() == asks.code_hash, "until then it works"
        if number % 2:
            periodic.go_round(app)
        else:  # a worker runs only while there is work
            monkeypatch.setattr(worker_starter, "is_work", lambda _app: False)
            worker_starter.look(app, database_url, is_round=True)
        assert first_used() is None


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_night_without_a_worker_leaves_no_gap_either(app: Flask, world: World) -> None:
    """Upkeep that is run by hand, or by the clock of the machine."""
    class_ = ballots.prepare(app, world.own, STUDENTS)
    ballots.send_all(app, world.own, class_[:ASKED_AFTER])
    ask(app.test_client(), world.own, "Robin Featherstone")
    ballots.send_all(app, world.own, class_[ASKED_AFTER:])
    with ballots.engine_of(app).connect() as connection:
        assert ASKED_AFTER in gaps(numbers(connection).transactions), "until then it works"
    with app.app_context():
        done = retention.keep(app.extensions["settings"], today=ballots.TODAY)
    assert done.problems == []
    with ballots.engine_of(app).connect() as connection:
        assert gaps(numbers(connection).transactions) == set()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_worker_that_was_off_at_the_full_hour_does_it_when_it_starts(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(periodic, "EVERY_SECONDS", 0.0)
    told = []

    def listen(_app: Flask) -> None:
        told.append(True)

    is_stopping = iter([False, True])
    with periodic.hour_begins.connected_to(listen):
        periodic._go_round(app, lambda: next(is_stopping))
    assert told == [True]
