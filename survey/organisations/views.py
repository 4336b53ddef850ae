"""Pages for members about themselves and their school, and the operator's pages.

The operator's paths say `organisation_id` and `member_id`, never `school_id` or `authority_id`:
those belong to the pages that only an organisation's own members see."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from datetime import datetime, time, timedelta

from flask import abort, flash, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from flask_babel import ngettext, refresh
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response

from survey.audit_log import EventName
from survey.colours import FIXED, STAFF
from survey.database import begin, read, today
from survey.http.confirm_page import confirm_page
from survey.http.submit_once import begin_once, creates_once
from survey.organisations import current_seat, directory, forms, operations
from survey.organisations.access_log import wording
from survey.organisations.accounts import access_recorder, passkeys, sessions
from survey.organisations.blueprint import bp
from survey.organisations.lifecycle import discard
from survey.organisations.models import AuthorityKind, Nation, Phase, School
from survey.organisations.providers import linking, provider_list
from survey.organisations.seats import operations as seats
from survey.organisations.seats import vouching
from survey.organisations.team.operations import needs_confirming
from survey.organisations.team.switch_seat import other_seats
from survey.organisations.team.views import my_seat
from survey.permissions import MemberLike, Permission, current_member, may, public, requires
from survey.settings import Settings, current_settings

START: tuple[tuple[Permission, Callable[[MemberLike], str]], ...] = (
    (Permission.ORGANISATIONS_MANAGE, lambda _member: url_for("organisations.operator")),
    (
        Permission.AUTHORITY_SEE,
        lambda member: url_for("campaigns.authority", authority_id=member.authority_id),
    ),
    (
        Permission.SCHOOL_SEE,
        lambda member: url_for("campaigns.school", school_id=member.school_id),
    ),
    (
        Permission.SCHOOL_READ,
        lambda member: url_for("campaigns.reading", school_id=member.school_id),
    ),
    (
        Permission.SHARED_PLACE_SEE,
        lambda member: url_for(
            "shared_places.show",
            authority_id=member.authority_id,
            shared_place_id=member.shared_place_id,
        ),
    ),
)
"""The start page that a seat opens: of the first right that it has."""


@bp.get("/staff")
@requires(Permission.OWN_ACCOUNT)
def home() -> Response:
    """The start page of the seat that was used last; with several seats, first where to work."""
    member = current_member()
    if other_seats() and current_seat.SEAT not in session:
        return redirect(url_for(".places"))
    return redirect(next(page(member) for right, page in START if may(member, right)))


@bp.get("/.well-known/security.txt")
@public
def security_txt() -> Response:
    """Where to report a weakness (RFC 9116)."""
    settings = current_settings()
    expires = datetime.combine(today() + CONTACT_HOLDS_FOR, time())
    lines = (
        f"Contact: {contact_address(settings)}",
        f"Expires: {expires.isoformat()}Z",
        f"Canonical: {settings.public_address}/.well-known/security.txt",
        "Preferred-Languages: en",
    )
    return Response("\n".join(lines) + "\n", mimetype="text/plain")


CONTACT_HOLDS_FOR = timedelta(days=180)


def contact_address(settings: Settings) -> str:
    """How to reach the operator, as an address that a browser can open."""
    contact = settings.operator_contact
    if mail := re.search(r"[^\s@<>]{1,64}@[^\s@<>]{1,255}", contact):
        return f"mailto:{mail[0]}"
    if contact.startswith("https://") and not re.search(r"\s", contact):
        return contact
    digits = re.sub(r"[^\d+]", "", contact)
    return f"tel:{digits}" if len(digits) >= 5 else settings.public_address


@bp.route("/staff/account", methods=["GET", "POST"])
@requires(Permission.OWN_ACCOUNT)
def account() -> str | Response:
    member = operations.find_member(read(), current_member().id)
    form = forms.AccountForm(obj=member)
    if form.validate_on_submit():
        with begin() as db:
            operations.change_account(
                db, member_id=member.id, name=form.name.data or "", language=form.language.data
            )
        refresh()  # the message is in the language just chosen
        flash(_("Your account is saved."))
        return redirect(url_for(".account"))
    return render_template(
        "organisations/account.html",
        form=form,
        member=member,
        seat=current_member(),
        roles=forms.ROLES,
        passkeys=passkeys.count(read(), member.id),
        provider_accounts=linking.accounts_of(read(), member.id),
        providers=provider_list.set_up(),
    )


@bp.route("/staff/account/sessions", methods=["GET", "POST"])
@requires(Permission.OWN_ACCOUNT)
def own_sessions() -> str | Response:
    """Where the member is signed in; each other browser can be signed out from here."""
    member_id = current_member().id
    if request.method == "POST":
        one = _session_id(request.form.get("end", ""))
        with begin() as db:
            ended = sessions.end_sessions(db, member_id, only=one)
        if ended:
            access_recorder.note(EventName.SESSIONS_ENDED, current_member())
        flash(
            ngettext(
                "%(num)s other browser is signed out.",
                "%(num)s other browsers are signed out.",
                ended,
            )
        )
        return redirect(url_for(".own_sessions"))
    return render_template(
        "organisations/sessions.html",
        open=sessions.open_sessions(read(), member_id),
        ways=wording.WAYS,
    )


ALL_OTHERS = "others"


def _session_id(given: str) -> uuid.UUID | None:
    """The session to end; None for all others."""
    if given == ALL_OTHERS:
        return None
    try:
        return uuid.UUID(given)
    except ValueError:
        abort(400)


@bp.route("/schools/<uuid:school_id>/settings", methods=["GET", "POST"])
@requires(Permission.SCHOOL_SETTINGS)
def school_settings(school_id: uuid.UUID) -> str | Response:
    school = operations.find_school(read(), school_id)
    form = forms.SchoolSettingsForm.of(school)
    if form.validate_on_submit():
        with begin() as db:
            operations.change_school(
                db,
                school=operations.find_school(db, school_id),
                roll=form.roll(),
                names_itself=form.names_itself.data,
                by=current_member(),
            )
        flash(_("The school's settings are saved."))
        return redirect(url_for(".school_settings", school_id=school_id))
    return render_template("organisations/school_settings.html", form=form, school=school)


@bp.get("/operator/")
@requires(Permission.ORGANISATIONS_MANAGE)
def operator() -> str:
    return render_template(
        "organisations/operator.html",
        directory=directory.look_up(read(), request.args.get("named", "")),
        nations=forms.NATIONS,
        phases=forms.PHASES,
    )


@bp.get("/operator/components")
@requires(Permission.ORGANISATIONS_MANAGE)
def components() -> str:
    """The gallery of interface parts."""
    return render_template("organisations/components.html", colours=(*STAFF, *FIXED))


@bp.route("/operator/authorities/add", methods=["GET", "POST"])
@requires(Permission.ORGANISATIONS_MANAGE)
@creates_once
def add_authority() -> str | Response:
    form = forms.AuthorityForm()
    if form.validate_on_submit():
        try:
            with begin_once() as db:
                added = operations.add_authority(
                    db,
                    name=form.name.data or "",
                    nation=Nation(form.nation.data),
                    kind=AuthorityKind(form.kind.data),
                    by=current_member(),
                ).authority_id
        except operations.OrganisationNameTakenError as refused:
            form.name.errors = [refused.message]
        else:
            flash(_("The authority is added. Now add the people who work there."))
            return redirect(url_for(".organisation", organisation_id=added))
    return render_template("organisations/add_authority.html", form=form)


@bp.route("/operator/schools/add", methods=["GET", "POST"])
@requires(Permission.ORGANISATIONS_MANAGE)
@creates_once
def add_school() -> str | Response:
    form = forms.SchoolForm(operations.open_authorities(read()))
    if form.validate_on_submit():
        try:
            with begin_once() as db:
                added = operations.add_school(
                    db,
                    name=form.name.data or "",
                    nation=Nation(form.nation.data),
                    phase=Phase(form.phase.data),
                    roll={},
                    authority_id=uuid.UUID(form.authority.data) if form.authority.data else None,
                    by=current_member(),
                ).school_id
        except operations.OrganisationNameTakenError as refused:
            form.name.errors = [refused.message]
        else:
            flash(_("The school is added. Now add the people who work there."))
            return redirect(url_for(".organisation", organisation_id=added))
    return render_template("organisations/add_school.html", form=form)


@bp.get("/operator/operators")
@requires(Permission.ORGANISATIONS_MANAGE)
def operators() -> str:
    """Who can sign in as an operator."""
    return render_template(
        "organisations/operators.html",
        members=operations.operators(read()),
        own_id=current_member().id,
    )


@bp.get("/operator/organisations/<uuid:organisation_id>")
@requires(Permission.ORGANISATIONS_MANAGE)
def organisation(organisation_id: uuid.UUID) -> str:
    found = operations.find_organisation(read(), organisation_id)
    return render_template(
        "organisations/organisation.html",
        organisation=found,
        organisation_id=organisation_id,
        seats=seats.seats_at(read(), found),
        may_confirm=lambda seat: needs_confirming(seat) and vouching.may_confirm(my_seat(), seat),
        closed=operations.closed_members_of(read(), found),
        roles=forms.ROLES,
        nations=forms.NATIONS,
        phases=forms.PHASES,
        is_school=isinstance(found, School),
        merged=operations.merged_into(read(), found),
        may_discard=not discard.is_used(read(), found),
    )


@bp.route("/operator/organisations/<uuid:organisation_id>/discard", methods=["GET", "POST"])
@requires(Permission.ORGANISATIONS_MANAGE)
def discard_organisation(organisation_id: uuid.UUID) -> str | Response:
    """Discards a school or an authority that was added by mistake."""
    form = FlaskForm()
    if form.validate_on_submit():
        with begin() as db:
            found = operations.find_organisation(db, organisation_id)
            name = found.name
            discard.discard(db, organisation=found, by=current_member())
        flash(_("%(name)s is discarded.", name=name))
        return redirect(url_for(".operator"))
    found = operations.find_organisation(read(), organisation_id)
    discard.refuse_if_used(read(), found)
    back = url_for(".organisation", organisation_id=organisation_id)
    accounts = len(seats.seats_at(read(), found))
    return confirm_page(
        form,
        title=_("Discard %(name)s", name=found.name),
        trail=[(_("Organisations"), url_for(".operator")), (found.name, back)],
        lead=_(
            "Use this if it was added by mistake. It is deleted. The log of operators still says"
            " that it was added and discarded."
        ),
        says=(
            ngettext(
                "%(num)s account that did nothing here is deleted too.",
                "%(num)s accounts that did nothing here are deleted too.",
                accounts,
            ),
        )
        if accounts
        else (),
        warn=_("This cannot be undone."),
        button=_("Discard it"),
        back=back,
    )
