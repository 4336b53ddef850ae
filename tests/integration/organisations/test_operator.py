from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from survey.audit_log import Event, EventName
from survey.database import database
from survey.organisations import commands, directory
from survey.organisations.models import Authority, Member, School
from survey.permissions import Role
from tests.integration.organisations.pages import choose_password, is_signed_in, try_sign_in, words
from tests.world import PASSWORD, World

SIGN_INS = (EventName.SIGNED_IN, EventName.SIGNED_OUT, EventName.SIGN_IN_FAILED)

NEW_MEMBER = {"name": "Sam Field", "email": "Sam.Field@hill.test ", "role": "lead"}


@pytest.fixture
def operator(client: FlaskClient, world: World) -> FlaskClient:
    try_sign_in(client, world.operator_email)
    return client


def shown_password(answer: TestResponse) -> str:
    found = re.search(r"\b[a-z2-9]{4}(-[a-z2-9]{4}){3}\b", words(answer))
    assert found, words(answer)
    return found[0]


def events(app: Flask) -> list[tuple[EventName, dict[str, object]]]:
    with app.app_context():
        found = database.session.scalars(select(Event).where(Event.name.not_in(SIGN_INS)))
        return [(event.name, event.details) for event in found]


def test_an_authority_a_school_and_its_lead_from_nothing(app: Flask, operator: FlaskClient) -> None:
    hill = {"name": "  Hill Council ", "nation": "wales"}
    added = operator.post("/operator/authorities/add", data=hill)
    page = operator.get(added.headers["Location"])
    assert "Hill Council" in words(page)
    authority_id = added.headers["Location"].rsplit("/", 1)[1]

    school = {"name": "Hill School", "authority": authority_id, "nation": "wales"}
    added = operator.post("/operator/schools/add", data=school | {"phase": "all_through"})
    where = added.headers["Location"]
    assert "No one yet" in words(operator.get(where))

    answer = operator.post(f"{where}/members/add", data=NEW_MEMBER)
    password = shown_password(answer)
    assert "Set-Cookie" not in answer.headers or password not in answer.headers["Set-Cookie"]
    assert "sam.field@hill.test" in words(operator.get(where))

    lead = app.test_client()
    assert try_sign_in(lead, "sam.field@hill.test", password).status_code == 302
    choose_password(lead, password)
    school_id = where.rsplit("/", 1)[1]
    assert lead.get("/staff").headers["Location"] == f"/schools/{school_id}/"

    overview = words(operator.get("/operator/"))
    assert "Hill Council Wales · 0 accounts Hill School All-through · 1 account" in overview
    recorded = events(app)
    assert [name for name, _details in recorded] == [
        EventName.AUTHORITY_ADDED,
        EventName.SCHOOL_ADDED,
        EventName.MEMBER_ADDED,
        EventName.PASSWORD_CHANGED,
    ]
    assert password not in str(recorded)


def test_a_school_can_take_part_without_an_authority(app: Flask, operator: FlaskClient) -> None:
    school = {"name": "Lone School", "authority": "", "nation": "england", "phase": "secondary"}
    operator.post("/operator/schools/add", data=school)
    with app.app_context():
        found = database.session.scalar(select(School).where(School.name == "Lone School"))
        assert found is not None
        assert found.authority_id is None
        assert found.roll == {}
    page = words(operator.get("/operator/"))
    assert "Schools without an authority Lone School" in page


@pytest.mark.parametrize(
    ("address", "typed", "complaint"),
    [
        (
            "/operator/authorities/add",
            {"name": "Northmoor Council", "nation": "wales"},
            "There is an authority of this name already.",
        ),
        ("/operator/authorities/add", {"name": " ", "nation": "wales"}, "Write the name."),
        (
            "/operator/schools/add",
            {"name": "Northmoor High School", "authority": "{authority_id}", "phase": "special"},
            "There is a school of this name already.",
        ),
        (
            "/operator/organisations/{school_id}/members/add",
            {"name": "Sam Field", "email": "LEAD@northmoor.test", "role": "lead"},
            "The person with this e-mail address has a seat here already.",
        ),
        (
            "/operator/organisations/{school_id}/members/add",
            {"name": "Sam Field", "email": "sam at hill", "role": "lead"},
            "Write a whole e-mail address",
        ),
        (
            "/operator/organisations/{school_id}/members/add",
            {"name": "Sam Field", "email": "sam@hill.test"},
            "Choose a role.",
        ),
    ],
)
def test_a_complaint_is_shown_beside_what_was_typed(
    app: Flask,
    operator: FlaskClient,
    world: World,
    address: str,
    typed: dict[str, str],
    complaint: str,
) -> None:
    values = world.own.path_values()
    nation = {} if "nation" in typed or "role" in typed else {"nation": "wales"}
    data = {name: text.format(**values) for name, text in typed.items()} | nation
    answer = operator.post(address.format(**values), data=data)
    assert complaint in words(answer)
    assert "There is a problem" in words(answer)
    for name in ("name", "email"):
        if name in data:
            assert f'value="{data[name].strip()}"' in answer.text
    assert events(app) == []


@pytest.mark.parametrize("role", ["analyst", "operator", "headteacher"])
def test_nobody_is_added_in_a_role_of_another_kind_of_organisation(
    app: Flask, operator: FlaskClient, world: World, role: str
) -> None:
    address = f"/operator/organisations/{world.own.school_id}/members/add"
    operator.post(address, data=NEW_MEMBER | {"role": role})
    with app.app_context():
        assert not database.session.scalar(select(Member).where(Member.name == "Sam Field"))


def member_id(app: Flask, email: str) -> object:
    with app.app_context():
        return database.session.scalar(select(Member.id).where(Member.email == email))


def test_closing_an_account_ends_its_session_at_once(
    app: Flask, operator: FlaskClient, world: World
) -> None:
    email = world.email(Role.LEAD)
    lead = app.test_client()
    try_sign_in(lead, email)
    assert is_signed_in(lead)
    address = f"/operator/members/{member_id(app, email)}/close"
    answer = operator.post(address)
    assert answer.headers["Location"].endswith(str(world.own.school_id))
    page = words(operator.get(answer.headers["Location"]))
    assert email not in page.partition("Closed accounts")[0]
    assert not is_signed_in(lead)
    assert try_sign_in(lead, email).status_code == 200
    assert operator.post(address).status_code == 404
    assert [name for name, _details in events(app)] == [EventName.MEMBER_CLOSED]


def test_operators_cannot_close_themselves_out(
    app: Flask, operator: FlaskClient, world: World
) -> None:
    answer = operator.post(f"/operator/members/{member_id(app, world.operator_email)}/close")
    assert answer.status_code == 422
    assert "cannot close your own account" in words(answer)
    assert is_signed_in(operator)


def test_who_lost_password_and_phone_gets_a_new_first_password(
    app: Flask, operator: FlaskClient, world: World
) -> None:
    email = world.email(Role.COORDINATOR)
    lost = app.test_client()
    try_sign_in(lost, email)
    answer = operator.post(f"/operator/members/{member_id(app, email)}/renew")
    password = shown_password(answer)
    assert not is_signed_in(lost)
    assert try_sign_in(lost, email, PASSWORD).status_code == 200
    assert try_sign_in(lost, email, password).status_code == 302
    recorded = events(app)
    assert [name for name, _details in recorded] == [EventName.MEMBER_RENEWED]
    assert password not in str(recorded)


def test_the_command_line_opens_the_first_operator(app: Flask, client: FlaskClient) -> None:
    run = app.test_cli_runner().invoke
    result = run(commands.add_operator, ["First@Office.Test", "First Operator"])
    assert result.exit_code == 0
    printed = re.search(r"First password of \S+: (\S+)", result.output)
    assert printed
    try_sign_in(client, "first@office.test", printed[1])
    choose_password(client, printed[1])
    assert client.get("/operator/").status_code == 200

    again = run(commands.add_operator, ["first@office.test", "First Operator"])
    assert again.exit_code == 1
    assert "already" in again.output


def test_the_database_itself_holds_one_organisation_to_a_seat(app: Flask, world: World) -> None:
    """So that no mistake in code can give two organisations' worth of rights in a seat."""
    from sqlalchemy.exc import IntegrityError

    with app.app_context():
        member = database.session.scalar(
            select(Member).where(Member.email == world.email(Role.LEAD))
        )
        assert member is not None
        member = member.seats[0]
        authority = database.session.scalar(select(Authority))
        assert member is not None
        assert authority is not None
        member.authority_id = authority.authority_id
        with pytest.raises(IntegrityError, match="one_organisation"):
            database.session.flush()
        database.session.rollback()


def test_a_long_list_can_be_searched(app: Flask, operator: FlaskClient) -> None:
    with app.app_context():
        for number in range(directory.AT_A_GLANCE):
            database.session.add(School(name=f"Valley School {number}", nation="england"))
        database.session.add(School(name="Upper Ashby School", nation="england"))
        database.session.commit()
    assert "Find a school or an authority" in words(operator.get("/operator/"))
    found = words(operator.get("/operator/?named=aSHby"))
    assert "1 school or authority has “aSHby” in its name." in found
    assert "Upper Ashby School" in found
    assert "Valley School 1" not in found
    none = words(operator.get("/operator/?named=Nowhere"))
    assert "0 schools and authorities have “Nowhere” in their names." in none
    assert "No one takes part yet" not in none
