"""What every answer says to a browser, and the names of cookies, over TLS and without."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from survey.app import create_app
from survey.organisations.views import contact_address
from tests.conftest import settings_for
from tests.integration.organisations.pages import is_signed_in, try_sign_in
from tests.world import build_world


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


@pytest.fixture
def tls(database_url: str) -> Flask:
    settings = settings_for(database_url, public_address="https://survey.test")
    return create_app(settings, testing=True)


PAGES = ("/sign-in", "/", "/ask/", "/static/staff.css", "/nowhere")


@pytest.mark.parametrize("address", PAGES)
def test_over_tls_browsers_are_told_to_stay_with_it(tls: Flask, address: str) -> None:
    client = tls.test_client()
    with client.get(address, base_url="https://survey.test") as answer:
        assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_staff_pages_and_files_are_not_loaded_into_other_sites(app: Flask) -> None:
    for address in ("/sign-in", "/static/staff.css", "/.well-known/security.txt"):
        with app.test_client().get(address) as answer:
            assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
            assert "Strict-Transport-Security" not in answer.headers  # 127.0.0.1 in the demo


def test_the_cookies_belong_to_this_host_and_to_tls_alone(tls: Flask) -> None:
    with tls.app_context():
        world = build_world()
    client = tls.test_client()
    client.environ_base["wsgi.url_scheme"] = "https"
    answer = try_sign_in(client, world.operator_email)
    cookies = {one.split("=")[0]: one for one in answer.headers.getlist("Set-Cookie")}
    assert set(cookies) == {"__Host-session", "__Secure-known"}
    for cookie in cookies.values():
        assert "Secure" in cookie
        assert "HttpOnly" in cookie
        assert "Domain" not in cookie
    assert "Path=/;" in cookies["__Host-session"] + ";"
    assert "Path=/sign-in" in cookies["__Secure-known"]
    assert is_signed_in(client)


def test_security_txt_says_where_to_report(app: Flask) -> None:
    text = app.test_client().get("/.well-known/security.txt").text
    fields = dict(line.split(": ", 1) for line in text.splitlines())
    assert fields["Contact"] == "mailto:help@survey.test"
    expires = datetime.fromisoformat(fields["Expires"].replace("Z", "+00:00"))
    assert timedelta(0) < expires - datetime.now(UTC) < timedelta(days=365)


@pytest.mark.parametrize(
    ("contact", "address"),
    [
        ("Data team <data@council.example>, room 4", "mailto:data@council.example"),
        ("https://council.example/survey", "https://council.example/survey"),
        ("Telephone 01632 960 001", "tel:01632960001"),
        ("Room 4", "http://survey.test"),
    ],
)
def test_the_contact_is_an_address_whatever_the_operator_wrote(contact: str, address: str) -> None:
    assert contact_address(settings_for("sqlite:////x.db", operator_contact=contact)) == address
