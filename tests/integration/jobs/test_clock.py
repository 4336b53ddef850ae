"""A clock that was wrong for a while, and is right again: what it left behind does no harm.

The attack: a machine starts with a clock that is years ahead, as one with an empty battery does, or
that was ahead once and has been corrected.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from survey.campaigns.models import Wave
from survey.campaigns.states import WaveState
from survey.command_line import doctor
from survey.database import begin, read
from survey.device import ended_sessions
from survey.device.ended_sessions import EndedSession
from survey.device.hour_keys import HOUR_SECONDS, HourKeys
from survey.jobs import lease_clock, operations, run_job, schedule
from survey.jobs.models import Job
from survey.jobs.schedule import UPKEEP
from survey.jobs.states import JobState
from survey.organisations.accounts.sessions import StaffSession
from survey.permissions import Role
from survey.retention import jobs as retention_jobs
from survey.serving import last_runs
from survey.serving.checks import CheckState, check_housekeeping
from survey.serving.last_runs import RunName, ServiceRun
from tests.jobs import run_jobs
from tests.world import World, sign_in

YEAR = timedelta(days=365)


def last_upkeep(by: timedelta) -> None:
    """The last upkeep was asked for and done so long from now."""
    with begin() as db:
        operations.enqueue(db, UPKEEP, {}, by=None, deliver=False)
        job = db.scalars(select(Job).order_by(Job.job_id.desc())).first()
        assert job is not None
        job.state, job.asked_at = JobState.DONE, lease_clock.now(db) + by
        last_runs.note(db, RunName.HOUSEKEEPING)
        db.get_one(ServiceRun, RunName.HOUSEKEEPING.value).ran_at += by


def waiting(db: Session) -> Job:
    return db.scalars(select(Job).where(Job.state == JobState.WAITING)).one()


def closed(app: Flask) -> int:
    with app.app_context():
        return read().scalar(select(func.count()).where(Wave.state != WaveState.OPEN)) or 0


def test_the_upkeep_goes_on_after_a_clock_that_was_a_year_ahead(app: Flask, world: World) -> None:
    with app.test_request_context():
        last_upkeep(YEAR)
        assert check_housekeeping(read()).state is CheckState.WARNING
        assert "the clock was wrong then" in check_housekeeping(read()).words
        with begin() as db:
            assert schedule.enqueue_due(db), "it is not put off until that time comes"
        assert run_jobs(app) == 1
        with begin() as db:
            assert not schedule.enqueue_due(db), "and runs once"
        assert check_housekeeping(read()).state is CheckState.OK


def test_a_clock_that_leaps_ahead_closes_and_erases_nothing_by_itself(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_before = closed(app)
    with app.test_request_context():
        last_upkeep(-YEAR)
        with begin() as db:
            assert not schedule.enqueue_due(db)
        assert run_jobs(app) == 0
        assert closed(app) == open_before
        found = check_housekeeping(read())
        assert (found.state, "Nothing is closed or erased" in found.words) == (
            CheckState.WARNING,
            True,
        )
        assert "run safer-places housekeeping" in found.advice
        assert app.test_cli_runner().invoke(args=["housekeeping"]).exit_code == 0
        read().rollback()
        assert not schedule.is_paused(read())


@pytest.mark.parametrize("days", [1, 45, 99])
def test_a_machine_that_was_off_in_summer_goes_on_by_itself(
    app: Flask, world: World, days: int
) -> None:
    with app.test_request_context():
        last_upkeep(timedelta(days=-days))
        with begin() as db:
            assert schedule.enqueue_due(db)


def test_the_operator_reads_that_the_upkeep_waits(app: Flask, world: World) -> None:
    client = app.test_client()
    sign_in(client, world.email(Role.OPERATOR))
    assert "The nightly upkeep waits for you" not in client.get("/operator/jobs").text
    with app.test_request_context():
        last_upkeep(-YEAR)
    assert "The nightly upkeep waits for you" in client.get("/operator/jobs").text


def test_two_clocks_that_disagree_close_and_erase_nothing(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Days are those of the worker's machine, and another clock is that of the database."""
    before = closed(app)
    ahead = lease_clock.here() + YEAR
    monkeypatch.setattr(retention_jobs.lease_clock, "now", lambda _db: ahead)
    done = app.test_cli_runner().invoke(args=["housekeeping"])
    assert done.exit_code == 1
    assert "8760 hours apart, so nothing was closed or erased" in done.output
    assert closed(app) == before


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_doctor_compares_the_clocks_of_two_machines(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    with app.app_context():
        (found,) = doctor._of_clocks()
        assert found.state is CheckState.OK
        late = lease_clock.here() - timedelta(minutes=5)
        monkeypatch.setattr(lease_clock, "here", lambda: late)
        (found,) = doctor._of_clocks()
        assert found.state is CheckState.WARNING


def test_a_job_that_waits_until_a_wrong_time_is_taken_now(app: Flask, world: World) -> None:
    with app.test_request_context():
        with begin() as db:
            operations.enqueue(db, UPKEEP, {}, by=None, deliver=False)
            waiting(db).not_before = lease_clock.now(db) + YEAR
        with begin() as db:
            assert run_job._next_of(db, lambda _kind: True) is not None
        with begin() as db:
            waiting(db).not_before = lease_clock.now(db) + timedelta(seconds=30)
        with begin() as db:
            assert run_job._next_of(db, lambda _kind: True) is None


def test_keys_of_hours_to_come_are_destroyed_once_the_clock_is_right(tmp_path: Path) -> None:
    """Such a key would open, when that hour comes, the addresses that were sealed with it."""
    at = [1_800_000_000.0]
    keys = HourKeys(tmp_path, lambda: at[0])
    at[0] += 1000 * HOUR_SECONDS
    hour, _key = keys.current()
    at[0] -= 1000 * HOUR_SECONDS
    now, _key = keys.current()
    assert [path.name for path in tmp_path.iterdir()] == [f"hour-{now}"]
    at[0] += 1000 * HOUR_SECONDS
    assert keys.of_hour(hour) is None


def test_ended_sessions_of_hours_to_come_are_forgotten(app: Flask) -> None:
    with app.app_context():
        hour = ended_sessions.hour_now()
        with begin() as db:
            for at in (hour - 3, hour, hour + 1, hour + 1000):
                db.add(EndedSession(hour=at, session_hash=bytes(32)))
        with begin() as db:
            ended_sessions.forget_old(db)
        kept = read().scalars(select(EndedSession.hour).order_by(EndedSession.hour)).all()
        assert kept == [hour, hour + 1]


def test_a_session_of_staff_that_begins_in_the_future_is_over(app: Flask, world: World) -> None:
    client = app.test_client()
    sign_in(client, world.email(Role.LEAD))
    assert client.get("/staff/account").status_code == 200
    with app.app_context(), begin() as db:
        for one in db.scalars(select(StaffSession)):
            one.began_at += YEAR
            one.seen_at += YEAR
    assert client.get("/staff/account").headers["Location"].startswith("/sign-in")
