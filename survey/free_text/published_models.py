"""The set of texts that left the room, as it is kept."""

from __future__ import annotations

import uuid
from datetime import date

from sqlalchemy import CheckConstraint, ForeignKeyConstraint
from sqlalchemy.orm import Mapped, mapped_column

from survey.database import Base


class ReleasedTexts(Base):
    """The one set of texts of a wave that a school's report may show. The key refuses a second.

    `document` is the canonical JSON of `document.TextSet`, `texts_hash` its SHA-256. When the set
    is withdrawn the words go, and the hash and the notice stay."""

    __tablename__ = "released_texts"
    __table_args__ = (
        ForeignKeyConstraint(["school_id", "wave_id"], ["wave.school_id", "wave.wave_id"]),
        CheckConstraint(
            "(withdrawn_on IS NULL) = (notice IS NULL)"
            " AND (withdrawn_on IS NULL) = (document IS NOT NULL)",
            name="withdrawn_whole",
        ),
    )

    school_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    wave_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    texts_hash: Mapped[str]
    document: Mapped[str | None]
    released_on: Mapped[date]
    withdrawn_on: Mapped[date | None]
    notice: Mapped[str | None]
