"""Names of surveys and programmes, for the log of who did what."""

from __future__ import annotations

import uuid

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from survey.campaigns.models import Campaign, Programme, Wave
from survey.campaigns.titles import survey_name


def named(db: Session, organisation_id: uuid.UUID) -> dict[str, str]:
    """The surveys of a school, or the programmes of an authority, by their ids as text."""
    waves = db.execute(
        select(Wave, Campaign.title)
        .join(
            Campaign,
            (Campaign.school_id == Wave.school_id) & (Campaign.campaign_id == Wave.campaign_id),
        )
        .where(Wave.school_id == organisation_id)
    )
    programmes = db.execute(
        select(Programme.programme_id, Programme.title).where(
            Programme.authority_id == organisation_id
        )
    )
    return {
        str(wave.wave_id): _("%(title)s, %(survey)s", title=title, survey=survey_name(wave))
        for wave, title in waves
    } | {str(programme_id): title for programme_id, title in programmes}
