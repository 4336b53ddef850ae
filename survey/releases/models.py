"""Tables of releases of schools and comparisons of authorities, under their hash."""

from __future__ import annotations

import uuid
from datetime import date

from sqlalchemy import CheckConstraint, ForeignKeyConstraint
from sqlalchemy.orm import Mapped, column_property, mapped_column

from survey.database import Base, Packed, PackedTight


class StoredRelease(Base):
    """The one release of a wave. The key refuses a second; a mistake is withdrawn, not re-counted.

    `document` is the canonical JSON of `disclosure.release.Release`, `release_hash` its SHA-256. It
    and the certificate are long, and are fetched only when they are read.
    `school_name` is the name of the school when it was published, which a later change of name
    leaves alone."""

    __tablename__ = "release"
    __table_args__ = (
        ForeignKeyConstraint(["school_id", "wave_id"], ["wave.school_id", "wave.wave_id"]),
        CheckConstraint("(withdrawn_on IS NULL) = (notice IS NULL)", name="withdrawn_whole"),
    )

    school_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    wave_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    release_hash: Mapped[str]
    document: Mapped[str] = mapped_column(Packed, deferred=True)
    certificate: Mapped[str | None] = mapped_column(PackedTight, deferred=True)
    is_certified: Mapped[bool] = column_property(certificate.is_not(None))
    released_on: Mapped[date]
    withdrawn_on: Mapped[date | None]
    notice: Mapped[str | None]
    school_name: Mapped[str | None]


class StoredComparison(Base):
    """The one comparison of a programme's wave `number`, over its schools' frozen releases."""

    __tablename__ = "comparison"
    __table_args__ = (
        ForeignKeyConstraint(
            ["authority_id", "programme_id"], ["programme.authority_id", "programme.programme_id"]
        ),
    )

    authority_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    programme_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    release_hash: Mapped[str]
    document: Mapped[str] = mapped_column(Packed, deferred=True)
    certificate: Mapped[str | None] = mapped_column(PackedTight, deferred=True)
    released_on: Mapped[date]
