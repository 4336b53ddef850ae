"""Helpline numbers, hours and foreign words are drawn in the order in which they are read."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page

from survey.app import create_app
from survey.languages import LANGUAGES, direction
from tests.browser.drawn_order import out_of_order
from tests.browser.driving import PHONE, runs_slow
from tests.browser.student_pages import Sight, all_sights
from tests.conftest import settings_for
from tests.integration.responses.doors import parse_form
from tests.world import World, build_world

pytestmark = pytest.mark.browser
FROM_RIGHT = [tag for tag in LANGUAGES if direction(tag) == "rtl"]
FROM_LEFT = [tag for tag in LANGUAGES if direction(tag) == "ltr"]
IN_SHORT = FROM_RIGHT[0]
"""What the ordinary run looks at; the long one looks at all."""
LEAST_MEASURED = 100
"""In every language; a measurement that finds nothing to measure would find nothing wrong."""


@pytest.fixture(scope="module")
def app_of_pages(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Flask:
    database = tmp_path_factory.mktemp("pages") / "survey.db"
    shutil.copy(sqlite_template, database)
    return create_app(settings_for(f"sqlite:///{database}"), testing=True)


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport=PHONE)  # type: ignore[arg-type]
    yield context.new_page()
    context.close()


@pytest.fixture(scope="module")
def sights(app_of_pages: Flask, request: pytest.FixtureRequest) -> dict[str, dict[str, Sight]]:
    """Every page of a survey, of the page that asks an adult, and of what became of the answers."""
    tags = tuple(LANGUAGES) if runs_slow(request) else (IN_SHORT,)
    with app_of_pages.app_context():
        world = build_world()
    found = {tag: _beside(app_of_pages, world, tag) for tag in tags}
    for tag, surveys in all_sights(app_of_pages, world, tags).items():
        found[tag] |= surveys
    return found


def _beside(app: Flask, world: World, tag: str) -> dict[str, Sight]:
    client = app.test_client()
    ask = f"/ask/{world.own.word}?lang={tag}"
    form = client.get(ask)
    empty = parse_form(form.get_data(as_text=True)).fields | {"go": "send", "lang": tag}
    sent = empty | {"name": "Sam", "form": "8B", "where": "At lunch", "soon": "today"}
    pages = {
        "ask": form,
        "ask, not filled in": client.post(ask, data=empty, follow_redirects=True),
        "ask, arrived": client.post(ask, data=sent, follow_redirects=True),
        "ask, nowhere": client.get(f"/ask/nowhere?lang={tag}"),
        "told, nowhere": client.get(f"/told/nowhere?lang={tag}"),
    }
    found = {
        name: Sight(name, name, page.get_data(as_text=True), page.status_code)
        for name, page in pages.items()
    }
    assert all("<h1" in sight.html for sight in found.values()), "an answer without a page"
    return found


def measure(page: Page, sights: dict[str, Sight]) -> tuple[int, list[str]]:
    measured, wrong = 0, []
    for sight in sights.values():
        page.set_content(sight.html)
        looked, torn = out_of_order(page)
        measured += looked
        wrong += [f"{sight.name}: {words}" for words in torn]
    return measured, wrong


@pytest.mark.parametrize(
    "tag", [IN_SHORT, *(pytest.param(tag, marks=pytest.mark.slow) for tag in FROM_RIGHT[1:])]
)
def test_numbers_and_foreign_words_keep_their_order_from_right_to_left(
    sights: dict[str, dict[str, Sight]], page: Page, tag: str
) -> None:
    measured, wrong = measure(page, sights[tag])
    assert wrong == []
    assert measured > LEAST_MEASURED


@pytest.mark.slow
@pytest.mark.parametrize("tag", FROM_LEFT)
def test_numbers_keep_their_order_from_left_to_right(
    sights: dict[str, dict[str, Sight]], page: Page, tag: str
) -> None:
    measured, wrong = measure(page, sights[tag])
    assert wrong == []
    assert measured > LEAST_MEASURED


def test_the_measurement_sees_what_is_torn(page: Page) -> None:
    torn = '<body dir="rtl"><p>اتصل <a>0800 1111</a> مجانًا</p><p>اتصل 116 123.</p>'
    page.set_content(torn)
    assert out_of_order(page) == (2, ["0800 1111", "116 123"])
    page.set_content(torn.replace("0800 1111", "<bdi dir=ltr>0800 1111</bdi>"))
    assert out_of_order(page) == (2, ["116 123"])
