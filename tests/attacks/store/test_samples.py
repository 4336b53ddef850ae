"""PostgreSQL's planner, after everything was sampled: what do its statistics hold of students while
a survey is open, after its close, and after its answers were erased? The whole of `pg_statistic`,
of every table, also of those that have come since."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import create_engine, text

from survey.database import begin
from survey.responses import collect
from tests.attacks.attackers import ballots
from tests.attacks.attackers.ballots import Sent
from tests.attacks.test_help_requests import send as ask
from tests.conftest import settings_for
from tests.world import World

pytestmark = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)

STUDENTS = 12
NAME = "Robin Zyxwvut"
HELD = text(
    "SELECT coalesce(string_agg(concat_ws(' ', stavalues1::text, stavalues2::text,"
    " stavalues3::text, stavalues4::text, stavalues5::text), ' '), '') FROM pg_statistic s"
    " JOIN pg_class c ON c.oid = s.starelid JOIN pg_namespace n ON n.oid = c.relnamespace"
    " WHERE n.nspname = 'public'"
)


@pytest.fixture
def settings(database_url: str, tmp_path):  # type: ignore[no-untyped-def]
    return settings_for(database_url, mail_folder=str(tmp_path), mail_from="a@survey.test")


def sampled(database_url: str) -> str:
    engine = create_engine(database_url, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            connection.exec_driver_sql("ANALYZE")
            return str(connection.scalar(HELD))
    finally:
        engine.dispose()


def told(held: str, class_: list[Sent]) -> list[str]:
    """What the samples say of students: words, answers, codes, hashes of codes, and a name."""
    secrets = [NAME] + [
        secret
        for one in class_
        for secret in (one.words, one.spelled[250:330], one.code, one.code_hash.hex())
    ]
    return [one for one in secrets if one in held]


def test_no_sample_holds_anything_of_a_student(app: Flask, world: World, database_url: str) -> None:
    class_ = ballots.prepare(app, world.own, STUDENTS)
    ballots.send_all(app, world.own, class_)
    ask(app.test_client(), world.own, NAME)
    while_open = sampled(database_url)
    assert str(world.own.school_id) in while_open, "the samples are read"
    ballots.close(app, world.own)
    closed = sampled(database_url)
    with app.app_context(), begin() as db:
        collect.erase(db, school_id=world.own.school_id, wave_id=world.own.wave_id)
    erased = sampled(database_url)
    assert [told(held, class_) for held in (while_open, closed, erased)] == [[], [], []]
