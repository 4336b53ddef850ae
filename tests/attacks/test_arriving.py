"""Bodies that are no form, files where words belong, signs that a database refuses and numbers that
it cannot hold: every page answers each of them with a page, on both engines."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from html import unescape
from typing import Any

import pytest
from flask import Flask, url_for
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.datastructures import MultiDict
from werkzeug.routing import IntegerConverter, UnicodeConverter
from werkzeug.test import TestResponse

from survey.database import read
from survey.organisations.models import Authority
from survey.permissions import Role, declared_access
from tests.integration.test_permissions_sweep import Doors, Visit
from tests.seats import with_every_seat
from tests.world import World, sign_in

TYPED = ("[1,2]", '"x"', "null", '{"title": 1, "email": [1], "go": {}}', "[" * 5000)


@pytest.fixture
def doors(app: Flask, world: World, monkeypatch: pytest.MonkeyPatch) -> Doors:
    with app.app_context():
        world = with_every_seat(world)
    made = Doors(app, world, monkeypatch)
    app.testing = False
    app.config["PROPAGATE_EXCEPTIONS"] = False
    for role in Role:  # before a page that is tried closes an account
        made.client(role)
    return made


ANY_BODY = {"device_check.echo"}
"""Views that send back what was sent as it came, and read nothing of it."""


def posts(doors: Doors) -> Iterator[tuple[Visit, Role | None]]:
    """Every page that takes a form, as a member who may."""
    for visit in list(doors.visits(doors.world.own)):
        if visit.method != "POST" or visit.endpoint in ANY_BODY:
            continue
        asked = declared_access(doors.app, visit.endpoint)
        yield visit, None if asked == "public" else _who(asked)


def _who(asked: object) -> Role:
    from survey.permissions import PERMISSIONS, Permission

    if isinstance(asked, Permission):
        return sorted(PERMISSIONS[asked])[0]
    return Role.LEAD


STUDENTS = ("responses", "help_requests_student")
"""Pages that answer a form with an address: what they say is read there."""


def said(client: FlaskClient, visit: Visit, **sent: Any) -> TestResponse:
    """What someone sees who sends this."""
    answer = client.post(visit.address, **sent)
    if visit.endpoint.split(".")[0] not in STUDENTS:
        return answer
    assert answer.status_code == 303, visit
    return client.get(answer.headers["Location"])


def test_a_body_that_is_no_form_is_refused_everywhere(doors: Doors) -> None:
    for visit, who in posts(doors):
        client = doors.client(who)
        for body in TYPED[:2] if who else TYPED:
            answer = said(client, visit, data=body, content_type="application/json")
            is_students = visit.endpoint.split(".")[0] in (
                "responses",
                "help_requests_student",
                "device_check",
                "feedback",
            )
            assert answer.status_code == 415 or (is_students and answer.status_code == 400), visit


FIELDS = (
    "title",
    "name",
    "email",
    "password",
    "go",
    "goal",
    "who",
    "hours",
    "about",
    "label",
    "do",
)


def test_a_file_where_words_belong_is_refused_everywhere(doors: Doors) -> None:
    for visit, who in posts(doors):
        data = MultiDict((field, (io.BytesIO(b"x"), "x.txt")) for field in FIELDS)
        answer = said(doors.client(who), visit, data=data, content_type="multipart/form-data")
        assert 400 <= answer.status_code < 500, visit


def test_half_words_and_control_letters_break_no_page(doors: Doors) -> None:
    for visit, who in posts(doors):
        data = {field: f"A\0b\x02\ufffe {field}" for field in FIELDS} | {"": "\0", "\0": "x"}
        answer = said(doors.client(who), visit, data=data)
        assert answer.status_code < 500, visit


def test_no_number_in_an_address_is_too_large(doors: Doors) -> None:
    tried = 0
    for rule in doors.app.url_map.iter_rules():
        numbers = [
            name for name, one in rule._converters.items() if isinstance(one, IntegerConverter)
        ]
        known = doors.path_values(doors.world.own) | dict.fromkeys(numbers, 10)
        if not numbers or "GET" not in (rule.methods or ()):
            continue
        with doors.app.test_request_context():
            values = {name: doors.value(rule, name, known) for name in rule.arguments}
            address = url_for(rule.endpoint, **values)  # type: ignore[arg-type]
        for huge, expected in (
            ("9" * 9, (200, 403, 404)),
            ("9" * 25, (404,)),
            ("9" * 5000, (404,)),
        ):
            answer = doors.client(Role.ANALYST).get(re.sub(r"/10(?=/|$)", f"/{huge}", address))
            assert answer.status_code in expected, (address, huge[:30])
        tried += 1
    assert tried


def test_no_word_in_an_address_holds_what_a_database_refuses(doors: Doors) -> None:
    tried = 0
    for rule in doors.app.url_map.iter_rules():
        words = [
            name for name, one in rule._converters.items() if type(one).__name__ == "_PlainWord"
        ]
        if not words or "GET" not in (rule.methods or ()):
            continue
        assert all(isinstance(rule._converters[name], UnicodeConverter) for name in words)
        known = doors.path_values(doors.world.own) | dict.fromkeys(words, "aXXb")
        with doors.app.test_request_context():
            values = {name: doors.value(rule, name, known) for name in rule.arguments}
            address = url_for(rule.endpoint, **values)  # type: ignore[arg-type]
        for odd in ("%00", "%02", "%EF%BF%BE"):
            answer = doors.client(None).get(address.replace("XX", odd))
            assert answer.status_code == 404, (address, odd)
        tried += 1
    assert tried >= 4


def test_a_name_with_control_letters_is_kept_without_them(
    app: Flask, client: FlaskClient, world: World
) -> None:
    sign_in(client, world.operator_email)
    made = client.post(
        "/operator/authorities/add", data={"name": "Test\0 Author\x02ity", "nation": "england"}
    )
    assert made.status_code in (302, 303), unescape(made.get_data(as_text=True))[:2000]
    with app.app_context():
        assert "Test Authority" in [one.name for one in read().scalars(select(Authority))]


@pytest.mark.parametrize("body", TYPED)
def test_the_sign_in_page_reads_forms_alone(client: FlaskClient, body: str) -> None:
    answer = client.post("/sign-in", data=body, content_type="application/json")
    assert answer.status_code == 415
    assert "Traceback" not in answer.text
