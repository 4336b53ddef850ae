"""The lead's inbox: what students asked, read and closed, and the desk itself opened or shut."""

from __future__ import annotations

import uuid

from flask import Blueprint, current_app, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from survey.access import Permission, current_member, requires
from survey.asking import operations
from survey.asking.forms import CloseForm, DeskForm
from survey.asking.operations import KEPT_FOR, erased_on
from survey.asking.seal import key_from
from survey.db import begin, read, today
from survey.organisations.help_desk import change_desk, find_desk
from survey.organisations.models import Member
from survey.organisations.operations import find_school
from survey.settings import Settings

bp = Blueprint("asking", __name__)

INBOX = "/schools/<uuid:school_id>/help-requests"


@bp.get(f"{INBOX}/")
@requires(Permission.HELP_REQUESTS_READ)
def inbox(school_id: uuid.UUID) -> str:
    """What came, by day and without its words: those are for who opens it."""
    return render_template(
        "asking/inbox.html",
        school=find_school(read(), school_id),
        desk=find_desk(read(), school_id),
        requests=operations.inbox(read(), school_id),
        erased_on=erased_on,
        days=KEPT_FOR.days,
    )


@bp.post(f"{INBOX}/<uuid:request_id>/read")
@requires(Permission.HELP_REQUESTS_READ)
def read_request(school_id: uuid.UUID, request_id: uuid.UUID) -> Response:
    """Opens one. That it was read, when and by whom is kept, so a mere look at an address will not
    do."""
    with begin() as db:
        found = operations.find_request(db, school_id, request_id)
        operations.mark_read(db, request=found, today=today(), by=current_member())
    return redirect(url_for(".show", school_id=school_id, request_id=request_id))


@bp.get(f"{INBOX}/<uuid:request_id>")
@requires(Permission.HELP_REQUESTS_READ)
def show(school_id: uuid.UUID, request_id: uuid.UUID) -> str | Response:
    found = operations.find_request(read(), school_id, request_id)
    if found.read_on is None:
        return redirect(url_for(".inbox", school_id=school_id))
    return _page(school_id, request_id, CloseForm())


@bp.post(f"{INBOX}/<uuid:request_id>/close")
@requires(Permission.HELP_REQUESTS_READ)
def close(school_id: uuid.UUID, request_id: uuid.UUID) -> str | Response:
    operations.find_request(read(), school_id, request_id)
    form = CloseForm()
    if not form.validate_on_submit():
        return _page(school_id, request_id, form)
    with begin() as db:
        operations.close_request(
            db,
            request=operations.find_request(db, school_id, request_id),
            note=form.note.data or "",
            key=_key(),
            today=today(),
            by=current_member(),
        )
    flash(_("The request is closed. It will be erased in %(days)s days.", days=KEPT_FOR.days))
    return redirect(url_for(".inbox", school_id=school_id))


@bp.route(f"{INBOX}/desk", methods=["GET", "POST"])
@requires(Permission.HELP_REQUESTS_READ)
def desk(school_id: uuid.UUID) -> str | Response:
    """Open or shut, who reads, and when: what students see before they write."""
    form = DeskForm.of(find_desk(read(), school_id))
    if form.validate_on_submit():
        with begin() as db:
            change_desk(
                db,
                school_id=school_id,
                is_open=form.is_open.data,
                who=form.who.data or "",
                hours=form.hours.data or "",
                by=current_member(),
            )
        flash(
            _("Students can ask an adult to get in touch now.")
            if form.is_open.data
            else _("Saved. Students see no link to this now.")
        )
        return redirect(url_for(".inbox", school_id=school_id))
    return render_template(
        "asking/desk.html",
        school=find_school(read(), school_id),
        desk=find_desk(read(), school_id),
        form=form,
        settings=_settings(),
        days=KEPT_FOR.days,
    )


def _page(school_id: uuid.UUID, request_id: uuid.UUID, form: CloseForm) -> str:
    found = operations.find_request(read(), school_id, request_id)
    return render_template(
        "asking/request.html",
        school=find_school(read(), school_id),
        opened=operations.open_request(found, key=_key()),
        names={
            member.id: member.name
            for member in map(_member, (found.read_by, found.closed_by))
            if member
        },
        erased_on=erased_on(found),
        form=form,
    )


def _member(member_id: uuid.UUID | None) -> Member | None:
    return read().get(Member, member_id) if member_id else None


def _key() -> bytes:
    return key_from(_settings().totp_key)


def _settings() -> Settings:
    settings: Settings = current_app.extensions["settings"]
    return settings
