"""The clock that leases of jobs are measured by: the database's where several machines use it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session


def now(db: Session) -> datetime:
    """The time in UTC, without a zone, as the columns hold it."""
    if db.get_bind().dialect.name == "postgresql":
        found = db.scalar(select(func.timezone("utc", func.clock_timestamp())))
        if isinstance(found, datetime):
            return found
    return here()


def apart(db: Session) -> timedelta:
    """How far this machine's clock is from the database's; nothing where they are one machine."""
    return abs(now(db) - here())


def here() -> datetime:
    """The time of this machine in UTC, without a zone."""
    return datetime.now(UTC).replace(tzinfo=None)
