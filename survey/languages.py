"""The languages of the product in one table: name, direction, typeface, and what follows from them.

Digits are Latin in every language: codes, phone numbers and year groups are printed so in UK
schools, and readers take a figure that changes its shape between card and page for another one.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby

ENGLISH = "en"
"""The language of the source texts, and the fallback where a translation is missing."""


class Script(StrEnum):
    """A script, by its ISO 15924 code."""

    LATIN = "Latn"
    CYRILLIC = "Cyrl"
    ARABIC = "Arab"
    BENGALI = "Beng"
    GURMUKHI = "Guru"


@dataclass(frozen=True)
class Language:
    """A language: its own `name`, and the `font` it is printed in. `staff` says that staff pages
    are in it too, and not only student pages."""

    tag: str
    name: str
    script: Script = Script.LATIN
    font: str = "Noto Sans"
    staff: bool = False

    @property
    def direction(self) -> str:
        return "rtl" if self.script is Script.ARABIC else "ltr"


LANGUAGES: Mapping[str, Language] = {
    one.tag: one
    for one in (
        Language(ENGLISH, "English", staff=True),
        Language("cy", "Cymraeg", staff=True),
        Language("pl", "Polski"),
        Language("ro", "Română"),
        Language("uk", "Українська", Script.CYRILLIC),
        Language("ur", "اردو", Script.ARABIC, "Noto Nastaliq Urdu"),
        Language("ar", "العربية", Script.ARABIC, "Noto Naskh Arabic"),
        Language("bn", "বাংলা", Script.BENGALI, "Noto Sans Bengali"),
        Language("pa", "ਪੰਜਾਬੀ", Script.GURMUKHI, "Noto Sans Gurmukhi"),
        Language("so", "Soomaali"),
    )
}
"""By tag, in the order in which they are offered."""

STAFF_LANGUAGES = tuple(one.tag for one in LANGUAGES.values() if one.staff)
TRANSLATIONS = tuple(tag for tag in LANGUAGES if tag != ENGLISH)


def language_name(tag: str) -> str:
    """The name of a language in itself. An old questionnaire may name a language that we no longer
    have."""
    return LANGUAGES[tag].name if tag in LANGUAGES else tag


def direction(tag: str) -> str:
    """The way a language runs: "ltr" or "rtl"."""
    return LANGUAGES[tag].direction if tag in LANGUAGES else "ltr"


HELD_TOGETHER = re.compile(
    r"""(?<![\w/.-])(?:https?://|www\.)[^\s\u2066\u2069]*[\w/]           # an address
    | (?<![\w.+-])[\w.+-]++@[\w-]++(?:\.[\w-]++)+                      # of e-mail
    | (?<![\w.-])[a-z][\w-]*+(?:\.[a-z]{2,}+)+(?:/\w[\w/-]*+)?          # a host, with its path
    | (?<![\w-])(?=[A-Z-]{0,8}[0-9])[A-Z0-9]{4}-[A-Z0-9]{4}(?![\w-])   # a code
    | (?<!\d)\+?\d++(?:[\s()\u2013/.:-]++\d++)+                # a phone number, a span of years
    """,
    re.VERBOSE | re.ASCII,
)
"""Matches what has parts that a right-to-left line would swap. No pattern here goes over the same
letters twice, because the words may be of any length."""

LEFT_TO_RIGHT_ISOLATE, POP_ISOLATE = "\u2066", "\u2069"
RIGHT_TO_LEFT = frozenset({"R", "AL"})
BOUNDARIES = frozenset("\u060c\u061b\u061f\u06d4\u2066\u2067\u2068\u2069")
"""Arabic punctuation belongs to the sentence around a foreign phrase; what is isolated already is
left as it is."""
BELONGING = frozenset("+/%")
"""Signs that may begin or end a number or an address."""

CLOSES = {")": "(", "]": "[", "»": "«", "”": "“", "’": "‘"}


def isolate(words: str, tag: str) -> str:
    """The words with everything that runs from left to right kept in its order, if the language
    runs from right to left.

    "0800 1111" would be drawn "1111 0800", and "Every day, 8.30 to 3.30" would be torn at its
    numbers: a foreign phrase is isolated as a whole, never in parts.
    """
    if direction(tag) == "ltr" or LEFT_TO_RIGHT_ISOLATE in words:
        return words
    pieces = list(_pieces(words))
    if [foreign for _piece, foreign in pieces] == [True]:
        return _isolated(words, 0, len(words))  # with its full stop: it is no part of ours
    return "".join(
        piece if foreign is None else _held(piece, whole=foreign) for piece, foreign in pieces
    )


def _pieces(words: str) -> Iterator[tuple[str, bool | None]]:
    """Splits the words where the direction changes. With each piece: None if it runs from right to
    left; otherwise whether it has letters, or only numbers and signs."""
    for is_native, letters in groupby(words, _is_native):
        piece = "".join(letters)
        if is_native:
            yield piece, None
        else:
            yield piece, any(unicodedata.bidirectional(letter) == "L" for letter in piece)


def _is_native(letter: str) -> bool:
    return letter in BOUNDARIES or unicodedata.bidirectional(letter) in RIGHT_TO_LEFT


def _held(piece: str, *, whole: bool) -> str:
    """A piece without a right-to-left letter, isolated: from its first to its last significant sign
    if it is `whole`, or each number in it."""
    if not whole:
        return HELD_TOGETHER.sub(f"{LEFT_TO_RIGHT_ISOLATE}\\g<0>{POP_ISOLATE}", piece)
    counting = [n for n, letter in enumerate(piece) if letter.isalnum() or letter in BELONGING]
    first, last = counting[0], counting[-1] + 1
    while last < len(piece) and CLOSES.get(piece[last], POP_ISOLATE) in piece[first:last]:
        last += 1
    return _isolated(piece, first, last)


def _isolated(words: str, first: int, last: int) -> str:
    held = words[first:last]
    if held.strip().isalnum():  # one word: nothing in it can be swapped
        return words
    return f"{words[:first]}{LEFT_TO_RIGHT_ISOLATE}{held}{POP_ISOLATE}{words[last:]}"
