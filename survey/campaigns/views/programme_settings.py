"""Pages on which an analyst sets the shared questions of a programme, and when each survey is to be
held."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import BooleanField, Field

from survey.campaigns import programme_operations
from survey.campaigns.blueprint import bp
from survey.campaigns.duration import minutes_of
from survey.campaigns.errors import NoSuchPartError
from survey.campaigns.forms import own_items
from survey.campaigns.forms.campaigns import DatesForm, language_label
from survey.campaigns.forms.drafts import complain, form_of, languages_of
from survey.campaigns.models import PlannedWave, Programme
from survey.campaigns.queries import core_of, find_programme, programme_template, template_called
from survey.campaigns.views.programmes import AUTHORITY, participation
from survey.database import begin, read
from survey.http.submit_once import begin_once, creates_once
from survey.http.unknown_fields import refuse_unknown_fields
from survey.organisations.models import Authority
from survey.permissions import Permission, current_member, requires
from survey.questionnaires import adapt
from survey.questionnaires.adapt import Adaptation, AdaptationError, OwnItem
from survey.questionnaires.authority_core import can_be_locked
from survey.questionnaires.model import MOST_OWN_ITEMS, Questionnaire

PROGRAMME = f"{AUTHORITY}/programmes/<uuid:programme_id>"

Reader = Callable[[FlaskForm, Questionnaire, Adaptation], Adaptation]
"""Makes the shared questions from the form, and puts errors on the form."""


# The core


def core_form(template: Questionnaire, core: Adaptation) -> FlaskForm:
    """A form with a checkbox for each question that may be shared."""
    fields: dict[str, Field] = {}
    for item in template.items:
        if can_be_locked(item):
            fields[f"on-{item.key}"] = BooleanField(_("Every school asks this"))
    return form_of(fields, {f"on-{key}": True for key in core.switched})


def read_core(form: FlaskForm, _template: Questionnaire, core: Adaptation) -> Adaptation:
    chosen = {name.removeprefix("on-"): True for name, on in form.data.items() if on is True}
    return replace(core, switched=chosen)


@bp.route(f"{PROGRAMME}/core", methods=["GET", "POST"])
@requires(Permission.PROGRAMME_RUN)
def programme_core(authority_id: uuid.UUID, programme_id: uuid.UUID) -> str | Response:
    """The shared questions of a programme."""
    found = find_programme(read(), authority_id, programme_id)
    template, core = _template(found), core_of(found)
    form = core_form(template, core)
    if _save(form, found, read_core):
        return redirect(url_for(".programme", authority_id=authority_id, programme_id=programme_id))
    return _page(
        "core",
        found,
        form=form,
        template=template,
        whole=programme_template(found),
        core=core,
        can_be_locked=can_be_locked,
        is_settled=programme_operations.is_settled(read(), found),
        may_add=len(core.own_items) < MOST_OWN_ITEMS,
        minutes=minutes_of(programme_template(found)),
        kinds=own_items.KINDS,
    )


@bp.route(f"{PROGRAMME}/core/add", methods=["GET", "POST"])
@requires(Permission.PROGRAMME_RUN)
@creates_once
def add_core_item(authority_id: uuid.UUID, programme_id: uuid.UUID) -> str | Response:
    found = find_programme(read(), authority_id, programme_id)
    template, core = _template(found), core_of(found)
    section = own_items.sections_for_own(template)[-1].key
    form = own_items.own_item_form(template, core, section=section)
    if _save(form, found, own_items.read_own_item):
        return _to_core(found)
    return _page("core_item", found, form=form, item=None)


@bp.route(f"{PROGRAMME}/core/own/<item>", methods=["GET", "POST"])
@requires(Permission.PROGRAMME_RUN)
def core_item(authority_id: uuid.UUID, programme_id: uuid.UUID, item: str) -> str | Response:
    found = find_programme(read(), authority_id, programme_id)
    template, core = _template(found), core_of(found)
    own = _own(core, item)
    form = own_items.own_item_form(template, core, item=own)

    def reader(form: FlaskForm, template: Questionnaire, now: Adaptation) -> Adaptation:
        return own_items.read_own_item(form, template, now, item=_own(now, item))

    if _save(form, found, reader):
        return _to_core(found)
    return _page("core_item", found, form=form, item=own)


@bp.post(f"{PROGRAMME}/core/own/<item>/remove")
@requires(Permission.PROGRAMME_RUN)
def remove_core_item(authority_id: uuid.UUID, programme_id: uuid.UUID, item: str) -> Response:
    with begin() as db:
        found = find_programme(db, authority_id, programme_id)
        _own(core_of(found), item)
        changed = adapt.remove_item(_template(found), core_of(found), item=item)
        programme_operations.change_core(db, programme=found, core=changed, by=current_member())
    flash(_("Your question is removed."))
    return redirect(
        url_for(".programme_core", authority_id=authority_id, programme_id=programme_id)
    )


# The dates


@bp.route(f"{PROGRAMME}/waves/<int:number>/dates", methods=["GET", "POST"])
@requires(Permission.PROGRAMME_RUN)
def programme_dates(
    authority_id: uuid.UUID, programme_id: uuid.UUID, number: int
) -> str | Response:
    """The dates between which schools hold a survey."""
    if not 1 <= number <= programme_operations.MOST_WAVES:
        raise NoSuchPartError(_("There is no such survey."))
    found = find_programme(read(), authority_id, programme_id)
    form = DatesForm(obj=read().get(PlannedWave, (authority_id, programme_id, number)))
    if form.is_submitted():
        refuse_unknown_fields(form)
    days = form.opens_from.data, form.opens_until.data, form.closes_by.data
    if form.validate_on_submit() and days[0] and days[1] and days[2]:
        with begin() as db:
            programme_operations.plan_wave(
                db,
                programme=find_programme(db, authority_id, programme_id),
                number=number,
                opens_from=days[0],
                opens_until=days[1],
                closes_by=days[2],
                reports_by=form.reports_by.data,
                by=current_member(),
            )
        flash(_("The days are saved. Schools see them."))
        return redirect(url_for(".programme", authority_id=authority_id, programme_id=programme_id))
    survey = participation(read(), programme=found).name(number)
    return _page("dates", found, form=form, number=number, survey=survey)


# Their common parts


def _template(programme: Programme) -> Questionnaire:
    """The template without the authority's shared questions."""
    return template_called(programme.template_key, programme.template_version)


def _own(core: Adaptation, key: str) -> OwnItem:
    for item in core.own_items:
        if item.key == key:
            return item
    raise NoSuchPartError(_("You have no such question."))


def _save(form: FlaskForm, programme: Programme, reader: Reader) -> bool:
    """Saves the form as a change of the current shared questions, and returns whether it did. If
    there are errors nothing is saved, and the form shows them next to the fields."""
    if form.is_submitted():
        refuse_unknown_fields(form)
    if not form.validate_on_submit():
        return False
    try:
        with begin_once() as db:
            now = find_programme(db, programme.authority_id, programme.programme_id)
            changed = reader(form, _template(now), core_of(now))
            if form.errors:
                return False
            programme_operations.change_core(db, programme=now, core=changed, by=current_member())
    except AdaptationError as refused:
        complain(form, next(field.name for field in form), refused.why)
        return False
    flash(_("Saved."))
    return True


def _to_core(programme: Programme) -> Response:
    return redirect(
        url_for(
            ".programme_core",
            authority_id=programme.authority_id,
            programme_id=programme.programme_id,
        )
    )


def _page(name: str, programme: Programme, **values: Any) -> str:
    languages = languages_of(_template(programme), Adaptation())
    return render_template(
        f"campaigns/programme/{name}.html",
        authority=read().get_one(Authority, programme.authority_id),
        programme=programme,
        languages=languages,
        first=languages[0],
        language_label=language_label,
        **values,
    )
