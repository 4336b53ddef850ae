"""Names in one plain spelling, however they are typed. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

LETTERS = re.compile(r"[^\W\d_]+(?:['’ʼ‘`-][^\W\d_]+)*")
"""A word, with apostrophes and hyphens inside it."""
PIECE = re.compile(r"[^\W\d_]+(?:['’ʼ‘`][^\W\d_]+)*")
"""A part of a word between hyphens."""

TITLES = frozenset((
    "mr", "mrs", "ms", "miss", "mx", "dr", "sir", "madam", "coach", "mister", "missus", "prof",
    "professor", "rev", "pc", "pcso", "cllr", "syr",
))  # fmt: skip
PARTICLES = frozenset((
    "mc", "mac", "o", "d", "fitz", "de", "da", "di", "du", "la", "le", "van", "von", "der", "den",
    "el", "al", "ul", "ap", "ab", "ibn", "bin", "binti", "bint", "st", "ni", "san",
))  # fmt: skip
"""What is written apart from a name or together with it: "Mc Donald", "O Brien"."""

_PLAIN = str.maketrans({
    "ł": "l", "ø": "o", "đ": "d", "ð": "d", "ħ": "h", "ı": "i", "ŋ": "n", "ŧ": "t", "ə": "e",
    "þ": "th", "ß": "ss", "æ": "ae", "œ": "oe",
    "'": "", "’": "", "ʼ": "", "‘": "", "`": "",
})  # fmt: skip
"""Letters that take no accent off, and apostrophes."""
_SPELT_OUT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa"})
"""How the same letters are written where a keyboard lacks them."""


@dataclass(frozen=True)
class Word:
    """A word of a text, or a part of one between hyphens."""

    start: int
    end: int
    said: str

    @property
    def folded(self) -> str:
        return fold(self.said)


def fold(word: str) -> str:
    """In small letters, without accents, apostrophes and the ending of a possessive."""
    small = re.sub(r"['’ʼ‘`]s?$", "", word.casefold())
    plain = unicodedata.normalize("NFKD", small.translate(_PLAIN))
    return "".join(c for c in plain if not unicodedata.combining(c)).translate(_PLAIN)


def spellings(word: str) -> frozenset[str]:
    """A name folded, and with its letters spelt out: "muller" and "mueller"."""
    composed = unicodedata.normalize("NFC", word.casefold())
    return frozenset((fold(composed), fold(composed.translate(_SPELT_OUT))))


def pieces(text: str) -> Iterator[Word]:
    """The words of a text, those with hyphens in parts."""
    for match in PIECE.finditer(text):
        yield Word(match.start(), match.end(), match[0])
