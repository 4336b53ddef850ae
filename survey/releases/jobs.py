"""The job that makes a report: it counts in one read, audits without the database, and stores in
one write."""

from __future__ import annotations

import uuid

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from survey.campaigns.models import Wave
from survey.campaigns.queries import find_wave, questionnaire_of
from survey.database import begin, read, today
from survey.errors import NotNowError
from survey.jobs import operations as job_operations
from survey.jobs import tasks
from survey.jobs.operations import JobStatus
from survey.jobs.tasks import Control, Subject, Task
from survey.permissions import MemberLike
from survey.releases import operations as release_operations
from survey.releases.certified_figures import PreparedRelease, certified
from survey.releases.job_subjects import (
    DRAWING,
    RELEASE,
    member_who_asked,
    place_of,
    school_named,
    subject_of,
)
from survey.releases.register.stamp import code_hash


def start(school_id: uuid.UUID, wave_id: uuid.UUID, member: MemberLike) -> None:
    """Puts the report that two people asked for on the queue. A second press changes nothing."""
    with begin() as db:
        ask(db, school_id, wave_id, member)


def ask(db: Session, school_id: uuid.UUID, wave_id: uuid.UUID, member: MemberLike) -> None:
    """The same in the caller's transaction."""
    job_operations.enqueue(db, RELEASE, subject_of(school_id, wave_id), by=member.id)


def standing(db: Session, school_id: uuid.UUID, wave_id: uuid.UUID) -> JobStatus | None:
    """How far a report is; None if it is not asked for, or done."""
    return job_operations.standing(db, RELEASE, subject_of(school_id, wave_id))


def drawing_standing(db: Session, school_id: uuid.UUID, wave_id: uuid.UUID) -> JobStatus | None:
    """How far the drawing of its charts is."""
    return job_operations.standing(db, DRAWING, subject_of(school_id, wave_id))


class ReportChangedError(NotNowError):
    """Something a report is made of changed while it was being made."""


def _refuse_changed(db: Session, wave: Wave, prepared: PreparedRelease) -> None:
    """Raises a `ReportChangedError` if what a report is made of has changed since it was counted.
    The answers cannot change: the survey is closed, or it has ended and `keep` refuses."""
    header = release_operations.header_of(db, wave, questionnaire_of(wave))
    if dict(prepared.header) != header:
        raise ReportChangedError(
            str(
                _(
                    "The number of students or cards changed while the report was being made, so"
                    " nothing was published. Make the report again."
                )
            )
        )


def _run(subject: Subject, control: Control) -> str | None:
    place = place_of(subject)
    wave = find_wave(read(), *place)
    prepared = release_operations.prepare(read(), wave=wave)
    read().rollback()  # no reader is held up while the audit runs
    made, certificate = certified(prepared, control.each)
    with control.finish() as db:
        wave = db.get_one(Wave, place)
        _refuse_changed(db, wave, prepared)
        release_operations.keep(
            db,
            wave=wave,
            release=made,
            certificate=certificate,
            by=member_who_asked(db, control),
            today=today(),
        )
        job_operations.enqueue(db, DRAWING, subject, by=control.asked_by)
    return None


tasks.register(Task(RELEASE, _l("Report of a survey"), _run, code_hash, school_named))
