"""Tables of answers. `responses.collect` is the only writer, `releases.tabulation` the only reader.

These tables are empty while a wave is open: until it closes, answers are sealed next to the codes
(`campaigns.models.AccessCode`). Then they are opened, shuffled and written here in one pass, in the
order of fresh random keys (SQLite: tables without rowid), so that the position of a row does not
show when it came. The columns are a closed list, checked by a test. None is a time, an address, a
code, a sequence or a key that leads to a person.
"""

from __future__ import annotations

import uuid

from sqlalchemy import ForeignKeyConstraint
from sqlalchemy.orm import Mapped, mapped_column

from survey.database import Base


class Response(Base):
    """One student's answers as canonical JSON, item to answer, without free text."""

    __tablename__ = "response"
    __table_args__ = (
        ForeignKeyConstraint(["school_id", "wave_id"], ["wave.school_id", "wave.wave_id"]),
        {"sqlite_with_rowid": False},
    )

    school_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    wave_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    response_id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    answers: Mapped[str]


class FreeText(Base):
    """One free-text answer, cut loose from the response it came with: its key is its own."""

    __tablename__ = "free_text"
    __table_args__ = (
        ForeignKeyConstraint(["school_id", "wave_id"], ["wave.school_id", "wave.wave_id"]),
        {"sqlite_with_rowid": False},
    )

    school_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    wave_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    text_id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    item: Mapped[str]
    words: Mapped[str]
