"""Pages to choose a password with a link from an e-mail, to ask for such a link, and to choose
which e-mail one gets.

Asking gives the same page for every address, so that it does not say who has an account.
"""

from __future__ import annotations

import uuid
from typing import cast

from flask import Flask, current_app, flash, redirect, render_template, request, url_for
from flask.blueprints import BlueprintSetupState
from flask_babel import gettext as _
from limits import parse
from werkzeug.wrappers import Response

from survey.database import begin, read
from survey.errors import NotThereError
from survey.http.rate_limits import SharedLimits
from survey.mail import outbox
from survey.mail.kinds import MailKind
from survey.mail.models import MailState, OutMail
from survey.mail.state_words import STATES
from survey.mail.wording import SWITCHES, WORDINGS
from survey.organisations.accounts import invitations
from survey.organisations.accounts.passwords import about, easy_to_guess, is_easy
from survey.organisations.blueprint import bp
from survey.organisations.password_pages.forms import AskForLinkForm, ChoosePasswordForm, MailForm
from survey.permissions import Permission, current_member, public, requires
from survey.settings import current_settings

ASKED = "asked_for_links"
LINKS_OF_AN_ADDRESS = parse("3 per hour")
LINKS_OF_ALL = parse("120 per hour")


class NoMailHereError(NotThereError):
    """This installation sends no e-mail."""


@bp.record
def _start(state: BlueprintSetupState) -> None:
    app = cast(Flask, state.app)
    app.extensions[ASKED] = SharedLimits(app.config["SECRET_KEY"])
    app.jinja_env.globals["sends_mail"] = outbox.is_set_up
    app.jinja_env.globals["last_link_sent"] = _last_link_sent


def _last_link_sent(member_id: uuid.UUID) -> OutMail | None:
    """The newest invitation or link for a new password to a member."""
    found = outbox.messages_to(read(), member_id, MailKind.INVITATION, MailKind.RESET, most=1)
    return found[0] if found else None


@bp.route("/forgotten", methods=["GET", "POST"])
@public
def forgotten() -> str | Response:
    """Asks for a link to choose a new password."""
    if not outbox.is_set_up():
        raise NoMailHereError(_("This service sends no e-mail. Ask the operator."))
    form = AskForLinkForm()
    if form.validate_on_submit():
        email = (form.email.data or "").strip().lower()
        asked: SharedLimits = current_app.extensions[ASKED]
        if asked.hit(LINKS_OF_ALL) and asked.hit(LINKS_OF_AN_ADDRESS, email):
            with begin() as db:
                invitations.ask_for_reset(db, email=email)
        return redirect(url_for(".forgotten_asked"), 303)
    return render_template("organisations/forgotten.html", form=form, operator=current_settings())


@bp.get("/forgotten/asked")
@public
def forgotten_asked() -> str:
    return render_template("organisations/forgotten_asked.html", operator=current_settings())


@bp.route("/password/<token>", methods=["GET", "POST"])
@public
def choose_password(token: str) -> str | Response:
    """The page that an e-mail leads to. It works once."""
    member = invitations.member_of(read(), token)
    form = ChoosePasswordForm()
    if form.validate_on_submit():
        password = form.password.data or ""
        if is_easy(password, about(member)):
            form.password.errors = [easy_to_guess()]
        else:
            with begin() as db:
                invitations.use(db, token=token, password=password)
            flash(_("Your password is set. Sign in with it."))
            return redirect(url_for("security.login"), 303)
    return render_template("organisations/choose_password.html", form=form, member=member)


@bp.route("/staff/account/mail", methods=["GET", "POST"])
@requires(Permission.OWN_ACCOUNT)
def own_mail() -> str | Response:
    """Which e-mail the member wants."""
    member_id = current_member().id
    off = outbox.switched_off(read(), member_id)
    form = MailForm(data={"wanted": [kind.value for kind in SWITCHES if kind not in off]})
    form.offer()
    if request.method == "POST" and form.validate():
        wanted = {MailKind(value) for value in form.wanted.data or []}
        with begin() as db:
            outbox.switch(db, member_id=member_id, off=frozenset(SWITCHES) - wanted)
        flash(_("Saved."))
        return redirect(url_for(".own_mail"))
    return render_template(
        "organisations/own_mail.html",
        form=form,
        sent=outbox.messages_to(read(), member_id),
        wordings=WORDINGS,
        states=STATES,
        failed=MailState.FAILED,
    )


@bp.route("/operator/mail", methods=["GET", "POST"])
@requires(Permission.ORGANISATIONS_MANAGE)
def outgoing_mail() -> str | Response:
    """What waits, what went, and what the mail server refused."""
    if request.method == "POST":
        with begin() as db:
            outbox.try_again(db)
        flash(_("They are tried again."))
        return redirect(url_for(".outgoing_mail"))
    return render_template("organisations/outgoing_mail.html", standing=outbox.standing(read()))
