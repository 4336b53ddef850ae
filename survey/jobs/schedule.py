"""What the clock puts on the queue: the nightly upkeep, once a day, however many workers run.

A worker that was off in the night does it when it starts."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from sqlalchemy.orm import Session

from survey.database import SCHOOL_TIME
from survey.jobs import operations, tasks
from survey.jobs.clock import now

UPKEEP = "upkeep"
UPKEEP_AT = time(2, 30)
"""At the schools: when no student answers and every day has begun."""


def is_due(db: Session) -> bool:
    """Whether the upkeep of the latest night has not been asked for."""
    last = operations.last_asked(db, UPKEEP)
    return last is None or last < _latest(now(db))


def enqueue_due(db: Session) -> bool:
    """Puts the upkeep on the queue if it is due. Returns whether it did."""
    if tasks.find(UPKEEP) is None or not is_due(db):
        return False
    return operations.enqueue(db, UPKEEP, {}, by=None) is not None


def _latest(at: datetime) -> datetime:
    """The latest time, up to `at`, at which an upkeep was due. Both in UTC without a zone."""
    local = at.replace(tzinfo=UTC).astimezone(SCHOOL_TIME)
    due = datetime.combine(local.date(), UPKEEP_AT, SCHOOL_TIME)
    if due > local:
        due = datetime.combine(local.date() - timedelta(days=1), UPKEEP_AT, SCHOOL_TIME)
    return due.astimezone(UTC).replace(tzinfo=None)
