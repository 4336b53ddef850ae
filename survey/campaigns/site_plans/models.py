"""Plans as they are stored: the one a school draws now, and the one a wave was launched with."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, ForeignKeyConstraint, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from survey.database import Base


class SitePlan(Base):
    """A school's plan as it is drawn now: a small picture, and the areas of its places on it
    (`areas.Area` as a document). The file that was uploaded is not kept."""

    __tablename__ = "site_plan"
    __table_args__ = (
        CheckConstraint("width BETWEEN 1 AND 720", name="width_small"),
        CheckConstraint("height >= 1", name="height_sane"),
    )

    school_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("school.school_id"), primary_key=True)
    picture: Mapped[bytes] = mapped_column(LargeBinary)
    kind: Mapped[str]
    width: Mapped[int]
    height: Mapped[int]
    areas: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)


class WavePlan(Base):
    """The plan as it was when the wave was launched, under the hash of its picture and its areas.
    Written once, never changed: what a report shows stays what students were shown."""

    __tablename__ = "wave_plan"
    __table_args__ = (
        ForeignKeyConstraint(["school_id", "wave_id"], ["wave.school_id", "wave.wave_id"]),
    )

    school_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    wave_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    plan_hash: Mapped[str]
    picture: Mapped[bytes] = mapped_column(LargeBinary)
    kind: Mapped[str]
    width: Mapped[int]
    height: Mapped[int]
    areas: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
