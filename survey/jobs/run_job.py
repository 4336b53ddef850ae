"""Taking a job, doing it, and ending it: once, by one attempt, whatever is killed meanwhile.

An attempt holds a job by a random token and a lease that it renews by the clock. All that an
attempt stores is stored in the transaction that ends the job, which first checks the token. So a
worker that was believed dead and comes back stores nothing.
"""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import Any

from flask import Flask
from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy import select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from survey.database import begin
from survey.errors import SurveyError
from survey.jobs import operations, tasks
from survey.jobs.lease_clock import now
from survey.jobs.models import Job
from survey.jobs.operations import UNEXPECTED
from survey.jobs.process_pool import PoolError, ProcessPool
from survey.jobs.states import UNFINISHED, JobState
from survey.jobs.tasks import Subject
from survey.logs import log

LEASE = timedelta(seconds=30)
"""How long an attempt can be silent before another may take its job. A time to come was written by
a clock that was ahead: an attempt that is alive writes again within seconds."""

BETWEEN_BEATS = 5.0
BETWEEN_WORDS = 0.5
"""Seconds between two renewals of the lease, and between two writings of the progress."""

MOST_TRIES = 5
"""A job that has ended its worker so often is not begun again by itself."""

MOST_REFUSALS = 10
AFTER_REFUSAL = timedelta(seconds=60)
"""How often workers with other code refuse a job before it fails, and how long it waits between."""


class StoppedError(Exception):
    """This attempt is to end without storing anything."""


class JobOutcome(Enum):
    """What came of trying to run a job."""

    ENDED = auto()
    GIVEN_BACK = auto()
    REFUSED = auto()
    HELD = auto()
    """Another attempt holds it."""
    GONE = auto()
    """It is no longer there, or has ended."""


@dataclass(frozen=True)
class Taken:
    """A job that this attempt holds."""

    job_id: int
    token: str
    kind: str
    subject: Subject
    asked_by: uuid.UUID | None
    language: str


def take(db: Session, job_id: int) -> Taken | JobOutcome:
    """Takes a job for a new attempt, or says why not."""
    at = now(db)
    job = db.scalars(select(Job).where(Job.job_id == job_id).with_for_update()).one_or_none()
    if job is None or job.state not in UNFINISHED:
        return JobOutcome.GONE
    if job.state is JobState.RUNNING and is_held(job.heard_at, at):
        return JobOutcome.HELD
    task = tasks.find(job.kind)
    if task is None or task.stamp() != job.stamp:
        return _refuse(db, job)
    if job.tries >= MOST_TRIES:
        _end(db, job, JobState.FAILED, problem=_ended_early())
        return JobOutcome.ENDED
    job.state, job.taken_by, job.heard_at = JobState.RUNNING, uuid.uuid4().hex, at
    job.tries += 1
    job.done = job.total = 0
    job.problem = job.not_before = None
    db.flush()
    log.info("job_begun", job=str(job.job_id))
    return Taken(job.job_id, job.taken_by, job.kind, job.subject, job.asked_by, job.language)


def is_held(heard_at: datetime, at: datetime) -> bool:
    """Whether a running job is held by an attempt that is alive."""
    return abs(at - heard_at) <= LEASE


def _refuse(db: Session, job: Job) -> JobOutcome:
    """Leaves the job for a worker with the code that it was asked for with, for a while."""
    job.refusals += 1
    log.warning("job_refused", job=str(job.job_id))
    with force_locale(job.language):
        if job.refusals >= MOST_REFUSALS:
            _end(db, job, JobState.FAILED, problem=_other_version())
            return JobOutcome.ENDED
        job.problem = str(
            _(
                "A worker with another version of the software refused this. It waits for one with"
                " the same version as the pages."
            )
        )
    job.state, job.taken_by = JobState.WAITING, None
    job.not_before = now(db) + AFTER_REFUSAL
    db.flush()
    return JobOutcome.REFUSED


def _other_version() -> str:
    return str(
        _(
            "It was asked for with another version of the software than the workers run, so nothing"
            " was done. Ask again; if it stays, tell the operator."
        )
    )


def _ended_early() -> str:
    return str(
        _(
            "It was begun %(number)s times, and each time the worker ended before it was done."
            " Nothing was kept. The operator can start it again.",
            number=MOST_TRIES,
        )
    )


def _end(db: Session, job: Job, state: JobState, *, problem: str | None = None) -> None:
    job.state, job.taken_by, job.problem, job.heard_at = state, None, problem, now(db)
    db.flush()


def release_all(db: Session) -> None:
    """Puts every running job back. For the one worker of a SQLite file, at its start: its lock says
    that no other is alive."""
    db.execute(
        update(Job)
        .where(Job.state == JobState.RUNNING)
        .values(state=JobState.WAITING, taken_by=None)
        .execution_options(synchronize_session=False)
    )


def run_one(
    app: Flask,
    job_id: int,
    pool: ProcessPool,
    is_stopping: Callable[[], bool] = lambda: False,
) -> JobOutcome:
    """Takes a job and does it, in a separate app context."""
    with app.app_context():
        with begin() as db:
            taken = take(db, job_id)
        if isinstance(taken, JobOutcome):
            return taken
        with force_locale(taken.language):
            return _Attempt(app, taken, pool, is_stopping).run()


def run_waiting(
    app: Flask,
    pool: ProcessPool,
    is_stopping: Callable[[], bool] = lambda: False,
    kinds: Callable[[str], bool] = lambda _kind: True,
) -> int:
    """Does all that waits, one after the other, and returns how many jobs that were."""
    count = 0
    while not is_stopping():
        with app.app_context(), begin() as db:
            job_id = _next_of(db, kinds)
        if job_id is None:
            break
        run_one(app, job_id, pool, is_stopping)
        count += 1
    return count


def _next_of(db: Session, kinds: Callable[[str], bool]) -> int | None:
    """The number of the job whose turn it is: the oldest that waits, or whose lease ran out; first
    of those that go first. One of a kind that this version does not know is refused, like any other
    of another version."""
    left_out = [kind for kind in tasks.kinds() if not kinds(kind)]
    at = now(db)
    waits = Job.not_before.between(at, at + AFTER_REFUSAL)  # longer only if the clock was ahead
    free = (Job.state == JobState.WAITING) & (Job.not_before.is_(None) | ~waits)
    is_heard = Job.heard_at.between(at - LEASE, at + LEASE)
    expired = (Job.state == JobState.RUNNING) & ~is_heard
    found = select(Job.job_id).where(free | expired, Job.kind.not_in(left_out))
    first = Job.kind.in_(tasks.that_go_first())
    return db.scalar(found.order_by(first.desc(), Job.job_id).limit(1))


@dataclass(frozen=True)
class Ended:
    """What came of a job that was run at once."""

    result: str | None
    problem: str | None


def run_now(app: Flask, kind: str, subject: Subject) -> Ended | None:
    """Does a job in this process, for a command. Returns None if the same is unfinished."""
    with begin() as db:
        job_id = operations.enqueue(db, kind, subject, by=None, deliver=False)
        taken = take(db, job_id) if job_id is not None else None
    if job_id is None or not isinstance(taken, Taken):
        return None
    with app.app_context(), ProcessPool() as pool:
        _Attempt(app, taken, pool, lambda: False).run()
    with begin() as db:
        job = operations.find(db, job_id)
        return Ended(job.result, job.problem)


class _Attempt:
    """One attempt at a job: the `tasks.Control` of its task."""

    def __init__(
        self, app: Flask, taken: Taken, pool: ProcessPool, is_stopping: Callable[[], bool]
    ) -> None:
        self._app, self._taken, self._pool, self._is_stopping = app, taken, pool, is_stopping
        self._lost, self._over = threading.Event(), threading.Event()
        self._is_finished = False
        self._said = float("-inf")
        self._result: str | None = None

    @property
    def asked_by(self) -> uuid.UUID | None:
        return self._taken.asked_by

    def run(self) -> JobOutcome:
        taken = self._taken
        task = tasks.find(taken.kind)
        assert task is not None  # or it would have been refused
        beating = threading.Thread(target=self._beat, daemon=True)
        beating.start()
        try:
            result = task.run(taken.subject, self)
            if not self._is_finished:
                with self.finish(result):
                    pass
        except StoppedError:
            return self._give_back(counted=False)
        except SurveyError as problem:
            return self._fail(str(problem.message))
        except PoolError:
            log.warning("job_pool_ended", job=str(taken.job_id))
            return self._give_back()
        except DBAPIError as gone:
            if not gone.connection_invalidated and not _is_passing(gone):
                log.error("job_failed", job=str(taken.job_id), error=gone)
                return self._fail(UNEXPECTED)
            log.warning("job_no_database", job=str(taken.job_id))
            return self._give_back(counted=False)
        except Exception as problem:
            log.error("job_failed", job=str(taken.job_id), error=problem)
            return self._fail(UNEXPECTED)
        finally:
            self._over.set()
            beating.join()
        log.info("job_done", job=str(taken.job_id))
        return JobOutcome.ENDED

    def progress(self, done: int, total: int) -> None:
        if self._is_stopping() or self._lost.is_set():
            raise StoppedError
        if time.monotonic() - self._said < BETWEEN_WORDS and done < total:
            return
        self._said = time.monotonic()
        with self._app.app_context(), begin() as db:
            if not self._write(db, done=done, total=total):
                raise StoppedError

    def each(self, function: Callable[[Any], Any], tasks: Iterable[Any]) -> Iterable[Any]:
        return self._pool.each(function, tasks, self.progress)

    @contextmanager
    def finish(self, result: str | None = None) -> Iterator[Session]:
        if self._is_stopping():
            raise StoppedError
        with begin() as db:
            held = select(Job).where(Job.job_id == self._taken.job_id).with_for_update()
            job = db.scalars(held.execution_options(populate_existing=True)).one_or_none()
            if job is None or job.taken_by != self._taken.token:
                raise StoppedError
            yield db
            job.result = result
            _end(db, job, JobState.DONE)
        self._is_finished = True

    def _write(self, db: Session, **values: Any) -> bool:
        """Writes to the job if it is still this attempt's, which also renews the lease."""
        changed = db.scalar(
            update(Job)
            .where(
                Job.job_id == self._taken.job_id,
                Job.taken_by == self._taken.token,
                Job.state == JobState.RUNNING,
            )
            .values(heard_at=now(db), **values)
            .returning(Job.job_id)
            .execution_options(synchronize_session=False)
        )
        return changed is not None

    def _beat(self) -> None:
        """Renews the lease while a single step takes long, and notices that the job is lost."""
        while not self._over.wait(BETWEEN_BEATS):
            try:
                with self._app.app_context(), begin() as db:
                    if not self._write(db):
                        self._lost.set()
                        return
            except DBAPIError:  # the database is away for a moment: the token decides in the end
                log.warning("job_not_heard", job=str(self._taken.job_id))

    def _fail(self, problem: str) -> JobOutcome:
        with begin() as db:
            self._write(db, state=JobState.FAILED, problem=problem, taken_by=None)
        return JobOutcome.ENDED

    def _give_back(self, *, counted: bool = True) -> JobOutcome:
        """Puts the job back for another attempt. If the database is away, the lease runs out."""
        values: dict[str, Any] = {"state": JobState.WAITING, "taken_by": None}
        if not counted:
            values["tries"] = Job.tries - 1
        with suppress(DBAPIError), begin() as db:
            self._write(db, **values)
        return JobOutcome.GIVEN_BACK


def _is_passing(problem: DBAPIError) -> bool:
    """Whether the database may be well again in a moment: locked, full, or not answering."""
    return type(problem).__name__ in ("OperationalError", "InterfaceError")
