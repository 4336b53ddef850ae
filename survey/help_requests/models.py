"""The table of requests of students. Nothing in it comes from a survey, and nothing is readable
without the settings: see `box` for the layout and `encryption` for the ciphers."""

from __future__ import annotations

import uuid

from sqlalchemy import ForeignKey, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from survey.database import Base


class HelpBox(Base):
    """A box of requests to one school, always of one size. `has_room` is false once a request
    found it full."""

    __tablename__ = "help_box"
    __table_args__ = ({"sqlite_with_rowid": False},)

    school_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("school.school_id"), primary_key=True)
    box_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    has_room: Mapped[bool]
    stored_index: Mapped[bytes] = mapped_column(LargeBinary)
    stored_words: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
