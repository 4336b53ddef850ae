"""The school's start page, and starting a campaign. The other pages of this room hang on the same
blueprint: `drafts`, `waves` and `programmes`."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence

from flask import current_app, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_wtf import FlaskForm
from sqlalchemy import select
from sqlalchemy.orm import selectinload
from werkzeug.wrappers import Response

from survey.campaigns import operations
from survey.campaigns.blueprint import SCHOOL, bp
from survey.campaigns.duration import minutes_of
from survey.campaigns.forms.campaigns import StartForm, offered_templates
from survey.campaigns.models import Campaign, PlannedWave, Wave
from survey.campaigns.pulses import PULSES, audience_of, is_pulse, start_pulse
from survey.campaigns.queries import (
    contacts_due,
    first_draft,
    latest_wave,
    planned_of,
    template_called,
    template_of,
)
from survey.campaigns.states import WaveState
from survey.database import begin, read, today
from survey.disclosure.policy import STANDARD
from survey.http.form_fields import refuse_unknown_fields
from survey.languages import language_name
from survey.organisations.desk import Desk, Duty, Weight, duties_of, gives_duties, reports_of
from survey.organisations.operations import find_school
from survey.organisations.people import news
from survey.permissions import Permission, current_member, may, requires
from survey.questionnaires.model import Audience

bp.add_app_template_test(is_pulse, "pulse")
bp.add_app_template_filter(language_name)


@bp.app_template_filter("planned")
def planned(wave: Wave) -> PlannedWave | None:
    """When the authority would like a wave to be held, if it said."""
    return planned_of(wave.campaign, wave.number)


@bp.get(f"{SCHOOL}/")
@requires(Permission.SCHOOL_SEE)
def school(school_id: uuid.UUID) -> str:
    """What there is, and what to do next."""
    found = (
        read()
        .scalars(
            select(Campaign)
            .where(Campaign.school_id == school_id)
            .options(selectinload(Campaign.waves))
            .order_by(Campaign.title, Campaign.campaign_id)
        )
        .all()
    )
    found = sorted(found, key=is_pulse)  # what students say comes first
    here = find_school(read(), school_id)
    settings = current_app.extensions["settings"]
    desk = Desk(read(), school_id, current_member(), today())
    return render_template(
        "campaigns/school.html",
        school=here,
        contacts_due=contacts_due(found, nation=here.nation.value, today=today()),
        operator=settings.operator_contact,
        news=news(read(), member=current_member()),
        campaigns=[(one, NEXT_STEP[latest_wave(one).state]) for one in found],
        latest_wave=latest_wave,
        duties=duties_of(desk),
        reports=reports_of(desk),
        days_until=lambda day: (day - today()).days,
        may_ask=_may_ask(found),
        nothing_under=STANDARD.nothing_under,
        template_of=template_of,
        missing=operations.missing_before_launch,
    )


@gives_duties
def _devices_to_check(desk: Desk) -> Iterator[Duty]:
    """Before the first cards are handed out, a school device is tried."""
    if not may(desk.member, Permission.WAVE_LAUNCH):
        return
    waves = desk.db.scalars(
        select(Wave).where(Wave.school_id == desk.school_id, Wave.state == WaveState.OPEN)
    )
    for wave in waves:
        if not wave.batches:
            yield Duty(
                _("Check a school device"),
                _("Open the check on a device that students will use, before you print cards."),
                url_for("device_check.check"),
                _("Open the device check"),
                Weight.DUE,
                due_on=wave.closes_on,
            )


NEXT_STEP: Mapping[WaveState, str] = {
    WaveState.DRAFT: "campaigns/next/draft.html",
    WaveState.OPEN: "campaigns/next/open.html",
    WaveState.CLOSING: "campaigns/next/closing.html",
    WaveState.LOST: "campaigns/next/closing.html",
    WaveState.CLOSED: "campaigns/next/closed.html",
    WaveState.RELEASED: "campaigns/next/released.html",
}
"""What to do next, by the state of the latest wave."""


@bp.route(f"{SCHOOL}/campaigns/new", methods=["GET", "POST"])
@requires(Permission.QUESTIONNAIRE_ADAPT)
def start(school_id: uuid.UUID) -> str | Response:
    form = StartForm()
    if form.is_submitted():
        refuse_unknown_fields(form)
    if form.validate_on_submit():
        key, version = form.chosen()
        with begin() as db:
            campaign = operations.start_campaign(
                db,
                school_id=school_id,
                template_key=key,
                template_version=version,
                title=form.title.data or "",
                adaptation=first_draft(template_called(key, version), find_school(db, school_id)),
                campaign_id=uuid.UUID(form.number.data),
                by=current_member(),
            )
        flash(_("Your draft is there. Look through it and make it your own."))
        return redirect(url_for(".draft", school_id=school_id, campaign_id=campaign.campaign_id))
    return render_template(
        "campaigns/start.html",
        school=find_school(read(), school_id),
        form=form,
        templates=offered_templates(),
        minutes_of=minutes_of,
        language_name=language_name,
    )


@bp.post(f"{SCHOOL}/pulses/<any({', '.join(PULSES)}):audience>")
@requires(Permission.QUESTIONNAIRE_ADAPT)
def pulse(school_id: uuid.UUID, audience: str) -> Response:
    """A pulse as a draft, or the one there is."""
    refuse_unknown_fields(FlaskForm())
    with begin() as db:
        campaign = start_pulse(
            db, school_id=school_id, audience=Audience(audience), by=current_member()
        )
    if latest_wave(campaign).state is not WaveState.DRAFT:
        return redirect(url_for(".school", school_id=school_id))
    flash(_("Your draft is there, with the places of your survey of students."))
    return redirect(url_for(".draft", school_id=school_id, campaign_id=campaign.campaign_id))


def _may_ask(campaigns: Sequence[Campaign]) -> tuple[Audience, ...]:
    """Which adults the school has not asked yet, once it asks its students."""
    asked = {audience_of(one) for one in campaigns}
    return tuple(one for one in PULSES if one not in asked) if Audience.STUDENTS in asked else ()
