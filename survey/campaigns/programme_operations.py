"""What an authority settles of a programme: its core, and when each wave is to be held."""

from __future__ import annotations

from datetime import date

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from survey.audit_log import EventName, record
from survey.campaigns.errors import CoreSettledError, PlannedDaysError
from survey.campaigns.models import Campaign, PlannedWave, Programme, ProgrammeCore
from survey.campaigns.queries import template_called
from survey.permissions import MemberLike
from survey.questionnaires import adapt
from survey.questionnaires.adapt import Adaptation
from survey.questionnaires.authority_core import with_core

MOST_WAVES = 12
"""Waves of a programme that can be planned: three school years with a wave a term, and more."""


def is_settled(db: Session, programme: Programme) -> bool:
    """Is a school invited? Then the core is what that school adapts, and stays."""
    invited = select(Campaign.campaign_id).where(
        Campaign.authority_id == programme.authority_id,
        Campaign.programme_id == programme.programme_id,
    )
    return db.scalar(invited.limit(1)) is not None


def change_core(
    db: Session, *, programme: Programme, core: Adaptation, by: MemberLike | None
) -> None:
    """Keeps what the authority asks alike everywhere; refused once a school is invited."""
    hold(db, programme)
    if is_settled(db, programme):
        raise CoreSettledError(
            _("A school is invited already, so what every school asks stays as it is.")
        )
    with_core(template_called(programme.template_key, programme.template_version), core)  # raises
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
    db.flush()  # the programme finds its core beside it
    db.expire(programme, ["core"])
    record(
        db,
        EventName.CORE_CHANGED,
        by=by,
        authority_id=programme.authority_id,
        programme_id=programme.programme_id,
    )


def plan_wave(
    db: Session,
    *,
    programme: Programme,
    number: int,
    opens_from: date,
    opens_until: date,
    closes_by: date,
    by: MemberLike | None,
) -> PlannedWave:
    """Says when a wave is to be held, or says it anew. Schools are told, and stay free."""
    if not 1 <= number <= MOST_WAVES:
        raise PlannedDaysError(_("There is no such wave."))
    if not opens_from <= opens_until:
        raise PlannedDaysError(_("The last day to open comes after the first."))
    if not opens_until < closes_by:
        raise PlannedDaysError(_("The day to close by comes after the last day to open."))
    key = programme.authority_id, programme.programme_id, number
    planned = db.get(PlannedWave, key)
    if planned is None:
        planned = PlannedWave(
            authority_id=programme.authority_id, programme_id=programme.programme_id, number=number
        )
        db.add(planned)
    planned.opens_from, planned.opens_until = opens_from, opens_until
    planned.closes_by = closes_by
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


def hold(db: Session, programme: Programme) -> None:
    """Keeps everybody else from inviting or changing the core until this write ends."""
    db.execute(
        select(Programme)
        .where(
            Programme.authority_id == programme.authority_id,
            Programme.programme_id == programme.programme_id,
        )
        .with_for_update()
    )
