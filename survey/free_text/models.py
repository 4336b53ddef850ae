"""The room in which a lead reads what students wrote. What leaves it is in
`published_models`.

A text comes here once, after close, under its own random key, in a random order. Nothing says when
it was written, by whom, in which year group, or with which answers. The columns are a closed list,
checked by a test.
"""

from __future__ import annotations

import hashlib
import uuid
from datetime import date

from sqlalchemy import JSON, CheckConstraint, ForeignKeyConstraint
from sqlalchemy.orm import Mapped, mapped_column

from survey.database import Base, by_value
from survey.free_text.decisions import PassedTo, TextDecision


class TextRoom(Base):
    """Records that the texts of a wave were taken out to be read: when, until when all of them
    should be read, and when the words were erased."""

    __tablename__ = "text_room"
    __table_args__ = (
        ForeignKeyConstraint(["school_id", "wave_id"], ["wave.school_id", "wave.wave_id"]),
    )

    school_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    wave_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    opened_on: Mapped[date]
    read_by: Mapped[date]
    erased_on: Mapped[date | None]


class RoomText(Base):
    """One text. `words` are the student's, `out` the numbers of the words that are blacked out.

    A worry says to whom the lead passed it on, on which day, and a note of the lead."""

    __tablename__ = "room_text"
    __table_args__ = (
        ForeignKeyConstraint(
            ["school_id", "wave_id"], ["text_room.school_id", "text_room.wave_id"]
        ),
        CheckConstraint(
            "(mark = 'worry') = (passed_to IS NOT NULL)"
            " AND (mark = 'worry') = (passed_on IS NOT NULL)"
            " AND (mark = 'worry') = (note IS NOT NULL)",
            name="worry_whole",
        ),
        {"sqlite_with_rowid": False},
    )

    school_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    wave_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    text_id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    item: Mapped[str]
    words: Mapped[str]
    out: Mapped[list[int]] = mapped_column(JSON, default=list)
    mark: Mapped[TextDecision] = mapped_column(
        by_value(TextDecision),
        default=TextDecision.UNREAD,
    )
    passed_to: Mapped[PassedTo | None] = mapped_column(by_value(PassedTo, 20))
    passed_on: Mapped[date | None]
    note: Mapped[str | None]

    @property
    def state(self) -> str:
        """Stands for all that was decided about the text. That it was read is not a decision."""
        mark = TextDecision.READ if self.mark is TextDecision.UNREAD else self.mark
        decided = (mark.value, sorted(self.out), self.passed_to, self.passed_on, self.note)
        return hashlib.sha256(repr(decided).encode()).hexdigest()[:16]
