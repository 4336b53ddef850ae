"""Entries of the start page of a school: actions that are due, and the last report of each survey,
whatever was drafted since."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

from flask import url_for
from flask_babel import format_date
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from survey.actions.blueprint import bp as bp
from survey.actions.models import Action
from survey.actions.report_wording import name_of
from survey.actions.states import ENDED
from survey.actions.tracking import follow, reports_of
from survey.actions.wording import STATES
from survey.campaigns.adult_surveys import is_pulse
from survey.campaigns.models import Campaign, Wave
from survey.i18n import gettext as _
from survey.mail.kinds import MailKind
from survey.permissions import Permission, may
from survey.releases.models import StoredRelease
from survey.start_page.duties import (
    Desk,
    Duty,
    LastReport,
    StartPageLink,
    Weight,
    days_late,
    gives_duties,
    gives_reports,
)

SOON_DAYS = 14
"""The start page lists actions that are due within this number of days."""


@gives_duties
def _actions_due(desk: Desk) -> Iterator[Duty]:
    """Actions that are due soon, or were due."""
    if not may(desk.member, Permission.ACTIONS_READ):
        return
    found = desk.db.scalars(
        select(Action).where(Action.school_id == desk.school_id, Action.state.not_in(ENDED))
    )
    for action in found:
        if (action.due_on - desk.today).days > SOON_DAYS:
            continue
        late = days_late(action.due_on, desk.today)
        (followed,) = follow(reports_of(desk.db, action.campaign), [action])
        yield Duty(
            _("Action: %(name)s", name=name_of(followed)),
            _(
                "%(goal)s – %(owner)s, by %(day)s. %(state)s.",
                goal=action.goal,
                owner=action.owner,
                day=format_date(action.due_on),
                state=STATES[action.state],
            ),
            url_for("actions.show", school_id=action.school_id, action_id=action.action_id),
            _("Look at the action"),
            Weight.LATE if late else Weight.DUE,
            late,
            action.due_on,
            MailKind.ACTION_DUE,
        )


@gives_reports
def _last_reports(desk: Desk) -> Iterator[LastReport]:
    """The newest report of each survey that was not withdrawn."""
    if not may(desk.member, Permission.REPORT_READ):
        return
    campaigns = desk.db.scalars(
        select(Campaign)
        .where(Campaign.school_id == desk.school_id)
        .options(selectinload(Campaign.waves))
    )
    standing = set(
        desk.db.scalars(
            select(StoredRelease.wave_id).where(
                StoredRelease.school_id == desk.school_id, StoredRelease.withdrawn_on.is_(None)
            )
        )
    )
    for campaign in campaigns:
        wave = next((one for one in reversed(campaign.waves) if one.wave_id in standing), None)
        if wave is not None and wave.opened_on is not None:
            at: dict[str, Any] = {"school_id": wave.school_id, "wave_id": wave.wave_id}
            yield LastReport(
                campaign.title,
                wave.opened_on,
                url_for("reports.school", **at),
                not is_pulse(campaign),
                () if is_pulse(campaign) else tuple(_onward(campaign, wave, standing)),
            )


def _onward(campaign: Campaign, wave: Wave, standing: set[uuid.UUID]) -> Iterator[StartPageLink]:
    """Links from a report of students: what changed, what is done, what students read."""
    at: dict[str, Any] = {"school_id": wave.school_id, "wave_id": wave.wave_id}
    survey: dict[str, Any] = {"school_id": campaign.school_id, "campaign_id": campaign.campaign_id}
    if any(one.wave_id in standing and one.number < wave.number for one in campaign.waves):
        yield StartPageLink(_("What got better or worse"), url_for("reports.over_time", **at))
    yield StartPageLink(_("Actions"), url_for("actions.campaign_actions", **survey))
    yield StartPageLink(_("You said, we did"), url_for("actions.told", **survey))
