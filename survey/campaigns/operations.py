"""What members do to programmes, campaigns and waves."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import delete, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from survey import db as database
from survey.access import MemberLike
from survey.campaigns import codes, planning, plans
from survey.campaigns.errors import (
    BatchSizeError,
    ClosingDayError,
    NotItsSchoolError,
    NotOpenError,
    NotReadyError,
    PreviousWaveError,
    TitleError,
)
from survey.campaigns.finding import (
    adaptation_of,
    draft_of,
    find_campaign,
    find_programme,
    find_wave,
    latest_wave,
    questionnaire_of,
    refuse_unless_draft,
    template_called,
    template_of,
    wave_of_door,
)
from survey.campaigns.models import (
    AccessCode,
    Campaign,
    FrozenQuestionnaire,
    LinkBatch,
    Programme,
    Wave,
)
from survey.campaigns.states import WaveState, move
from survey.events import EventName, record
from survey.organisations.models import School
from survey.questionnaires import adapt
from survey.questionnaires.adapt import Adaptation
from survey.questionnaires.document import canonical, content_hash
from survey.questionnaires.model import Questionnaire
from survey.words import kept, length

__all__ = [
    "close",
    "draft_of",
    "find_campaign",
    "find_programme",
    "find_wave",
    "invite",
    "launch",
    "make_batch",
    "mark_released",
    "missing_before_launch",
    "next_wave",
    "questionnaire_of",
    "rename",
    "save_draft",
    "start_campaign",
    "start_programme",
    "wave_of_door",
]  # fmt: skip

LONGEST_TITLE = 80
LONGEST_LABEL = 40
LARGEST_BATCH = 2000
LONGEST_FIELDWORK = timedelta(days=120)


# One school's campaign


def start_campaign(
    db: Session,
    *,
    school_id: uuid.UUID,
    template_key: str,
    template_version: str,
    title: str,
    programme: Programme | None = None,
    by: MemberLike | None,
) -> Campaign:
    """A campaign with its first wave, as a draft of the untouched template."""
    template_called(template_key, template_version)
    campaign = Campaign(
        school_id=school_id,
        authority_id=programme.authority_id if programme else None,
        programme_id=programme.programme_id if programme else None,
        title=_words(title, LONGEST_TITLE),
        template_key=template_key,
        template_version=template_version,
        adaptation={},
    )
    db.add(campaign)
    db.flush()  # the wave and the event name its id
    _add_wave(db, campaign, number=1)
    record(
        db,
        EventName.CAMPAIGN_STARTED,
        by=by,
        school_id=school_id,
        campaign_id=campaign.campaign_id,
        template=f"{template_key} {template_version}",
    )
    return campaign


def save_draft(
    db: Session, *, campaign: Campaign, adaptation: Adaptation, by: MemberLike | None
) -> None:
    """Keeps what the school changed. Saving what is there already changes nothing and records
    nothing."""
    _hold(db, latest_wave(campaign))
    refuse_unless_draft(campaign)
    adapt.adapt(template_of(campaign), adaptation)  # raises, if it does not fit the template
    document = adapt.to_document(adaptation)
    if document == campaign.adaptation:
        return
    campaign.adaptation = document
    record(
        db,
        EventName.DRAFT_CHANGED,
        by=by,
        school_id=campaign.school_id,
        campaign_id=campaign.campaign_id,
    )


def rename(db: Session, *, campaign: Campaign, title: str, by: MemberLike | None) -> None:
    """Changes the title that students and cards show; only between waves."""
    _hold(db, latest_wave(campaign))
    refuse_unless_draft(campaign)
    campaign.title = _words(title, LONGEST_TITLE)
    record(
        db,
        EventName.DRAFT_CHANGED,
        by=by,
        school_id=campaign.school_id,
        campaign_id=campaign.campaign_id,
    )


def missing_before_launch(campaign: Campaign) -> tuple[str, ...]:
    """What must still be filled in, one sentence each; empty if the draft may be launched."""
    return adapt.missing_before_launch(template_of(campaign), adaptation_of(campaign))


def launch(db: Session, *, wave: Wave, closes_on: date, today: date, by: MemberLike | None) -> None:
    """Freezes the adapted questionnaire under its content hash and opens the wave."""
    _hold(db, wave)
    move(wave.state, WaveState.OPEN)
    if missing := missing_before_launch(wave.campaign):
        raise NotReadyError(missing)
    if not today < closes_on <= today + LONGEST_FIELDWORK:
        raise ClosingDayError(
            _(
                "Choose a closing day after today, at most %(days)s days away.",
                days=LONGEST_FIELDWORK.days,
            )
        )
    questionnaire = draft_of(wave.campaign)
    wave.questionnaire_hash = _freeze(db, questionnaire)
    wave.state = move(wave.state, WaveState.OPEN)
    wave.opened_on, wave.closes_on = today, closes_on
    plans.freeze_plan(db, wave=wave, questionnaire=questionnaire)
    record(
        db,
        EventName.WAVE_LAUNCHED,
        by=by,
        school_id=wave.school_id,
        wave_id=wave.wave_id,
        questionnaire=wave.questionnaire_hash,
    )
    db.flush()  # whoever reads the wave next finds the frozen questionnaire beside it
    db.refresh(wave, ["questionnaire"])


def next_wave(db: Session, *, campaign: Campaign, by: MemberLike | None) -> Wave:
    """A draft of the next wave, from the adaptation as it stands."""
    before = latest_wave(campaign)
    _hold(db, before)
    if before.state not in (WaveState.CLOSED, WaveState.RELEASED):
        raise PreviousWaveError(_("The next wave can start when this one has closed."))
    wave = _add_wave(db, campaign, number=before.number + 1)
    record(
        db,
        EventName.WAVE_STARTED,
        by=by,
        school_id=campaign.school_id,
        wave_id=wave.wave_id,
        number=wave.number,
    )
    return wave


def make_batch(
    db: Session,
    *,
    wave: Wave,
    year: int | None,
    label: str,
    count: int,
    key: bytes,
    today: date,
    by: MemberLike | None,
) -> tuple[LinkBatch, tuple[str, ...]]:
    """New codes for one year group, or for any if `year` is None. The codes are returned here and
    nowhere else: what is kept are hashes."""
    if not 1 <= count <= LARGEST_BATCH:
        raise BatchSizeError(_("Make between 1 and %(most)s cards at once.", most=LARGEST_BATCH))
    if year is not None and year not in codes.YEARS:
        raise BatchSizeError(_("There is no such year group."))
    _hold(db, wave)
    if wave.state is not WaveState.OPEN:
        raise NotOpenError(_("Cards can be made while the survey is open."))
    if year is not None and questionnaire_of(wave).is_pulse:
        raise BatchSizeError(_("Adults have no year group."))
    before = db.scalar(
        select(func.coalesce(func.sum(LinkBatch.count), 0)).where(
            LinkBatch.school_id == wave.school_id,
            LinkBatch.wave_id == wave.wave_id,
            LinkBatch.year.is_(None) if year is None else LinkBatch.year == year,
        )
    )
    made = codes.make_codes(door=wave.door, year=year, count=count, key=key, before=before or 0)
    codes.store(db, wave=wave, codes=made, key=key)
    batch = LinkBatch(
        school_id=wave.school_id,
        wave_id=wave.wave_id,
        year=year,
        label=_words(label, LONGEST_LABEL),
        count=count,
        made_on=today,
    )
    db.add(batch)
    record(
        db,
        EventName.CODES_MADE,
        by=by,
        school_id=wave.school_id,
        wave_id=wave.wave_id,
        year=year,
        count=count,
    )
    return batch, made


def close(db: Session, *, wave: Wave, today: date, by: MemberLike | None) -> None:
    """Ends the fieldwork: the codes that are left are deleted. Closing twice is closing once."""
    _hold(db, wave)
    if wave.state is WaveState.CLOSED:
        return
    wave.state = move(wave.state, WaveState.CLOSED)
    wave.closed_on = today
    db.execute(
        delete(AccessCode).where(
            AccessCode.school_id == wave.school_id, AccessCode.wave_id == wave.wave_id
        )
    )
    record(db, EventName.WAVE_CLOSED, by=by, school_id=wave.school_id, wave_id=wave.wave_id)


def mark_released(db: Session, *, wave: Wave, by: MemberLike | None) -> None:
    """The wave has its one release; nothing of it changes any more."""
    _hold(db, wave)
    wave.state = move(wave.state, WaveState.RELEASED)
    record(db, EventName.WAVE_RELEASED, by=by, school_id=wave.school_id, wave_id=wave.wave_id)


# An authority's programme


def start_programme(
    db: Session,
    *,
    authority_id: uuid.UUID,
    title: str,
    template_key: str,
    template_version: str,
    by: MemberLike | None,
) -> Programme:
    template_called(template_key, template_version)
    programme = Programme(
        authority_id=authority_id,
        title=_words(title, LONGEST_TITLE),
        template_key=template_key,
        template_version=template_version,
        started_on=database.today(),
    )
    db.add(programme)
    db.flush()  # the event names its id
    record(
        db,
        EventName.PROGRAMME_STARTED,
        by=by,
        authority_id=authority_id,
        programme_id=programme.programme_id,
    )
    return programme


def invite(
    db: Session, *, programme: Programme, school_id: uuid.UUID, by: MemberLike | None
) -> Campaign:
    """Starts the programme's campaign at a school of the authority; inviting twice is inviting
    once."""
    planning.hold(db, programme)
    school = db.get(School, school_id, with_for_update=True)  # two invitations wait for each other
    if school is None or school.authority_id != programme.authority_id:
        raise NotItsSchoolError(_("There is no such school in this authority."))
    there = db.scalar(
        select(Campaign).where(
            Campaign.school_id == school_id, Campaign.programme_id == programme.programme_id
        )
    )
    if there is not None:
        return there
    campaign = start_campaign(
        db,
        school_id=school_id,
        template_key=programme.template_key,
        template_version=programme.template_version,
        title=programme.title,
        programme=programme,
        by=by,
    )
    record(
        db,
        EventName.SCHOOL_INVITED,
        by=by,
        school_id=school_id,
        authority_id=programme.authority_id,
        programme_id=programme.programme_id,
    )
    return campaign


# Their common parts


def _words(given: str, longest: int) -> str:
    words = " ".join(kept(given).split())
    if not 1 <= length(words) <= longest:
        raise TitleError(_("Write between 1 and %(most)s characters.", most=longest))
    return words


def _hold(db: Session, wave: Wave) -> None:
    """Reads the wave anew and keeps everybody else from changing it until this write ends."""
    db.execute(
        select(Wave)
        .where(Wave.school_id == wave.school_id, Wave.wave_id == wave.wave_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def _add_wave(db: Session, campaign: Campaign, *, number: int) -> Wave:
    wave = Wave(
        school_id=campaign.school_id,
        campaign_id=campaign.campaign_id,
        number=number,
        door=codes.draw_door(db),
    )
    db.add(wave)
    db.flush()  # the campaign's list of waves is read anew, with this one
    db.expire(campaign, ["waves"])
    return wave


INSERTS: Mapping[str, Any] = {"postgresql": postgresql.insert, "sqlite": sqlite.insert}
"""Both can leave what is there alone; SQLAlchemy spells it by dialect."""


def _freeze(db: Session, questionnaire: Questionnaire) -> str:
    """Keeps a questionnaire under its hash, once, also if two schools launch it at one moment."""
    key = content_hash(questionnaire)
    insert = INSERTS[db.get_bind().dialect.name]
    db.execute(
        insert(FrozenQuestionnaire)
        .values(content_hash=key, document=canonical(questionnaire))
        .on_conflict_do_nothing()
    )
    return key
