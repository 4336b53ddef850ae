"""The head of printed reports: a name and a logo, set by the lead of the school."""

from __future__ import annotations

import io

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import select
from werkzeug.test import TestResponse

from survey.audit_log import Event, EventName
from survey.database import read
from survey.http.uploads import MOST_BYTES
from survey.organisations.letterhead import find_logo, printed_name
from survey.organisations.operations import find_school
from survey.permissions import Role
from tests.integration.campaigns.staff_page import check_page
from tests.world import World, sign_in


@pytest.fixture
def lead(client: FlaskClient, world: World) -> FlaskClient:
    sign_in(client, world.email(Role.LEAD))
    return client


@pytest.fixture
def address(world: World) -> str:
    return f"/schools/{world.own.school_id}/letterhead"


def png(colour: str = "#14524a") -> bytes:
    written = io.BytesIO()
    Image.new("RGB", (400, 200), colour).save(written, "PNG")
    return written.getvalue()


def send(client: FlaskClient, address: str, name: str, logo: bytes = b"") -> TestResponse:
    # Spelled out: the test client would leave a large body in a file that stays open.
    part = '--b\r\nContent-Disposition: form-data; name="{}"{}\r\n\r\n'
    file = part.format("logo", '; filename="logo.png"' if logo else '; filename=""')
    body = part.format("name", "").encode() + name.encode() + b"\r\n"
    body += file.encode() + logo + b"\r\n--b--\r\n"
    return client.post(address, data=body, content_type="multipart/form-data; boundary=b")


def test_name_and_logo_are_set_shown_and_taken_away(
    app: Flask, lead: FlaskClient, world: World, address: str
) -> None:
    empty = lead.get(address)
    check_page(empty.text)
    assert "Northmoor High School" in empty.text
    assert "<img" not in empty.text.split("<main")[1]
    assert lead.get(f"{address}/logo").status_code == 404

    assert send(lead, address, " Northmoor Academy Trust ", png()).status_code == 302
    filled = lead.get(address)
    check_page(filled.text)
    assert "Northmoor Academy Trust" in filled.text
    shown = lead.get(f"{address}/logo")
    assert Image.open(io.BytesIO(shown.data)).size == (400, 200)

    assert send(lead, address, "").status_code == 302  # without a file, the logo stays
    with app.app_context():
        school = find_school(read(), world.own.school_id)
        assert printed_name(read(), school) == "Northmoor High School"
        logo = find_logo(read(), world.own.school_id)
        assert logo is not None
        assert (logo.content, logo.kind) == (shown.data, shown.content_type)
        assert find_logo(read(), world.other.school_id) is None

    assert lead.post(f"{address}/logo/remove").status_code == 302
    assert lead.get(f"{address}/logo").status_code == 404
    with app.app_context():
        told = read().scalars(select(Event).where(Event.name == EventName.LETTERHEAD_CHANGED)).all()
        assert [(one.school_id, one.details) for one in told] == [(world.own.school_id, {})] * 3


def test_what_cannot_be_a_logo_is_said_beside_it_and_the_name_stays_typed(
    app: Flask, lead: FlaskClient, world: World, address: str
) -> None:
    answer = send(lead, address, "Northmoor", b"not a picture")
    assert answer.status_code == 200
    check_page(answer.text)
    assert "Save the logo as PNG or JPEG" in answer.text
    assert 'value="Northmoor"' in answer.text
    with app.app_context():
        assert find_logo(read(), world.own.school_id) is None


def test_a_flood_of_bytes_is_turned_away_unread(lead: FlaskClient, address: str) -> None:
    answer = send(lead, address, "", b"x" * (MOST_BYTES + 65 * 1024))
    assert answer.status_code == 413
    assert "up to 2 MB" in answer.text
