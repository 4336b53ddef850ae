"""How long a page and what it sends are on the wire: a function of the page, never of the answers.

A listener cannot read what goes over TLS but sees how long each piece is. So answers are numbers of
one width and a question left open sends one too. What still differs is how many boxes are ticked
and how much is written. The script fills each form up to one size; without it, a pad of random
length covers the difference.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from survey.http import page_compression
from survey.questionnaires.model import LONGEST_TEXT, Item

LONGEST_PAD, LONGEST_PAD_BESIDE_TEXT = 768, 6144
STEP_BYTES = 256
"""Forms are filled up to a multiple of this."""

FIELD_BYTES = 4  # "&", "=" and two digits
OURS_BYTES = 96
"""Our own fields of a form."""
LETTER_BYTES = 12
"""The most bytes that one letter takes in a form."""

BARE_ROOM, PAD_ROOM, TICK_ROOM, TEXT_ROOM, HIDDEN_ROOM = 42, 18, 4, 1300, 5
"""Bytes of a packed page: what a pad can add to one on which nothing is filled in, and to others;
one tick more; a whole text, also of 300 emoji or Chinese letters; and one row that is hidden. A
page that says what to correct is not made as long: a listener sees anyway that the page comes
again."""


def pad(items: Sequence[Item]) -> str:
    """A random number of zeros."""
    return "0" * page_compression.pad_length(longest_pad(items))


def longest_pad(items: Sequence[Item]) -> int:
    """The most letters that a pad has."""
    writes = any(item.kind.is_text for item in items)
    return LONGEST_PAD_BESIDE_TEXT if writes else LONGEST_PAD


def room_for(items: Iterable[Item]) -> int:
    """Bytes that a page may grow by when its answers are filled in."""
    return PAD_ROOM + sum(
        (TEXT_ROOM if item.kind.is_text else TICK_ROOM * len(item.kind.sent(item)))
        + (HIDDEN_ROOM * (1 + len(item.rows)) if item.show_if or item.rows_if else 0)
        for item in items
    )


def longest_form(items: Iterable[Item]) -> int:
    """Bytes to which what the page sends is filled up."""
    size = OURS_BYTES
    for item in items:
        if item.kind.is_text:
            size += LETTER_BYTES * LONGEST_TEXT + len(item.key) + 2
        else:  # a row left open sends its number too
            size += sum(len(name) + FIELD_BYTES for name in item.kind.sent(item))
    return -(-size // STEP_BYTES) * STEP_BYTES
