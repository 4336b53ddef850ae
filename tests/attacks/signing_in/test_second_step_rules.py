"""The operator or an authority says which roles need a second step."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from survey.audit_log import Event, EventName
from survey.database import begin, read
from survey.organisations import operations
from survey.organisations.accounts.models import SecondStepRule
from survey.permissions import Role
from tests.integration.organisations.pages import (
    is_signed_in,
    secret_shown,
    try_sign_in,
    turn_second_step_on,
    words,
)
from tests.world import World, sign_in

FOR_ALL = "/operator/second-step"


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


def signed_in(app: Flask, email: str) -> FlaskClient:
    client = app.test_client()
    sign_in(client, email)
    return client


def is_led_to_set_up(client: FlaskClient, page: str) -> bool:
    return client.get(page).headers.get("Location") == "/staff/account/second-step"


@pytest.fixture
def operator(app: Flask, world: World) -> FlaskClient:
    return signed_in(app, world.operator_email)


@pytest.fixture
def analyst(app: Flask, world: World) -> FlaskClient:
    return signed_in(app, world.email(Role.ANALYST))


def of_authority(world: World) -> str:
    return f"/authorities/{world.own.authority_id}/second-step"


def test_an_authority_asks_it_of_a_role_at_its_own_schools_alone(
    app: Flask, world: World, analyst: FlaskClient
) -> None:
    own = signed_in(app, world.own.email[Role.COORDINATOR])
    other = signed_in(app, world.other.email[Role.COORDINATOR])
    page = words(analyst.get(of_authority(world)))
    assert "Survey coordinator" in page
    assert "Operator: runs" not in page
    analyst.post(of_authority(world), data={"roles": ["coordinator"]})
    school = f"/schools/{world.own.school_id}/"
    for page in ("/staff", school, f"{school}people", "/staff/account"):
        assert is_led_to_set_up(own, page), page
    assert not is_led_to_set_up(other, "/staff/account")
    assert "Your role needs it" in words(own.get("/staff/account/second-step"))
    turn_second_step_on(own)
    assert own.get(school).status_code == 200
    assert "Turn it off" not in words(own.get("/staff/account/second-step"))
    with app.app_context():
        (event,) = read().scalars(select(Event).where(Event.name == EventName.SECOND_STEP_REQUIRED))
        assert event.authority_id == world.own.authority_id
        assert event.details == {"roles": ["coordinator"]}
    log = words(analyst.get(f"/authorities/{world.own.authority_id}/log"))
    assert "Changed which roles need a second step" in log


def test_one_seat_of_several_is_enough(app: Flask, world: World, analyst: FlaskClient) -> None:
    """A coordinator of two schools, one of which belongs to the authority."""
    email = world.other.email[Role.COORDINATOR]
    person = signed_in(app, email)
    analyst.post(of_authority(world), data={"roles": ["coordinator"]})
    assert not is_led_to_set_up(person, "/staff/account")
    with app.app_context(), begin() as db:
        operations.add_member(
            db,
            email=email,
            name="",
            role=Role.COORDINATOR,
            password=None,
            school_id=world.own.school_id,
            by=None,
        )
    assert is_led_to_set_up(person, "/staff/account")


def test_a_form_that_was_being_filled_in_is_not_lost(
    app: Flask, world: World, analyst: FlaskClient
) -> None:
    lead = signed_in(app, world.email(Role.LEAD))
    analyst.post(of_authority(world), data={"roles": ["lead"]})
    held = lead.post(
        f"/schools/{world.own.school_id}/staff-names", data={"names": "Ms Okafor and others"}
    )
    assert held.status_code == 409
    assert 'name="kept"' in held.text
    assert "opens in a new tab" in words(held)


def test_the_operator_asks_it_of_a_role_everywhere(
    app: Flask, world: World, operator: FlaskClient, analyst: FlaskClient
) -> None:
    operator.post(FOR_ALL, data={"roles": ["coordinator", "analyst"]})
    assert is_led_to_set_up(analyst, "/staff/account")
    for side in (world.own, world.other):
        assert is_led_to_set_up(signed_in(app, side.email[Role.COORDINATOR]), "/staff/account")
    turn_second_step_on(analyst)
    page = analyst.get(of_authority(world))
    assert "Always, on this service." in words(page)
    operator.post(FOR_ALL, data={})
    assert (
        signed_in(app, world.own.email[Role.COORDINATOR]).get("/staff/account").status_code == 200
    )


def test_saving_twice_keeps_one_rule(app: Flask, world: World, analyst: FlaskClient) -> None:
    for _time in range(2):
        analyst.post(of_authority(world), data={"roles": ["lead", "coordinator"]})
    with app.app_context():
        rules = read().scalars(select(SecondStepRule.role)).all()
        events = read().scalars(select(Event).where(Event.name == EventName.SECOND_STEP_REQUIRED))
        assert sorted(rules) == ["coordinator", "lead"]
        assert len(events.all()) == 1


@pytest.mark.parametrize("role", ["operator", "nonsense", ""])
def test_an_authority_says_nothing_of_operators(
    world: World, analyst: FlaskClient, operator: FlaskClient, role: str
) -> None:
    answer = analyst.post(of_authority(world), data={"roles": [role]})
    assert "Choose from the roles on the page." in words(answer)
    assert operator.get("/staff/account").status_code == 200


def test_recovery_codes_are_offered_right_after_setting_up(app: Flask, world: World) -> None:
    lead = signed_in(app, world.email(Role.LEAD))
    turn_second_step_on(lead)
    led = lead.get("/staff/account/second-step-done")
    assert led.headers["Location"] == "/staff/account/recovery-codes"
    page = words(lead.get("/staff/account/recovery-codes"))
    assert "Your second step is on." in page
    assert "Not now" in page
    codes = secret_shown(lead.post("/staff/account/recovery-codes"))
    assert len(codes) == 5
    again = lead.get("/staff/account/second-step-done")
    assert again.headers["Location"] == "/staff/account"
    # Each of the five works once.
    for code in codes:
        client = app.test_client()
        try_sign_in(client, world.email(Role.LEAD))
        client.post("/sign-in/recovery-code", data={"code": code})
        assert is_signed_in(client)
    client = app.test_client()
    try_sign_in(client, world.email(Role.LEAD))
    client.post("/sign-in/recovery-code", data={"code": codes[0]})
    assert not is_signed_in(client)


def test_the_operator_turns_a_second_step_off_and_sees_no_password(
    app: Flask, world: World, operator: FlaskClient
) -> None:
    email = world.email(Role.LEAD)
    lead = signed_in(app, email)
    turn_second_step_on(lead)
    page = operator.get(f"/operator/organisations/{world.own.school_id}")
    address = page.text.partition("Lead Person")[2].partition("/second-step")[0].rpartition('"')[2]
    answer = operator.post(f"{address}/second-step", follow_redirects=True)
    assert "The second step of Lead Person is off." in words(answer)
    assert not secret_shown(answer)
    assert not is_signed_in(lead)
    assert try_sign_in(app.test_client(), email).headers["Location"] == "/staff"
    try_sign_in(lead, email)
    assert "turned the second step of Lead Person off" in words(
        lead.get(f"/schools/{world.own.school_id}/people")
    )
    assert "Turned somebody's second step off" in words(
        lead.get(f"/schools/{world.own.school_id}/log")
    ).replace("&#39;", "'")
    own = operator.get("/operator/operators").text
    assert "/second-step" not in own.partition("Operator Person")[2]


def test_with_e_mail_a_renewed_account_gets_a_link_and_nobody_sees_a_password(
    app: Flask, world: World, operator: FlaskClient, tmp_path: object
) -> None:
    options = app.extensions["settings"]
    object.__setattr__(options, "mail_folder", str(tmp_path))
    object.__setattr__(options, "mail_from", "a@survey.test")
    page = operator.get(f"/operator/organisations/{world.own.school_id}").text
    address = page.partition("Lead Person")[2].partition("/renew")[0].rpartition('"')[2]
    answer = operator.post(f"{address}/renew", follow_redirects=True)
    assert "A link is on its way to Lead Person." in words(answer)
    assert "secret--large" not in answer.text
    assert try_sign_in(app.test_client(), world.email(Role.LEAD)).status_code == 200
