"""What a queue may hold and say: nothing that a student does, and no answer."""

from __future__ import annotations

import json
import logging
from datetime import datetime, timedelta
from importlib.resources import files
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import inspect, select, text

from survey.database import begin, database, read
from survey.jobs import schedule
from survey.jobs.models import Job
from survey.jobs.states import JobState
from survey.retention import jobs as retention_jobs
from tests.integration.responses.doors import Student, make_codes
from tests.jobs import run_jobs
from tests.world import World


def queue_rows() -> list[tuple[object, ...]]:
    """Every row of every table that has to do with jobs."""
    read().rollback()
    names = [
        name
        for name in inspect(database.engine).get_table_names()
        if name == "job" or name.startswith("procrastinate_")
    ]
    found = [tuple(row) for name in names for row in read().execute(text(f"SELECT * FROM {name}"))]
    read().rollback()
    return found


def test_a_student_who_sends_puts_nothing_on_a_queue(
    app: Flask, client: FlaskClient, world: World
) -> None:
    """A row with a time for each Send would be a list of who sent when."""
    (code,) = make_codes(app, world.own, count=1)
    with app.app_context():
        before = queue_rows()
    student = Student(client, code)
    student.walk_to_send()
    assert student.press("send").status_code in (200, 303)
    with app.app_context():
        assert queue_rows() == before


def test_the_log_of_a_job_names_its_number_alone(
    app: Flask, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    with app.test_request_context(), begin() as db:
        schedule.enqueue_due(db)
    with caplog.at_level(logging.INFO):
        run_jobs(app)
    said = [json.loads(one.getMessage()) for one in caplog.records if "job_" in one.getMessage()]
    with app.app_context():
        number = read().scalars(select(Job.job_id).order_by(Job.job_id.desc())).first()
    assert [(one["event"], one["job"]) for one in said] == [
        ("job_begun", str(number)),
        ("job_done", str(number)),
    ]
    assert all(set(one) <= {"at", "level", "event", "job"} for one in said)


def test_the_upkeep_of_a_night_is_asked_for_once(app: Flask, world: World) -> None:
    with app.test_request_context():
        with begin() as db:
            assert schedule.is_due(db), "the last one is of another day"
            assert schedule.enqueue_due(db)
            assert not schedule.enqueue_due(db)
        assert run_jobs(app) == 1
        with begin() as db:
            assert not schedule.enqueue_due(db), "it was done tonight"
            job = db.scalars(select(Job).order_by(Job.job_id.desc())).first()
            assert job is not None
            assert job.state is JobState.DONE
            assert "surveys closed after their last day" in (job.result or "")
            job.asked_at -= timedelta(days=1)
            assert schedule.enqueue_due(db), "a new day has a night of its own"


@pytest.mark.parametrize(
    ("now", "due"),
    [
        ("2026-12-01T02:29", "2026-11-30T02:30"),
        ("2026-12-01T02:31", "2026-12-01T02:30"),
        ("2026-07-01T01:29", "2026-06-30T01:30"),  # an hour earlier in UTC: summer time
        ("2026-07-01T01:31", "2026-07-01T01:30"),
        ("2026-03-29T01:31", "2026-03-29T01:30"),  # the night in which the clock goes forward
        ("2028-02-29T12:00", "2028-02-29T02:30"),
    ],
)
def test_a_night_begins_at_half_past_two_at_the_schools(now: str, due: str) -> None:
    assert schedule._latest(datetime.fromisoformat(now)) == datetime.fromisoformat(due)


def test_housekeeping_is_never_run_twice_at_once(app: Flask, world: World) -> None:
    with app.test_request_context(), begin() as db:
        schedule.enqueue_due(db)
    refused = app.test_cli_runner().invoke(args=["housekeeping"])
    assert refused.exit_code == 1
    assert "running already" in refused.output
    run_jobs(app)
    assert app.test_cli_runner().invoke(args=["housekeeping"]).exit_code == 0


def test_upkeep_that_could_not_do_everything_fails_in_plain_words(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = retention_jobs.Done(problems=["The log could not be emptied."])
    monkeypatch.setattr(retention_jobs.retention, "keep", lambda *_given, **_more: done)
    with app.test_request_context(), begin() as db:
        schedule.enqueue_due(db)
    run_jobs(app)
    with app.app_context():
        job = read().scalars(select(Job).order_by(Job.job_id.desc())).first()
        assert job is not None
        assert (job.state, job.problem) == (JobState.FAILED, "The log could not be emptied.")


def test_the_tables_of_procrastinate_are_those_of_the_version_that_is_installed() -> None:
    """A newer version with another schema needs a migration of ours before it is pinned."""
    (script,) = (one for one in Path("migrations").glob("*_jobs.py"))
    newest = max(
        one.name
        for one in files("procrastinate.sql.migrations").iterdir()
        if one.name.endswith(".sql")
    )
    assert f'NEWEST = "{newest}"' in script.read_text(encoding="utf-8")
    copied = script.with_name(script.name.replace("jobs.py", "procrastinate.sql"))
    schema = files("procrastinate.sql").joinpath("schema.sql").read_text(encoding="utf-8")
    assert copied.read_text(encoding="utf-8").endswith(schema)
