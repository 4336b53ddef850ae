"""What every answer says to the browser: each endpoint and method, signed out and signed in,
and each status that an answer can have. New endpoints are swept from their first day."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from survey.app import create_app
from survey.database import database
from survey.http.headers import FOR_STUDENTS, HEADERS, SEE_OTHER
from survey.permissions import Role
from tests.conftest import settings_for
from tests.integration.test_permissions_sweep import Doors, doors  # noqa: F401
from tests.world import PASSWORD, World

TLS = "https://survey.test"


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


@pytest.fixture
def app(database_url: str, world: World, tmp_path: Path) -> Iterator[Flask]:
    """As it is served over TLS: what goes wrong becomes a page, and forms are asked for a token."""
    app = create_app(settings_for(database_url, public_address=TLS))
    app.config["PREFERRED_URL_SCHEME"] = "https"
    yield app
    with app.app_context():
        database.engine.dispose()


def wrong(app: Flask, endpoint: str | None, answer: TestResponse) -> list[str]:
    """What an answer should say to the browser, and does not."""
    blueprint = (endpoint or "").rpartition(".")[0]
    said = answer.headers
    is_light = answer.status_code == SEE_OTHER and blueprint in FOR_STUDENTS
    expected = {} if is_light else dict(HEADERS)
    policy = said.get("Content-Security-Policy", "")
    if "frame-ancestors 'none'" in policy:
        expected.pop("X-Frame-Options", None)
    found = [name for name in expected if name not in said]
    if not is_light:
        found += [
            f"policy without {one}"
            for one in ("default-src 'none'", "base-uri 'none'", "frame-ancestors", "form-action")
            if one not in policy
        ]
        found += [f"policy with {one}" for one in ("unsafe-", "*", "http:") if one in policy]
        if "Strict-Transport-Security" not in said:
            found.append("HSTS")
        if said.get("X-Content-Type-Options") != "nosniff":
            found.append("nosniff")
        if said.get("Referrer-Policy") != "no-referrer":
            found.append("referrer")
        if blueprint not in FOR_STUDENTS and "Cross-Origin-Resource-Policy" not in said:
            found.append("CORP")
    is_file = endpoint == "static" and answer.status_code < 400
    if not is_file and "no-store" not in said.get("Cache-Control", ""):
        found.append(f"Cache-Control: {said.get('Cache-Control')}")
    found += [one for one in said.keys() if one.startswith("Access-Control") or one == "Server"]  # noqa: SIM118
    if answer.mimetype == "application/json" and endpoint not in MACHINE_READABLE:
        found.append("an object")
    for cookie in said.getlist("Set-Cookie"):
        name = cookie.split("=")[0]
        if not name.startswith(("__Host-", "__Secure-")):
            found.append(f"cookie {name}")
        found += [
            f"cookie {name} without {w}"
            for w in ("Secure", "HttpOnly", "SameSite")
            if w not in cookie
        ]
        found += [f"cookie {name} with Domain"] if "Domain" in cookie else []
        if blueprint in FOR_STUDENTS:
            found.append("a cookie on a page of students")
    return found


MACHINE_READABLE = {
    "reports.certificate",
    "reports.questionnaire_json",
    "reports.release_json",
    "serving.live",
    "serving.ready",
}
"""What answers with an object at all: what is published, and whether the server is well."""

ENDS_THE_SESSION = {"security.logout", "organisations.own_sessions", "security.change_password"}
ODD: tuple[tuple[str, str | None, dict[str, Any]], ...] = (
    ("/nowhere", None, {}),
    ("/static/nothing.css", "static", {}),
    ("/static/../settings.py", None, {}),
    ("/sign-in", "security.login", {"method": "POST", "json": {"email": 1}}),
    ("/sign-in", "security.login", {"method": "POST", "data": {"email": "x" * 300_000}}),
    ("/", "responses.start", {"method": "POST", "data": {"code": "x" * 300_000}}),
    ("/", "responses.start", {"method": "POST", "json": {"code": 1}}),
    ("/ask/abcdef", "help_requests_student.ask", {"method": "PUT"}),
    ("/sign-in", None, {"method": "TRACE"}),
)


def browser(app: Flask) -> FlaskClient:
    client = app.test_client()
    client.environ_base["wsgi.url_scheme"] = "https"
    return client


def test_every_answer_of_every_endpoint_carries_the_guards(
    app: Flask,
    doors: Doors,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: Counter[int] = Counter()
    found: list[str] = []

    def look(endpoint: str | None, what: str, answer: TestResponse) -> None:
        seen[answer.status_code] += 1
        found.extend(f"{what} {answer.status_code}: {one}" for one in wrong(app, endpoint, answer))
        answer.close()

    lead = browser(app)
    given = {"email": doors.world.email(Role.LEAD), "password": PASSWORD}
    look("security.login", "signs in", lead.post("/sign-in", data=given, base_url=TLS))
    for number, visit in enumerate(list(doors.visits(doors.world.own))):
        other = ("OPTIONS", "DELETE")[number % 2]  # the framework answers these
        for method in (visit.method, other) if visit.method == "GET" else ("POST",):
            answer = browser(app).open(visit.address, method=method, base_url=TLS)
            look(visit.endpoint, f"{method} {visit.endpoint}", answer)
        if visit.endpoint not in ENDS_THE_SESSION:
            answer = lead.open(visit.address, method=visit.method, base_url=TLS)
            look(visit.endpoint, f"lead: {visit}", answer)
    assert "/sign-in" not in lead.get("/staff", base_url=TLS).location, "signed out on the way"
    for address, endpoint, given in ODD:
        look(endpoint, address, browser(app).open(address, base_url=TLS, **given))
        look(endpoint, address, lead.open(address, base_url=TLS, **given))
    monkeypatch.setitem(app.view_functions, "security.login", lambda: 1 / 0)
    look("security.login", "breaks", browser(app).get("/sign-in", base_url=TLS))
    assert not found, "\n".join(sorted(set(found)))
    assert seen.keys() >= {200, 302, 303, 400, 403, 404, 405, 413, 415, 500}, seen
