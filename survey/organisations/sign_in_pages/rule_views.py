"""Pages on which the operator, or an authority, says which roles need a second step."""

from __future__ import annotations

import uuid

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response

from survey.database import begin, read
from survey.organisations import operations
from survey.organisations.accounts import second_step_rules as rules
from survey.organisations.blueprint import bp
from survey.organisations.forms import ROLES
from survey.permissions import Permission, current_member, requires


@bp.route("/operator/second-step", methods=["GET", "POST"])
@requires(Permission.ORGANISATIONS_MANAGE)
def second_step_for_all() -> str | Response:
    """Roles that need a second step everywhere."""
    return _page(None, _("Everybody here"), url_for(".operator"))


@bp.route("/authorities/<uuid:authority_id>/second-step", methods=["GET", "POST"])
@requires(Permission.SECOND_STEP_REQUIRE)
def second_step_for_authority(authority_id: uuid.UUID) -> str | Response:
    """Roles that need a second step at an authority and its schools."""
    name = operations.find_organisation(read(), authority_id).name
    return _page(authority_id, name, url_for("campaigns.authority", authority_id=authority_id))


def _page(authority_id: uuid.UUID | None, name: str, home: str) -> str | Response:
    form = FlaskForm()
    if form.validate_on_submit():
        with begin() as db:
            rules.change(
                db,
                authority_id=authority_id,
                roles=request.form.getlist("roles"),
                by=current_member(),
            )
        flash(_("Saved. Who lacks a second step sets one up before their next page."))
        return redirect(request.path, 303)
    above = rules.always()
    if authority_id is not None:
        above |= rules.required(read(), None)
    return render_template(
        "organisations/second_step_rules.html",
        form=form,
        name=name,
        home=home,
        is_operator=authority_id is None,
        choices=[(role.value, ROLES[role]) for role in rules.roles_to_choose(authority_id)],
        chosen=rules.required(read(), authority_id),
        above=above,
    )
