"""The operator's page of jobs: what waits, what runs and how far it is, what failed and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString
from flask_wtf import FlaskForm
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from survey.database import SCHOOL_TIME, begin, read
from survey.http.unknown_fields import refuse_unknown_fields
from survey.jobs import operations, schedule, tasks
from survey.jobs.blueprint import bp
from survey.jobs.lease_clock import now
from survey.jobs.models import Job
from survey.jobs.operations import UNEXPECTED
from survey.jobs.run_job import is_held
from survey.jobs.states import ENDED, UNFINISHED, JobState
from survey.permissions import Permission, current_member, requires

STATES: Mapping[JobState, LazyString] = {
    JobState.WAITING: _l("Waiting"),
    JobState.RUNNING: _l("Running"),
    JobState.DONE: _l("Done"),
    JobState.FAILED: _l("Failed"),
    JobState.CANCELLED: _l("Cancelled"),
}
TAGS: Mapping[JobState, str] = {
    JobState.WAITING: "plain",
    JobState.RUNNING: "open",
    JobState.DONE: "quiet",
    JobState.FAILED: "wait",
    JobState.CANCELLED: "quiet",
}
SHOWN_ENDED = 100
"""How many ended jobs the page shows."""

UNTAKEN = timedelta(minutes=2)
"""After which a job that waits while nothing runs means that there is no worker."""


@dataclass(frozen=True)
class JobRow:
    """A job as the page shows it."""

    job: Job
    title: str
    about: str
    percent: int
    ahead: int
    asked_at: datetime
    heard_at: datetime
    note: str
    may_cancel: bool
    may_retry: bool


@bp.get("/operator/jobs")
@requires(Permission.ORGANISATIONS_MANAGE)
def jobs() -> str:
    """All long work, in the order in which it is done."""
    found = operations.listed(read())
    rows = [_row(read(), job) for job in found if job.state in UNFINISHED]
    ended = [_row(read(), job) for job in found if job.state in ENDED][:SHOWN_ENDED]
    return render_template(
        "jobs/list.html",
        form=FlaskForm(),
        unfinished=rows,
        ended=ended,
        states=STATES,
        tags=TAGS,
        no_worker=_seems_without_worker(read(), found),
        is_paused=schedule.is_paused(read()),
    )


@bp.post("/operator/jobs/<int:job_number>/cancel")
@requires(Permission.ORGANISATIONS_MANAGE)
def cancel(job_number: int) -> Response:
    refuse_unknown_fields(FlaskForm())
    with begin() as db:
        operations.cancel(db, job_id=job_number, by=current_member())
    flash(_("The job is cancelled. Nothing of it is kept."))
    return redirect(url_for(".jobs"))


@bp.post("/operator/jobs/<int:job_number>/retry")
@requires(Permission.ORGANISATIONS_MANAGE)
def retry(job_number: int) -> Response:
    refuse_unknown_fields(FlaskForm())
    with begin() as db:
        started = operations.retry(db, job_id=job_number, by=current_member())
    flash(_("The job is on the queue again.") if started else _("The same job is running already."))
    return redirect(url_for(".jobs"))


def _row(db: Session, job: Job) -> JobRow:
    task, standing = tasks.find(job.kind), operations.standing_of(db, job)
    return JobRow(
        job,
        str(task.title) if task else job.kind,
        task.about(db, job.subject) if task else "",
        standing.percent,
        standing.ahead,
        _local(job.asked_at),
        _local(job.heard_at),
        _note(job),
        may_cancel=job.state in UNFINISHED,
        may_retry=job.state in (JobState.FAILED, JobState.CANCELLED) and task is not None,
    )


def _note(job: Job) -> str:
    if job.problem == UNEXPECTED:
        return str(
            _(
                "Something went wrong in the software. The log has the details of job %(job)s.",
                job=job.job_id,
            )
        )
    if job.problem:
        return job.problem
    if job.state is JobState.RUNNING and job.tries > 1:
        return str(
            _(
                "Begun again, because the worker before ended early (attempt %(number)s).",
                number=job.tries,
            )
        )
    return job.result or ""


def _seems_without_worker(db: Session, found: object) -> bool:
    """Whether jobs wait, and no worker has been heard of for a while."""
    jobs_found = [job for job in found if isinstance(job, Job)] if isinstance(found, list) else []
    at = now(db)
    waiting = [
        job
        for job in jobs_found
        if job.state is JobState.WAITING and (job.not_before is None or job.not_before <= at)
    ]
    heard = max((job.heard_at for job in jobs_found if job.heard_at <= at), default=at)
    running = any(job.state is JobState.RUNNING and is_held(job.heard_at, at) for job in jobs_found)
    return bool(waiting) and not running and heard < at - UNTAKEN


def _local(at: datetime) -> datetime:
    return at.replace(tzinfo=UTC).astimezone(SCHOOL_TIME).replace(tzinfo=None)
