"""Every page of staff that a link leads to, on a phone and on a desk, in English and in Welsh:
axe-core finds nothing, and neither do our own checks. The ordinary run looks at a slice: one
page of each kind in English, of a lead while a survey is open and of everyone once it is reported,
on the phone and on the desk by turns; pages that several roles have, as the first of them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser

from survey.app import create_app
from survey.permissions import Role
from tests.browser.driving import runs_slow
from tests.browser.eyes import Eyes
from tests.browser.looks import Look
from tests.browser.staff_pages import (
    ROLES,
    ask_adults,
    finish_texts,
    open_texts,
    pages_of,
    release_texts,
    report,
    start_a_draft,
)
from tests.conftest import settings_for
from tests.world import build_world

pytestmark = pytest.mark.browser
LANGUAGES = ("en", "cy")
LOOKS = (Look("light", 360), Look("dark", 1280), Look("dark", 360), Look("light", 1280))
EVERYWHERE = ("/",)
IN_THE_ROOM = ("/texts/", "/report/words")
OF_ADULTS = ("/report/", "/assessments/")
STAGES = {
    "open": (start_a_draft, ROLES, EVERYWHERE),
    "reported": (report, ROLES, EVERYWHERE),
    "read": (open_texts, (Role.LEAD,), IN_THE_ROOM),
    "decided": (finish_texts, (Role.LEAD,), IN_THE_ROOM),
    "in their words": (release_texts, (Role.LEAD,), IN_THE_ROOM),
    "adults asked": (ask_adults, (Role.LEAD,), OF_ADULTS),
}
"""How each comes about, who then looks, and at which pages."""
SLICE = {"open": ((Role.LEAD,), ("/waves/",)), "reported": (ROLES, EVERYWHERE)}
"""The ordinary run: who looks, and at which pages. While a survey is open, at its own."""
Pages = dict[tuple[Role, str], dict[str, str]]


@pytest.fixture(scope="module")
def pages(
    sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Pages:
    """While a wave is open, once it is reported, and while what students wrote is read."""
    database = tmp_path_factory.mktemp("staff") / "survey.db"
    shutil.copy(sqlite_template, database)
    app = create_app(settings_for(f"sqlite:///{database}"), testing=True)
    with app.app_context():
        world = build_world()
    found: Pages = {}
    slow = runs_slow(request)
    looked_at: set[tuple[str, str]] = set()
    for stage, (come_to, roles, where) in STAGES.items():
        if stage not in SLICE and not slow:
            continue
        come_to(app, world)
        if not slow:
            roles, where = SLICE[stage]
        for role in roles:
            for language in LANGUAGES if slow else LANGUAGES[:1]:
                seen = pages_of(app, world, role, language, of_one_kind=2 if slow else 1)
                found.setdefault((role, language), {}).update(
                    {
                        f"{address} ({stage})": html
                        for address, html in seen.items()
                        if any(part in address for part in where)
                        # A kind of page that another role has as well is looked at once.
                        and (slow or _is_new(app, address, stage, looked_at))
                    }
                )
    return found


def _is_new(app: Flask, address: str, stage: str, looked_at: set[tuple[str, str]]) -> bool:
    endpoint = str(app.url_map.bind("localhost").match(address, "GET")[0])
    kind = endpoint, stage if endpoint.startswith("campaigns.") else ""  # else it stays the same
    is_new = kind not in looked_at
    looked_at.add(kind)
    return is_new


@pytest.fixture(scope="module")
def eyes(pages: Pages, browser: Browser) -> Iterator[Eyes]:
    # The pages come first: the app cannot be asked inside the browser's event loop.
    context = browser.new_context()
    yield Eyes(context)
    context.close()


def wrong(eyes: Eyes, pages: dict[str, str], *, twice: bool) -> list[str]:
    """What is wrong: each page in every look, or in one of the first two by turns."""
    return [
        f"{address}, {look}: {complaint}"
        for number, (address, html) in enumerate(pages.items())
        for look in (LOOKS if twice else LOOKS[number % 2 : number % 2 + 1])
        for complaint in eyes.look_at_staff_page(html, look)
    ]


@pytest.mark.parametrize(
    "role",
    [
        pytest.param(role, marks=pytest.mark.slow) if role is Role.COORDINATOR else role
        for role in ROLES
    ],
)
def test_nothing_is_in_the_way_of_staff(pages: Pages, eyes: Eyes, role: Role) -> None:
    assert wrong(eyes, pages[role, "en"], twice=False) == []


@pytest.mark.slow
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("role", ROLES)
def test_nothing_is_in_the_way_of_staff_however_it_is_looked_at(
    pages: Pages, eyes: Eyes, role: Role, language: str
) -> None:
    assert wrong(eyes, pages[role, language], twice=language == LANGUAGES[0]) == []


def test_a_lead_is_led_to_every_kind_of_page(pages: Pages) -> None:
    met = " ".join(pages[Role.LEAD, LANGUAGES[0]])
    for part in ("/basics", "/places", "/contacts", "/launch", "/report/", "/settings"):
        assert part in met, met


@pytest.mark.slow
def test_a_lead_is_led_to_the_texts_and_the_views_of_adults(pages: Pages) -> None:
    met = " ".join(pages[Role.LEAD, LANGUAGES[0]])
    for part in ("/texts/reading", "/report/views", "/assessments/"):
        assert part in met, met
