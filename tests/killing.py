"""Workers that are killed at a step of a release: real processes and a real `kill -9`.

A worker is a fork of this process, which has imported everything; it opens the database itself. It
runs the worker of its engine as `flask worker` does, and kills itself where it is told to.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from flask import Flask
from sqlalchemy import func, select

from survey.audit_log import Event, EventName
from survey.campaigns.models import Wave
from survey.campaigns.states import WaveState
from survey.database import begin, database, read
from survey.disclosure import certify  # noqa: F401 - as a worker that has made a report
from survey.jobs import operations as job_operations
from survey.jobs import procrastinate_worker, run_job, sqlite_worker
from survey.jobs.models import Job
from survey.jobs.operations import UNEXPECTED
from survey.jobs.states import JobState
from survey.ledger.published import Ledger
from survey.releases import job_subjects
from survey.releases import jobs as release_jobs
from survey.releases import operations as release_operations
from survey.releases.job_subjects import RELEASE
from survey.releases.models import StoredRelease
from survey.releases.register import publications
from tests.jobs import HereAlone
from tests.world import Side

FORK = multiprocessing.get_context("fork")
LONGEST = 120.0
ENDLESS = 10_000
"""Tries of a job that is killed on purpose, and does not fail for it."""


def die(*_given: object, **_more: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def before(module: Any, name: str) -> None:
    setattr(module, name, die)


def after(module: Any, name: str) -> None:
    does = getattr(module, name)

    def and_die(*given: Any, **more: Any) -> Any:
        does(*given, **more)
        die()

    setattr(module, name, and_die)


def at_part(number: int) -> None:
    told = run_job._Attempt.each

    def each(self: Any, function: Callable[[Any], Any], tasks: Any) -> Iterator[Any]:
        for at, one in enumerate(told(self, function, tasks)):
            if at == number:
                die()
            yield one

    run_job._Attempt.each = each  # type: ignore[method-assign, assignment]


STEPS: Mapping[str, Callable[[], None]] = {
    "taken": lambda: before(run_job._Attempt, "run"),
    "before it is counted": lambda: before(release_operations, "prepare"),
    "counted": lambda: after(release_operations, "prepare"),
    "first table checked": lambda: at_part(1),
    "some tables checked": lambda: at_part(5),
    "audited": lambda: after(release_jobs, "certified"),
    "about to be stored": lambda: before(release_operations, "keep"),
    "stored": lambda: before(publications, "enter"),
    "in the ledger": lambda: after(publications, "enter"),
    "before the charts are asked for": lambda: before(job_operations, "enqueue"),
    "before it is committed": lambda: after(run_job, "_end"),
    "committed": lambda: after(run_job._Attempt, "run"),
}
"""Every step of a release, and how a worker comes to its end there."""


def hurry() -> None:
    """The clocks of leases and heartbeats, quick enough for a test."""
    run_job.LEASE, run_job.BETWEEN_BEATS = timedelta(seconds=1), 0.2
    run_job.MOST_TRIES = ENDLESS
    procrastinate_worker.HEARTBEAT, procrastinate_worker.STALLED = 0.3, 1  # type: ignore[assignment]
    procrastinate_worker.EVERY = "* * * * * */3"
    procrastinate_worker.STOP_SECONDS = 0.1


def work(app: Flask, step: str | None, until: Callable[[], bool] | None) -> None:
    """What a worker's process does."""
    hurry()
    with app.app_context():
        database.engine.dispose(close=False)
    if step is not None:
        STEPS[step]()
    is_over = until or (lambda: False)
    if app.extensions["settings"].database_url.startswith("sqlite"):
        assert sqlite_worker.lock(app.extensions["settings"].database_url) is not None
        sqlite_worker.serve(app, HereAlone(), is_over)
    else:
        procrastinate_worker.serve(app, HereAlone(), is_over)
    os._exit(0)


@contextmanager
def working(
    app: Flask, step: str | None = None, until: Callable[[], bool] | None = None
) -> Iterator[multiprocessing.process.BaseProcess]:
    """A worker's process."""
    with app.app_context():
        database.engine.dispose()
    process = FORK.Process(target=work, args=(app, step, until))
    process.start()
    try:
        yield process
    finally:
        if process.is_alive():
            process.kill()
        process.join()


def killed_at(app: Flask, step: str) -> bool:
    """Runs a worker until it is killed at this step. Returns whether it was."""
    with working(app, step, lambda: _is_over(app)) as process:
        process.join(LONGEST)
        return process.exitcode == -signal.SIGKILL


def done_by_itself(app: Flask) -> bool:
    """Starts a worker after a kill, as a service manager does, and waits for what it does alone."""
    with working(app, None, lambda: _is_over(app)) as process:
        process.join(LONGEST)
        return process.exitcode == 0


def _is_over(app: Flask) -> bool:
    """Whether no release waits or runs any more."""
    with app.app_context():
        unfinished = job_operations.UNFINISHED
        left = select(func.count()).where(Job.kind == RELEASE, Job.state.in_(unfinished))
        return not read().scalar(left)


def ask_for_release(app: Flask, side: Side) -> None:
    """As the page does. Nothing but the release is to be done: no upkeep, and no charts."""
    with app.test_request_context(), begin() as db:
        subject = job_subjects.subject_of(side.school_id, side.wave_id)
        job_operations.enqueue(db, RELEASE, subject, by=None)
        job_operations.enqueue(db, "upkeep", {}, by=None, deliver=False)
        for job in db.scalars(select(Job).where(Job.kind == "upkeep")):
            job.state = JobState.DONE


def found_wrong(app: Flask, side: Side) -> list[str]:
    """What is not as it must be after a release: one report, one entry, one event, one job."""
    with app.app_context():
        db = read()
        place = {"school_id": side.school_id, "wave_id": side.wave_id}
        stored = db.scalars(select(StoredRelease).filter_by(**place)).all()
        released = select(func.count()).where(Event.name == EventName.WAVE_RELEASED)
        jobs = db.scalars(select(Job).where(Job.kind == RELEASE)).all()
        name = publications.report_name(side.school_id, side.wave_id)
        ledger = Ledger(app.extensions["settings"].ledger_file)
        entered = ledger.path.read_bytes().count(b'"published"') if ledger.path.exists() else 0
        entry = ledger.find(name)
        checks = {
            f"{len(stored)} reports": len(stored) == 1,
            f"{db.scalar(released)} events": db.scalar(released) == 1,
            f"{entered} entries in the ledger": entered == 1,
            "another reference in the ledger": entry is not None
            and bool(stored)
            and entry.reference == stored[0].release_hash,
            f"jobs {[(one.state.value, one.problem) for one in jobs]}": [one.state for one in jobs]
            == [JobState.DONE],
            "the survey is not released": db.get_one(Wave, tuple(place.values())).state
            is WaveState.RELEASED,
            UNEXPECTED: not any(one.problem for one in jobs),
        }
        db.rollback()
    return [words for words, is_right in checks.items() if not is_right]
