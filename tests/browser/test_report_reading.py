"""A lead who never saw the product finds what matters from the start page, in few clicks; and no
page of the report is longer than a reader has patience for."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from itertools import cycle

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page

from survey.campaigns.models import Programme
from survey.disclosure.release import Release
from survey.permissions import Role
from survey.questionnaires.load import load_all
from survey.questionnaires.model import Audience, Questionnaire
from survey.reports import views as report_views
from survey.reports.comparisons import all_schools_views
from survey.reports.comparisons.all_schools.changes import AllSchoolsChanges, read_changes
from survey.reports.comparisons.comparison_document import YearFigure
from survey.reports.comparisons.view_model import Distribution
from tests.browser.driving import PHONE, SCROLLS_SIDEWAYS, aside, follow, sign_in
from tests.integration.reports.comparisons.test_views import store
from tests.integration.reports.perspectives.test_views import ask
from tests.integration.reports.school.test_views import (
    address,
    comparison_address,
    publish,
    speak,
)
from tests.integration.reports.waves import add_wave
from tests.quick_server import Address
from tests.unit.disclosure.policies import TENS
from tests.unit.reports.comparisons.many_schools import make_many
from tests.unit.reports.samples import release_of
from tests.world import Side, World

pytestmark = [
    pytest.mark.browser,
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
]

LAPTOP = {"width": 1280, "height": 800}
MOST_CLICKS = 2
"""One to the report, one to the actions: the rest is on the report's first page."""

MOST_MINUTES, WORDS_A_MINUTE = 10, 200
"""From nine to ten past nine, for a reader who skips no word and is slower than most adults, who
read about 240 a minute."""

MOST_SCREENS = {"opening": (3, 6), "chapter": (6, 12), "short survey": (3, 8)}
"""On a laptop and on a phone. The report of a short survey has all its chapters on one page."""

OVERLAPS = """() => Array.from(document.querySelectorAll('svg.chart')).flatMap(chart => {
  const boxes = Array.from(chart.querySelectorAll('text'), one => one.getBoundingClientRect());
  const meet = (a, b) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1
    && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > a.height / 5;
  return boxes.flatMap((a, at) => boxes.slice(at + 1).filter(b => b.width && a.width && meet(a, b))
    .map(() => chart.querySelector('title').textContent));
})"""
"""The titles of charts two of whose words lie over each other. A fifth of a line is the space above
and below its letters."""

OPEN_ALL = "() => document.querySelectorAll('details').forEach(one => { one.open = true; })"


SAFETY = load_all()["safety", "2026.3"]


@cache
def wave(number: int) -> tuple[Release, Questionnaire]:
    """The toilets are treated after the first wave, and the corridors get worse."""
    moved: Mapping[str, float] = {} if number == 1 else {"B2.toilets": -1.0, "B2.corridors": 0.9}
    return release_of(SAFETY, TENS, seed=number, moved=moved, header={"wave": number}), SAFETY


@pytest.fixture
def reported(app: Flask, world: World) -> Side:
    """A school with two reports; the second is its last, and a third survey is drafted."""

    def release() -> Side:
        publish(app, world.own, *wave(1))
        side = add_wave(app, world.own, 2)
        publish(app, side, *wave(2))
        return side

    return aside(release)


@pytest.fixture(params=["alone", "compared"])
def is_compared(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    """A theme's card says more once the schools were compared, and may be no wider for it."""
    if request.param == "compared":
        monkeypatch.setattr(report_views, "usual_of", lambda _wave: lambda _table, _answer: 41)
        # Parts of pages are kept under the comparisons that they are read from.
        monkeypatch.setattr(report_views, "compared_names", lambda _wave: ("made up",))
    return bool(request.param == "compared")


@pytest.fixture
def page(browser: Browser, server: Address, world: World, reported: Side) -> Iterator[Page]:
    context = browser.new_context(viewport=LAPTOP)
    page = context.new_page()
    sign_in(page, server, world.email(Role.LEAD))
    yield page
    context.close()


def screens(page: Page) -> float:
    height: int = page.evaluate("document.documentElement.scrollHeight")
    shown = page.viewport_size
    assert shown is not None
    return height / shown["height"]


def words_shown(page: Page) -> int:
    """How many words a reader meets who reads the page from its first to its last."""
    return len(page.locator("main").inner_text().split())


def test_a_lead_finds_places_years_times_changes_and_plans_in_two_clicks(page: Page) -> None:
    clicks, words = 0, words_shown(page)
    report = page.get_by_role("link", name=re.compile("Read the report of .* 20"))
    assert report.count() == 1
    follow(page, report)
    clicks, words = clicks + 1, words + words_shown(page)
    places = page.locator(".brief__place")
    assert places.count() == 3
    for at in range(3):
        place = places.nth(at)
        assert place.locator("h3").inner_text()
        assert place.locator(".strip").is_visible(), "the year groups of the place"
        assert place.locator(".strip th[scope=col]").count() >= 5
        assert place.locator(".brief__times").inner_text().startswith("When:"), "its own times"
    assert page.locator(".brief__when").inner_text()
    assert page.locator(".since .verdict--better").first.is_visible(), "what got better"
    follow(page, page.locator(".chapters__list").get_by_role("link", name="Actions", exact=True))
    clicks, words = clicks + 1, words + words_shown(page)
    assert "Nobody avoids the toilets at break" in page.locator("main").inner_text()
    assert clicks <= MOST_CLICKS
    assert words / WORDS_A_MINUTE <= MOST_MINUTES, f"{words} words to read"


def check_length(page: Page, kind: str) -> None:
    """No page is longer than its readers have patience for, or wider than the screen."""
    name = page.url.rpartition("/waves/")[2] or page.url
    for size, most in zip((LAPTOP, PHONE), MOST_SCREENS[kind], strict=True):
        page.set_viewport_size(size)
        assert screens(page) <= most, f"{name} at {size}: {screens(page):.1f}"
        assert not page.locator("html").evaluate(SCROLLS_SIDEWAYS), page.url


def check_words_of_charts(page: Page) -> None:
    """No two words lie over each other, whatever is unfolded."""
    page.evaluate(OPEN_ALL)
    for size in (PHONE, LAPTOP):
        page.set_viewport_size(size)
        assert page.evaluate(OVERLAPS) == [], f"{page.url} at {size}"


LOOKED_INTO = ("", "places", "peer-harm", "help", "over-time")
"""The pages with most charts; only in these, all folds are opened. In the ordinary run, only these
and the page of a place are looked at."""


@pytest.mark.parametrize("every", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_no_page_of_a_report_is_too_long_and_no_words_of_a_chart_collide(
    is_compared: bool, page: Page, every: bool
) -> None:
    follow(page, page.get_by_role("link", name=re.compile("Read the report of .* 20")))
    home = page.url
    found = page.locator(".chapters__list a").evaluate_all("all => all.map(one => one.href)")
    pages = {one.removeprefix(home): one for one in found if one.startswith(home)}
    assert len(pages) > 12
    place = page.locator(".brief__place a").first.get_attribute("href") or ""
    assert "/places/" in place
    if not every:
        pages = {name: link for name, link in pages.items() if name in LOOKED_INTO}
        assert pages.keys() == set(LOOKED_INTO)
    pages["place"] = f"{home}places/{place.rpartition('/')[2]}"
    # What a comparison adds is on the opening page.
    for name, link in {"": home, **({} if is_compared else pages)}.items():
        page.goto(link)
        check_length(page, "chapter" if name else "opening")
        assert page.locator(".brief__place .strip").count() == (0 if name else 3)
        middle = page.get_by_text("A typical school in your programme").count()
        assert middle == (3 if is_compared else 0)
        if name in LOOKED_INTO:
            check_words_of_charts(page)


OVERFLOWS = """() => Array.from(document.querySelectorAll('.strip th, .strip td')).filter(
  one => one.scrollWidth > one.clientWidth + 1).map(one => one.textContent.trim())"""
"""The cells of strips whose words reach into the next."""


def test_the_opening_page_is_as_short_in_welsh(app: Flask, world: World, page: Page) -> None:
    speak(app, world.email(Role.LEAD), "cy")
    page.reload()
    follow(page, page.get_by_role("link", name=re.compile("Darllen adroddiad .* 20")))
    check_length(page, "opening")
    for size in (LAPTOP, PHONE):
        page.set_viewport_size(size)
        assert page.locator(".brief__place .strip th").first.inner_text() == "Blwyddyn 7"
        assert page.evaluate(OVERFLOWS) == [], size


@pytest.mark.parametrize(
    "audience", [pytest.param(Audience.PARENTS, marks=pytest.mark.slow), Audience.STAFF]
)
def test_the_report_of_a_short_survey_is_short(
    app: Flask, browser: Browser, server: Address, world: World, audience: Audience
) -> None:
    there: Side = aside(ask, app, world.own, audience)
    page = browser.new_page(viewport=LAPTOP)
    sign_in(page, server, world.email(Role.LEAD))
    page.goto(f"{server.address}{address(there)}")
    assert page.locator("svg.chart").count() >= 4
    check_length(page, "short survey")
    check_words_of_charts(page)
    page.close()


@pytest.mark.parametrize("every", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_no_page_of_a_comparison_is_too_long(
    app: Flask,
    browser: Browser,
    server: Address,
    world: World,
    monkeypatch: pytest.MonkeyPatch,
    every: bool,
) -> None:
    """Nine schools, and every figure that can be compared."""
    figures = compare_all(app, world.own)
    monkeypatch.setattr(all_schools_views, "changes_of", changes_of_itself)
    page = browser.new_page(viewport=LAPTOP)
    sign_in(page, server, world.email(Role.ANALYST))
    others = ("participation", *figures[1:]) if every else ()
    for name in ("", "years", "changes", figures[0], *others):
        page.goto(f"{server.address}{comparison_address(world.own, name)}")
        check_length(page, "chapter")
        check_words_of_charts(page)
        assert bool(page.locator("svg.chart").count()) == (name != "participation"), name
    page.close()


def compare_all(app: Flask, side: Side) -> tuple[str, ...]:
    """Schools are compared in everything, by year group too. Some pages of single figures."""
    whole = make_many(None)
    years = tuple(
        YearFigure(one.table, one.answer, year, "0,1,2", 9, min(99, one.median + slope * at), 200)
        for one, slope in zip(whole.figures, cycle((12, 1, 0, 1, 0, 1)), strict=False)
        for at, year in enumerate(("y7", "y8", "y9", "y10", "y11"))
    )
    header = {**whole.header, "years_of": "A,B,C,D,E,F,G,H,I", "since": 1}
    aside(store, app, side, replace(whole, years=years, header=header))
    return "figures/B2.toilets/feel_unsafe", "figures/@harm_any/yes"


def changes_of_itself(
    _programme: Programme, _stored: object, spread: Distribution
) -> AllSchoolsChanges:
    letters = {one.code: one.code for one in spread.schools if one.responded}
    return read_changes(spread, spread, letters, ("April 2026", "October 2026"))


def test_the_group_that_was_chosen_stays_over_chapters(page: Page) -> None:
    follow(page, page.get_by_role("link", name=re.compile("Read the report of .* 20")))
    follow(page, page.locator(".chapters__list").get_by_role("link", name="Places in school"))
    page.get_by_label("Show the figures of").select_option(label="Year 9")
    follow(page, page.get_by_role("button", name="Show", exact=True))
    assert page.locator(".takeaway .tag").first.inner_text() == "Year 9"
    follow(page, page.locator(".chapters__list").get_by_role("link", name="Times", exact=True))
    assert page.get_by_label("Show the figures of").input_value() == "year=y9"
    assert page.locator(".takeaway .tag").first.inner_text() == "Year 9"
