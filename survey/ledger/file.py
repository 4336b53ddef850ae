"""The ledger: a file outside the database that is only ever added to, one line of JSON at a time.

A restored database lacks what happened after its copy was made. The ledger does not, because it is
kept apart and is not restored with it. It holds no figure, no answer, no name and no time of day.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

Line = dict[str, Any]

MODE = 0o600


class LedgerError(Exception):
    """The ledger cannot be read or written."""


@contextmanager
def held(path: Path) -> Iterator[IO[bytes]]:
    """The open, locked file. Other callers wait until it closes, also in another process."""
    try:
        is_new = not path.exists()
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, MODE)
        with os.fdopen(descriptor, "r+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            if is_new:
                _settle(path.parent)
            yield file
    except OSError as problem:
        raise LedgerError(f"{path}: {problem.strerror}") from problem


def read(file: IO[bytes], start: int = 0) -> list[Line]:
    """The lines from this place on. Raises a `LedgerError` for anything but whole lines of JSON. A
    last line without an end was cut off while it was written, before anything relied on it: it is
    removed."""
    file.seek(start)
    whole, end, cut_off = file.read().rpartition(b"\n")
    if cut_off:
        file.truncate(start + len(whole) + len(end))
    found: list[Line] = []
    for number, line in enumerate(whole.splitlines(), 1):
        try:
            data = json.loads(line)
            if not isinstance(data, dict):
                raise TypeError
        except (ValueError, TypeError, RecursionError) as wrong:
            raise unreadable(number) from wrong
        found.append(data)
    return found


def unreadable(number: int) -> LedgerError:
    return LedgerError(f"line {number} of the ledger cannot be read")


def lines(path: Path) -> list[Line]:
    """All lines; none if there is no file."""
    if not path.exists():
        return []
    with held(path) as file:
        return read(file)


def add(file: IO[bytes], line: Line) -> None:
    """Adds a line. It is on the disk when this returns."""
    file.seek(0, os.SEEK_END)
    file.write(json.dumps(line, sort_keys=True).encode() + b"\n")
    file.flush()
    os.fsync(file.fileno())


def _settle(folder: Path) -> None:
    """Makes sure that a new file is still there after a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
