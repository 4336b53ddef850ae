"""From SQLite to PostgreSQL: everything arrives, in an order without meaning; or nothing does."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import select, text, update

from survey.app import create_app
from survey.backups import move_to_postgresql
from survey.backups.errors import BackupError
from survey.campaigns.models import Wave
from survey.database import begin, database, read
from survey.jobs.models import Job
from survey.jobs.states import JobState
from survey.settings import Settings
from tests import databases
from tests.attacks.attackers import ballots
from tests.attacks.ballot_box.test_killed import die, in_a_process
from tests.conftest import postgres_address
from tests.integration.test_migrations import fill, rows
from tests.world import World, sign_in

LONGEST = 120.0
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def target() -> Iterator[str]:
    address, name = postgres_address(), f"moved_{uuid.uuid4().hex}"
    databases.command(address, f"CREATE DATABASE {name}")
    yield f"{address}/{name}"
    databases.command(address, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def filled(app: Flask, world: World) -> list[ballots.Sent]:
    """A row in every table: an open survey that was answered, a closed one, a report, a
    comparison."""
    class_ = ballots.prepare(app, world.own, 10)
    ballots.send_all(app, world.own, class_[:8])
    with app.app_context(), begin() as db:
        fill(db, world.own)
        db.execute(update(Job).values(state=JobState.DONE))
    return class_


def at(app: Flask, target: str) -> Flask:
    """The app as it is configured afterwards: the same keys, ledger and secrets."""
    old: Settings = app.extensions["settings"]
    new = replace(
        old, database_url=target, key_folder=str(old.keys_at), ledger=str(old.ledger_file)
    )
    return create_app(new, testing=True)


def test_everything_arrives_and_goes_on(
    app: Flask, world: World, filled: list[ballots.Sent], target: str, database_url: str
) -> None:
    with app.app_context():
        before = rows()
        database.engine.dispose()
    run = app.test_cli_runner().invoke(args=["move-database", database_url, target])
    assert run.exit_code == 0, run.output
    assert "access_code: 11 rows, compared" in run.output
    assert "SURVEY_KEY_FOLDER=" in run.output
    assert "lacks the keys" not in run.output
    moved = at(app, target)
    with moved.app_context():
        assert rows() == before
        # The heap is in the order of the keys, and not in that of sending.
        order = [bytes(one) for one in read().scalars(text(
            "SELECT code_hash FROM access_code WHERE wave_id = :w ORDER BY ctid"
        ), {"w": world.own.wave_id})]  # fmt: skip
        assert order == sorted(order)
        sent = [one.code_hash for one in filled[:8]]
        assert [one for one in order if one in sent] == sorted(sent)
        read().rollback()
    sign_in(moved.test_client(), world.operator_email)
    ballots.send_all(moved, world.own, filled[8:])
    ballots.close(moved, world.own)
    with moved.app_context():
        count = text("SELECT count(*) FROM response WHERE wave_id = :w")
        assert read().scalar(count, {"w": world.own.wave_id}) == 10
        read().rollback()
        database.engine.dispose()


def test_a_job_under_way_is_finished_first(
    app: Flask, world: World, filled: list[ballots.Sent], target: str, database_url: str
) -> None:
    with app.app_context():
        with begin() as db:
            db.execute(update(Job).values(state=JobState.WAITING))
        with pytest.raises(BackupError, match="A job is waiting"):
            move_to_postgresql.move(database_url, target)


def test_a_target_with_anything_in_it_is_refused_and_left_alone(
    app: Flask, world: World, target: str, database_url: str
) -> None:
    first = app.test_cli_runner().invoke(args=["move-database", database_url, target])
    assert first.exit_code == 0, first.output
    again = app.test_cli_runner().invoke(args=["move-database", database_url, target])
    assert again.exit_code == 1
    assert "TARGET is not empty" in again.output


@pytest.mark.parametrize(
    ("source", "goal", "said"),
    [
        ("sqlite:////nowhere/survey.db", "postgresql+psycopg://a@b/c", "SOURCE must name"),
        ("postgresql+psycopg://a@b/c", "postgresql+psycopg://a@b/c", "SOURCE must name"),
        (None, "sqlite:////tmp/other.db", "TARGET must name"),
        (None, "postgresql+psycopg://nobody@127.0.0.1:1/none", "cannot be reached"),
    ],
)
def test_a_wrong_address_is_named(
    app: Flask, database_url: str, source: str | None, goal: str, said: str
) -> None:
    run = app.test_cli_runner().invoke(args=["move-database", source or database_url, goal])
    assert run.exit_code == 1
    assert said in run.output


def test_an_older_schema_is_migrated_first(app: Flask, target: str, database_url: str) -> None:
    with app.app_context():
        app.extensions["alembic"].downgrade("0023")
    with app.app_context(), pytest.raises(BackupError, match="safer-places migrate"):
        move_to_postgresql.move(database_url, target)


def move_and_die(settings: Settings, target: str, tables: int) -> None:
    app, copied, real = create_app(settings, testing=True), [], move_to_postgresql._copy

    def some(*given: object) -> object:
        if len(copied) == tables:
            die()
        copied.append(1)
        return real(*given)  # type: ignore[arg-type]

    move_to_postgresql._copy = some  # type: ignore[assignment]
    with app.app_context():
        move_to_postgresql.move(settings.database_url, target)
    os._exit(0)


def test_a_move_that_is_killed_leaves_an_empty_target(
    app: Flask, settings: Settings, world: World, target: str, database_url: str
) -> None:
    with app.app_context():
        database.engine.dispose()
    process = in_a_process(move_and_die, settings, target, 20)
    process.join(LONGEST)
    assert process.exitcode is not None
    assert process.exitcode < 0
    with app.app_context():
        moved = {one.table: one.rows for one in move_to_postgresql.move(database_url, target)}
        assert moved["wave"] == len(read().scalars(select(Wave)).all())
        read().rollback()


def test_what_arrives_otherwise_is_refused(
    app: Flask,
    world: World,
    target: str,
    database_url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real = move_to_postgresql.insert
    monkeypatch.setattr(
        move_to_postgresql,
        "insert",
        lambda table: real(table) if table.name != "school" else text("SELECT CAST(:name AS text)"),
    )
    with app.app_context(), pytest.raises(BackupError, match="Table school did not arrive"):
        move_to_postgresql.move(database_url, target)
