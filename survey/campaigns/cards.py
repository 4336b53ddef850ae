"""Link cards: the A4 sheet to cut up, and the same codes as a file.

Codes pass through here on their way to the printer and are kept nowhere.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import segno
import typst
from flask_babel import force_locale
from flask_babel import gettext as _

from survey.campaigns.codes import OpenedCode
from survey.campaigns.length import minutes_of
from survey.questionnaires.model import Questionnaire

SHEET = Path(__file__).parent / "cards.typ"
FONTS = Path(__file__).parent / "fonts"

FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")
"""What makes a spreadsheet take a cell for a formula."""

NO_DAY = datetime(2000, 1, 1, tzinfo=UTC)
"""Stamped into every file: two prints of the same codes are the same file."""


@dataclass(frozen=True)
class Words:
    """What a card says in one language."""

    language: str
    promise: str
    scan: str
    type_code: str
    picture: str


@dataclass(frozen=True)
class Sheet:
    """What all cards of a sheet share. `address` goes into the QR code, `host` is printed."""

    title: str
    address: str
    host: str
    questionnaire: Questionnaire

    def link(self, code: str) -> str:
        return f"{self.address}/s/{code}"


def as_pdf(sheet: Sheet, codes: Iterable[OpenedCode]) -> bytes:
    """Ten cards a page with cut marks, tagged for screen readers."""
    languages = sheet.questionnaire.languages
    cards = [
        {
            "code": code.code,
            "years": year_names(code.year, languages),
            "picture": segno.make(sheet.link(code.code), error="m", micro=False).svg_inline(
                border=0, omitsize=True
            ),
        }
        for code in codes
    ]
    given = {
        "title": sheet.title,
        "host": sheet.host,
        "language": languages[0],
        "words": [vars(words) for words in _words(sheet.questionnaire)],
        "cards": cards,
    }
    return typst.compile(
        str(SHEET),
        format="pdf",
        font_paths=[str(FONTS)],
        ignore_system_fonts=True,
        pdf_standards="ua-1",
        timestamp=NO_DAY,
        sys_inputs={"given": json.dumps(given)},
    )


def as_csv(sheet: Sheet, codes: Iterable[OpenedCode]) -> str:
    """One line a code, for schools that hand codes out by their own means."""
    file = io.StringIO()
    lines = csv.writer(file)
    lines.writerow(("code", "link", "year", "survey"))
    for code in codes:
        year = "" if code.year is None else str(code.year)
        lines.writerow(map(_harmless, (code.code, sheet.link(code.code), year, sheet.title)))
    return file.getvalue()


def year_names(year: int | None, languages: Iterable[str]) -> str:
    """The year group in every language of the survey: "Year 9 · Blwyddyn 9"."""
    names = []
    for language in languages:
        with force_locale(language):
            names.append(_("All years") if year is None else _("Year %(year)s", year=year))
    return " · ".join(dict.fromkeys(names))


def _words(questionnaire: Questionnaire) -> tuple[Words, ...]:
    """The card's words in each language; where a translation is missing, not the same twice."""
    by_promise: dict[str, Words] = {}
    for language in questionnaire.languages:
        with force_locale(language):
            promise = _(
                "Anonymous. Takes about %(minutes)s minutes. Skip anything.",
                minutes=minutes_of(questionnaire),
            )
            words = Words(
                language=language,
                promise=promise,
                scan=_("Scan, or go to"),
                type_code=_("and type this code"),
                picture=_("Picture to scan for code %(code)s", code="{code}"),
            )
        by_promise.setdefault(promise, words)
    return tuple(by_promise.values())


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(FORMULA_SIGNS) else cell
