"""Colours come from one file: style sheets, charts, spreadsheets and printed sheets take theirs."""

from __future__ import annotations

import re
from itertools import product
from pathlib import Path

import pytest

from survey import colours

CODE = Path(colours.FILE).parent
HEX = re.compile(r"#[0-9a-fA-F]{3,8}\b")
OWN_COLOURS = {
    "colours.css": "written from the file",
    "student.css": "held to the file below",
    "student-plan.css": "drawn over a plan, on student pages",
    "preflight.css": "one page without a sheet of ours, checked before the survey",
}
SHADOW = re.compile(r"#000[0-9a-f]?\b")
DRAWN = (
    *(CODE / "reports").rglob("*.py"),
    *(CODE / "reports").rglob("*.typ"),
    *(CODE / "campaigns/printing").glob("*.typ"),
    *(one for one in (CODE / "static").glob("*.css") if one.name not in OWN_COLOURS),
)


def test_the_style_sheet_is_written_from_the_file() -> None:
    assert colours.STYLE_SHEET.read_text(encoding="utf-8") == colours.style_sheet()


def test_no_colour_is_written_elsewhere() -> None:
    found = {
        (path.relative_to(CODE).as_posix(), colour)
        for path in DRAWN
        for colour in HEX.findall(path.read_text(encoding="utf-8"))
        if not SHADOW.fullmatch(colour)
    }
    assert found == set()


@pytest.mark.parametrize(("table", "at"), [("student", 0), ("student-dark", 1)])
def test_student_pages_have_the_colours_of_the_file(table: str, at: int) -> None:
    sheet = (CODE / "static/student.css").read_text(encoding="utf-8")
    block = re.findall(r":root \{(.*?)\}", sheet, re.DOTALL)[at]
    assert dict(re.findall(r"--([\w-]+): (#\w+);", block)) == dict(colours.properties(table))


def test_the_dark_scheme_replaces_every_colour_of_the_light_one() -> None:
    assert set(colours.properties("staff-dark")) == set(colours.STAFF)


GROUNDS = ("paper", "wash")
WORDS = ("ink", "soft", "brand", "alarm", "done", "adverse", "good", "plain", "quiet", "warn")
ON_A_WASH = (
    ("brand-deep", "brand-wash"), ("done", "done-wash"), ("alarm", "alarm-wash"),
    ("ink", "brand-wash"), ("ink", "done-wash"), ("ink", "alarm-wash"), ("ink", "warn-wash"),
    ("warn", "warn-wash"), ("quiet", "quiet-wash"), ("on-brand", "brand"),
    ("on-brand", "brand-deep"), ("ink", "marked"), ("paper", "ink"), ("paper", "done"),
)  # fmt: skip


@pytest.mark.parametrize("table", ["staff", "staff-dark"])
@pytest.mark.parametrize(("words", "ground"), [*product(WORDS, GROUNDS), *ON_A_WASH])
def test_words_can_be_read_on_their_ground(table: str, words: str, ground: str) -> None:
    """WCAG 2.2, 1.4.3: at least 4.5 to 1."""
    known = colours.properties(table)
    assert contrast(known[words], known[ground]) >= 4.5


@pytest.mark.parametrize("tone", colours.HEAT)
def test_words_can_be_read_on_every_shade(tone: str) -> None:
    for step, ground in enumerate(colours.HEAT[tone]):
        words = colours.FIXED["on-shade" if step >= 4 else "on-tint"]
        assert contrast(words, ground) >= 4.5


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    digits = colour.removeprefix("#")
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
