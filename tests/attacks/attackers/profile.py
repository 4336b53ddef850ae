"""A person who takes the whole profile folder of a browser and reads every file as deep as it goes:
packed session files, tables and their values, logs of key-value stores, and bodies in a cache.

Nothing here knows the names of files, so that what a browser begins to keep is read as well.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import sqlite3
import tempfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import brotli

MOZ_LZ4, SQLITE = b"mozLz40\0", b"SQLite format 3\0"
TABLE_FOOTER = bytes.fromhex("57fb808b247547db")
"""How a sorted table of LevelDB ends; its blocks are packed with Snappy."""
GZIP = re.compile(rb"\x1f\x8b\x08")
LARGEST_BODY = 2**19
MOST_TRIED = 4096
"""Places in the head of a file where a packed body may begin."""


def files(folder: Path) -> Iterator[Path]:
    for found, _folders, names in os.walk(folder):
        for name in names:
            path = Path(found) / name
            if path.is_file() and not path.is_symlink():
                yield path


def search(folder: Path, words: list[str]) -> list[str]:
    """Which words are in which files: in any spelling, in the file as it is and unpacked."""
    found = []
    patterns = {word: spellings(word) for word in words}
    for path in files(folder):
        with contextlib.suppress(FileNotFoundError):  # the browser may be at work
            held = b"\0".join(layers(path))
            lower = held.lower()
            for word, written in patterns.items():
                if any(one.lower() in lower for one in written):
                    found.append(f"{word} in {path.relative_to(folder)}")
    return found


def spellings(word: str) -> list[bytes]:
    """As text, in two bytes a letter, as an address and as JSON write it."""
    escaped = word.encode("unicode_escape").decode()
    plain = {word, word.replace(" ", "+"), word.replace(" ", "%20"), word.replace("-", ""), escaped}
    return [one.encode(code) for one in plain for code in ("utf-8", "utf-16-le", "utf-16-be")]


def layers(path: Path) -> Iterator[bytes]:
    """The bytes of a file, and all that can be unpacked from them."""
    held = path.read_bytes()
    yield held
    if held.startswith(MOZ_LZ4):
        yield lz4(held[len(MOZ_LZ4) + 4 :])
    if held.startswith(SQLITE):
        yield from _values(path)
    if held.endswith(TABLE_FOOTER):
        yield from _blocks(held)
    for at in GZIP.finditer(held):
        with contextlib.suppress(zlib.error):
            yield zlib.decompressobj(31).decompress(held[at.start() :])
    if "ache" in str(path) and len(held) < LARGEST_BODY:
        yield from _brotli_bodies(held)


def _values(path: Path) -> Iterator[bytes]:
    """Every value of every table, from a copy: a log next to the file is read with it."""
    with tempfile.TemporaryDirectory() as folder:
        for one in path.parent.glob(f"{path.name}*"):
            if one.is_file():
                shutil.copy(one, folder)
        base = sqlite3.connect(Path(folder) / path.name)
        base.text_factory = bytes
        try:
            for (name,) in base.execute("SELECT name FROM sqlite_master WHERE type = 'table'"):
                with contextlib.suppress(sqlite3.Error):
                    table = name.decode().replace('"', '""')
                    for row in base.execute(f'SELECT * FROM "{table}"'):
                        yield b"\x1f".join(_as_bytes(one) for one in row)
        except sqlite3.DatabaseError:
            return
        finally:
            base.close()


def _as_bytes(value: object) -> bytes:
    if isinstance(value, bytes):
        with contextlib.suppress(IndexError, ValueError):
            return value + b"\0" + snappy(value)
        return value
    return str(value).encode()


def _blocks(held: bytes) -> Iterator[bytes]:
    """The blocks of a sorted table: wherever one can be unpacked, it is."""
    for at in range(0, len(held) - 48):
        with contextlib.suppress(IndexError, ValueError):
            block = snappy(held[at:])
            if len(block) > 64:
                yield block


def _brotli_bodies(held: bytes) -> Iterator[bytes]:
    for at in range(min(len(held), MOST_TRIED)):
        with contextlib.suppress(brotli.error):
            yield brotli.decompress(held[at:])
            return
        try:
            body = brotli.Decompressor().process(held[at:])
        except brotli.error:
            continue
        if body.count(b"<") > 10:
            yield body


COPIED_LEAST, LONG = 4, 15


def lz4(packed: bytes) -> bytes:
    """A block of LZ4."""
    at, out = 0, bytearray()

    def more(length: int) -> int:
        nonlocal at
        if length < LONG:
            return length
        while True:
            at += 1
            length += packed[at - 1]
            if packed[at - 1] != 255:
                return length

    while at < len(packed):
        token = packed[at]
        at += 1
        length = more(token >> 4)
        out += packed[at : at + length]
        at += length
        if at >= len(packed):
            break
        back = int.from_bytes(packed[at : at + 2], "little")
        at += 2
        _repeat(out, back, more(token & LONG) + COPIED_LEAST)
    return bytes(out)


def snappy(packed: bytes) -> bytes:
    """A block of Snappy; a `ValueError` or an `IndexError` if it is none."""
    length = shift = at = 0
    while True:
        length |= (packed[at] & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if packed[at - 1] < 0x80:
            break
    if not 0 < length < 2**22:
        raise ValueError
    out = bytearray()
    while len(out) < length:
        tag, at = packed[at], at + 1
        kind = tag & 3
        if kind == 0:
            size = tag >> 2
            if size >= 60:
                wide = size - 59
                size, at = int.from_bytes(packed[at : at + wide], "little"), at + wide
            if size >= length or at + size >= len(packed) + 1:
                raise ValueError
            out += packed[at : at + size + 1]
            at += size + 1
            continue
        if kind == 1:
            size, back, at = 4 + (tag >> 2 & 7), (tag >> 5) << 8 | packed[at], at + 1
        else:
            wide = 2 if kind == 2 else 4
            size = 1 + (tag >> 2)
            back, at = int.from_bytes(packed[at : at + wide], "little"), at + wide
        if not 0 < back <= len(out):
            raise ValueError
        _repeat(out, back, size)
    return bytes(out[:length])


def _repeat(out: bytearray, back: int, length: int) -> None:
    if not 0 < back <= len(out):
        raise ValueError
    for _ in range(length):
        out.append(out[-back])
