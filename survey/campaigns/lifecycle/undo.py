"""Taking back what was done by mistake, until something irrevocable has happened.

A launch is undone while no one has answered. A last day is moved while it has not passed. A draft,
a survey that was never launched, an invitation and a programme without schools are deleted, and
only the line in the record is left of them. A school is left out of a comparison, or taken
back, until the comparison is made.
"""

from __future__ import annotations

import uuid
from datetime import date

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, and_, delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from survey import database
from survey.approvals.models import Approval, ApprovalKind, SignOff
from survey.audit_log import EventName, record
from survey.campaigns import access_codes
from survey.campaigns.ballot_box import key_name
from survey.campaigns.errors import (
    ClosingDayError,
    EndReasonError,
    HasAnswersError,
    NoSuchCampaignError,
    StillUsedError,
    SurveyNotOpenError,
)
from survey.campaigns.models import (
    AccessCode,
    Campaign,
    LinkBatch,
    PlannedWave,
    PrintDetails,
    Programme,
    ProgrammeCore,
    SetAside,
    VoidDoor,
    Wave,
)
from survey.campaigns.programme_operations import has_schools, hold
from survey.campaigns.queries import LONGEST_FIELDWORK, latest_wave, lock_wave, refuse_unless_draft
from survey.campaigns.readers import joining
from survey.campaigns.readers.models import Invitation, JoinedSurvey
from survey.campaigns.site_plans.models import WavePlan
from survey.campaigns.states import WaveState, move
from survey.database import Base, key_folder
from survey.encryption import keys
from survey.permissions import MemberLike

LONGEST_REASON = 200
"""The most letters of a reason to leave a school out; the school reads it."""

OF_A_DRAFT = (Approval, SignOff, PrintDetails)
OF_A_LAUNCH = (AccessCode, LinkBatch, WavePlan)
"""What is deleted with a draft, and with an undone launch. A second person who agreed to the
questions agreed to the draft, so that stays."""


# A school's survey


def latest_day(wave: Wave) -> date:
    """The latest day that the last day to answer can be moved to."""
    if wave.opened_on is None:
        raise SurveyNotOpenError(_("This survey is not open."))
    return wave.opened_on + LONGEST_FIELDWORK


def refuse_unless_extendable(wave: Wave, *, today: date) -> None:
    """Raises a `SurveyNotOpenError` once the last day has passed: by then students and parents have
    been told that the survey is over."""
    if wave.state is not WaveState.OPEN or wave.closes_on is None or wave.closes_on < today:
        raise SurveyNotOpenError(
            _("The last day can be moved only while the survey is open and the day has not passed.")
        )


def extend(db: Session, *, wave: Wave, closes_on: date, today: date, by: MemberLike | None) -> None:
    """Moves the last day to answer to a later day, at most `LONGEST_FIELDWORK` after the launch.
    Raises a `SurveyNotOpenError` or a `ClosingDayError`."""
    lock_wave(db, wave)
    refuse_unless_extendable(wave, today=today)
    before, latest = wave.closes_on, latest_day(wave)
    if before is None or not before < closes_on <= latest:
        raise ClosingDayError(
            _(
                "Choose a later day than the last day now. A survey can be open for at most"
                " %(days)s days.",
                days=LONGEST_FIELDWORK.days,
            )
        )
    wave.closes_on = closes_on
    record(
        db,
        EventName.WAVE_EXTENDED,
        by=by,
        school_id=wave.school_id,
        wave_id=wave.wave_id,
        before=before.isoformat(),
        after=closes_on.isoformat(),
    )


def undo_launch(db: Session, *, wave: Wave, key: bytes, today: date, by: MemberLike | None) -> None:
    """Makes a launched wave a draft again, as if it had not been launched. Its cards are void and
    its key is destroyed. Raises an `HasAnswersError` once someone has answered; then
    `ending.end` is the way."""
    lock_wave(db, wave)
    move(wave.state, WaveState.DRAFT)
    if access_codes.used(db, wave=wave, key=key):
        raise HasAnswersError(_("Somebody has answered already."))
    if wave.batches and wave.questionnaire_hash:
        db.add(VoidDoor.of(wave, today))
    for kept in OF_A_LAUNCH:
        db.execute(delete(kept).where(_of_wave(kept, wave)))
    db.execute(
        delete(Approval).where(_of_wave(Approval, wave), Approval.kind != ApprovalKind.QUESTIONS)
    )
    if wave.print_details is not None:
        wave.print_details.items_word = None
    wave.door = access_codes.draw_door(db)
    campaign = wave.campaign
    if campaign.left_after is not None:  # launched again, it is the school's own survey
        campaign.left_after = min(campaign.left_after, wave.number - 1)
    wave.state = move(wave.state, WaveState.DRAFT)
    wave.questionnaire_hash = wave.opened_on = wave.closes_on = None
    wave.counter, wave.counter_on = 0, None
    wave.year_bands = wave.roll = wave.consent = wave.slips = None
    had_box, wave.box_split = wave.box_key is not None, False
    wave.box_key = wave.box_size = None
    record(db, EventName.LAUNCH_UNDONE, by=by, school_id=wave.school_id, wave_id=wave.wave_id)
    db.flush()
    db.expire(wave, ["batches", "questionnaire"])
    if had_box:
        keys.destroy(key_folder(db), key_name(wave))


def discard_draft(db: Session, *, campaign: Campaign, by: MemberLike | None) -> None:
    """Deletes the draft of the next wave. What the survey asks stays as it is for a later draft; a
    survey with nothing but its draft is deleted with it."""
    wave = latest_wave(campaign)
    lock_wave(db, wave)
    refuse_unless_draft(campaign)
    if len(campaign.waves) == 1:
        discard_campaign(db, campaign=campaign, by=by)
        return
    _delete_wave(db, wave)
    db.expire(campaign, ["waves"])
    record(
        db,
        EventName.DRAFT_DISCARDED,
        by=by,
        school_id=campaign.school_id,
        campaign_id=campaign.campaign_id,
        number=wave.number,
    )


def discard_campaign(db: Session, *, campaign: Campaign, by: MemberLike | None) -> None:
    """Deletes a survey that was never launched. Raises a `StillUsedError` for any other."""
    if any(wave.state is not WaveState.DRAFT for wave in campaign.waves):
        raise StillUsedError(_("This survey was launched, so it cannot be discarded."))
    school_id, campaign_id = campaign.school_id, campaign.campaign_id
    joining.let_go(db, campaign, today=database.today())
    for wave in campaign.waves:
        lock_wave(db, wave)
        _delete_wave(db, wave)
    if campaign.programme_id is not None:
        db.execute(
            delete(SetAside).where(
                SetAside.programme_id == campaign.programme_id, SetAside.school_id == school_id
            )
        )
    this = and_(Campaign.school_id == school_id, Campaign.campaign_id == campaign_id)
    _delete(db, Campaign, this)
    record(db, EventName.CAMPAIGN_DISCARDED, by=by, school_id=school_id, campaign_id=campaign_id)
    db.expunge(campaign)


def _delete_wave(db: Session, wave: Wave) -> None:
    db.execute(
        delete(JoinedSurvey).where(
            JoinedSurvey.school_id == wave.school_id, JoinedSurvey.wave_id == wave.wave_id
        )
    )
    for kept in (*OF_A_DRAFT, Wave):
        _delete(db, kept, _of_wave(kept, wave))
    db.expunge(wave)


def _delete(db: Session, kept: type[Base], which: ColumnElement[bool]) -> None:
    """Raises a `StillUsedError` if something of a package above depends on it."""
    try:
        with db.begin_nested():  # PostgreSQL reads nothing more after an error outside of one
            db.execute(delete(kept).where(which))
    except IntegrityError as used:
        raise StillUsedError(
            _("An action or a page for students belongs to this survey, so it stays.")
        ) from used


def _of_wave(
    kept: type[AccessCode | Approval | LinkBatch | PrintDetails | SignOff | Wave | WavePlan],
    wave: Wave,
) -> ColumnElement[bool]:
    return and_(kept.school_id == wave.school_id, kept.wave_id == wave.wave_id)


# An authority's programme


def set_aside(
    db: Session,
    *,
    programme: Programme,
    number: int,
    school_id: uuid.UUID,
    reason: str,
    today: date,
    by: MemberLike | None,
) -> None:
    """Leaves a school out of the comparison of survey `number`. Its own survey and report stay."""
    hold(db, programme)
    _refuse_if_compared(programme, number)
    _find_invited(db, programme, school_id)
    key = (programme.authority_id, programme.programme_id, number, school_id)
    if db.get(SetAside, key) is not None:
        return
    db.add(
        SetAside(
            authority_id=programme.authority_id,
            programme_id=programme.programme_id,
            number=number,
            school_id=school_id,
            reason=_reason(reason),
            set_aside_on=today,
        )
    )
    _record(db, EventName.SCHOOL_SET_ASIDE, programme, school_id, by, number=number)


def take_back(
    db: Session,
    *,
    programme: Programme,
    number: int,
    school_id: uuid.UUID,
    by: MemberLike | None,
) -> None:
    """Undoes `set_aside`, until the comparison is made."""
    hold(db, programme)
    _refuse_if_compared(programme, number)
    _find_invited(db, programme, school_id)
    there = db.get(SetAside, (programme.authority_id, programme.programme_id, number, school_id))
    if there is None:
        return
    db.delete(there)
    _record(db, EventName.SCHOOL_TAKEN_BACK, programme, school_id, by, number=number)


def uninvite(
    db: Session, *, programme: Programme, school_id: uuid.UUID, by: MemberLike | None
) -> None:
    """Takes an invitation back while the school has launched nothing; the draft that came with it
    goes too. A survey that the school holds for another reader stays."""
    hold(db, programme)
    campaign = _find_invited(db, programme, school_id)
    refuse_if_launched(db, programme, school_id)
    if campaign is not None and campaign.programme_id == programme.programme_id:
        discard_campaign(db, campaign=campaign, by=by)
    else:
        _leave_out(db, JoinedSurvey, programme, school_id)
    _leave_out(db, Invitation, programme, school_id)
    _leave_out(db, SetAside, programme, school_id)
    _record(db, EventName.SCHOOL_UNINVITED, programme, school_id, by)


def discard_programme(db: Session, *, programme: Programme, by: MemberLike | None) -> None:
    """Deletes a programme to which no school is invited."""
    hold(db, programme)
    if has_schools(db, programme):
        raise StillUsedError(
            _("Schools are invited to this programme. Take back their invitations first.")
        )
    for kept in (SetAside, PlannedWave, ProgrammeCore, Programme):
        db.execute(
            delete(kept).where(
                kept.authority_id == programme.authority_id,
                kept.programme_id == programme.programme_id,
            )
        )
    record(
        db,
        EventName.PROGRAMME_DISCARDED,
        by=by,
        authority_id=programme.authority_id,
        programme_id=programme.programme_id,
    )
    db.expunge(programme)


def _find_invited(db: Session, programme: Programme, school_id: uuid.UUID) -> Campaign | None:
    """The school's survey that takes part; None while it has not answered, and if it declined."""
    found = db.scalar(select(Campaign).where(_of(programme), Campaign.school_id == school_id))
    key = programme.authority_id, programme.programme_id, school_id
    invitation = db.get(Invitation, key)
    if (found is None and invitation is None) or (found is not None and found.left_after == 0):
        raise NoSuchCampaignError(_("This school is not invited."))
    return found or (invitation.campaign if invitation else None)


def refuse_if_launched(db: Session, programme: Programme, school_id: uuid.UUID) -> None:
    """Raises a `StillUsedError` if a launched survey of the school is part of the programme."""
    for one in joining.taking_part(db, programme):
        if one.campaign.school_id == school_id and any(
            wave.state is not WaveState.DRAFT for wave in one.waves.values()
        ):
            raise StillUsedError(
                _("This school has launched its survey. You can set it aside from the comparison.")
            )


def _leave_out(
    db: Session,
    kept: type[Invitation | JoinedSurvey | SetAside],
    programme: Programme,
    school_id: uuid.UUID,
) -> None:
    db.execute(
        delete(kept).where(
            kept.authority_id == programme.authority_id,
            kept.programme_id == programme.programme_id,
            kept.school_id == school_id,
        )
    )


def _of(programme: Programme) -> ColumnElement[bool]:
    return and_(
        Campaign.authority_id == programme.authority_id,
        Campaign.programme_id == programme.programme_id,
    )


def _refuse_if_compared(programme: Programme, number: int) -> None:
    if number in programme.compared:
        raise StillUsedError(
            _("The schools were compared before. A comparison is made once and does not change.")
        )


def _record(
    db: Session,
    name: EventName,
    programme: Programme,
    school_id: uuid.UUID,
    by: MemberLike | None,
    **more: int,
) -> None:
    record(
        db,
        name,
        by=by,
        school_id=school_id,
        authority_id=programme.authority_id,
        programme_id=programme.programme_id,
        **more,
    )


def _reason(given: str) -> str:
    words = " ".join(given.split())
    if not 0 < len(words) <= LONGEST_REASON:
        raise EndReasonError(
            _(
                "Give a reason of up to %(most)s characters. The school reads it.",
                most=LONGEST_REASON,
            )
        )
    return words
