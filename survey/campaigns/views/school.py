"""The school's start page, and starting a survey."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from flask import flash, redirect, render_template, url_for
from flask_babel import format_date, ngettext
from flask_babel import gettext as _
from flask_wtf import FlaskForm
from sqlalchemy import select
from sqlalchemy.orm import selectinload
from werkzeug.wrappers import Response

from survey.campaigns import operations
from survey.campaigns.adult_surveys import PULSES, audience_of, is_pulse, start_pulse
from survey.campaigns.blueprint import SCHOOL, bp
from survey.campaigns.duration import minutes_of
from survey.campaigns.forms.campaigns import StartForm, offered_templates
from survey.campaigns.lifecycle import archive
from survey.campaigns.lifecycle.help_contacts import contacts_due
from survey.campaigns.lifecycle.school_progress import ENDINGS, SchoolProgress, of_wave
from survey.campaigns.models import Campaign, PlannedWave, Programme, Wave
from survey.campaigns.queries import (
    erased_on,
    first_draft,
    latest_wave,
    planned_of,
    template_called,
    template_of,
)
from survey.campaigns.states import UNDECIDED, WaveState
from survey.database import begin, read, today
from survey.disclosure.policy import STANDARD
from survey.http.unknown_fields import refuse_unknown_fields
from survey.languages import language_name
from survey.mail.kinds import MailKind
from survey.organisations.operations import find_school
from survey.organisations.people import news
from survey.permissions import Permission, current_member, may, requires
from survey.questionnaires.model import Audience
from survey.settings import current_settings
from survey.start_page.duties import Desk, Duty, Weight, duties_of, gives_duties, reports_of

bp.add_app_template_test(is_pulse, "pulse")
bp.add_app_template_filter(language_name)


@bp.app_template_filter("planned")
def planned(wave: Wave) -> PlannedWave | None:
    """When the authority would like a wave to be held, if it said."""
    return planned_of(wave.campaign, wave.number)


REMIND_DAYS, WARN_DAYS = 7, 60
"""So many days before its last day, and before its answers are erased, the start page says so."""


@bp.app_template_filter("days_left")
def days_left(wave: Wave) -> int | None:
    """Days until the last day to answer of an open survey; 0 on that day."""
    if wave.state is not WaveState.OPEN or wave.closes_on is None:
        return None
    return max((wave.closes_on - today()).days, 0)


@bp.app_template_filter("erased_on")
def day_of_erasure(wave: Wave) -> date | None:
    """The day on which the answers of a survey are erased."""
    return erased_on(wave, erase_after_days=current_settings().erase_after_days)


@bp.app_template_filter("in_programmes")
def in_programmes(wave: Wave) -> tuple[tuple[Programme, SchoolProgress], ...]:
    """The standing of a survey in each programme that it takes part in."""
    return of_wave(read(), wave, today=today())


@bp.app_context_processor
def known_everywhere() -> dict[str, object]:
    """What templates need in order to say why a survey has no report."""
    return {"endings": ENDINGS, "nothing_under": STANDARD.nothing_under}


@bp.get(f"{SCHOOL}/")
@requires(Permission.SCHOOL_SEE)
def school(school_id: uuid.UUID) -> str:
    """The surveys of a school, and what to do next."""
    found = (
        read()
        .scalars(
            select(Campaign)
            .where(Campaign.school_id == school_id, Campaign.archived_on.is_(None))
            .options(selectinload(Campaign.waves))
            .order_by(Campaign.title, Campaign.campaign_id)
        )
        .all()
    )
    found = sorted(found, key=is_pulse)  # what students say comes first
    here = find_school(read(), school_id)
    settings = current_settings()
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
        has_archive=archive.has_any(read(), school_id),
        template_of=template_of,
        missing=operations.missing_before_launch,
        today=today(),
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


@gives_duties
def _ending_soon(desk: Desk) -> Iterator[Duty]:
    """Surveys whose last day comes soon: after it, no one can move it any more."""
    for wave in _waves(desk, WaveState.OPEN):
        left = days_left(wave)
        if left is None or left > REMIND_DAYS or not may(desk.member, Permission.WAVE_LAUNCH):
            continue
        said = (
            _("About %(number)s have answered so far.", number=wave.counter)
            if wave.counter
            else _("Fewer than 10 have answered so far.")
        )
        yield Duty(
            ngettext("%(num)s day left to answer", "%(num)s days left to answer", left)
            if left
            else _("Today is the last day to answer"),
            _(
                "“%(title)s” closes by itself after %(day)s, and then the last day can no longer be"
                " moved.",
                title=wave.campaign.title,
                day=format_date(wave.closes_on, "full"),
            )
            + (f" {said}" if wave.counter_on else ""),
            url_for("campaigns.extend", school_id=wave.school_id, wave_id=wave.wave_id),
            _("Move the last day"),
            Weight.DUE,
            due_on=wave.closes_on,
            mail=MailKind.LAST_DAY,
        )


@gives_duties
def _erased_soon(desk: Desk) -> Iterator[Duty]:
    """Surveys that end without a report if no one makes it soon."""
    if not may(desk.member, Permission.RELEASE_MAKE):
        return
    for wave in _waves(desk, *UNDECIDED):
        day = day_of_erasure(wave)
        if day is None or (day - desk.today).days > WARN_DAYS:
            continue
        yield Duty(
            _("There is no report yet"),
            _(
                "The answers of “%(title)s” are erased on %(day)s. If there is no report by then,"
                " the survey ends without one.",
                title=wave.campaign.title,
                day=format_date(day, "full"),
            ),
            url_for("campaigns.wave", school_id=wave.school_id, wave_id=wave.wave_id),
            _("Go to the survey"),
            Weight.DUE,
            due_on=day,
        )


def _waves(desk: Desk, *states: WaveState) -> list[Wave]:
    return list(
        desk.db.scalars(
            select(Wave).where(Wave.school_id == desk.school_id, Wave.state.in_(states))
        )
    )


NEXT_STEP: Mapping[WaveState, str] = {
    WaveState.DRAFT: "campaigns/next/draft.html",
    WaveState.OPEN: "campaigns/next/open.html",
    WaveState.CLOSING: "campaigns/next/closing.html",
    WaveState.LOST: "campaigns/next/closing.html",
    WaveState.CLOSED: "campaigns/next/closed.html",
    WaveState.RELEASED: "campaigns/next/released.html",
    WaveState.WITHDRAWN: "campaigns/next/withdrawn.html",
    WaveState.ENDED: "campaigns/next/ended.html",
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
    """Starts a pulse as a draft, or opens the existing one."""
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
