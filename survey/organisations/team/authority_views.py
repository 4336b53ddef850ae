"""Pages on which the authority and the operator confirm people of schools and end their seats."""

from __future__ import annotations

import uuid

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from survey.database import begin, read
from survey.organisations.blueprint import bp
from survey.organisations.forms import ROLES
from survey.organisations.models import Authority, Membership, School
from survey.organisations.operations import find_organisation
from survey.organisations.seats import operations as seats
from survey.organisations.team import operations as team
from survey.organisations.team.views import my_seat
from survey.permissions import Permission, current_member, may, requires

Row = tuple[School | Authority, Membership | None]


@bp.get("/authorities/<uuid:authority_id>/people")
@requires(Permission.PEOPLE_CONFIRM)
def authority_people(authority_id: uuid.UUID) -> str:
    found = _rows(read(), authority_id)
    at_schools = [seat for _place, seat in found if seat is not None and seat.school_id]
    return render_template(
        "organisations/authority_people.html",
        authority=find_organisation(read(), authority_id),
        rows=found,
        waits=team.to_confirm(at_schools, my_seat()),
        roles=ROLES,
    )


def _rows(db: Session, authority_id: uuid.UUID) -> list[Row]:
    """Everyone who works for the authority and its schools; a school without anyone too."""
    authority = find_organisation(db, authority_id)
    schools = db.scalars(
        select(School)
        .where(School.authority_id == authority_id, School.erased_on.is_(None))
        .order_by(School.name)
    )
    rows: list[Row] = []
    for place in (authority, *schools):
        here = seats.seats_at(db, place)
        rows += [(place, seat) for seat in here] or [(place, None)]
    return rows


@bp.post("/authorities/<uuid:authority_id>/people/<uuid:membership_id>/confirm")
@requires(Permission.PEOPLE_CONFIRM)
def confirm_at_school(authority_id: uuid.UUID, membership_id: uuid.UUID) -> Response:
    with begin() as db:
        seat = seats.find_seat(db, membership_id)
        if seat.school is None or seat.school.authority_id != authority_id:
            raise seats.NoSuchSeatError(_("There is no such seat, or it has ended."))
        seats.confirm(db, seat, by=my_seat())
        name = seat.member.name
    flash(_("You have confirmed %(name)s.", name=name))
    return redirect(url_for(".authority_people", authority_id=authority_id))


@bp.app_template_global()
def how_many_to_confirm() -> int:
    """How many people wait for this analyst to confirm them."""
    if not current_user.is_authenticated or not may(current_user, Permission.PEOPLE_CONFIRM):
        return 0
    authority_id = current_member().authority_id
    if authority_id is None:
        return 0
    found = (seat for _place, seat in _rows(read(), authority_id) if seat is not None)
    return len(team.to_confirm((one for one in found if one.school_id), my_seat()))


# The operator


@bp.post("/operator/seats/<uuid:membership_id>/confirm")
@requires(Permission.ORGANISATIONS_MANAGE)
def confirm_seat(membership_id: uuid.UUID) -> Response:
    with begin() as db:
        seat = seats.find_seat(db, membership_id)
        seats.confirm(db, seat, by=my_seat())
        name, where = seat.member.name, seat.place_id
    flash(_("You have confirmed %(name)s.", name=name))
    return redirect(url_for(".organisation", organisation_id=where))


@bp.post("/operator/seats/<uuid:membership_id>/end")
@requires(Permission.ORGANISATIONS_MANAGE)
def end_seat(membership_id: uuid.UUID) -> Response:
    """Takes a person's seat at one organisation away; they keep the others."""
    with begin() as db:
        seat = seats.find_seat(db, membership_id)
        name, where = seat.member.name, seat.place_id
        seats.end(db, seat, by=current_member())
    flash(_("%(name)s has no seat here any more.", name=name))
    return redirect(
        url_for(".organisation", organisation_id=where) if where else url_for(".operators")
    )
