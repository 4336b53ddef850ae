"""Printed sheets: facts in as JSON, a PDF out that a screen reader can follow (PDF/UA-1).

What is printed never becomes source: a title is words, whatever is written in it. The fonts are our
own, so a sheet looks the same wherever it is made.
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

import typst

from survey.faces import FONTS, shown
from survey.languages import ENGLISH, LANGUAGES, isolate

ROOT = Path(__file__).parent
"""What a sheet may read: the sheets of other packages too, as "/campaigns/printing/style.typ"."""

NO_DAY = datetime(2000, 1, 1, tzinfo=UTC)
"""Stamped into every file: two prints of the same thing are the same file."""

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
    """The way words run, whatever stands around them: "rtl" if their first letter does."""
    for letter in words:
        match unicodedata.bidirectional(letter):
            case "R" | "AL":
                return "rtl"
            case "L":
                return "ltr"
    return "ltr"


def pdf(sheet: str, *, language: str, title: str, given: Mapping[str, Any]) -> bytes:
    """The whole of `sheet`, like "campaigns/printing/poster"."""
    made: bytes = _set(ROOT / sheet, language, title, given, format="pdf", pdf_standards="ua-1")
    return made


def thumbnail(sheet: str, *, language: str, title: str, given: Mapping[str, Any]) -> bytes:
    """Its first page, as a small PNG."""
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
    """The same with letters that have a face, phone numbers kept on one line, and everything that
    runs from left to right in its own order in lines from right to left."""
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
    """The words with no break inside a phone number."""
    return PHONE_NUMBER.sub(lambda found: found[0].replace(" ", "\u00a0"), words)
