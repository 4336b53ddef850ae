from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from survey.database import begin, database
from survey.organisations import operations
from survey.organisations.models import Member, School
from survey.permissions import Role
from tests.integration.organisations.pages import is_signed_in, try_sign_in, words
from tests.world import PASSWORD, World

NEW_PASSWORD = "another long password"
CHANGE = {
    "password": PASSWORD,
    "new_password": NEW_PASSWORD,
    "new_password_confirm": NEW_PASSWORD,
}


@pytest.fixture
def lead(client: FlaskClient, world: World) -> FlaskClient:
    try_sign_in(client, world.email(Role.LEAD))
    return client


def test_the_account_page_says_who_you_are_and_what_is_kept(
    lead: FlaskClient, world: World
) -> None:
    page = words(lead.get("/staff/account"))
    assert world.email(Role.LEAD) in page
    assert "Northmoor High School" in page
    assert "Where you sign in from is not." in page


def test_the_language_chosen_is_the_language_of_the_pages(lead: FlaskClient) -> None:
    assert lead.get("/staff/account").text.count('<html lang="en"') == 1
    lead.post("/staff/account", data={"name": "Lee Hill", "language": "cy"})
    page = lead.get("/staff/account", headers={"Accept-Language": "en"})
    assert '<html lang="cy"' in page.text
    assert "Lee Hill" in words(page)


@pytest.mark.parametrize("given", [{"name": "", "language": "en"}, {"name": "L", "language": "xx"}])
def test_an_account_needs_a_name_and_a_language_we_have(
    app: Flask, lead: FlaskClient, given: dict[str, str]
) -> None:
    answer = lead.post("/staff/account", data=given)
    assert "There is a problem" in words(answer)
    with app.app_context():
        names = set(database.session.query(Member.name, Member.language))
    assert ("Lead Person", "en") in names
    assert not names & {("", "en"), ("L", "xx")}


@pytest.mark.parametrize(
    ("old", "new", "again", "complaint"),
    [
        ("wrong", NEW_PASSWORD, NEW_PASSWORD, "That is not your password."),
        (PASSWORD, "too short 1", "too short 1", "Use from 12 to 128 characters."),
        (PASSWORD, NEW_PASSWORD, NEW_PASSWORD + "s", "The two new passwords differ."),
        (PASSWORD, PASSWORD, PASSWORD, "The new password is the same as the old one."),
        ("", NEW_PASSWORD, NEW_PASSWORD, "Enter a password."),
    ],
)
def test_a_new_password_is_refused_with_the_reason(
    lead: FlaskClient, world: World, old: str, new: str, again: str, complaint: str
) -> None:
    data = {"password": old, "new_password": new, "new_password_confirm": again}
    assert complaint in words(lead.post("/staff/account/password", data=data))
    assert try_sign_in(lead.application.test_client(), world.email(Role.LEAD)).status_code == 302


def test_a_new_password_signs_out_everywhere_else(
    app: Flask, lead: FlaskClient, world: World
) -> None:
    elsewhere = app.test_client()
    try_sign_in(elsewhere, world.email(Role.LEAD))
    answer = lead.post("/staff/account/password", data=CHANGE)
    assert answer.headers["Location"] == "/staff/account"
    assert "Your password is changed." in words(lead.get("/staff/account"))
    assert not is_signed_in(elsewhere)
    assert try_sign_in(elsewhere, world.email(Role.LEAD)).status_code == 200
    assert try_sign_in(elsewhere, world.email(Role.LEAD), NEW_PASSWORD).status_code == 302


def test_a_password_may_be_typed_on_another_keyboard(lead: FlaskClient, world: World) -> None:
    composed, decomposed = "caf\u00e9 au lait long", "cafe\u0301 au lait long"
    data = {"password": PASSWORD, "new_password": composed, "new_password_confirm": composed}
    lead.post("/staff/account/password", data=data)
    other = lead.application.test_client()
    assert try_sign_in(other, world.email(Role.LEAD), decomposed).status_code == 302


def test_a_password_changes_while_students_write(
    app: Flask, lead: FlaskClient, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Someone else's commit between reading the member and writing the new password: on SQLite a
    reader that turns writer would fail, so the write lock is taken first."""
    from flask_security import forms

    locked: list[bool] = []
    verify = forms.verify_password

    def meanwhile(*given: object) -> bool:
        if database.engine.dialect.name == "sqlite":
            connection = database.engine.raw_connection()
            connection.cursor().execute("PRAGMA busy_timeout = 0")
            try:
                connection.cursor().execute("BEGIN IMMEDIATE")
            except Exception as error:  # (sqlite3.OperationalError by another name)
                locked.append("locked" in str(error))
            finally:
                connection.cursor().execute("PRAGMA busy_timeout = 15000")
                connection.close()
        return bool(verify(*given))

    monkeypatch.setattr(forms, "verify_password", meanwhile)
    assert lead.post("/staff/account/password", data=CHANGE).status_code == 302
    with app.app_context():
        assert locked == ([True] if database.engine.dialect.name == "sqlite" else [])


def settings_page(world: World) -> str:
    return f"/schools/{world.own.school_id}/settings"


def school(app: Flask, world: World) -> School:
    with app.app_context():
        found = database.session.get(School, world.own.school_id)
        assert found is not None
        return found


def test_the_lead_says_how_many_students_and_whether_to_be_named(
    app: Flask, lead: FlaskClient, world: World
) -> None:
    page = lead.get(settings_page(world))
    (year_7,) = re.findall(r'<input [^>]*name="year_7"[^>]*>', page.text)
    assert 'value="180"' in year_7
    data = {"year_7": "201", "year_8": " 195 ", "year_9": "0", "year_10": "", "names_itself": "y"}
    assert lead.post(settings_page(world), data=data).status_code == 302
    assert school(app, world).roll == {"7": 201, "8": 195}
    assert school(app, world).names_itself is True
    lead.post(settings_page(world), data={"year_7": "201"})
    assert school(app, world).names_itself is False


@pytest.mark.parametrize("typed", ["many", "-3", "1001", "12.5", "१२३४५"])
def test_an_impossible_number_is_kept_on_the_page_and_out_of_the_school(
    app: Flask, lead: FlaskClient, world: World, typed: str
) -> None:
    answer = lead.post(settings_page(world), data={"year_7": typed, "year_8": "150"})
    assert "There is a problem" in words(answer)
    assert f'value="{typed}"' in answer.text
    assert answer.text.count('<li><a href="#year_7">') == 1
    assert school(app, world).roll["8"] == 180


@pytest.mark.parametrize("roll", [{"5": 20}, {"14": 20}, {"7": 0}, {"7": 1001}, {"x": 1}])
def test_an_operation_refuses_an_impossible_roll(
    app: Flask, world: World, roll: dict[str, int]
) -> None:
    with app.test_request_context(), pytest.raises(operations.ImpossibleRollError), begin() as db:
        operations.change_school(
            db,
            school=operations.find_school(db, world.own.school_id),
            roll=roll,
            names_itself=False,
            by=None,
        )
    assert school(app, world).roll["7"] == 180
