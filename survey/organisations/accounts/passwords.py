"""A check for passwords that are easy to guess.

A password is taken apart in the way that is cheapest for someone who guesses: into words that many
people use as passwords, names, words about the member, runs such as "1234" or "qwerty", repeats,
years, and single letters for the rest. It is refused if the parts take too few guesses. There is no
rule that a password must have certain kinds of letters: those make passwords worse.
"""

from __future__ import annotations

import gzip
import math
import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

from flask_babel import gettext as _
from flask_security.password_util import PasswordUtil

from survey.organisations.models import Member
from survey.settings import PRODUCT

FEWEST_BITS = 32
"""A guesser with the list needs four thousand million tries: more than the limits on signing in let
through in a hundred years."""

COMMON = Path(__file__).parent / "common_passwords.txt.gz"
LEET = str.maketrans("013457@$!", "oieastasi")
ROWS = ("1234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm", "1qaz2wsx3edc4rfv5tgb", "qazwsxedcrfv")
LONGEST_WORD = 24
SHORTEST_RUN = 3
YEAR = re.compile(r"(?:19|20)\d\d")
REPEATED = re.compile(r"(.{1,64}?)\1+", re.DOTALL)
RUN_BITS = 5.0
YEAR_BITS = 6.5
KNOWN_BITS = 1.0
DIGIT_BITS, LETTER_BITS, SPACE_BITS, OTHER_BITS = 3.3, 4.7, 1.0, 6.0

LONGEST_LOOKED_AT = 64
"""The letters of a password that are checked. A longer one is not refused for its end."""


class OurPasswords(PasswordUtil):
    """Flask-Security's check of a new password, and ours."""

    def validate(
        self, password: str, is_register: bool, **given: Any
    ) -> tuple[list[str] | None, str]:
        complaints, normal = super().validate(password, is_register, **given)
        if not complaints and is_easy(normal, about(given.get("user"))):
            complaints = [easy_to_guess()]
        return complaints, normal


def easy_to_guess() -> str:
    return str(
        _(
            "This password is easy to guess. Use three or four words that do not belong together,"
            " and not your name, your e-mail address or the name of your school."
        )
    )


def about(member: Member | None) -> tuple[str, ...]:
    """What someone who knows the member would try first."""
    if member is None:
        return ()
    places = (seat.place for seat in member.seats)
    return (member.name, member.email, *(place.name for place in places if place is not None))


def is_easy(password: str, known: Iterable[str] = ()) -> bool:
    """Can the password be guessed in few tries by someone who knows these words?"""
    return bits(password, known) < FEWEST_BITS


def bits(password: str, known: Iterable[str] = ()) -> float:
    """How many guesses the password takes, as a power of two."""
    plain = unicodedata.normalize("NFKC", password).lower()[:LONGEST_LOOKED_AT]
    repeated = REPEATED.fullmatch(plain)
    if repeated:
        unit = repeated[1]
        return _cheapest(unit, _own_words(known)) + math.log2(len(plain) / len(unit))
    return _cheapest(plain, _own_words(known))


def _own_words(known: Iterable[str]) -> frozenset[str]:
    """Each text as it is, without its spaces, and its words; and the name of the product."""
    words: set[str] = set()
    for text in (PRODUCT, *known):
        plain = unicodedata.normalize("NFKC", text).lower()
        words |= {plain, re.sub(r"\W", "", plain), *re.split(r"[\W_]", plain)}
    return frozenset(word for word in words if len(word) >= SHORTEST_RUN)


def _cheapest(text: str, own: frozenset[str]) -> float:
    """The least bits in which the text can be put together from parts."""
    best = [0.0] + [math.inf] * len(text)
    for start in range(len(text)):
        for end, cost in _parts(text, start, own):
            best[end] = min(best[end], best[start] + cost)
    return best[-1]


def _parts(text: str, start: int, own: frozenset[str]) -> Iterator[tuple[int, float]]:
    """Where each part that begins at `start` ends, and what it costs."""
    yield start + 1, _letter(text[start])
    if YEAR.match(text, start):
        yield start + 4, YEAR_BITS
    end = _run(text, start)
    if end - start >= SHORTEST_RUN:
        yield end, RUN_BITS + math.log2(end - start)
    plain = text.translate(LEET)
    for end in range(start + SHORTEST_RUN, len(text) + 1):
        for piece in {text[start:end], plain[start:end]}:
            if piece in own:
                yield end, KNOWN_BITS
            elif end - start <= LONGEST_WORD and piece in _common():
                yield end, _common()[piece]


def _run(text: str, start: int) -> int:
    """The end of the longest run of one letter, of neighbours in the alphabet or on a keyboard."""
    longest = start + 1
    for step in (-1, 0, 1):
        end = start + 1
        while end < len(text) and ord(text[end]) - ord(text[end - 1]) == step:
            end += 1
        longest = max(longest, end)
    for row in (*ROWS, *(row[::-1] for row in ROWS)):
        end = start + 1
        while end < len(text) and text[start : end + 1] in row:
            end += 1
        longest = max(longest, end)
    return longest


def _letter(letter: str) -> float:
    if letter.isdecimal():
        return DIGIT_BITS
    if letter.isspace():
        return SPACE_BITS
    return LETTER_BITS if letter.isalpha() else OTHER_BITS


@cache
def _common() -> dict[str, float]:
    """Bits of each common word: one more than its place in the list takes."""
    words = gzip.decompress(COMMON.read_bytes()).decode().split()
    return {word: 1 + math.log2(place) for place, word in enumerate(words, 1)}
