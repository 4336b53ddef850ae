"""Words that people type: what can be kept, shown and printed, and how long they are.

Every field that takes words goes through `kept`, students' and staff's alike, so that no later part
meets a letter that its database, its renderer or its paper cannot take.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

LINE_BREAKS = "\n\r\t"
NONCHARACTERS = frozenset(
    {
        *range(0xFDD0, 0xFDF0),
        *(plane << 16 | low for plane in range(17) for low in (0xFFFE, 0xFFFF)),
    }
)

VARIATIONS = frozenset(map(chr, range(0xFE00, 0xFE10)))
MARKS = frozenset({"Mn", "Mc", "Me"})
JOINER = "\u200d"
FLAGS = range(0x1F1E6, 0x1F200)
SKIN_TONES = range(0x1F3FB, 0x1F400)
HANGUL_VOWELS_AND_FINALS = range(0x1160, 0x1200)
MOST_JOINED = 16
"""What belongs to one letter at most. No script needs as many marks, and no emoji as many parts."""


def printable(words: str) -> str:
    """The words without control characters, halves of characters and signs that are not letters. A
    keyboard does not produce these: they come from a file or a program."""
    if words.isascii() and words.isprintable():
        return words
    return "".join(letter for letter in words if _is_letter(letter))


def _is_letter(letter: str) -> bool:
    if letter in LINE_BREAKS:
        return True
    return unicodedata.category(letter) not in ("Cc", "Cs") and ord(letter) not in NONCHARACTERS


OF_A_WORD_PROCESSOR = {
    **dict.fromkeys((0xF0A7, 0xF0B7, 0xF0D8), "•"),
    **dict.fromkeys((*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0xFEFF)),
}
"""Removed characters: bullets that have a meaning only in their own font, direction marks, and the
byte order mark."""


def kept(words: str) -> str:
    """Normalises words for storage: composed (NFC), plain line breaks, no control characters, and
    no invisible characters at the ends."""
    if words.isascii() and words.isprintable():
        return words.strip(" ")  # all that the rest would do, for most cells of a large file
    plain = words.replace("\r\n", "\n").replace("\r", "\n").translate(OF_A_WORD_PROCESSOR)
    return _without_unseen_ends(unicodedata.normalize("NFC", printable(plain)))


UNSEEN = frozenset("\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u2800\u3164\ufeff\uffa0")


def _is_unseen(letter: str) -> bool:
    return (
        letter.isspace()
        or letter in UNSEEN
        or unicodedata.category(letter) in ("Cf", "Zs", "Zl", "Zp", "Cn")
    )


def _without_unseen_ends(words: str) -> str:
    first, last = 0, len(words)
    while first < last and _is_unseen(words[first]):
        first += 1
    while last > first and _is_unseen(words[last - 1]):
        last -= 1
    return words[first:last]


def is_seen(words: str) -> bool:
    """Is any of the words visible?"""
    return not all(_is_unseen(letter) or letter in VARIATIONS for letter in words)


def length(words: str) -> int:
    """Number of letters as a reader counts: a letter with its marks is one, and so is an emoji made
    of several. In Bengali and Panjabi the code counts many more. Marks that are piled up count."""
    count, before, flags, run = 0, "", 0, 0
    for letter in words:
        code = ord(letter)
        flags = flags + 1 if code in FLAGS else 0
        joined = (
            unicodedata.category(letter) in MARKS
            or letter in (JOINER, "\u200c")
            or before == JOINER
            or code in SKIN_TONES
            or code in HANGUL_VOWELS_AND_FINALS
            or (flags and flags % 2 == 0)
        )
        run = run + 1 if joined and before else 0
        count += run == 0 or run > MOST_JOINED
        before = letter
    return count


def folded(words: str) -> str:
    """The words in a form for comparison: "Café" is "café", however it was typed."""
    seen = "".join(letter for letter in words if unicodedata.category(letter) != "Cf")
    return " ".join(unicodedata.normalize("NFKC", seen).casefold().split())


def first_twice(words: Iterable[str]) -> str | None:
    """The first word that occurs a second time, as a reader would compare them."""
    met: set[str] = set()
    for one in words:
        if folded(one) in met:
            return one
        met.add(folded(one))
    return None
