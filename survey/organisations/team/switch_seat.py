"""Switching between the organisations at which a person has a seat."""

from __future__ import annotations

import uuid

from flask import abort, redirect, render_template, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from survey.organisations import current_seat
from survey.organisations.blueprint import bp
from survey.organisations.forms import ROLES
from survey.organisations.models import Membership
from survey.permissions import Permission, requires


@bp.app_template_global()
def other_seats() -> list[Membership]:
    """The seats to which the person can switch; none if they have one."""
    if not current_user.is_authenticated:
        return []
    return [one for one in current_user.seats if one is not current_user.seat]


@bp.get("/staff/places")
@requires(Permission.OWN_ACCOUNT)
def places() -> str:
    return render_template(
        "organisations/places.html",
        seats=current_user.seats,
        here=current_user.seat,
        roles=ROLES,
    )


@bp.post("/staff/places/<uuid:membership_id>")
@requires(Permission.OWN_ACCOUNT)
def go_to(membership_id: uuid.UUID) -> Response:
    """Pages that name no organisation open in this seat from now on, in this browser."""
    seat = next((one for one in current_user.seats if one.membership_id == membership_id), None)
    if seat is None:
        abort(404)
    current_seat.keep(seat)
    return redirect(url_for(".home"), 303)
