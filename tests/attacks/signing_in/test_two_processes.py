"""Guessing through two server processes gives no more tries than through one."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import event, func, select

from survey.app import create_app
from survey.database import READS_ONCE, database, read
from survey.help_requests.rate_limit import FEW, LANES, FloodLimit
from survey.http.rate_limits import RateCount, SharedLimits
from survey.mail.kinds import MailKind
from survey.organisations.accounts.models import PasswordLink
from survey.permissions import Role
from survey.settings import Settings
from tests import databases
from tests.conftest import settings_for
from tests.integration.organisations.pages import (
    is_signed_in,
    try_sign_in,
    turn_second_step_on,
)
from tests.limits_clock import moved_by_hand
from tests.unit.help_requests.test_rate_limit import asked
from tests.world import World, sign_in

WRONG = "a wrong long password"


@pytest.fixture
def settings(sqlite_url: str) -> Settings:
    return settings_for(sqlite_url, mail_folder="/tmp", mail_from="a@survey.test")


@pytest.fixture
def second(settings: Settings, app: Flask) -> Iterator[Flask]:
    """Another process on the same database: nothing in memory is shared."""
    made = create_app(settings, testing=True)
    yield made
    databases.close(made)


def test_wrong_passwords_count_together(app: Flask, second: Flask, world: World) -> None:
    email = world.email(Role.LEAD)
    for number in range(10):
        here = (app, second)[number % 2].test_client()
        assert try_sign_in(here, email, WRONG).status_code == 200
    for process in (app, second):
        assert try_sign_in(process.test_client(), email).status_code == 429


def test_signing_in_at_one_begins_the_count_again_at_both(
    app: Flask, second: Flask, world: World
) -> None:
    email = world.email(Role.COORDINATOR)
    for _round in range(3):
        for process in (app, second):
            for _number in range(4):
                assert try_sign_in(process.test_client(), email, WRONG).status_code == 200
        assert try_sign_in(app.test_client(), email).status_code == 302


def test_wrong_codes_count_together(app: Flask, second: Flask, world: World) -> None:
    email = world.email(Role.LEAD)
    client = app.test_client()
    sign_in(client, email)
    phone = turn_second_step_on(client)
    for number in range(10):
        here = (app, second)[number % 2].test_client()
        try_sign_in(here, email)
        assert here.post("/sign-in/code", data={"code": phone.wrong_code()}).status_code == 200
    here = second.test_client()
    try_sign_in(here, email)
    assert here.post("/sign-in/code", data={"code": phone.next_code()}).status_code == 429
    assert not is_signed_in(here)


def test_links_for_a_password_count_together(app: Flask, second: Flask, world: World) -> None:
    sent: list[bytes] = []
    for number in range(8):
        process = (app, second)[number % 2]
        process.config["WTF_CSRF_ENABLED"] = False
        page = process.test_client().post("/forgotten", data={"email": world.email(Role.LEAD)})
        assert page.status_code == 303
        with app.app_context():
            link = select(PasswordLink.token_hash).where(PasswordLink.kind == MailKind.RESET.value)
            sent.append(read().scalars(link).one())
            database.session.rollback()
    assert len(set(sent)) == 3


def test_a_flood_of_requests_for_help_counts_together(app: Flask, second: Flask) -> None:
    secret = app.config["SECRET_KEY"]
    limits = [FloodLimit(shared=SharedLimits(secret)) for _process in range(2)]
    passed = 0
    with app.app_context():
        for number in range(400):
            words = "".join(chr(97 + int(digit)) for digit in f"{number:03}")
            one = asked(words * 3, words * 5)
            passed += not limits[number % 2].must_wait("school", uuid.uuid4(), one)
    assert passed <= 2 * LANES + 2 * FEW.amount


def test_a_few_requests_for_help_leave_no_row(app: Flask) -> None:
    limit = FloodLimit(shared=SharedLimits(app.config["SECRET_KEY"]))
    with app.app_context():
        for number in range(FEW.amount):
            limit.must_wait("school", uuid.uuid4(), asked(chr(97 + number) * 9))
        assert read().scalar(select(func.count()).select_from(RateCount)) == 0


def test_a_count_names_no_one_and_goes_when_it_is_over(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = moved_by_hand(monkeypatch)
    email = world.email(Role.LEAD)
    try_sign_in(app.test_client(), email, WRONG)
    with app.app_context():
        kept = read().scalars(select(RateCount)).all()
        assert kept
        assert not any(email.encode() in one.name_hash for one in kept)
        database.session.rollback()
    clock.now += 16 * 60
    try_sign_in(app.test_client(), "nobody@nowhere.test", WRONG)
    with app.app_context():
        assert read().scalar(select(func.min(RateCount.until))) > clock.now


def test_a_storm_of_refused_tries_writes_nothing(app: Flask, world: World) -> None:
    """Or it would hold up the students who send answers meanwhile."""
    email = world.email(Role.COORDINATOR)
    for _number in range(11):
        try_sign_in(app.test_client(), email, WRONG)
    begun: list[bool] = []
    with app.app_context():
        event.listen(
            database.engine,
            "begin",
            lambda connection: begun.append(
                not connection.get_execution_options().get(READS_ONCE, False)
                and bool(connection.get_execution_options().get("survey_writes"))
            ),
        )
    for _number in range(5):
        assert try_sign_in(app.test_client(), email, WRONG).status_code == 429
    assert not any(begun)
