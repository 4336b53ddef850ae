"""Attacks on signing in: copied cookies, codes that were seen, locked-out staff, old passwords."""

from __future__ import annotations

import re
import threading
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from survey.database import begin, database, read
from survey.organisations import operations
from survey.organisations.accounts import guess_limits, sessions
from survey.organisations.models import Member, StaffSession
from survey.permissions import Role
from survey.settings import Settings
from tests.conftest import settings_for
from tests.integration.organisations.pages import (
    NEW_PASSWORD,
    choose_password,
    is_signed_in,
    secret_shown,
    try_sign_in,
    turn_second_step_on,
    words,
)
from tests.limits_clock import moved_by_hand
from tests.world import PASSWORD, World, sign_in

WRONG = "a wrong long password"


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


@pytest.fixture
def lead(client: FlaskClient, world: World) -> FlaskClient:
    sign_in(client, world.email(Role.LEAD))
    return client


def member(app: Flask, email: str) -> Member:
    with app.app_context():
        found = database.session.scalar(select(Member).where(Member.email == email))
        assert found is not None
        return found


def copied(client: FlaskClient) -> FlaskClient:
    """Another browser with the session's cookie of this one."""
    cookie = client.get_cookie("session")
    assert cookie is not None
    thief = client.application.test_client()
    thief.set_cookie("session", cookie.value)
    return thief


# Sessions


def test_a_copied_cookie_is_worth_nothing_after_signing_out(lead: FlaskClient) -> None:
    thief = copied(lead)
    assert is_signed_in(thief)
    lead.post("/sign-out")
    assert not is_signed_in(thief)


def test_a_copied_cookie_is_worth_nothing_after_a_new_password(lead: FlaskClient) -> None:
    thief = copied(lead)
    new = {"new_password": NEW_PASSWORD, "new_password_confirm": NEW_PASSWORD}
    lead.post("/staff/account/password", data={"password": PASSWORD} | new)
    assert is_signed_in(lead)
    assert not is_signed_in(thief)


def test_no_session_lasts_longer_than_half_a_day(
    app: Flask, lead: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    began = sessions.now()
    hours = 0.0
    monkeypatch.setattr(sessions, "now", lambda: began + timedelta(hours=hours))
    while hours < 11.75:
        hours += 0.25
        assert is_signed_in(lead), hours
    hours = 12.1
    assert not is_signed_in(lead)


def test_the_server_itself_ends_a_session_that_nobody_uses(
    lead: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = sessions.now() + timedelta(minutes=36)
    monkeypatch.setattr(sessions, "now", lambda: later)
    assert not is_signed_in(lead)


def test_a_copy_of_the_database_signs_nobody_in(app: Flask, lead: FlaskClient) -> None:
    with lead.session_transaction() as session:
        token = session[sessions.TOKEN]
    with app.app_context():
        kept = database.session.scalars(select(StaffSession.token_hash)).all()
    assert kept
    assert token.encode() not in b"".join(kept)


def test_a_session_belongs_to_its_member(app: Flask, lead: FlaskClient, world: World) -> None:
    """A person who could write a cookie with another member's id would still lack their token."""
    with lead.session_transaction() as session:
        session["_user_id"] = member(app, world.operator_email).fs_uniquifier
    assert not is_signed_in(lead)


def test_a_member_sees_and_ends_sessions_elsewhere(app: Flask, world: World) -> None:
    email = world.email(Role.LEAD)
    agents = ("Mozilla/5.0 (Windows NT 10.0; Win64) Firefox/140.0", "Mozilla/5.0 (iPad) Safari/605")
    here, elsewhere, third = (app.test_client() for _n in range(3))
    for client, agent in zip((here, elsewhere), agents, strict=True):
        client.environ_base["HTTP_USER_AGENT"] = agent
    for client in (here, elsewhere, third):
        sign_in(client, email)
    page = here.get("/staff/account/sessions")
    for said in ("Firefox, Windows This browser", "Safari, iPad", "Another browser"):
        assert said in words(page)
    ids = re.findall(r'name="end" value="([0-9a-f-]{36})"', page.text)
    assert len(ids) == 2
    here.post("/staff/account/sessions", data={"end": ids[0]})
    assert sorted(map(is_signed_in, (elsewhere, third))) == [False, True]
    answer = here.post("/staff/account/sessions", data={"end": "others"}, follow_redirects=True)
    assert "1 other browser is signed out." in words(answer)
    assert not any(map(is_signed_in, (elsewhere, third)))
    assert is_signed_in(here)
    assert here.post("/staff/account/sessions", data={"end": "x"}).status_code == 400


def test_nobody_ends_the_sessions_of_others(app: Flask, lead: FlaskClient, world: World) -> None:
    with app.app_context():
        own = database.session.scalars(select(StaffSession.session_id)).one()
    other = app.test_client()
    sign_in(other, world.email(Role.COORDINATOR))
    other.post("/staff/account/sessions", data={"end": str(own)})
    other.post("/staff/account/sessions", data={"end": "others"})
    assert is_signed_in(lead)


# First passwords


def with_first_password(app: Flask, world: World) -> tuple[str, str]:
    with app.app_context(), begin() as db:
        lead = db.scalar(select(Member).where(Member.email == world.email(Role.LEAD)))
        assert lead is not None
        password = operations.make_password()
        operations.renew_member(db, member_id=lead.id, password=password, by=None)
        return lead.email, password


def test_a_first_password_opens_nothing_but_the_page_to_change_it(
    app: Flask, client: FlaskClient, world: World
) -> None:
    email, password = with_first_password(app, world)
    assert try_sign_in(client, email, password).status_code == 302
    school = f"/schools/{world.own.school_id}/"
    for page in ("/staff", school, f"{school}help-requests/", "/staff/account"):
        assert client.get(page).headers["Location"] == "/staff/account/password", page
    assert "somebody else made" in words(client.get("/staff/account/password"))
    same = {"new_password": password, "new_password_confirm": password}
    client.post("/staff/account/password", data={"password": password} | same)
    assert client.get(school).status_code == 303
    choose_password(client, password)
    assert client.get(school).status_code == 200
    assert try_sign_in(app.test_client(), email, password).status_code == 200


def test_what_was_typed_is_not_lost_over_choosing_a_password(
    app: Flask, client: FlaskClient, world: World
) -> None:
    email, password = with_first_password(app, world)
    try_sign_in(client, email, password)
    words_typed = {"names": "Ms Okafor and others"}
    held = client.post(f"/schools/{world.own.school_id}/staff-names", data=words_typed)
    assert held.status_code == 409
    (sealed,) = re.findall(r'name="kept" value="([^"]+)"', held.text)
    choose_password(client, password)
    again = client.post("/staff/send-again", data={"kept": sealed})
    assert "Ms Okafor and others" in words(again)


def test_a_first_password_runs_out(
    app: Flask, client: FlaskClient, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    email, password = with_first_password(app, world)
    later = sessions.now() + timedelta(days=operations.FIRST_PASSWORD_DAYS)
    monkeypatch.setattr(sessions, "now", lambda: later)
    assert "works no longer" in words(try_sign_in(client, email, password))
    assert not is_signed_in(client)
    assert "works no longer" not in words(try_sign_in(client, email, WRONG))


def test_a_first_password_that_somebody_used_is_over_in_an_hour(
    app: Flask, client: FlaskClient, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that its owner notices if the operator, or a person who overheard it, came first."""
    email, password = with_first_password(app, world)
    assert try_sign_in(app.test_client(), email, password).status_code == 302
    later = sessions.now() + timedelta(minutes=61)
    monkeypatch.setattr(sessions, "now", lambda: later)
    assert "works no longer" in words(try_sign_in(client, email, password))


# The second step


@pytest.fixture
def required(database_url: str) -> Settings:
    return settings_for(database_url, second_step="required")


@pytest.mark.parametrize("role", [Role.LEAD, Role.ANALYST, Role.OPERATOR])
@pytest.mark.usefixtures("world")
def test_who_reads_or_opens_accounts_sets_up_the_second_step_first(
    app: Flask, world: World, role: Role
) -> None:
    object.__setattr__(app.extensions["settings"], "second_step", "required")
    client = app.test_client()
    sign_in(client, world.email(role))
    for page in ("/staff", "/staff/account", "/operator/", f"/schools/{world.own.school_id}/"):
        assert client.get(page).headers["Location"] == "/staff/account/second-step", page
    assert "Your role needs it" in words(client.get("/staff/account/second-step"))
    turn_second_step_on(client)
    assert client.get("/staff/account").status_code == 200
    page = client.get("/staff/account/second-step")
    assert "Use another phone" in words(page)
    assert "Turn it off" not in words(page)
    client.post("/staff/account/second-step", data={"setup": "disable"})
    assert member(app, world.email(role)).tf_primary_method == "authenticator"


def test_a_coordinator_may_do_without(app: Flask, client: FlaskClient, world: World) -> None:
    object.__setattr__(app.extensions["settings"], "second_step", "required")
    sign_in(client, world.email(Role.COORDINATOR))
    assert client.get("/staff/account").status_code == 200


def test_a_code_that_somebody_saw_opens_nothing_again(
    app: Flask, lead: FlaskClient, world: World
) -> None:
    email = world.email(Role.LEAD)
    phone = turn_second_step_on(lead)
    code = phone.next_code()
    first, second = app.test_client(), app.test_client()
    for client in (first, second):
        try_sign_in(client, email)
    assert first.post("/sign-in/code", data={"code": code}).status_code == 302
    assert is_signed_in(first)
    again = second.post("/sign-in/code", data={"code": code})
    assert "That code is wrong" in words(again)
    assert not is_signed_in(second)


def test_of_one_code_sent_twice_at_once_only_one_counts(
    app: Flask, lead: FlaskClient, world: World
) -> None:
    phone = turn_second_step_on(lead)
    code = phone.next_code()
    clients = [app.test_client() for _n in range(4)]
    for client in clients:
        try_sign_in(client, world.email(Role.LEAD))
    threads = [
        threading.Thread(target=one.post, args=("/sign-in/code",), kwargs={"data": {"code": code}})
        for one in clients
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(map(is_signed_in, clients)) == 1


@pytest.mark.parametrize(
    ("seconds", "counts"), [(-30, True), (30, True), (-61, False), (61, False)]
)
def test_a_code_counts_within_one_step_of_now(
    app: Flask, lead: FlaskClient, world: World, seconds: int, counts: bool
) -> None:
    phone = turn_second_step_on(lead)
    codes = app.extensions["security"].totp_factory
    now = 1_800_000_015  # the middle of a step
    secret = member(app, world.email(Role.LEAD)).tf_totp_secret
    codes._totp.now = staticmethod(lambda: now)
    code = str(phone.totp.generate(now + seconds).token)
    with app.test_request_context():
        assert codes.matches(code, secret) is counts


def test_recovery_codes_are_kept_as_slow_hashes(
    app: Flask, lead: FlaskClient, world: World
) -> None:
    turn_second_step_on(lead)
    shown = secret_shown(lead.post("/staff/account/recovery-codes"))
    kept = member(app, world.email(Role.LEAD)).mf_recovery_codes
    assert kept is not None
    assert len(kept) == len(shown) == 5
    assert all(one.startswith("$argon2") for one in kept)
    again = lead.get("/staff/account/recovery-codes?show_codes=1")
    assert not secret_shown(again)
    other = app.test_client()
    try_sign_in(other, world.email(Role.LEAD))
    typed = shown[2].upper().replace("-", " ")
    assert other.post("/sign-in/recovery-code", data={"code": typed}).status_code == 302
    assert is_signed_in(other)


# Keeping staff out


def flood(client: FlaskClient, email: str, times: int) -> None:
    for _n in range(times):
        try_sign_in(client, email, WRONG)


def test_wrong_passwords_of_others_do_not_keep_a_member_out_of_a_known_browser(
    app: Flask, lead: FlaskClient, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guess_limits, "TRIES_OF_ALL", "15 per minute")
    email = world.email(Role.LEAD)
    lead.post("/sign-out")
    flood(app.test_client(), email, 12)
    for number in range(10):
        try_sign_in(app.test_client(), f"{number}@nowhere.test", WRONG)
    assert try_sign_in(app.test_client(), email).status_code == 429
    assert try_sign_in(lead, email).status_code == 302


def test_a_known_browser_can_be_used_to_guess_no_faster(lead: FlaskClient, world: World) -> None:
    """Its cookie may be stolen, or sit in a shared browser."""
    email = world.email(Role.LEAD)
    lead.post("/sign-out")
    answers = [try_sign_in(lead, email, WRONG).status_code for _n in range(12)]
    assert answers == [200] * 10 + [429] * 2


def test_the_cookie_of_one_account_gives_no_tries_at_another(
    app: Flask, lead: FlaskClient, world: World
) -> None:
    lead.post("/sign-out")
    flood(app.test_client(), world.email(Role.COORDINATOR), 11)
    assert try_sign_in(lead, world.email(Role.COORDINATOR)).status_code == 429


def test_in_an_unknown_browser_a_code_of_the_phone_gets_a_member_in(
    app: Flask, lead: FlaskClient, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guess_limits, "TRIES_OF_ALL", "15 per minute")
    email = world.email(Role.LEAD)
    phone = turn_second_step_on(lead)
    flood(app.test_client(), email, 20)
    client = app.test_client()
    held = try_sign_in(client, email)
    assert held.status_code == 429
    assert 'name="second_code"' in held.text
    assert try_sign_in(client, email, second_code=phone.wrong_code()).status_code == 429
    code = phone.next_code()
    assert try_sign_in(client, email, second_code=code).status_code == 302
    client.post("/sign-in/code", data={"code": code})
    assert is_signed_in(client)


def test_in_an_unknown_browser_one_try_passes_every_half_minute(
    app: Flask, client: FlaskClient, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = moved_by_hand(monkeypatch)
    email = world.email(Role.COORDINATOR)
    flood(app.test_client(), email, 12)
    assert try_sign_in(client, email).status_code == 429
    clock.now += 31
    assert try_sign_in(client, email).status_code == 302


def test_a_new_first_password_always_gets_in(app: Flask, client: FlaskClient, world: World) -> None:
    email, password = with_first_password(app, world)
    flood(app.test_client(), email, 12)
    assert try_sign_in(client, email, password).status_code == 302


def test_being_slowed_does_not_say_whether_there_is_an_account(app: Flask, world: World) -> None:
    pages = set()
    for email in (world.email(Role.LEAD), "nobody@nowhere.test"):
        client = app.test_client()
        flood(client, email, 10)
        page = try_sign_in(client, email)
        assert page.status_code == 429
        pages.add(re.sub(r'name="csrf_token"[^>]*', "", page.text.replace(email, "")))
    assert len(pages) == 1


# Passwords


@pytest.mark.parametrize(
    "password", ["password1234", "aaaaaaaaaaaa", "lead@northmoor.test", "Northmoor High School"]
)
def test_a_password_that_many_would_try_is_refused(lead: FlaskClient, password: str) -> None:
    new = {"new_password": password, "new_password_confirm": password}
    page = lead.post("/staff/account/password", data={"password": PASSWORD} | new)
    assert "easy to guess" in words(page)


def test_the_time_of_the_last_page_is_written_at_most_every_five_minutes(
    app: Flask, lead: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    began = sessions.now()
    with app.app_context():
        read().execute(update(StaffSession).values(seen_at=began))
        read().commit()
    seen = []
    for minutes in (1, 4, 6, 7):
        at = began + timedelta(minutes=minutes)
        monkeypatch.setattr(sessions, "now", lambda at=at: at)
        assert is_signed_in(lead)
        with app.app_context():
            seen.append(read().scalars(select(StaffSession.seen_at)).one())
    assert [(one - began) // timedelta(minutes=1) for one in seen] == [0, 0, 6, 6]
