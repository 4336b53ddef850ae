"""Packing a page for the wire, filled up to a size with bytes that no reader looks at.

A page that is the same for everyone is packed once. It ends with a pad: a hidden field with a run
of zeros, whose random length hides how much a form sends. The pad is the last thing on the page, so
nothing packed before it depends on it. Each visit gets the kept bytes, a fresh pad, and the bytes
that fill the page up.
"""

from __future__ import annotations

import secrets
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

import brotli
from werkzeug.datastructures import Accept
from werkzeug.http import parse_accept_header

SHORTEST_PAD = 3
PAD_ENDS = b">"
"""The end of the field that holds the pad, and of the page."""

SMALL_HEAD, SMALL_MOST, LARGE_HEAD = 2, 256, 3


ONE_VISIT, KEPT = 5, 11
"""Levels of brotli. Beyond level 5 a page costs more time and saves next to nothing, until the last
level, which takes 5 ms a page and saves a seventh: for pages that are packed once."""

GZIP_ONE_VISIT, GZIP_KEPT = 6, 9


def _brotli(body: bytes, size: int, level: int = ONE_VISIT) -> bytes:
    packer = _brotli_packer(level)
    packed: bytes = packer.process(body) + packer.flush()  # ends at a whole byte
    end: bytes = packer.finish()
    return packed + _skipped(size - len(packed) - len(end)) + end


def _brotli_packer(level: int) -> brotli.Compressor:
    return brotli.Compressor(mode=brotli.MODE_TEXT, quality=level, lgwin=16)


def _skipped(missing: int) -> bytes:
    """Blocks of metadata, which every reader passes over: RFC 7932, section 9.2. The length of a
    block is in one byte, or in two of which the last is not zero."""
    if missing <= SMALL_HEAD:
        return b""
    if missing <= SMALL_HEAD + SMALL_MOST:
        length = missing - SMALL_HEAD
        return (0b010110 | (length - 1) << 6).to_bytes(SMALL_HEAD, "little") + bytes(length)
    if missing <= LARGE_HEAD + 2 * SMALL_MOST:
        return _skipped(SMALL_MOST) + _skipped(missing - SMALL_MOST)
    length = min(missing - LARGE_HEAD, 0x10000)
    large = (0b100110 | (length - 1) << 6).to_bytes(LARGE_HEAD, "little") + bytes(length)
    return large + _skipped(missing - len(large))


def _gzip(body: bytes, size: int, level: int = GZIP_ONE_VISIT) -> bytes:
    packer = _gzip_packer(level)
    packed = packer.compress(body) + packer.flush()
    return _gzipped(packed, zlib.crc32(body), len(body), size)


def _gzip_packer(level: int = GZIP_ONE_VISIT) -> zlib._Compress:
    return zlib.compressobj(level, zlib.DEFLATED, -zlib.MAX_WBITS, zlib.DEF_MEM_LEVEL + 1)


GZIP_HEAD = 10


def _gzipped(packed: bytes, checksum: int, length: int, size: int) -> bytes:
    # No time in it: a page says nothing of the second it was made in.
    tail = checksum.to_bytes(4, "little") + (length & 0xFFFFFFFF).to_bytes(4, "little")
    missing = size - GZIP_HEAD - len(packed) - len(tail)
    extra = b""
    if missing >= 2:  # a field of the head that every reader passes over: RFC 1952, section 2.3.1
        extra = (missing - 2).to_bytes(2, "little") + bytes(missing - 2)
    flags = 4 if extra else 0
    head = bytes((0x1F, 0x8B, 8, flags, 0, 0, 0, 0, 0, 255))
    return head + extra + packed + tail


def _unpacked(body: bytes, size: int) -> bytes:
    return body.ljust(size)  # spaces after the end of the page


PACKERS: Mapping[str, Callable[[bytes, int], bytes]] = {"br": _brotli, "gzip": _gzip}
"""How a page can be packed, best first, and filled up to a size."""


def pack(packer: str, body: bytes, size: int, *, keeps: bool = False) -> bytes:
    """The page packed; `packer` "" leaves it as it is. `keeps`: as well as can be."""
    if keeps and packer == "br":
        return _brotli(body, size, KEPT)
    if keeps and packer == "gzip":
        return _gzip(body, size, GZIP_KEPT)
    return PACKERS.get(packer, _unpacked)(body, size)


@lru_cache(maxsize=256)
def packer_for(accepted: str) -> str:
    """The best way of packing that a browser says it can unpack; "" for none."""
    ways = parse_accept_header(accepted, Accept)
    return next((name for name in PACKERS if ways[name]), "")


@dataclass(frozen=True)
class PreparedPage:
    """A page that is the same for everyone, packed once: up to its pad, if it has one."""

    packer: str
    packed: bytes
    longest_pad: int = 0
    size: int = 0
    checksum: int = 0
    length: int = 0

    def body(self) -> bytes:
        """The page for one visit, with its own pad."""
        if not self.longest_pad:
            return self.packed
        return ENDINGS[self.packer](self, pad_length(self.longest_pad))


def pad_length(most: int) -> int:
    """A random number of zeros, at most so many."""
    return SHORTEST_PAD + secrets.randbelow(most - SHORTEST_PAD + 1)


def prepare(packer: str, html: str, *, longest_pad: int = 0, size: int = 0) -> PreparedPage:
    """Packs a page that is the same for everyone; with a pad, `html` ends where the pad begins."""
    body = html.encode()
    if not longest_pad:
        return PreparedPage(packer, pack(packer, body, size, keeps=True))
    if packer == "br":
        press = _brotli_packer(KEPT)
        packed = press.process(body) + press.flush()
    elif packer == "gzip":
        press = _gzip_packer(GZIP_KEPT)
        packed = press.compress(body) + press.flush(zlib.Z_SYNC_FLUSH)
    else:
        packed = body
    return PreparedPage(packer, packed, longest_pad, size, zlib.crc32(body), len(body))


def _brotli_ending(page: PreparedPage, pad: int) -> bytes:
    packed = page.packed + _brotli_pad(pad)
    return packed + _skipped(page.size - len(packed) - len(BROTLI_END)) + BROTLI_END


def _gzip_ending(page: PreparedPage, pad: int) -> bytes:
    words = b"0" * pad + PAD_ENDS
    checksum = zlib.crc32(words, page.checksum)
    length = page.length + len(words)
    return _gzipped(page.packed + _gzip_pad(pad), checksum, length, page.size)


def _unpacked_ending(page: PreparedPage, pad: int) -> bytes:
    return (page.packed + b"0" * pad + PAD_ENDS).ljust(page.size)


ENDINGS: Mapping[str, Callable[[PreparedPage, int], bytes]] = {
    "br": _brotli_ending,
    "gzip": _gzip_ending,
    "": _unpacked_ending,
}

BROTLI_END = b"\x03"
"""The last block, which is empty: RFC 7932, section 9.2."""

COPY_LENGTHS = (
    *((length, 0) for length in range(2, 10)),
    *((10, 1), (12, 1), (14, 2), (18, 2), (22, 3), (30, 3), (38, 4), (54, 4)),
    *((70, 5), (102, 5), (134, 6), (198, 7), (326, 8), (582, 9), (1094, 10), (2118, 24)),
)
"""The first length of each copy code, and how many bits more tell the length: section 5."""

ONE_LETTER_NO_COPY = 8
"""The command that ends a block with one letter."""


@lru_cache(maxsize=8192)
def _brotli_pad(length: int) -> bytes:
    """A block that reads as so many zeros and the end of the page, from whole byte to whole byte.

    The library packs a page as a whole, or not at all; a run of one letter is one command: write a
    zero, then copy from one letter before. Sections 3.4 and 9.2 of RFC 7932."""
    code = max(number for number, (first, _bits) in enumerate(COPY_LENGTHS) if first < length)
    first, extra_bits = COPY_LENGTHS[code]
    cell = (128, 192, 384)[code // 8]
    block = (
        *((0, 1), (0, 2), (length, 16), (0, 1)),  # not the last; its length less one; compressed
        *((0, 3), (0, 2), (0, 4), (0, 2), (0, 2)),  # one type of each; no context
        *((1, 2), (1, 2), (ord("0"), 8), (ord(">"), 8)),  # two letters, of one bit each
        *((1, 2), (1, 2), (ONE_LETTER_NO_COPY, 10), (cell + 8 + code % 8, 10)),  # two commands
        *((1, 2), (0, 2), (16, 6)),  # one distance, of no bits
        *((1, 1), (length - 1 - first, extra_bits), (0, 1), (0, 1)),  # a zero, copied on
        *((0, 1), (1, 1)),  # the end of the page
        (0b000110, 6),  # an empty block of metadata, which ends at a whole byte
    )
    number = at = 0
    for value, bits in block:
        number |= value << at
        at += bits
    return number.to_bytes((at + 7) // 8, "little")


@lru_cache(maxsize=8192)
def _gzip_pad(length: int) -> bytes:
    packer = _gzip_packer()
    return packer.compress(b"0" * length + PAD_ENDS) + packer.flush()
