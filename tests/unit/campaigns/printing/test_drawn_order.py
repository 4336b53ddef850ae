"""On paper, helpline numbers and a school's own hours are in the order in which they are read:
positions on the page, in every language."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from flask import Flask
from flask_babel import Babel

from survey import pdf as typeset
from survey.campaigns.printing import (
    adult_survey_letter,
    cards,
    item_list,
    parent_letter,
    poster,
    teacher_script,
)
from survey.campaigns.printing.context import Facts
from survey.languages import LANGUAGES
from survey.questionnaires import adapt
from survey.questionnaires.adapt import Adaptation, OwnContact
from survey.questionnaires.load import load_all
from survey.questionnaires.model import Text
from tests.unit.campaigns.printing import test_cards
from tests.unit.campaigns.printing.glyphs import backwards, forwards, lines
from tests.unit.campaigns.printing.test_sheets import FULL, ORDINARY, PULSE, TRANSLATIONS

HOURS = "Every day, 8.30 to 3.30"
DESK = OwnContact(
    name=Text.of({"en": "Ms Okafor"}),
    how=Text.of({"en": "Call 01632 960 123"}),
    room=Text.of({"en": "Room 12 (first floor)"}),
    times=Text.of({"en": HOURS}),
)
ASKED = adapt.adapt(load_all()["safety", "2026.3"], Adaptation(contacts=(DESK,)))
NAMED = replace(
    FULL,
    school_name="St John's C.E. School, Leeds (North)",
    drop_in="Room 12, 8.30 to 3.30",
    questionnaire=ASKED,
    help=ASKED.help,
)
OF_A_PULSE = replace(
    NAMED, questionnaire=PULSE.questionnaire, help=PULSE.help, closes_on=PULSE.closes_on
)
SCHOOL = "St John s C E School Leeds North"
CODES = test_cards.codes(1)
SHEETS: dict[str, tuple[Callable[[Facts, str], bytes], tuple[str, ...]]] = {
    "poster": (
        lambda facts, tag: poster.poster_pdf(facts, tag),
        ("0800 1111", "01632 960 123", SCHOOL, "day, 8.30 to"),
    ),
    "letter": (
        lambda facts, tag: parent_letter.letter_pdf(facts, tag),
        ("0800 1111", "01632 960 123", "8.30"),  # in narrow columns hours go on in the line below
    ),
    "note": (lambda facts, tag: adult_survey_letter.note_pdf(OF_A_PULSE, tag), ("0808 800 5000",)),
    "items": (lambda facts, tag: item_list.items_pdf(facts, tag), ()),
    "cards": (lambda facts, tag: _cards(tag), ("survey northmoor example", CODES[0].code)),
}
NUMBERS = ("0800 1111", "116 123", "01632 960 123", "0808 800 5000", "080 880 23456", HOURS, SCHOOL)
STAFF = [tag for tag, known in LANGUAGES.items() if known.staff]


def _cards(tag: str) -> bytes:
    return cards.as_pdf(test_cards.sheet(languages=(tag,)), CODES)


@pytest.fixture(autouse=True)
def _words() -> Iterator[None]:
    app = Flask("survey")
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = str(TRANSLATIONS)
    Babel(app)
    with app.test_request_context():
        yield


def test_hours_fall_apart_if_only_their_numbers_are_isolated(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What the measurement is for: marks were in the words, and the poster was wrong."""
    numbers = re.compile(r"\d+(?:[ .]\d+)+")
    monkeypatch.setattr(
        typeset, "isolate", lambda words, tag: numbers.sub("\u2066\\g<0>\u2069", words)
    )
    seen = lines(poster.poster_pdf(NAMED, "ur"))
    assert not any(forwards(HOURS) in line for line in seen)


def torn(seen: list[str], phrases: tuple[str, ...]) -> list[str]:
    return [words for words in phrases if any(backwards(words) in line for line in seen)]


@pytest.mark.parametrize("sheet", SHEETS)
@pytest.mark.parametrize(
    "tag",
    [tag if tag in ORDINARY else pytest.param(tag, marks=pytest.mark.slow) for tag in LANGUAGES],
)
def test_numbers_and_hours_stand_in_order_on_paper(sheet: str, tag: str) -> None:
    made, shown = SHEETS[sheet]
    seen = lines(made(NAMED, tag))
    assert torn(seen, NUMBERS) == []
    for words in shown:
        assert any(forwards(words) in line for line in seen), (words, seen)


@pytest.mark.parametrize("tag", STAFF)
def test_numbers_and_hours_stand_in_order_on_the_teachers_page(tag: str) -> None:
    seen = lines(teacher_script.script_pdf(NAMED, tag))
    assert torn(seen, NUMBERS) == []
    assert any(forwards("01632 960 123") in line for line in seen)
