"""Operations on programmes, campaigns and waves. Those that take a mistake back are in `undo`."""

from __future__ import annotations

import uuid
from datetime import date

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from survey import database
from survey.approvals import operations as approvals
from survey.approvals.models import ApprovalKind
from survey.audit_log import EventName, record
from survey.campaigns import access_codes, ballot_box, programme_operations
from survey.campaigns.card_allowance import make_batch, record_printing
from survey.campaigns.errors import (
    ClosingDayError,
    DraftNotReadyError,
    NotItsSchoolError,
    PreviousWaveError,
    SurveyNotOpenError,
)
from survey.campaigns.lifecycle import launch_checks
from survey.campaigns.lifecycle.freezing import freeze
from survey.campaigns.lifecycle.launch_checks import missing_before_launch
from survey.campaigns.models import AccessCode, Campaign, Programme, Wave
from survey.campaigns.queries import (
    LONGEST_FIELDWORK,
    bands_ahead,
    consent_of,
    draft_of,
    find_campaign,
    find_programme,
    find_wave,
    first_draft,
    latest_wave,
    lock_wave,
    programme_template,
    questionnaire_of,
    refuse_unless_draft,
    template_called,
    template_of,
    wave_of_door,
)
from survey.campaigns.readers import invitations, joining, relations
from survey.campaigns.site_plans import operations as site_plan_operations
from survey.campaigns.states import OVER, UNDECIDED, WaveState, move
from survey.campaigns.titles import LONGEST_TITLE, words_of
from survey.organisations.models import School
from survey.permissions import MemberLike
from survey.questionnaires import adapt
from survey.questionnaires.adapt import Adaptation

__all__ = [
    "close",
    "draft_of",
    "find_campaign",
    "find_programme",
    "find_wave",
    "invite",
    "launch",
    "make_batch",
    "missing_before_launch",
    "next_wave",
    "questionnaire_of",
    "record_printing",
    "rename",
    "save_draft",
    "split_again",
    "start_campaign",
    "start_programme",
    "wave_of_door",
]  # fmt: skip

# One school's campaign


def start_campaign(
    db: Session,
    *,
    school_id: uuid.UUID,
    template_key: str,
    template_version: str,
    title: str,
    programme: Programme | None = None,
    adaptation: Adaptation | None = None,
    campaign_id: uuid.UUID | None = None,
    by: MemberLike | None,
) -> Campaign:
    """Starts a campaign with its first wave, as a draft of the untouched template. Starting it a
    second time under the same `campaign_id` changes nothing. The first wave of a school that
    joins a programme late has the number of the first survey that is not compared yet."""
    template_called(template_key, template_version)
    if campaign_id is not None:
        db.get(School, school_id, with_for_update=True)  # two presses wait for each other
        if there := db.get(Campaign, (school_id, campaign_id)):
            return there
    campaign = Campaign(
        school_id=school_id,
        campaign_id=campaign_id or uuid.uuid4(),
        authority_id=programme.authority_id if programme else None,
        programme_id=programme.programme_id if programme else None,
        title=words_of(title, LONGEST_TITLE),
        template_key=template_key,
        template_version=template_version,
        adaptation=adapt.to_document(adaptation) if adaptation else {},
    )
    db.add(campaign)
    db.flush()  # the wave and the event name its id
    _add_wave(db, campaign, number=programme_operations.next_number(programme, after=0))
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
    lock_wave(db, latest_wave(campaign))
    refuse_unless_draft(campaign)
    joining.note_accepted(db, campaign, by=by, today=database.today())
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
    lock_wave(db, latest_wave(campaign))
    refuse_unless_draft(campaign)
    campaign.title = words_of(title, LONGEST_TITLE)
    record(
        db,
        EventName.DRAFT_CHANGED,
        by=by,
        school_id=campaign.school_id,
        campaign_id=campaign.campaign_id,
    )


def launch(
    db: Session,
    *,
    wave: Wave,
    closes_on: date,
    today: date,
    by: MemberLike | None,
    split: bool = False,
    seen: str | None = None,
    checked: str | None = None,
) -> bytes | None:
    """Freezes the adapted questionnaire under its content hash, makes the sealed box and opens the
    wave. With `split` the lead's part of the key is returned; it is kept nowhere. `seen` is the
    mark of what the launch page showed, if there was one. `checked` is the reference of the
    questionnaire whose report was checked before this transaction; without it, it is checked
    here."""
    _take_place_in_programmes(db, wave, today, by)
    programme_operations.refuse_closed_school(db, wave.school_id)
    if missing := missing_before_launch(wave.campaign):
        raise DraftNotReadyError(missing)
    if seen is not None:
        launch_checks.refuse_if_changed(wave.campaign, seen)
    if not today < closes_on <= today + LONGEST_FIELDWORK:
        raise ClosingDayError(
            _(
                "Choose a closing day after today, at most %(days)s days away.",
                days=LONGEST_FIELDWORK.days,
            )
        )
    questionnaire, consent = draft_of(wave.campaign), consent_of(wave)
    launch_checks.refuse_unreportable(questionnaire, checked)
    wave.questionnaire_hash = freeze(db, questionnaire)
    wave.state = move(wave.state, WaveState.OPEN)
    wave.opened_on, wave.closes_on = today, closes_on
    wave.year_bands = bands_ahead(wave.campaign).to_document()
    wave.roll = dict(wave.campaign.school.roll)
    wave.consent = None if questionnaire.is_pulse else str(consent)
    site_plan_operations.freeze_plan(db, wave=wave, questionnaire=questionnaire)
    part = ballot_box.prepare(db, wave=wave, questionnaire=questionnaire, split=split)
    _lapse(db, wave, today, ApprovalKind.QUESTIONS)
    record(
        db,
        EventName.WAVE_LAUNCHED,
        by=by,
        school_id=wave.school_id,
        wave_id=wave.wave_id,
        questionnaire=wave.questionnaire_hash,
        key_split=split,
    )
    db.flush()  # the next reader of the wave finds the frozen questionnaire with it
    db.refresh(wave, ["questionnaire"])
    return part


def _take_place_in_programmes(db: Session, wave: Wave, today: date, by: MemberLike | None) -> None:
    """Locks the wave and its programmes, in the order in which every writer locks them, and moves
    it on to a survey of them that is not compared yet."""
    programme = programme_operations.hold_ahead(db, wave.campaign)
    lock_wave(db, wave)
    move(wave.state, WaveState.OPEN)  # refuses a survey that cannot be launched now
    if programme is not None and wave.number in programme.compared:
        wave.number = programme_operations.next_number(programme, after=wave.number)
    for joined in joining.programmes_joined(db, wave.campaign):
        programme_operations.hold(db, joined)
    joining.move_on(db, [wave])
    joining.note_accepted(db, wave.campaign, by=by, today=today)


def split_again(db: Session, *, wave: Wave, by: MemberLike | None) -> bytes:
    """A new key for a wave in the stronger mode whose lead lost their part: only while no card was
    made, so that nothing is sealed to the old one."""
    lock_wave(db, wave)
    if wave.state is not WaveState.OPEN or not wave.box_split or wave.batches:
        raise SurveyNotOpenError(_("A new key can be made only before the first cards."))
    part = ballot_box.prepare(db, wave=wave, questionnaire=questionnaire_of(wave), split=True)
    record(db, EventName.KEY_MADE_AGAIN, by=by, school_id=wave.school_id, wave_id=wave.wave_id)
    return part or b""


def next_wave(db: Session, *, campaign: Campaign, by: MemberLike | None) -> Wave:
    """Starts a draft of the next wave, from the campaign's adaptation."""
    programme_operations.refuse_archived(campaign)
    before = latest_wave(campaign)
    lock_wave(db, before)
    if before.state not in OVER:
        raise PreviousWaveError(_("The next survey can start when this one has closed."))
    number = programme_operations.next_number(campaign.programme_ahead, after=before.number)
    wave = _add_wave(db, campaign, number=number)
    joining.join_all(db, wave)
    record(
        db,
        EventName.WAVE_STARTED,
        by=by,
        school_id=campaign.school_id,
        wave_id=wave.wave_id,
        number=wave.number,
    )
    return wave


def close(db: Session, *, wave: Wave, today: date, by: MemberLike | None) -> None:
    """Ends the fieldwork: nothing can be sent any more. What was sent is still sealed, and opened
    by `responses.ballot_box.opening`; a wave without cards has nothing to open. Closing a second
    time changes nothing."""
    lock_wave(db, wave)
    if wave.state in UNDECIDED:
        return
    has_cards = db.scalar(
        select(AccessCode.wave_id)
        .where(AccessCode.school_id == wave.school_id, AccessCode.wave_id == wave.wave_id)
        .limit(1)
    )
    wave.state = move(wave.state, WaveState.CLOSING if has_cards else WaveState.CLOSED)
    wave.closed_on = today
    if not has_cards:  # nothing was sealed; `upkeep` ends the key, once this is committed
        wave.box_key = wave.box_size = None
        wave.counter, wave.counter_on = 0, today
    _lapse(db, wave, today, ApprovalKind.CARDS)
    record(db, EventName.WAVE_CLOSED, by=by, school_id=wave.school_id, wave_id=wave.wave_id)


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
    programme_operations.refuse_closed_authority(db, authority_id)
    programme = Programme(
        authority_id=authority_id,
        title=words_of(title, LONGEST_TITLE),
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
    """Invites a school that answers to the organisation; inviting twice is inviting once. The
    school gets a draft of the programme, unless it holds a survey from the same template for
    another reader: then it is asked to let that one take part. Returns the draft, or that survey.
    A school that declined, or did not answer, can be invited again."""
    programme_operations.hold(db, programme)
    programme_operations.refuse_archived(programme)
    school = db.get(School, school_id, with_for_update=True)  # two invitations wait for each other
    if school is None or not relations.answers_to(db, school, programme.authority_id):
        raise NotItsSchoolError(_("There is no such school in this authority."))
    there = db.scalar(
        select(Campaign).where(
            Campaign.school_id == school_id, Campaign.programme_id == programme.programme_id
        )
    )
    if there is not None and there.left_after is not None:
        raise NotItsSchoolError(
            _("This school was in the programme before it moved away. Invite it to another one.")
        )
    if there is not None:
        return there
    held = invitations.survey_held(db, programme, school_id)
    if held is not None:
        invitations.write(db, programme=programme, school_id=school_id, by=by)
        return held
    campaign = start_campaign(
        db,
        school_id=school_id,
        template_key=programme.template_key,
        template_version=programme.template_version,
        title=programme.title,
        programme=programme,
        adaptation=first_draft(programme_template(programme), school),
        by=by,
    )
    invitations.write(
        db,
        programme=programme,
        school_id=school_id,
        campaign_id=campaign.campaign_id,
        by=by,
    )
    return campaign


# Their common parts


def _lapse(db: Session, wave: Wave, today: date, kind: ApprovalKind) -> None:
    where = {"school_id": wave.school_id, "wave_id": wave.wave_id}
    approvals.lapse(db, **where, today=today, kinds=(kind,))


def _add_wave(db: Session, campaign: Campaign, *, number: int) -> Wave:
    programme_operations.refuse_closed_school(db, campaign.school_id)
    wave = Wave(
        school_id=campaign.school_id,
        campaign_id=campaign.campaign_id,
        number=number,
        door=access_codes.draw_door(db),
    )
    db.add(wave)
    db.flush()  # the campaign's list of waves is read again, with this one
    db.expire(campaign, ["waves"])
    return wave
