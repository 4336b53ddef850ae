"""Attacks on passkeys: copied answers, keys of others, other sites, and answers that are none."""

from __future__ import annotations

import json

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from survey.audit_log import Event, EventName
from survey.backups import redo_after_restore
from survey.database import begin, read
from survey.ledger.since_backup import LedgerEvent
from survey.organisations.accounts.models import Passkey
from survey.organisations.models import Member
from survey.permissions import Role
from tests.attacks.signing_in.authenticator import (
    ALONE,
    PAGE,
    SECOND,
    Authenticator,
    added,
    options_on,
)
from tests.integration.organisations.pages import (
    is_signed_in,
    secret_shown,
    try_sign_in,
    turn_second_step_on,
    words,
)
from tests.world import OPENED, PASSWORD, World, sign_in


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


@pytest.fixture
def lead(client: FlaskClient, world: World) -> FlaskClient:
    sign_in(client, world.email(Role.LEAD))
    return client


def alone(app: Flask, key: Authenticator) -> FlaskClient:
    client = app.test_client()
    client.post(ALONE, data={"answer": key.get(options_on(client.get(ALONE)))})
    return client


def after_password(app: Flask, email: str, key: Authenticator) -> FlaskClient:
    client = app.test_client()
    assert try_sign_in(client, email).headers["Location"].startswith(SECOND)
    client.post(SECOND, data={"answer": key.get(options_on(client.get(SECOND)))})
    return client


def test_a_passkey_signs_in_alone_and_as_the_second_step(
    app: Flask, lead: FlaskClient, world: World
) -> None:
    key = added(lead)
    assert is_signed_in(alone(app, key))
    client = after_password(app, world.email(Role.LEAD), key)
    assert is_signed_in(client)
    page = words(client.get("/staff/account/sessions"))
    assert "Passkey" in page
    assert "Password, second step" in page
    with app.app_context():
        kept = read().scalars(select(Passkey)).one()
        assert kept.used_on is not None
        assert kept.works_alone


def test_with_a_passkey_a_password_alone_opens_nothing(
    app: Flask, lead: FlaskClient, world: World
) -> None:
    added(lead)
    client = app.test_client()
    try_sign_in(client, world.email(Role.LEAD))
    assert not is_signed_in(client)
    assert client.get("/sign-in/code").status_code in (200, 302)
    client.post("/sign-in/code", data={"code": "000000"})
    assert not is_signed_in(client)


def test_a_key_that_asks_for_nothing_is_a_second_step_only(
    app: Flask, lead: FlaskClient, world: World
) -> None:
    """A person who finds it has one thing, not two."""
    key = added(lead, verifies=False)
    assert "As the second step after your password" in words(lead.get(PAGE))
    assert not is_signed_in(alone(app, key))
    assert is_signed_in(after_password(app, world.email(Role.LEAD), key))


def test_an_answer_counts_once_even_with_the_old_cookie(app: Flask, lead: FlaskClient) -> None:
    key = added(lead)
    client = app.test_client()
    answer = key.get(options_on(client.get(ALONE)))
    cookie = client.get_cookie("session")
    assert cookie is not None
    client.post(ALONE, data={"answer": answer})
    assert is_signed_in(client)
    thief = app.test_client()
    thief.set_cookie("session", cookie.value)
    again = thief.post(ALONE, data={"answer": answer})
    assert "did not work here" in words(again)
    assert not is_signed_in(thief)


def test_an_answer_to_another_browser_opens_nothing(app: Flask, lead: FlaskClient) -> None:
    key = added(lead)
    answer = key.get(options_on(app.test_client().get(ALONE)))
    thief = app.test_client()
    thief.get(ALONE)
    thief.post(ALONE, data={"answer": answer})
    assert not is_signed_in(thief)


def test_a_challenge_runs_out(
    app: Flask, lead: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = added(lead)
    client = app.test_client()
    page = client.get(ALONE)
    monkeypatch.setattr("survey.organisations.accounts.passkeys.HOLDS_SECONDS", 300)
    with client.session_transaction() as session:
        session["passkey_challenge"][2] -= 301
        session.modified = True
    client.post(ALONE, data={"answer": key.get(options_on(page))})
    assert not is_signed_in(client)


def test_the_key_of_one_account_is_no_second_step_of_another(
    app: Flask, lead: FlaskClient, world: World
) -> None:
    """A person with another account finds a colleague's security key."""
    found = added(lead, verifies=False)
    coordinator = app.test_client()
    sign_in(coordinator, world.email(Role.COORDINATOR))
    added(coordinator)
    thief = after_password(app, world.email(Role.COORDINATOR), found)
    assert not is_signed_in(thief)


def test_an_answer_made_for_the_second_step_does_not_sign_in_alone(
    app: Flask, lead: FlaskClient, world: World
) -> None:
    key = added(lead)
    client = app.test_client()
    try_sign_in(client, world.email(Role.LEAD))
    answer = key.get(options_on(client.get(SECOND)))
    client.post(ALONE, data={"answer": answer})
    assert not is_signed_in(client)


@pytest.mark.parametrize(
    "changed",
    [
        {"origin": "https://survey.test.evil.example"},
        {"domain": "evil.example"},
        {"user": b"another member!!"},
        {"verifies": False},
    ],
    ids=str,
)
def test_another_site_or_another_person_opens_nothing(
    app: Flask, lead: FlaskClient, changed: dict[str, object]
) -> None:
    key = added(lead)
    for name, value in changed.items():
        setattr(key, name, value)
    assert not is_signed_in(alone(app, key))


def test_a_copy_of_a_key_that_counts_is_noticed(
    app: Flask, lead: FlaskClient, world: World
) -> None:
    key = added(lead, counts=True)
    assert is_signed_in(alone(app, key))
    key.count = 0  # the copy was made before
    assert not is_signed_in(alone(app, key))
    with app.app_context():
        failed = read().scalars(select(Event).where(Event.name == EventName.SIGN_IN_FAILED)).one()
        assert failed.details["step"] == "passkey"


def test_a_closed_account_is_not_opened_by_a_passkey(
    app: Flask, lead: FlaskClient, world: World
) -> None:
    key = added(lead)
    with app.app_context(), begin() as db:
        db.scalars(
            select(Member).where(Member.email == world.email(Role.LEAD))
        ).one().active = False
    assert not is_signed_in(alone(app, key))


BROKEN = [
    "", "x", "[]", "{}", "null", "7", '"x"', "[" * 9_000, '{"rawId": 7}', '{"rawId": "!"}',
    '{"rawId": "AA", "response": 7}', "\x00", "é" * 30_000,
]  # fmt: skip


def test_an_answer_that_is_none_is_a_plain_page(app: Flask, lead: FlaskClient) -> None:
    key = added(lead)
    lead.post("/sign-out")
    client = app.test_client()
    whole = json.loads(key.get(options_on(client.get(ALONE))))
    bent = [json.dumps(whole | {name: 7}) for name in whole]
    bent += [
        json.dumps(whole | {"response": whole["response"] | {name: value}})
        for name in whole["response"]
        for value in (7, "", "A", "!!!!", None)
    ]
    for answer in BROKEN + bent:
        client.get(ALONE)
        assert client.post(ALONE, data={"answer": answer}).status_code in (200, 303, 400), answer
        assert not is_signed_in(client), answer[:200]


def test_a_passkey_that_is_none_is_not_added(app: Flask, lead: FlaskClient) -> None:
    for answer in [
        *BROKEN,
        Authenticator(origin="https://evil.example").create(options_on(lead.get(PAGE))),
    ]:
        lead.get(PAGE)
        page = lead.post(PAGE, data={"answer": answer, "name": "x"})
        assert page.status_code in (200, 400), answer[:50]
    with app.app_context():
        assert not read().scalars(select(Passkey)).all()


def test_one_passkey_is_not_added_to_two_accounts(
    app: Flask, lead: FlaskClient, world: World
) -> None:
    key = added(lead)
    other = app.test_client()
    sign_in(other, world.email(Role.COORDINATOR))
    again = key.create(options_on(other.get(PAGE)))
    assert "in use already" in words(other.post(PAGE, data={"answer": again, "name": "x"}))


def test_no_one_removes_the_passkey_of_another(app: Flask, lead: FlaskClient, world: World) -> None:
    added(lead)
    other = app.test_client()
    sign_in(other, world.email(Role.COORDINATOR))
    with app.app_context():
        own = read().scalars(select(Passkey.passkey_id)).one()
    other.post(f"{PAGE}/{own}/remove")
    with app.app_context():
        assert read().scalars(select(Passkey)).all()


def test_somebody_at_an_open_desk_adds_no_passkey(lead: FlaskClient) -> None:
    with lead.session_transaction() as session:
        session["fs_paa"] -= 16 * 60
    answer = lead.get(PAGE)
    assert answer.headers["Location"].startswith("/staff/account/confirm")
    back = lead.post(answer.headers["Location"], data={"password": PASSWORD})
    assert back.headers["Location"] == PAGE


def test_who_needs_a_second_step_may_take_a_passkey_and_keeps_the_last_one(
    app: Flask, lead: FlaskClient, world: World
) -> None:
    object.__setattr__(app.extensions["settings"], "second_step", "required")
    assert lead.get("/staff/account").headers["Location"] == "/staff/account/second-step"
    assert PAGE in lead.get("/staff/account/second-step").text
    added(lead)
    led = lead.get("/staff/account/second-step-done").headers["Location"]
    assert led == "/staff/account/recovery-codes"
    codes = secret_shown(lead.post(led))
    with app.app_context():
        own = read().scalars(select(Passkey.passkey_id)).one()
    assert "the only one" in words(lead.post(f"{PAGE}/{own}/remove"))
    assert lead.get("/staff/account").status_code == 200
    # The passkey is lost: a recovery code takes its place.
    client = app.test_client()
    try_sign_in(client, world.email(Role.LEAD))
    client.post("/sign-in/recovery-code", data={"code": codes[0]})
    assert is_signed_in(client)
    # With a phone as well, either of the two can go.
    phone = turn_second_step_on(client)
    assert client.post(f"{PAGE}/{own}/remove").status_code == 303
    other = app.test_client()
    answer = try_sign_in(other, world.email(Role.LEAD))
    other.post(answer.headers["Location"], data={"code": phone.next_code()})
    assert is_signed_in(other)


def test_with_both_the_page_of_the_code_leads_to_the_passkey(
    app: Flask, lead: FlaskClient, world: World
) -> None:
    key = added(lead)
    turn_second_step_on(lead)
    client = app.test_client()
    answer = try_sign_in(client, world.email(Role.LEAD), next="/staff/account/sessions")
    assert answer.headers["Location"].startswith("/sign-in/code")
    page = client.get(answer.headers["Location"])
    assert "Use your passkey instead" in words(page)
    where = f"{SECOND}?next=/staff/account/sessions"
    assert where in page.text
    done = client.post(where, data={"answer": key.get(options_on(client.get(where)))})
    assert done.headers["Location"] == "/staff/account/sessions"
    assert is_signed_in(client)


def test_the_operator_who_turns_the_second_step_off_removes_passkeys(
    app: Flask, lead: FlaskClient, world: World
) -> None:
    key = added(lead)
    operator = app.test_client()
    sign_in(operator, world.operator_email)
    with app.app_context():
        email = world.email(Role.LEAD)
        member_id = read().scalars(select(Member.id).where(Member.email == email)).one()
    operator.post(f"/operator/members/{member_id}/second-step")
    assert not is_signed_in(alone(app, key))
    assert try_sign_in(app.test_client(), world.email(Role.LEAD)).headers["Location"] == "/staff"


def test_a_restored_passkey_that_was_removed_since_opens_nothing(
    app: Flask, lead: FlaskClient
) -> None:
    """As the laptop was lost between the backup and the restore."""
    key = added(lead)
    with app.app_context(), begin() as db:
        owner = db.scalars(select(Passkey.member_id)).one()
        happened = LedgerEvent(EventName.PASSKEY_REMOVED.value, OPENED, {"member": str(owner)})
        redo_after_restore.REDO[EventName.PASSKEY_REMOVED](db, happened)
    assert EventName.PASSKEY_REMOVED in redo_after_restore.OWN_DOING
    assert not is_signed_in(alone(app, key))


def test_only_the_pages_of_passkeys_run_a_script(lead: FlaskClient) -> None:
    assert "script-src 'self'" in lead.get(PAGE).headers["Content-Security-Policy"]
    assert "unsafe" not in lead.get(PAGE).headers["Content-Security-Policy"]
    assert "script-src" not in lead.get("/staff/account").headers["Content-Security-Policy"]
