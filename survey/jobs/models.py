"""The table of jobs, which pages and workers read on both engines.

A row holds identifiers of schools, surveys and programmes, the member who asked, and times of what
staff or the clock did. Nothing of an answer, and nothing that a student does, reaches this table.
"""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from survey.database import Base, by_value
from survey.jobs.states import JobState


class Job(Base):
    """One piece of long work. `key` says what it is about: of each key at most one job is
    unfinished. `taken_by` is a random token of the attempt that runs it; a worker whose token is
    no longer here has lost the job and can store nothing of it. `problem` says why it failed, or
    why it still waits; `result` says what came of it."""

    __tablename__ = "job"
    __table_args__ = (
        Index(
            "uq_job_unfinished",
            "key",
            unique=True,
            sqlite_where=text("state IN ('waiting', 'running')"),
            postgresql_where=text("state IN ('waiting', 'running')"),
        ),
        Index("ix_job_state", "state"),
    )

    job_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    kind: Mapped[str]
    key: Mapped[str]
    subject: Mapped[dict[str, Any]]
    asked_by: Mapped[uuid.UUID | None]
    language: Mapped[str]
    stamp: Mapped[str]
    state: Mapped[JobState] = mapped_column(by_value(JobState), default=JobState.WAITING)
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(default=0)
    tries: Mapped[int] = mapped_column(default=0)
    refusals: Mapped[int] = mapped_column(default=0)
    taken_by: Mapped[str | None]
    asked_at: Mapped[datetime]
    heard_at: Mapped[datetime]
    not_before: Mapped[datetime | None]
    problem: Mapped[str | None]
    result: Mapped[str | None]
