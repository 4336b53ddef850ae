"""The part of the demo that is filled while it is already served: the surveys of all schools except
the first, and the authority's two comparisons. Each is a job on the queue, so a demo that was
stopped continues when it starts again."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from survey.campaigns.models import Programme, Wave
from survey.campaigns.queries import find_programme
from survey.campaigns.states import WaveState
from survey.database import read, today
from survey.demo.surveys import NUMBERS, hold_survey
from survey.jobs import operations as job_operations
from survey.jobs import tasks
from survey.jobs.models import Job
from survey.jobs.states import UNFINISHED
from survey.jobs.tasks import Control, Subject, Task
from survey.organisations.models import Authority, School
from survey.reports.comparisons import operations as comparison_operations

SURVEY, COMPARISON = "demo_survey", "demo_comparison"
"""Kinds of jobs."""


def ask(db: Session, programme: Programme, school_ids: Sequence[uuid.UUID]) -> None:
    """Enqueues the remaining jobs, in the caller's transaction."""
    place = {
        "authority_id": str(programme.authority_id),
        "programme_id": str(programme.programme_id),
    }
    for number in NUMBERS:
        for school_id in school_ids[1:]:
            job_operations.enqueue(
                db, SURVEY, {"school_id": str(school_id), "number": number}, by=None
            )
        job_operations.enqueue(db, COMPARISON, {**place, "number": number}, by=None)


def progress(db: Session) -> tuple[int, int] | None:
    """How many of the demo's jobs are done, and how many there are; None if all are done."""
    mine = Job.kind.in_((SURVEY, COMPARISON))
    left = db.scalar(select(func.count()).where(mine, Job.state.in_(UNFINISHED))) or 0
    if not left:
        return None
    total = db.scalar(select(func.count()).where(mine)) or 0
    return total - left, total


def _survey(subject: Subject, control: Control) -> str | None:
    school_id, number = uuid.UUID(subject["school_id"]), subject["number"]
    released = read().scalar(
        select(func.count())
        .select_from(Wave)
        .where(Wave.school_id == school_id, Wave.number == number, Wave.state == WaveState.RELEASED)
    )
    if not released:
        hold_survey(school_id, number, today=today(), each=control.each, finish=control.finish)
    return None


def _comparison(subject: Subject, control: Control) -> str | None:
    place = uuid.UUID(subject["authority_id"]), uuid.UUID(subject["programme_id"])
    number = subject["number"]
    with control.finish() as db:
        comparison_operations.make(
            db,
            programme=find_programme(db, *place),
            number=number,
            by=None,
            today=today(),
        )
    return None


def _school(db: Session, subject: Subject) -> str:
    school = db.get(School, uuid.UUID(subject["school_id"]))
    return school.name if school else ""


def _authority(db: Session, subject: Subject) -> str:
    authority = db.get(Authority, uuid.UUID(subject["authority_id"]))
    return authority.name if authority else ""


def _any_version() -> str:
    """A demo continues with the version of the software that serves it next."""
    return ""


tasks.register(Task(SURVEY, _l("Survey of the demo"), _survey, _any_version, _school))
tasks.register(
    Task(COMPARISON, _l("Comparison of the demo"), _comparison, _any_version, _authority)
)
