"""Moving an action on, and the switch of the page for students. The pages that show a figure are in
`actions.report_views`, on the same blueprint."""

from __future__ import annotations

import uuid
from collections.abc import Callable

from flask import flash, redirect, url_for
from flask_babel import gettext as _
from flask_wtf import FlaskForm
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from survey.actions import operations
from survey.actions.blueprint import ACTION, ACTIONS, bp
from survey.actions.forms import MoveForm
from survey.actions.states import IllegalActionMoveError
from survey.actions.wording import STATES
from survey.campaigns.queries import find_campaign
from survey.database import begin, read, today
from survey.http.unknown_fields import refuse_unknown_fields
from survey.permissions import Permission, current_member, requires


def take_move(form: MoveForm, move_on: Callable[[Session], None]) -> None:
    """Moves an action on as the form asks, by `move_on`, and shows a message with the result."""
    refuse_unknown_fields(form)
    if form.validate():
        with begin() as db:
            move_on(db)
        flash(_("Saved. It is now: %(state)s.", state=STATES[form.chosen()]))
    elif form.to.errors:
        raise IllegalActionMoveError(_("Somebody moved this action on before. Look at it again."))
    else:
        flash(form.note.errors[0], "error")


@bp.post(f"{ACTION}/move")
@requires(Permission.ACTIONS_WRITE)
def move(school_id: uuid.UUID, action_id: uuid.UUID) -> Response:
    form = MoveForm(operations.find_action(read(), school_id, action_id).state)

    def move_on(db: Session) -> None:
        operations.move_on(
            db,
            action=operations.find_action(db, school_id, action_id),
            to=form.chosen(),
            note=form.note.data or "",
            today=today(),
            by=current_member(),
        )

    take_move(form, move_on)
    return redirect(url_for(".show", school_id=school_id, action_id=action_id))


@bp.post(f"{ACTIONS}/students-page-<any(shown, hidden):choice>")
@requires(Permission.ACTIONS_WRITE)
def switch_page(school_id: uuid.UUID, campaign_id: uuid.UUID, choice: str) -> Response:
    """Opens or closes the page for students."""
    refuse_unknown_fields(FlaskForm())
    with begin() as db:
        campaign = find_campaign(db, school_id, campaign_id)
        if choice == "shown":
            operations.show_students(db, campaign=campaign, today=today(), by=current_member())
            flash(_("Students can read the page now. The poster says where."))
        else:
            operations.hide_from_students(db, campaign=campaign, by=current_member())
            flash(_("The page for students is closed. Its address does not come back."))
    return redirect(url_for(".told", school_id=school_id, campaign_id=campaign_id))
