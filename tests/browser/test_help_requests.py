"""From the survey to the page where an adult is asked to get in touch, in a browser: what it sends
along is nothing, and the survey stays where it was."""

from __future__ import annotations

import pytest
from flask import Flask
from playwright.sync_api import Browser, Request, expect

from tests.browser.driving import PHONE, SCROLLS_SIDEWAYS, follow
from tests.integration.responses.doors import rows
from tests.integration.responses.page_checks import check_page
from tests.quick_server import Address
from tests.world import World

pytestmark = [
    pytest.mark.browser,
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
]


def test_nothing_of_the_survey_comes_along(
    app: Flask, browser: Browser, server: Address, code: str, world: World
) -> None:
    context = browser.new_context(viewport=PHONE, java_script_enabled=False, locale="en-GB")
    sent: list[Request] = []
    context.on("request", lambda request: sent.append(request))
    page = context.new_page()
    page.goto(f"{server.address}/s/{code}?lang=en")
    for _page in range(3):
        follow(page, page.locator("button[value=next]"))
    page.locator("main fieldset label").first.click()
    follow(page, page.locator("button[value=next]"))
    here, heading = page.url, page.locator("h1").inner_text()

    sent.clear()
    page.locator("details.help summary, summary:has-text('Get help')").first.click()
    with context.expect_page() as opened:
        page.locator(".ask a").first.click()
    asking = opened.value
    asking.wait_for_load_state()

    [request] = sent
    assert request.url == f"{server.address}/ask/{world.own.word}?lang=en"
    assert request.method == "GET"
    assert request.post_data is None
    names = {name.lower() for name in request.all_headers()}
    assert not names & {"referer", "cookie", "origin"}
    assert code.split("-")[0] not in str(request.all_headers())
    assert (page.url, page.locator("h1").inner_text()) == (here, heading)

    check_page(asking.content())
    assert not asking.locator("html").evaluate(SCROLLS_SIDEWAYS)
    for name, words in {"name": "Sam Tester", "form": "9C", "where": "At lunch"}.items():
        asking.fill(f"[name={name}]", words)
    asking.locator("label:has([value=today])").click()
    asking.click("button[value=send]")
    expect(asking.locator("h1")).to_have_text("Your message has arrived")
    assert context.cookies() == []
    assert len(rows(app, "help_box")) == 2
    assert rows(app, "response") == []
    context.close()
