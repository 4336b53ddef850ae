"""What students wrote when they asked an adult to get in touch.

A row says the day it came and nothing finer, and lies where its random key puts it (SQLite: a table
without rowid). Nothing in it comes from a survey. What was written is sealed: see `seal`.
"""

from __future__ import annotations

import uuid
from datetime import date

from sqlalchemy import CheckConstraint, ForeignKey, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from survey.db import Base


class HelpRequest(Base):
    """One request. `sealed` holds what the student wrote, `sealed_note` what was done about it."""

    __tablename__ = "help_request"
    __table_args__ = (
        CheckConstraint("(read_on IS NULL) = (read_by IS NULL)", name="read_whole"),
        CheckConstraint("(closed_on IS NULL) = (closed_by IS NULL)", name="closed_whole"),
        CheckConstraint("(closed_on IS NULL) = (sealed_note IS NULL)", name="closed_noted"),
        CheckConstraint("closed_on IS NULL OR read_on IS NOT NULL", name="closed_after_read"),
        {"sqlite_with_rowid": False},
    )

    school_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("school.school_id"), primary_key=True)
    request_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    arrived_on: Mapped[date]
    urgent: Mapped[bool]
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    read_on: Mapped[date | None]
    read_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("member.id"))
    closed_on: Mapped[date | None]
    closed_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("member.id"))
    sealed_note: Mapped[bytes | None] = mapped_column(LargeBinary)
