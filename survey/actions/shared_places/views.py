"""Shared places of an authority's programme: found, tied together, and acted on with partners."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_wtf import FlaskForm
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from survey.actions.forms import MoveForm
from survey.actions.shared_places import figures as shared_place_figures
from survey.actions.shared_places import jobs as shared_place_jobs
from survey.actions.shared_places import operations as shared_place_operations
from survey.actions.shared_places import outside_places
from survey.actions.shared_places.blueprint import bp
from survey.actions.shared_places.forms import PARTNERS, Offer, PartnerForm, SharedPlaceForm
from survey.actions.shared_places.models import SharedPlace
from survey.actions.shared_places.operations import NoSchoolError, SettledError, TakenError
from survey.actions.shared_places.outside_places import SchoolPlaces
from survey.actions.views import take_move
from survey.actions.wording import STATES, TAGS, moves_from
from survey.campaigns.models import Programme
from survey.campaigns.queries import find_programme
from survey.database import begin, read, today
from survey.http.submit_once import begin_once, creates_once
from survey.http.unknown_fields import refuse_unknown_fields
from survey.permissions import Permission, current_member, requires
from survey.reports.comparisons import wording as comparison_wording
from survey.reports.school.report_loader import spoken
from survey.reports.wording import figures as figure_wording
from survey.reports.wording import labels as label_wording

PLACES = "/authorities/<uuid:authority_id>/programmes/<uuid:programme_id>/shared-places"
PLACE = "/authorities/<uuid:authority_id>/shared-places/<uuid:shared_place_id>"
ACTION = "/authorities/<uuid:authority_id>/partner-actions/<uuid:partner_action_id>"


def _words() -> Mapping[str, Any]:
    return {
        "figure_wording": figure_wording,
        "label_wording": label_wording,
        "said": comparison_wording,
        "states": STATES,
        "tags": TAGS,
        "partners": PARTNERS,
        "moves_from": moves_from,
    }


@bp.get(f"{PLACES}/")
@requires(Permission.COMPARISON_READ)
def places(authority_id: uuid.UUID, programme_id: uuid.UUID) -> str:
    """All shared places of a programme, and names that several schools give to a place."""
    programme = find_programme(read(), authority_id, programme_id)
    schools = outside_places.outside_places(read(), programme, spoken())
    taken = shared_place_operations.taken(read(), programme)
    return render_template(
        "shared_places/list.html",
        programme=programme,
        places=shared_place_operations.places_of(read(), programme),
        schools=schools,
        suggestions=outside_places.suggestions(schools, taken),
        **_words(),
    )


@bp.route(f"{PLACES}/new", methods=["GET", "POST"])
@requires(Permission.SHARED_PLACES_WRITE)
@creates_once
def begin_place(authority_id: uuid.UUID, programme_id: uuid.UUID) -> str | Response:
    programme = find_programme(read(), authority_id, programme_id)
    schools = outside_places.outside_places(read(), programme, spoken())
    name = request.args.get("like", "")
    like = next(
        (
            one
            for one in outside_places.suggestions(
                schools, shared_place_operations.taken(read(), programme)
            )
            if one.name == name
        ),
        None,
    )
    form = SharedPlaceForm.of(
        _offers(schools), like.name if like else "", like.ties if like else None
    )
    if form.is_submitted():
        refuse_unknown_fields(form)
        if form.validate():
            try:
                with begin_once() as db:
                    made = shared_place_operations.begin_place(
                        db,
                        programme=find_programme(db, authority_id, programme_id),
                        name=form.name.data or "",
                        ties=form.ties(),
                        today=today(),
                        by=current_member(),
                    )
                    at = made.shared_place_id
                return redirect(url_for(".show", authority_id=authority_id, shared_place_id=at))
            except (NoSchoolError, TakenError) as refused:
                form.form_errors = [refused.message]
    return _form_page("shared_places/place_form.html", programme, form=form, place=None)


@bp.get(PLACE)
@requires(Permission.SHARED_PLACE_SEE)
def show(authority_id: uuid.UUID, shared_place_id: uuid.UUID) -> str:
    """One place: which schools name it, what their students say together, what partners do."""
    place = shared_place_operations.find_shared_place(read(), authority_id, shared_place_id)
    schools = outside_places.outside_places(read(), place.programme, spoken())
    labels = {
        one.school.school_id: one.label(
            shared_place_operations.ties_of(place).get(one.school.school_id, "")
        )
        for one in schools
    }
    waves = shared_place_figures.wave_figures(read(), place)
    standings = {
        one.number: shared_place_jobs.standing(read(), authority_id, shared_place_id, one.number)
        for one in waves
        if one.figure is None
    }
    return render_template(
        "shared_places/show.html",
        programme=place.programme,
        place=place,
        labels=labels,
        waves=waves,
        standings=standings,
        is_at_work=any(one is not None and one.is_unfinished for one in standings.values()),
        **_words(),
    )


@bp.route(f"{PLACE}/edit", methods=["GET", "POST"])
@requires(Permission.SHARED_PLACES_WRITE)
def edit_place(authority_id: uuid.UUID, shared_place_id: uuid.UUID) -> str | Response:
    place = shared_place_operations.find_shared_place(read(), authority_id, shared_place_id)
    programme = place.programme
    schools = outside_places.outside_places(read(), programme, spoken())
    form = SharedPlaceForm.of(_offers(schools), place.name, shared_place_operations.ties_of(place))
    if form.is_submitted():
        refuse_unknown_fields(form)
        if form.validate():
            try:
                with begin() as db:
                    shared_place_operations.change_place(
                        db,
                        place=shared_place_operations.find_shared_place(
                            db, authority_id, shared_place_id, to_change=True
                        ),
                        name=form.name.data or "",
                        ties=form.ties(),
                        by=current_member(),
                    )
                return redirect(
                    url_for(".show", authority_id=authority_id, shared_place_id=shared_place_id)
                )
            except (NoSchoolError, TakenError, SettledError) as refused:
                form.form_errors = [refused.message]
    place = shared_place_operations.find_shared_place(read(), authority_id, shared_place_id)
    return _form_page("shared_places/place_form.html", place.programme, form=form, place=place)


@bp.post(f"{PLACE}/waves/<int:number>/together")
@requires(Permission.SHARED_PLACES_WRITE)
def put_together(authority_id: uuid.UUID, shared_place_id: uuid.UUID, number: int) -> Response:
    """Puts the one figure of a survey over the schools of the place on the queue."""
    refuse_unknown_fields(FlaskForm())
    with begin() as db:
        shared_place_operations.find_shared_place(db, authority_id, shared_place_id)
        shared_place_jobs.ask(db, authority_id, shared_place_id, number, member=current_member())
    flash(_("The figure is being made. Once it is there, the schools of this place stay."))
    return redirect(url_for(".show", authority_id=authority_id, shared_place_id=shared_place_id))


@bp.route(f"{PLACE}/actions/new", methods=["GET", "POST"])
@requires(Permission.SHARED_PLACES_WRITE)
@creates_once
def agree(authority_id: uuid.UUID, shared_place_id: uuid.UUID) -> str | Response:
    place = shared_place_operations.find_shared_place(read(), authority_id, shared_place_id)
    form = PartnerForm()
    if form.is_submitted():
        refuse_unknown_fields(form)
        if form.validate():
            with begin_once() as db:
                shared_place_operations.agree(
                    db,
                    place=shared_place_operations.find_shared_place(
                        db, authority_id, shared_place_id
                    ),
                    agreed=form.agreed(),
                    today=today(),
                    by=current_member(),
                )
            return _to(authority_id, shared_place_id)
    return _form_page("shared_places/action_form.html", place.programme, form=form, place=place)


@bp.route(f"{ACTION}/edit", methods=["GET", "POST"])
@requires(Permission.SHARED_PLACES_WRITE)
def agree_anew(authority_id: uuid.UUID, partner_action_id: uuid.UUID) -> str | Response:
    action = shared_place_operations.find_partner_action(read(), authority_id, partner_action_id)
    place = action.place
    form = PartnerForm(
        data={
            "partner": action.partner.value,
            "who": action.who,
            "steps_taken": action.steps_taken,
            "due_on": action.due_on,
        }
    )
    if form.is_submitted():
        refuse_unknown_fields(form)
        if form.validate():
            with begin() as db:
                found = shared_place_operations.find_partner_action(
                    db, authority_id, partner_action_id
                )
                shared_place_operations.agree_anew(
                    db, action=found, agreed=form.agreed(), by=current_member()
                )
                at = found.shared_place_id
            return _to(authority_id, at)
    return _form_page("shared_places/action_form.html", place.programme, form=form, place=place)


@bp.post(f"{ACTION}/move")
@requires(Permission.SHARED_PLACES_WRITE)
def move(authority_id: uuid.UUID, partner_action_id: uuid.UUID) -> Response:
    action = shared_place_operations.find_partner_action(read(), authority_id, partner_action_id)
    at = action.shared_place_id
    form = MoveForm(action.state)

    def move_on(db: Session) -> None:
        shared_place_operations.move_partner_action(
            db,
            action=shared_place_operations.find_partner_action(db, authority_id, partner_action_id),
            to=form.chosen(),
            note=form.note.data or "",
            today=today(),
            by=current_member(),
        )

    take_move(form, move_on)
    return _to(authority_id, at)


def _to(authority_id: uuid.UUID, shared_place_id: uuid.UUID) -> Response:
    return redirect(url_for(".show", authority_id=authority_id, shared_place_id=shared_place_id))


def _offers(schools: Sequence[SchoolPlaces]) -> list[Offer]:
    return [
        (
            one.school.school_id,
            one.school.name,
            tuple((place.key, place.label) for place in one.places),
        )
        for one in schools
    ]


def _form_page(
    template: str, programme: Programme, *, form: FlaskForm, place: SharedPlace | None
) -> str:
    return render_template(template, programme=programme, form=form, place=place, **_words())
