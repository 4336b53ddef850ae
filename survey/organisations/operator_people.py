"""The operator's pages about people: opening, renewing and closing accounts."""

from __future__ import annotations

import hmac
import secrets
import uuid

from flask import current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_security.utils import verify_password
from werkzeug.wrappers import Response

from survey.database import begin, read
from survey.http import submit_once
from survey.mail import outbox
from survey.mail.kinds import MailKind
from survey.organisations import forms, operations
from survey.organisations.accounts import invitations
from survey.organisations.blueprint import bp
from survey.organisations.models import Member, School
from survey.organisations.seats import operations as seats
from survey.permissions import Permission, Role, current_member, requires


@bp.route("/operator/organisations/<uuid:organisation_id>/members/add", methods=["GET", "POST"])
@requires(Permission.ORGANISATIONS_MANAGE)
def add_member(organisation_id: uuid.UUID) -> str | Response:
    found = operations.find_organisation(read(), organisation_id)
    form = forms.MemberForm(found, sends_mail=outbox.is_set_up())
    if form.validate_on_submit():
        is_school = isinstance(found, School)
        member_id, first = _first_password(organisation_id)
        password = None if form.invites() else first
        try:
            with begin() as db:
                member = db.get(Member, member_id) or operations.add_member(
                    db,
                    member_id=member_id,
                    email=form.email.data or "",
                    name=form.name.data or "",
                    role=Role(form.role.data),
                    password=password,
                    is_first_password=password is not None,
                    school_id=organisation_id if is_school else None,
                    authority_id=None if is_school else organisation_id,
                    by=current_member(),
                )
        except (seats.SeatTakenError, seats.OperatorAloneError) as refused:
            form.email.errors = [refused.message]
        else:
            return _added(member, organisation_id, password, is_new=member.id == member_id)
    return render_template(
        "organisations/add_member.html",
        form=form,
        organisation=found,
        organisation_id=organisation_id,
    )


def _added(
    member: Member, organisation_id: uuid.UUID, password: str | None, *, is_new: bool
) -> str | Response:
    """The page after a person has got a seat: with the first password, if one was made for them."""
    is_theirs = bool(password and member.password) and verify_password(
        password or "", member.password or ""
    )
    if password is not None and (is_new or is_theirs):
        return _show_password(member.id, organisation_id, password)
    if is_new:
        flash(_("An invitation is on its way to %(name)s.", name=member.name))
    else:
        flash(_had_an_account(member))
    return redirect(url_for(".organisation", organisation_id=organisation_id))


def _had_an_account(member: Member) -> str:
    if member.password is None:
        return str(_("An invitation is on its way to %(name)s.", name=member.name))
    return str(
        _(
            "%(name)s has an account already. They sign in as always, and choose where they work.",
            name=member.name,
        )
    )


@bp.post("/operator/members/<uuid:member_id>/renew")
@requires(Permission.ORGANISATIONS_MANAGE)
def renew_member(member_id: uuid.UUID) -> str | Response:
    """Begins an account again: with a link by e-mail, or where none is sent with a password."""
    password = None if outbox.is_set_up() else operations.make_password()
    with begin() as db:
        member = operations.renew_member(
            db, member_id=member_id, password=password, by=current_member()
        )
        name, where = member.name, member.seat.place_id
    if password is not None:
        return _show_password(member_id, where, password)
    flash(_("A link is on its way to %(name)s.", name=name))
    return redirect(_people_of(where), 303)


@bp.post("/operator/members/<uuid:member_id>/second-step")
@requires(Permission.ORGANISATIONS_MANAGE)
def reset_second_step(member_id: uuid.UUID) -> Response:
    """Turns a member's second step off; their password stays."""
    with begin() as db:
        member = operations.reset_second_step(db, member_id=member_id, by=current_member())
        name, where = member.name, member.seat.place_id
    flash(_("The second step of %(name)s is off.", name=name))
    return redirect(_people_of(where), 303)


def _people_of(organisation_id: uuid.UUID | None) -> str:
    """The operator's page of the people of an organisation, or of the operators."""
    if organisation_id is None:
        return url_for(".operators")
    return url_for(".organisation", organisation_id=organisation_id)


@bp.post("/operator/members/<uuid:member_id>/link")
@requires(Permission.ORGANISATIONS_MANAGE)
def send_link(member_id: uuid.UUID) -> Response:
    """Sends a member a link to choose a password: an invitation until they have one."""
    with begin() as db:
        member = operations.find_member(db, member_id)
        kind = MailKind.INVITATION if member.password is None else MailKind.RESET
        invitations.send_link(db, member, kind=kind)
        name, where = member.name, member.seat.place_id
    flash(_("A link is on its way to %(name)s.", name=name))
    return redirect(_people_of(where))


@bp.post("/operator/members/<uuid:member_id>/close")
@requires(Permission.ORGANISATIONS_MANAGE)
def close_member(member_id: uuid.UUID) -> Response:
    with begin() as db:
        member = operations.close_member(db, member_id=member_id, by=current_member())
        name, where = member.name, member.seat.place_id
    flash(_("The account of %(name)s is closed.", name=name))
    return redirect(
        url_for(".organisation", organisation_id=where) if where else url_for(".operator")
    )


def _first_password(organisation_id: uuid.UUID) -> tuple[uuid.UUID, str]:
    """An account and its password, both from the number of the page: a second press of its button
    makes no second account, and shows the same password. The number is kept nowhere."""
    number = request.form.get(submit_once.FIELD) or secrets.token_urlsafe()
    key = str(current_app.config["SECRET_KEY"]).encode()
    drawn = hmac.digest(key, f"account {organisation_id} {number}".encode(), "sha512")
    return uuid.UUID(bytes=drawn[:16], version=4), operations.make_password(drawn[16:])


def _show_password(member_id: uuid.UUID, organisation_id: uuid.UUID | None, password: str) -> str:
    """The page itself, not a redirect to it: the password is kept nowhere, so it is shown once."""
    return render_template(
        "organisations/first_password.html",
        member=operations.find_member(read(), member_id),
        organisation_id=organisation_id,
        password=password,
    )
