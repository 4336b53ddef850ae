"""The start page of people who read reports: governors, and heads as a second page."""

from __future__ import annotations

import uuid

from flask import render_template
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from survey.campaigns.adult_surveys import is_pulse
from survey.campaigns.blueprint import SCHOOL, bp
from survey.campaigns.models import Campaign
from survey.campaigns.queries import latest_wave
from survey.campaigns.states import REPORTED, WaveState
from survey.database import read, today
from survey.organisations.operations import find_school
from survey.permissions import Permission, current_member, requires
from survey.start_page.duties import Desk, duties_of, reports_of


@bp.get(f"{SCHOOL}/reports")
@requires(Permission.SCHOOL_READ)
def reading(school_id: uuid.UUID) -> str:
    """The published reports of a school, its actions, and when there will be something to read.

    It says that a survey is open or closed, and no number of who answered."""
    campaigns = read().scalars(
        select(Campaign)
        .where(Campaign.school_id == school_id)
        .options(selectinload(Campaign.waves))
        .order_by(Campaign.title, Campaign.campaign_id)
    )
    desk = Desk(read(), school_id, current_member(), today())
    under_way = [
        (one.title, latest_wave(one))
        for one in sorted(campaigns, key=is_pulse)
        if latest_wave(one).state not in (*REPORTED, WaveState.DRAFT, WaveState.ENDED)
    ]
    return render_template(
        "campaigns/reading.html",
        school=find_school(read(), school_id),
        duties=duties_of(desk),
        reports=reports_of(desk),
        under_way=under_way,
    )
