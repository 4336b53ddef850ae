"""Sign-in of members: Flask-Security on our own `Member`, with everything we do not use off.

It sends no mail and looks nothing up. Sessions are kept in `sessions`, wrong tries are counted in
`guess_limits`, and who signed in when goes into the access log. Rights are in `permissions`.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, NoReturn, cast

from flask import (
    Flask,
    Response,
    current_app,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask_login import current_user
from flask_login.utils import _user_context_processor
from flask_security.core import RoleMixin, Security
from flask_security.datastore import FSQLALiteUserDatastore
from flask_security.forms import LoginForm, TwoFactorRescueForm, TwoFactorSetupForm
from flask_security.mail_util import MailUtil
from flask_security.utils import get_message, uia_email_mapper
from werkzeug.wrappers import Response as BaseResponse
from wtforms.validators import AnyOf

from survey.database import database, read
from survey.organisations.accounts import (
    access_recorder,
    guess_limits,
    passkeys,
    second_step,
    sessions,
)
from survey.organisations.accounts.passwords import OurPasswords
from survey.organisations.accounts.second_step import (
    CODE_WINDOW_SECONDS,
    OneTimeCodes,
    RecoveryCodes,
)
from survey.organisations.models import Member
from survey.permissions import Permission, declared_access
from survey.settings import PRODUCT, Settings, current_settings
from survey.typed_fields import StringField

PASSWORD_LENGTH = 12
PROVE_AGAIN_AFTER = timedelta(minutes=15)

HASHING = {"argon2__time_cost": 2, "argon2__memory_cost": 19456, "argon2__parallelism": 1}
"""The least that OWASP asks for: one small machine also has students to serve."""

ENDPOINTS: Mapping[str, Permission | str] = {
    "security.login": "public",
    "security.logout": "public",
    "security.tf_select": "public",
    "security.two_factor_token_validation": "public",
    "security.two_factor_rescue": "public",
    "security.mf_recovery": "public",
    "security.verify": Permission.OWN_ACCOUNT,
    "security.change_password": Permission.OWN_ACCOUNT,
    "security.two_factor_setup": Permission.OWN_ACCOUNT,
    "security.two_factor_setup_validate": Permission.OWN_ACCOUNT,
    "security.mf_recovery_codes": Permission.OWN_ACCOUNT,
}
"""Every endpoint that Flask-Security has left. The public ones are steps of signing in, and send
anyone who is not at that step back to its start."""


def N_(text: str) -> str:  # noqa: N802 (the name that extraction of messages knows)
    return text


MESSAGES: Mapping[str, tuple[str, str]] = {
    "GENERIC_AUTHN_FAILED": (N_("That e-mail address and password do not fit together."), "error"),
    "FIRST_PASSWORD_OVER": (
        N_("This first password works no longer. Ask the operator for a new one."), "error",
    ),
    "EMAIL_NOT_PROVIDED": (N_("Enter your e-mail address."), "error"),
    "PASSWORD_NOT_PROVIDED": (N_("Enter a password."), "error"),
    "PASSWORD_INVALID_LENGTH": (N_("Use from %(length)s to 128 characters."), "error"),
    "INVALID_PASSWORD": (N_("That is not your password."), "error"),
    "RETYPE_PASSWORD_MISMATCH": (N_("The two new passwords differ."), "error"),
    "PASSWORD_IS_THE_SAME": (N_("The new password is the same as the old one."), "error"),
    "PASSWORD_CHANGE": (N_("Your password is changed."), "success"),
    "REAUTHENTICATION_REQUIRED": (N_("Before you change this, show that it is you."), "success"),
    "REAUTHENTICATION_SUCCESSFUL": (N_("Thank you. You can make the change now."), "success"),
    "UNAUTHENTICATED": (N_("Sign in to see this page."), "success"),
    "INVALID_REDIRECT": (N_("That address is not part of this site."), "error"),
    "TWO_FACTOR_INVALID_TOKEN": (N_("That code is wrong, or its time has passed."), "error"),
    "TWO_FACTOR_LOGIN_SUCCESSFUL": (N_("You are signed in."), "success"),
    "TWO_FACTOR_CHANGE_METHOD_SUCCESSFUL": (N_("The second step is on."), "success"),
    "TWO_FACTOR_DISABLED": (N_("The second step is off."), "success"),
    "TWO_FACTOR_PERMISSION_DENIED": (N_("Please start signing in again."), "error"),
    "TWO_FACTOR_METHOD_NOT_AVAILABLE": (N_("Choose one of the buttons on the page."), "error"),
    "TWO_FACTOR_SETUP_EXPIRED": (N_("That took too long. Please start again."), "error"),
    "INVALID_RECOVERY_CODE": (N_("That recovery code is wrong, or was used before."), "error"),
}  # fmt: skip
"""Flask-Security's messages in our words, translated from our own catalogue."""


class NoPost(MailUtil):
    """An e-mail address names an account and nothing else: no mail is sent, no domain looked up."""

    def normalize(self, email: str) -> str:
        return email.strip().lower()

    def validate(self, email: str) -> str:
        return self.normalize(email)

    def send_mail(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        raise NotImplementedError("this app sends no mail")


class SignInForm(LoginForm):
    """Without "remember me", also for a crafted request: staff machines are shared."""

    remember = None  # type: ignore[assignment]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not is_own_path(self.next.data or ""):
            self.next.data = ""

    def validate(self, **given: Any) -> bool:
        if not super().validate(**given):
            return False
        until = cast(Member, self.user).first_password_until
        if until is not None and sessions.now() >= until:
            # Only someone who has the password hears that it was right.
            self.form_errors.append(get_message("FIRST_PASSWORD_OVER")[0])
            self.user_authenticated = True
            return False
        return True


class SecondStepForm(TwoFactorSetupForm):
    """Our page has buttons, so the choice comes as plain text; the library checks it."""

    setup = StringField()  # type: ignore[assignment]

    def validate(self, **given: Any) -> bool:
        member = cast(Member, self.user)
        alone = not passkeys.count(read(), member.id)
        if self.setup.data == "disable" and alone and second_step.is_needed(member):
            self.setup.errors = [get_message("TWO_FACTOR_METHOD_NOT_AVAILABLE")[0]]
            return False
        return bool(super().validate(**given))


class RescueForm(TwoFactorRescueForm):
    """The only way round a lost phone is a recovery code, or the operator in person: no mail."""

    help_setup = StringField(validators=[AnyOf(["recovery_code"])])  # type: ignore[assignment]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.help_setup.choices = []  # type: ignore[attr-defined]  # where the library notes the ways that are open


def _slowed() -> str:
    """The page of signing in after too many wrong passwords."""
    return render_template(
        "security/login_user.html",
        login_user_form=SignInForm(),
        operator=current_settings(),
        slowed=True,
    )


def _step_is_needed() -> bool:
    return bool(current_user.is_authenticated and second_step.is_needed(current_user))


def is_own_path(address: str) -> bool:
    """Does `address` lead to a page of this site, by path alone?"""
    return address.startswith("/") and not address.startswith("//") and "\\" not in address


def init_app(app: Flask) -> None:
    options: Settings = app.extensions["settings"]
    app.config.from_mapping(
        _config(options, translations=app.config["BABEL_TRANSLATION_DIRECTORIES"])
    )
    security = Security(
        app,
        FSQLALiteUserDatastore(database, Member, RoleMixin),  # no table of roles: see access
        login_form=SignInForm,
        two_factor_setup_form=SecondStepForm,
        two_factor_rescue_form=RescueForm,
        mail_util_cls=NoPost,
        password_util_cls=OurPasswords,
        totp_cls=OneTimeCodes,
        mf_recovery_codes_util_cls=RecoveryCodes,
    )
    security.want_json(lambda _request: False)
    security.context_processor(lambda: {"operator": options, "step_is_needed": _step_is_needed()})
    _ask_only_where_it_matters(app, security)

    app.config["LIBRARY_ENDPOINTS"] = {**app.config.get("LIBRARY_ENDPOINTS", {}), **ENDPOINTS}
    sessions.init_app(app)
    guess_limits.init_app(app, _slowed)
    app.before_request(guess_limits.begin_write)
    app.before_request(_lead_on_who_is_signed_in)
    app.after_request(_stay_signed_in)
    access_recorder.init_app(app)


CODE_STEPS = frozenset({"security.two_factor_token_validation", "security.two_factor_rescue"})


def _lead_on_who_is_signed_in() -> BaseResponse | None:
    """Who goes back to the page of the second step after signing in stays signed in. The library
    would take it for an attack, and sign them out."""
    if request.endpoint not in CODE_STEPS or "_user_id" not in session or "tf_state" in session:
        return None
    return redirect(url_for("organisations.home")) if current_user.is_authenticated else None


def _ask_only_where_it_matters(app: Flask, security: Security) -> None:
    """The libraries look a member up for every request and every template. Student pages must not:
    so only a page that names `current_user` does."""
    security.principal.identity_loaders.clear()
    security.login_manager.request_loader(lambda _request: None)
    app.template_context_processors[None].remove(_user_context_processor)
    app.jinja_env.globals["current_user"] = current_user


def _config(options: Settings, *, translations: str) -> dict[str, Any]:
    return {
        "SECURITY_PASSWORD_SALT": options.password_salt,
        "SECURITY_PASSWORD_HASH": "argon2",
        "SECURITY_PASSWORD_HASH_PASSLIB_OPTIONS": HASHING,
        "SECURITY_PASSWORD_LENGTH_MIN": PASSWORD_LENGTH,
        "SECURITY_RETURN_GENERIC_RESPONSES": True,
        "SECURITY_USER_IDENTITY_ATTRIBUTES": [{"email": {"mapper": uia_email_mapper}}],
        "SECURITY_API_ENABLED_METHODS": ["session"],
        "SECURITY_CACHE_CONTROL": None,  # ours is on every page already
        "SECURITY_STATIC_FOLDER": None,
        "SECURITY_CLI_USERS_NAME": None,
        "SECURITY_CLI_ROLES_NAME": None,
        "SECURITY_I18N_DOMAIN": "messages",
        "SECURITY_I18N_DIRNAME": [translations],
        "SECURITY_LOGIN_URL": "/sign-in",
        "SECURITY_LOGOUT_URL": "/sign-out",
        "SECURITY_VERIFY_URL": "/staff/account/confirm",
        "SECURITY_POST_LOGIN_VIEW": "organisations.home",
        "SECURITY_POST_LOGOUT_VIEW": "security.login",
        "SECURITY_POST_VERIFY_VIEW": "organisations.account",
        "SECURITY_FRESHNESS": PROVE_AGAIN_AFTER,
        "SECURITY_FRESHNESS_GRACE_PERIOD": PROVE_AGAIN_AFTER,
        "SECURITY_CHANGEABLE": True,
        "SECURITY_CHANGE_URL": "/staff/account/password",
        "SECURITY_POST_CHANGE_VIEW": "organisations.account",
        "SECURITY_SEND_PASSWORD_CHANGE_EMAIL": False,
        "SECURITY_TWO_FACTOR": True,
        "SECURITY_TWO_FACTOR_ENABLED_METHODS": ["authenticator"],
        "SECURITY_TWO_FACTOR_AUTHENTICATOR_VALIDITY": CODE_WINDOW_SECONDS,
        "SECURITY_TWO_FACTOR_RESCUE_EMAIL": False,
        "SECURITY_TWO_FACTOR_SETUP_URL": "/staff/account/second-step",
        "SECURITY_TWO_FACTOR_POST_SETUP_VIEW": "organisations.second_step_done",
        "SECURITY_TWO_FACTOR_TOKEN_VALIDATION_URL": "/sign-in/code",
        "SECURITY_TWO_FACTOR_RESCUE_URL": "/sign-in/help",
        "SECURITY_TWO_FACTOR_SELECT_URL": "/sign-in/method",
        "SECURITY_TOTP_SECRETS": second_step.tagged(options.totp_keys),
        "SECURITY_TOTP_ISSUER": PRODUCT,
        "SECURITY_MULTI_FACTOR_RECOVERY_CODES": True,
        "SECURITY_MULTI_FACTOR_RECOVERY_CODES_KEYS": [
            _recovery_key(key) for key in options.totp_keys
        ],
        "SECURITY_MULTI_FACTOR_RECOVERY_CODES_URL": "/staff/account/recovery-codes",
        "SECURITY_MULTI_FACTOR_RECOVERY_URL": "/sign-in/recovery-code",
        **{f"SECURITY_MSG_{key}": message for key, message in MESSAGES.items()},
    }


def _recovery_key(totp_key: str) -> bytes:
    """The key for recovery codes, which are kept encrypted under a separate key."""
    return base64.urlsafe_b64encode(hashlib.sha256(b"recovery codes" + totp_key.encode()).digest())


def _stay_signed_in(response: Response) -> Response:
    """Each page for members restarts the session's time; it ends that long after the last one,
    or with the browser. Student pages leave it alone."""
    asks_for = request.endpoint and declared_access(current_app, request.endpoint)
    if isinstance(asks_for, Permission) and "_user_id" in session:
        session.modified = True
    return response
