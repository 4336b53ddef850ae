"""The schools that answer to an organisation, and those that it asks."""

from __future__ import annotations

import uuid

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from survey.campaigns.blueprint import bp
from survey.campaigns.errors import NoSuchReaderError, NotNowReaderError
from survey.campaigns.forms.campaigns import AskSchoolForm
from survey.campaigns.readers import relations
from survey.campaigns.readers.models import ReaderState
from survey.campaigns.views.programmes import AUTHORITY
from survey.database import begin, read, today
from survey.http.form_fields import refuse_unknown_fields
from survey.organisations.models import Authority
from survey.permissions import Permission, current_member, requires


@bp.route(f"{AUTHORITY}/schools", methods=["GET", "POST"])
@requires(Permission.PROGRAMME_RUN)
def reader_schools(authority_id: uuid.UUID) -> str | Response:
    """Whom the organisation can invite, and a form to ask one more school."""
    form = AskSchoolForm()
    if form.validate_on_submit():
        refuse_unknown_fields(form)
        try:
            with begin() as db:
                asked = relations.ask(
                    db,
                    authority_id=authority_id,
                    words=form.words.data or "",
                    by=current_member(),
                    today=today(),
                )
                name, state = asked.school.name, asked.state
        except (NoSuchReaderError, NotNowReaderError) as refused:
            form.words.errors = [refused.message]
        else:
            flash(
                _("%(school)s answers to you already.", school=name)
                if state is ReaderState.ACCEPTED
                else _("%(school)s is asked. You can invite it once it accepts.", school=name)
            )
            return redirect(url_for(".reader_schools", authority_id=authority_id))
    return render_template(
        "campaigns/readers/authority.html",
        authority=read().get_one(Authority, authority_id),
        form=form,
        own=relations.schools_of(read(), authority_id),
        asked=relations.asked_by(read(), authority_id),
        states=ReaderState,
    )
