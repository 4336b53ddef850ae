"""A new SURVEY_TOTP_KEY: nothing is lost, and the old key opens nothing afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from flask import Flask
from passlib.totp import TOTP
from sqlalchemy import select

from survey.app import create_app
from survey.database import begin, read
from survey.help_requests import box_storage
from survey.help_requests.operations import box_key
from survey.organisations.accounts.second_step import LEGACY_TAG
from survey.organisations.models import Member
from survey.permissions import Role
from tests import databases
from tests.conftest import settings_for
from tests.integration.organisations.pages import (
    Phone,
    is_signed_in,
    secret_shown,
    try_sign_in,
    turn_second_step_on,
)
from tests.world import World, sign_in

A, B, C = (f"{letter}0123456789abcdef0123456789abcdef" for letter in "tuv")


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


@contextmanager
def started(database_url: str, key: str, *old: str) -> Iterator[Flask]:
    settings = settings_for(database_url, totp_key=key, old_totp_keys=" ".join(old))
    app = create_app(settings, testing=True)
    yield app
    databases.close(app)


def signs_in(app: Flask, email: str, phone: Phone) -> bool:
    with app.app_context(), begin() as db:  # a code counts once, and this test is quick
        db.scalars(select(Member).where(Member.email == email)).one().last_code_step = None
    client = app.test_client()
    try_sign_in(client, email)
    answer = client.post("/sign-in/code", data={"code": phone.next_code()})
    assert answer.status_code in (200, 302)
    return is_signed_in(client)


def requests_that_open(app: Flask, world: World) -> int:
    key = box_key(*app.extensions["settings"].totp_keys)
    with app.app_context():
        return len(box_storage.entries(read(), world.own.school_id, key=key))


def rotated(app: Flask) -> tuple[int, str]:
    result = app.test_cli_runner().invoke(args=["rotate-totp-key"])
    return result.exit_code, result.output


def test_second_steps_and_requests_go_over_to_a_new_key(
    app: Flask, world: World, database_url: str
) -> None:
    email = world.email(Role.LEAD)
    client = app.test_client()
    sign_in(client, email)
    phone = turn_second_step_on(client)
    code = secret_shown(client.post("/staff/account/recovery-codes"))[0]
    with started(database_url, B, A) as both:
        assert signs_in(both, email, phone)
        assert requests_that_open(both, world) == 1
        exit_code, output = rotated(both)
        assert exit_code == 0, output
        assert "Second steps encrypted again: 1." in output
        assert signs_in(both, email, phone)
        assert "again: 0." in rotated(both)[1]
    with started(database_url, B) as new:
        assert signs_in(new, email, phone)
        assert requests_that_open(new, world) == 1
        other = new.test_client()
        try_sign_in(other, email)
        other.post("/sign-in/recovery-code", data={"code": code})
        assert is_signed_in(other)
    with started(database_url, A) as old:
        assert not signs_in(old, email, phone)
        assert requests_that_open(old, world) == 0


def test_secrets_from_before_keys_had_names_go_over_too(
    app: Flask, world: World, database_url: str
) -> None:
    email = world.email(Role.LEAD)
    old = TOTP.using(issuer="Safer Places", secrets={LEGACY_TAG: A}).new()
    phone = Phone(old.base32_key)
    with app.app_context(), begin() as db:
        member = db.scalars(select(Member).where(Member.email == email)).one()
        member.tf_primary_method = "authenticator"
        member.tf_totp_secret = old.to_json(encrypt=True)
        cryptor = app.extensions["security"].mf_recovery_codes_util
        member.mf_recovery_codes = cryptor._encrypt_codes(["aaaa-bbbb-cccc"])
    assert signs_in(app, email, phone)
    with started(database_url, C, B, A) as twice:
        assert signs_in(twice, email, phone)
        assert rotated(twice)[0] == 0
    with started(database_url, C) as new:
        assert signs_in(new, email, phone)
        other = new.test_client()
        try_sign_in(other, email)
        other.post("/sign-in/recovery-code", data={"code": "aaaa-bbbb-cccc"})
        assert is_signed_in(other)


def test_an_old_key_taken_away_too_early_is_named_and_breaks_no_page(
    app: Flask, world: World, database_url: str
) -> None:
    email = world.email(Role.LEAD)
    client = app.test_client()
    sign_in(client, email)
    phone = turn_second_step_on(client)
    with started(database_url, B) as early:
        assert not signs_in(early, email, phone)
        exit_code, output = rotated(early)
        assert exit_code == 1
        assert "1 second steps and 2 boxes need a key" in output
    with started(database_url, B, A) as both:
        assert rotated(both)[0] == 0
        assert signs_in(both, email, phone)
        assert requests_that_open(both, world) == 1
