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
    "professor", "rev", "pc", "pcso", "cllr", "syr", "fr", "father", "sister", "imam", "rabbi",
    "pastor", "nurse", "officer", "sgt", "lord", "lady", "mstr", "maam", "mam", "monsieur", "mme",
    "madame", "mlle", "herr", "frau", "senor", "senora", "ustad", "ustadh", "sheikh", "pan", "pani",
    "pana", "panu", "athro", "athrawes", "domnul", "doamna", "baji", "apa", "maulana", "mufti",
    "macallin", "mwalimu",
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


LOOK_ALIKES = str.maketrans({
    "а": "a", "е": "e", "о": "o", "р": "p", "с": "c", "у": "y", "х": "x", "і": "i", "ѕ": "s",
    "ј": "j", "һ": "h", "ԁ": "d", "ԛ": "q", "ԝ": "w", "к": "k", "м": "m", "т": "t", "н": "h",
    "в": "b", "А": "A", "В": "B", "Е": "E", "З": "Z", "І": "I", "Ѕ": "S", "Ј": "J", "К": "K",
    "М": "M", "Н": "H", "О": "O", "Р": "P", "С": "C", "Т": "T", "У": "Y", "Х": "X",
    "α": "a", "ο": "o", "ρ": "p", "ν": "v", "ι": "i", "κ": "k", "υ": "u", "Α": "A", "Β": "B",
    "Ε": "E", "Ζ": "Z", "Η": "H", "Ι": "I", "Κ": "K", "Μ": "M", "Ν": "N", "Ο": "O", "Ρ": "P",
    "Τ": "T", "Υ": "Y", "Χ": "X",
})  # fmt: skip
"""Cyrillic and Greek letters that look like Latin ones."""
FIGURES = str.maketrans("013457", "oieast")
RUN = re.compile(r"[^\W_]+")
FIGURE_INSIDE = re.compile(r"(?<=[^\W\d_])[013457](?=[^\W\d_])")
APART = re.compile(r"(?<!\w)[^\W\d_](?:[ .·][^\W\d_]){2,}(?!\w)")
"""Three letters or more that are pulled apart: "S m i t h"."""


@dataclass(frozen=True)
class Plain:
    """A text as a reader sees it, without invisible characters and with letters of one script in a
    word; and where each of its characters is in the text as typed."""

    text: str
    at: tuple[int, ...]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The place in the text as typed."""
        return self.at[start], self.at[end - 1] + 1


def plain(typed: str) -> Plain:
    if typed.isascii() and not FIGURE_INSIDE.search(typed) and not APART.search(typed):
        return Plain(typed, tuple(range(len(typed))))
    seen = [
        (letter, at)
        for at, one in enumerate(typed)
        if unicodedata.category(one) != "Cf"
        for letter in (one if one == "ı" else unicodedata.normalize("NFKC", one))
    ]
    text = "".join(letter for letter, _at in seen)
    text = RUN.sub(lambda word: _of_one_script(word[0]), text)
    text = FIGURE_INSIDE.sub(lambda figure: figure[0].translate(FIGURES), text)
    gone = {
        between for run in APART.finditer(text) for between in range(run.start() + 1, run.end(), 2)
    }
    kept = [at for at in range(len(text)) if at not in gone]
    return Plain("".join(text[at] for at in kept), tuple(seen[at][1] for at in kept))


def _of_one_script(word: str) -> str:
    return word.translate(LOOK_ALIKES) if any(map(_is_latin, word)) else word


def _is_latin(letter: str) -> bool:
    return letter.isascii() and letter.isalpha()


@dataclass(frozen=True)
class FoldedWord:
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


def pieces(text: str) -> Iterator[FoldedWord]:
    """The words of a text, those with hyphens in parts."""
    for match in PIECE.finditer(text):
        yield FoldedWord(match.start(), match.end(), match[0])
