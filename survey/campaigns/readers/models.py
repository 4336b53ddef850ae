"""The organisations that a school answers to, their invitations, and whose surveys a wave is."""

from __future__ import annotations

import uuid
from datetime import date
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from survey.campaigns.models import Campaign, Programme, Wave
from survey.database import Base, by_value
from survey.organisations.models import Authority, School


class ReaderState(StrEnum):
    WAITING = "waiting"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    ENDED = "ended"  # the school accepted it, and later ended it


class SchoolReader(Base):
    """An organisation apart from its authority that a school answers to, if it accepted that: a
    trust or a partnership. It can invite the school to its surveys and compare it."""

    __tablename__ = "school_reader"
    __table_args__ = (
        CheckConstraint("(state = 'waiting') = (answered_on IS NULL)", name="answered_whole"),
    )

    school_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("school.school_id"), primary_key=True)
    authority_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("authority.authority_id"), primary_key=True
    )
    state: Mapped[ReaderState] = mapped_column(by_value(ReaderState), default=ReaderState.WAITING)
    asked_on: Mapped[date]
    answered_on: Mapped[date | None]

    school: Mapped[School] = relationship()
    authority: Mapped[Authority] = relationship()


class InvitationState(StrEnum):
    WAITING = "waiting"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    LAPSED = "lapsed"  # the school did not answer in time


class Invitation(Base):
    """A school that is invited to a programme. `campaign_id` is the school's survey that takes
    part: the draft that came with the invitation, or one that the school holds for another reader
    already, so that its students are asked once and there is one report."""

    __tablename__ = "invitation"
    __table_args__ = (
        ForeignKeyConstraint(
            ["authority_id", "programme_id"], ["programme.authority_id", "programme.programme_id"]
        ),
        ForeignKeyConstraint(
            ["campaign_id", "school_id"], ["campaign.campaign_id", "campaign.school_id"]
        ),
        CheckConstraint("(state = 'waiting') = (answered_on IS NULL)", name="answered_whole"),
    )

    authority_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    programme_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    school_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("school.school_id"), primary_key=True)
    campaign_id: Mapped[uuid.UUID | None]
    state: Mapped[InvitationState] = mapped_column(
        by_value(InvitationState), default=InvitationState.WAITING
    )
    invited_on: Mapped[date]
    answer_by: Mapped[date]
    answered_on: Mapped[date | None]
    reason: Mapped[str] = mapped_column(default="")

    programme: Mapped[Programme] = relationship(viewonly=True)
    school: Mapped[School] = relationship(viewonly=True)
    campaign: Mapped[Campaign | None] = relationship(viewonly=True)


class JoinedSurvey(Base):
    """A wave that is survey `number` of a programme of another reader. For the programme that a
    survey was started from, the number is that of the wave, and there is no row."""

    __tablename__ = "joined_survey"
    __table_args__ = (
        ForeignKeyConstraint(
            ["authority_id", "programme_id"], ["programme.authority_id", "programme.programme_id"]
        ),
        ForeignKeyConstraint(["wave_id", "school_id"], ["wave.wave_id", "wave.school_id"]),
        UniqueConstraint("authority_id", "programme_id", "school_id", "wave_id"),
        CheckConstraint("number >= 1", name="number_sane"),
    )

    authority_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    programme_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    school_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("school.school_id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    wave_id: Mapped[uuid.UUID]

    programme: Mapped[Programme] = relationship(viewonly=True)
    wave: Mapped[Wave] = relationship(viewonly=True)
