"""Each nature of error becomes its page, whatever else is broken; and every answer is guarded."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator
from html import unescape
from pathlib import Path

import pytest
from flask import Flask, abort
from flask.testing import FlaskClient
from jinja2 import DictLoader
from sqlalchemy import text

import survey
from survey.app import create_app
from survey.campaigns.states import IllegalWaveMoveError
from survey.database import begin, database
from survey.errors import PAGES, STATUS_OF, NotNowError, NotThereError, RefusedError, SurveyError
from survey.http.headers import HEADERS
from survey.permissions import Role, public
from tests.conftest import settings_for
from tests.integration.organisations.pages import try_sign_in
from tests.world import World, build_world, sign_in

NATURES = {
    NotThereError: 404,
    NotNowError: 409,
    IllegalWaveMoveError: 409,
    RefusedError: 422,
    SurveyError: 500,
}


@pytest.fixture
def served(sqlite_template: Path, tmp_path: Path) -> Iterator[Flask]:
    """An app as it is served, not under test: nothing that goes wrong travels on to the caller."""
    path = tmp_path / "survey.db"
    shutil.copy(sqlite_template, path)
    app = create_app(settings_for(f"sqlite:///{path}"))
    yield app
    with app.app_context():
        database.engine.dispose()


def goes_wrong(app: Flask, view: Callable[[], str]) -> FlaskClient:
    app.add_url_rule("/wrong", "wrong", public(view))
    return app.test_client()


def failing(error: Exception) -> Callable[[], str]:
    def view() -> str:
        raise error

    return view


def test_every_nature_of_error_has_a_status_and_every_status_a_page() -> None:
    assert set(STATUS_OF) == set(SurveyError.__subclasses__())
    assert set(STATUS_OF.values()) <= set(PAGES)
    assert all(status == page.status for status, page in PAGES.items())


@pytest.mark.parametrize("kind", NATURES, ids=lambda kind: kind.__name__)
def test_an_error_becomes_the_page_of_its_nature_with_its_own_words(
    served: Flask, kind: type[SurveyError]
) -> None:
    answer = goes_wrong(served, failing(kind("Words <of> its own."))).get("/wrong")
    assert answer.status_code == NATURES[kind]
    page = answer.get_data(as_text=True)
    assert f"<h1>{PAGES[NATURES[kind]].title}</h1>" in page
    assert str(PAGES[NATURES[kind]].what_to_do) in unescape(page)
    assert "Words &lt;of&gt; its own." in page


@pytest.mark.parametrize("status", [s for s in sorted(PAGES) if s != 500])
def test_a_refusal_by_the_web_becomes_its_page(served: Flask, status: int) -> None:
    answer = goes_wrong(served, lambda: abort(status)).get("/wrong")
    assert answer.status_code == status
    assert f"<h1>{PAGES[status].title}</h1>" in answer.get_data(as_text=True)


@pytest.mark.parametrize(("status", "like"), [(406, 400), (410, 400), (502, 500)])
def test_a_status_without_a_page_takes_the_plainest(served: Flask, status: int, like: int) -> None:
    answer = goes_wrong(served, lambda: abort(status)).get("/wrong")
    assert answer.status_code == status
    assert f"<h1>{PAGES[like].title}</h1>" in answer.get_data(as_text=True)


def test_what_nobody_foresaw_is_told_to_the_log_and_not_to_the_reader(
    served: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    answer = goes_wrong(served, failing(LookupError("secret K7QM-3XPD"))).get("/wrong?code=K7QM")
    assert answer.status_code == 500
    page = answer.get_data(as_text=True)
    assert f"<h1>{PAGES[500].title}</h1>" in page
    assert "secret" not in page
    assert "LookupError" not in page
    (logged,) = caplog.records
    line = json.loads(logged.getMessage())
    assert (line["event"], line["kind"]) == ("staff_page_failed", "LookupError")
    assert "K7QM" not in logged.getMessage()


def test_an_address_that_only_lacks_its_slash_is_sent_on(served: Flask) -> None:
    served.add_url_rule("/wrong/", "wrong", public(lambda: "here"))
    answer = served.test_client().get("/wrong")
    assert (answer.status_code, answer.headers["Location"]) == (308, "http://localhost/wrong/")


@pytest.mark.parametrize(
    "templates",
    [
        {},
        {"error.html": "{% if %}"},
        {"error.html": "{{ page.nothing.there }}"},
        {"error.html": "{{ url_for('no.such.place') }}"},
        {"error.html": "{% extends 'gone.html' %}"},
    ],
    ids=["missing", "not-a-template", "unknown-name", "unknown-place", "missing-base"],
)
def test_the_page_survives_a_broken_template(served: Flask, templates: dict[str, str]) -> None:
    served.jinja_loader = DictLoader(templates)  # type: ignore[assignment]
    answer = goes_wrong(served, failing(NotNowError("Close it <first>."))).get("/wrong")
    assert answer.status_code == 409
    page = answer.get_data(as_text=True)
    assert f"<h1>{PAGES[409].title}</h1>" in page
    assert "<p>Close it &lt;first&gt;.</p>" in page
    assert "<html lang=en>" in page


def test_the_page_survives_a_broken_database(served: Flask) -> None:
    with served.app_context():
        world = build_world()
    client = served.test_client()
    sign_in(client, world.email(Role.LEAD))
    with served.app_context(), begin() as db:
        db.execute(text("ALTER TABLE member RENAME TO gone"))
    answer = client.get("/staff", headers={"Accept-Language": "cy"})
    assert answer.status_code == 500
    page = answer.get_data(as_text=True)
    assert f"<h1>{PAGES[500].title}</h1>" in page
    assert "member" not in page


ADDRESSES = ["/", "/sign-in", "/staff", "/nowhere", "/s/K7QM-3XPD"]


@pytest.mark.parametrize("address", ADDRESSES)
def test_every_answer_carries_the_guards(served: Flask, address: str) -> None:
    answer = served.test_client().get(address)
    assert not set(HEADERS) - set(answer.headers.keys())
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "no-referrer"


def test_staff_pages_let_no_script_run_and_nobody_frame_them(served: Flask) -> None:
    with served.app_context():
        world = build_world()
    client = served.test_client()
    sign_in(client, world.email(Role.LEAD))
    answer = client.get("/staff/account")
    assert answer.status_code == 200
    allowed = dict(
        rule.split(maxsplit=1)
        for rule in answer.headers["Content-Security-Policy"].split(";")
        if rule
    )
    assert allowed["default-src"] == "'none'"
    assert "script-src" not in allowed
    assert allowed["style-src"] == "'self'"
    assert allowed["base-uri"] == "'none'"
    assert allowed["form-action"] == "'self'"
    assert allowed["frame-ancestors"] == "'self'"
    page = answer.get_data(as_text=True)
    assert "<script" not in page
    assert " style=" not in page


def test_an_error_page_sets_no_cookie(served: Flask) -> None:
    assert "Set-Cookie" not in served.test_client().get("/nowhere").headers


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_form_with_errors_says_so_in_its_title_and_takes_the_focus(
    client: FlaskClient, world: World
) -> None:
    sign_in(client, world.operator_email)
    page = client.post("/operator/authorities/add", data={"name": " ", "nation": "wales"}).text
    assert "<title>Error: " in page
    assert re.search(r'<div class="notice notice--error"[^>]* autofocus', page)
    assert "<title>Error: " not in client.get("/operator/authorities/add").text


SUMMARY = re.compile(r"errors\((\w+)\)|notice\((\w+)[^)]*role=\"alert\"")


def test_every_name_of_a_form_with_errors_reaches_the_title() -> None:
    """`errors(form)` and one problem in a notice: the base of the pages knows each by its name."""
    templates = [*Path(survey.__file__).parent.rglob("*.html")]
    (base,) = (one.read_text() for one in templates if one.match("staff/base.html"))
    known = set(re.findall(r"\b(\w+)(?:\.errors)?\b", base.partition("has_errors =")[2][:900]))
    used = set()
    for path in templates:
        if path.parent.name != "components":
            used |= {one for found in SUMMARY.findall(path.read_text()) for one in found if one}
    assert len(used) > 8
    assert used - known == set()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_wrong_password_is_in_the_title_and_has_the_focus(
    client: FlaskClient, world: World
) -> None:
    page = try_sign_in(client, world.email(Role.LEAD), "not the right one").text
    assert "<title>Error: " in page
    assert re.search(
        r'<div class="notice notice--error" role="alert" tabindex="-1"\s+autofocus', page
    )
