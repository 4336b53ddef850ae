"""The job that compares the schools of an authority: it reads, computes without the database, and
stores in one short write."""

from __future__ import annotations

import uuid
from functools import partial
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from survey.campaigns.queries import find_programme
from survey.database import begin, read, today
from survey.disclosure.verify_comparison import Rejected
from survey.disclosure.verify_readers import Rejected as ReadersRejected
from survey.errors import NotNowError
from survey.jobs import operations as job_operations
from survey.jobs import tasks
from survey.jobs.operations import JobStatus
from survey.jobs.tasks import Control, Subject, Task
from survey.organisations.models import Authority
from survey.permissions import MemberLike
from survey.releases.job_subjects import DRAWING, member_who_asked
from survey.releases.register.stamp import COMPARED_BY, code_hash
from survey.reports.comparisons import operations as comparison_operations

COMPARISON = "comparison"


class NotVerifiedError(NotNowError):
    """The verifier does not agree with the comparison."""


def subject_of(authority_id: uuid.UUID, programme_id: uuid.UUID, number: int) -> dict[str, Any]:
    return {"authority_id": str(authority_id), "programme_id": str(programme_id), "number": number}


def start(
    authority_id: uuid.UUID, programme_id: uuid.UUID, number: int, *, member: MemberLike
) -> None:
    """Enqueues a comparison. Raises an error if something prevents it."""
    programme = find_programme(read(), authority_id, programme_id)
    ready = comparison_operations.readiness(
        read(), programme=programme, number=number, today=today()
    )
    for reason in ready.in_the_way:
        raise reason
    subject = subject_of(authority_id, programme_id, number)
    with begin() as db:
        job_operations.enqueue(db, COMPARISON, subject, by=member.id)


def standing(
    db: Session, authority_id: uuid.UUID, programme_id: uuid.UUID, number: int
) -> JobStatus | None:
    return job_operations.standing(db, COMPARISON, subject_of(authority_id, programme_id, number))


def authority_named(db: Session, subject: Subject) -> str:
    authority = db.get(Authority, uuid.UUID(subject["authority_id"]))
    return authority.name if authority else ""


def _run(subject: Subject, control: Control) -> str | None:
    place = uuid.UUID(subject["authority_id"]), uuid.UUID(subject["programme_id"])
    number = subject["number"]
    prepared = comparison_operations.prepare(
        read(), programme=find_programme(read(), *place), number=number, today=today()
    )
    read().rollback()  # nothing is held while the schools are compared
    control.progress(1, 3)
    try:
        comparison = comparison_operations.compared(prepared)
    except (Rejected, ReadersRejected) as problem:
        raise NotVerifiedError(
            str(
                _(
                    "The check of this comparison did not come to a certain result, so nothing was"
                    " published. Tell the operator of this service."
                )
            )
        ) from problem
    control.progress(2, 3)
    with control.finish() as db:
        comparison_operations.keep(
            db,
            programme=find_programme(db, *place),
            number=number,
            prepared=prepared,
            comparison=comparison,
            by=member_who_asked(db, control),
            today=today(),
        )
        job_operations.enqueue(db, DRAWING, subject, by=control.asked_by)
    return None


tasks.register(
    Task(
        COMPARISON,
        _l("Comparison of schools"),
        _run,
        partial(code_hash, COMPARED_BY),
        authority_named,
    )
)
