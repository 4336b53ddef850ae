"""Automatic comparison: after the last day for reports, schools without a report are set aside and
the comparison is enqueued."""

from __future__ import annotations

from datetime import date

from flask_babel import format_date
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from survey.audit_log import EventName, record
from survey.campaigns.lifecycle.school_progress import SchoolProgress, of_survey
from survey.campaigns.models import PlannedWave, Programme, SetAside
from survey.campaigns.programme_operations import hold
from survey.campaigns.queries import find_programme
from survey.jobs import operations as job_operations
from survey.reports.comparisons import jobs as comparison_jobs
from survey.reports.comparisons import operations as comparison_operations


def due(db: Session, today: date) -> list[PlannedWave]:
    """The surveys past their last day for reports that are not yet compared."""
    found = db.scalars(select(PlannedWave).where(PlannedWave.reports_by < today)).all()
    return [
        one
        for one in found
        if one.number not in find_programme(db, one.authority_id, one.programme_id).compared
    ]


def go_on(db: Session, *, planned: PlannedWave, today: date) -> bool:
    """Sets aside the schools of one survey that have no report, and enqueues the comparison if
    nothing prevents it. Returns whether it did. A failed comparison is left to the operator, and
    one that cannot be made is not tried every night."""
    programme = find_programme(db, planned.authority_id, planned.programme_id)
    hold(db, programme)
    for one in of_survey(db, programme=programme, number=planned.number, today=today):
        if one.is_late and one.set_aside is None:
            _set_aside(db, programme, planned, one, today)
    db.flush()
    ready = comparison_operations.readiness(
        db, programme=programme, number=planned.number, today=today
    )
    if ready.in_the_way:
        return False
    place = planned.authority_id, planned.programme_id, planned.number
    if comparison_jobs.standing(db, *place) is not None:
        return False
    subject = comparison_jobs.subject_of(*place)
    return job_operations.enqueue(db, comparison_jobs.COMPARISON, subject, by=None) is not None


def _set_aside(
    db: Session, programme: Programme, planned: PlannedWave, one: SchoolProgress, today: date
) -> None:
    reason = _(
        "There was no report by %(day)s, the last day for reports.",
        day=format_date(planned.reports_by, "long"),
    )
    db.add(
        SetAside(
            authority_id=programme.authority_id,
            programme_id=programme.programme_id,
            number=planned.number,
            school_id=one.campaign.school_id,
            reason=str(reason),
            set_aside_on=today,
            by_clock=True,
        )
    )
    record(
        db,
        EventName.SCHOOL_SET_ASIDE,
        by=None,
        school_id=one.campaign.school_id,
        authority_id=programme.authority_id,
        programme_id=programme.programme_id,
        number=planned.number,
    )
