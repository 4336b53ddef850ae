"""Names that a school listed, found in a text however they are written. Pure.

A listed name is found by each of its parts and by neighbouring parts together: without its accents,
apostrophes or hyphens, with a space more or less, in the plural, as one half of a double name, and
with one letter wrong.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from survey.personal_names.folding import PARTICLES, TITLES, FoldedWord, pieces, spellings

CLOSE_FROM = 6
"""Letters from which a name may be misspelt by one."""
AFTER_PARTICLE = re.compile(r"^(?:[OoDd]|Mc|Mac|Fitz)['’ʼ‘`](?=\w{4})")
"""How "O'Neill" begins, which is said as "Neill" too."""
MOST_TOGETHER = 3
"""Words that may be one name written apart."""

Span = tuple[int, int]


@dataclass(frozen=True)
class ListedName:
    """Folded names to look for: `parts` by themselves, `joined` as two or three words in a row."""

    parts: frozenset[str]
    joined: frozenset[str]

    @classmethod
    def of(cls, names: Sequence[str]) -> ListedName:
        parts: set[str] = set()
        joined: set[str] = set()
        for name in names:
            words = [word for word in pieces(name) if word.folded not in TITLES]
            for at, word in enumerate(words):
                if word.folded not in PARTICLES and len(word.folded) > 1:
                    parts |= spellings(word.said)
                    parts |= spellings(AFTER_PARTICLE.sub("", word.said))
                for length in range(2, MOST_TOGETHER + 1):
                    row = words[at : at + length]
                    if len(row) == length:
                        together = "".join(one.said for one in row)
                        joined |= spellings(together)
                        if row[0].folded in PARTICLES:
                            parts |= spellings(together)
            joined |= {part for part in parts if any(map(part.startswith, PARTICLES))}
        return cls(frozenset(parts), frozenset(joined))


def find_listed(
    text: str,
    names: Sequence[str],
    ordinary: Collection[str],
    is_cued: Callable[[FoldedWord], bool],
) -> Iterator[Span]:
    """Where listed names are. One that is an `ordinary` word as well counts only after a title, or
    if `is_cued`, as by a capital inside a sentence."""
    wanted = ListedName.of(names)
    if not wanted.parts:
        return
    words = list(pieces(text))
    at = 0
    while at < len(words):
        has_title = at > 0 and words[at - 1].folded in TITLES
        many = next(
            (
                n
                for n in range(MOST_TOGETHER, 1, -1)
                if _is_name(words[at : at + n], n, text, wanted)
            ),
            0,
        )
        word = words[at]
        if many or _is_part(word.folded, wanted, ordinary, has_title or is_cued(word)):
            many = many or 1
            start = words[at - 1].start if has_title else word.start
            yield start, words[at + many - 1].end
        at += many or 1


def _is_name(row: Sequence[FoldedWord], length: int, text: str, wanted: ListedName) -> bool:
    """Are these words, with nothing but a space, a hyphen or an apostrophe between, one name?"""
    if len(row) < length:
        return False
    gaps = (text[one.end : other.start] for one, other in pairwise(row))
    if not all(gap in (" ", "-", "'", "’", "‐", "–") for gap in gaps):
        return False
    together = "".join(word.folded for word in row)
    return len(together) >= CLOSE_FROM - 1 and any(
        one in wanted.joined or one in wanted.parts for one in _singular(together)
    )


def _is_part(found: str, wanted: ListedName, ordinary: Collection[str], cued: bool) -> bool:
    for one in _singular(found):
        if one in wanted.parts or (one in wanted.joined and len(one) >= CLOSE_FROM):
            return cued or one not in ordinary
    return len(found) >= CLOSE_FROM - 1 and any(
        len(name) >= CLOSE_FROM and name not in ordinary and is_one_off(found, name)
        for name in wanted.parts
    )


def _singular(word: str) -> Iterator[str]:
    """The word, and without the ending of a plural: "the ahmeds", "the joneses"."""
    yield word
    if len(word) > 3 and word.endswith("s"):
        yield word[:-1]
    if len(word) > 4 and word.endswith("es"):
        yield word[:-2]


def is_one_off(one: str, other: str) -> bool:
    """Does one letter more, less or changed, or two swapped, make one of the other?"""
    if abs(len(one) - len(other)) > 1 or one[0] != other[0]:
        return False
    at = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), None)
    if at is None:
        return True
    rest, rest_other = one[at:], other[at:]
    return (
        rest[1:] == rest_other[1:]
        or rest[1:] == rest_other
        or rest == rest_other[1:]
        or (rest[1::-1] == rest_other[:2] and rest[2:] == rest_other[2:])
    )
