"""Self-assessments of a school and the rating of each statement. They use no survey data."""

from __future__ import annotations

import uuid
from datetime import date
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from survey.database import Base, by_value


class Light(StrEnum):
    """How far a statement is true of the school."""

    RED = "red"
    AMBER = "amber"
    GREEN = "green"


class Assessment(Base):
    """One version: it can be changed until it is finished, and is dated by that day."""

    __tablename__ = "assessment"
    __table_args__ = (
        # One at a time is being written.
        Index(
            "ix_assessment_open",
            "school_id",
            unique=True,
            sqlite_where=text("finished_on IS NULL"),
            postgresql_where=text("finished_on IS NULL"),
        ),
    )

    school_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("school.school_id"), primary_key=True)
    assessment_id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    started_on: Mapped[date]
    finished_on: Mapped[date | None]

    marks: Mapped[list[Mark]] = relationship(back_populates="assessment")


class Mark(Base):
    """The entry for one statement: its rating, the evidence, and the next step with its owner and
    day."""

    __tablename__ = "assessment_mark"
    __table_args__ = (
        ForeignKeyConstraint(
            ["school_id", "assessment_id"],
            ["assessment.school_id", "assessment.assessment_id"],
        ),
        CheckConstraint("light IN ('red', 'amber', 'green')", name="light_known"),
    )

    school_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    assessment_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    statement: Mapped[str] = mapped_column(primary_key=True)
    light: Mapped[Light | None] = mapped_column(by_value(Light))
    evidence: Mapped[str] = mapped_column(default="")
    owner: Mapped[str] = mapped_column(default="")
    due: Mapped[date | None]

    assessment: Mapped[Assessment] = relationship(back_populates="marks")
