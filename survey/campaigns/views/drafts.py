"""The draft editor: a checklist, and a page for each part that may be changed."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import date
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response

from survey.campaigns import operations
from survey.campaigns.adaptation_summary import said
from survey.campaigns.adult_surveys import is_pulse
from survey.campaigns.blueprint import DRAFT, bp
from survey.campaigns.duration import minutes_of
from survey.campaigns.errors import NoSuchPartError
from survey.campaigns.forms import drafts as draft_forms
from survey.campaigns.forms import help_contacts, own_items
from survey.campaigns.forms.campaigns import language_label
from survey.campaigns.models import Campaign
from survey.campaigns.queries import (
    adaptation_of,
    bands_ahead,
    draft_of,
    find_adaptable,
    latest_wave,
    locked_by_authority,
    template_of,
)
from survey.campaigns.report_forecast import FEW, forecast
from survey.campaigns.site_plans.operations import drawn_plan, find_plan
from survey.database import begin, read
from survey.disclosure.policy import STANDARD
from survey.http.submit_once import begin_once, creates_once
from survey.http.unknown_fields import refuse_unknown_fields
from survey.languages import language_name
from survey.permissions import Permission, current_member, requires
from survey.questionnaires import adapt
from survey.questionnaires.adapt import Adaptation, AdaptationError, OwnItem
from survey.questionnaires.adaptation_rules import MOST_CONTACTS
from survey.questionnaires.model import MOST_OWN_ITEMS, Inside, Questionnaire, Section
from survey.questionnaires.translations.own_names import unmatched
from survey.questionnaires.translations.review import unreviewed
from survey.questionnaires.year_bands import LEAST

Reader = Callable[[FlaskForm, Questionnaire, Adaptation], Adaptation]
"""Makes an adaptation from the form, and puts errors on the form."""


@bp.get(f"{DRAFT}/")
@requires(Permission.QUESTIONNAIRE_ADAPT)
def draft(school_id: uuid.UUID, campaign_id: uuid.UUID) -> str:
    """The checklist: what is missing, what differs from the template, and links to each part."""
    campaign = find_adaptable(read(), school_id, campaign_id)
    template, adaptation = template_of(campaign), adaptation_of(campaign)
    questionnaire = draft_of(campaign)
    first = questionnaire.languages[0]
    return _page(
        "draft",
        campaign,
        missing=operations.missing_before_launch(campaign),
        differences=said(template, adaptation, first),
        questionnaire=questionnaire,
        adaptation=adaptation,
        minutes=minutes_of(questionnaire),
        language_name=language_name,
        plan=drawn_plan(find_plan(read(), school_id), questionnaire),
    )


@bp.route(f"{DRAFT}/basics", methods=["GET", "POST"])
@requires(Permission.QUESTIONNAIRE_ADAPT)
def draft_basics(school_id: uuid.UUID, campaign_id: uuid.UUID) -> str | Response:
    campaign = find_adaptable(read(), school_id, campaign_id)
    form = draft_forms.basics_form(campaign.title, template_of(campaign), adaptation_of(campaign))
    if _save(form, campaign, draft_forms.read_basics, title="title"):
        return _back(campaign)
    return _page("basics", campaign, form=form)


@bp.get(f"{DRAFT}/sections")
@requires(Permission.QUESTIONNAIRE_ADAPT)
def draft_sections(school_id: uuid.UUID, campaign_id: uuid.UUID) -> str:
    campaign = find_adaptable(read(), school_id, campaign_id)
    questionnaire = draft_of(campaign)
    asked = {item.key for item in questionnaire.asked}
    return _page("sections", campaign, questionnaire=questionnaire, asked=asked)


@bp.post(f"{DRAFT}/sections/<section>/move")
@requires(Permission.QUESTIONNAIRE_ADAPT)
def move_section(school_id: uuid.UUID, campaign_id: uuid.UUID, section: str) -> Response:
    """Moves a section up or down by one place."""
    step = {"up": -1, "down": 1}.get(request.form.get("to", ""), 0)
    try:
        with begin() as db:
            campaign = find_adaptable(db, school_id, campaign_id)
            template, adaptation = template_of(campaign), adaptation_of(campaign)
            order = [one.key for one in draft_of(campaign).sections]
            here = order.index(_section(template, section).key)
            there = min(max(here + step, 0), len(order) - 1)
            order[here], order[there] = order[there], order[here]
            changed = adapt.order_sections(template, adaptation, order=tuple(order))
            operations.save_draft(db, campaign=campaign, adaptation=changed, by=current_member())
    except AdaptationError as refused:
        flash(refused.why, "error")
    at = url_for(".draft_sections", school_id=school_id, campaign_id=campaign_id)
    return redirect(f"{at}#section-{section}")


@bp.route(f"{DRAFT}/sections/<section>", methods=["GET", "POST"])
@requires(Permission.QUESTIONNAIRE_ADAPT)
def draft_section(school_id: uuid.UUID, campaign_id: uuid.UUID, section: str) -> str | Response:
    """The questions of a section: on or off, from which year, and their wording."""
    campaign = find_adaptable(read(), school_id, campaign_id)
    template, adaptation = template_of(campaign), adaptation_of(campaign)
    found = _section(template, section)
    form = draft_forms.section_form(template, adaptation, found)

    def reader(form: FlaskForm, template: Questionnaire, now: Adaptation) -> Adaptation:
        return draft_forms.read_section(form, template, now, found)

    if _save(form, campaign, reader):
        at = url_for(".draft_sections", school_id=school_id, campaign_id=campaign_id)
        return redirect(f"{at}#section-{section}")
    return _page(
        "section",
        campaign,
        form=form,
        section=found,
        rules=draft_forms,
        of_authority=locked_by_authority(campaign),
        own=[item for item in adaptation.own_items if item.section == section],
        may_add=len(adaptation.own_items) < MOST_OWN_ITEMS
        and found in own_items.sections_for_own(template),
        kinds=own_items.KINDS,
    )


@bp.route(f"{DRAFT}/sections/<section>/add", methods=["GET", "POST"])
@requires(Permission.QUESTIONNAIRE_ADAPT)
@creates_once
def add_item(school_id: uuid.UUID, campaign_id: uuid.UUID, section: str) -> str | Response:
    campaign = find_adaptable(read(), school_id, campaign_id)
    template, adaptation = template_of(campaign), adaptation_of(campaign)
    _section(template, section)
    form = own_items.own_item_form(template, adaptation, section=section)
    if _save(form, campaign, own_items.read_own_item):
        _remark(adaptation_of(campaign).own_items[-1])
        return _to_section(campaign, form["section"].data)
    return _page("own_item", campaign, form=form, item=None, section=section)


@bp.route(f"{DRAFT}/own/<item>", methods=["GET", "POST"])
@requires(Permission.QUESTIONNAIRE_ADAPT)
def own_item(school_id: uuid.UUID, campaign_id: uuid.UUID, item: str) -> str | Response:
    campaign = find_adaptable(read(), school_id, campaign_id)
    template, adaptation = template_of(campaign), adaptation_of(campaign)
    found = _own(adaptation, item)
    form = own_items.own_item_form(template, adaptation, item=found)

    def reader(form: FlaskForm, template: Questionnaire, now: Adaptation) -> Adaptation:
        return own_items.read_own_item(form, template, now, item=_own(now, item))

    if _save(form, campaign, reader):
        _remark(_own(adaptation_of(campaign), item))
        return _to_section(campaign, form["section"].data)
    return _page("own_item", campaign, form=form, item=found, section=found.section)


@bp.post(f"{DRAFT}/own/<item>/remove")
@requires(Permission.QUESTIONNAIRE_ADAPT)
def remove_item(school_id: uuid.UUID, campaign_id: uuid.UUID, item: str) -> Response:
    with begin() as db:
        campaign = find_adaptable(db, school_id, campaign_id)
        adaptation = adaptation_of(campaign)
        found = _own(adaptation, item)
        changed = adapt.remove_item(template_of(campaign), adaptation, item=item)
        operations.save_draft(db, campaign=campaign, adaptation=changed, by=current_member())
    flash(_("Your question is removed."))
    return _to_section(campaign, found.section)


@bp.route(f"{DRAFT}/places", methods=["GET", "POST"])
@requires(Permission.QUESTIONNAIRE_ADAPT)
@creates_once
def draft_places(school_id: uuid.UUID, campaign_id: uuid.UUID) -> str | Response:
    campaign = find_adaptable(read(), school_id, campaign_id)
    template, adaptation = template_of(campaign), adaptation_of(campaign)
    form = draft_forms.places_form(template, adaptation)
    if _save(form, campaign, draft_forms.read_places):
        at = url_for(".draft_places", school_id=school_id, campaign_id=campaign_id)
        added = any(form[name].data for name in form.data if name.startswith("new-"))
        return redirect(at) if added else _back(campaign)
    return _page(
        "places",
        campaign,
        form=form,
        template=template,
        adaptation=adaptation,
        sides=Inside,
        unmatched=unmatched(template, adaptation),
    )


@bp.route(f"{DRAFT}/contacts", methods=["GET", "POST"])
@requires(Permission.QUESTIONNAIRE_ADAPT)
def draft_contacts(school_id: uuid.UUID, campaign_id: uuid.UUID) -> str | Response:
    campaign = find_adaptable(read(), school_id, campaign_id)
    form = help_contacts.contacts_form(template_of(campaign), adaptation_of(campaign))
    if _save(form, campaign, help_contacts.read_contacts):
        return _back(campaign)
    help_here = [
        one for one in template_of(campaign).help if campaign.school.nation.value in one.nations
    ]
    return _page(
        "contacts",
        campaign,
        form=form,
        most=MOST_CONTACTS,
        help_here=help_here,
        day_of=date.fromisoformat,
    )


# Their common parts


def _section(template: Questionnaire, key: str) -> Section:
    for section in template.sections:
        if section.key == key:
            return section
    raise NoSuchPartError(_("There is no such section."))


def _own(adaptation: Adaptation, key: str) -> OwnItem:
    for item in adaptation.own_items:
        if item.key == key:
            return item
    raise NoSuchPartError(_("You have no such question."))


def _save(form: FlaskForm, campaign: Campaign, reader: Reader, *, title: str = "") -> bool:
    """Saves the form as a change of the current draft, and returns whether it did. If there are
    errors nothing is saved, and the form shows them next to the fields."""
    if form.is_submitted():
        refuse_unknown_fields(form)
    if not form.validate_on_submit():
        return False
    with begin_once() as db:
        now = find_adaptable(db, campaign.school_id, campaign.campaign_id)
        changed = reader(form, template_of(now), adaptation_of(now))
        if form.errors:
            return False
        operations.save_draft(db, campaign=now, adaptation=changed, by=current_member())
        if title and form[title].data != now.title:
            operations.rename(db, campaign=now, title=form[title].data, by=current_member())
    flash(_("Saved."))
    return True


def _remark(item: OwnItem) -> None:
    for remark in own_items.remarks_on(item):
        flash(remark, "warn")


def _back(campaign: Campaign) -> Response:
    return redirect(
        url_for(".draft", school_id=campaign.school_id, campaign_id=campaign.campaign_id)
    )


def _to_section(campaign: Campaign, section: str) -> Response:
    return redirect(
        url_for(
            ".draft_section",
            school_id=campaign.school_id,
            campaign_id=campaign.campaign_id,
            section=section,
        )
    )


def _page(name: str, campaign: Campaign, **values: Any) -> str:
    """A page of the editor, with the context that all of them need."""
    languages = draft_forms.languages_of(template_of(campaign), adaptation_of(campaign))
    return render_template(
        f"campaigns/draft/{name}.html",
        campaign=campaign,
        school=campaign.school,
        wave=latest_wave(campaign),
        languages=languages,
        first=languages[0],
        language_label=language_label,
        unreviewed=unreviewed(languages),
        bands=bands_ahead(campaign),
        least_in_band=LEAST,
        forecast=forecast({} if is_pulse(campaign) else campaign.school.roll),
        few=FEW,
        policy=STANDARD,
        **values,
    )
