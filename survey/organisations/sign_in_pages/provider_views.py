"""Pages to sign in with an account at Microsoft or Google, and to link and unlink one."""

from __future__ import annotations

import hmac
import secrets
import time
import uuid
from dataclasses import asdict, dataclass
from typing import Any, cast

from flask import (
    Flask,
    current_app,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask.blueprints import BlueprintSetupState
from flask_babel import gettext as _
from flask_login import current_user
from flask_security.utils import login_user
from limits import parse
from werkzeug.wrappers import Response

from survey.database import begin, read
from survey.errors import NotThereError
from survey.http.rate_limits import SharedLimits
from survey.organisations.accounts import access_recorder, second_step, sign_in_methods
from survey.organisations.accounts.sign_in_methods import SecondStep, Way
from survey.organisations.blueprint import bp
from survey.organisations.models import Member
from survey.organisations.providers import linking, provider_list, tokens
from survey.organisations.providers.openid_connect import Exchange
from survey.organisations.providers.provider_list import Provider
from survey.organisations.providers.reasons import SENTENCES, ProviderError, RefusalReason
from survey.organisations.providers.tokens import Vouched
from survey.organisations.sign_in import is_own_path
from survey.organisations.sign_in_pages.reauthentication import freshly_signed_in, next_page
from survey.permissions import Permission, current_member, public, requires
from survey.settings import current_settings

BEGUN = "provider"
HOLDS_SECONDS = 600
EXCHANGE, ANSWERS = "provider_exchange", "provider_answers"
ONCE = parse("1 per 15 minutes")
"""An answer, whose beginning is too old before that."""

OF_ALL = parse("300 per minute")
WAYS = "any(microsoft, google)"


class NotSetUpError(NotThereError):
    """This installation does not use the provider."""


@dataclass(frozen=True)
class ProviderSignInBegun:
    """What the browser's session remembers meanwhile. `member` is set if an account is linked."""

    way: str
    state: str
    until: int
    leads_to: str
    member: str

    def derived(self, purpose: str) -> str:
        """A value that only this server can make from the state."""
        key = current_settings().secret_key.encode()
        return hmac.digest(key, f"provider {purpose} {self.state}".encode(), "sha256").hex()


@bp.record
def _start(state: BlueprintSetupState) -> None:
    app = cast(Flask, state.app)
    app.extensions[EXCHANGE] = Exchange()
    app.extensions[ANSWERS] = SharedLimits(app.config["SECRET_KEY"])
    app.jinja_env.globals["providers_set_up"] = provider_list.set_up


@bp.get(f"/sign-in/with/<{WAYS}:way>")
@public
def provider_sign_in(way: str) -> Response:
    """Leads to the provider."""
    provider = _provider(way)
    try:
        return redirect(_begin(provider, leads_to=next_page()))
    except ProviderError as refused:
        return _refused(provider, refused)


@bp.post(f"/staff/account/providers/<{WAYS}:way>")
@requires(Permission.OWN_ACCOUNT)
@freshly_signed_in("organisations.account")
def link_provider(way: str) -> Response | str:
    """Begins to link an account. The page leads on by a link: browsers let no form of ours lead to
    another site."""
    provider = _provider(way)
    try:
        address = _begin(provider, leads_to=url_for(".account"), member=str(current_member().id))
    except ProviderError as refused:
        return _refused(provider, refused)
    return render_template("organisations/link_provider.html", provider=provider, address=address)


@bp.post("/staff/account/providers/<uuid:account_id>/unlink")
@requires(Permission.OWN_ACCOUNT)
@freshly_signed_in("organisations.account")
def unlink_provider(account_id: uuid.UUID) -> Response:
    with begin() as db:
        linking.unlink(db, member=db.get_one(Member, current_member().id), account_id=account_id)
    flash(_("The account is not linked any more."))
    return redirect(url_for(".account"), 303)


@bp.get(f"/sign-in/with/<{WAYS}:way>/back")
@public
def provider_back(way: str) -> Response:
    """Where the provider sends the person, with a code for us."""
    provider = _provider(way)
    try:
        begun = _begun(provider)
        answer = _exchange().token(
            provider,
            back=_back(provider),
            code=request.args["code"],
            verifier=begun.derived("verifier"),
        )
        vouched = tokens.vouched(
            provider, answer, nonce=begun.derived("nonce"), exchange=_exchange()
        )
        return _link(provider, begun, vouched) if begun.member else _sign_in(begun, vouched)
    except ProviderError as refused:
        return _refused(provider, refused)


# Beginning


def _begin(provider: Provider, *, leads_to: str, member: str = "") -> str:
    """The address at the provider; the browser's session remembers what comes back."""
    until = int(time.time()) + HOLDS_SECONDS
    begun = ProviderSignInBegun(
        provider.way.value, secrets.token_urlsafe(32), until, leads_to, member
    )
    address = _exchange().authorisation(
        provider,
        back=_back(provider),
        state=begun.state,
        nonce=begun.derived("nonce"),
        verifier=begun.derived("verifier"),
    )
    session[BEGUN] = asdict(begun)
    return address


def _begun(provider: Provider) -> ProviderSignInBegun:
    """What this browser began, if the answer belongs to it and comes for the first time."""
    kept: dict[str, Any] | None = session.pop(BEGUN, None)
    given = request.args.get("state", "")
    if kept is None or not hmac.compare_digest(given.encode(), kept["state"].encode()):
        raise ProviderError(RefusalReason.OTHER_BROWSER)
    begun = ProviderSignInBegun(**kept)
    if begun.way != provider.way.value or not 0 < begun.until - time.time() <= HOLDS_SECONDS:
        raise ProviderError(RefusalReason.OTHER_BROWSER)
    answers: SharedLimits = current_app.extensions[ANSWERS]
    if not answers.hit(OF_ALL, "answers of providers"):
        raise ProviderError(RefusalReason.UNREACHABLE)
    if not answers.hit(ONCE, "state", begun.state):
        raise ProviderError(RefusalReason.AGAIN)
    if "error" in request.args or "code" not in request.args:
        raise ProviderError(RefusalReason.STOPPED)
    return begun


# Ending


def _sign_in(begun: ProviderSignInBegun, vouched: Vouched) -> Response:
    with begin() as db:
        found = linking.sign_in(db, vouched)
        member_id, is_new = found.member.id, found.is_new
    member = read().get_one(Member, member_id)
    # An address that was matched just now proves no second step: as with a link in an e-mail.
    proved = vouched.has_second_step and not (is_new and second_step.is_on(member))
    if not proved:
        sign_in_methods.remember_first(vouched.way)
        plugins = current_app.extensions["security"].two_factor_plugins
        second = plugins.tf_enter(member, False, vouched.way.value, next_loc=begun.leads_to)
        if second is not None:
            return cast(Response, second)
    sign_in_methods.signing_in(vouched.way, SecondStep.PROVIDER if proved else SecondStep.NONE)
    login_user(member, remember=False, authn_via=[vouched.way.value])
    return redirect(begun.leads_to if is_own_path(begun.leads_to) else url_for(".home"), 303)


def _link(provider: Provider, begun: ProviderSignInBegun, vouched: Vouched) -> Response:
    if not current_user.is_authenticated or str(current_member().id) != begun.member:
        raise ProviderError(RefusalReason.OTHER_BROWSER)
    with begin() as db:
        linking.link(db, member=db.get_one(Member, current_member().id), vouched=vouched)
    flash(_("Your account at %(provider)s is linked.", provider=provider.name))
    return redirect(url_for(".account"), 303)


def _refused(provider: Provider, error: ProviderError) -> Response:
    """A plain page, and an event; no session begins."""
    member = read().get(Member, error.member_id) if error.member_id else None
    access_recorder.note_refused_provider(provider.way.value, error.reason.value, member)
    page = render_template(
        "organisations/provider_refused.html",
        provider=provider,
        says=SENTENCES[error.reason] % {"provider": provider.name},
        operator=current_settings(),
    )
    return make_response(page, 503 if error.reason is RefusalReason.UNREACHABLE else 403)


def _provider(way: str) -> Provider:
    found = provider_list.find(Way(way))
    if found is None:
        raise NotSetUpError(_("Signing in this way is not set up here."))
    return found


def _back(provider: Provider) -> str:
    """The address that is registered with the provider."""
    path = url_for("organisations.provider_back", way=provider.way.value)
    return current_settings().public_address + path


def _exchange() -> Exchange:
    found: Exchange = current_app.extensions[EXCHANGE]
    return found
