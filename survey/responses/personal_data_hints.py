"""Does a free text carry something that leads to a person? A hint, never a refusal."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum


class Hint(StrEnum):
    PHONE = "phone"
    EMAIL = "email"
    HANDLE = "handle"
    LINK = "link"


PATTERNS: Mapping[Hint, re.Pattern[str]] = {
    Hint.EMAIL: re.compile(r"(?<![\w.+-])[\w.+-]+\s?@\s?[\w-]+\.[a-z]{2,}", re.IGNORECASE),
    # Nine digits or more, however they are grouped: years, rooms and prices have fewer.
    Hint.PHONE: re.compile(r"(?:\+|\b)(?:\d[\s().-]{0,2}){9,}"),
    Hint.HANDLE: re.compile(r"(?<![\w.+-])@[A-Za-z0-9_.]{3,}"),
    Hint.LINK: re.compile(
        r"https?://|\bwww\.|(?<![\w-])[\w-]+\.(?:com|org|net|co\.uk|me|gg)\b", re.IGNORECASE
    ),
}


def find(words: str) -> tuple[Hint, ...]:
    """What the words seem to carry."""
    email = PATTERNS[Hint.EMAIL]
    rest = email.sub(" ", words)  # the end of an address is no link, and its @ no handle
    return tuple(
        hint
        for hint, pattern in PATTERNS.items()
        if pattern.search(words if hint is Hint.EMAIL else rest)
    )
