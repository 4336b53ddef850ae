"""Guessing is slowed by account, whatever address it comes from."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from survey.organisations.accounts import guess_limits
from survey.permissions import Role
from tests.integration.organisations.pages import (
    is_signed_in,
    try_sign_in,
    turn_second_step_on,
    words,
)
from tests.world import World

TRIES = 10


def guess(client: FlaskClient, email: str, times: int = TRIES) -> None:
    for _try in range(times):
        assert try_sign_in(client, email, "a wrong long password").status_code == 200


def test_the_eleventh_try_is_refused_even_with_the_right_password(
    client: FlaskClient, world: World
) -> None:
    guess(client, world.email(Role.LEAD))
    answer = try_sign_in(client, world.email(Role.LEAD))
    assert answer.status_code == 429
    assert "Too many tries" in words(answer)
    assert not is_signed_in(client)


def test_another_spelling_or_another_address_makes_no_difference(
    client: FlaskClient, world: World
) -> None:
    guess(client, world.email(Role.LEAD), TRIES - 1)
    guess(client, world.email(Role.LEAD).upper() + " ", 1)
    client.environ_base["REMOTE_ADDR"] = "203.0.113.9"
    assert try_sign_in(client, world.email(Role.LEAD)).status_code == 429


def test_the_people_next_to_them_are_not_held_up(client: FlaskClient, world: World) -> None:
    guess(client, world.email(Role.LEAD))
    assert try_sign_in(client, world.email(Role.COORDINATOR)).status_code == 302


def test_signing_in_rightly_does_not_count(client: FlaskClient, world: World) -> None:
    for _time in range(TRIES + 2):
        assert try_sign_in(client, world.email(Role.LEAD)).status_code == 302
        client.post("/sign-out")


def test_an_account_that_is_not_there_is_slowed_the_same(client: FlaskClient, world: World) -> None:
    guess(client, "nobody@nowhere.test")
    assert try_sign_in(client, "nobody@nowhere.test").status_code == 429


def test_starting_again_does_not_give_new_tries_at_the_second_step(
    client: FlaskClient, world: World
) -> None:
    try_sign_in(client, world.email(Role.LEAD))
    phone = turn_second_step_on(client)
    client.post("/sign-out")
    for half in range(2):
        try_sign_in(client, world.email(Role.LEAD))
        for _try in range(TRIES // 2):
            answer = client.post("/sign-in/code", data={"code": phone.wrong_code()})
            assert answer.status_code == 200, half
    try_sign_in(client, world.email(Role.LEAD))
    assert client.post("/sign-in/code", data={"code": phone.code()}).status_code == 429
    code = {"code": "0000-0000-0000"}
    assert client.post("/sign-in/recovery-code", data=code).status_code == 429
    assert not is_signed_in(client)


def test_an_added_address_gives_no_new_tries_at_a_password(
    client: FlaskClient, world: World
) -> None:
    try_sign_in(client, world.email(Role.LEAD))
    for number in range(TRIES):
        data = {"password": "a wrong long password", "email": f"{number}@nowhere.test"}
        assert client.post("/staff/account/confirm", data=data).status_code == 200
    answer = client.post("/staff/account/confirm", data={"password": "a long demo password"})
    assert answer.status_code == 429


@pytest.fixture
def three_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guess_limits, "TRIES_OF_ALL", "3 per minute")


@pytest.mark.usefixtures("three_a_minute")
def test_everybody_together_cannot_keep_the_machine_busy(client: FlaskClient, world: World) -> None:
    for number in range(3):
        assert try_sign_in(client, f"{number}@nowhere.test").status_code == 200
    assert try_sign_in(client, world.email(Role.LEAD)).status_code == 429
    assert client.get("/sign-in").status_code == 200
