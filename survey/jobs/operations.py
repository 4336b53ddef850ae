"""Putting long work on the queue, following it, and stopping it."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask_babel import get_locale
from flask_babel import gettext as _
from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from survey.audit_log import EventName, record
from survey.errors import NotNowError, NotThereError
from survey.jobs import delivery, tasks
from survey.jobs.lease_clock import now
from survey.jobs.models import Job
from survey.jobs.states import ENDED, UNFINISHED, JobState
from survey.jobs.tasks import Subject
from survey.permissions import MemberLike

KEPT = timedelta(days=30)
"""How long an ended job is shown."""

UNEXPECTED = "unexpected"
"""A problem without a message to show: the log has the details."""


class NoSuchJobError(NotThereError):
    """There is no job of this number."""


class JobEndedError(NotNowError):
    """The job has ended, so it cannot be cancelled."""


class NotEndedError(NotNowError):
    """Only a job that failed or was cancelled can be started again."""


@dataclass(frozen=True)
class JobStatus:
    """What a page shows of a job. `percent` is of its steps; `ahead` is how many jobs will be done
    before it begins, and `at_work` those of them that are being done: what each is, and how much of
    it is done, in per cent."""

    state: JobState
    percent: int
    problem: str | None
    ahead: int = 0
    at_work: tuple[tuple[str, int], ...] = ()

    @property
    def is_unfinished(self) -> bool:
        return self.state in UNFINISHED


def key_of(kind: str, subject: Subject) -> str:
    """What a job is about, in one line."""
    return " ".join([kind, *(str(value) for value in subject.values())])


def enqueue(
    db: Session, kind: str, subject: Subject, *, by: uuid.UUID | None, deliver: bool = True
) -> int | None:
    """Puts a job on the queue in the caller's own transaction, and returns its number. Returns None
    if a job about the same is unfinished: nothing is done twice at once."""
    task = tasks.find(kind)
    if task is None:
        raise LookupError(f"there is no task {kind}")
    plain = {name: _identifier(name, value) for name, value in subject.items()}
    locale, at = get_locale(), now(db)
    row = {
        "kind": kind,
        "key": key_of(kind, plain),
        "subject": plain,
        "asked_by": by,
        "language": str(locale) if locale else "en",
        "stamp": task.stamp(),
        "state": JobState.WAITING,
        "asked_at": at,
        "heard_at": at,
        "done": 0,
        "total": 0,
        "tries": 0,
        "refusals": 0,
    }
    job_id: int | None = db.scalar(_insert_once(db, row))
    if job_id is not None and deliver:
        delivery.deliver(db, job_id)
    return job_id


NAMES = frozenset({"school_id", "wave_id", "authority_id", "programme_id", "shared_place_id"})


def _identifier(name: str, value: object) -> int | str:
    """Identifiers alone are put on a queue: of schools, surveys and programmes. What a queue holds
    is in logs and backups, with times. Raises a `ValueError` for anything else."""
    if name == "number" and isinstance(value, int):
        return value
    if name in NAMES:
        return str(uuid.UUID(str(value)))
    raise ValueError(f"a job holds identifiers alone, and {name} is none")


def _insert_once(db: Session, row: dict[str, Any]) -> Any:
    """The statement that inserts a job, unless one of its key is unfinished."""
    if db.get_bind().dialect.name == "postgresql":
        return postgresql.insert(Job).values(row).on_conflict_do_nothing().returning(Job.job_id)
    return sqlite.insert(Job).values(row).on_conflict_do_nothing().returning(Job.job_id)


def standing(db: Session, kind: str, subject: Subject) -> JobStatus | None:
    """How far the latest job about this is; None if there was none, or it is done."""
    key = key_of(kind, subject)
    job = db.scalars(select(Job).where(Job.key == key).order_by(Job.job_id.desc()).limit(1)).first()
    if job is None or job.state is JobState.DONE:
        return None
    return standing_of(db, job)


def standing_of(db: Session, job: Job) -> JobStatus:
    if job.state is not JobState.WAITING:
        return JobStatus(job.state, _percent(job), job.problem)
    first = tasks.that_go_first()
    older, goes_first = Job.job_id < job.job_id, Job.kind.in_(first)
    sooner = goes_first & older if job.kind in first else goes_first | older
    waiting = (Job.state == JobState.WAITING) & sooner
    ahead = db.scalar(select(func.count()).select_from(Job).where(waiting)) or 0
    running = db.scalars(select(Job).where(Job.state == JobState.RUNNING)).all()
    at_work = tuple(
        (str(task.title), _percent(one)) for one in running if (task := tasks.find(one.kind))
    )
    return JobStatus(job.state, 0, job.problem, ahead + len(running), at_work)


def _percent(job: Job) -> int:
    return min(100, 100 * job.done // job.total) if job.total else 0


def listed(db: Session) -> Sequence[Job]:
    """All jobs that are shown: running, then waiting in their order, then ended, newest first."""
    jobs = db.scalars(select(Job).order_by(Job.job_id.desc())).all()
    running = [job for job in jobs if job.state is JobState.RUNNING]
    waiting = sorted(
        (job for job in jobs if job.state is JobState.WAITING),
        key=lambda job: (job.kind not in tasks.that_go_first(), job.job_id),
    )
    ended = [job for job in jobs if job.state in ENDED]
    return [*reversed(running), *waiting, *ended]


def find(db: Session, job_id: int) -> Job:
    job = db.get(Job, job_id)
    if job is None:
        raise NoSuchJobError(_("There is no such job."))
    return job


def cancel(db: Session, *, job_id: int, by: MemberLike | None) -> None:
    """Stops a job. A running one notices within seconds; what it would store is refused from now
    on."""
    job = find(db, job_id)
    changed = db.scalar(
        update(Job)
        .where(Job.job_id == job.job_id, Job.state.in_(UNFINISHED))
        .values(state=JobState.CANCELLED, taken_by=None, heard_at=now(db), problem=None)
        .returning(Job.job_id)
        .execution_options(synchronize_session=False)
    )
    db.expire(job)
    if changed is None:
        raise JobEndedError(_("This job has ended, so it cannot be cancelled."))
    record(db, EventName.JOB_CANCELLED, by=by, job=job_id, kind=job.kind)


def retry(db: Session, *, job_id: int, by: MemberLike | None) -> int | None:
    """Starts a job that failed or was cancelled again, as a new one. Who asked for it first stays
    who asked for it."""
    job = find(db, job_id)
    if job.state not in (JobState.FAILED, JobState.CANCELLED):
        raise NotEndedError(_("Only a job that failed or was cancelled can be started again."))
    if tasks.find(job.kind) is None:
        raise NotEndedError(_("This version of the software does not know this kind of job."))
    record(db, EventName.JOB_RETRIED, by=by, job=job_id, kind=job.kind)
    return enqueue(db, job.kind, job.subject, by=job.asked_by or (by.id if by else None))


def last_asked(db: Session, kind: str) -> datetime | None:
    """When the latest job of this kind was put on the queue, by the clock of that moment. The
    latest by its number: a clock that was ahead once wrote a time that no later one reaches."""
    asked = select(Job.asked_at).where(Job.kind == kind)
    return db.scalar(asked.order_by(Job.job_id.desc()).limit(1))


def forget_old(db: Session) -> None:
    """Deletes what ended a while ago. What ended at a time to come, by a clock that was ahead,
    counts from now."""
    at = now(db)
    db.execute(update(Job).where(Job.state.in_(ENDED), Job.heard_at > at).values(heard_at=at))
    db.execute(delete(Job).where(Job.state.in_(ENDED), Job.heard_at < at - KEPT))
