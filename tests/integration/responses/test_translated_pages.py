"""Student pages in every language: right way round, and no word looked up that is not there."""

from __future__ import annotations

import re

import pytest
from babel.support import Translations
from flask import Flask, g
from flask.testing import FlaskClient

from survey.languages import LANGUAGES, TRANSLATIONS, direction, language_name
from survey.questionnaires.model import Text
from survey.responses.page_rendering import say
from tests.integration.responses.doors import Student, first_of_each, make_codes
from tests.integration.responses.page_checks import check_page
from tests.unit.test_translations import said
from tests.world import World

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def looked_up(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The words that pages ask a catalogue for."""
    found: set[str] = set()
    one, many = Translations.ugettext, Translations.ungettext

    def ugettext(self: Translations, words: str) -> str:
        found.add(words)
        return one(self, words)

    def ungettext(self: Translations, singular: str, plural: str, number: int) -> str:
        found.add(singular)
        return many(self, singular, plural, number)

    monkeypatch.setattr(Translations, "ugettext", ugettext)
    monkeypatch.setattr(Translations, "ungettext", ungettext)
    return found


def check_language(html: str, tag: str) -> None:
    check_page(html)
    head = re.search(r"<html[^>]*>", html)
    assert head
    assert f'lang="{tag}"' in head[0]
    assert f'dir="{direction(tag)}"' in head[0]


@pytest.mark.parametrize("tag", TRANSLATIONS)
def test_a_whole_walk_in_a_language(
    app: Flask, client: FlaskClient, world: World, looked_up: set[str], tag: str
) -> None:
    """From the card to the thanks: every page is in the language and runs its way, and every word
    it asks for was given to the translators of that language."""
    student = Student(client, make_codes(app, world.own, year=9)[0])
    student.speak(tag)
    looked_up.clear()
    seen = 0
    for _page in student.pages(first_of_each):
        check_language(student.html, tag)
        seen += 1
    assert student.press("send").status_code == 200
    check_language(student.html, tag)
    assert seen > 20
    assert len(looked_up) > 30
    given_to_translators = {words[0] for _context, words in said("babel-student.cfg")}
    assert not looked_up - given_to_translators


def test_words_that_are_not_there_are_said_as_what_they_are(app: Flask, database_url: str) -> None:
    how = Text.of({"en": "Call 0800 1111.", "ar": "اتصل بالرقم 0800 1111."})
    with app.test_request_context():
        g.language = "ar"
        assert say(how) == "اتصل بالرقم 0800 1111."
        g.language = "ur"  # not there, so the English is said as English
        assert say(how) == '<span lang="en" dir="ltr">Call 0800 1111.</span>'


def test_the_door_offers_every_language_by_its_own_name(client: FlaskClient) -> None:
    page = client.get("/").text
    assert all(language_name(tag) in page for tag in LANGUAGES)
