"""The operator's button for a member who lost the second step."""

from __future__ import annotations

import uuid

from flask import flash, redirect
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from survey.database import begin
from survey.organisations import operations
from survey.organisations.blueprint import bp
from survey.organisations.views import people_of
from survey.permissions import Permission, current_member, requires


@bp.post("/operator/members/<uuid:member_id>/second-step")
@requires(Permission.ORGANISATIONS_MANAGE)
def reset_second_step(member_id: uuid.UUID) -> Response:
    """Turns a member's second step off; their password stays."""
    with begin() as db:
        member = operations.reset_second_step(db, member_id=member_id, by=current_member())
        name, where = member.name, member.school_id or member.authority_id
    flash(_("The second step of %(name)s is off.", name=name))
    return redirect(people_of(where), 303)
