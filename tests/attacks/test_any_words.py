"""Whatever the gate keeps can be drawn, typeset and exported; so can what was stored before it."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import replace

import openpyxl
import pypdf
import pytest
import xlsxwriter
from flask import Flask
from flask.testing import FlaskClient
from flask_babel import Babel
from hypothesis import example, given, settings
from hypothesis import strategies as st

from survey import pdf as typeset
from survey.campaigns.printing import (
    adult_survey_letter,
    cards,
    item_list,
    parent_letter,
    poster,
    teacher_script,
)
from survey.languages import LANGUAGES
from survey.permissions import Role
from survey.rendering.renderer import renderer
from survey.reports.charts.accessible_svg import accessible
from survey.typed_text import is_seen, kept
from tests.attacks.service.test_renderer import saying
from tests.unit.campaigns.printing import test_cards
from tests.unit.campaigns.printing.test_sheets import FULL, PULSE
from tests.world import World, sign_in

ANY = st.text(st.characters(exclude_categories=()), min_size=1, max_size=30)
EMOJI = "Feeling safe 🙂 in Year 9"
HARD = (EMOJI, "李", "ไทย",
        "\u202e", "\uf0b7 First", "Sports\x02hall\ufffe", "a\0b", "\ud800", "ትግርኛ", "தமிழ்",
        "\u202eevil\u2066", "👩‍👩‍👧", "\u0300", "\U000f0000", "#panic() $ \\")  # fmt: skip
SHEETS = {
    "poster": lambda facts: poster.poster_pdf(facts, "en"),
    "poster in Urdu": lambda facts: poster.poster_pdf(facts, "ur"),
    "letter": lambda facts: parent_letter.letter_pdf(facts, "en"),
    "items": lambda facts: item_list.items_pdf(facts, "en"),
    "script": lambda facts: teacher_script.script_pdf(facts, "en"),
    "note": lambda facts: adult_survey_letter.note_pdf(
        replace(facts, questionnaire=PULSE.questionnaire, closes_on=PULSE.closes_on), "en"
    ),
    "cards": lambda facts: cards.as_pdf(
        test_cards.sheet(title=facts.title, label=facts.title), test_cards.codes(1)
    ),
}


@pytest.fixture
def speaking() -> Iterator[None]:
    app = Flask("survey")
    Babel(app)
    with app.test_request_context():
        yield


@pytest.mark.usefixtures("speaking")
@pytest.mark.parametrize("sheet", SHEETS)
@pytest.mark.parametrize(
    "hard",
    [pytest.param((" ".join(HARD),), id="all in one"),
     pytest.param(HARD, id="each by itself", marks=pytest.mark.slow)],
)  # fmt: skip
def test_words_that_were_stored_before_make_no_sheet_impossible(
    sheet: str, hard: tuple[str, ...]
) -> None:
    for words in hard:
        facts = replace(
            FULL, title=words, school_name=words, signed_by=words, drop_in=words, opt_out_how=words
        )
        made = SHEETS[sheet](facts)
        assert (
            b"pdfuaid" in pypdf.PdfReader(io.BytesIO(made)).trailer["/Root"]["/Metadata"].get_data()
        )


@settings(max_examples=settings().max_examples // 4)  # each typesets a sheet and draws a chart
@example(EMOJI)
@given(ANY)
def test_any_words_that_are_kept_can_be_drawn_typeset_and_exported(words: str) -> None:
    said = kept(words)
    app = Flask("survey")
    Babel(app)
    with app.test_request_context():
        sheet = poster.poster_pdf(replace(FULL, title=said or "x", school_name=said or "x"), "en")
    assert len(pypdf.PdfReader(io.BytesIO(sheet)).pages) == 1
    drawn = renderer.svg(saying(words))  # as it was typed: what is stored may be of old
    assert accessible(drawn, "key", said, said).startswith("<svg")
    assert renderer.png(drawn, 1).startswith(b"\x89PNG")
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"strings_to_formulas": False}) as book:
        book.add_worksheet().write_string(0, 0, said)
    read = openpyxl.load_workbook(file).active
    assert read is not None
    assert (read.cell(1, 1).value or "") == said or not is_seen(said)


@pytest.mark.usefixtures("speaking")
@pytest.mark.parametrize("tag", LANGUAGES)
def test_a_sign_stands_for_a_letter_without_a_face(tag: str) -> None:
    made = poster.poster_pdf(replace(FULL, title=EMOJI), tag)
    assert "\ufffd" in pypdf.PdfReader(io.BytesIO(made)).pages[0].extract_text()
    assert typeset.Voice.of(tag)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_form_names_the_letter(app: Flask, client: FlaskClient, world: World) -> None:
    sign_in(client, world.email(Role.LEAD))
    tried = 0
    for rule in app.url_map.iter_rules():
        if rule.endpoint not in ("organisations.school_letterhead", "campaigns.start"):
            continue
        address = f"{rule.rule}".replace("<uuid:school_id>", str(world.own.school_id))
        field = "name" if rule.endpoint.startswith("organisations") else "title"
        answer = client.post(address, data={field: EMOJI, "template": "x"})
        assert "This cannot be printed: 🙂" in answer.text, answer.text[:3000]
        assert re.search(r'value="Feeling safe 🙂 in Year 9"', answer.text)
        tried += 1
    assert tried == 2
