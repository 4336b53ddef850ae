"""Tells whether two schools gave the same name to a place."""

from __future__ import annotations

import re
from difflib import SequenceMatcher

ALIKE = 0.82
"""The similarity from which two names are suggested as one place."""


def alike(one: str, other: str) -> bool:
    """The same name, written a little differently."""
    first, second = _bare(one), _bare(other)
    if sorted(first.split()) == sorted(second.split()):
        return True
    return SequenceMatcher(None, first, second).ratio() >= ALIKE


def _bare(name: str) -> str:
    return re.sub(r"\W+|\bthe\b", " ", name.casefold().replace("’", "").replace("'", "")).strip()
