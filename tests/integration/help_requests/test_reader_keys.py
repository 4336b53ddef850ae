"""Who can open requests: a key is set up, handed on, recovered, replaced, and what that changes."""

from __future__ import annotations

import re
import uuid
from datetime import date, timedelta
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete, select, update

from survey.audit_log import Event, EventName
from survey.database import begin, read
from survey.help_requests import box_storage, operations, reader_keys, unlocked_keys
from survey.help_requests.operations import RequestText, box_key
from survey.organisations.models import DeskKey, DeskKeyCopy, HelpDesk, Member
from survey.organisations.operations import add_member
from survey.permissions import Role
from tests.conftest import settings_for
from tests.integration.campaigns.staff_page import check_page
from tests.world import OPENED, PASSWORD, READING, SHEET, Side, World, open_requests, sign_in

NEW = {"password": "nine loud herons", "again": "nine loud herons"}
CODE = re.compile(r'class="code"><code>([^<]+)</code>')


class Day:
    """The day that the pages think it is."""

    now = OPENED + timedelta(days=3)

    def __call__(self) -> date:
        return self.now


@pytest.fixture(autouse=True)
def day(monkeypatch: pytest.MonkeyPatch) -> Day:
    one = Day()
    for room in ("staff_views", "reader_views", "student_views"):
        monkeypatch.setattr(f"survey.help_requests.{room}.today", one)
    return one


@pytest.fixture
def lead(client: FlaskClient, world: World) -> FlaskClient:
    sign_in(client, world.email(Role.LEAD))
    return client


@pytest.fixture
def deputy(app: Flask, world: World) -> FlaskClient:
    """A second lead of the school, signed in."""
    with app.app_context(), begin() as db:
        add_member(
            db, email="day@northmoor.test", name="Deputy Day", role=Role.LEAD, password=PASSWORD,
            school_id=world.own.school_id, by=None,
        )  # fmt: skip
    client = app.test_client()
    sign_in(client, "day@northmoor.test")
    return client


def inbox(side: Side) -> str:
    return f"/schools/{side.school_id}/help-requests/"


def text(client: FlaskClient, address: str) -> str:
    page = client.get(address)
    assert page.status_code == 200, page.status_code
    check_page(page.get_data(as_text=True))
    return unescape(page.get_data(as_text=True))


def post(client: FlaskClient, address: str, **data: str) -> str:
    page = client.post(address, data=data, follow_redirects=True)
    check_page(page.get_data(as_text=True))
    return unescape(page.get_data(as_text=True))


def member_id(app: Flask, email: str) -> uuid.UUID:
    with app.app_context():
        found = read().scalars(select(Member).where(Member.email == email)).one().id
        read().rollback()
        return found


def can_read(client: FlaskClient, side: Side) -> bool:
    return "Robin Asker" in post(client, f"{inbox(side)}{side.request_id}/read")


def event_names(app: Flask) -> list[EventName]:
    with app.app_context():
        return [e.name for e in read().scalars(select(Event).order_by(Event.at))]


def key_of(app: Flask) -> bytes:
    return box_key(app.extensions["settings"].totp_key)


def without_key(app: Flask, side: Side, number: int | None) -> None:
    """As the desk was before there were keys (0), or as a new one is (None)."""
    with app.app_context(), begin() as db:
        db.execute(delete(DeskKeyCopy).where(DeskKeyCopy.school_id == side.school_id))
        db.execute(delete(DeskKey).where(DeskKey.school_id == side.school_id))
        db.execute(
            update(HelpDesk).where(HelpDesk.school_id == side.school_id).values(key_number=number)
        )


def test_requests_are_locked_until_the_reading_password_is_given(
    app: Flask, lead: FlaskClient, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    html = text(lead, inbox(world.own))
    assert "1 request has not been read." in html
    assert "Wants to see someone today" not in html
    assert not can_read(lead, world.own)
    for wrong in (PASSWORD, "", READING.upper()):
        assert "There is a problem" in post(lead, f"{inbox(world.own)}open", password=wrong)
    open_requests(lead, world.own)
    assert "Wants to see someone today" in text(lead, inbox(world.own))
    assert can_read(lead, world.own)
    post(lead, f"{inbox(world.own)}shut")
    assert "Reading password" in text(lead, inbox(world.own))
    monkeypatch.setattr(unlocked_keys, "OPEN_SECONDS", 0)
    open_requests(lead, world.own)
    assert "Reading password" in text(lead, inbox(world.own)), "the time is over"
    names = event_names(app)
    assert names.count(EventName.DESK_KEY_REFUSED) == 2
    assert names.count(EventName.DESK_KEY_OPENED) == 2


def test_tries_are_slowed(lead: FlaskClient, world: World) -> None:
    at = f"{inbox(world.own)}open"
    seen = [lead.post(at, data={"password": f"wrong {n}"}).status_code for n in range(7)]
    assert seen == [200] * 5 + [409] * 2


@pytest.mark.parametrize(
    "weak",
    [
        PASSWORD,
        "short",
        "aaaaaaaaaaaaaaa",
        "Northmoor High School",
        "password1234",
        "Lead Person 1",
    ],
)
def test_a_reading_password_is_its_own_and_no_guess(
    app: Flask, lead: FlaskClient, world: World, weak: str
) -> None:
    without_key(app, world.own, None)
    assert "There is a problem" in post(lead, f"{inbox(world.own)}key", password=weak, again=weak)
    with app.app_context():
        assert (
            read().scalar(select(DeskKey).where(DeskKey.school_id == world.own.school_id)) is None
        )


def test_a_new_desk_takes_requests_once_it_has_a_key(
    app: Flask, lead: FlaskClient, world: World
) -> None:
    without_key(app, world.own, None)
    assert lead.get(f"/ask/{world.own.word}").status_code == 410
    page = lead.post(
        f"{inbox(world.own)}desk", data={"is_open": "y", "who": "Ms Okafor", "hours": "daily"}
    )
    assert page.headers["Location"].endswith("/key")
    assert lead.get(f"/ask/{world.own.word}").status_code == 410
    sheet = post(lead, f"{inbox(world.own)}key", **NEW)
    assert CODE.search(sheet)
    page = lead.get(f"/ask/{world.own.word}").get_data(as_text=True)
    assert "It is locked when you send it." in page


def test_a_desk_of_before_goes_on_and_is_sealed_once_a_key_is_made(
    app: Flask, lead: FlaskClient, world: World
) -> None:
    """The operator's settings open what came before, and nothing once a lead has made a key."""
    without_key(app, world.own, 0)
    with app.app_context(), begin() as db:
        operations.ask(
            db,
            school_id=world.own.school_id,
            request_id=uuid.uuid4(),
            asked=RequestText("Sam Tester", "9C", "Lunch", "", urgent=False),
            key=key_of(app),
            today=OPENED,
        )

    def seen_by_operator() -> str:
        with app.app_context():
            slots = list(box_storage.all_slots(read(), world.own.school_id, key=key_of(app)))
            read().rollback()
        return repr([slot.words for slot in slots])

    page = lead.get(f"/ask/{world.own.word}").get_data(as_text=True)
    assert "It is locked" not in page, "no promise that is not kept yet"
    assert "Sam Tester" in seen_by_operator()
    assert "Choose a reading password" in text(lead, inbox(world.own))
    post(lead, f"{inbox(world.own)}key", **NEW)
    assert "Sam Tester" not in seen_by_operator()
    html = text(lead, inbox(world.own))
    [address] = set(re.findall(r'action="([^"]+/read)"', html)) - {
        f"{inbox(world.own)}{world.own.request_id}/read"
    }
    assert "Sam Tester" in post(lead, address)


def test_a_deputy_is_let_in_by_a_reader_and_taken_out_again(
    app: Flask, lead: FlaskClient, deputy: FlaskClient, world: World
) -> None:
    who = str(member_id(app, "day@northmoor.test"))
    assert "You cannot open these requests" in text(deputy, inbox(world.own))
    assert lead.post(f"{inbox(world.own)}readers/invite", data={"member": who}).status_code == 404
    open_requests(lead, world.own)
    code = CODE.search(post(lead, f"{inbox(world.own)}readers/invite", member=who))
    assert code
    assert "Was given a code" in text(lead, f"{inbox(world.own)}readers")
    assert "A letter of this code" in post(
        deputy, f"{inbox(world.own)}code", code=code[1][:-1], **NEW
    )
    assert "There is a problem" in post(lead, f"{inbox(world.own)}code", code=code[1], **NEW), (
        "it counts for the deputy alone"
    )
    assert "You can read requests now" in post(
        deputy, f"{inbox(world.own)}code", code=code[1].lower(), **NEW
    )
    assert can_read(deputy, world.own)
    assert "There is a problem" in post(deputy, f"{inbox(world.own)}code", code=code[1], **NEW)
    assert "Deputy Day can read requests for help now." in text(
        lead, f"/schools/{world.own.school_id}/"
    )
    listed = text(lead, f"{inbox(world.own)}readers")
    [remove] = [
        address
        for address, name in re.findall(r'action="([^"]+/remove)".*?Remove ([^<]+)<', listed, re.S)
        if name == "Deputy Day"
    ]
    post(lead, remove)
    assert "You cannot open these requests" in text(deputy, inbox(world.own)), "opened or not"
    assert can_read(lead, world.own)


def test_an_invitation_counts_for_a_week(
    app: Flask, lead: FlaskClient, deputy: FlaskClient, world: World, day: Day
) -> None:
    who = str(member_id(app, "day@northmoor.test"))
    open_requests(lead, world.own)
    code = CODE.search(post(lead, f"{inbox(world.own)}readers/invite", member=who))
    assert code
    day.now += reader_keys.INVITED_FOR
    assert "There is a problem" in post(deputy, f"{inbox(world.own)}code", code=code[1], **NEW)


def test_the_last_reader_stays(app: Flask, lead: FlaskClient, world: World) -> None:
    open_requests(lead, world.own)
    with app.app_context():
        copy = read().scalars(
            select(DeskKeyCopy.copy_id).where(
                DeskKeyCopy.school_id == world.own.school_id, DeskKeyCopy.member_id.is_not(None)
            )
        ).one()  # fmt: skip
    assert lead.post(f"{inbox(world.own)}readers/{copy}/remove").status_code == 409
    assert can_read(lead, world.own)


def test_the_sheet_gives_a_new_reading_password_and_a_new_sheet_ends_it(
    app: Flask, lead: FlaskClient, world: World
) -> None:
    assert "You can read requests now" in post(lead, f"{inbox(world.own)}code", code=SHEET, **NEW)
    assert can_read(lead, world.own)
    post(lead, f"{inbox(world.own)}shut")
    assert "not your reading password" in post(lead, f"{inbox(world.own)}open", password=READING)
    assert "Lock them again" in post(lead, f"{inbox(world.own)}open", password=NEW["password"])
    sheet = CODE.search(post(lead, f"{inbox(world.own)}sheet"))
    assert sheet
    assert "There is a problem" in post(lead, f"{inbox(world.own)}code", code=SHEET, **NEW)
    assert "You can read requests now" in post(
        lead, f"{inbox(world.own)}code", code=sheet[1], **NEW
    )


def test_without_a_reader_the_desk_is_closed_and_the_page_says_what_to_do(
    app: Flask, lead: FlaskClient, deputy: FlaskClient, world: World, day: Day
) -> None:
    with app.app_context(), begin() as db:
        db.execute(
            update(Member).where(Member.email == world.email(Role.LEAD)).values(active=False)
        )
    closed = deputy.get(f"/ask/{world.own.word}")
    assert closed.status_code == 410
    assert "0800 1111" in closed.get_data(as_text=True)
    html = text(deputy, inbox(world.own))
    assert "There is no reader left" in html
    assert "recovery sheet" in html
    post(deputy, f"{inbox(world.own)}key", **NEW)
    assert deputy.get(f"/ask/{world.own.word}").status_code == 410, "not before its day"
    day.now += reader_keys.REST
    post(deputy, f"{inbox(world.own)}open", password=NEW["password"])
    assert deputy.get(f"/ask/{world.own.word}").status_code == 200
    assert "Sealed to a key that you do not have" in text(deputy, inbox(world.own))
    assert not can_read(deputy, world.own)
    assert "You can read requests now" in post(deputy, f"{inbox(world.own)}code", code=SHEET, **NEW)
    assert can_read(deputy, world.own), "the sheet turned up after all"


def test_housekeeping_takes_a_key_into_use(
    app: Flask, deputy: FlaskClient, world: World, monkeypatch: pytest.MonkeyPatch, day: Day
) -> None:
    post(deputy, f"{inbox(world.own)}key", **NEW)
    for after, number in ((reader_keys.REST - timedelta(days=1), 1), (reader_keys.REST, 2)):
        monkeypatch.setattr("survey.retention.jobs.today", lambda then=day.now + after: then)
        app.test_cli_runner().invoke(args=["housekeeping"])
        with app.app_context():
            desk = read().get_one(HelpDesk, world.own.school_id)
            assert desk.key_number == number
            read().rollback()


def test_the_school_sees_its_people_and_confirms_what_changed(
    app: Flask, lead: FlaskClient, deputy: FlaskClient, world: World
) -> None:
    start = f"/schools/{world.own.school_id}/"
    assert "Deputy Day was given a seat here." in text(lead, start)
    people = text(lead, f"{start}people")
    for said in ("Deputy Day", "Coordinator Person", "Can read them since 5 Oct 2026"):
        assert said in people
    post(lead, f"{start}people/seen")
    assert "was given a seat" not in text(lead, start)
    assert "Deputy Day was given a seat here." in text(lead, f"{start}people")
    operator = app.test_client()
    sign_in(operator, world.operator_email)
    operator.post(f"/operator/members/{member_id(app, 'day@northmoor.test')}/renew")
    assert "The account of Deputy Day was renewed" in text(lead, start)
    assert "By: Operator Person" in text(lead, start)
    other = app.test_client()
    sign_in(other, world.other.email[Role.LEAD])
    assert "Deputy Day" not in text(other, f"/schools/{world.other.school_id}/people")


def test_a_changed_key_of_the_operator_is_said_and_stops_nobody(
    app: Flask, lead: FlaskClient, world: World
) -> None:
    old = app.extensions["settings"]
    app.extensions["settings"] = settings_for(old.database_url, totp_key="u" * 32)
    assert "Some requests cannot be opened" in text(lead, inbox(world.own))
    assert "to get in touch" in text(lead, f"/schools/{world.own.school_id}/")
    with app.app_context(), begin() as db:
        operations.ask(
            db,
            school_id=world.own.school_id,
            request_id=uuid.uuid4(),
            asked=RequestText("Sam Tester", "9C", "Lunch", "", urgent=False),
            key=key_of(app),
            today=OPENED,
        )
        operations.erase_due(db, key=key_of(app), today=OPENED)
    assert "1 request has not been read." in text(lead, inbox(world.own))
    app.extensions["settings"] = old
    open_requests(lead, world.own)
    assert can_read(lead, world.own), "with the old key they are there again"
