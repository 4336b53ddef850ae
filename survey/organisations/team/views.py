"""Pages where a school sees its people, and a lead or head invites, confirms and removes them."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import cast

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response

from survey.database import begin, read
from survey.errors import RefusedError
from survey.http.confirm_page import confirm_page
from survey.http.submit_once import begin_once, creates_once
from survey.mail import outbox
from survey.mail.kinds import MailKind
from survey.organisations import help_desk
from survey.organisations.accounts import invitations
from survey.organisations.blueprint import bp
from survey.organisations.forms import ROLES, MemberForm
from survey.organisations.models import Member, Membership
from survey.organisations.operations import find_school
from survey.organisations.people import history, people_of
from survey.organisations.seats import operations as seats
from survey.organisations.seats import vouching
from survey.organisations.team import operations as team
from survey.permissions import Permission, Role, current_member, may, requires
from survey.settings import current_settings
from survey.start_page.duties import Desk, Duty, Weight, gives_duties

PEOPLE = "/schools/<uuid:school_id>/people"
SEAT = f"{PEOPLE}/<uuid:membership_id>"


def my_seat() -> Membership:
    """The seat in which the person acts."""
    return cast(Member, current_member()).seat


@bp.get(PEOPLE)
@requires(Permission.SCHOOL_SEE)
def people(school_id: uuid.UUID) -> str:
    found = people_of(read(), school_id)
    me = my_seat()
    return render_template(
        "organisations/people.html",
        school=find_school(read(), school_id),
        people=found,
        history=history(read(), school_id),
        roles=ROLES,
        me=me,
        waits={one.seat.membership_id for one in found if team.needs_confirming(one.seat)},
        through={one.seat.membership_id: _invited_by(one.seat) for one in found},
        may_confirm=lambda seat: vouching.may_confirm(me, seat),
        may_remove=lambda seat: team.may_remove(me, seat),
        may_send=lambda seat: _may_send(seat) and may(me, Permission.PEOPLE_MANAGE),
    )


def _invited_by(seat: Membership) -> str:
    return seat.inviter.name if seat.inviter is not None else ""


def _may_send(seat: Membership) -> bool:
    """Can an invitation be sent again? Not to a person who can sign in already."""
    return seat.member.password is None and outbox.is_set_up()


@bp.route(f"{PEOPLE}/invite", methods=["GET", "POST"])
@requires(Permission.PEOPLE_MANAGE)
@creates_once
def invite_colleague(school_id: uuid.UUID) -> str | Response:
    school = find_school(read(), school_id)
    form = MemberForm(school, sends_mail=False)
    if outbox.is_set_up() and form.validate_on_submit():
        role = Role(form.role.data)
        try:
            with begin_once() as db:
                member = team.invite(
                    db,
                    school=find_school(db, school_id),
                    name=form.name.data or "",
                    email=form.email.data or "",
                    role=role,
                    by=my_seat(),
                )
                name = member.name
        except RefusedError as refused:
            form.email.errors = [refused.message]
        else:
            flash(_("An invitation is on its way to %(name)s.", name=name))
            if role in (Role.LEAD, Role.DEPUTY):
                flash(
                    _(
                        "%(name)s cannot open requests for help yet. Once they have signed in, a"
                        " reader gives them a code on the page of requests for help.",
                        name=name,
                    )
                )
            return redirect(url_for(".people", school_id=school_id))
    return render_template(
        "organisations/invite_colleague.html",
        school=school,
        form=form,
        operator=current_settings().operator_contact,
    )


@bp.post(f"{SEAT}/confirm")
@requires(Permission.PEOPLE_MANAGE)
def confirm_colleague(school_id: uuid.UUID, membership_id: uuid.UUID) -> Response:
    with begin() as db:
        seat = _seat(db, school_id, membership_id)
        seats.confirm(db, seat, by=my_seat())
        name = seat.member.name
    flash(_("You have confirmed %(name)s.", name=name))
    return redirect(url_for(".people", school_id=school_id))


@bp.post(f"{SEAT}/link")
@requires(Permission.PEOPLE_MANAGE)
def invite_again(school_id: uuid.UUID, membership_id: uuid.UUID) -> Response:
    """Sends a new link to a person who has not signed in yet. The one before ends."""
    with begin() as db:
        seat = _seat(db, school_id, membership_id)
        name = seat.member.name
        if _may_send(seat):
            invitations.send_link(db, seat.member, kind=MailKind.INVITATION)
    flash(_("An invitation is on its way to %(name)s.", name=name))
    return redirect(url_for(".people", school_id=school_id))


@bp.route(f"{SEAT}/remove", methods=["GET", "POST"])
@requires(Permission.PEOPLE_MANAGE)
def remove_colleague(school_id: uuid.UUID, membership_id: uuid.UUID) -> str | Response:
    form = FlaskForm()
    back = url_for(".people", school_id=school_id)
    if form.validate_on_submit():
        with begin() as db:
            seat = _seat(db, school_id, membership_id)
            name = seat.member.name
            team.remove(db, seat, by=my_seat())
            is_read = help_desk.has_reader(db, school_id)
        flash(_("%(name)s is removed, and can open nothing here any more.", name=name))
        if not is_read:
            _warn_that_help_is_unread()
        return redirect(back)
    seat = _seat(read(), school_id, membership_id)
    school = find_school(read(), school_id)
    return confirm_page(
        form,
        title=_("Remove %(name)s", name=seat.member.name),
        trail=[
            (school.name, url_for("campaigns.school", school_id=school_id)),
            (_("People"), back),
        ],
        lead=_("From their next click on, they can open nothing of this school."),
        says=(
            _("Their copy of the key for requests for help is deleted."),
            _("What they did stays on record with their name."),
            _("Seats that they have at other schools or organisations are not touched."),
        ),
        button=_("Remove them"),
        back=back,
    )


def _warn_that_help_is_unread() -> None:
    flash(
        _(
            "No one can open requests for help now, so students are not sent there. Use"
            " the recovery sheet, or begin a new key."
        ),
        "warn",
    )


def _seat(db, school_id: uuid.UUID, membership_id: uuid.UUID) -> Membership:  # type: ignore[no-untyped-def]
    seat = seats.find_seat(db, membership_id)
    if seat.school_id != school_id:
        raise seats.NoSuchSeatError(_("There is no such seat, or it has ended."))
    return seat


@gives_duties
def _colleagues_to_confirm(desk: Desk) -> Iterator[Duty]:
    """Colleagues whom this person can confirm. Before, they are no second person for the one who
    invited them."""
    if not may(desk.member, Permission.PEOPLE_MANAGE):
        return
    me = seats.last_seat_at(desk.db, desk.school_id, desk.member.id)
    here = seats.seats_at(desk.db, find_school(desk.db, desk.school_id))
    for one in team.to_confirm(here, me) if me is not None else ():
        yield Duty(
            _("Confirm a colleague"),
            _(
                "%(name)s was invited by %(by)s. Confirm that this is a colleague of yours, with"
                " their own e-mail address.",
                name=one.name,
                by=_invited_by(one),
            ),
            url_for("organisations.people", school_id=desk.school_id),
            _("Look at the people of your school"),
            Weight.SOMEBODY_WAITS,
        )
