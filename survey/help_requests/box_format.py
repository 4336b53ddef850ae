"""The stored form of the requests of a school: boxes of one size, full from the start.

A box has `SLOTS` slots. Every change of one slot writes the whole box again under a fresh nonce, so
that neither the size of a row, nor its place, nor the number of its last transaction tells which
slot was filled when. A request takes a slot at random. The first part, the index, says the day a
request came and what became of it; the second part holds what was written, sealed.
"""

from __future__ import annotations

import secrets
import struct
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from survey.help_requests.encryption import SEALED_BYTES

SLOTS = 16
ENTRY = struct.Struct(">16sIHI16sI16s")
NOT_SEALED = 0
"""The number of a key that stands for none: what came before a reader had set up a key."""


class BoxFullError(Exception):
    """No slot is free."""


@dataclass(frozen=True)
class BoxEntry:
    """What can be seen of a request without opening it. `key_number` says to which key of the desk
    its words are sealed."""

    request_id: uuid.UUID
    arrived_on: date
    key_number: int
    read_on: date | None = None
    read_by: uuid.UUID | None = None
    closed_on: date | None = None
    closed_by: uuid.UUID | None = None

    def packed(self) -> bytes:
        return ENTRY.pack(
            self.request_id.bytes,
            _day(self.arrived_on),
            self.key_number,
            _day(self.read_on),
            _id(self.read_by),
            _day(self.closed_on),
            _id(self.closed_by),
        )


@dataclass(frozen=True)
class Slot:
    entry: BoxEntry
    words: bytes


Slots = tuple[Slot | None, ...]
BLANK: Slots = (None,) * SLOTS


def pack_index(slots: Slots) -> bytes:
    return b"".join(slot.entry.packed() if slot else bytes(ENTRY.size) for slot in slots)


def pack_words(slots: Slots) -> bytes:
    return b"".join(
        slot.words.ljust(SEALED_BYTES, b"\0") if slot else bytes(SEALED_BYTES) for slot in slots
    )


def unpack_index(index: bytes) -> tuple[BoxEntry | None, ...]:
    return tuple(_entry(packed) for packed in ENTRY.iter_unpack(index))


def unpack(index: bytes, words: bytes) -> Slots:
    return tuple(
        Slot(entry, words[at * SEALED_BYTES : (at + 1) * SEALED_BYTES]) if entry else None
        for at, entry in enumerate(unpack_index(index))
    )


def put(slots: Slots, new: Slot) -> Slots:
    """The box with a new request in a free slot, chosen at random."""
    free = [at for at, slot in enumerate(slots) if slot is None]
    if not free:
        raise BoxFullError
    return _with(slots, secrets.choice(free), new)


def replace_slot(slots: Slots, new: Slot) -> Slots:
    """The box with a changed request in the slot of its number."""
    at = next(
        at
        for at, slot in enumerate(slots)
        if slot and slot.entry.request_id == new.entry.request_id
    )
    return _with(slots, at, new)


def shuffled(slots: Slots) -> Slots:
    mixed = list(slots)
    secrets.SystemRandom().shuffle(mixed)
    return tuple(mixed)


def _with(slots: Sequence[Slot | None], at: int, new: Slot) -> Slots:
    return (*slots[:at], new, *slots[at + 1 :])


def _entry(packed: tuple[bytes, int, int, int, bytes, int, bytes]) -> BoxEntry | None:
    request_id, arrived, key_number, read_on, read_by, closed_on, closed_by = packed
    if not arrived:
        return None
    return BoxEntry(
        uuid.UUID(bytes=request_id),
        date.fromordinal(arrived),
        key_number,
        date.fromordinal(read_on) if read_on else None,
        uuid.UUID(bytes=read_by) if read_on else None,
        date.fromordinal(closed_on) if closed_on else None,
        uuid.UUID(bytes=closed_by) if closed_on else None,
    )


def _day(day: date | None) -> int:
    return day.toordinal() if day else 0


def _id(of: uuid.UUID | None) -> bytes:
    return of.bytes if of else bytes(16)
