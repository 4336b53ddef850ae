"""Compact encodings of a text in any script.

A letter as a reader counts it can be several characters with marks, in Bengali or Panjabi often two
or three. Where a text has a fixed number of bytes, every encoding is tried, and the first that fits
is used.
"""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Callable

CODE_POINT_BITS = 21
BLOCK = 128
ESCAPE = 0


def fitting(words: str, room: int) -> tuple[int, bytes] | None:
    """The text in at most `room` bytes, and the number of the encoding used; None if no encoding
    fits."""
    for spelling, (written, _read) in enumerate(SPELLINGS):
        packed = written(words)
        if len(packed) <= room:
            return spelling, packed
    return None


def read(spelling: int, packed: bytes) -> str:
    """Decodes a text."""
    _written, reads = SPELLINGS[spelling]
    return reads(packed)


def _points(words: str) -> bytes:
    """Encodes every letter in the same few bits: a long text of the rarest letters fits as well."""
    number = 1  # so that letters of number zero in front are not lost
    for letter in words:
        number = (number << CODE_POINT_BITS) | ord(letter)
    return number.to_bytes((number.bit_length() + 7) // 8, "little")


def _letters(packed: bytes) -> str:
    number = int.from_bytes(packed, "little")
    letters = []
    while number > 1:
        letters.append(chr(number & (1 << CODE_POINT_BITS) - 1))
        number >>= CODE_POINT_BITS
    return "".join(reversed(letters))


def _in_one_block(words: str) -> bytes:
    """Encodes in one byte each character of ASCII and of the block of 128 that the text uses most,
    as each script of India has one; in four bytes any other."""
    blocks = Counter(ord(letter) // BLOCK for letter in words if ord(letter) >= BLOCK)
    home = max(blocks, key=lambda block: (blocks[block], -block), default=0)
    packed = bytearray(home.to_bytes(2, "little"))
    for letter in words:
        code = ord(letter)
        if ESCAPE < code < BLOCK:
            packed.append(code)
        elif home and code // BLOCK == home:
            packed.append(BLOCK + code % BLOCK)
        else:
            packed += bytes((ESCAPE,)) + code.to_bytes(3, "little")
    return bytes(packed)


def _out_of_one_block(packed: bytes) -> str:
    home, at, letters = int.from_bytes(packed[:2], "little"), 2, []
    while at < len(packed):
        one = packed[at]
        if one == ESCAPE:
            letters.append(chr(int.from_bytes(packed[at + 1 : at + 4], "little")))
            at += 4
        else:
            letters.append(chr(one if one < BLOCK else home * BLOCK + one - BLOCK))
            at += 1
    return "".join(letters)


SPELLINGS: tuple[tuple[Callable[[str], bytes], Callable[[bytes], str]], ...] = (
    (lambda words: words.encode(), lambda packed: packed.decode()),
    (lambda words: words.encode("utf-16-le"), lambda packed: packed.decode("utf-16-le")),
    (_points, _letters),
    (
        lambda words: zlib.compress(words.encode(), 9),
        lambda packed: zlib.decompress(packed).decode(),
    ),
    (_in_one_block, _out_of_one_block),
)
"""The encodings, by number. Their order is part of what is sealed."""
