"""Requests to a second person and their answers, and sign-offs. None is a student's."""

from __future__ import annotations

import uuid
from datetime import date, timedelta
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from survey.approvals.states import ApprovalState
from survey.database import Base, by_value
from survey.organisations.models import Member


class ApprovalKind(StrEnum):
    """What is asked for."""

    CARDS = "cards"  # more cards than the roll and its reserve allow
    ROLL = "roll"  # more students on roll than when the survey was launched
    QUESTIONS = "questions"  # a survey asks questions in the school's own words
    RELEASE = "release"  # the answers of a closed survey are read: its report, and its texts
    RESTORE = "restore"  # a withdrawn report is published again, as it was


ANSWER_WITHIN = timedelta(days=60)
"""A request that no one has answered by then lapses, and can be made again."""


class Approval(Base):
    """One request. `number` orders the requests of a survey. The database itself refuses a request
    that is answered by the person who asked. `count` is how many cards, students or questions it is
    about; `words_hash` names the questions that were agreed to. A request lapses on `answered_on`,
    answered by no one, when what it asks for is no longer possible or its last day has passed."""

    __tablename__ = "approval"
    __table_args__ = (
        ForeignKeyConstraint(["school_id", "wave_id"], ["wave.school_id", "wave.wave_id"]),
        CheckConstraint("answered_by IS NULL OR answered_by <> asked_by", name="two_people"),
        CheckConstraint(
            "(state IN ('waiting', 'lapsed')) = (answered_by IS NULL)"
            " AND (state = 'waiting') = (answered_on IS NULL)",
            name="answered_whole",
        ),
        CheckConstraint(
            "(kind IN ('release', 'restore')) = (count IS NULL)", name="counts_what_it_asks"
        ),
        CheckConstraint("count IS NULL OR count BETWEEN 1 AND 2000", name="count_sane"),
        Index("ix_approval_wave", "school_id", "wave_id", "number", unique=True),
    )

    school_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    approval_id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    wave_id: Mapped[uuid.UUID]
    number: Mapped[int]
    kind: Mapped[ApprovalKind] = mapped_column(by_value(ApprovalKind))
    year: Mapped[int | None]
    count: Mapped[int | None]
    reason: Mapped[str] = mapped_column(default="")
    state: Mapped[ApprovalState] = mapped_column(
        by_value(ApprovalState), default=ApprovalState.WAITING
    )
    asked_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("member.id"))
    asked_on: Mapped[date]
    answered_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("member.id"))
    answered_on: Mapped[date | None]
    note: Mapped[str] = mapped_column(default="")
    words_hash: Mapped[str | None]

    @property
    def answer_by(self) -> date:
        """The last day on which someone can answer."""
        return self.asked_on + ANSWER_WITHIN

    asker: Mapped[Member] = relationship(foreign_keys=[asked_by])
    answerer: Mapped[Member | None] = relationship(foreign_keys=[answered_by])


class SignOffKind(StrEnum):
    """Who signs a survey off before its launch."""

    HEAD = "head"
    AUTHORITY = "authority"


class SignOff(Base):
    """Someone's agreement that a survey is launched as it is. It counts for the wording that
    `words_hash` names. `on_paper_by` is the head's name where a lead recorded a signature on paper.
    It can be taken back (`ended_on`) until the launch."""

    __tablename__ = "sign_off"
    __table_args__ = (
        ForeignKeyConstraint(["school_id", "wave_id"], ["wave.school_id", "wave.wave_id"]),
        CheckConstraint("ended_by IS NULL OR ended_on IS NOT NULL", name="ended_whole"),
        Index("ix_sign_off_wave", "school_id", "wave_id"),
    )

    school_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    sign_off_id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    wave_id: Mapped[uuid.UUID]
    kind: Mapped[SignOffKind] = mapped_column(by_value(SignOffKind, 24))
    words_hash: Mapped[str]
    given_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("member.id"))
    given_on: Mapped[date]
    on_paper_by: Mapped[str] = mapped_column(default="")
    ended_on: Mapped[date | None]
    ended_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("member.id"))

    giver: Mapped[Member] = relationship(foreign_keys=[given_by])
