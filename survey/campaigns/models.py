"""Tables of programmes, surveys (campaigns) and their waves, and of the codes that open them."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    false,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from survey.campaigns.states import EndReason, WaveState
from survey.database import Base, by_value
from survey.organisations.models import Authority, School


class Programme(Base):
    """An authority's survey over many schools, from one version of one template. `compared` lists
    the numbers of the surveys whose one comparison was made. `asks_sign_off`: a school
    launches only what the authority signed off."""

    __tablename__ = "programme"

    authority_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("authority.authority_id"), primary_key=True
    )
    programme_id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    title: Mapped[str]
    template_key: Mapped[str]
    template_version: Mapped[str]
    started_on: Mapped[date]
    archived_on: Mapped[date | None]
    asks_sign_off: Mapped[bool] = mapped_column(default=False, server_default=false())
    compared_or_none: Mapped[list[int] | None] = mapped_column("compared", JSON(none_as_null=True))

    authority: Mapped[Authority] = relationship()
    core: Mapped[ProgrammeCore | None] = relationship()
    planned: Mapped[list[PlannedWave]] = relationship(order_by="PlannedWave.number")

    @property
    def compared(self) -> list[int]:
        return list(self.compared_or_none or ())

    @compared.setter
    def compared(self, numbers: list[int]) -> None:
        self.compared_or_none = numbers


class ProgrammeCore(Base):
    """The questions an authority shares between its schools, beyond the template's own: an
    `adapt.Adaptation` as a document (`authority_core`). Fixed once a school is invited."""

    __tablename__ = "programme_core"
    __table_args__ = (
        ForeignKeyConstraint(
            ["authority_id", "programme_id"], ["programme.authority_id", "programme.programme_id"]
        ),
    )

    authority_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    programme_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    adaptation: Mapped[dict[str, Any]]


class PlannedWave(Base):
    """When an authority would like survey `number` of its programme to be held: to open between two
    days, and to close by a third. Schools see the days and are warned outside them; they may choose
    others. `reports_by` is the cut-off: after it the comparison no longer waits for a school that
    has no report."""

    __tablename__ = "planned_wave"
    __table_args__ = (
        ForeignKeyConstraint(
            ["authority_id", "programme_id"], ["programme.authority_id", "programme.programme_id"]
        ),
        CheckConstraint("opens_from <= opens_until", name="opens_in_order"),
        CheckConstraint("opens_until < closes_by", name="closes_after"),
        CheckConstraint("reports_by IS NULL OR closes_by <= reports_by", name="reports_after"),
        CheckConstraint("number >= 1", name="number_sane"),
    )

    authority_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    programme_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    opens_from: Mapped[date]
    opens_until: Mapped[date]
    closes_by: Mapped[date]
    reports_by: Mapped[date | None]

    def strays(self, *, opens: date, closes: date) -> bool:
        """Are these days outside the planned ones?"""
        return not self.opens_from <= opens <= self.opens_until or closes > self.closes_by


class SetAside(Base):
    """A school that its authority leaves out of one comparison, and why. The school's own survey
    and report are not touched. The row can be removed until the comparison is made. `by_clock`: the
    last day for reports passed without one."""

    __tablename__ = "set_aside"
    __table_args__ = (
        ForeignKeyConstraint(
            ["authority_id", "programme_id"], ["programme.authority_id", "programme.programme_id"]
        ),
        CheckConstraint("number >= 1", name="number_sane"),
    )

    authority_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    programme_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    school_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("school.school_id"), primary_key=True)
    reason: Mapped[str]
    set_aside_on: Mapped[date]
    by_clock: Mapped[bool] = mapped_column(default=False, server_default=false())


class FrozenQuestionnaire(Base):
    """A questionnaire as it was launched, under its content hash. Written once, never changed;
    schools that launched the same one share it."""

    __tablename__ = "frozen_questionnaire"

    content_hash: Mapped[str] = mapped_column(primary_key=True)
    document: Mapped[str]


class Campaign(Base):
    """One school's survey, repeated in waves. `adaptation` is the draft: what the school changed of
    the template (`questionnaires.adapt.Adaptation` as a document). It belongs to the next wave; a
    launched wave keeps its own frozen questionnaire. `left_after` is set once the school has
    left the authority of the programme: surveys up to that number stay part of the programme, later
    ones are the school's own."""

    __tablename__ = "campaign"
    __table_args__ = (
        ForeignKeyConstraint(
            ["authority_id", "programme_id"], ["programme.authority_id", "programme.programme_id"]
        ),
        CheckConstraint("(authority_id IS NULL) = (programme_id IS NULL)", name="programme_whole"),
    )

    school_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("school.school_id"), primary_key=True)
    campaign_id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    authority_id: Mapped[uuid.UUID | None]
    programme_id: Mapped[uuid.UUID | None]
    title: Mapped[str]
    template_key: Mapped[str]
    template_version: Mapped[str]
    adaptation: Mapped[dict[str, Any]] = mapped_column(default=dict)
    left_after: Mapped[int | None]
    archived_on: Mapped[date | None]

    school: Mapped[School] = relationship()
    programme: Mapped[Programme | None] = relationship()
    waves: Mapped[list[Wave]] = relationship(back_populates="campaign", order_by="Wave.number")

    def programme_of(self, number: int) -> Programme | None:
        """The programme that survey `number` is part of, or would be."""
        if self.left_after is not None and number > self.left_after:
            return None
        return self.programme

    @property
    def programme_ahead(self) -> Programme | None:
        """The programme that the next survey would be part of."""
        return None if self.left_after is not None else self.programme


class Wave(Base):
    """One fieldwork period of a survey.

    `door` is a random number that codes carry inside them, so that a code says which wave it opens
    without a look-up that would tell whether it was used.

    `counter` is the number of responses rounded down to 10, as of the end of `counter_on`. It moves
    at most once a day while the wave is open, and again when the answers are opened.

    `box_key` is the public key that answers are sealed to, `box_size` the one length of what is
    sealed, `box_split` the stronger mode. The key stays until the private one is destroyed: a wave
    that is closed and still has it has not been swept.

    `year_bands` are the `bands.YearBands` its report will have rows for, fixed at launch; None for
    a draft, and for a wave launched before there were any. `roll` is the school's roll at launch:
    cards and the report are held to it, so that no one can raise it alone afterwards.

    `consent` is the policy on consent at launch (`policies.consent.Consent`); None for a draft,
    a survey of adults, and one from before there was a choice, in which parents could say no.
    `slips` is the number of slips with a yes that came back by year group ("7": 120), as the school
    counted them; who sent one is not kept.

    `restored_to`: the day of the backup that the database was restored from while this wave was
    open and its cards in use. What was sent after that backup is lost, and the cards of that time
    are void."""

    __tablename__ = "wave"
    __table_args__ = (
        ForeignKeyConstraint(
            ["school_id", "campaign_id"], ["campaign.school_id", "campaign.campaign_id"]
        ),
        CheckConstraint("(state = 'draft') = (questionnaire_hash IS NULL)", name="launched_frozen"),
        CheckConstraint("(state = 'draft') = (opened_on IS NULL)", name="launched_dated"),
        CheckConstraint(
            "(state = 'ended') = (end_reason IS NOT NULL)"
            " AND (state = 'ended') = (ended_on IS NOT NULL)",
            name="ended_whole",
        ),
        CheckConstraint("counter % 10 = 0", name="counter_coarse"),
        CheckConstraint("(box_key IS NULL) = (box_size IS NULL)", name="box_whole"),
        Index("ix_wave_campaign", "school_id", "campaign_id", "number", unique=True),
    )

    school_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    wave_id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    campaign_id: Mapped[uuid.UUID]
    number: Mapped[int]
    state: Mapped[WaveState] = mapped_column(
        by_value(WaveState),
        default=WaveState.DRAFT,
    )
    questionnaire_hash: Mapped[str | None] = mapped_column(
        ForeignKey("frozen_questionnaire.content_hash")
    )
    door: Mapped[int] = mapped_column(unique=True)
    opened_on: Mapped[date | None]
    closes_on: Mapped[date | None]
    closed_on: Mapped[date | None]
    end_reason: Mapped[EndReason | None] = mapped_column(by_value(EndReason))
    ended_on: Mapped[date | None]
    counter: Mapped[int] = mapped_column(default=0)
    counter_on: Mapped[date | None]
    box_key: Mapped[bytes | None] = mapped_column(LargeBinary(1216))
    box_size: Mapped[int | None]
    box_split: Mapped[bool] = mapped_column(default=False, server_default=false())
    year_bands: Mapped[list[list[int]] | None] = mapped_column(JSON(none_as_null=True))
    roll: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    consent: Mapped[str | None]
    slips: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    restored_to: Mapped[date | None]

    campaign: Mapped[Campaign] = relationship(back_populates="waves")
    questionnaire: Mapped[FrozenQuestionnaire | None] = relationship()
    batches: Mapped[list[LinkBatch]] = relationship(
        back_populates="wave", order_by="LinkBatch.label"
    )
    print_details: Mapped[PrintDetails | None] = relationship(back_populates="wave")


class VoidDoor(Base):
    """The door of a launch that was undone. Its cards still exist on paper, so a student who uses
    one reads that the survey has finished. `title` and the questionnaire are those of that launch,
    for the words and the contacts on the page."""

    __tablename__ = "void_door"

    door: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    school_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("school.school_id"))
    questionnaire_hash: Mapped[str] = mapped_column(ForeignKey("frozen_questionnaire.content_hash"))
    title: Mapped[str]
    voided_on: Mapped[date]

    @classmethod
    def of(cls, wave: Wave, today: date) -> VoidDoor:
        return cls(
            door=wave.door,
            school_id=wave.school_id,
            questionnaire_hash=wave.questionnaire_hash,
            title=wave.campaign.title,
            voided_on=today,
        )


class LinkBatch(Base):
    """A printed run of link cards: for one year group, or for all if `year` is None. It says how
    many were made and holds no code. `begins_at` is how many of its kind were made before it, so
    that the page that made it can show the same codes again and make no more."""

    __tablename__ = "link_batch"
    __table_args__ = (
        ForeignKeyConstraint(["school_id", "wave_id"], ["wave.school_id", "wave.wave_id"]),
        CheckConstraint("count BETWEEN 1 AND 2000", name="count_sane"),
    )

    school_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    wave_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    batch_id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    year: Mapped[int | None]
    label: Mapped[str]
    count: Mapped[int]
    made_on: Mapped[date]
    begins_at: Mapped[int | None]

    wave: Mapped[Wave] = relationship(back_populates="batches")


class PrintDetails(Base):
    """What a school writes for the printed sheets of a wave: on which day it asks, how parents opt
    out and by when, who signs the letter, where students may drop in afterwards. `items_word` makes
    the address where parents read all questions; it is set only while the school shows them."""

    __tablename__ = "print_details"
    __table_args__ = (
        ForeignKeyConstraint(["school_id", "wave_id"], ["wave.school_id", "wave.wave_id"]),
    )

    school_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    wave_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    asked_on: Mapped[date | None]
    opt_out_by: Mapped[date | None]
    opt_out_how: Mapped[str] = mapped_column(default="")
    signed_by: Mapped[str] = mapped_column(default="")
    drop_in: Mapped[str] = mapped_column(default="")
    items_word: Mapped[str | None] = mapped_column(unique=True)

    wave: Mapped[Wave] = relationship(back_populates="print_details")


class AccessCode(Base):
    """A code of a wave, as a keyed hash, with what is sealed for it: a blank box from the start,
    and a student's answers after Send. Both are sealed to the wave's key and have one size.

    `receipt` tells the holder of the page that was sent whether it was this page and these answers;
    `tag` tells the holder of the operator's key whether the code is still to be used. To anyone
    else both are random bytes, before and after. The batch and year group of a code are not
    stored."""

    __tablename__ = "access_code"
    __table_args__ = (
        ForeignKeyConstraint(["school_id", "wave_id"], ["wave.school_id", "wave.wave_id"]),
        {"sqlite_with_rowid": False},
    )

    school_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    wave_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    code_hash: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    tag: Mapped[bytes] = mapped_column(LargeBinary(32))
    receipt: Mapped[bytes] = mapped_column(LargeBinary(64))
    box: Mapped[bytes] = mapped_column(LargeBinary)
