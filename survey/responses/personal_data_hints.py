"""Does a free text carry something that leads to a person? A hint, never a refusal."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum


class PersonalDataHint(StrEnum):
    PHONE = "phone"
    EMAIL = "email"
    HANDLE = "handle"
    LINK = "link"


PATTERNS: Mapping[PersonalDataHint, re.Pattern[str]] = {
    PersonalDataHint.EMAIL: re.compile(
        r"(?<![\w.+-])[\w.+-]+\s?@\s?[\w-]+\.[a-z]{2,}", re.IGNORECASE
    ),
    # Nine digits or more, however they are grouped: years, rooms and prices have fewer.
    PersonalDataHint.PHONE: re.compile(r"(?:\+|\b)(?:\d[\s().-]{0,2}){9,}"),
    PersonalDataHint.HANDLE: re.compile(r"(?<![\w.+-])@[A-Za-z0-9_.]{3,}"),
    PersonalDataHint.LINK: re.compile(
        r"https?://|\bwww\.|(?<![\w-])[\w-]+\.(?:com|org|net|co\.uk|me|gg)\b", re.IGNORECASE
    ),
}


def find(words: str) -> tuple[PersonalDataHint, ...]:
    """What the words seem to carry."""
    email = PATTERNS[PersonalDataHint.EMAIL]
    rest = email.sub(" ", words)  # the end of an address is no link, and its @ no handle
    return tuple(
        hint
        for hint, pattern in PATTERNS.items()
        if pattern.search(words if hint is PersonalDataHint.EMAIL else rest)
    )
