"""Where the rows of a table without rowid lie in a SQLite file, read from the file itself.

Only what a check of a sweep needs of the file format (https://www.sqlite.org/fileformat2.html):
pages of index b-trees, the keys of their cells, and the chains of pages that long rows spill into.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

HEADER, SCHEMA_ROOT = 100, 1
TABLE_LEAF, TABLE_INTERIOR, INDEX_LEAF, INDEX_INTERIOR = 13, 5, 10, 2
MOST_DEPTH = 40
INTEGER_BYTES = (0, 1, 2, 3, 4, 6, 8, 8, 0, 0)


class BrokenFileError(Exception):
    """The bytes are not those of a SQLite file at rest."""


@dataclass(frozen=True)
class StoredRow:
    """The first columns of a row, as text, and the pages that it spills into, in their order."""

    key: tuple[str, ...]
    pages: tuple[int, ...]


def places_of(path: Path, table: str, first: tuple[str, ...]) -> list[StoredRow]:
    """The rows of a table that begin with `first`, in the order in which they lie, each with three
    columns of its key. Raises a `BrokenFileError`."""
    try:
        file = _File(path)
        return [
            row
            for row in file.index_rows(file.root_of(table), len(first) + 1)
            if row.key[: len(first)] == first
        ]
    except (IndexError, ValueError, RecursionError) as error:
        raise BrokenFileError(str(path)) from error


class _File:
    def __init__(self, path: Path) -> None:
        self.bytes = path.read_bytes()
        size = int.from_bytes(self.bytes[16:18], "big")
        self.page_size = 65536 if size == 1 else size
        self.usable = self.page_size - self.bytes[20]
        if self.usable < 480:
            raise ValueError("no page size")

    def page(self, number: int) -> bytes:
        start = (number - 1) * self.page_size
        if number < 1 or start + self.page_size > len(self.bytes):
            raise ValueError("no such page")
        return self.bytes[start : start + self.page_size]

    def root_of(self, table: str) -> int:
        for payload, _pages in self._cells(SCHEMA_ROOT, MOST_DEPTH):
            kind, name, _of, root, *_sql = _columns(payload, 4)
            if (kind, name) == ("table", table):
                return int(root)
        raise ValueError("no such table")

    def index_rows(self, root: int, columns: int) -> Iterator[StoredRow]:
        for payload, pages in self._cells(root, MOST_DEPTH):
            yield StoredRow(tuple(_columns(payload, columns)), pages)

    def _cells(self, number: int, depth: int) -> Iterator[tuple[bytes, tuple[int, ...]]]:
        """The cells under a page, in the order of their keys."""
        if not depth:
            raise ValueError("too deep")
        page, at = self.page(number), HEADER if number == 1 else 0
        kind = page[at]
        if kind not in (TABLE_LEAF, TABLE_INTERIOR, INDEX_LEAF, INDEX_INTERIOR):
            raise ValueError("no such kind of page")
        inner = kind in (TABLE_INTERIOR, INDEX_INTERIOR)
        count = int.from_bytes(page[at + 3 : at + 5], "big")
        pointers = at + (12 if inner else 8)
        for cell in range(count):
            start = int.from_bytes(page[pointers + 2 * cell : pointers + 2 * cell + 2], "big")
            if inner:
                yield from self._cells(int.from_bytes(page[start : start + 4], "big"), depth - 1)
            if kind != TABLE_INTERIOR:
                yield self._payload(page, start + (4 if inner else 0), kind)
        if inner:
            yield from self._cells(int.from_bytes(page[at + 8 : at + 12], "big"), depth - 1)

    def _payload(self, page: bytes, at: int, kind: int) -> tuple[bytes, tuple[int, ...]]:
        length, at = _varint(page, at)
        if kind == TABLE_LEAF:
            _rowid, at = _varint(page, at)
            most = self.usable - 35
        else:
            most = (self.usable - 12) * 64 // 255 - 23
        if length <= most:
            return page[at : at + length], ()
        least = (self.usable - 12) * 32 // 255 - 23
        here = least + (length - least) % (self.usable - 4)
        here = here if here <= most else least
        payload, pages = page[at : at + here], []
        following = int.from_bytes(page[at + here : at + here + 4], "big")
        while following:
            pages.append(following)
            spilled = self.page(following)
            payload += spilled[4 : self.usable]
            following = int.from_bytes(spilled[:4], "big")
            if len(pages) * (self.usable - 4) > length + self.usable:
                raise ValueError("a chain without an end")
        return payload[:length], tuple(pages)


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for place in range(9):
        byte = data[at + place]
        if place == 8:
            return (value << 8) | byte, at + 9
        value = (value << 7) | (byte & 0x7F)
        if byte < 0x80:
            return value, at + place + 1
    raise ValueError("no number")


def _columns(payload: bytes, most: int) -> list[str]:
    """The first columns of a record, as text."""
    header, at = _varint(payload, 0)
    kinds: list[int] = []
    while at < header and len(kinds) < most:
        kind, at = _varint(payload, at)
        kinds.append(kind)
    found, start = [], header
    for kind in kinds:
        width = (kind - 12) // 2 if kind >= 12 else INTEGER_BYTES[kind]
        part = payload[start : start + width]
        start += width
        if kind >= 12:
            found.append(part.decode("utf-8", "replace"))
        else:
            found.append(str({8: 0, 9: 1}.get(kind, int.from_bytes(part, "big", signed=True))))
    return found
