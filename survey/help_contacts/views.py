"""Pages of help contacts: the operator's for the national ones, and a school's."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from survey.database import begin, read, today
from survey.errors import SurveyError
from survey.help_contacts import operations
from survey.help_contacts.blueprint import bp
from survey.help_contacts.forms import AUDIENCES, CheckForm, ContactForm, NationalForm, known
from survey.http.submit_once import begin_once, creates_once
from survey.mail.kinds import MailKind
from survey.organisations.forms import NATIONS
from survey.organisations.operations import find_school
from survey.permissions import Permission, current_member, may, requires
from survey.start_page.duties import Desk, Duty, Weight, gives_duties

NATIONAL = "/operator/help-contacts"
OF_SCHOOL = "/schools/<uuid:school_id>/help-contacts"
KEY = "<contact_key>"


@gives_duties
def _to_check(desk: Desk) -> Iterator[Duty]:
    """Local contacts that were last checked too long ago."""
    if not may(desk.member, Permission.SCHOOL_SETTINGS):
        return
    waits = operations.due(operations.local(desk.db, desk.school_id), desk.today)
    if waits:
        yield Duty(
            ngettext(
                "%(num)s help contact that you added is due for a check",
                "%(num)s help contacts that you added are due for a check",
                len(waits),
            ),
            _("Call or open each before a student relies on it, and note that you did."),
            url_for("help_contacts.of_school", school_id=desk.school_id),
            _("Look at the help contacts"),
            Weight.DUE,
            mail=MailKind.CONTACTS,
        )


# The operator's


@bp.get(NATIONAL)
@requires(Permission.ORGANISATIONS_MANAGE)
def national() -> str:
    return render_template(
        "help_contacts/national.html",
        listed=operations.national(read()),
        due={one.key for one in operations.due(operations.national(read()), today())},
        nations=NATIONS,
        audiences=AUDIENCES,
    )


@bp.route(f"{NATIONAL}/add", methods=["GET", "POST"])
@requires(Permission.ORGANISATIONS_MANAGE)
@creates_once
def add_national() -> str | Response:
    form = NationalForm()
    if form.validate_on_submit():
        with begin_once() as db:
            operations.change_national(db, key=None, given=form.given(), by=current_member())
        flash(_("The contact is added. Check it before anybody relies on it."))
        return redirect(url_for(".national"))
    return render_template("help_contacts/edit_national.html", form=form, one=None)


@bp.route(f"{NATIONAL}/{KEY}", methods=["GET", "POST"])
@requires(Permission.ORGANISATIONS_MANAGE)
def edit_national(contact_key: str) -> str | Response:
    one = operations.find_national(read(), contact_key)
    form = NationalForm(data=known(one.contact) | {"audiences": list(one.audiences)})
    if one.is_shipped:
        del form.audiences
    if form.validate_on_submit():
        with begin() as db:
            operations.change_national(
                db, key=contact_key, given=_given(form, one), by=current_member()
            )
        flash(
            _(
                "Saved. Surveys show it within a minute, open ones too."
                " Print posters and letters again."
            )
        )
        return redirect(url_for(".national"))
    return render_template("help_contacts/edit_national.html", form=form, one=one)


def _given(form: NationalForm, one: operations.ListedContact) -> operations.Given:
    if "audiences" in form:
        return form.given()
    plain = ContactForm.given(form)
    nations = tuple(form.nations.data or ())
    return operations.Given(plain.name, plain.how, plain.link, nations, one.audiences)


@bp.post(f"{NATIONAL}/{KEY}/switch")
@requires(Permission.ORGANISATIONS_MANAGE)
def switch_national(contact_key: str) -> Response:
    with begin() as db:
        operations.switch_national(
            db, key=contact_key, off=request.form.get("off") == "yes", by=current_member()
        )
    flash(
        _(
            "Saved. Surveys follow it within a minute, open ones too."
            " Print posters and letters again."
        )
    )
    return redirect(url_for(".national"))


@bp.route(f"{NATIONAL}/{KEY}/check", methods=["GET", "POST"])
@requires(Permission.ORGANISATIONS_MANAGE)
def check_national(contact_key: str) -> str | Response:
    one, form = operations.find_national(read(), contact_key), CheckForm()
    if form.validate_on_submit():
        with begin() as db:
            operations.check_national(
                db, key=contact_key, how=form.how.data or "", today=today(), by=current_member()
            )
        flash(_("The check is noted."))
        return redirect(url_for(".national"))
    trail = [
        (_("Authorities and schools"), url_for("organisations.operator")),
        (_("Help contacts"), url_for(".national")),
    ]
    return render_template("help_contacts/check.html", form=form, one=one, trail=trail)


# A school's


@bp.get(OF_SCHOOL)
@requires(Permission.SCHOOL_SETTINGS)
def of_school(school_id: uuid.UUID) -> str:
    school = find_school(read(), school_id)
    local = operations.local(read(), school_id)
    return render_template(
        "help_contacts/of_school.html",
        school=school,
        national=operations.of_nation(read(), school_id, school.nation.value),
        local=local,
        due={one.key for one in operations.due(local, today())},
    )


@bp.post(f"{OF_SCHOOL}/{KEY}/switch")
@requires(Permission.SCHOOL_SETTINGS)
def switch_for_school(school_id: uuid.UUID, contact_key: str) -> Response:
    with begin() as db:
        operations.switch_for_school(
            db,
            school_id=school_id,
            key=contact_key,
            off=request.form.get("off") == "yes",
            by=current_member(),
        )
    flash(
        _(
            "Saved. Your surveys follow it within a minute, open ones too."
            " Print posters and letters again."
        )
    )
    return redirect(url_for(".of_school", school_id=school_id))


@bp.route(f"{OF_SCHOOL}/add", methods=["GET", "POST"])
@requires(Permission.SCHOOL_SETTINGS)
@creates_once
def add_local(school_id: uuid.UUID) -> str | Response:
    return _local_page(school_id, None, ContactForm())


@bp.route(f"{OF_SCHOOL}/{KEY}", methods=["GET", "POST"])
@requires(Permission.SCHOOL_SETTINGS)
def edit_local(school_id: uuid.UUID, contact_key: str) -> str | Response:
    row = operations.find_local(read(), school_id, contact_key)
    name, how = row.name or {}, row.how or {}
    words = {f"name_{tag}": name.get(tag, "") for tag in ("en", "cy")}
    words |= {f"how_{tag}": how.get(tag, "") for tag in ("en", "cy")}
    return _local_page(school_id, contact_key, ContactForm(data=words | {"link": row.link or ""}))


def _local_page(school_id: uuid.UUID, key: str | None, form: ContactForm) -> str | Response:
    if form.validate_on_submit():
        try:
            with begin() if key else begin_once() as db:
                _save_local(db, school_id, key, form)
        except SurveyError as refused:
            form.form_errors.append(refused.message)
        else:
            flash(
                _(
                    "Saved. Your surveys show it within a minute, open ones too."
                    " Print posters and letters again."
                )
            )
            return redirect(url_for(".of_school", school_id=school_id))
    return render_template(
        "help_contacts/edit_local.html", form=form, key=key, school=find_school(read(), school_id)
    )


def _save_local(db: Session, school_id: uuid.UUID, key: str | None, form: ContactForm) -> None:
    operations.change_local(
        db, school_id=school_id, key=key, given=form.given(), by=current_member()
    )


@bp.post(f"{OF_SCHOOL}/{KEY}/remove")
@requires(Permission.SCHOOL_SETTINGS)
def remove_local(school_id: uuid.UUID, contact_key: str) -> Response:
    with begin() as db:
        operations.remove_local(db, school_id=school_id, key=contact_key, by=current_member())
    flash(_("The contact is removed, also from surveys that are open."))
    return redirect(url_for(".of_school", school_id=school_id))


@bp.route(f"{OF_SCHOOL}/{KEY}/check", methods=["GET", "POST"])
@requires(Permission.SCHOOL_SETTINGS)
def check_local(school_id: uuid.UUID, contact_key: str) -> str | Response:
    found = [one for one in operations.local(read(), school_id) if one.key == contact_key]
    if not found:
        abort(404)
    form = CheckForm()
    if form.validate_on_submit():
        with begin() as db:
            operations.check_local(
                db,
                school_id=school_id,
                key=contact_key,
                how=form.how.data or "",
                today=today(),
                by=current_member(),
            )
        flash(_("The check is noted."))
        return redirect(url_for(".of_school", school_id=school_id))
    trail = [
        (find_school(read(), school_id).name, url_for("campaigns.school", school_id=school_id)),
        (_("Help contacts"), url_for(".of_school", school_id=school_id)),
    ]
    return render_template("help_contacts/check.html", form=form, one=found[0], trail=trail)
