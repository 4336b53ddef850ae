"""The lead's inbox: what students asked, read and closed, and the desk itself opened or shut."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import cast

from flask import flash, redirect, render_template, url_for
from flask_babel import format_date, ngettext
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from survey.database import begin, read, today
from survey.help_requests import box_storage, operations, reader_keys, unlocked_keys
from survey.help_requests.blueprint import bp
from survey.help_requests.forms import CloseRequestForm, DeskForm, OpenForm
from survey.help_requests.operations import KEPT_FOR, MANY_ALIKE, MOST_OPENED, box_key, erased_on
from survey.mail.kinds import MailKind
from survey.organisations.help_desk import change_desk, find_desk
from survey.organisations.models import CopyKind, Member
from survey.organisations.operations import find_school
from survey.permissions import Permission, current_member, may, requires
from survey.settings import current_settings
from survey.start_page.duties import Desk, Duty, Weight, gives_duties

INBOX = "/schools/<uuid:school_id>/help-requests"


@gives_duties
def _unread(desk: Desk) -> Iterator[Duty]:
    """Requests that no one has read yet."""
    if not may(desk.member, Permission.HELP_REQUESTS_READ):
        return
    now = operations.waiting(desk.db, desk.school_id, key=_key())
    if now.count and now.oldest:
        yield Duty(
            ngettext(
                "%(num)s student asks an adult to get in touch",
                "%(num)s students ask an adult to get in touch",
                now.count,
            ),
            ngettext(
                "It has not been read yet. It came on %(day)s. How soon somebody should come is"
                " inside: open it today.",
                "They have not been read yet. The oldest came on %(day)s. How soon somebody should"
                " come is inside: open them today.",
                now.count,
                day=format_date(now.oldest),
            ),
            url_for("help_requests.inbox", school_id=desk.school_id),
            _("Read the requests"),
            Weight.STUDENT_ASKS,
            days_late=(desk.today - now.oldest).days,
            mail=MailKind.HELP_REQUEST,
        )


@bp.get(f"{INBOX}/")
@requires(Permission.HELP_REQUESTS_READ)
def inbox(school_id: uuid.UUID) -> str:
    """What came, by day. How soon someone should come is known once it is opened; the words are
    shown to a person who opens one."""
    return inbox_page(school_id, OpenForm())


def inbox_page(school_id: uuid.UUID, form: OpenForm) -> str:
    now = reader_keys.standing(read(), school_id)
    return render_template(
        "help_requests/inbox.html",
        school=find_school(read(), school_id),
        desk=find_desk(read(), school_id),
        now=now,
        readers=now.of(now.used, CopyKind.READER) if now.used else [],
        is_reader=reader_keys.is_reader(read(), school_id, current_member().id),
        keys=opened_keys(school_id),
        broken=box_storage.broken(read(), school_id, key=_key()),
        waiting=operations.waiting(read(), school_id, key=_key()),
        requests=operations.inbox(read(), school_id, key=_key(), keys=opened_keys(school_id)),
        form=form,
        erased_on=erased_on,
        days=KEPT_FOR.days,
        many_alike=MANY_ALIKE,
        most_opened=MOST_OPENED,
    )


@bp.post(f"{INBOX}/<uuid:request_id>/read")
@requires(Permission.HELP_REQUESTS_READ)
def read_request(school_id: uuid.UUID, request_id: uuid.UUID) -> Response:
    """Opens one. That it was read, when and by whom is kept, so a mere look at an address will not
    do."""
    with begin() as db:
        operations.mark_read(
            db,
            school_id=school_id,
            request_id=request_id,
            key=_key(),
            keys=opened_keys(school_id),
            today=today(),
            by=current_member(),
        )
    return redirect(url_for(".show", school_id=school_id, request_id=request_id))


@bp.get(f"{INBOX}/<uuid:request_id>")
@requires(Permission.HELP_REQUESTS_READ)
def show(school_id: uuid.UUID, request_id: uuid.UUID) -> str | Response:
    found = _find(school_id, request_id)
    if found.request.read_on is None or found.asked is None:
        return redirect(url_for(".inbox", school_id=school_id))
    return _page(school_id, request_id, CloseRequestForm())


@bp.post(f"{INBOX}/<uuid:request_id>/close")
@requires(Permission.HELP_REQUESTS_READ)
def close(school_id: uuid.UUID, request_id: uuid.UUID) -> str | Response:
    _find(school_id, request_id)
    form = CloseRequestForm()
    if not form.validate_on_submit():
        return _page(school_id, request_id, form)
    with begin() as db:
        operations.close_request(
            db,
            school_id=school_id,
            request_id=request_id,
            note=form.note.data or "",
            key=_key(),
            keys=opened_keys(school_id),
            today=today(),
            by=current_member(),
        )
    flash(_("The request is closed. It will be erased in %(days)s days.", days=KEPT_FOR.days))
    return redirect(url_for(".inbox", school_id=school_id))


@bp.post(f"{INBOX}/<uuid:request_id>/close-alike")
@requires(Permission.HELP_REQUESTS_READ)
def close_alike(school_id: uuid.UUID, request_id: uuid.UUID) -> Response:
    """Closes every open request that has the words of this one."""
    with begin() as db:
        count = operations.close_alike(
            db,
            school_id=school_id,
            request_id=request_id,
            note=_("Closed together with others of the same words."),
            key=_key(),
            keys=opened_keys(school_id),
            today=today(),
            by=current_member(),
        )
    flash(ngettext("%(num)s request is closed.", "%(num)s requests are closed.", count))
    return redirect(url_for(".inbox", school_id=school_id))


@bp.route(f"{INBOX}/desk", methods=["GET", "POST"])
@requires(Permission.HELP_REQUESTS_READ)
def desk(school_id: uuid.UUID) -> str | Response:
    """Open or shut, who reads, and when: what students see before they write."""
    form = DeskForm.of(find_desk(read(), school_id))
    if form.validate_on_submit():
        with begin() as db:
            changed = change_desk(
                db,
                school_id=school_id,
                is_open=form.is_open.data,
                who=form.who.data or "",
                hours=form.hours.data or "",
                by=current_member(),
            )
            has_key = changed.key_number is not None
        if form.is_open.data and not has_key:
            flash(_("Saved. One step more: choose what opens the requests."))
            return redirect(url_for(".new_key", school_id=school_id))
        flash(
            _("Students can ask an adult to get in touch now.")
            if form.is_open.data
            else _("Saved. Students see no link to this now.")
        )
        return redirect(url_for(".inbox", school_id=school_id))
    return render_template(
        "help_requests/desk.html",
        school=find_school(read(), school_id),
        desk=find_desk(read(), school_id),
        form=form,
        settings=current_settings(),
        days=KEPT_FOR.days,
    )


def opened_keys(school_id: uuid.UUID) -> dict[int, bytes]:
    """The keys that this reader has opened, as long as they are a reader."""
    member = cast(Member, current_member())
    keys = unlocked_keys.recall(school_id, member)
    return reader_keys.readable(read(), school_id, member.id, keys) if keys else {}


def _page(school_id: uuid.UUID, request_id: uuid.UUID, form: CloseRequestForm) -> str:
    found = _find(school_id, request_id)
    one = found.request
    return render_template(
        "help_requests/request.html",
        school=find_school(read(), school_id),
        opened=found,
        names={
            member.id: member.name
            for member in map(_member, (one.read_by, one.closed_by))
            if member
        },
        erased_on=erased_on(one),
        form=form,
    )


def _find(school_id: uuid.UUID, request_id: uuid.UUID) -> operations.Opened:
    return operations.find_request(
        read(), school_id, request_id, key=_key(), keys=opened_keys(school_id)
    )


def _member(member_id: uuid.UUID | None) -> Member | None:
    return read().get(Member, member_id) if member_id else None


def _key() -> bytes:
    return box_key(*current_settings().totp_keys)
