"""When something that runs by the clock last ran: one row a name, which each run overwrites."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from sqlalchemy.orm import Mapped, Session, mapped_column

from survey.database import Base


class RunName(StrEnum):
    HOUSEKEEPING = "housekeeping"


class ServiceRun(Base):
    """The last run of that name, and the problems that it named."""

    __tablename__ = "service_run"

    name: Mapped[str] = mapped_column(primary_key=True)
    ran_at: Mapped[datetime]
    problems: Mapped[int]


@dataclass(frozen=True)
class LastRun:
    """How long ago a run ended, and how many problems it named."""

    ago: timedelta
    problems: int


def note(db: Session, name: RunName, *, problems: int = 0) -> None:
    """Records that a run ended now."""
    db.merge(ServiceRun(name=name.value, ran_at=_now(), problems=problems))


def last(db: Session, name: RunName) -> LastRun | None:
    """The last run of that name, or None if there was none."""
    row = db.get(ServiceRun, name.value)
    if row is None:
        return None
    return LastRun(_now() - row.ran_at, row.problems)


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)
