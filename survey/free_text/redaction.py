"""A text as words that can be blacked out, and what is left of it. Pure: no web, no database."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

WORD = re.compile(r"[^\s,;|()\[\]{}\"“”„«»…!?/]+")
AROUND = ".:'’‘-–—"
"""Marks that are not part of a word when they are at its edge."""

Part = str | None
"""Words that are shown, or None for a gap, which looks the same for any number of words."""


@dataclass(frozen=True)
class RedactableWord:
    """One word and its position. `before` is what is between it and the previous word."""

    number: int
    words: str
    start: int
    end: int
    before: str


def words_of(text: str) -> tuple[RedactableWord, ...]:
    """The words of a text, in order."""
    found: list[RedactableWord] = []
    after = 0
    for match in WORD.finditer(text):
        start, end = match.span()
        while start < end and text[start] in AROUND:
            start += 1
        while end > start and text[end - 1] in AROUND:
            end -= 1
        if start < end:
            found.append(RedactableWord(len(found), text[start:end], start, end, text[after:start]))
            after = end
    return tuple(found)


def tail_of(text: str) -> str:
    """What comes after the last word."""
    words = words_of(text)
    return text[words[-1].end :] if words else text


def redact(text: str, out: Collection[int]) -> tuple[Part, ...]:
    """The text without the words numbered in `out`. Gaps with nothing but marks between them are
    one gap."""
    parts: list[Part] = []
    for word in words_of(text):
        if word.number not in out:
            _say(parts, word.before + word.words)
        elif not _runs_on(parts, word.before):
            _say(parts, word.before)
            parts.append(None)
    _say(parts, tail_of(text))
    return tuple(parts)


def _say(parts: list[Part], words: str) -> None:
    if not words:
        return
    if parts and parts[-1] is not None:
        parts[-1] += words
    else:
        parts.append(words)


def _runs_on(parts: list[Part], before: str) -> bool:
    """Is the word the next of a gap? A sentence that ends between them ends the gap too."""
    return bool(parts) and parts[-1] is None and not set(before) & set(".!?\n")


def is_empty(parts: Collection[Part]) -> bool:
    """Is there no word left to read?"""
    return not any(part and WORD.search(part.strip(AROUND)) for part in parts)
