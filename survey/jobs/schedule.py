"""The schedule of jobs: the nightly upkeep, once a day, however many workers run.

A worker that was off in the night does it when it starts. A clock can be wrong. What the upkeep
closes and erases cannot be brought back, so after a leap of months a person has to begin it.
"""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from sqlalchemy.orm import Session

from survey.database import SCHOOL_TIME
from survey.jobs import operations, tasks
from survey.jobs.lease_clock import now

UPKEEP = "upkeep"
UPKEEP_AT = time(2, 30)
"""At the schools: when no student answers and every day has begun."""

A_LEAP = timedelta(days=100)
"""Longer than a school's machine is switched off in summer."""

AHEAD = timedelta(hours=1)
"""So far in the future nothing was asked for, unless the clock was wrong then."""


def is_due(db: Session) -> bool:
    """Whether the upkeep of the latest night has not been asked for, and may begin by itself."""
    last, at = operations.last_asked(db, UPKEEP), now(db)
    if last is None or last > at + AHEAD:
        return True
    return last < _latest(at) and not _has_leapt(last, at)


def is_paused(db: Session) -> bool:
    """Whether the upkeep waits for a person, because the clock says that months have passed."""
    last = operations.last_asked(db, UPKEEP)
    return last is not None and _has_leapt(last, now(db))


def _has_leapt(last: datetime, at: datetime) -> bool:
    return at - last > A_LEAP


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
