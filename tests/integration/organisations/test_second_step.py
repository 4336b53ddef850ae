from __future__ import annotations

import json
import time

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from survey.database import database
from survey.organisations.models import Member
from survey.organisations.sign_in import PROVE_AGAIN_AFTER
from survey.permissions import Role
from tests.integration.organisations.pages import (
    is_signed_in,
    secret_shown,
    try_sign_in,
    turn_second_step_on,
    words,
)
from tests.world import PASSWORD, World


def kept(app: Flask, email: str) -> Member:
    with app.app_context():
        member = database.session.scalar(select(Member).where(Member.email == email))
        assert member is not None
        return member


def test_with_the_second_step_a_password_alone_opens_nothing(
    client: FlaskClient, world: World
) -> None:
    email = world.email(Role.LEAD)
    try_sign_in(client, email)
    phone = turn_second_step_on(client)
    assert "Second step On" in words(client.get("/staff/account"))
    client.post("/sign-out")

    answer = try_sign_in(client, email, next="/staff/account")
    assert answer.headers["Location"].startswith("/sign-in/code")
    assert not is_signed_in(client)
    page = client.post(answer.headers["Location"], data={"code": phone.wrong_code()})
    assert "That code is wrong" in words(page)
    assert not is_signed_in(client)

    done = client.post(answer.headers["Location"], data={"code": phone.next_code()})
    assert done.headers["Location"] == "/staff/account"
    assert is_signed_in(client)


def test_it_is_on_only_after_the_phone_showed_a_right_code(
    app: Flask, client: FlaskClient, world: World
) -> None:
    try_sign_in(client, world.email(Role.LEAD))
    client.post("/staff/account/second-step", data={"setup": "authenticator"})
    assert kept(app, world.email(Role.LEAD)).tf_primary_method is None
    client.post("/sign-out")
    assert try_sign_in(client, world.email(Role.LEAD)).headers["Location"] == "/staff"


def test_the_page_shows_a_square_to_scan_and_no_other_way(
    client: FlaskClient, world: World
) -> None:
    try_sign_in(client, world.email(Role.LEAD))
    page = client.post("/staff/account/second-step", data={"setup": "authenticator"})
    assert 'src="data:image/svg+xml;base64,' in page.text
    for method in ("email", "sms", "nonsense"):
        answer = client.post("/staff/account/second-step", data={"setup": method})
        assert secret_shown(answer) == []
        assert "Choose one of the buttons" in words(answer)


def test_the_secret_is_not_kept_as_it_was_shown(
    app: Flask, client: FlaskClient, world: World
) -> None:
    try_sign_in(client, world.email(Role.LEAD))
    phone = turn_second_step_on(client)
    codes = secret_shown(client.post("/staff/account/recovery-codes"))
    member = kept(app, world.email(Role.LEAD))
    assert member.tf_totp_secret is not None
    assert phone.totp.base32_key not in member.tf_totp_secret
    assert len(codes) == 5
    assert not any(code in json.dumps(member.mf_recovery_codes) for code in codes)


def test_a_recovery_code_stands_in_for_the_phone_once(client: FlaskClient, world: World) -> None:
    email = world.email(Role.LEAD)
    try_sign_in(client, email)
    turn_second_step_on(client)
    codes = secret_shown(client.post("/staff/account/recovery-codes"))
    assert "5 codes left" in words(client.get("/staff/account"))
    client.post("/sign-out")

    try_sign_in(client, email)
    assert "recovery code" in words(client.get("/sign-in/code"))
    client.post("/sign-in/recovery-code", data={"code": codes[0]})
    assert is_signed_in(client)
    assert "4 codes left" in words(client.get("/staff/account"))
    client.post("/sign-out")

    try_sign_in(client, email)
    again = client.post("/sign-in/recovery-code", data={"code": codes[0]})
    assert "used before" in words(again)
    assert not is_signed_in(client)


def test_lost_phones_are_no_reason_to_send_mail(client: FlaskClient, world: World) -> None:
    try_sign_in(client, world.email(Role.LEAD))
    turn_second_step_on(client)
    client.post("/sign-out")
    try_sign_in(client, world.email(Role.LEAD))
    for wish in ("help", "email"):
        answer = client.post("/sign-in/help", data={"help_setup": wish})
        assert answer.status_code == 200
        assert "The second step" in words(answer)


def test_turning_it_off_takes_the_password_again_after_a_while(
    app: Flask, client: FlaskClient, world: World
) -> None:
    email = world.email(Role.LEAD)
    try_sign_in(client, email)
    turn_second_step_on(client)
    with client.session_transaction() as session:
        session["fs_paa"] = time.time() - PROVE_AGAIN_AFTER.total_seconds() - 1
        session.pop("fs_gexp", None)

    held = client.post("/staff/account/second-step", data={"setup": "disable"})
    assert held.headers["Location"].startswith("/staff/account/confirm")
    assert kept(app, email).tf_primary_method == "authenticator"
    wrong = client.post(held.headers["Location"], data={"password": "a wrong long password"})
    assert "not your password" in words(wrong)

    client.post(held.headers["Location"], data={"password": PASSWORD})
    client.post("/staff/account/second-step", data={"setup": "disable"})
    assert kept(app, email).tf_totp_secret is None
    client.post("/sign-out")
    try_sign_in(client, email)
    assert is_signed_in(client)
