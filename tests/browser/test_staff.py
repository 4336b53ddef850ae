"""The journeys of a safeguarding lead and of an authority's analyst, on a phone-sized screen."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import date
from pathlib import Path
from random import Random
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, expect

from survey.campaigns import operations
from survey.campaigns.models import Programme
from survey.campaigns.operations import questionnaire_of
from survey.campaigns.queries import find_wave
from survey.database import begin, read
from survey.demo.fieldwork import HELPER, OpenWave, collect_all
from survey.demo.simulated_students import SchoolEffect, draw_answers, draw_student
from survey.organisations.models import Nation, Phase
from survey.organisations.operations import add_school
from survey.permissions import Role
from survey.questionnaires.adapt import Adaptation
from survey.releases import operations as release_operations
from tests.browser.driving import PHONE, SCROLLS_SIDEWAYS, aside, follow, sign_in
from tests.integration.reports.schools import Known, release_uncertified
from tests.integration.responses.page_checks import check_any_page
from tests.jobs import run_jobs
from tests.quick_server import Address
from tests.world import OPENED, World

pytestmark = [
    pytest.mark.browser,
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
]

SOME_STUDENTS = 40
"""So few that only the school as a whole is shown, which is soon audited."""
MORE_SCHOOLS = 5
EFFECT = SchoolEffect(level=0.0, places={"toilets": 1.0}, peak="lunch")


@pytest.fixture
def phone(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport=PHONE)
    yield context
    context.close()


def with_app(app: Flask, work: Callable[..., Any], *given: Any) -> Any:
    """Does the app's work outside the browser."""

    def in_context() -> Any:
        with app.app_context():
            return work(*given)

    return aside(in_context)


def look_at(page: Page) -> None:
    """What holds on every staff page, as the phone shows it."""
    check_any_page(page.content(), scripts="/charts/")
    assert not page.locator("html").evaluate(SCROLLS_SIDEWAYS), page.url


def answer(app: Flask, school_id: uuid.UUID, wave_id: uuid.UUID, seed: int) -> None:
    random = Random(seed)
    wave = find_wave(read(), school_id, wave_id)
    questionnaire = questionnaire_of(wave)
    key: bytes = app.extensions["settings"].code_key
    drawn = [
        draw_answers(questionnaire, draw_student(7 + at % 5, random), EFFECT, random)
        for at in range(SOME_STUDENTS)
    ]
    for _ in collect_all(OpenWave(school_id, wave_id, key), drawn, today=OPENED):
        pass


def close_and_release(school_id: uuid.UUID, wave_id: uuid.UUID) -> None:
    with begin() as db:
        wave = find_wave(db, school_id, wave_id)
        release_operations.close(db, wave=wave, by=None, today=date(2026, 11, 2))
    with begin() as db:
        release_uncertified(db, Known(school_id, wave_id, ()))


def test_a_lead_goes_from_template_to_report(
    app: Flask, world: World, server: Address, phone: BrowserContext, tmp_path: Path
) -> None:
    page = phone.new_page()
    sign_in(page, server, world.own.email[Role.LEAD])
    look_at(page)

    follow(page, page.get_by_role("link", name="Start another survey"))
    look_at(page)
    page.locator("input[name=title]").fill("How safe is our school?")
    page.locator("input[name=template][value='safety 2026.3']").check()
    follow(page, page.get_by_role("button", name="Start the draft"))
    look_at(page)
    draft = page.url

    page.goto(f"{draft}contacts")
    look_at(page)
    for field, words in (
        ("name-0-en", "Safeguarding lead"), ("how-0-en", "Knock"), ("room-0-en", "Room 4"),
        ("times-0-en", "Every break"), ("email-0", "lead@school.example"),
    ):  # fmt: skip
        page.locator(f"[name='{field}']").fill(words)
    follow(page, page.get_by_role("button", name="Save"))
    for part in (
        "",
        "sections/B",
    ):  # each kind of page is looked at in the test of what is in the way
        page.goto(draft + part)
        look_at(page)

    page.goto(draft)
    follow(page, page.get_by_role("link", name="launch").first)
    look_at(page)
    follow(page, page.get_by_role("button", name="Launch the survey"))
    look_at(page)
    wave = uuid.UUID(page.url.rstrip("/").rsplit("/", 1)[-1])

    page.locator("input[name=count]").fill("30")
    page.locator("input[name=label]").fill("Year 9")
    page.locator("select[name=year]").select_option("9")
    follow(page, page.get_by_role("button", name="Make the cards"))
    look_at(page)
    expect(page.locator(".codes li")).to_have_count(30)
    with page.expect_download() as sheet:
        page.get_by_role("button", name="PDF").click()
    sheet.value.save_as(tmp_path / "cards.pdf")
    assert (tmp_path / "cards.pdf").read_bytes().startswith(b"%PDF")

    school = world.own.school_id
    with_app(app, answer, app, school, wave, 1)
    page.goto(f"{server.address}/schools/{school}/waves/{wave}/")
    follow(page, page.get_by_role("link", name="Close the survey", exact=True))
    look_at(page)
    follow(page, page.locator("main button[type=submit]"))
    follow(page, page.get_by_role("link", name="Make the report"))
    look_at(page)
    follow(page, page.get_by_role("button", name="Ask for the report"))
    look_at(page)
    assert phone.browser is not None
    with closing(phone.browser.new_context(viewport=PHONE, locale="en-GB")) as other_phone:
        second = other_phone.new_page()
        sign_in(second, server, world.own.email[Role.COORDINATOR])
        look_at(second)
        follow(second, second.locator(f"a[href*='{school}/requests/']").last)
        look_at(second)
        second.locator("input[name=checked]").check()
        follow(second, second.get_by_role("button", name="Agree"))
        look_at(second)
    with_app(app, run_jobs, app)
    page.reload()
    # Its own page says how far it is, and leads to the report while the charts are being drawn.
    follow(page, page.get_by_role("link", name="Read the report"))
    look_at(page)
    assert "About 40" in page.locator("main").inner_text()
    # One chapter: a test of what is in the way of staff looks at each kind of page.
    page.locator(".chapters__menu summary").click()
    follow(page, page.locator(".chapters__menu").get_by_role("link", name="Places in school"))
    look_at(page)


@pytest.mark.slow  # pages and files by HTTP: `tests/integration/reports/comparisons`
def test_an_analyst_compares_schools(
    app: Flask, world: World, server: Address, phone: BrowserContext
) -> None:
    def more_schools() -> None:
        for number in range(MORE_SCHOOLS):
            with begin() as db:
                school = add_school(
                    db,
                    name=f"Far School {number}",
                    nation=Nation.ENGLAND,
                    phase=Phase.SECONDARY,
                    roll={str(year): 100 for year in range(7, 12)},
                    authority_id=world.own.authority_id,
                    by=None,
                )
                programme = db.get_one(Programme, (world.own.authority_id, world.own.programme_id))
                campaign = operations.invite(
                    db, programme=programme, school_id=school.school_id, by=None
                )
                operations.save_draft(
                    db, campaign=campaign, adaptation=Adaptation(contacts=(HELPER,)), by=None
                )
                (wave,) = campaign.waves
                operations.launch(
                    db, wave=wave, closes_on=date(2026, 10, 30), today=OPENED, by=None
                )
                ids = school.school_id, wave.wave_id
            answer(app, *ids, number)
            close_and_release(*ids)
        answer(app, world.own.school_id, world.own.wave_id, 99)
        close_and_release(world.own.school_id, world.own.wave_id)

    page = phone.new_page()
    sign_in(page, server, world.own.email[Role.ANALYST])
    look_at(page)
    follow(page, page.locator("main h2 a").first)
    look_at(page)
    compare = (
        f"{server.address}/authorities/{world.own.authority_id}"
        f"/programmes/{world.own.programme_id}/waves/1/"
    )
    page.goto(compare)  # nothing to compare yet: the page says what is missing
    look_at(page)

    with_app(app, more_schools)
    page.goto(f"{compare}compare")
    look_at(page)
    follow(page, page.get_by_role("button", name="Compare the schools"))
    look_at(page)
    with_app(app, run_jobs, app)
    page.goto(compare)
    look_at(page)
    said = page.locator("main").inner_text()
    assert "Toilets" in said
    assert "Far School" not in said, "no school agreed to be named"
