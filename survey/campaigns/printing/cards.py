"""Link cards: the A4 sheet to cut up, and the same codes as a file.

Codes pass through here on their way to the printer and are kept nowhere.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import segno
from flask_babel import force_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from survey import pdf as typeset
from survey.campaigns.access_codes import OpenedCode
from survey.campaigns.duration import minutes_of
from survey.pdf import Voice
from survey.questionnaires.model import Audience, Questionnaire
from survey.year_groups.wording import named_as, year_name, year_number

MOST_LANGUAGES = 2
"""More do not fit a card in letters that can be read."""

FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")
"""Characters that make a spreadsheet read a cell as a formula."""


@dataclass(frozen=True)
class CardSheet:
    """What all cards of a sheet share. `address` goes into the QR code, `host` is printed; `label`
    says whose cards they are, in the margin that is cut off."""

    title: str
    address: str
    host: str
    questionnaire: Questionnaire
    languages: tuple[str, ...]
    label: str = ""

    def __post_init__(self) -> None:
        if not 1 <= len(self.languages) <= MOST_LANGUAGES:
            raise ValueError(f"a card is in one language or in {MOST_LANGUAGES}")

    def link(self, code: str) -> str:
        return f"{self.address}/s/{code}"


def as_pdf(sheet: CardSheet, codes: Iterable[OpenedCode]) -> bytes:
    """Ten cards a page with cut marks, tagged for screen readers."""
    years: dict[int | None, list[dict[str, Any]]] = {}
    cards = [
        {
            "code": code.code,
            "year": str(code.year),
            "years": years.setdefault(code.year, whose(sheet, code.year)),
            "picture": segno.make(sheet.link(code.code), error="m", micro=False).svg_inline(
                border=0, omitsize=True
            ),
        }
        for code in codes
    ]
    return typeset.pdf(
        "campaigns/printing/cards",
        language=sheet.languages[0],
        title=sheet.title,
        given={
            "host": sheet.host,
            "label": sheet.label,
            "words": _words(sheet),
            "cards": cards,
        },
    )


def as_csv(sheet: CardSheet, codes: Iterable[OpenedCode]) -> str:
    """One line a code, for schools that hand codes out by their own means."""
    file = io.StringIO()
    lines = csv.writer(file)
    lines.writerow(("code", "link", "year", "survey"))
    for code in codes:
        year = "" if code.year is None else year_number(code.year)
        lines.writerow(map(_harmless, (code.code, sheet.link(code.code), year, sheet.title)))
    return file.getvalue()


WHOSE: Mapping[Audience, LazyString] = {
    Audience.STUDENTS: _l("All years"),
    Audience.PARENTS: _l("Parents and carers"),
    Audience.STAFF: _l("Staff"),
}
"""Whose card it is that is not of one year group."""


def whose(sheet: CardSheet, year: int | None) -> list[dict[str, Any]]:
    """For whom a card is, in every language of it: "Year 9 · Blwyddyn 9"."""
    names: dict[str, dict[str, Any]] = {}
    for language in sheet.languages:
        with force_locale(language), named_as(sheet.questionnaire.naming):
            words = str(WHOSE[sheet.questionnaire.audience]) if year is None else year_name(year)
        names.setdefault(words, {"words": words, "voice": vars(Voice.of(language))})
    return list(names.values())


def _words(sheet: CardSheet) -> list[dict[str, Any]]:
    """What a card says in each language; where a translation is missing, not the same twice."""
    by_promise: dict[str, dict[str, Any]] = {}
    for language in sheet.languages:
        with force_locale(language):
            promise = _(
                "An anonymous survey about feeling safe. About %(minutes)s minutes. Skip anything.",
                minutes=minutes_of(sheet.questionnaire),
            )
            words = {
                "voice": vars(Voice.of(language)),
                "promise": promise,
                "scan": _("Scan, or go to"),
                "type_code": _("and type this code"),
                "picture": _("Picture to scan for code %(code)s", code="{code}"),
            }
        by_promise.setdefault(promise, words)
    return list(by_promise.values())


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(FORMULA_SIGNS) else cell
