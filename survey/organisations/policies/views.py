"""Pages where an authority, or a school, chooses its policies."""

from __future__ import annotations

import uuid

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from survey.database import begin, read
from survey.organisations.blueprint import bp
from survey.organisations.models import Authority, School
from survey.organisations.operations import NoSuchOrganisationError, find_school
from survey.organisations.policies import operations, wording
from survey.organisations.policies.forms import PoliciesForm
from survey.permissions import Permission, current_member, requires


@bp.route("/schools/<uuid:school_id>/policies", methods=["GET", "POST"])
@requires(Permission.SCHOOL_SETTINGS)
def school_policies(school_id: uuid.UUID) -> str | Response:
    return _page(find_school(read(), school_id), url_for(".school_policies", school_id=school_id))


@bp.route("/authorities/<uuid:authority_id>/policies", methods=["GET", "POST"])
@requires(Permission.PROGRAMME_RUN)
def authority_policies(authority_id: uuid.UUID) -> str | Response:
    found = read().get(Authority, authority_id)
    if found is None or found.erased_on is not None:
        raise NoSuchOrganisationError(_("There is no such authority."))
    return _page(found, url_for(".authority_policies", authority_id=authority_id))


NOTICES = {
    "notice-adult": _l("Privacy notice for parents and staff"),
    "notice-child": _l("Privacy notice for students"),
    "notice-easy": _l("Privacy notice, easy to read"),
}
PAPERS_OF_SCHOOLS = {
    "dpia-school": _l("Data protection impact assessment for a school"),
    **NOTICES,
}
PAPERS_OF_AUTHORITIES = {
    "dpia-authority": _l("Data protection impact assessment for an authority"),
    **NOTICES,
}
"""Papers that say what was chosen, by their keys."""


def _page(organisation: School | Authority, here: str) -> str | Response:
    form = PoliciesForm(organisation)
    is_school = isinstance(organisation, School)
    if form.validate_on_submit():
        with begin() as db:
            found = _held(db, organisation)
            changed = operations.change(
                db, organisation=found, **form.chosen(), by=current_member()
            )
        flash(
            _("The policies are saved. Surveys that are launched from now on follow them.")
            if changed
            else _("Nothing was changed.")
        )
        return redirect(here)
    return render_template(
        "organisations/policies.html",
        form=form,
        organisation=organisation,
        is_school=is_school,
        here=here,
        holds=operations.policies_of(organisation) if isinstance(organisation, School) else None,
        wording=wording,
        papers=PAPERS_OF_SCHOOLS if is_school else PAPERS_OF_AUTHORITIES,
    )


def _held(db: Session, organisation: School | Authority) -> School | Authority:
    """The same, kept from being changed by another person until this write ends."""
    if isinstance(organisation, School):
        return db.get_one(School, organisation.school_id, with_for_update=True)
    return db.get_one(Authority, organisation.authority_id, with_for_update=True)
