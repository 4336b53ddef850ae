"""Tables of actions: what a school does about a place or a theme, and which of it students read.

An action points to figures and holds none: which table, answer and group of the school's releases
it is measured by. The words are the school's own.
"""

from __future__ import annotations

import uuid
from datetime import date
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from survey.actions.states import ActionState
from survey.campaigns.models import Campaign, Wave
from survey.database import Base, by_value
from survey.organisations.models import Member


class SubjectKind(StrEnum):
    PLACE = "place"
    THEME = "theme"
    STATEMENT = "statement"  # of the self-assessment


class Action(Base):
    """One action. `subject` is the key of a place or the tag of a theme, the same from wave to
    wave; `wave_id` the wave whose report it came from; `measured_*` the figure it is to change.
    `we_did` and `language` are for students, who read it only if `for_students`."""

    __tablename__ = "action"
    __table_args__ = (
        ForeignKeyConstraint(
            ["school_id", "campaign_id"], ["campaign.school_id", "campaign.campaign_id"]
        ),
        ForeignKeyConstraint(
            ["school_id", "wave_id"], ["wave.school_id", "wave.wave_id"], name="fk_action_wave_id"
        ),
        CheckConstraint("NOT for_students OR we_did <> ''", name="told_in_words"),
        Index("ix_action_campaign", "school_id", "campaign_id"),
    )

    school_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    action_id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    campaign_id: Mapped[uuid.UUID]
    wave_id: Mapped[uuid.UUID]
    kind: Mapped[SubjectKind] = mapped_column(by_value(SubjectKind))
    subject: Mapped[str]
    measured_table: Mapped[str]
    measured_answer: Mapped[str]
    measured_group: Mapped[str]
    found: Mapped[str]
    goal: Mapped[str]
    owner: Mapped[str]
    steps_taken: Mapped[str]
    due_on: Mapped[date]
    other_signs: Mapped[str]
    for_students: Mapped[bool]
    we_did: Mapped[str]
    language: Mapped[str]
    state: Mapped[ActionState] = mapped_column(by_value(ActionState), default=ActionState.PLANNED)
    planned_on: Mapped[date]

    campaign: Mapped[Campaign] = relationship(overlaps="wave")
    wave: Mapped[Wave] = relationship(overlaps="campaign")
    moves: Mapped[list[ActionMove]] = relationship(order_by="ActionMove.number")


class ActionMove(Base):
    """A change of state, on a day and by a member; `number` counts them within an action."""

    __tablename__ = "action_move"
    __table_args__ = (
        ForeignKeyConstraint(["school_id", "action_id"], ["action.school_id", "action.action_id"]),
        CheckConstraint("number >= 1", name="numbered_from_one"),
    )

    school_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    action_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[ActionState] = mapped_column(by_value(ActionState))
    moved_on: Mapped[date]
    moved_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("member.id"))
    note: Mapped[str]

    member: Mapped[Member | None] = relationship()


class StudentsPage(Base):
    """The page on which students of a campaign read what was said and done. The row is there only
    while the school shows it, and its `word` never comes back."""

    __tablename__ = "students_page"
    __table_args__ = (
        ForeignKeyConstraint(
            ["school_id", "campaign_id"], ["campaign.school_id", "campaign.campaign_id"]
        ),
    )

    school_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    campaign_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    word: Mapped[str] = mapped_column(unique=True)
    opened_on: Mapped[date]

    campaign: Mapped[Campaign] = relationship()
