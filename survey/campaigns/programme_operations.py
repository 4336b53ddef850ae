"""Operations of an authority on a programme: its shared questions, and when each survey is to be
held."""

from __future__ import annotations

import uuid
from datetime import date

from flask_babel import gettext as _
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from survey import database
from survey.audit_log import EventName, record
from survey.campaigns.errors import (
    ArchivedError,
    AuthorityClosedError,
    CoreSettledError,
    PlannedDaysError,
    SchoolClosedError,
)
from survey.campaigns.models import (
    Campaign,
    PlannedWave,
    Programme,
    ProgrammeCore,
    SetAside,
    Wave,
)
from survey.campaigns.queries import adaptation_of, template_called
from survey.campaigns.readers.joining import drafts_joined, move_on, taking_part
from survey.campaigns.readers.joining import next_number as next_number
from survey.campaigns.readers.models import Invitation
from survey.campaigns.states import WaveState
from survey.organisations.models import Authority, School
from survey.permissions import MemberLike
from survey.questionnaires import adapt
from survey.questionnaires.adapt import Adaptation, AdaptationError
from survey.questionnaires.authority_core import with_core
from survey.questionnaires.model import Questionnaire

MOST_WAVES = 12
"""The most surveys of a programme that can be planned: one a term for four school years."""


def has_schools(db: Session, programme: Programme) -> bool:
    """Is a school invited, whatever it answered?"""
    for kept in (Campaign, Invitation):
        invited = select(kept.school_id).where(
            kept.authority_id == programme.authority_id,
            kept.programme_id == programme.programme_id,
        )
        if db.scalar(invited.limit(1)) is not None:
            return True
    return False


def is_settled(db: Session, programme: Programme) -> bool:
    """Has a school launched a survey of the programme? From then on the shared questions stay."""
    return any(
        wave.state is not WaveState.DRAFT
        for one in taking_part(db, programme)
        for wave in one.waves.values()
    )


def change_core(
    db: Session, *, programme: Programme, core: Adaptation, by: MemberLike | None
) -> None:
    """Saves the questions that the authority shares between its schools. Raises a
    `CoreSettledError` once a school has launched its survey, or where the draft of a school does
    not fit: nothing that a school wrote is lost."""
    hold(db, programme)
    if is_settled(db, programme):
        raise CoreSettledError(
            _("A school has launched its survey, so the shared questions cannot be changed.")
        )
    template = template_called(programme.template_key, programme.template_version)
    _refuse_unless_drafts_fit(db, programme, with_core(template, core))
    document = adapt.to_document(core)
    kept = programme.core
    if kept is None:
        kept = ProgrammeCore(
            authority_id=programme.authority_id, programme_id=programme.programme_id, adaptation={}
        )
        db.add(kept)
    if document == kept.adaptation:
        return
    kept.adaptation = document
    db.flush()  # the programme finds its core next to it
    db.expire(programme, ["core"])
    record(
        db,
        EventName.CORE_CHANGED,
        by=by,
        authority_id=programme.authority_id,
        programme_id=programme.programme_id,
    )


def _refuse_unless_drafts_fit(db: Session, programme: Programme, whole: Questionnaire) -> None:
    for one in taking_part(db, programme):
        try:
            adapt.adapt(whole, adaptation_of(one.campaign))
        except AdaptationError as refused:
            raise CoreSettledError(
                _(
                    "%(school)s has changed its draft in a way that does not fit: %(why)s Ask the"
                    " school, or choose other questions. Nothing was changed.",
                    school=one.campaign.school.name,
                    why=refused.why,
                )
            ) from refused


def mark_compared(db: Session, *, programme: Programme, number: int) -> None:
    """Records that survey `number` was compared. Drafts with this number move on to the next."""
    programme.compared = sorted({*programme.compared, number})
    drafts = select(Wave).where(
        Wave.number == number,
        Wave.state == WaveState.DRAFT,
        Campaign.authority_id == programme.authority_id,
        Campaign.programme_id == programme.programme_id,
        Campaign.left_after.is_(None),
        Campaign.school_id == Wave.school_id,
        Campaign.campaign_id == Wave.campaign_id,
    )
    for wave in db.scalars(drafts).all():
        wave.number = next_number(programme, after=number)
    move_on(db, drafts_joined(db, programme, number))
    db.flush()


def plan_wave(
    db: Session,
    *,
    programme: Programme,
    number: int,
    opens_from: date,
    opens_until: date,
    closes_by: date,
    reports_by: date | None = None,
    by: MemberLike | None,
) -> PlannedWave:
    """Sets or changes when a survey is to be held. Schools see the days and may choose others. With
    a later last day for reports, or none, schools that the clock set aside take part again."""
    if number in programme.compared:
        raise PlannedDaysError(
            _("The schools were compared already, so the days of this survey stay as they were.")
        )
    if not 1 <= number <= MOST_WAVES:
        raise PlannedDaysError(_("There is no such survey."))
    _refuse_days(opens_from, opens_until, closes_by, reports_by)
    key = programme.authority_id, programme.programme_id, number
    planned = db.get(PlannedWave, key)
    if planned is None:
        planned = PlannedWave(
            authority_id=programme.authority_id, programme_id=programme.programme_id, number=number
        )
        db.add(planned)
    planned.opens_from, planned.opens_until = opens_from, opens_until
    planned.closes_by, planned.reports_by = closes_by, reports_by
    if reports_by is None or reports_by >= database.today():
        db.execute(
            delete(SetAside).where(
                SetAside.authority_id == programme.authority_id,
                SetAside.programme_id == programme.programme_id,
                SetAside.number == number,
                SetAside.by_clock,
            )
        )
    db.flush()  # the programme lists it
    db.expire(programme, ["planned"])
    record(
        db,
        EventName.WAVE_PLANNED,
        by=by,
        authority_id=programme.authority_id,
        programme_id=programme.programme_id,
        number=number,
    )
    return planned


def _refuse_days(
    opens_from: date, opens_until: date, closes_by: date, reports_by: date | None
) -> None:
    if reports_by is not None and reports_by < closes_by:
        raise PlannedDaysError(_("The last day for reports is the day to close by, or later."))
    if not opens_from <= opens_until:
        raise PlannedDaysError(_("The last opening date must be after the first."))
    if not opens_until < closes_by:
        raise PlannedDaysError(_("The day to close by must be after the last opening date."))


def hold_all(db: Session) -> None:
    """Locks every programme, always in the same order: what readers see together is published one
    after the other."""
    order = Programme.authority_id, Programme.programme_id
    db.execute(select(Programme.programme_id).order_by(*order).with_for_update()).all()


def refuse_closed_school(db: Session, school_id: uuid.UUID) -> None:
    """Raises a `SchoolClosedError`."""
    if db.get_one(School, school_id).closed_on is not None:
        raise SchoolClosedError(_("This school is listed as closed, so it starts no new survey."))


def refuse_archived(found: Campaign | Programme) -> None:
    """Raises an `ArchivedError`."""
    if found.archived_on is not None:
        raise ArchivedError(_("It is in the archive. Take it out first."))


def refuse_closed_authority(db: Session, authority_id: uuid.UUID) -> None:
    """Raises an `AuthorityClosedError`."""
    if db.get_one(Authority, authority_id).closed_on is not None:
        raise AuthorityClosedError(_("This authority is closed, so it starts no programme."))


def hold(db: Session, programme: Programme) -> None:
    """Locks the programme: no one else can invite or change the shared questions until this write
    ends."""
    db.execute(
        select(Programme)
        .where(
            Programme.authority_id == programme.authority_id,
            Programme.programme_id == programme.programme_id,
        )
        .with_for_update()
    )


def hold_ahead(db: Session, campaign: Campaign) -> Programme | None:
    """Locks the programme that the next survey would be part of; None if there is none, because the
    school has left, perhaps while we waited for the lock."""
    if campaign.programme_ahead is not None:
        hold(db, campaign.programme_ahead)
        db.refresh(campaign, ["left_after"])
    return campaign.programme_ahead
