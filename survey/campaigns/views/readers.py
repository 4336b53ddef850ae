"""The schools that answer to an organisation, and those that it asks."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from survey.campaigns.blueprint import bp
from survey.campaigns.errors import NoSuchReaderError, NotNowReaderError
from survey.campaigns.forms.campaigns import AskSchoolForm
from survey.campaigns.readers import relations
from survey.campaigns.readers.models import ReaderState, SchoolReader
from survey.campaigns.views.programmes import AUTHORITY
from survey.database import begin, read, today
from survey.http.unknown_fields import refuse_unknown_fields
from survey.i18n import gettext as _
from survey.i18n import ngettext
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
                asked = relations.ask_each(
                    db,
                    authority_id=authority_id,
                    schools=form.schools,
                    by=current_member(),
                    today=today(),
                )
                said = _said(asked)
        except (NoSuchReaderError, NotNowReaderError) as refused:
            form.words.errors = [refused.message]
        else:
            flash(said)
            return redirect(url_for(".reader_schools", authority_id=authority_id))
    return render_template(
        "campaigns/readers/authority.html",
        authority=read().get_one(Authority, authority_id),
        form=form,
        own=relations.schools_of(read(), authority_id),
        asked=relations.asked_by(read(), authority_id),
        states=ReaderState,
    )


def _said(asked: Sequence[SchoolReader]) -> str:
    """What became of the schools that were named."""
    if len(asked) == 1:
        (one,) = asked
        name = one.school.name
        if one.state is ReaderState.ACCEPTED:
            return _("%(school)s answers to you already.", school=name)
        return _("%(school)s is asked. You can invite it once it accepts.", school=name)
    waiting = sum(one.state is ReaderState.WAITING for one in asked)
    if not waiting:
        return _("All of them answer to you already.")
    return ngettext(
        "%(num)s school is asked. You can invite it once it accepts.",
        "%(num)s schools are asked. You can invite each once it accepts.",
        waiting,
    )
