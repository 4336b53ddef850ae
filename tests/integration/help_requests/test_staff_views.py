"""The lead reads what students asked, closes it with a note, and in time it is erased."""

from __future__ import annotations

import re
import uuid
from datetime import date, time, timedelta
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from survey.audit_log import Event, EventName
from survey.database import begin, read
from survey.help_requests import operations
from survey.help_requests.box_format import BoxEntry
from survey.help_requests.operations import KEPT_FOR, RequestText, box_key, erase_due, waiting
from survey.permissions import Role
from tests.integration.campaigns.staff_page import check_page
from tests.world import OPENED, Side, World, open_requests, sign_in

TODAY = OPENED + timedelta(days=3)


@pytest.fixture(autouse=True)
def _day(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("survey.help_requests.staff_views.today", lambda: TODAY)


@pytest.fixture
def lead(client: FlaskClient, world: World) -> FlaskClient:
    sign_in(client, world.email(Role.LEAD))
    open_requests(client, world.own)
    return client


def key_of(app: Flask) -> bytes:
    return box_key(app.extensions["settings"].totp_key)


def inbox(side: Side) -> str:
    return f"/schools/{side.school_id}/help-requests/"


def one(side: Side) -> str:
    return f"{inbox(side)}{side.request_id}"


def text(client: FlaskClient, address: str) -> str:
    page = client.get(address)
    assert page.status_code == 200, page.status_code
    html = unescape(page.get_data(as_text=True))
    check_page(page.get_data(as_text=True))
    return html


def kept(app: Flask, side: Side) -> BoxEntry:
    with app.app_context():
        at = side.school_id, side.request_id
        return operations.find_request(read(), *at, key=key_of(app), keys={}).request


def events(app: Flask) -> list[Event]:
    changes = set(EventName) - {EventName.HELP_REQUESTS_OPENED}
    names = sorted(name for name in changes if name.startswith("help_request"))
    with app.app_context():
        return list(read().scalars(select(Event).where(Event.name.in_(names))))


def test_the_start_page_says_how_many_nobody_has_read(
    app: Flask, lead: FlaskClient, world: World
) -> None:
    start = f"/schools/{world.own.school_id}/"
    html = text(lead, start)
    assert "1 student asks an adult to get in touch" in html
    assert "How soon somebody should come is inside" in html
    assert "5 Oct 2026" in html
    lead.post(f"{one(world.own)}/read")
    assert "student asks an adult" not in text(lead, start)


def test_a_coordinator_hears_nothing_of_it(client: FlaskClient, world: World) -> None:
    sign_in(client, world.email(Role.COORDINATOR))
    html = text(client, f"/schools/{world.own.school_id}/")
    assert "in touch" not in html
    for address in (inbox(world.own), one(world.own), f"{inbox(world.own)}desk"):
        assert client.get(address).status_code == 403


def test_the_list_shows_no_word_of_what_was_written(lead: FlaskClient, world: World) -> None:
    html = text(lead, inbox(world.own))
    assert "Wants to see someone today" in html
    shown = re.sub(r'name="csrf_token"[^>]*', "", html)  # a token may hold any two letters
    for word in ("Robin", "8B", "form time", "bus"):
        assert word not in shown


def test_reading_is_a_deed_and_says_who_did_it(app: Flask, lead: FlaskClient, world: World) -> None:
    looked = lead.get(one(world.own))
    assert looked.status_code == 302, "a mere look at the address opens nothing"
    assert kept(app, world.own).read_on is None
    opened = lead.post(f"{one(world.own)}/read")
    assert opened.headers["Location"].endswith(one(world.own))
    html = text(lead, one(world.own))
    for word in ("Robin Asker", "8B", "In form time", "It is about the bus", "Lead Person"):
        assert word in html
    assert kept(app, world.own).read_on == TODAY
    [event] = events(app)
    assert event.name is EventName.HELP_REQUEST_READ
    assert event.details == {}, "which request is nobody's to read here"
    assert event.at.time() == time(), "nor when"
    lead.post(f"{one(world.own)}/read")
    assert len(events(app)) == 1, "reading again is no news"


def test_closing_needs_a_note_and_keeps_it_sealed(
    app: Flask, lead: FlaskClient, world: World
) -> None:
    note = "Spoke with Robin at lunch; parents know."
    assert lead.post(f"{one(world.own)}/close", data={"note": note}).status_code == 409
    lead.post(f"{one(world.own)}/read")
    for empty in ("", "   ", "x" * 1001):
        page = lead.post(f"{one(world.own)}/close", data={"note": empty})
        assert page.status_code == 200
        assert "There is a problem" in page.get_data(as_text=True)
    assert kept(app, world.own).closed_on is None
    assert lead.post(f"{one(world.own)}/close", data={"note": note}).status_code == 302
    assert kept(app, world.own).closed_on == TODAY
    html = text(lead, one(world.own))
    assert note in html
    assert "3 Jan 2027" not in html
    assert "6 Jan 2027" in html, "90 days after closing"
    closed = events(app)[-1]
    assert "Robin" not in repr(closed.details)
    assert {event.name for event in events(app)} == {
        EventName.HELP_REQUEST_READ,
        EventName.HELP_REQUEST_CLOSED,
    }
    assert lead.post(f"{one(world.own)}/close", data={"note": note}).status_code == 409
    assert "Closed" in text(lead, inbox(world.own))


def test_the_desk_is_shut_and_opened_and_must_say_who_and_when(
    app: Flask, lead: FlaskClient, world: World
) -> None:
    desk = f"{inbox(world.own)}desk"
    html = text(lead, desk)
    assert f"survey.test/ask/{world.own.word}" in html
    page = lead.post(desk, data={"is_open": "y", "who": "", "hours": ""})
    assert page.status_code == 200
    assert "Write who reads it." in page.get_data(as_text=True)
    lead.post(desk, data={"who": "Mr Day", "hours": "each morning"})
    assert lead.get(f"/ask/{world.own.word}").status_code == 410
    assert "Students cannot ask at present" in text(lead, inbox(world.own))
    lead.post(desk, data={"is_open": "y", "who": "Mr Day", "hours": "each morning"})
    assert "Mr Day" in lead.get(f"/ask/{world.own.word}").get_data(as_text=True)


def test_the_list_begins_with_what_is_new_and_urgent(
    app: Flask, lead: FlaskClient, world: World
) -> None:
    key = key_of(app)
    with app.app_context(), begin() as db:
        for number, urgent in enumerate((False, True, False)):
            operations.ask(
                db,
                school_id=world.own.school_id,
                request_id=numbered(number),
                asked=RequestText("A", "B", "C", "", urgent=urgent),
                key=key,
                today=OPENED + timedelta(days=1),
            )
    lead.post(f"{one(world.own)}/read")
    with app.app_context():
        left = waiting(read(), world.own.school_id, key=key)
    assert (left.count, left.oldest) == (3, OPENED + timedelta(days=1))
    cards = text(lead, inbox(world.own)).split('<li class="card request">')[1:]
    listed = [('class="tag">New' in card, "Wants to see someone today" in card) for card in cards]
    assert listed == [(True, True), (True, False), (True, False), (False, True)]


def numbered(number: int) -> uuid.UUID:
    return uuid.UUID(int=number)


@pytest.mark.parametrize("closes", [False, True])
def test_a_request_is_erased_ninety_days_after_it_ended(
    app: Flask, lead: FlaskClient, world: World, closes: bool
) -> None:
    """After it was closed; if no one closed it, after the day it came."""
    ended = OPENED
    if closes:
        lead.post(f"{one(world.own)}/read")
        lead.post(f"{one(world.own)}/close", data={"note": "Spoke with them."})
        ended = TODAY
    key = key_of(app)
    with app.app_context():
        with begin() as db:
            erase_due(db, key=key, today=ended + KEPT_FOR - timedelta(days=1))
        assert kept(app, world.own)
        with begin() as db:
            erase_due(db, key=key, today=ended + KEPT_FOR)
    with pytest.raises(operations.NoSuchRequestError):
        kept(app, world.own)
    told = [e for e in events(app) if e.name is EventName.HELP_REQUESTS_ERASED]
    own = [event.details for event in told if event.school_id == world.own.school_id]
    assert own == [{"some_unread": not closes}], "not how many"


def test_housekeeping_erases(app: Flask, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("survey.retention.jobs.today", lambda: date(2027, 6, 1))
    done = app.test_cli_runner().invoke(args=["housekeeping"])
    assert "2 requests for help erased" in done.output
    for side in (world.own, world.other):
        with pytest.raises(operations.NoSuchRequestError):
            kept(app, side)
