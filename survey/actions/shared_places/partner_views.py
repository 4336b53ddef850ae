"""Pages on which an analyst invites people of a partner to a shared place, and removes them."""

from __future__ import annotations

import uuid

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from survey.actions.shared_places import operations as shared_place_operations
from survey.actions.shared_places.blueprint import bp
from survey.database import begin, read
from survey.errors import RefusedError
from survey.http.submit_once import begin_once, creates_once
from survey.mail import outbox
from survey.organisations.forms import PersonForm
from survey.organisations.models import Member, Membership
from survey.organisations.operations import add_member
from survey.organisations.seats import operations as seats
from survey.permissions import Permission, Role, current_member, requires
from survey.settings import current_settings

PARTNERS = "/authorities/<uuid:authority_id>/shared-places/<uuid:shared_place_id>/partners"


@bp.route(PARTNERS, methods=["GET", "POST"])
@requires(Permission.SHARED_PLACES_WRITE)
@creates_once
def partner_people(authority_id: uuid.UUID, shared_place_id: uuid.UUID) -> str | Response:
    place = shared_place_operations.find_shared_place(read(), authority_id, shared_place_id)
    form = PersonForm()
    if outbox.is_set_up() and form.validate_on_submit():
        try:
            with begin_once() as db:
                name = add_member(
                    db,
                    email=form.email.data or "",
                    name=form.name.data or "",
                    role=Role.PARTNER,
                    password=None,
                    authority_id=authority_id,
                    shared_place_id=shared_place_id,
                    by=current_member(),
                ).name
        except RefusedError as refused:
            form.email.errors = [refused.message]
        else:
            flash(_("An invitation is on its way to %(name)s.", name=name))
            return redirect(_here(authority_id, shared_place_id))
    return render_template(
        "shared_places/partners.html",
        place=place,
        programme=place.programme,
        form=form,
        people=_people(read(), shared_place_id),
        operator=current_settings().operator_contact,
    )


@bp.post(f"{PARTNERS}/<uuid:membership_id>/end")
@requires(Permission.SHARED_PLACES_WRITE)
def end_partner(
    authority_id: uuid.UUID, shared_place_id: uuid.UUID, membership_id: uuid.UUID
) -> Response:
    with begin() as db:
        seat = seats.find_seat(db, membership_id)
        if (seat.authority_id, seat.shared_place_id) != (authority_id, shared_place_id):
            raise seats.NoSuchSeatError(_("There is no such seat, or it has ended."))
        name = seat.member.name
        seats.end(db, seat, by=current_member())
    flash(_("%(name)s does not see this place any more.", name=name))
    return redirect(_here(authority_id, shared_place_id))


def _people(db: Session, shared_place_id: uuid.UUID) -> list[Membership]:
    query = select(Membership).join(Member, Member.id == Membership.member_id)
    query = query.where(Membership.shared_place_id == shared_place_id, seats.IS_LIVE)
    return list(db.scalars(query.order_by(Member.name, Member.email)))


def _here(authority_id: uuid.UUID, shared_place_id: uuid.UUID) -> str:
    return url_for(".partner_people", authority_id=authority_id, shared_place_id=shared_place_id)
