"""A student's request does the student's work and no upkeep, however much of it is due."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, event

from survey.campaigns.models import VoidDoor, Wave
from survey.database import begin, today
from survey.http.submit_once import SentForm
from survey.questionnaires.document import content_hash
from survey.questionnaires.load import load_all
from tests.integration.responses.doors import Student, make_codes
from tests.world import TEMPLATE, World

WRITES = re.compile(
    r"\s*(INSERT INTO|UPDATE|DELETE FROM|VACUUM|CLUSTER|PRAGMA wal\w*)\s*(\w*)", re.I
)
OWN = {
    ("UPDATE", "access_code"),
    ("INSERT INTO", "ended_session"),
    ("DELETE FROM", "ended_session"),
}
"""What a student's Send writes: the sealed box, and that the session is over. It forgets sessions
that are over for two hours, because the page says that nothing is kept for longer."""


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """What a request does is the same on both engines."""
    return sqlite_url


@contextmanager
def written() -> Iterator[list[tuple[str, str]]]:
    """What is written while this is open."""
    found: list[tuple[str, str]] = []

    def listen(_connection, _cursor, statement, *_more) -> None:  # type: ignore[no-untyped-def]
        if did := WRITES.match(statement):
            found.append((did[1].upper(), did[2].lower()))

    event.listen(Engine, "before_cursor_execute", listen)
    try:
        yield found
    finally:
        event.remove(Engine, "before_cursor_execute", listen)


def make_everything_due(app: Flask, world: World) -> None:
    """A survey that should have been closed, answers that should be gone, old forms and doors."""
    long_ago = today() - timedelta(days=2000)
    with app.app_context(), begin() as db:
        other = db.get_one(Wave, (world.other.school_id, world.other.wave_id))
        other.opened_on, other.closes_on = long_ago, long_ago + timedelta(days=9)
        db.add(SentForm(form_hash=b"f" * 32, sent_on=long_ago, led_to=None))
        db.add(
            VoidDoor(
                door=7,
                school_id=world.own.school_id,
                questionnaire_hash=content_hash(load_all()[TEMPLATE]),
                title="Long ago",
                voided_on=date(2020, 1, 1),
            )
        )


def test_a_student_runs_no_upkeep(app: Flask, client: FlaskClient, world: World) -> None:
    make_everything_due(app, world)
    first, second = make_codes(app, world.own, count=2)
    client.get("/")  # settles the ledger, once for each process
    with written() as found:
        student = Student(client, first)
        student.walk_to_send()
        assert student.press("send").status_code == 200
        Student(client, second)
        client.get("/s/AAAA-AAAA")
    assert found, "a Send is written"
    assert set(found) <= OWN
