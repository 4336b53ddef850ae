"""The last run of everything that runs by the clock: one row a name, which each run overwrites."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, delete, insert, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from survey.database import Base

INSERTS: Mapping[str, Any] = {"postgresql": postgresql.insert, "sqlite": sqlite.insert}


class RunName(StrEnum):
    HOUSEKEEPING = "housekeeping"
    CLEARING = "clearing"  # of what erased rows left in the files; a problem while that is to do


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


def note_due(db: Session, name: RunName) -> None:
    """Records that there is something for that run to do. Two at the same moment do no harm."""
    adding = INSERTS[db.get_bind().dialect.name](ServiceRun).values(
        name=name.value, ran_at=_now(), problems=1
    )
    db.execute(adding.on_conflict_do_update(index_elements=[ServiceRun.name], set_={"problems": 1}))


def is_due(db: Session, name: RunName) -> bool:
    """Is there something for that run to do?"""
    query = select(ServiceRun.problems).where(ServiceRun.name == name.value)
    return bool(db.scalar(query))


def last(db: Session, name: RunName) -> LastRun | None:
    """The last run of that name, or None if there was none."""
    row = db.get(ServiceRun, name.value)
    if row is None:
        return None
    return LastRun(_now() - row.ran_at, row.problems)


SERVES = "migrated to "
"""How the names of the rows begin that `migrate` leaves for the code of before."""


def note_migrated(db: Session, schema: str, served: Iterable[str]) -> None:
    """Records that the schema was migrated, and the steps whose code continues with it: code of
    before cannot know what a later release changed."""
    db.execute(delete(ServiceRun).where(ServiceRun.name.startswith(SERVES)))
    names = [_served(schema, step) for step in served]
    db.execute(insert(ServiceRun), [_row(name) for name in names])


def is_served(connection: Connection, schema: str, step: str) -> bool:
    """Did the release that migrated to this schema say that code of that step continues with it?"""
    found = select(ServiceRun.name).where(ServiceRun.name == _served(schema, step))
    return connection.scalar(found) is not None


def _served(schema: str, step: str) -> str:
    return f"{SERVES}{schema}, served by {step}"


def _row(name: str) -> dict[str, object]:
    return {"name": name, "ran_at": _now(), "problems": 0}


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)
