"""A text in a fixed number of bytes, whatever is written."""

from __future__ import annotations

from survey import text_encodings

ROOM_BYTES = 790
"""Enough for the longest accepted text in every script of our languages."""

LENGTH_BYTES = 2
WIDTH = LENGTH_BYTES + 1 + ROOM_BYTES
"""The bytes of one text: its length, its encoding, and the room for it."""


def write(words: str) -> bytes | None:
    """The text as `WIDTH` bytes; None if it does not fit in any encoding."""
    found = text_encodings.fitting(words, ROOM_BYTES)
    if found is None:
        return None
    spelling, packed = found
    length = len(packed).to_bytes(LENGTH_BYTES, "little")
    return length + bytes((spelling,)) + packed.ljust(ROOM_BYTES, b"\0")


def fits(words: str) -> bool:
    return write(words) is not None


def read(room: bytes) -> str:
    """The text in these bytes."""
    length = int.from_bytes(room[:LENGTH_BYTES], "little")
    return text_encodings.read(room[LENGTH_BYTES], room[LENGTH_BYTES + 1 :][:length])
