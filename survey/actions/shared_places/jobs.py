"""The job that puts the figures of a shared place together: it reads, then stores in one write."""

from __future__ import annotations

import uuid
from functools import partial
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from survey.actions.shared_places import figures as shared_place_figures
from survey.actions.shared_places import operations as shared_place_operations
from survey.database import read, today
from survey.jobs import operations as job_operations
from survey.jobs import tasks
from survey.jobs.operations import JobStatus
from survey.jobs.tasks import Control, Subject, Task
from survey.organisations.models import Authority
from survey.permissions import MemberLike
from survey.releases.job_subjects import member_who_asked
from survey.releases.register.stamp import COMPARED_BY, code_hash

SHARED_FIGURE = "shared figure"


def subject_of(authority_id: uuid.UUID, shared_place_id: uuid.UUID, number: int) -> dict[str, Any]:
    return {
        "authority_id": str(authority_id),
        "shared_place_id": str(shared_place_id),
        "number": number,
    }


def ask(
    db: Session,
    authority_id: uuid.UUID,
    shared_place_id: uuid.UUID,
    number: int,
    *,
    member: MemberLike,
) -> None:
    """Puts the one figure of a survey on the queue."""
    subject = subject_of(authority_id, shared_place_id, number)
    job_operations.enqueue(db, SHARED_FIGURE, subject, by=member.id)


def standing(
    db: Session, authority_id: uuid.UUID, shared_place_id: uuid.UUID, number: int
) -> JobStatus | None:
    subject = subject_of(authority_id, shared_place_id, number)
    return job_operations.standing(db, SHARED_FIGURE, subject)


def _run(subject: Subject, control: Control) -> str | None:
    ids = uuid.UUID(subject["authority_id"]), uuid.UUID(subject["shared_place_id"])
    number = subject["number"]
    place = shared_place_operations.find_shared_place(read(), *ids)
    worked = shared_place_figures.work_out(read(), place=place, number=number)
    read().rollback()  # nothing is held meanwhile
    with control.finish() as db:
        shared_place_figures.keep(
            db,
            place=shared_place_operations.find_shared_place(db, *ids, to_change=True),
            number=number,
            worked=worked,
            today=today(),
            by=member_who_asked(db, control),
        )
    return None


def _about(db: Session, subject: Subject) -> str:
    authority = db.get(Authority, uuid.UUID(subject["authority_id"]))
    return authority.name if authority else ""


tasks.register(
    Task(
        SHARED_FIGURE,
        _l("Figure of a shared place"),
        _run,
        partial(code_hash, COMPARED_BY),
        _about,
    )
)
