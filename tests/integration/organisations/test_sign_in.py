from __future__ import annotations

import re
from urllib.parse import urljoin, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from itsdangerous import TimestampSigner
from sqlalchemy import event, inspect, select

from survey.database import begin, database
from survey.organisations.models import Member
from survey.organisations.sign_in import ENDPOINTS
from survey.permissions import Role
from tests.integration.organisations.pages import is_signed_in, try_sign_in, words
from tests.seats import with_every_seat
from tests.world import PASSWORD, World

START = {
    Role.OPERATOR: "/operator/",
    Role.ANALYST: "/authorities/{authority_id}/",
    Role.TRUST_ANALYST: "/authorities/{authority_id}/",
    Role.PARTNER: "/authorities/{authority_id}/shared-places/{shared_place_id}",
    Role.HEAD: "/schools/{school_id}/",
    Role.LEAD: "/schools/{school_id}/",
    Role.DEPUTY: "/schools/{school_id}/",
    Role.GOVERNOR: "/schools/{school_id}/reports",
    Role.COORDINATOR: "/schools/{school_id}/",
}


def test_each_role_starts_on_its_own_page(app: Flask, world: World) -> None:
    with app.app_context():
        world = with_every_seat(world)
    for role in Role:
        client = app.test_client()
        answer = try_sign_in(client, world.email(role))
        assert answer.headers["Location"] == "/staff"
        start = client.get("/staff")
        assert start.headers["Location"] == START[role].format(**world.own.path_values())
        assert client.get(start.headers["Location"]).status_code == 200


def test_an_address_may_be_typed_in_capitals(client: FlaskClient, world: World) -> None:
    assert try_sign_in(client, f"  {world.email(Role.LEAD).upper()} ").status_code == 302


def test_a_refusal_does_not_say_what_was_wrong(
    app: Flask, client: FlaskClient, world: World
) -> None:
    closed = world.other.email[Role.LEAD]
    with app.app_context(), begin() as db:
        member = db.scalar(select(Member).where(Member.email == closed))
        assert member is not None
        member.active = False
    tries = {
        world.email(Role.LEAD): "a wrong long password",
        "nobody@nowhere.test": "a wrong long password",
        "not an address": "a wrong long password",
        closed: PASSWORD,
    }
    pages = set()
    for email, password in tries.items():
        answer = try_sign_in(client, email, password)
        assert answer.status_code == 200
        assert f'value="{email}"' in answer.text
        assert password not in answer.text
        shown = answer.text.replace(email, "")
        pages.add(re.sub(r'name="csrf_token"[^>]*value="[^"]*"', "", shown))
    assert len(pages) == 1
    assert "do not fit together" in pages.pop()
    assert not is_signed_in(client)


ELSEWHERE = (
    "https://evil.example/",
    "//evil.example/",
    "/\\evil.example/",
    "\\\\evil.example",
    "javascript:alert(1)",
)


def test_signing_in_leads_back_to_the_page_that_was_asked_for(
    client: FlaskClient, world: World
) -> None:
    asked = client.get("/staff/account")
    assert asked.headers["Location"] == "/sign-in?next=/staff/account"
    assert next_on(client, "/staff/account") == "/staff/account"
    answer = try_sign_in(client, world.email(Role.LEAD), next="/staff/account")
    assert answer.headers["Location"] == "/staff/account"


def test_signing_in_leads_nowhere_else(app: Flask, world: World) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    own = {"email": world.email(Role.LEAD), "password": PASSWORD}
    for wanted in ELSEWHERE:
        assert next_on(app.test_client(), wanted) == ""
        for answer in (
            app.test_client().post("/sign-in", data=own | {"next": wanted}),
            app.test_client().post("/sign-in", data=own, query_string={"next": wanted}),
        ):
            as_browsers_read = answer.headers["Location"].replace("\\", "/")
            goal = urlsplit(urljoin("http://survey.test/sign-in", as_browsers_read))
            assert (goal.scheme, goal.netloc) == ("http", "survey.test"), wanted


def next_on(client: FlaskClient, wanted: str) -> str:
    """Where the sign-in page means to lead, when its address says `wanted`."""
    page = client.get("/sign-in", query_string={"next": wanted})
    (kept,) = re.findall(r'name="next"[^>]*value="([^"]*)"', page.text)
    return str(kept)


def test_signing_in_keeps_nothing_about_it(app: Flask, client: FlaskClient, world: World) -> None:
    def row() -> dict[str, object]:
        with app.app_context():
            member = database.session.scalar(
                select(Member).where(Member.email == world.email(Role.LEAD))
            )
            return {c.key: getattr(member, c.key) for c in inspect(Member).column_attrs}

    before = row()
    assert try_sign_in(client, world.email(Role.LEAD)).status_code == 302
    assert is_signed_in(client)
    assert row() == before


def test_nobody_is_remembered_past_the_browser(client: FlaskClient, world: World) -> None:
    answer = try_sign_in(client, world.email(Role.LEAD), remember="y")
    cookies = {one.split("=")[0]: one for one in answer.headers.getlist("Set-Cookie")}
    assert set(cookies) == {"session", "known"}
    assert "expires" not in cookies["session"].lower()
    for cookie in cookies.values():
        assert "HttpOnly" in cookie
        assert "SameSite=Lax" in cookie


def test_the_cookie_of_a_known_browser_signs_nobody_in_and_names_nobody(
    client: FlaskClient, world: World
) -> None:
    email = world.email(Role.LEAD)
    try_sign_in(client, email)
    client.post("/sign-out")
    kept = client.get_cookie("known", path="/sign-in")
    assert kept is not None
    assert not is_signed_in(client)
    assert try_sign_in(client, email, "a wrong long password").status_code == 200
    assert client.get("/").request.headers.get("Cookie", "").find("known=") == -1
    assert email.split("@")[0] not in kept.value


def test_a_session_ends_after_half_an_hour_without_a_page(
    client: FlaskClient, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = TimestampSigner.get_timestamp(TimestampSigner("x"))
    minutes = 0
    monkeypatch.setattr(TimestampSigner, "get_timestamp", lambda _self: now + minutes * 60)
    try_sign_in(client, world.email(Role.LEAD))
    for minutes in (29, 58, 87):
        assert is_signed_in(client), minutes
    minutes = 87 + 31
    assert not is_signed_in(client)


def test_signing_out_ends_it_and_leads_to_the_door(client: FlaskClient, world: World) -> None:
    try_sign_in(client, world.email(Role.LEAD))
    assert client.post("/sign-out").headers["Location"] == "/sign-in"
    assert not is_signed_in(client)


def test_student_pages_do_not_ask_who_is_signed_in(
    app: Flask, client: FlaskClient, world: World
) -> None:
    try_sign_in(client, world.email(Role.LEAD))
    asked: list[str] = []
    with app.app_context():
        event.listen(
            database.engine, "before_cursor_execute", lambda *given: asked.append(given[2])
        )
    answer = client.get("/")
    assert answer.status_code == 200
    assert "Set-Cookie" not in answer.headers
    assert not [statement for statement in asked if "member" in statement]
    client.get("/staff/account")
    assert [statement for statement in asked if "member" in statement]


def test_a_token_in_the_address_signs_nobody_in(
    app: Flask, client: FlaskClient, world: World
) -> None:
    with app.app_context():
        member = database.session.scalar(
            select(Member).where(Member.email == world.email(Role.LEAD))
        )
        assert member is not None
        token = member.get_auth_token()
    assert client.get("/staff/account", query_string={"auth_token": token}).status_code == 302
    header = {"Authentication-Token": token}
    assert client.get("/staff/account", headers=header).status_code == 302


def test_the_sign_in_endpoints_are_those_declared_and_no_more(app: Flask) -> None:
    there = {rule.endpoint for rule in app.url_map.iter_rules()}
    assert {endpoint for endpoint in there if endpoint.startswith("security.")} == set(ENDPOINTS)


def test_the_sign_in_page_needs_its_token(client: FlaskClient, world: World) -> None:
    data = {"email": world.email(Role.LEAD), "password": PASSWORD}
    assert client.post("/sign-in", data=data).status_code == 400
    page = client.get("/sign-in").text
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert token
    answer = client.post("/sign-in", data=data | {"csrf_token": token[1]})
    assert answer.status_code == 302


def test_the_sign_in_page_tells_who_can_help_and_where_students_go(client: FlaskClient) -> None:
    page = client.get("/sign-in")
    assert "Test Operator can help: help@survey.test" in words(page)
    assert re.search(r'<a\s+href="/">Type the code', page.text)
