"""Charts that answer to the pointer and to the keys, as Chromium shows them under our policy: the
same picture at the same place, what is said of a mark is what the table says, and nothing is
refused."""

from __future__ import annotations

import io
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pytest
from PIL import Image, ImageChops
from playwright.sync_api import Browser, Locator, Page

from survey.app import create_app
from survey.permissions import Role
from tests.browser.driving import PHONE, SCROLLS_SIDEWAYS, aside, sign_in
from tests.browser.eyes import AXE, RUN_AXE, TAGS
from tests.conftest import settings_for
from tests.integration.reports.school.test_views import address, publish
from tests.real_server import Server, serving
from tests.unit.reports.samples import sample
from tests.world import build_world

pytestmark = pytest.mark.browser

SAFETY = ("safety", "2026.2")
DESK = {"width": 1280, "height": 900}
WATCH = """
window.refused = []; window.shifted = 0;
addEventListener('securitypolicyviolation', (one) => refused.push(one.violatedDirective));
new PerformanceObserver((list) => { for (const one of list.getEntries()) shifted += one.value; })
  .observe({ type: 'layout-shift', buffered: true });
"""
ALIKE = 0.01
"""The part of a chart's pixels that may be another than before: edges of letters."""


@dataclass(frozen=True)
class Report:
    address: str
    state: Any
    """Of a browser in which its reader has signed in."""


@pytest.fixture(scope="module")
def report(browser: Browser, sqlite_template: Path, tmp_path_factory: Any) -> Iterator[Report]:
    folder = tmp_path_factory.mktemp("charts")
    shutil.copy(sqlite_template, folder / "survey.db")
    settings = settings_for(f"sqlite:///{folder / 'survey.db'}")

    def prepare() -> tuple[str, str]:
        app = create_app(settings, testing=True)
        with app.app_context():
            world = build_world()
        publish(app, world.own, *sample(SAFETY))
        return address(world.own, "places"), world.email(Role.LEAD)

    path, email = aside(prepare)
    with serving(settings, folder) as server:
        yield Report(f"{server.address}{path}", _signed_in(browser, server, email))


def _signed_in(browser: Browser, server: Server, email: str) -> Any:
    context = browser.new_context()
    page = context.new_page()
    sign_in(page, server, email)
    page.wait_for_load_state()
    state = context.storage_state()
    context.close()
    return state


@dataclass
class Seen:
    """A page of a report, and all that its browser fetched and complained of."""

    page: Page
    fetched: list[str]
    complaints: list[str]

    @property
    def chart(self) -> Locator:
        return self.page.locator(".chart-live").first

    def words(self) -> list[str]:
        return self.page.locator(".chart-live__words").first.locator("> *").all_inner_texts()

    def row(self, number: int) -> list[str]:
        """What the table beside the chart says of its line, in the words of a mark."""
        row = self.page.locator(".report-figure table").first.locator("tbody tr").nth(number)
        cell = row.locator("td").first
        said = [row.locator("th").inner_text(), cell.locator("b").inner_text()]
        said.append(f"Students: {cell.locator('.of').inner_text()}")
        for interval in cell.locator(".interval").all_inner_texts():
            said.append(f"95% interval {interval}")
        return said

    def wait_for_words(self) -> None:
        self.page.locator(".chart-live__words > *").first.wait_for()

    def wait(self) -> None:
        self.page.locator(".chart-live.is-live").first.wait_for()

    def refused(self) -> object:
        return self.page.evaluate("window.refused")


@pytest.fixture
def seen(browser: Browser, report: Report, request: pytest.FixtureRequest) -> Iterator[Seen]:
    viewport = getattr(request, "param", DESK)
    context = browser.new_context(storage_state=report.state, viewport=viewport, has_touch=True)
    context.add_init_script(WATCH)
    page = context.new_page()
    found = Seen(page, [], [])
    page.on("request", lambda one: found.fetched.append(one.url))
    page.on("console", lambda one: found.complaints.append(one.text))
    page.on("pageerror", lambda one: found.complaints.append(str(one)))
    page.goto(report.address)
    yield found
    assert found.complaints == []
    assert found.refused() == []
    context.close()


BOTH = pytest.mark.parametrize("seen", [PHONE, DESK], indirect=True, ids=["phone", "desk"])


@BOTH
def test_the_pointer_says_what_the_table_says(seen: Seen) -> None:
    assert not any("vega" in one or "drawings" in one for one in seen.fetched)
    seen.chart.scroll_into_view_if_needed()
    before = seen.chart.bounding_box()
    seen.chart.hover(position={"x": 100, "y": 20})
    seen.wait()
    seen.wait_for_words()
    assert seen.words() == seen.row(0)
    assert seen.chart.bounding_box() == before
    assert seen.page.evaluate("window.shifted") == 0
    assert not seen.page.locator("html").evaluate(SCROLLS_SIDEWAYS)
    assert sum("vega" in one for one in seen.fetched) == 1
    seen.page.locator("h1").hover()
    assert seen.words() == []


@BOTH
def test_the_keys_lead_through_every_figure(seen: Seen) -> None:
    seen.chart.focus()
    seen.page.keyboard.press("Shift+Tab")
    seen.page.keyboard.press("Tab")
    seen.wait()
    assert seen.chart.evaluate("one => one === document.activeElement")
    seen.wait_for_words()
    rows = seen.page.locator(".report-figure table").first.locator("tbody tr").count()
    assert rows > 3
    for number in range(rows):
        assert seen.words() == seen.row(number)
        seen.page.keyboard.press("ArrowDown")
    assert seen.words() == seen.row(rows - 1)  # the last stays
    seen.page.keyboard.press("Home")
    assert seen.words() == seen.row(0)
    seen.page.keyboard.press("ArrowRight")
    assert seen.words() == seen.row(1)
    seen.page.keyboard.press("ArrowUp")
    assert seen.words() == seen.row(0)
    seen.page.keyboard.press("End")
    assert seen.words() == seen.row(rows - 1)
    seen.page.keyboard.press("Escape")
    assert seen.words() == []
    assert seen.chart.evaluate("one => one === document.activeElement")


@BOTH
def test_axe_finds_nothing_while_a_chart_answers(seen: Seen) -> None:
    seen.chart.hover(position={"x": 100, "y": 20})
    seen.wait()
    seen.wait_for_words()
    seen.page.evaluate(AXE.read_text(encoding="utf-8") + "; undefined")
    assert seen.page.evaluate(RUN_AXE, TAGS) == []


def test_a_tap_is_enough(seen: Seen) -> None:
    seen.chart.tap(position={"x": 100, "y": 20})
    seen.wait()
    seen.wait_for_words()
    assert seen.words() == seen.row(0)


def test_the_browser_draws_the_same_picture(seen: Seen) -> None:
    before = picture(seen.chart)
    seen.chart.hover(position={"x": 100, "y": 20})
    seen.wait()
    seen.page.locator("h1").hover()
    seen.page.evaluate("scrollTo(0, 0)")
    after = picture(seen.chart)
    assert before.size == after.size
    apart = ImageChops.difference(before, after).convert("L").point(lambda one: 255 * (one > 48))
    share = apart.histogram()[255] / (before.width * before.height)
    assert share < ALIKE, f"{share:.2%} of the pixels"
    assert picture(seen.page.locator(".report-figure__table").first).size != before.size


def picture(part: Locator) -> Image.Image:
    return Image.open(io.BytesIO(part.screenshot())).convert("RGB")


@pytest.mark.parametrize("medium", ["screen", "print"])
def test_paper_keeps_the_drawing_of_the_server(
    seen: Seen, medium: Literal["screen", "print"]
) -> None:
    seen.chart.hover(position={"x": 100, "y": 20})
    seen.wait()
    seen.page.emulate_media(media=medium)
    drawn = seen.chart.locator("> .chart")
    assert float(drawn.evaluate("one => getComputedStyle(one).opacity")) == (medium == "print")
    assert seen.chart.locator(".chart-live__drawing").is_visible() is (medium == "screen")


def test_without_script_the_drawing_stands(browser: Browser, report: Report) -> None:
    context = browser.new_context(storage_state=report.state, java_script_enabled=False)
    page = context.new_page()
    fetched: list[str] = []
    page.on("request", lambda one: fetched.append(one.url))
    page.goto(report.address)
    assert page.locator("svg.chart").first.is_visible()
    assert page.locator(".report-figure table").first.is_visible()
    assert not any("vega" in one for one in fetched)
    context.close()


def test_where_nothing_can_be_fetched_the_drawing_stays(seen: Seen) -> None:
    seen.page.route("**/drawings/*.json", lambda route: route.fulfill(status=503))
    with seen.page.expect_response("**/drawings/*.json"):
        seen.chart.hover(position={"x": 100, "y": 20})
    seen.page.mouse.move(2, 2)
    assert seen.page.locator(".chart-live.is-live").count() == 0
    assert seen.chart.locator("> .chart").is_visible()
    assert any("503" in one for one in seen.complaints)  # the browser's own line on it
    seen.complaints.clear()
