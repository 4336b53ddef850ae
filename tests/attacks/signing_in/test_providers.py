"""Signing in with Microsoft or Google, with false answers and replayed ones."""

from __future__ import annotations

import base64
import hmac
import json
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from flask import Flask
from flask.testing import FlaskClient
from joserfc import jwt
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from survey.audit_log import Event, EventName
from survey.database import begin, read
from survey.organisations import operations
from survey.organisations.accounts import sessions
from survey.organisations.accounts.models import ProviderAccount
from survey.organisations.models import Member, StaffSession
from survey.organisations.providers import openid_connect
from survey.permissions import Role
from survey.settings import Settings
from tests.attacks.signing_in.mock_provider import (
    CLIENT,
    SECRET,
    TENANT,
    MockProvider,
    made_key,
    serving,
)
from tests.conftest import settings_for
from tests.integration.organisations.pages import (
    is_signed_in,
    try_sign_in,
    turn_second_step_on,
    without_forgery_check,
    words,
)
from tests.world import World, sign_in

KINDS = ("microsoft", "google")


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def provider(kind: str) -> Iterator[MockProvider]:
    with serving(kind) as found:
        yield found


@pytest.fixture
def settings(sqlite_url: str, provider: MockProvider, kind: str) -> Settings:
    whose = (
        {"microsoft_tenants": TENANT}
        if kind == "microsoft"
        else {"google_domains": "northmoor.test"}
    )
    return settings_for(
        sqlite_url,
        **{
            f"{kind}_client_id": CLIENT,
            f"{kind}_client_secret": SECRET,
            f"{kind}_address": provider.address,
        },
        **whose,
    )


@pytest.fixture
def client(app: Flask, world: World) -> FlaskClient:
    found = app.test_client()
    without_forgery_check(found)
    return found


def at_provider(start: TestResponse) -> str:
    """Where the provider sends a person who signs in there."""
    answer = requests.get(start.headers["Location"], allow_redirects=False, timeout=300)
    assert answer.status_code == 302
    return str(answer.headers["Location"])


def path_of(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.path}?{parts.query}"


def go(client: FlaskClient, kind: str, **asked: str) -> TestResponse:
    start = client.get(f"/sign-in/with/{kind}", query_string=asked)
    assert start.status_code == 302, words(start)
    return client.get(path_of(at_provider(start)))


def refused(app: Flask, client: FlaskClient, answer: TestResponse, reason: str) -> None:
    """A plain page, an event, and no session."""
    assert answer.status_code in (403, 503), words(answer)
    assert answer.mimetype == "text/html"
    assert "That did not work with" in words(answer)
    assert not is_signed_in(client)
    with app.app_context():
        assert read().scalar(select(func.count()).select_from(StaffSession)) == 0
        events = read().scalars(select(Event).where(Event.name == EventName.PROVIDER_REFUSED))
        assert [one.details["reason"] for one in events] == [reason]


def accounts(app: Flask) -> list[ProviderAccount]:
    with app.app_context():
        return list(read().scalars(select(ProviderAccount)))


def change(app: Flask, email: str, **values: Any) -> None:
    with app.app_context(), begin() as db:
        member = db.scalars(select(Member).where(Member.email == email)).one()
        for name, value in values.items():
            setattr(member, name, value)


# What works


def test_an_invited_person_signs_in_and_is_tied_to_the_account(
    app: Flask, client: FlaskClient, provider: MockProvider, kind: str
) -> None:
    assert f"Sign in with {kind.capitalize()}" in words(client.get("/sign-in"))
    answer = go(client, kind, next="/staff/account")
    assert answer.headers["Location"] == "/staff/account"
    assert is_signed_in(client)
    (account,) = accounts(app)
    assert (account.issuer, account.subject) == (provider.issuer, "person-1")
    page = words(client.get("/staff/account"))
    assert f"Unlink {kind.capitalize()}" in page
    assert kind.capitalize() in words(client.get("/staff/account/sessions"))
    # From now on the subject counts, and no address.
    provider.email = "renamed@northmoor.test"
    other = app.test_client()
    go(other, kind)
    assert is_signed_in(other)
    assert len(accounts(app)) == 1


def test_no_token_reaches_the_browser_and_the_session_ends_as_any_does(
    app: Flask,
    client: FlaskClient,
    provider: MockProvider,
    kind: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answer = go(client, kind)
    told = f"{answer.headers}{answer.text}{client.get('/staff/account').text}"
    (token,) = provider.tokens
    assert not any(
        one in told
        for one in (*(part[:40] for part in token.split(".")), "access_token", "id_token")
    )
    with app.app_context():
        kept = str([vars(one) for one in read().scalars(select(ProviderAccount))])
        kept += str([vars(one) for one in read().scalars(select(StaffSession))])
    assert not any(one in kept for one in token.split("."))
    later = sessions.now() + timedelta(minutes=36)
    monkeypatch.setattr(sessions, "now", lambda: later)
    assert not is_signed_in(client)


def test_no_account_is_ever_made(
    app: Flask, client: FlaskClient, provider: MockProvider, kind: str
) -> None:
    provider.email = "somebody@northmoor.test"
    refused(app, client, go(client, kind), "no account")
    assert not accounts(app)


def test_keys_that_change_are_fetched_again(
    app: Flask,
    client: FlaskClient,
    provider: MockProvider,
    kind: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    go(client, kind)
    assert is_signed_in(client)
    monkeypatch.setattr(openid_connect, "KEYS_AGAIN_SECONDS", 0.0)
    provider.rotate("second")
    other = app.test_client()
    go(other, kind)
    assert is_signed_in(other)


def test_unknown_keys_make_us_ask_only_now_and_then(
    app: Flask, client: FlaskClient, provider: MockProvider, kind: str
) -> None:
    go(client, kind)
    provider.key = made_key("unknown")
    before = provider.asked.count("/keys")
    for _time in range(5):
        go(app.test_client(), kind)
    assert provider.asked.count("/keys") == before


# A token that is not for us


def signed_by_another(provider: MockProvider) -> None:
    other = made_key("another")
    provider.sign = lambda claims: jwt.encode({"alg": "RS256", "kid": "first"}, claims, other)


def letters(document: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(document).encode()).decode().rstrip("=")


def unsigned(provider: MockProvider) -> None:
    provider.sign = lambda claims: f"{letters({'alg': 'none'})}.{letters(claims)}."


def signed_with_the_public_key(provider: MockProvider) -> None:
    """The key that everyone knows, taken for a shared secret."""
    secret = provider.key.as_pem(private=False)

    def sign(claims: dict[str, Any]) -> str:
        signed = ".".join(letters(part) for part in ({"alg": "HS256", "kid": "first"}, claims))
        seal = hmac.digest(secret, signed.encode(), "sha256")
        return f"{signed}.{base64.urlsafe_b64encode(seal).decode().rstrip('=')}"

    provider.sign = sign


def claiming(**claims: Any) -> Any:
    return lambda provider: provider.claims.update(claims)


LIES = {
    "wrong issuer": (claiming(iss="https://evil.example"), "not theirs"),
    "no issuer": (claiming(iss=None), "not theirs"),
    "wrong audience": (claiming(aud="another-client"), "not theirs"),
    "for two, ours not named": (claiming(aud=["a", "b"]), "not theirs"),
    "for us and another, given to the other": (claiming(aud=[CLIENT, "b"], azp="b"), "not theirs"),
    "wrong nonce": (claiming(nonce="of another sign-in"), "not theirs"),
    "no nonce": (claiming(nonce=None), "not theirs"),
    "expired": (claiming(iat=time.time() - 4000, exp=time.time() - 400), "too late"),
    "made long ago": (claiming(iat=time.time() - 4000), "too late"),
    "of tomorrow": (claiming(iat=time.time() + 86400), "not theirs"),
    "no end": (claiming(exp=None), "not theirs"),
    "an end in words": (claiming(exp="soon"), "not theirs"),
    "no subject": (claiming(sub=None), "not theirs"),
    "a number as subject": (claiming(sub=7), "not theirs"),
    "signed by another": (signed_by_another, "not theirs"),
    "not signed": (unsigned, "not theirs"),
    "signed with the public key": (signed_with_the_public_key, "not theirs"),
}


@pytest.mark.parametrize("kind", ["microsoft"], indirect=True)
def test_a_token_that_is_not_right_opens_nothing(
    app: Flask, client: FlaskClient, provider: MockProvider, kind: str
) -> None:
    for lie, (tell, reason) in LIES.items():
        provider.claims, provider.sign = {}, provider.honest_signature
        tell(provider)
        browser = app.test_client()
        assert go(browser, kind).status_code == 403, lie
        assert not is_signed_in(browser), lie
        assert not accounts(app), lie
        with app.app_context():
            refusals = select(Event).where(Event.name == EventName.PROVIDER_REFUSED)
            assert reason in [one.details["reason"] for one in read().scalars(refusals)], lie
    provider.claims, provider.sign = {}, provider.honest_signature
    go(client, kind)
    assert is_signed_in(client), "an honest token does"


OTHERS = {
    "microsoft": {"tid": "99999999-2222-3333-4444-555555555555"},
    "google": {"hd": "elsewhere.test"},
}


@pytest.mark.parametrize("named", [True, False])
def test_another_organisation_is_not_let_in(
    app: Flask, client: FlaskClient, provider: MockProvider, kind: str, named: bool
) -> None:
    """Though its token is right in itself, and names the address of a member."""
    provider.claims |= {name: value if named else None for name, value in OTHERS[kind].items()}
    if kind == "microsoft":
        provider.claims["iss"] = f"{provider.address}/{provider.claims['tid']}/v2.0"
    refused(app, client, go(client, kind), "other tenant")


def test_an_address_that_was_not_checked_matches_no_one(
    app: Flask, client: FlaskClient, provider: MockProvider, kind: str
) -> None:
    for claim in (False, None, "false", 0):
        provider.claims["xms_edov" if kind == "microsoft" else "email_verified"] = claim
        refused(app, client, go(client, kind), "not verified")


# Replays


def test_an_answer_counts_once_even_with_the_old_cookie(
    app: Flask, client: FlaskClient, provider: MockProvider, kind: str
) -> None:
    provider.takes_codes_twice = True
    start = client.get(f"/sign-in/with/{kind}")
    back = path_of(at_provider(start))
    cookie = client.get_cookie("session")
    assert cookie is not None
    client.get(back)
    assert is_signed_in(client)
    client.post("/sign-out")
    thief = app.test_client()
    thief.set_cookie("session", cookie.value)
    refused(app, thief, thief.get(back), "again")


def test_an_answer_in_another_browser_opens_nothing(
    app: Flask, client: FlaskClient, provider: MockProvider, kind: str
) -> None:
    """As when someone lures a member to an address with the code of the attacker's account."""
    back = path_of(at_provider(client.get(f"/sign-in/with/{kind}")))
    other = app.test_client()
    refused(app, other, other.get(back), "other browser")


def test_a_code_without_the_verifier_of_this_browser_is_refused_by_the_provider(
    app: Flask, client: FlaskClient, provider: MockProvider, kind: str
) -> None:
    stolen = parse_qs(urlsplit(at_provider(client.get(f"/sign-in/with/{kind}"))).query)["code"][0]
    other = app.test_client()
    state = parse_qs(urlsplit(other.get(f"/sign-in/with/{kind}").headers["Location"]).query)
    answer = other.get(
        f"/sign-in/with/{kind}/back", query_string={"code": stolen, "state": state["state"][0]}
    )
    refused(app, other, answer, "stopped")


@pytest.mark.parametrize("kind", ["google"], indirect=True)
def test_an_answer_out_of_nowhere_is_a_plain_page(
    app: Flask, client: FlaskClient, provider: MockProvider, kind: str
) -> None:
    for asked in ({}, {"state": "x"}, {"state": "é", "code": "y"}, {"error": "z"}):
        answer = client.get(f"/sign-in/with/{kind}/back", query_string=asked)
        refused(app, client, answer, "other browser")


def test_a_person_who_stops_at_the_provider_is_told(
    app: Flask, client: FlaskClient, provider: MockProvider, kind: str
) -> None:
    start = client.get(f"/sign-in/with/{kind}").headers["Location"]
    state = parse_qs(urlsplit(start).query)["state"][0]
    answer = client.get(
        f"/sign-in/with/{kind}/back", query_string={"state": state, "error": "access_denied"}
    )
    refused(app, client, answer, "stopped")


def test_it_leads_to_no_other_site(client: FlaskClient, provider: MockProvider, kind: str) -> None:
    for wanted in ("https://evil.example/", "//evil.example", "/\\evil.example"):
        assert go(client, kind, next=wanted).headers["Location"] == "/staff"
        client.post("/sign-out")


# A provider in trouble


@pytest.mark.parametrize("status", [500, 404])
def test_a_provider_that_is_down_is_a_plain_page(
    app: Flask, client: FlaskClient, provider: MockProvider, kind: str, status: int
) -> None:
    provider.status = status
    refused(app, client, client.get(f"/sign-in/with/{kind}"), "unreachable")
    assert try_sign_in(client, "lead@northmoor.test").status_code == 302


@pytest.mark.parametrize("trouble", ["seconds", "drips"])
@pytest.mark.parametrize("kind", ["google"], indirect=True)
def test_a_provider_that_is_slow_holds_no_one_up_for_long(
    app: Flask,
    client: FlaskClient,
    provider: MockProvider,
    kind: str,
    trouble: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(openid_connect, "SECONDS", 0.3)
    setattr(provider, trouble, 600.0 if trouble == "seconds" else True)
    refused(app, client, client.get(f"/sign-in/with/{kind}"), "unreachable")
    assert provider.asked
    assert provider.answered == [], "the person was answered before the provider had"


@pytest.mark.parametrize("kind", ["google"], indirect=True)
def test_many_who_wait_for_a_slow_provider_hold_few_threads(
    app: Flask,
    client: FlaskClient,
    provider: MockProvider,
    kind: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(openid_connect, "SECONDS", 0.1)
    provider.seconds = 600.0
    for _person in range(openid_connect.MOST_AT_ONCE + 3):
        assert client.get(f"/sign-in/with/{kind}").status_code == 503
    assert len(provider.asked) <= openid_connect.MOST_AT_ONCE


@pytest.mark.parametrize(
    "lie",
    [
        {"issuer": "https://evil.example"},
        {"token_endpoint": "http://evil.example/token"},
        {"jwks_uri": None},
    ],
)
@pytest.mark.parametrize("kind", ["google"], indirect=True)
def test_a_description_that_is_not_right_is_not_used(
    app: Flask, client: FlaskClient, provider: MockProvider, kind: str, lie: dict[str, Any]
) -> None:
    provider.description = lie
    refused(app, client, client.get(f"/sign-in/with/{kind}"), "not theirs")


# Whose account it is


def test_an_address_is_matched_once_only(
    app: Flask, client: FlaskClient, provider: MockProvider, kind: str
) -> None:
    """The school gives the address of a person who left to someone else."""
    go(client, kind)
    client.post("/sign-out")
    provider.subject = "person-2"
    refused(app, client, go(client, kind), "no account")


def test_an_unlinked_account_opens_nothing_and_is_not_matched_again(
    app: Flask, client: FlaskClient, provider: MockProvider, kind: str
) -> None:
    go(client, kind)
    (account,) = accounts(app)
    client.post(f"/staff/account/providers/{account.account_id}/unlink")
    client.post("/sign-out")
    refused(app, client, go(client, kind), "unlinked")


def test_a_closed_account_stays_closed(
    app: Flask, client: FlaskClient, provider: MockProvider, kind: str
) -> None:
    go(client, kind)
    client.post("/sign-out")
    change(app, provider.email, active=False)
    refused(app, client, go(client, kind), "closed")


@pytest.mark.parametrize("kind", ["google"], indirect=True)
def test_an_organisation_cannot_make_itself_the_operator(
    app: Flask, client: FlaskClient, world: World, provider: MockProvider, kind: str
) -> None:
    provider.email = world.operator_email
    refused(app, client, go(client, kind), "no account")


@pytest.mark.parametrize("kind", ["google"], indirect=True)
def test_an_invited_person_needs_no_password_and_cannot_lose_the_last_way_in(
    app: Flask, client: FlaskClient, provider: MockProvider, kind: str
) -> None:
    change(app, provider.email, password=None)
    go(client, kind)
    (account,) = accounts(app)
    answer = client.post(f"/staff/account/providers/{account.account_id}/unlink")
    assert "no other way to sign in" in words(answer)
    assert accounts(app)[0].unlinked_on is None


@pytest.mark.parametrize("kind", ["google"], indirect=True)
def test_no_one_unlinks_the_account_of_another(
    app: Flask, client: FlaskClient, world: World, provider: MockProvider, kind: str
) -> None:
    go(client, kind)
    other = app.test_client()
    sign_in(other, world.email(Role.COORDINATOR))
    other.post(f"/staff/account/providers/{accounts(app)[0].account_id}/unlink")
    assert accounts(app)[0].unlinked_on is None


def linked(client: FlaskClient, kind: str) -> TestResponse:
    page = client.post(f"/staff/account/providers/{kind}")
    assert page.status_code == 200, words(page)
    address = page.text.partition('href="http://127.0.0.1')[2].partition('"')[0]
    start = f"http://127.0.0.1{address}".replace("&amp;", "&")
    answer = requests.get(start, allow_redirects=False, timeout=300)
    return client.get(path_of(answer.headers["Location"]))


@pytest.mark.parametrize("kind", ["microsoft"], indirect=True)
def test_a_member_links_an_account_of_any_address(
    app: Flask, client: FlaskClient, world: World, provider: MockProvider, kind: str
) -> None:
    provider.email = "another@northmoor.test"
    provider.claims["xms_edov"] = False
    sign_in(client, world.operator_email)
    assert linked(client, kind).headers["Location"] == "/staff/account"
    client.post("/sign-out")
    go(client, kind)
    assert is_signed_in(client)
    # and no one else can link the same
    other = app.test_client()
    sign_in(other, world.email(Role.COORDINATOR))
    assert linked(other, kind).status_code == 403
    assert len(accounts(app)) == 1


@pytest.mark.parametrize("kind", ["microsoft"], indirect=True)
def test_linking_that_another_member_began_in_this_browser_is_refused(
    app: Flask, client: FlaskClient, world: World, provider: MockProvider, kind: str
) -> None:
    sign_in(client, world.email(Role.LEAD))
    page = client.post(f"/staff/account/providers/{kind}").text
    address = page.partition('href="http://127.0.0.1')[2].partition('"')[0].replace("&amp;", "&")
    back = requests.get(f"http://127.0.0.1{address}", allow_redirects=False, timeout=300)
    client.post("/sign-out")
    sign_in(client, world.email(Role.COORDINATOR))
    assert client.get(path_of(back.headers["Location"])).status_code == 403
    assert not accounts(app)


# The second step


def test_our_second_step_is_asked_for_unless_the_provider_asked(
    app: Flask, client: FlaskClient, world: World, provider: MockProvider, kind: str
) -> None:
    email = provider.email
    sign_in(client, email)
    phone = turn_second_step_on(client)
    client.post("/sign-out")
    # An address that was matched just now proves no second step, whatever the provider says.
    provider.claims["amr"] = ["pwd", "mfa"]
    answer = go(client, kind, next="/staff/account")
    assert answer.headers["Location"].startswith("/sign-in/code")
    assert not is_signed_in(client)
    done = client.post(answer.headers["Location"], data={"code": phone.next_code()})
    assert done.headers["Location"] == "/staff/account"
    assert is_signed_in(client)
    client.post("/sign-out")
    go(client, kind)
    assert is_signed_in(client)
    client.post("/sign-out")
    for amr in (["pwd"], None, "mfa", ["MFA"], []):
        provider.claims["amr"] = amr
        answer = go(client, kind)
        assert not is_signed_in(client), amr
    with app.app_context():
        how = [
            one.details
            for one in read().scalars(
                select(Event).where(Event.name == EventName.SIGNED_IN).order_by(Event.at)
            )
        ]
    assert {"way": kind, "second_step": "code"} in how
    assert {"way": kind, "second_step": "provider"} in how


@pytest.mark.parametrize("kind", ["microsoft"], indirect=True)
def test_a_required_second_step_is_set_up_unless_the_provider_asked_for_one(
    app: Flask, client: FlaskClient, provider: MockProvider, kind: str
) -> None:
    object.__setattr__(app.extensions["settings"], "second_step", "required")
    go(client, kind)
    assert client.get("/staff/account").headers["Location"] == "/staff/account/second-step"
    client.post("/sign-out")
    provider.claims["amr"] = ["mfa"]
    go(client, kind)
    assert client.get("/staff/account").status_code == 200


@pytest.mark.parametrize("kind", ["google"], indirect=True)
def test_a_renewed_account_has_no_account_elsewhere(
    app: Flask, client: FlaskClient, provider: MockProvider, kind: str
) -> None:
    go(client, kind)
    client.post("/sign-out")
    with app.app_context(), begin() as db:
        member = db.scalars(select(Member).where(Member.email == provider.email)).one()
        operations.renew_member(db, member_id=member.id, password="x" * 20, by=None)
    answer = go(client, kind)
    assert answer.status_code == 403
    assert not is_signed_in(client)


def test_without_settings_there_is_no_button_and_no_page(sqlite_url: str, app: Flask) -> None:
    for kind in KINDS:
        object.__setattr__(app.extensions["settings"], f"{kind}_client_id", "")
        assert app.test_client().get(f"/sign-in/with/{kind}").status_code == 404
    assert "Sign in with" not in words(app.test_client().get("/sign-in")).replace(
        "Sign in with a passkey", ""
    )
