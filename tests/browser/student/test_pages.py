"""The student's journey on a phone, without scripts, in English and in Welsh."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Literal

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page

from tests.browser.driving import PHONE, SCROLLS_SIDEWAYS, aside, follow, pages_on_the_way
from tests.integration.responses.doors import rows
from tests.integration.responses.page_checks import check_page
from tests.quick_server import Address

pytestmark = [
    pytest.mark.browser,
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
]

TARGET_PIXELS = 44
SMALL_TARGETS = """(page, least) => [
    ...page.querySelectorAll("main button, main label:has(input), summary, .leave")
].filter(target => target.checkVisibility() && target.getBoundingClientRect().height < least)
.map(target => target.textContent)"""
FIRST_GROUPS = 1
"""Groups of choices that are tapped on a page: one shows it as well as nine."""


@pytest.fixture
def scheme() -> Literal["light", "dark"]:
    return "light"


@pytest.fixture
def phone(browser: Browser, scheme: Literal["light", "dark"]) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport=PHONE, java_script_enabled=False, color_scheme=scheme)
    yield context
    context.close()


def look_at(page: Page) -> None:
    """What holds on every page, as the phone shows it."""
    check_page(page.content())
    html = page.locator("html")
    assert not html.evaluate(SCROLLS_SIDEWAYS), page.url
    assert html.evaluate(SMALL_TARGETS, TARGET_PIXELS) == []


def answer_all(page: Page) -> None:
    """Taps the first answer of what is asked and writes in every box."""
    for group in page.locator("main fieldset:visible").all()[:FIRST_GROUPS]:
        group.locator("label").first.click()
    for box in page.locator("textarea").all():
        box.fill("More lights by the gate")


@pytest.mark.parametrize(
    ("language", "scheme", "title", "toilets", "whole"),
    [
        ("en", "light", "Places at school", "Toilets", False),
        pytest.param("en", "light", "Places at school", "Toilets", True, marks=pytest.mark.slow),
        pytest.param("cy", "dark", "Lleoedd yn yr ysgol", "Toiledau", True, marks=pytest.mark.slow),
    ],
)
def test_the_whole_journey(
    app: Flask,
    code: str,
    server: Address,
    phone: BrowserContext,
    language: str,
    title: str,
    toilets: str,
    whole: bool,
) -> None:
    """From the card to the thanks. In the ordinary run the pages in the middle are left out: each
    kind of page is looked at by other tests."""
    page = phone.new_page()
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))

    page.goto(server.address)
    look_at(page)
    page.locator("#code").fill(code.lower())
    follow(page, page.locator(".go button"))
    if language != "en":
        page.locator(".bar .langs summary").click()
        follow(page, page.locator(f".bar a[lang={language}]"))
    loaded, seen_toilets, every = 0, False, whole
    while page.locator("input[name=at]").get_attribute("value") != "send":
        look_at(page)
        assert page.locator("html").get_attribute("lang") == language
        if page.locator("#B2").count():
            assert page.locator("h1").inner_text() == title
            assert toilets in page.locator("#B2 legend").all_inner_texts()
            seen_toilets = True
        answer_all(page)
        with page.expect_navigation():
            page.locator("button[value=next]").click()
        loaded += 1
        if seen_toilets and not whole:
            way = pages_on_the_way(page.url, lambda html: 'value="send"' in html)
            page.goto(way[-3])
            whole = True
    assert seen_toilets
    look_at(page)
    assert aside(rows, app, "response") == []

    with page.expect_navigation():
        page.locator("button[value=back]").click()
    assert page.locator("textarea").input_value() == "More lights by the gate"
    with page.expect_navigation():
        page.locator("button[value=next]").click()
    with page.expect_navigation():
        page.locator("button[value=send]").click()
    look_at(page)
    carried = [field.get_attribute("name") for field in page.locator("input").all()]
    assert carried == [], "the last page carries no answer and no receipt"
    [response] = aside(rows, app, "response")
    answers = json.loads(str(response["answers"]))
    assert answers["A1"] == "y9"
    assert set(answers["B2"].values()) == {"very_safe"}, "the one place that was tapped"
    assert loaded > (30 if every else 5)
    assert phone.cookies() == []
    assert all(url.startswith(server.address) for url in requests)
    looks = {url for url in requests if "/look/" in url}
    assert [url.rpartition(".")[2] for url in looks] == ["css"], (
        "one sheet, and no script is asked for"
    )
    # Two for each page turned: the form, and the address that it is answered with.
    assert len([url for url in requests if url not in looks]) <= 2 * (loaded + 8)
    assert not any(code in url for url in requests), "a typed code is in no address"


def test_leaving_leads_to_a_page_that_says_nothing(
    code: str, server: Address, phone: BrowserContext
) -> None:
    page = phone.new_page()
    page.goto(f"{server.address}/s/{code}")
    page.locator(".leave").click()
    page.wait_for_url(f"{server.address}/leave")
    assert "survey" not in page.content().lower().replace(server.address, "")


def test_the_keyboard_is_enough(code: str, server: Address, phone: BrowserContext) -> None:
    page = phone.new_page()
    page.goto(f"{server.address}/s/{code}")
    for _page in range(2):
        with page.expect_navigation():
            page.locator("button[value=next]").press("Enter")
    first = page.locator("input[type=radio]").first
    first.press("Space")
    assert first.is_checked()
    with page.expect_navigation():
        first.press("Enter")  # the first button of the form is Next
    assert page.locator("input[name=at]").get_attribute("value") == "B-1"
