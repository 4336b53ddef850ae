"""Pages that show, export and erase the data of a person, a school or an authority."""

from __future__ import annotations

import uuid
from collections.abc import Mapping

from flask import Response as FileResponse
from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString
from werkzeug.wrappers import Response

from survey.audit_log import EventName, record
from survey.database import begin, database, read, today
from survey.errors import NotNowError, NotThereError
from survey.http.attachments import as_file
from survey.http.confirm_page import Trail, confirm_page
from survey.logs import log
from survey.organisations import operations
from survey.organisations.accounts.invitations import record_at_each
from survey.organisations.blueprint import bp
from survey.organisations.forms import EraseForm
from survey.organisations.lifecycle import account_data, erase, export
from survey.organisations.models import Authority, Member, School
from survey.permissions import Permission, current_member, requires
from survey.settings import current_settings

ZIP = "application/zip"

NAMES: Mapping[str, LazyString] = {
    "staff_session": _l("Where you are signed in"),
    "event": _l("What was done, by whom"),
    "approval": _l("Requests for a second person, and answers"),
    "desk_key": _l("Keys of the page for requests for help"),
    "desk_key_copy": _l("Readers of requests for help"),
    "membership": _l("Seats at schools and authorities"),
    "action": _l("Actions"),
    "action_move": _l("How actions moved on"),
    "partner_move": _l("How partners' actions moved on"),
    "assessment_mark": _l("Marks in the self-assessment"),
    "sign_off": _l("Sign-offs before a launch"),
    "out_mail": _l("E-mails to you"),
    "mail_switched_off": _l("E-mails that you switched off"),
    "passkey": _l("Passkeys"),
    "provider_account": _l("Accounts at Microsoft or Google"),
    "password_link": _l("Links to choose a password"),
    "help_contact": _l("Help contacts that you checked"),
    "school_contact": _l("Help contacts of your school that you checked"),
}
"""Names of the kinds of data: each table that names a member."""


# What is kept about a person


@bp.get("/staff/account/data")
@requires(Permission.OWN_ACCOUNT)
def own_data() -> str:
    member = read().get_one(Member, current_member().id)
    return render_template(
        "organisations/account_data.html",
        member=member,
        words=account_data.words(),
        found=account_data.held_on(read(), member),
        names=NAMES,
        operator=current_settings().operator_contact,
        download=url_for(".own_data_file"),
        trail=[(_("Your account"), url_for(".account"))],
        is_own=True,
    )


@bp.get("/staff/account/data.zip")
@requires(Permission.OWN_ACCOUNT)
def own_data_file() -> FileResponse:
    return _account_file(read().get_one(Member, current_member().id))


@bp.get("/operator/members/<uuid:member_id>/data")
@requires(Permission.ORGANISATIONS_MANAGE)
def member_data(member_id: uuid.UUID) -> str:
    """For a request by a person who can no longer sign in; also for a closed account."""
    member = _member(member_id)
    return render_template(
        "organisations/account_data.html",
        member=member,
        words=account_data.words(),
        found=account_data.held_on(read(), member),
        names=NAMES,
        download=url_for(".member_data_file", member_id=member_id),
        trail=_trail_of(member),
        is_own=False,
    )


@bp.get("/operator/members/<uuid:member_id>/data.zip")
@requires(Permission.ORGANISATIONS_MANAGE)
def member_data_file(member_id: uuid.UUID) -> FileResponse:
    return _account_file(_member(member_id))


def _account_file(member: Member) -> FileResponse:
    found = account_data.held_on(read(), member)
    title = _("What is kept about %(name)s", name=member.name)
    file = export.archive(title, found, today())
    with begin() as db:
        record_at_each(db, EventName.DATA_EXPORTED, member, by=current_member(), member=member.id)
    return as_file(file, ZIP, "account.zip")


def _member(member_id: uuid.UUID) -> Member:
    """An account that is not erased, open or closed."""
    member = read().get(Member, member_id)
    if member is None or member.erased_on is not None:
        raise NotThereError(_("There is no such account."))
    return member


def _trail_of(member: Member) -> Trail:
    top = (_("Authorities and schools"), url_for(".operator"))
    place = member.seat.place
    if place is None:
        return [top, (_("Operators"), url_for(".operators"))]
    return [top, (place.name, url_for(".organisation", organisation_id=member.seat.place_id))]


# What is kept of a school or an authority


@bp.get("/schools/<uuid:school_id>/data.zip")
@requires(Permission.SCHOOL_SETTINGS)
def school_data(school_id: uuid.UUID) -> FileResponse:
    """All data of a school, for its lead. The operator may see no report, so gets no such file."""
    return _organisation_file(operations.find_school(read(), school_id), school_id=school_id)


@bp.get("/authorities/<uuid:authority_id>/data.zip")
@requires(Permission.PROGRAMME_RUN)
def authority_data(authority_id: uuid.UUID) -> FileResponse:
    found = operations.find_organisation(read(), authority_id)
    return _organisation_file(found, authority_id=authority_id)


def _organisation_file(found: School | Authority, **where: uuid.UUID) -> FileResponse:
    title = _("What is kept of %(name)s", name=found.name)
    file = export.archive(title, export.everything(read(), found), today())
    with begin() as db:
        record(db, EventName.DATA_EXPORTED, by=current_member(), **where)
    return as_file(file, ZIP, "everything.zip")


# Erasing


@bp.route("/operator/members/<uuid:member_id>/erase", methods=["GET", "POST"])
@requires(Permission.ORGANISATIONS_MANAGE)
def erase_member(member_id: uuid.UUID) -> str | Response:
    member = _member(member_id)
    back = url_for(".member_data", member_id=member_id)
    form = EraseForm.asking_for(member.email)
    if form.validate_on_submit():
        where = _trail_of(member)[-1][1]
        with begin() as db:
            erase.erase_member(
                db, member=db.get_one(Member, member_id), by=current_member(), today=today()
            )
        flash(_("The account is erased."))
        _clear()
        return redirect(where)
    return confirm_page(
        form,
        title=_("Erase the account of %(name)s", name=member.name),
        trail=_trail_of(member),
        lead=_("The name, the address, the password and everything that opens the account go."),
        says=(
            _("What the person did stays in the log of the school or the authority, without a"
              " name: the log shows that nothing was taken out of it."),
            _("They cannot read requests for help any more."),
            _("Backups that hold the account are deleted in their time; a restore erases it"
              " again."),
        ),
        warn=_("This cannot be undone."),
        fields=("typed",),
        button=_("Erase the account"),
        back=back,
    )  # fmt: skip


@bp.route("/operator/organisations/<uuid:organisation_id>/erase", methods=["GET", "POST"])
@requires(Permission.ORGANISATIONS_MANAGE)
def erase_organisation(organisation_id: uuid.UUID) -> str | Response:
    found = operations.find_organisation(read(), organisation_id)
    form = EraseForm.asking_for(found.name)
    if form.validate_on_submit():
        with begin() as db:
            erase.erase_organisation(
                db,
                organisation=operations.find_organisation(db, organisation_id),
                by=current_member(),
                today=today(),
            )
        flash(_("It is erased, with its accounts and everything that belonged to it."))
        _clear()
        return redirect(url_for(".operator"))
    back = url_for(".organisation", organisation_id=organisation_id)
    lead, *says = _what_erasing_means(found)
    return confirm_page(
        form,
        title=_("Erase %(name)s", name=found.name),
        trail=[(_("Authorities and schools"), url_for(".operator")), (found.name, back)],
        lead=lead,
        says=says,
        warn=_("This cannot be undone."),
        fields=("typed",),
        button=_("Erase it"),
        back=back,
    )


def _what_erasing_means(found: School | Authority) -> tuple[str, ...]:
    log = _("What people did stays in the log without their names. Backups are deleted in"
            " their time; a restore erases again.")  # fmt: skip
    if isinstance(found, School):
        return (
            _("Everything that belongs to it is deleted: accounts, surveys, answers, reports,"
              " requests for help and actions."),
            _("A lead can download everything before, on the page of the school's settings."),
            _("Open surveys end at once, and their answers cannot be opened any more."),
            _("A comparison that was published stays as it is."),
            log,
        )  # fmt: skip
    return (
        _("Everything that belongs to it is deleted: accounts, programmes, comparisons and"
          " shared places."),
        _("An analyst can download everything before, on the authority's page."),
        _("Its schools stay, with their surveys and reports, and go on by themselves."),
        _("Comparisons that others downloaded stay with them."),
        log,
    )  # fmt: skip


def _clear() -> None:
    """Clears what deleted rows left in the database files. The page says if that fails."""
    database.session.rollback()
    try:
        erase.clear(database.engine)
    except NotNowError as problem:
        log.warning("erased_not_cleared", error=problem)
        flash(problem.message, "warn")
