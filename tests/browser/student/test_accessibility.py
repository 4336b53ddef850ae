"""Every page of a student, in every language, in light and dark, narrow and wider: axe-core finds
nothing (WCAG 2.2 A and AA, and its best practices), and neither do our own checks. The ordinary run
looks at a slice: each kind of page in English, in Urdu and in the dark."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser

from survey.app import create_app
from survey.questionnaires.model import ItemKind, Text
from tests.browser.driving import runs_slow
from tests.browser.eyes import AXE, Expected, Eyes, axe_hash
from tests.browser.looks import LOOKS, Look, Turn, covering_turns, every_turn
from tests.browser.student_pages import LOOKED_AT, PICTURES, Sight, all_sights, default_survey
from tests.conftest import settings_for
from tests.world import build_world

pytestmark = pytest.mark.browser
LANGUAGES = default_survey().languages
SLICE = (
    ("en", Look("light", 360)),
    ("ur", Look("light", 360)),
    ("en", Look("dark", 320, 200)),
)
SLICE_LANGUAGES = ("en", "ur")
Sights = dict[str, dict[str, Sight]]


@pytest.fixture(scope="module")
def app_of_pages(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Flask:
    database = tmp_path_factory.mktemp("pages") / "survey.db"
    shutil.copy(sqlite_template, database)
    return create_app(settings_for(f"sqlite:///{database}"), testing=True)


@pytest.fixture(scope="module")
def sights(app_of_pages: Flask, request: pytest.FixtureRequest) -> Sights:
    """In the languages that the tests of this run ask for."""
    with app_of_pages.app_context():
        world = build_world()
    return all_sights(app_of_pages, world, LANGUAGES if runs_slow(request) else SLICE_LANGUAGES)


@pytest.fixture(scope="module")
def eyes(sights: Sights, browser: Browser) -> Iterator[Eyes]:
    # The pages come first: the app cannot be asked inside the browser's event loop.
    context = browser.new_context()
    yield Eyes(context)
    context.close()


def texts(value: Any) -> Iterator[Text]:
    """Every text of a questionnaire, wherever it is."""
    match value:
        case Text():
            yield value
        case tuple():
            for part in value:
                yield from texts(part)
        case Mapping():
            yield from texts(tuple(value.values()))
        case _ if is_dataclass(value):
            for part in fields(value):
                yield from texts(getattr(value, part.name))


@cache
def expected(language: str, *, all_told: bool) -> Expected:
    survey = default_survey()
    told = [text for text in texts(survey) if text.has(language)]
    own_words = {text.in_language(language) for text in told}
    return Expected(
        language,
        names={contact.name.in_language(language) for contact in survey.help},
        # Single words, as "Yes", are in the catalogues too.
        foreign={words for text in told if " " in (words := text.in_language("en"))} - own_words,
        all_told=all_told,
    )


def wrong(
    sights: Sights, eyes: Eyes, turns: Iterator[Turn] | list[Turn], *, all_told: bool = False
) -> list[str]:
    """What is wrong, and where it was seen."""
    return [
        f"{turn.name} in {turn.language}, {turn.look}: {complaint}"
        for turn in turns
        for complaint in eyes.look(
            sights[turn.language][turn.name].html,
            turn.look,
            expected(turn.language, all_told=all_told),
        )
    ]


@pytest.mark.parametrize(("language", "look"), SLICE, ids=str)
def test_no_kind_of_page_is_in_anybodys_way(
    sights: Sights, eyes: Eyes, language: str, look: Look
) -> None:
    first = {sight.kind: name for name, sight in reversed(sights[language].items())}
    turns = [Turn(name, language, look) for name in first.values()]
    assert wrong(sights, eyes, turns) == []


@pytest.mark.slow
@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_in_anybodys_way(sights: Sights, eyes: Eyes, language: str) -> None:
    kinds = {sight.name: sight.kind for sight in sights[language].values()}
    turns = [turn for turn in covering_turns(kinds, LANGUAGES) if turn.language == language]
    assert wrong(sights, eyes, turns) == []


@pytest.mark.slow
@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_in_anybodys_way_however_it_is_looked_at(
    sights: Sights, eyes: Eyes, language: str
) -> None:
    assert wrong(sights, eyes, every_turn(list(sights[language]), [language]), all_told=True) == []


def test_what_is_left_to_the_long_run_leaves_no_gap(sights: Sights) -> None:
    kinds = {sight.name: sight.kind for sight in sights["en"].values()}
    turns = covering_turns(kinds, LANGUAGES)
    assert {(kinds[turn.name], turn.language) for turn in turns} == {
        (kind, language) for kind in kinds.values() for language in LANGUAGES
    }
    for name in kinds:
        looks = [turn.look for turn in turns if turn.name == name]
        assert {look.scheme for look in looks} == {look.scheme for look in LOOKS}
        assert {(look.width, look.text_percent) for look in looks} == {
            (look.width, look.text_percent) for look in LOOKS
        }


def test_every_kind_of_item_and_every_address_is_looked_at(
    app_of_pages: Flask, sights: Sights
) -> None:
    rules = app_of_pages.url_map.iter_rules()
    fetched = {
        rule.endpoint
        for rule in rules
        if rule.endpoint.startswith("responses.") and "GET" in (rule.methods or ())
    }
    redirects = {"responses.no_code"}
    assert fetched == LOOKED_AT | PICTURES | redirects, "a new page: add it to student_pages.py"
    for language in sights:
        kinds = " and ".join(sight.kind for sight in sights[language].values()).split(" and ")
        assert set(ItemKind.known) <= set(kinds)
        assert sights[language].keys() == sights["en"].keys()


def test_axe_is_the_one_that_was_vetted() -> None:
    assert axe_hash() in (AXE.parent / "README.md").read_text(encoding="utf-8")


def test_axe_and_our_own_eyes_see_what_is_wrong(eyes: Eyes) -> None:
    """The proof that the tests above can fail."""
    bad = """<!doctype html><html lang="ur" dir="rtl"><title>x</title><style>
    p { color: #aaa } .wide { width: 900px }</style>
    <main><h1>One</h1><h1>Two</h1><p>Pale words</p><p class="wide">Wide</p>
    <fieldset><label><input type="radio" name="a">آ</label></fieldset>
    <button style="float: left">x</button><button style="float: right">y</button></main>"""
    seen = "\n".join(eyes.look(bad, LOOKS[0], Expected("ur")))
    for rule in (
        "axe color-contrast", "one h1", "legend", "scrolls sideways", "sticks out", "target",
        "order of focus", "language of parts: 'Pale words'",
    ):  # fmt: skip
        assert rule in seen, (rule, seen)
