"""The archive of surveys and programmes that are over: off the start page, and nothing is deleted.

Reports, actions and comparisons stay readable. Nothing new starts from the archive; it can be taken
out again at any time.
"""

from __future__ import annotations

import uuid
from datetime import date

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from survey.audit_log import EventName, record
from survey.campaigns.errors import StillUsedError
from survey.campaigns.lifecycle.school_progress import ProgressStep, of_programme
from survey.campaigns.models import Campaign, Programme
from survey.campaigns.queries import latest_wave
from survey.campaigns.states import UNDECIDED, WaveState
from survey.permissions import MemberLike

GOING_ON = frozenset({WaveState.DRAFT, WaveState.OPEN, *UNDECIDED})
"""States of a survey in which there is something to do."""
STEPS_GOING_ON = frozenset({ProgressStep.OPEN, ProgressStep.CLOSED})


def can_archive(campaign: Campaign) -> bool:
    """Is nothing of it left to do?"""
    return campaign.archived_on is None and latest_wave(campaign).state not in GOING_ON


def has_any(db: Session, school_id: uuid.UUID) -> bool:
    """Is a survey of the school in the archive, or could it be put there?"""
    found = db.scalars(select(Campaign).where(Campaign.school_id == school_id))
    return any(one.archived_on is not None or can_archive(one) for one in found)


def archive_campaign(
    db: Session, *, campaign: Campaign, today: date, by: MemberLike | None
) -> None:
    """Puts a survey into the archive. Raises a `StillUsedError` while something is to be done."""
    if campaign.archived_on is not None:
        return
    if not can_archive(campaign):
        raise StillUsedError(
            _("This survey is not over. Finish it, or discard its draft, before you archive it.")
        )
    campaign.archived_on = today
    _record_campaign(db, EventName.CAMPAIGN_ARCHIVED, campaign, by)


def unarchive_campaign(db: Session, *, campaign: Campaign, by: MemberLike | None) -> None:
    """Takes a survey out of the archive."""
    if campaign.archived_on is not None:
        campaign.archived_on = None
        _record_campaign(db, EventName.CAMPAIGN_UNARCHIVED, campaign, by)


def archive_programme(
    db: Session, *, programme: Programme, today: date, by: MemberLike | None
) -> None:
    """Puts a programme into the archive. Raises a `StillUsedError` while a school's survey is open
    or waits for its report."""
    if programme.archived_on is not None:
        return
    found = of_programme(db, programme=programme, today=today)
    if any(one.step in STEPS_GOING_ON for every in found.values() for one in every):
        raise StillUsedError(
            _("A school's survey is open or waits for its report, so the programme is not over.")
        )
    programme.archived_on = today
    _record_programme(db, EventName.PROGRAMME_ARCHIVED, programme, by)


def unarchive_programme(db: Session, *, programme: Programme, by: MemberLike | None) -> None:
    """Takes a programme out of the archive."""
    if programme.archived_on is not None:
        programme.archived_on = None
        _record_programme(db, EventName.PROGRAMME_UNARCHIVED, programme, by)


def _record_campaign(
    db: Session, name: EventName, campaign: Campaign, by: MemberLike | None
) -> None:
    record(db, name, by=by, school_id=campaign.school_id, campaign_id=campaign.campaign_id)


def _record_programme(
    db: Session, name: EventName, programme: Programme, by: MemberLike | None
) -> None:
    where = {"authority_id": programme.authority_id}
    record(db, name, by=by, **where, programme_id=programme.programme_id)
