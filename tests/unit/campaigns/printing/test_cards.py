"""Cards: what is printed is what was made, and a phone can read it."""

from __future__ import annotations

import csv
import io
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pypdf
import pytest
import zxingcpp
from flask import Flask
from flask_babel import Babel

from survey.campaigns.access_codes import OpenedCode, make_codes, read_code
from survey.campaigns.printing import cards
from survey.questionnaires.load import load_all

KEY = bytes(range(32))
ADDRESS = "https://survey.northmoor.example"


@pytest.fixture
def _words() -> Iterator[None]:
    app = Flask("survey")
    Babel(app)
    with app.test_request_context():
        yield


def sheet(
    title: str = "How safe is Northmoor High?",
    languages: tuple[str, ...] = ("en",),
    label: str = "",
) -> cards.CardSheet:
    asked = load_all()["safety", "2026.3"]
    return cards.CardSheet(title, ADDRESS, "survey.northmoor.example", asked, languages, label)


def codes(count: int, year: int | None = 9) -> list[OpenedCode]:
    made = [
        read_code(code, key=KEY) for code in make_codes(door=5, year=year, count=count, key=KEY)
    ]
    return [code for code in made if code is not None]


def picture(file: Path) -> np.ndarray:
    """A grey picture as pdftoppm writes it: three words of head, then a byte for each point."""
    _kind, width, height, _white, points = file.read_bytes().split(maxsplit=4)
    return np.frombuffer(points, dtype=np.uint8).reshape(int(height), int(width))


@pytest.mark.usefixtures("_words")
@pytest.mark.parametrize("languages", [("en",), ("en", "cy"), ("ur", "en"), ("bn", "ar")])
def test_every_card_can_be_scanned(tmp_path: Path, languages: tuple[str, ...]) -> None:
    made = codes(13)
    file = tmp_path / "cards.pdf"
    file.write_bytes(cards.as_pdf(sheet(languages=languages), made))
    subprocess.run(["pdftoppm", "-r", "150", "-gray", file, tmp_path / "page"], check=True)
    pages = sorted(tmp_path.glob("page*.pgm"))
    assert len(pages) == 2
    scanned = [found.text for page in pages for found in zxingcpp.read_barcodes(picture(page))]
    assert sorted(scanned) == sorted(f"{ADDRESS}/s/{code.code}" for code in made)


@pytest.mark.usefixtures("_words")
def test_sheet_says_its_codes_year_and_address_in_words() -> None:
    made = codes(3, year=11)
    pdf = pypdf.PdfReader(io.BytesIO(cards.as_pdf(sheet(), made)))
    words = "".join(page.extract_text() for page in pdf.pages)
    for said in (*(code.code for code in made), "Year 11", "survey.northmoor.example"):
        assert said in words


@pytest.mark.usefixtures("_words")
def test_whose_cards_they_are_stands_outside_of_every_card() -> None:
    page = pypdf.PdfReader(io.BytesIO(cards.as_pdf(sheet(label="9B, Tuesday"), codes(1)))).pages[0]
    edge = float(page.mediabox.height) - 13.5 / 25.4 * 72  # where the topmost card begins
    heights = []

    def seen(text, cm, tm, *_font):  # type: ignore[no-untyped-def]
        if "Tuesday" in text:
            heights.append(cm[5] + tm[5] * cm[3])

    page.extract_text(visitor_text=seen)
    assert heights
    assert min(heights) > edge


@pytest.mark.usefixtures("_words")
def test_a_card_holds_two_languages_at_the_most() -> None:
    for languages in ((), ("en", "cy", "pl")):
        with pytest.raises(ValueError, match="a card is in one language"):
            sheet(languages=languages)


@pytest.mark.usefixtures("_words")
def test_sheet_is_tagged_named_and_says_its_language() -> None:
    pdf = pypdf.PdfReader(io.BytesIO(cards.as_pdf(sheet(), codes(1))))
    root = pdf.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == "en"
    assert pdf.metadata is not None
    assert pdf.metadata.title == "How safe is Northmoor High?"


@pytest.mark.usefixtures("_words")
def test_sheet_of_the_same_codes_is_the_same_file() -> None:
    made = codes(2)
    assert cards.as_pdf(sheet(), made) == cards.as_pdf(sheet(), made)


@pytest.mark.usefixtures("_words")
@pytest.mark.parametrize(
    "title", ["#panic()", '"; read("/etc/passwd")', "$ * _ ` \\ <a>", "W" * 80]
)
def test_title_is_words_and_never_source(title: str) -> None:
    pdf = pypdf.PdfReader(io.BytesIO(cards.as_pdf(sheet(title), codes(1))))
    assert len(pdf.pages) == 1
    assert title[:6] in pdf.pages[0].extract_text()


@pytest.mark.usefixtures("_words")
def test_all_years_is_said_where_a_code_has_none() -> None:
    of = sheet("Safety")
    assert [one["words"] for one in cards.whose(of, None)] == ["All years"]
    assert [one["words"] for one in cards.whose(of, 9)] == ["Year 9"]


@pytest.mark.usefixtures("_words")
@pytest.mark.parametrize(("pulse", "whose"), [
    ("parent-pulse", "Parents and carers"), ("staff-pulse", "Staff"),
])  # fmt: skip
def test_card_of_a_pulse_says_for_whom_it_is_and_no_year(pulse: str, whose: str) -> None:
    of = replace(sheet("Pulse"), questionnaire=load_all()[pulse, "2026.1"])
    assert [one["words"] for one in cards.whose(of, None)] == [whose]


def test_file_has_a_line_for_each_code() -> None:
    made = codes(3)
    lines = list(csv.reader(io.StringIO(cards.as_csv(sheet("Safety"), made))))
    assert lines[0] == ["code", "link", "year", "survey"]
    assert lines[1:] == [[c.code, f"{ADDRESS}/s/{c.code}", "9", "Safety"] for c in made]


@pytest.mark.parametrize("title", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx"])
def test_no_cell_is_a_formula(title: str) -> None:
    lines = list(csv.reader(io.StringIO(cards.as_csv(sheet(title), codes(1)))))
    assert lines[1][3] == f"'{title}"
