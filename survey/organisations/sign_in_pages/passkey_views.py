"""Pages to sign in with a passkey, as the only step or as the second, and to add and remove
passkeys."""

from __future__ import annotations

import uuid
from typing import Any, cast

from flask import Flask, current_app, flash, redirect, render_template, request, session, url_for
from flask.blueprints import BlueprintSetupState
from flask_babel import gettext as _
from flask_security.tf_plugin import TfPluginBase, tf_check_state
from flask_security.utils import login_user
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response
from wtforms import HiddenField
from wtforms.validators import DataRequired

from survey.audit_log import EventName
from survey.database import begin, read
from survey.errors import RefusedError
from survey.http.rate_limits import SharedLimits
from survey.organisations.accounts import (
    access_recorder,
    passkeys,
    second_step,
    sessions,
    sign_in_methods,
)
from survey.organisations.accounts.passkeys import PasskeyError
from survey.organisations.accounts.sign_in_methods import SecondStep, Way
from survey.organisations.blueprint import bp
from survey.organisations.models import Member
from survey.organisations.sign_in_pages.content_policy import with_script
from survey.organisations.sign_in_pages.reauthentication import freshly_signed_in, next_page
from survey.permissions import Permission, current_member, public, requires
from survey.typed_fields import Length, StringField


class AnswerForm(FlaskForm):  # type: ignore[misc]  # the library is untyped
    """What the browser answers for a passkey."""

    answer = HiddenField(validators=[DataRequired()])


class NewPasskeyForm(AnswerForm):
    name = StringField(validators=[Length(max=passkeys.LONGEST_NAME)])


class LastSecondStepError(RefusedError):
    """The member must have a second step, and this passkey is the only one."""


class PasskeyStep(TfPluginBase):
    """Asks for a passkey after a password, if the member has no authenticator app. With one, the
    page that asks for its code leads here too."""

    def __init__(self, app: Flask) -> None:
        super().__init__(app)

    def create_blueprint(self, *_given: Any) -> None:
        """Its pages are ours."""

    def get_setup_methods(self, user: Any) -> list[tuple[str, str]]:
        if user.tf_primary_method or not passkeys.count(read(), user.id):
            return []
        return [("passkey", _("Passkey"))]

    def tf_login(self, user: Any, json_payload: Any, next_loc: str | None) -> Response:  # noqa: ARG002
        session["tf_state"] = "ready"
        return redirect(url_for("organisations.passkey_second_step", next=next_loc))


@bp.record
def _start(state: BlueprintSetupState) -> None:
    app = cast(Flask, state.app)
    security = app.extensions["security"]
    security.two_factor_plugins.register_tf_impl(app, "passkey", PasskeyStep)
    app.extensions[passkeys.USED] = SharedLimits(app.config["SECRET_KEY"])
    app.jinja_env.globals["has_passkey_at_second_step"] = _has_one_at_second_step


def _has_one_at_second_step() -> bool:
    """For the page that asks for a code: may a passkey take its place?"""
    member = _at_second_step()
    return member is not None and bool(passkeys.count(read(), member.id))


def _at_second_step() -> Member | None:
    if "tf_user_id" not in session:
        return None
    return cast("Member | None", tf_check_state(["ready"]))


@bp.route("/sign-in/passkey", methods=["GET", "POST"])
@public
def passkey_sign_in() -> Response:
    """A passkey alone."""
    form = AnswerForm()
    if form.validate_on_submit():
        try:
            member = passkeys.check(answer=form.answer.data or "", member=None)
        except PasskeyError as refused:
            _note_failure(form.answer.data or "")
            return _page(form, None, refused.message)
        sign_in_methods.signing_in(Way.PASSKEY, SecondStep.PASSKEY)
        login_user(member, remember=False, authn_via=["passkey"])
        return redirect(next_page(), 303)
    return _page(form, None)


@bp.route("/sign-in/passkey/second-step", methods=["GET", "POST"])
@public
def passkey_second_step() -> Response:
    """A passkey after a password, or after an account elsewhere."""
    member = _at_second_step()
    if member is None:
        return redirect(url_for("security.login"), 303)
    form = AnswerForm()
    if form.validate_on_submit():
        try:
            passkeys.check(answer=form.answer.data or "", member=member)
        except PasskeyError as refused:
            _note_failure(form.answer.data or "", member)
            return _page(form, _at_second_step(), refused.message)
        sign_in_methods.signing_in(sign_in_methods.first(), SecondStep.PASSKEY)
        current_app.extensions["security"].two_factor_plugins.tf_complete(member, True)
        return redirect(next_page(), 303)
    return _page(form, member)


def _page(form: AnswerForm, member: Member | None, problem: str = "") -> Response:
    page = render_template(
        "organisations/passkey_sign_in.html",
        form=AnswerForm(formdata=None),
        options=passkeys.options_to_sign_in(read(), member),
        member=member,
        problem=problem or (form.errors and _("Use the button on the page.")),
        next=request.args.get("next"),
    )
    return with_script(page, 400 if problem else 200)


def _note_failure(answer: str, member: Member | None = None) -> None:
    owner = member or passkeys.owner_of(answer)
    if owner is not None:
        access_recorder.note_once_an_hour(EventName.SIGN_IN_FAILED, owner, step="passkey")


@bp.route("/staff/account/passkeys", methods=["GET", "POST"])
@requires(Permission.OWN_ACCOUNT)
@freshly_signed_in("organisations.own_passkeys")
def own_passkeys() -> Response:
    """The member's passkeys, and a form to add one."""
    member = read().get_one(Member, current_member().id)
    form = NewPasskeyForm()
    problem = ""
    if form.validate_on_submit():
        try:
            passkeys.add(member=member, answer=form.answer.data or "", name=form.name.data or "")
        except PasskeyError as refused:
            problem = refused.message
            member = read().get_one(Member, current_member().id)
        else:
            flash(_("Your passkey is added."))
            return redirect(url_for(".second_step_done"), 303)
    elif form.errors:
        problem = _("Use the button on the page.")
    page = render_template(
        "organisations/passkeys.html",
        form=NewPasskeyForm(formdata=None),
        keys=passkeys.of(read(), member.id),
        options=passkeys.options_to_add(read(), member),
        suggested=sessions.browser_named(request.headers.get("User-Agent", "")),
        longest=passkeys.LONGEST_NAME,
        problem=problem,
    )
    return with_script(page, 400 if problem else 200)


@bp.post("/staff/account/passkeys/<uuid:passkey_id>/remove")
@requires(Permission.OWN_ACCOUNT)
@freshly_signed_in("organisations.own_passkeys")
def remove_passkey(passkey_id: uuid.UUID) -> Response:
    with begin() as db:
        member = db.get_one(Member, current_member().id)
        last = passkeys.count(db, member.id) == 1 and not member.tf_primary_method
        if last and second_step.is_needed(member):
            raise LastSecondStepError(
                _("You need a second step, and this passkey is the only one. Add another first.")
            )
        passkeys.remove(db, member=member, passkey_id=passkey_id)
    flash(_("The passkey is removed. It still shows in your device, where you can delete it."))
    return redirect(url_for(".own_passkeys"), 303)


@bp.get("/staff/account/second-step-done")
@requires(Permission.OWN_ACCOUNT)
def second_step_done() -> Response:
    """Where setting up or turning off a second step leads: to recovery codes, if there are none."""
    member = read().get_one(Member, current_member().id)
    if second_step.is_on(member) and not member.mf_recovery_codes:
        return redirect(url_for("security.mf_recovery_codes"), 303)
    return redirect(url_for(".account"), 303)
