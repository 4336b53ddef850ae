"""Printed sheets as accessible PDF (PDF/UA-1), made by Typst from data as JSON.

Data never becomes source code: a title is only words, whatever is written in it. The fonts are
shipped with the product, so a sheet looks the same on every machine.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from survey.fonts.faces import FONTS, shown
from survey.languages import ENGLISH, LANGUAGES, isolate

ROOT = Path(__file__).parent
"""The root of what a sheet may read, such as the sheets of other packages:
"/campaigns/printing/style.typ"."""

NO_DAY = datetime(2000, 1, 1, tzinfo=UTC)
"""The date stamped into every file, so that two prints of the same data are the same file."""

THUMBNAIL_DPI = 40


@dataclass(frozen=True)
class Voice:
    """A language as a sheet needs it: its tag, its own name, its typeface and the way it runs."""

    tag: str
    name: str
    face: str
    runs: str

    @classmethod
    def of(cls, tag: str) -> Voice:
        if tag not in LANGUAGES:  # a questionnaire of old may name one
            tag = ENGLISH
        known = LANGUAGES[tag]
        return cls(tag, known.name, known.font, known.direction)


def runs(words: str) -> str:
    """The direction of words, whatever is around them: "rtl" if their first letter runs so."""
    for letter in words:
        match unicodedata.bidirectional(letter):
            case "R" | "AL":
                return "rtl"
            case "L":
                return "ltr"
    return "ltr"


def pdf(sheet: str, *, language: str, title: str, given: Mapping[str, Any]) -> bytes:
    """The PDF of a `sheet`, such as "campaigns/printing/poster"."""
    made: bytes = _set(ROOT / sheet, language, title, given, format="pdf", pdf_standards="ua-1")
    return made


def thumbnail(sheet: str, *, language: str, title: str, given: Mapping[str, Any]) -> bytes:
    """The first page of a sheet as a small PNG."""
    made = _set(ROOT / sheet, language, title, given, format="png", ppi=THUMBNAIL_DPI)
    first: bytes = made if isinstance(made, bytes) else made[0]
    return first


def _set(sheet: Path, language: str, title: str, given: Mapping[str, Any], **how: Any) -> Any:
    whole = {
        **_ready(given, language),
        "title": shown(title),
        "title_runs": runs(title),
        "voice": vars(Voice.of(language)),
    }
    import typst  # when a sheet is made: a web process that makes none does without its memory

    return typst.compile(
        f"{sheet}.typ",
        root=str(ROOT),
        font_paths=[str(FONTS)],
        ignore_system_fonts=True,
        timestamp=NO_DAY,
        sys_inputs={"given": json.dumps(whole)},
        **how,
    )


def _ready(part: Any, language: str) -> Any:
    """The data ready to print: letters that a typeface has, phone numbers on one line, and
    everything that runs from left to right in its order in right-to-left lines."""
    match part:
        case str():
            if part.startswith("<svg"):
                return part
            return _on_one_line(isolate(shown(part), language))
        case Mapping():
            return {name: _ready(inner, language) for name, inner in part.items()}
        case list() | tuple():
            return [_ready(inner, language) for inner in part]
    return part


PHONE_NUMBER = re.compile(r"(?<!\d)\d{3,6}(?: \d{3,6}){1,3}(?!\d)")


def _on_one_line(words: str) -> str:
    """The words with no line break inside a phone number."""
    return PHONE_NUMBER.sub(lambda found: found[0].replace(" ", "\u00a0"), words)
