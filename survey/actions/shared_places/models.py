"""Places outside school that several schools share, and what an authority does about them with its
partners.

A shared place names rows of the schools' own questionnaires. Its figure over schools is put
together once a wave and stored; from then on its schools stay as they are, so that no two figures
can be taken from each other.
"""

from __future__ import annotations

import uuid
from datetime import date
from enum import StrEnum

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from survey.actions.states import ActionState
from survey.campaigns.models import Programme
from survey.database import Base, by_value
from survey.organisations.models import Member, School


class Partner(StrEnum):
    """Who acts in a place that belongs to no school."""

    POLICE = "police"
    TRANSPORT = "transport"
    PARKS = "parks"
    COUNCIL = "council"
    YOUTH = "youth"
    BUSINESS = "business"
    OTHER = "other"


class SharedPlace(Base):
    """One place of an authority's programme, like "Riverside bus station"."""

    __tablename__ = "shared_place"
    __table_args__ = (
        ForeignKeyConstraint(
            ["authority_id", "programme_id"], ["programme.authority_id", "programme.programme_id"]
        ),
        Index("ix_shared_place_programme", "authority_id", "programme_id"),
    )

    authority_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    shared_place_id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    programme_id: Mapped[uuid.UUID]
    name: Mapped[str]
    begun_on: Mapped[date]

    programme: Mapped[Programme] = relationship()
    schools: Mapped[list[SharedPlaceSchool]] = relationship(
        cascade="all, delete-orphan", order_by="SharedPlaceSchool.school_id"
    )
    figures: Mapped[list[SharedFigure]] = relationship(order_by="SharedFigure.number")
    actions: Mapped[list[PartnerAction]] = relationship(
        order_by="PartnerAction.due_on", back_populates="place"
    )


class SharedPlaceSchool(Base):
    """A school that names the place, and under which key its questionnaire has it. Within a
    programme no place of a school is part of two shared places."""

    __tablename__ = "shared_place_school"
    __table_args__ = (
        ForeignKeyConstraint(
            ["authority_id", "shared_place_id"],
            ["shared_place.authority_id", "shared_place.shared_place_id"],
        ),
        UniqueConstraint("authority_id", "programme_id", "school_id", "place_key"),
    )

    authority_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    shared_place_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    school_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("school.school_id"), primary_key=True)
    programme_id: Mapped[uuid.UUID]
    place_key: Mapped[str]

    school: Mapped[School] = relationship()


class SharedFigure(Base):
    """The one figure of a shared place in a wave, over all its schools together: the share of those
    who go there that feel unsafe. Worked out from figures that the schools' releases print; None
    where too few of them print one."""

    __tablename__ = "shared_figure"
    __table_args__ = (
        ForeignKeyConstraint(
            ["authority_id", "shared_place_id"],
            ["shared_place.authority_id", "shared_place.shared_place_id"],
        ),
        CheckConstraint("schools >= 5", name="over_five_schools"),
        CheckConstraint("percent BETWEEN 0 AND 100", name="a_share"),
    )

    authority_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    shared_place_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    schools: Mapped[int]
    percent: Mapped[int | None]
    made_on: Mapped[date]


class PartnerAction(Base):
    """What a partner does in a shared place, by when; its states are those of a school's action."""

    __tablename__ = "partner_action"
    __table_args__ = (
        ForeignKeyConstraint(
            ["authority_id", "shared_place_id"],
            ["shared_place.authority_id", "shared_place.shared_place_id"],
        ),
    )

    authority_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    partner_action_id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    shared_place_id: Mapped[uuid.UUID]
    partner: Mapped[Partner] = mapped_column(by_value(Partner))
    who: Mapped[str]
    steps_taken: Mapped[str]
    due_on: Mapped[date]
    state: Mapped[ActionState] = mapped_column(by_value(ActionState), default=ActionState.PLANNED)
    planned_on: Mapped[date]

    place: Mapped[SharedPlace] = relationship(back_populates="actions")
    moves: Mapped[list[PartnerMove]] = relationship(order_by="PartnerMove.number")


class PartnerMove(Base):
    """A change of state, on a day and by a member."""

    __tablename__ = "partner_move"
    __table_args__ = (
        ForeignKeyConstraint(
            ["authority_id", "partner_action_id"],
            ["partner_action.authority_id", "partner_action.partner_action_id"],
        ),
        CheckConstraint("number >= 1", name="numbered_from_one"),
    )

    authority_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    partner_action_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[ActionState] = mapped_column(by_value(ActionState))
    moved_on: Mapped[date]
    moved_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("member.id"))
    note: Mapped[str]

    member: Mapped[Member | None] = relationship()
