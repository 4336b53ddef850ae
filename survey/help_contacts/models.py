"""Tables of help contacts as the operator and schools changed them."""

from __future__ import annotations

import uuid
from datetime import date

from sqlalchemy import JSON, CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from survey.database import Base
from survey.organisations.models import Member

Words = dict[str, str]
"""The same words by language tag."""


class NationalContact(Base):
    """What the operator changed about a shipped help line, or one that the operator added. A field
    that is None is as it ships. `checked_on` is the day on which someone last tried it."""

    __tablename__ = "help_contact"

    key: Mapped[str] = mapped_column(primary_key=True)
    is_off: Mapped[bool] = mapped_column(default=False)
    name: Mapped[Words | None] = mapped_column(JSON(none_as_null=True))
    how: Mapped[Words | None] = mapped_column(JSON(none_as_null=True))
    link: Mapped[str | None]
    nations: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))
    audiences: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))
    checked_on: Mapped[date | None]
    checked_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("member.id"))
    checked_how: Mapped[str] = mapped_column(default="")

    checker: Mapped[Member | None] = relationship()


class SchoolContact(Base):
    """A national help line that a school does not show (`is_off`), or a local one that it adds."""

    __tablename__ = "school_contact"
    __table_args__ = (CheckConstraint("is_off OR name IS NOT NULL", name="says_something"),)

    school_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("school.school_id"), primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    is_off: Mapped[bool] = mapped_column(default=False)
    name: Mapped[Words | None] = mapped_column(JSON(none_as_null=True))
    how: Mapped[Words | None] = mapped_column(JSON(none_as_null=True))
    link: Mapped[str | None]
    checked_on: Mapped[date | None]
    checked_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("member.id"))
    checked_how: Mapped[str] = mapped_column(default="")

    checker: Mapped[Member | None] = relationship()
