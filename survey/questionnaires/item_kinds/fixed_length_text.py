"""Room for one text in a message of fixed length: as many bytes whatever is written."""

from __future__ import annotations

from survey import text_encodings

ROOM_BYTES = 790
"""More than the longest text that is taken needs in any script of our languages."""

LENGTH_BYTES = 2
WIDTH = LENGTH_BYTES + 1 + ROOM_BYTES
"""What a text takes: its length, the way it is written down, and the room."""


def write(words: str) -> bytes | None:
    """The text in its room, `WIDTH` bytes long; None if it fits in no way."""
    found = text_encodings.fitting(words, ROOM_BYTES)
    if found is None:
        return None
    spelling, packed = found
    length = len(packed).to_bytes(LENGTH_BYTES, "little")
    return length + bytes((spelling,)) + packed.ljust(ROOM_BYTES, b"\0")


def fits(words: str) -> bool:
    return write(words) is not None


def read(room: bytes) -> str:
    """The text of a room."""
    length = int.from_bytes(room[:LENGTH_BYTES], "little")
    return text_encodings.read(room[LENGTH_BYTES], room[LENGTH_BYTES + 1 :][:length])
