"""The letters that our printed typefaces have, read from the font files."""

from __future__ import annotations

import struct
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from survey.typed_text import printable

FONTS = Path(__file__).parent
MISSING = "\ufffd"
"""Printed for a letter that no typeface has: a question mark in a diamond."""

INVISIBLE = frozenset({"Cf", "Zl", "Zp"})
VARIATIONS = range(0xFE00, 0xFE10)
MOST_NAMED = 5
"""How many letters an error names."""


@cache
def letters() -> frozenset[int]:
    """The code point of every letter that one of our typefaces has in both weights."""
    weights = (
        frozenset().union(*map(letters_of, sorted(FONTS.glob(f"*-{weight}.ttf"))))
        for weight in ("Regular", "Bold")
    )
    regular, bold = weights
    return regular & bold


def letters_of(font: Path) -> frozenset[int]:
    """The letters of one font file, from its table "cmap" in the formats for Unicode."""
    data = font.read_bytes()
    (count,) = struct.unpack_from(">H", data, 4)
    for at in range(12, 12 + 16 * count, 16):
        tag, _sum, start, _length = struct.unpack_from(">4sIII", data, at)
        if tag == b"cmap":
            return frozenset(_mapped(data, start))
    raise ValueError(f"{font.name} has no letters")


def _mapped(data: bytes, table: int) -> Iterator[int]:
    (count,) = struct.unpack_from(">H", data, table + 2)
    for number in range(count):
        platform, _encoding, offset = struct.unpack_from(">HHI", data, table + 4 + 8 * number)
        start = table + offset
        (form,) = struct.unpack_from(">H", data, start)
        if platform in (0, 3) and form == 4:
            yield from _segments(data, start)
        elif platform in (0, 3) and form == 12:
            (groups,) = struct.unpack_from(">I", data, start + 12)
            for group in range(groups):
                first, last, _glyph = struct.unpack_from(">III", data, start + 16 + 12 * group)
                yield from range(first, last + 1)


def _segments(data: bytes, start: int) -> Iterator[int]:
    (doubled,) = struct.unpack_from(">H", data, start + 6)
    count = doubled // 2
    ends = start + 14
    starts, deltas, offsets = (ends + doubled * part + 2 for part in (1, 2, 3))
    for number in range(count):
        (last,) = struct.unpack_from(">H", data, ends + 2 * number)
        (first,) = struct.unpack_from(">H", data, starts + 2 * number)
        (delta,) = struct.unpack_from(">H", data, deltas + 2 * number)
        (offset,) = struct.unpack_from(">H", data, offsets + 2 * number)
        for code in range(first, min(last, 0xFFFE) + 1):
            if offset == 0:
                glyph = (code + delta) & 0xFFFF
            else:
                place = offsets + 2 * number + offset + 2 * (code - first)
                (glyph,) = struct.unpack_from(">H", data, place)
            if glyph:
                yield code


def _is_invisible(letter: str) -> bool:
    return (
        letter.isspace() or unicodedata.category(letter) in INVISIBLE or ord(letter) in VARIATIONS
    )


def unprintable(words: str) -> tuple[str, ...]:
    """The letters that none of our typefaces has, each once, the first few."""
    known = letters()
    missing = (one for one in words if ord(one) not in known and not _is_invisible(one))
    return tuple(dict.fromkeys(missing))[:MOST_NAMED]


def shown(words: str) -> str:
    """The words with a sign for each letter without a typeface, so that the
    sheet can still be printed."""
    plain, known = printable(words), letters()
    if not plain.isascii() and not all(ord(one) in known for one in plain):
        plain = "".join(_shown(plain, known))
    return MISSING if words.strip() and not plain.strip() else plain


def _shown(words: Iterable[str], known: frozenset[int]) -> Iterator[str]:
    for one in words:
        if ord(one) in known or one in "\n\t":
            yield one
        elif one.isspace():
            yield " "
        elif not _is_invisible(one):
            yield MISSING
