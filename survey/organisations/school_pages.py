"""Pages where a lead sets the head of printed reports and lists names of staff."""

from __future__ import annotations

import uuid

from flask import Response as FileResponse
from flask import abort, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from survey.database import begin, read
from survey.http.uploads import let_through
from survey.organisations import letterhead
from survey.organisations.blueprint import bp
from survey.organisations.forms import LetterheadForm, StaffNamesForm
from survey.organisations.letterhead import LARGEST_FILE_BYTES, LogoError
from survey.organisations.operations import find_school
from survey.organisations.staff_names import (
    TooManyNamesError,
    change_staff_names,
    find_staff_names,
    names_in,
)
from survey.permissions import Permission, current_member, requires

LETTERHEAD = "/schools/<uuid:school_id>/letterhead"
UPLOAD = "organisations.school_letterhead"

let_through(
    bp, UPLOAD, field="logo", largest_file_bytes=LARGEST_FILE_BYTES, too_large=letterhead.too_large
)


@bp.route(LETTERHEAD, methods=["GET", "POST"])
@requires(Permission.SCHOOL_SETTINGS)
def school_letterhead(school_id: uuid.UUID) -> str | Response:
    school = find_school(read(), school_id)
    head = letterhead.find_letterhead(read(), school_id)
    form = LetterheadForm(data={"name": head.name if head else ""})
    if form.validate_on_submit():
        try:
            uploaded = form.logo.content()
            logo = letterhead.take_logo(uploaded) if uploaded else None
        except LogoError as refused:
            form.logo.errors = [refused.message]
        else:
            with begin() as db:
                letterhead.change_letterhead(
                    db,
                    school_id=school_id,
                    name=form.name.data or "",
                    logo=logo,
                    by=current_member(),
                )
            flash(_("The head of your printed reports is saved."))
            return redirect(url_for(".school_letterhead", school_id=school_id))
    return render_template(
        "organisations/letterhead.html",
        form=form,
        school=school,
        logo=letterhead.find_logo(read(), school_id),
        printed_name=letterhead.printed_name(read(), school),
    )


@bp.get(f"{LETTERHEAD}/logo")
@requires(Permission.SCHOOL_SETTINGS)
def school_logo(school_id: uuid.UUID) -> Response:
    logo = letterhead.find_logo(read(), school_id)
    if logo is None:
        abort(404)
    return FileResponse(logo.content, content_type=logo.kind)


@bp.post(f"{LETTERHEAD}/logo/remove")
@requires(Permission.SCHOOL_SETTINGS)
def remove_school_logo(school_id: uuid.UUID) -> Response:
    with begin() as db:
        letterhead.remove_logo(db, school_id=school_id, by=current_member())
    flash(_("The logo is taken away."))
    return redirect(url_for(".school_letterhead", school_id=school_id))


@bp.route("/schools/<uuid:school_id>/staff-names", methods=["GET", "POST"])
@requires(Permission.SCHOOL_SETTINGS)
def staff_names(school_id: uuid.UUID) -> str | Response:
    """Names that are pointed out to the person who blacks out words of students."""
    school = find_school(read(), school_id)
    form = StaffNamesForm(data={"names": "\n".join(find_staff_names(read(), school_id))})
    if form.validate_on_submit():
        try:
            with begin() as db:
                change_staff_names(
                    db,
                    school_id=school_id,
                    names=names_in(form.names.data or ""),
                    by=current_member(),
                )
        except TooManyNamesError as refused:
            form.names.errors = [refused.message]
        else:
            flash(_("The names are saved."))
            return redirect(url_for(".staff_names", school_id=school_id))
    return render_template("organisations/staff_names.html", form=form, school=school)
