"""Subjects of the jobs of reports and comparisons, for packages that do not run them."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy.orm import Session

from survey.jobs.tasks import Control, Subject
from survey.organisations.models import Member, School

RELEASE, DRAWING = "release", "drawing"
"""Kinds of jobs. What draws a report is registered where reports are drawn."""


def subject_of(school_id: uuid.UUID, wave_id: uuid.UUID) -> dict[str, Any]:
    return {"school_id": str(school_id), "wave_id": str(wave_id)}


def place_of(subject: Subject) -> tuple[uuid.UUID, uuid.UUID]:
    return uuid.UUID(subject["school_id"]), uuid.UUID(subject["wave_id"])


def school_named(db: Session, subject: Subject) -> str:
    """The name of the school that a job is about."""
    school = db.get(School, uuid.UUID(subject["school_id"]))
    return school.name if school else ""


def member_who_asked(db: Session, control: Control) -> Member | None:
    return db.get(Member, control.asked_by) if control.asked_by else None
