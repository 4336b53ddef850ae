"""Pages where requests are opened with a reading password, and where readers are let in."""

from __future__ import annotations

import uuid
from typing import cast

from flask import current_app, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from limits import parse
from werkzeug.wrappers import Response

from survey.database import begin, read, today
from survey.errors import NotNowError
from survey.help_requests import reader_keys, unlocked_keys
from survey.help_requests.blueprint import bp
from survey.help_requests.forms import CodeForm, InviteReaderForm, NewPasswordForm, OpenForm
from survey.help_requests.operations import box_key
from survey.help_requests.passwords import WeakPasswordError
from survey.help_requests.staff_views import INBOX, inbox_page, opened_keys
from survey.http.rate_limits import SharedLimits
from survey.organisations.help_desk import find_desk
from survey.organisations.models import CopyKind, Member
from survey.organisations.operations import find_member, find_school
from survey.permissions import Permission, current_member, requires
from survey.settings import current_settings

TRIES = "help_desk_tries"
TRIES_A_MINUTE = parse("5 per minute")


class TooManyTriesError(NotNowError):
    """Each try costs the server memory, and no reader mistypes so often."""


@bp.record_once
def _start(state) -> None:  # type: ignore[no-untyped-def]
    state.app.extensions[TRIES] = SharedLimits(state.app.config["SECRET_KEY"])
    unlocked_keys.init_app(state.app)


@bp.post(f"{INBOX}/open")
@requires(Permission.HELP_REQUESTS_READ)
def open_inbox(school_id: uuid.UUID) -> str | Response:
    form = OpenForm()
    if form.validate_on_submit():
        _slow_down()
        password = form.password.data or ""
        keys = reader_keys.open_copies(read(), school_id, current_member().id, password)
        with begin() as db:
            reader_keys.advance(db, school_id=school_id, key=_key(), today=today())
            reader_keys.record_opening(db, school_id=school_id, keys=keys, by=current_member())
        if keys:
            unlocked_keys.remember(school_id, _me(), keys)
            return redirect(url_for(".inbox", school_id=school_id))
        form.password.errors = [_("That is not your reading password.")]
    return inbox_page(school_id, form)


@bp.post(f"{INBOX}/shut")
@requires(Permission.HELP_REQUESTS_READ)
def shut_inbox(school_id: uuid.UUID) -> Response:
    unlocked_keys.forget()
    flash(_("The requests are locked again."))
    return redirect(url_for(".inbox", school_id=school_id))


@bp.route(f"{INBOX}/key", methods=["GET", "POST"])
@requires(Permission.HELP_REQUESTS_READ)
def new_key(school_id: uuid.UUID) -> str | Response:
    """The first key of a desk, or one that replaces a key no one can use."""
    if find_desk(read(), school_id) is None:
        return redirect(url_for(".desk", school_id=school_id))
    form = NewPasswordForm()
    if form.validate_on_submit():
        _slow_down()
        password = form.password.data or ""
        try:
            with begin() as db:
                code = reader_keys.begin_key(
                    db,
                    school_id=school_id,
                    password=password,
                    key=_key(),
                    today=today(),
                    by=find_member(db, current_member().id),
                )
        except WeakPasswordError as refused:
            form.password.errors = [refused.message]
        else:
            keys = reader_keys.open_copies(read(), school_id, current_member().id, password)
            unlocked_keys.remember(school_id, _me(), keys)
            return _sheet(school_id, code)
    return render_template(
        "help_requests/new_key.html",
        school=find_school(read(), school_id),
        now=reader_keys.standing(read(), school_id),
        rest=reader_keys.REST.days,
        form=form,
    )


@bp.route(f"{INBOX}/code", methods=["GET", "POST"])
@requires(Permission.HELP_REQUESTS_READ)
def use_code(school_id: uuid.UUID) -> str | Response:
    """Becoming a reader, with the recovery sheet or with a code that a reader handed over."""
    form = CodeForm()
    if form.validate_on_submit():
        _slow_down()
        try:
            with begin() as db:
                taken = reader_keys.take_copy(
                    db,
                    school_id=school_id,
                    typed=form.code.data or "",
                    password=form.password.data or "",
                    today=today(),
                    by=find_member(db, current_member().id),
                )
        except reader_keys.MistypedCodeError as refused:
            form.code.errors = [refused.message]
        except WeakPasswordError as refused:
            form.password.errors = [refused.message]
        else:
            if taken:
                unlocked_keys.remember(school_id, _me(), taken | opened_keys(school_id))
                flash(_("You can read requests now. Next time, your reading password opens them."))
                return redirect(url_for(".inbox", school_id=school_id))
            form.code.errors = [
                _("This code opens nothing for you. It may have been used or replaced.")
            ]
    return render_template(
        "help_requests/code.html", school=find_school(read(), school_id), form=form
    )


@bp.get(f"{INBOX}/readers")
@requires(Permission.HELP_REQUESTS_READ)
def list_readers(school_id: uuid.UUID) -> str:
    now = reader_keys.standing(read(), school_id)
    return render_template(
        "help_requests/readers.html",
        school=find_school(read(), school_id),
        desk=find_desk(read(), school_id),
        now=now,
        kinds=CopyKind,
        is_open=now.used is not None and now.used.number in opened_keys(school_id),
        form=InviteReaderForm(reader_keys.may_invite(read(), school_id, now)),
        invited_for=reader_keys.INVITED_FOR.days,
    )


@bp.post(f"{INBOX}/readers/invite")
@requires(Permission.HELP_REQUESTS_READ)
def invite_reader(school_id: uuid.UUID) -> str | Response:
    now = reader_keys.standing(read(), school_id)
    form = InviteReaderForm(reader_keys.may_invite(read(), school_id, now))
    if not form.validate_on_submit():
        flash(_("Choose who."), "error")
        return redirect(url_for(".list_readers", school_id=school_id))
    member_id = uuid.UUID(form.member.data)
    with begin() as db:
        code = reader_keys.invite(
            db,
            school_id=school_id,
            member_id=member_id,
            keys=opened_keys(school_id),
            today=today(),
            by=current_member(),
        )
    return render_template(
        "help_requests/invitation.html",
        school=find_school(read(), school_id),
        member=find_member(read(), member_id),
        code=code,
        days=reader_keys.INVITED_FOR.days,
    )


@bp.post(f"{INBOX}/readers/<uuid:copy_id>/remove")
@requires(Permission.HELP_REQUESTS_READ)
def remove_reader(school_id: uuid.UUID, copy_id: uuid.UUID) -> Response:
    with begin() as db:
        reader_keys.remove_copy(
            db,
            school_id=school_id,
            copy_id=copy_id,
            keys=opened_keys(school_id),
            by=current_member(),
        )
    flash(_("Removed."))
    return redirect(url_for(".list_readers", school_id=school_id))


@bp.post(f"{INBOX}/sheet")
@requires(Permission.HELP_REQUESTS_READ)
def new_sheet(school_id: uuid.UUID) -> str:
    with begin() as db:
        code = reader_keys.new_sheet(
            db,
            school_id=school_id,
            keys=opened_keys(school_id),
            today=today(),
            by=current_member(),
        )
    return _sheet(school_id, code)


@bp.post(f"{INBOX}/keys/<int:number>/cancel")
@requires(Permission.HELP_REQUESTS_READ)
def cancel_key(school_id: uuid.UUID, number: int) -> Response:
    with begin() as db:
        reader_keys.cancel_key(
            db,
            school_id=school_id,
            number=number,
            keys=opened_keys(school_id),
            by=current_member(),
        )
    flash(_("The new key is stopped. Requests go on under the key that you have."))
    return redirect(url_for(".list_readers", school_id=school_id))


def _sheet(school_id: uuid.UUID, code: str) -> str:
    """The page itself, not a redirect to it: the code is kept nowhere, so it is shown once."""
    return render_template(
        "help_requests/sheet.html",
        school=find_school(read(), school_id),
        now=reader_keys.standing(read(), school_id),
        code=code,
        made_on=today(),
        address=current_settings().host,
    )


def _slow_down() -> None:
    limits: SharedLimits = current_app.extensions[TRIES]
    if not limits.hit(TRIES_A_MINUTE, "reading password", str(current_member().id)):
        raise TooManyTriesError(_("Too many tries. Wait a minute, then try again."))


def _me() -> Member:
    return cast(Member, current_member())


def _key() -> bytes:
    return box_key(*current_settings().totp_keys)
