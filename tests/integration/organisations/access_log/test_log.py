"""Who did what: everything that matters is in the log, once, and nothing of a student is."""

from __future__ import annotations

import csv
import hashlib
import io
import uuid
from datetime import time, timedelta
from html import unescape

import openpyxl
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from survey.audit_log import Event, EventName
from survey.database import begin, read, today
from survey.help_requests import operations as help_requests
from survey.help_requests.operations import RequestText
from survey.organisations.access_log import wording
from survey.organisations.access_log.files import FORMULA
from survey.organisations.accounts import access_recorder, sessions
from survey.organisations.models import Member
from survey.permissions import Permission, Role, declared_access
from tests.integration.campaigns.staff_page import check_page
from tests.integration.organisations.pages import (
    NEW_PASSWORD,
    try_sign_in,
    turn_second_step_on,
    words,
)
from tests.integration.responses.doors import make_codes
from tests.world import PASSWORD, World, open_requests, sign_in


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


@pytest.fixture
def lead(client: FlaskClient, world: World) -> FlaskClient:
    sign_in(client, world.email(Role.LEAD))
    return client


def logged(app: Flask, *names: EventName) -> list[Event]:
    with app.app_context():
        query = select(Event).order_by(Event.at)
        return list(read().scalars(query.where(Event.name.in_(names)) if names else query))


def test_signing_in_and_its_changes_are_logged_with_the_member(
    app: Flask, lead: FlaskClient, world: World
) -> None:
    turn_second_step_on(lead)
    lead.post("/staff/account/recovery-codes")
    new = {"new_password": NEW_PASSWORD, "new_password_confirm": NEW_PASSWORD}
    lead.post("/staff/account/password", data={"password": PASSWORD} | new)
    lead.post("/staff/account/second-step", data={"setup": "disable"})
    lead.post("/sign-out")
    with app.app_context():
        own = read().scalar(select(Member.id).where(Member.email == world.email(Role.LEAD)))
    found = logged(app)
    assert {(one.member_id, one.school_id) for one in found} == {(own, world.own.school_id)}
    assert sorted(one.name.value for one in found) == sorted(
        [
            "signed_in",
            "second_step.on",
            "recovery_codes.made",
            "password.changed",
            "second_step.off",
            "signed_out",
        ]
    )


def test_wrong_passwords_are_logged_once_an_hour_for_each_account(
    app: Flask, client: FlaskClient, world: World
) -> None:
    for _time in range(3):
        try_sign_in(client, world.email(Role.LEAD), "a wrong long password")
        try_sign_in(client, "nobody@nowhere.test", "a wrong long password")
    app.extensions[access_recorder.SEEN_TODAY] = access_recorder.SeenToday()  # another process
    try_sign_in(client, world.email(Role.LEAD), "a wrong long password")
    (one,) = logged(app, EventName.SIGN_IN_FAILED)
    assert one.school_id == world.own.school_id
    assert one.member_id is None


def test_a_refusal_is_logged_with_the_page_and_once_a_day(
    app: Flask, client: FlaskClient, world: World
) -> None:
    sign_in(client, world.email(Role.COORDINATOR))
    own, other = world.own, world.other
    report = f"/schools/{own.school_id}/waves/{own.wave_id}/report/"
    for _time in range(2):
        assert client.get(report).status_code == 403
        assert client.get(f"/schools/{other.school_id}/people").status_code == 404
        assert client.get(f"/schools/{own.school_id}/waves/{other.wave_id}/").status_code == 404
    refused = logged(app, EventName.ACCESS_REFUSED)
    assert sorted(one.details["page"] for one in refused) == [
        "/schools/…/people",
        "/schools/…/waves/…/report/",
    ]
    assert {one.school_id for one in refused} == {own.school_id}


def test_reading_requests_for_help_is_logged_by_the_day_and_not_by_the_request(
    app: Flask, lead: FlaskClient, world: World
) -> None:
    open_requests(lead, world.own)
    own = world.own
    request = f"/schools/{own.school_id}/help-requests/{own.request_id}"
    lead.post(f"{request}/read")
    for _time in range(2):
        assert lead.get(request).status_code == 200
    found = logged(app, EventName.HELP_REQUESTS_OPENED)
    assert [one.details for one in found] == [{}]


def test_every_page_of_reading_is_logged(app: Flask) -> None:
    """Reading follows from the permission: no page of one is left to be remembered."""
    for permission in (
        Permission.REPORT_READ,
        Permission.COMPARISON_READ,
        Permission.HELP_REQUESTS_READ,
        Permission.TEXTS_REDACT,
    ):
        assert permission in access_recorder.READING
        assert [e for e in app.view_functions if declared_access(app, e) == permission]


def test_a_student_leaves_no_event(app: Flask, client: FlaskClient, world: World) -> None:
    before = len(logged(app))
    code = make_codes(app, world.own, year=9, count=1)[0]
    made = len(logged(app))
    client.get(f"/s/{code}")
    client.post("/", data={"code": code})
    client.get("/s/WRNG-CDDE")
    client.get(f"/ask/{world.own.word}")
    client.get("/nowhere")
    assert len(logged(app)) == made
    assert made >= before


def test_the_lead_sees_who_did_what(app: Flask, lead: FlaskClient, world: World) -> None:
    helper = app.test_client()
    sign_in(helper, world.email(Role.COORDINATOR))
    page = lead.get(f"/schools/{world.own.school_id}/log")
    check_page(page.text)
    assert "Coordinator Person Signed in without a second step" in words(page)
    people = lead.get(f"/schools/{world.own.school_id}/people").text
    assert f'href="/schools/{world.own.school_id}/log"' in people
    other = app.test_client()
    sign_in(other, world.other.email[Role.LEAD])
    assert "Coordinator Person" not in words(other.get(f"/schools/{world.other.school_id}/log"))
    assert helper.get(f"/schools/{world.own.school_id}/log").status_code == 403
    assert other.get(f"/schools/{world.own.school_id}/log").status_code == 404


def test_the_page_shows_a_kind_and_goes_back_in_time(
    app: Flask, lead: FlaskClient, world: World
) -> None:
    from survey.audit_log import record

    with app.app_context(), begin() as db:
        member = db.scalar(select(Member).where(Member.email == world.email(Role.LEAD)))
        for _number in range(60):
            record(db, EventName.WAVE_CLOSED, by=member, school_id=world.own.school_id)
    address = f"/schools/{world.own.school_id}/log"
    assert words(lead.get(address)).count("Closed a survey") == 50
    older = lead.get(address, query_string={"page": 2})
    assert words(older).count("Closed a survey") == 10
    assert "Signed in" in words(older)
    assert "Page 2 of 2" in words(older)
    only = words(lead.get(address, query_string={"show": "signing-in"}))
    assert "Closed a survey" not in only
    for strange in (
        {"show": "x"},
        {"page": "9" * 30},
        {"page": "²"},
        {"page": "-1"},
        {"page": "99999"},
        {"person": "x"},
        {"from": "2026-02-30"},
        {"to": "yesterday"},
        {"from": "9999-12-31"},
        {"to": "9999-12-31"},
    ):
        assert lead.get(address, query_string=strange).status_code == 200, strange


def test_a_changed_log_is_found_from_the_page(app: Flask, lead: FlaskClient, world: World) -> None:
    address = f"/schools/{world.own.school_id}/log"
    assert "follows from the one before" in words(lead.get(f"{address}?check=yes"))
    with app.app_context(), begin() as db:
        db.connection().exec_driver_sql("DROP TRIGGER event_no_update")
        db.connection().exec_driver_sql("UPDATE event SET name = 'signed_out'")
    assert "Entry 1 does not follow" in words(lead.get(f"{address}?check=yes"))


def test_the_file_can_be_checked_with_the_standard_library_alone(
    app: Flask, lead: FlaskClient, world: World
) -> None:
    helper = app.test_client()
    sign_in(helper, world.email(Role.COORDINATOR))
    address = f"/schools/{world.own.school_id}/log"
    rows = list(csv.DictReader(io.StringIO(lead.get(f"{address}.csv").text)))
    assert [row["event"] for row in rows] == ["signed_in", "signed_in", "log.downloaded"]
    before = bytes(32)
    for row in rows:
        fields = ("chain", "number", "time (UTC)", "event", "member", "details")
        text = "|".join(row[name] for name in fields)
        before = hashlib.sha256(before + text.encode()).digest()
        assert row["hash"] == before.hex()
    assert f"{len(rows)} {before.hex()}" in words(lead.get(address))


def test_a_name_is_no_formula_in_the_file(app: Flask, lead: FlaskClient, world: World) -> None:
    lead.post("/staff/account", data={"name": "=HYPERLINK(1)", "language": "en"})
    text = lead.get(f"/schools/{world.own.school_id}/log.csv").text
    assert ",'=HYPERLINK(1)," in text


@pytest.mark.parametrize("role", [Role.ANALYST, Role.OPERATOR])
def test_analysts_and_operators_have_a_log_of_their_own(
    app: Flask, client: FlaskClient, world: World, role: Role
) -> None:
    sign_in(client, world.email(role))
    address = {
        Role.ANALYST: f"/authorities/{world.own.authority_id}/log",
        Role.OPERATOR: "/operator/log",
    }[role]
    assert f'href="{address}"' in client.get("/staff/account").text
    page = client.get(address)
    check_page(page.text)
    assert f"{role.capitalize()} Person Signed in" in words(page)
    assert client.get(f"{address}.csv").status_code == 200


def test_every_event_has_words_and_a_place_on_the_page() -> None:
    assert all(wording.said(name).strip() for name in EventName)
    shown = [names for show, names in wording.SHOWN.items() if show is not wording.Show.ALL]
    assert set().union(*shown) == set(EventName)
    assert sum(map(len, shown)) == len(EventName)


def test_days_a_person_and_a_kind_are_chosen_on_the_page_and_for_the_file(
    app: Flask, lead: FlaskClient, world: World
) -> None:
    helper = app.test_client()
    sign_in(helper, world.email(Role.COORDINATOR))
    address = f"/schools/{world.own.school_id}/log"
    with app.app_context():
        query = select(Member.id).where(Member.email == world.email(Role.COORDINATOR))
        person = str(read().scalar(query))
    day = sessions.now().date()
    for chosen, says in (
        ({"person": person}, True),
        ({"person": person, "show": "changes"}, False),
        ({"from": str(day), "to": str(day)}, True),
        ({"from": str(day + timedelta(days=1))}, False),
        ({"to": str(day - timedelta(days=1))}, False),
    ):
        page = lead.get(address, query_string=chosen)
        table = page.text.partition("<tbody>")[2].partition("</tbody>")[0]
        assert ("Coordinator Person" in table) == says, chosen
        text = lead.get(f"{address}.csv", query_string=chosen).text
        assert ("Coordinator Person" in text) == says, chosen
    rows = list(csv.DictReader(io.StringIO(lead.get(f"{address}.csv?person={person}").text)))
    assert {row["who"] for row in rows} == {"Coordinator Person"}


@pytest.mark.parametrize("start", FORMULA)
def test_no_cell_of_a_file_is_a_formula(
    app: Flask, lead: FlaskClient, world: World, start: str
) -> None:
    with app.app_context(), begin() as db:
        member = db.scalars(select(Member).where(Member.email == world.email(Role.LEAD))).one()
        member.name = f"{start}cmd('calc')"
    address = f"/schools/{world.own.school_id}/log"
    for row in csv.reader(io.StringIO(lead.get(f"{address}.csv").text)):
        assert not [cell for cell in row if cell.startswith(FORMULA)], row
    book = openpyxl.load_workbook(io.BytesIO(lead.get(f"{address}.xlsx").data))
    cells = [cell for row in book.active.iter_rows() for cell in row]
    assert {cell.data_type for cell in cells} <= {"s", "n"}
    assert not [cell for cell in cells if str(cell.value or "").startswith(FORMULA)]
    assert any("cmd('calc')" in str(cell.value) for cell in cells)


def test_a_file_is_read_by_its_organisation_alone(app: Flask, world: World) -> None:
    own, authority = f"/schools/{world.own.school_id}", f"/authorities/{world.own.authority_id}"
    for email, right in (
        (world.own.email[Role.LEAD], own),
        (world.own.email[Role.ANALYST], authority),
        (world.operator_email, "/operator"),
    ):
        client = app.test_client()
        sign_in(client, email)
        for place in (own, authority, "/operator"):
            for ending in (".csv", ".xlsx", ""):
                answer = client.get(f"{place}/log{ending}")
                assert (answer.status_code == 200) == (place == right), (email, place)


def test_an_operator_reads_what_operators_did_at_a_school_and_nothing_of_its_people(
    app: Flask, client: FlaskClient, lead: FlaskClient, world: World
) -> None:
    operator = app.test_client()
    sign_in(operator, world.operator_email)
    where = f"/operator/organisations/{world.own.school_id}"
    given = {"name": "Hill", "nation": "england", "phase": "secondary", "register": ""}
    operator.post(f"{where}/details", data=given)
    page = unescape(words(operator.get("/operator/log")))
    assert "Changed the school's settings Hill" in page
    assert "Lead Person" not in page
    assert "Lead Person" not in operator.get("/operator/log.csv").text
    own = unescape(words(lead.get(f"/schools/{world.own.school_id}/log")))
    assert "Operator Person Changed the school's settings" in own


def test_the_log_says_as_much_after_one_request_for_help_as_after_three(
    app: Flask, lead: FlaskClient, world: World
) -> None:
    """No number and no time in it follows from what students send."""
    key = help_requests.box_key(app.extensions["settings"].totp_key)

    def ask(**more: str) -> uuid.UUID:
        request_id = uuid.uuid4()
        with app.app_context(), begin() as db:
            help_requests.ask(
                db, school_id=world.own.school_id, request_id=request_id, key=key, today=today(),
                asked=RequestText("Casey Needle", "9B", "canal", "", urgent=False),
            )  # fmt: skip
        return request_id

    def told() -> list[tuple[object, ...]]:
        return [
            (one.name, one.at, tuple(one.details.items()))
            for one in logged(app)
            if one.name.value.startswith("help_request")
        ]

    open_requests(lead, world.own)
    inbox = f"/schools/{world.own.school_id}/help-requests"

    def handle(request_id: uuid.UUID) -> None:
        assert lead.post(f"{inbox}/{request_id}/read").status_code == 302
        assert lead.get(f"{inbox}/{request_id}").status_code == 200
        assert lead.post(f"{inbox}/{request_id}/close", data={"note": "Seen."}).status_code == 302

    handle(ask())
    after_one = told()
    assert len(after_one) == 3, "opened, read and closed, today"
    for _more in range(2):
        handle(ask())
    assert told() == after_one
    assert all(at.time() == time() for _name, at, _details in after_one)
    assert all(not details for _name, _at, details in after_one)
