"""Every figure in every file of a report is in the release; a slip in any of them is caught."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from typing import Any

import pytest
from flask import Flask
from flask_babel import Babel

from survey import pdf as typeset
from survey.exports.images import charts_of, standalone
from survey.exports.pdf import governors_report, slides
from survey.exports.pdf.governors_report import GovernorsReport, Plans
from survey.exports.provenance import Imprint
from survey.exports.xlsx_report import release_xlsx
from survey.reports.charts import dot_chart
from survey.reports.school.report_data import ReportData
from survey.reports.school.report_loader import Book
from tests.integration.exports.extraction_files import (
    Words,
    check_paper,
    check_picture,
    check_workbook,
)
from tests.integration.exports.pdf_checks import read_paper
from tests.integration.reports.extraction import SlipError
from tests.integration.reports.school.test_extraction import printed_of
from tests.unit.reports.samples import sample

SAFETY, GSHS = ("safety", "2026.3"), ("gshs", "2018.1")
Given = dict[str, Any]


@pytest.fixture(autouse=True)
def speaking() -> Iterator[None]:
    """Files are made of values: no database and no page is needed, only a language."""
    app = Flask("files")
    Babel(app)
    with app.test_request_context():
        yield


@dataclass(frozen=True)
class Whole:
    """A report and what may be said in its files."""

    book: Book
    imprint: Imprint
    words: Words

    @property
    def report(self) -> GovernorsReport:
        return GovernorsReport(self.book, self.imprint, Plans({}), None)


@cache
def whole(template: tuple[str, str], scale: float = 1.0, base: int = 10) -> Whole:
    release, questionnaire = sample(template, scale, base)
    reading = ReportData(release, questionnaire, "en")
    book = Book(reading)
    imprint = Imprint(
        "Northmoor 6th Form",
        "Safety survey 2026",
        3,
        date(2026, 10, 5),
        date(2026, 12, 18),
        date(2026, 12, 21),
        release.content_hash(),
        is_certified=True,
    )
    told = (
        imprint.school,
        imprint.title,
        "October 2026",
        imprint.release_hash,
        imprint.short_hash,
        "at least five different values",
    )
    printed = printed_of(release.to_json(), questionnaire)
    return Whole(book, imprint, Words(printed, questionnaire, told))


def drawings_of(one: Whole) -> dict[str, str]:
    """Every chart as a picture, read back: what is said of it, and the words in it."""
    found = {}
    for key, make in charts_of(one.book).items():
        framed = make()
        note = f"{framed.marks} {one.imprint.source()}"
        svg = standalone(dot_chart.render(framed.chart), framed.chart.title, framed.of, note)
        alt, words = check_picture(svg, tables_of(key, one.words), one.words)
        found[alt] = words
    return found


def tables_of(key: str, words: Words) -> list[str]:
    """The tables a chart is of, by its key."""
    table = key.partition("/")[0]
    item = table.partition(".")[0] if table in words.printed.order else table
    for tables in words.titles.values():
        if item in {re.split(r"[.:]", table)[0] for table in tables}:
            return tables
    return [key]


def report_pdf(one: Whole, change: Callable[[Given], None] = lambda given: None) -> bytes:
    given = governors_report.governors(one.report, dot_chart.render)
    change(given)
    return typeset.pdf(governors_report.SHEET, language="en", title="Report", given=given)


@pytest.mark.parametrize(
    ("template", "scale", "base"),
    [
        pytest.param(SAFETY, 1.0, 10, marks=pytest.mark.slow),
        (GSHS, 0.03, 5),
        (GSHS, 1.0, 5),
    ],
)
def test_files_say_what_the_release_prints_and_no_more(
    template: tuple[str, str], scale: float, base: int
) -> None:
    one = whole(template, scale, base)
    drawn = drawings_of(one)
    assert len(drawn) == len(charts_of(one.book))
    cells = check_paper(read_paper(report_pdf(one)), one.words, drawn)
    assert cells > len(drawn)
    check_paper(read_paper(slides.slides_pdf(one.report)), one.words, {})
    figures = check_workbook(release_xlsx(one.book, one.imprint).content, one.words)
    assert figures > 3 * len(one.book.reading.release.tables)


def changed(part: Any, pattern: str, by: str, *, under: str = "") -> bool:
    """Changes the first words that fit, in a drawing only if `under` is "svg"; says if any did."""
    things = part.items() if isinstance(part, dict) else enumerate(part)
    for name, value in things:
        if isinstance(value, str) and (name == under if under else name != "svg"):
            made = re.sub(pattern, by, value, count=1)
            if made != value:
                part[name] = made
                return True
        elif isinstance(value, dict | list) and changed(value, pattern, by, under=under):
            return True
    return False


@dataclass(frozen=True)
class Slip:
    """Where a number goes wrong: in a part of what is set, in words that fit."""

    part: str
    pattern: str
    by: str
    under: str = ""


PAPER_SLIPS = {
    "count on the first page": Slip("took_part_sentence", r"About (\d+)", "About 613"),
    "count in a sentence of a card": Slip("summary", r"\((\d+)% of", "(77% of", "sentence"),
    "share of a card": Slip("summary", r"^\d+%$", "17%", "share"),
    "interval of a card": Slip("summary", r"(\d+) to (\d+)%", "3 to 4%", "interval"),
    "number who took part": Slip("took_part", r"^\d+$", "613", "of"),
    "exact count in a table": Slip("chapters", r"^(\d+) of", "613 of", "of"),
    "share of exact counts": Slip("chapters", r"^(\d+)%$", r"\g<1>.4%", "share"),
    "base of a cell": Slip("chapters", r"of (\d+)$", "of 613", "of"),
    "interval of exact counts": Slip("chapters", r"\((\d+) to", "(99 to", "interval"),
    "hidden count": Slip("chapters", r"hidden: fewer than 20 answered", "17 answered", "of"),
    "hidden cell that looks different": Slip("chapters", r"^hidden$", "nobody", "of"),
    "count in what is said of a chart": Slip("took_part", r": (\d+)", ": 17.4", "alt"),
    "number in a chart": Slip("took_part", r">(\d+)</text>", r">\g<1>.3</text>", "svg"),
    "count in a takeaway": Slip("chapters", r"$", " Only 4 said so.", "takeaway"),
    "count in a note": Slip("protection", r"$", " 613 answered.", "certified"),
    "count at the edge": Slip("source", r"$", " 613 answers"),
}


@pytest.mark.parametrize("step", [8, pytest.param(1, marks=pytest.mark.slow)])
def test_a_slip_on_paper_is_caught(step: int) -> None:
    """Of two questions, as each is set again. Every slip is tried by itself, or every eighth."""
    full = whole(SAFETY)
    chapter, blocks = full.book.chapters[0]
    short = Book(full.book.reading)
    vars(short)["chapters"] = ((chapter, blocks[:2]),)  # as if read: the other parts are as usual
    one = replace(full, book=short)
    drawn = drawings_of(one)
    missed = []
    for name, slip in list(PAPER_SLIPS.items())[::step]:

        def change(given: Given, slip: Slip = slip, name: str = name) -> None:
            held = {slip.part: given[slip.part]}
            assert changed(held, slip.pattern, slip.by, under=slip.under or slip.part), name
            given[slip.part] = held[slip.part]

        with suppress(SlipError):
            check_paper(read_paper(report_pdf(one, change)), one.words, drawn)
            missed.append(name)
    assert missed == []


def repacked(content: bytes, name: str, change: Callable[[str], str]) -> bytes:
    """A workbook with one part of it changed."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(made, "w") as new:
        for part in old.infolist():
            text = old.read(part)
            if part.filename == name:
                before = text.decode()
                after = change(before)
                assert after != before, "nothing was changed, so nothing is tried"
                text = after.encode()
            new.writestr(zipfile.ZipInfo(part.filename, (1980, 1, 1, 0, 0, 0)), text)
    return made.getvalue()


def within(pattern: str, by: str) -> Callable[[str], str]:
    return lambda text: re.sub(pattern, by, text, count=1)


SHEET, CORE = "xl/worksheets/sheet4.xml", "docProps/core.xml"
WORKBOOK_SLIPS = {
    "exact share": (SHEET, within(r"<v>(0\.\d+)</v>", r"<v>\g<1>37</v>")),
    "exact count": (SHEET, within(r'(<c r="[A-Z]{1,2}2" s="\d+"><v>)([1-9]\d+)<', r"\g<1>613<")),
    "formula": (SHEET, within(r"<v>(0\.\d+)</v>", r"<f>613/1000</f><v>\g<1></v>")),
    "hidden row": (SHEET, within(r'<row r="3"', '<row r="3" hidden="1"')),
    "hidden column": (SHEET, within(r"<col ", '<col hidden="1" ')),
    "hidden sheet": ("xl/workbook.xml", within(r"<sheet ", '<sheet state="hidden" ')),
    "merged cells": (
        SHEET,
        within("</sheetData>", '</sheetData><mergeCells><mergeCell ref="A1:B1"/></mergeCells>'),
    ),
    "who changed it": (CORE, within("lastModifiedBy>", "lastModifiedBy>A lead")),
    "who made it": (CORE, within(r"<dc:creator>", "<dc:creator>A lead")),
    "note with a count": ("xl/comments1.xml", within(r">hidden:[^<]*<", ">3 of 17<")),
    "words with a count": ("xl/sharedStrings.xml", within(r"<t[^>]*>hidden<", "<t>nobody<")),
}  # fmt: skip


@pytest.mark.parametrize("slip", WORKBOOK_SLIPS)
def test_a_slip_in_a_workbook_is_caught(slip: str) -> None:
    one, content = whole(GSHS, 1.0, 5), workbook_of(GSHS)
    part, change = WORKBOOK_SLIPS[slip]
    with pytest.raises(SlipError):
        check_workbook(repacked(content, part, change), one.words)


@cache
def workbook_of(template: tuple[str, str]) -> bytes:
    one = whole(template, 1.0, 5)
    return release_xlsx(one.book, one.imprint).content


PICTURE_SLIPS: dict[str, tuple[str, str | Callable[[re.Match[str]], str]]] = {
    "number beside a mark": (r'(font-weight="600"[^>]*>)(\d+)%</text>', r"\1\2.3%</text>"),
    "number on the axis": (r'(font-size="12px"[^>]*>)\d+%</text>', r"\g<1>17%</text>"),
    "mark at the exact share": (
        r'(<path transform="translate\()([\d.]+)(,[\d.]+\)" d="M4\.)',
        lambda m: f"{m[1]}{float(m[2]) + 0.6}{m[3]}",
    ),
    "count in the title": (r"(<title[^>]*>)", r"\g<1>613 answers. "),
    "count in the note": (r'(y="[\d.]+" font-size="11px"[^>]*>)', r"\g<1>613 answers. "),
    "exact share in what is said": (r"(<desc[^>]*>[^<]*?)(\d+)% \(", r"\g<1>\g<2>.4% ("),
}  # fmt: skip


@pytest.mark.parametrize("slip", PICTURE_SLIPS)
def test_a_slip_in_a_picture_is_caught(slip: str) -> None:
    one = whole(GSHS, 1.0, 5)
    key, make = next(iter(charts_of(one.book).items()))
    framed = make()
    svg = standalone(
        dot_chart.render(framed.chart), framed.chart.title, framed.of, one.imprint.source()
    )
    tables = tables_of(key, one.words)
    check_picture(svg, tables, one.words)
    slipped = re.sub(*PICTURE_SLIPS[slip], svg, count=1)
    assert slipped != svg, "nothing was changed, so nothing is tried"
    with pytest.raises(SlipError):
        check_picture(slipped, tables, one.words)
