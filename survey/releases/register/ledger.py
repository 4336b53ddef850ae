"""What was published, in a file outside the database.

A restored database lacks what was published after its copy was made. This file does not: it
holds the reference of every report and comparison from before the moment it is shown, and refuses
another one of the same wave. It is only ever added to, one line of JSON at a time. It holds no
figure and no answer.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import IO, Any


class LedgerError(Exception):
    """The ledger cannot be read or written, so nothing may be published."""


class OtherReferenceError(Exception):
    """Something else was published under this name before."""

    def __init__(self, entry: Entry) -> None:
        self.entry = entry
        super().__init__(f"{entry.name} was published as {entry.reference}")


@dataclass(frozen=True)
class Entry:
    """What was published under a name, and its reference. `notice`: why it was withdrawn, on
    `withdrawn_on`; both are None while it is published."""

    name: str
    reference: str
    published_on: date
    withdrawn_on: date | None = None
    notice: str | None = None


@dataclass(frozen=True)
class Ledger:
    """The file at `path`. It need not exist yet; its folder must."""

    path: Path

    def publish(self, name: str, reference: str, on: date) -> Entry:
        """Enters a reference, and returns the entry that now holds. Entering the same one again
        changes nothing and returns the earlier entry, which may have been withdrawn since. Raises
        an `OtherReferenceError`."""
        with self._held() as file:
            known = _read(file).get(name)
            if known is not None:
                if known.reference != reference:
                    raise OtherReferenceError(known)
                return known
            _add(file, {"published": name, "reference": reference, "on": on.isoformat()})
        return Entry(name, reference, on)

    def withdraw(self, name: str, on: date, notice: str) -> None:
        """Enters that it was withdrawn. What is not in the ledger, or withdrawn, is left alone."""
        with self._held() as file:
            known = _read(file).get(name)
            if known is not None and known.withdrawn_on is None:
                _add(file, {"withdrawn": name, "on": on.isoformat(), "notice": notice})

    def restore(self, name: str, reference: str, on: date) -> None:
        """Enters that a withdrawn report is published again, unchanged. A published entry is kept.
        Raises an `OtherReferenceError`."""
        with self._held() as file:
            known = _read(file).get(name)
            if known is not None and known.reference != reference:
                raise OtherReferenceError(known)
            if known is None:
                _add(file, {"published": name, "reference": reference, "on": on.isoformat()})
            elif known.withdrawn_on is not None:
                _add(file, {"restored": name, "on": on.isoformat()})

    def find(self, name: str) -> Entry | None:
        return self.entries().get(name)

    def entries(self) -> dict[str, Entry]:
        """All that was published, by name."""
        if not self.path.exists():
            return {}
        with self._held() as file:
            return _read(file)

    @contextmanager
    def _held(self) -> Iterator[IO[bytes]]:
        """The open, locked file. Other callers wait until it closes, also in another process."""
        try:
            is_new = not self.path.exists()
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            with os.fdopen(descriptor, "r+b") as file:
                fcntl.flock(file, fcntl.LOCK_EX)
                if is_new:
                    _settle(self.path.parent)
                yield file
        except OSError as problem:
            raise LedgerError(f"{self.path}: {problem.strerror}") from problem


def _read(file: IO[bytes]) -> dict[str, Entry]:
    """Raises a `LedgerError` for anything but lines that this module wrote. A last line without an
    end was cut off while it was written, before anything of it was shown: it is removed."""
    file.seek(0)
    whole, end, cut_off = file.read().rpartition(b"\n")
    if cut_off:
        file.truncate(len(whole) + len(end))
    found: dict[str, Entry] = {}
    for number, line in enumerate(whole.splitlines(), 1):
        try:
            data = json.loads(line)
            on = date.fromisoformat(data["on"])
            if "published" in data:
                name, reference = str(data["published"]), str(data["reference"])
                found.setdefault(name, Entry(name, reference, on))
            elif "restored" in data:
                known = found[data["restored"]]
                found[known.name] = Entry(known.name, known.reference, known.published_on)
            else:
                known = found[data["withdrawn"]]
                found[known.name] = Entry(
                    known.name, known.reference, known.published_on, on, str(data["notice"])
                )
        except (ValueError, KeyError, TypeError) as wrong:
            raise LedgerError(f"line {number} of the ledger cannot be read") from wrong
    return found


def _add(file: IO[bytes], line: dict[str, Any]) -> None:
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
