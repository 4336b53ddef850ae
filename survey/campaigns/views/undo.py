"""Pages on which a school takes back what it did by mistake, moves the last day, or starts the next
survey. Each first says what it will do."""

from __future__ import annotations

import uuid

from flask import flash, redirect, url_for
from flask_babel import format_date
from flask_babel import gettext as _
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response

from survey.campaigns import operations
from survey.campaigns.adult_surveys import is_pulse
from survey.campaigns.blueprint import SCHOOL, WAVE, bp
from survey.campaigns.errors import ClosingDayError
from survey.campaigns.forms.campaigns import ExtendForm
from survey.campaigns.lifecycle import undo
from survey.campaigns.models import Campaign, Wave
from survey.campaigns.queries import (
    LONGEST_FIELDWORK,
    find_campaign,
    find_wave,
    latest_wave,
    refuse_unless_draft,
)
from survey.campaigns.states import OVER
from survey.database import begin, read, today
from survey.http.confirm_page import confirm_page
from survey.http.submit_once import begin_once, creates_once
from survey.http.unknown_fields import refuse_unknown_fields
from survey.permissions import Permission, current_member, requires

CAMPAIGN = f"{SCHOOL}/campaigns/<uuid:campaign_id>"


def trail_of(campaign: Campaign) -> list[tuple[str, str]]:
    """The way from the school's start page."""
    return [(campaign.school.name, _school(campaign))]


@bp.route(f"{WAVE}/extend", methods=["GET", "POST"])
@requires(Permission.WAVE_LAUNCH)
def extend(school_id: uuid.UUID, wave_id: uuid.UUID) -> str | Response:
    """Moves the last day to answer, before it has passed."""
    found = find_wave(read(), school_id, wave_id)
    undo.refuse_unless_extendable(found, today=today())
    back = url_for(".wave", school_id=school_id, wave_id=wave_id)
    form = ExtendForm()
    if form.validate_on_submit() and form.closes_on.data:
        refuse_unknown_fields(form)
        try:
            with begin() as db:
                undo.extend(
                    db,
                    wave=find_wave(db, school_id, wave_id),
                    closes_on=form.closes_on.data,
                    today=today(),
                    by=current_member(),
                )
        except ClosingDayError as refused:
            form.closes_on.errors = [refused.message]
        else:
            flash(_("The last day is moved. Tell everyone who was given the old one."))
            return redirect(back)
    found = find_wave(read(), school_id, wave_id)
    return _extend_page(found, form, back)


def _extend_page(found: Wave, form: ExtendForm, back: str) -> str:
    campaign = found.campaign
    printed = (
        _(
            "The letter and the key sheet print the last day. Letters that were sent name the"
            " old one."
        )
        if is_pulse(campaign)
        else _("Cards do not print the last day. The key sheet does, and so may what you wrote.")
    )
    return confirm_page(
        form,
        title=_("Move the last day"),
        trail=trail_of(campaign),
        lead=_("The last day to answer is %(day)s.", day=format_date(found.closes_on, "full")),
        says=(
            _(
                "You can move it to %(day)s at the latest: a survey is open for at most %(days)s"
                " days.",
                day=format_date(undo.latest_day(found), "full"),
                days=LONGEST_FIELDWORK.days,
            ),
            printed,
            _("Answers are erased later by as many days: the time counts from the last day."),
            _(
                "Once the last day has passed it cannot be moved, because the survey closes by"
                " itself."
            ),
        ),
        fields=("closes_on",),
        button=_("Move the last day"),
        back=back,
    )


@bp.route(f"{CAMPAIGN}/waves", methods=["GET", "POST"])
@requires(Permission.QUESTIONNAIRE_ADAPT)
@creates_once
def next_wave(school_id: uuid.UUID, campaign_id: uuid.UUID) -> str | Response:
    """Starts the draft of the next survey."""
    form = FlaskForm()
    draft = url_for(".draft", school_id=school_id, campaign_id=campaign_id)
    if form.validate_on_submit():
        refuse_unknown_fields(form)
        with begin_once() as db:
            campaign = find_campaign(db, school_id, campaign_id)
            operations.next_wave(db, campaign=campaign, by=current_member())
        flash(_("The next survey is a draft. It starts from what you asked last time."))
        return redirect(draft)
    campaign = find_campaign(read(), school_id, campaign_id)
    if latest_wave(campaign).state not in OVER:
        return redirect(_school(campaign))
    return confirm_page(
        form,
        title=_("Start the next survey"),
        trail=trail_of(campaign),
        lead=_("You get a draft that asks what “%(title)s” asked last time.", title=campaign.title),
        says=(
            _("Nothing is sent to anybody. Students can answer only after you launch it."),
            _("You can change the draft, or discard it as long as it is not launched."),
            _("Your last report and your actions stay where they are."),
        ),
        button=_("Start the draft"),
        back=_school(campaign),
        once=True,
    )


@bp.route(f"{CAMPAIGN}/discard", methods=["GET", "POST"])
@requires(Permission.QUESTIONNAIRE_ADAPT)
def discard(school_id: uuid.UUID, campaign_id: uuid.UUID) -> str | Response:
    """Discards a draft; with it the survey, if it was never launched."""
    form = FlaskForm()
    if form.validate_on_submit():
        with begin() as db:
            campaign = find_campaign(db, school_id, campaign_id)
            undo.discard_draft(db, campaign=campaign, by=current_member())
        flash(_("The draft is discarded."))
        return redirect(url_for(".school", school_id=school_id))
    campaign = find_campaign(read(), school_id, campaign_id)
    refuse_unless_draft(campaign)
    return confirm_page(
        form,
        title=_("Discard the draft"),
        trail=trail_of(campaign),
        lead=_only_draft(campaign)
        if len(campaign.waves) == 1
        else _("The draft of the next “%(title)s” is deleted.", title=campaign.title),
        says=_left(campaign),
        warn=_("A discarded draft cannot be brought back."),
        button=_("Discard the draft"),
        back=url_for(".draft", school_id=school_id, campaign_id=campaign_id),
    )


def _only_draft(campaign: Campaign) -> str:
    return str(
        _(
            "“%(title)s” was never launched, so the whole survey is deleted with all your changes.",
            title=campaign.title,
        )
    )


def _left(campaign: Campaign) -> tuple[str, ...]:
    if len(campaign.waves) > 1:
        return (
            _("Your earlier surveys, reports and actions stay."),
            _("Your changes to the questions stay too, for the next draft."),
        )
    if campaign.programme_ahead is not None:
        return (
            _(
                "Your authority invited you to it. It sees that you take no part, and can invite"
                " you again."
            ),
        )
    return ()


def _school(campaign: Campaign) -> str:
    return url_for("campaigns.school", school_id=campaign.school_id)
