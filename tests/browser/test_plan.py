"""Drawing the plan and answering on it, in a browser that runs no script."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, Locator, Page, expect

from survey.campaigns.queries import find_wave, questionnaire_of
from survey.campaigns.site_plans import operations as site_plan_operations
from survey.campaigns.site_plans.models import SitePlan
from survey.database import begin, read
from survey.demo.school_plan import draw, give_plan
from survey.organisations.models import School
from survey.permissions import Role
from survey.questionnaires.codecs.answer_codec import numbered
from survey.questionnaires.load import load_all
from survey.responses.posted_form import number_of
from tests.browser.driving import follow, pages_on_the_way, sign_in
from tests.integration.campaigns.schools import draft_of
from tests.integration.responses.doors import make_codes, rows
from tests.quick_server import Address
from tests.world import TEMPLATE, World

pytestmark = [
    pytest.mark.browser,
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
]

SCROLLS_SIDEWAYS = "page => page.scrollWidth > page.clientWidth"
WIDTHS = (320, 360, 1200)
"""The ordinary run has a student on a phone and a lead on a desk."""


def at_width(ordinary: int) -> list[Any]:
    return [one if one == ordinary else pytest.param(one, marks=pytest.mark.slow) for one in WIDTHS]


def aside(app: Flask, work: Callable[[], Any]) -> Any:
    """Does the app's work in a separate thread: the browser's event loop lives in this one."""

    def with_app() -> Any:
        with app.test_request_context():
            return work()

    with ThreadPoolExecutor(1) as thread:
        return thread.submit(with_app).result()


def opened(browser: Browser, width: int) -> Page:
    context = browser.new_context(
        viewport={"width": width, "height": 740}, java_script_enabled=False
    )
    return context.new_page()


def picture(page: Page) -> Locator:
    """The one image button that is in sight."""
    page.wait_for_load_state("load")  # the style sheet hides one of two
    (found,) = (one for one in page.locator("input[type=image]").all() if one.is_visible())
    return found


def press(page: Page, x: int, y: int) -> None:
    """Presses a spot, given in pixels of the stored picture, wherever it is shown and how large."""
    button = picture(page)
    box = button.bounding_box()
    assert box
    scale = box["width"] / 720
    with page.expect_navigation():
        button.click(position={"x": x * scale, "y": y * scale})


def enter(page: Page, at: Locator) -> None:
    """Presses Enter, and waits for the page that it leads to."""
    with page.expect_navigation():
        at.press("Enter")


def is_near(corners: list[list[int]], wanted: list[list[int]]) -> bool:
    pairs = zip(corners, wanted, strict=True)
    return all(abs(x - a) <= 3 and abs(y - b) <= 3 for (x, y), (a, b) in pairs)


@pytest.mark.parametrize("width", at_width(1200))
def test_a_lead_draws_by_pressing_and_by_keys(
    app: Flask, world: World, server: Address, browser: Browser, tmp_path: Path, width: int
) -> None:
    campaign_id = aside(app, lambda: draft_of(app, world.own))
    drawing = tmp_path / "plan.svg"
    drawing.write_text(draw(), encoding="utf-8")
    page = opened(browser, width)
    sign_in(page, server, world.email(Role.LEAD))
    at = f"{server.address}/schools/{world.own.school_id}/campaigns/{campaign_id}/draft/plan/"
    page.goto(at)
    page.set_input_files("input[type=file]", drawing)
    follow(page, page.get_by_role("button", name="Use this picture"))

    follow(page, page.get_by_role("link", name="Draw Toilets"))
    press(page, 470, 60)
    press(page, 560, 160)
    assert not page.locator("html").evaluate(SCROLLS_SIDEWAYS)
    follow(page, page.get_by_role("button", name="Keep this area"))

    # The same by keys alone: two corners in numbers, the second one corrected with an arrow.
    enter(page, page.get_by_role("link", name="Draw Canteen or lunch queue"))
    page.locator("details.keyboard summary").press("Enter")
    for x, y in ((60, 205), (280, 335)):
        page.get_by_label("From the left").fill(str(x))
        page.get_by_label("From the top").fill(str(y))
        enter(page, page.get_by_label("From the top"))
    enter(page, page.get_by_role("button", name="Move right"))
    enter(page, page.get_by_role("button", name="Keep this area"))
    expect(page.locator(".areas li")).to_have_count(2)

    areas = aside(app, lambda: read().get_one(SitePlan, world.own.school_id).areas)
    assert [area["place"] for area in areas] == ["toilets", "canteen"]
    assert is_near(areas[0]["corners"], [[470, 60], [560, 60], [560, 160], [470, 160]])
    assert areas[1]["corners"] == [[60, 205], [300, 205], [300, 335], [60, 335]]


@pytest.mark.parametrize("width", at_width(360))
def test_a_student_answers_on_the_picture(
    app: Flask, world: World, server: Address, browser: Browser, width: int
) -> None:
    def launch_with_plan() -> None:
        with begin() as db:
            give_plan(db, school=db.get_one(School, world.own.school_id))
            wave = find_wave(db, world.own.school_id, world.own.wave_id)
            site_plan_operations.freeze_plan(db, wave=wave, questionnaire=questionnaire_of(wave))

    aside(app, launch_with_plan)
    [code] = aside(app, lambda: make_codes(app, world.own, year=9, count=1))
    page = opened(browser, width)
    fetched: list[str] = []
    page.on("request", lambda request: fetched.append(request.url))
    page.goto(f"{server.address}/s/{code}")
    while not page.locator("button[value=plan-B3]").count():
        with page.expect_navigation():
            page.locator(".go button[value=next]").click()
    assert not [url for url in fetched if url.endswith("?plan")]

    follow(page, page.locator("button[value=plan-B3]"))
    press(page, 515, 110)
    expect(page.locator("h1")).to_have_text("You chose: Toilets")
    follow(page, page.get_by_role("button", name="Choose again"))
    press(page, 180, 270)
    expect(page.locator("h1")).to_have_text("You chose: Canteen or lunch queue")
    assert not page.locator("html").evaluate(SCROLLS_SIDEWAYS)
    enter(page, page.get_by_role("button", name="Yes", exact=True))
    answers = numbered(load_all()[TEMPLATE])["B3"]
    canteen = page.locator(f"input[name=B3][value='{number_of(answers.index('canteen') + 1)}']")
    expect(canteen).to_be_checked()

    # Enter in the list still means Next, although a question has its own button.
    enter(page, canteen)
    expect(page.locator("#B3")).to_have_count(0)
    *_on_the_way, last = pages_on_the_way(page.url, lambda html: 'value="send"' in html)
    page.goto(last)
    page.locator("button[value=send]").click()
    page.get_by_role("heading", name="Thank you").wait_for()
    [response] = aside(app, lambda: rows(app, "response"))
    assert json.loads(str(response["answers"]))["B3"] == ["canteen"]
