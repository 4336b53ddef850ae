"""The ledger of what has happened since a backup began: surveys in use, and changes to repeat.

A line is written before each backup is made. Lines below it are later events, which a restore of
that backup repeats. A survey whose cards are made or used gets exactly one line after each backup,
so the ledger does not show how often, when or by whom they were used.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from pathlib import Path
from threading import Lock
from typing import Any

from survey.ledger.file import Line, add, held, lines, read, unreadable

BACKUP, IN_USE, EVENT, PUT_BACK = "backup", "in_use", "event", "put_back"
KINDS = (BACKUP, IN_USE, EVENT, PUT_BACK)


@dataclass(frozen=True)
class BackupBegun:
    """A backup: where it is written, and the last day it may be kept."""

    backup_id: str
    on: date
    last_day: date
    file: Path


@dataclass(frozen=True)
class LedgerEvent:
    """A withdrawal or change after a backup: the name of the event, the day, and its subject."""

    name: str
    on: date
    about: dict[str, Any]


@dataclass(frozen=True)
class SinceBackup:
    """The events after one backup that a restore needs."""

    in_use: frozenset[str]
    happened: tuple[LedgerEvent, ...]


def begin(path: Path, begun: BackupBegun) -> None:
    """Enters a backup. The caller holds the backup lock, so no write is half done."""
    with held(path) as file:
        add(
            file,
            {
                BACKUP: begun.backup_id,
                "on": begun.on.isoformat(),
                "last_day": begun.last_day.isoformat(),
                "file": str(begun.file),
            },
        )


def enter_restore(path: Path, backup_id: str, on: date) -> None:
    with held(path) as file:
        add(file, {PUT_BACK: backup_id, "on": on.isoformat()})


def since(path: Path, backup_id: str) -> SinceBackup | None:
    """The events since this backup began; None if the backup is not in the ledger."""
    found = _read_all(lines(path))
    starts = [at for at, one in enumerate(found) if one.get(BACKUP) == backup_id]
    if not starts:
        return None
    later = found[starts[0] + 1 :]
    return SinceBackup(
        frozenset(str(one[IN_USE]) for one in later if IN_USE in one),
        tuple(_happened(one) for one in later if EVENT in one),
    )


def backups(path: Path) -> list[BackupBegun]:
    """Every backup, the oldest first."""
    return [
        BackupBegun(
            str(one[BACKUP]),
            date.fromisoformat(one["on"]),
            date.fromisoformat(one["last_day"]),
            Path(one["file"]),
        )
        for one in _read_all(lines(path))
        if BACKUP in one
    ]


def kept_too_long(path: Path, today: date) -> list[BackupBegun]:
    """Backups past their last day whose file still exists."""
    return [one for one in backups(path) if one.last_day < today and one.file.exists()]


def _read_all(found: list[Line]) -> list[Line]:
    for number, one in enumerate(found, 1):
        try:
            date.fromisoformat(one["on"])
            if BACKUP in one:
                date.fromisoformat(one["last_day"])
            if EVENT in one:
                _happened(one)
        except (KeyError, TypeError, ValueError) as wrong:
            raise unreadable(number) from wrong
    return found


def _happened(line: Line) -> LedgerEvent:
    return LedgerEvent(str(line[EVENT]), date.fromisoformat(line["on"]), dict(line["about"]))


# Surveys in use


@dataclass
class _Known:
    """What this process has read of a ledger: the position, whether there is a backup, and the
    surveys in use since the last one."""

    file: tuple[int, int] = (0, 0)
    read_to: int = 0
    has_backup: bool = False
    in_use: set[str] = field(default_factory=set)

    def take(self, found: Iterable[Line]) -> None:
        for line in found:
            if BACKUP in line:
                self.has_backup = True
                self.in_use.clear()
            elif IN_USE in line:
                self.in_use.add(str(line[IN_USE]))


_KNOWN: dict[Path, _Known] = {}
_LOCK = Lock()


def note_in_use(path: Path, name: str, on: date) -> None:
    """Enters that the cards of a survey were made or used, once after each backup. Does nothing if
    there is no backup. The caller holds `backup_lock.hold_open` until its transaction ends."""
    with _LOCK:
        known = _up_to_date(path)
        if known is None or not known.has_backup or name in known.in_use:
            return
        with held(path) as file:
            add(file, {IN_USE: name, "on": on.isoformat()})
            _hide_time(path, on)
        known.in_use.add(name)


def enter(path: Path, happened: LedgerEvent) -> None:
    """Enters an event that a restore has to repeat. Does nothing if there is no backup. The caller
    holds `backup_lock.hold_open` until its transaction ends."""
    with _LOCK:
        known = _up_to_date(path)
        if known is None or not known.has_backup:
            return
        line = {EVENT: happened.name, "on": happened.on.isoformat(), "about": happened.about}
        with held(path) as file:
            add(file, line)


def _up_to_date(path: Path) -> _Known | None:
    """The current content of the ledger, reading only what was added; None if there is no file."""
    try:
        there = path.stat()
    except FileNotFoundError:
        return None
    known = _KNOWN.setdefault(path, _Known())
    if (there.st_dev, there.st_ino, there.st_size) == (*known.file, known.read_to):
        return known
    with held(path) as file:
        status = os.fstat(file.fileno())
        if known.file != (status.st_dev, status.st_ino) or status.st_size < known.read_to:
            _KNOWN[path] = known = _Known((status.st_dev, status.st_ino))
        known.take(read(file, known.read_to))
        known.read_to = os.fstat(file.fileno()).st_size
    return known


def _hide_time(path: Path, on: date) -> None:
    """The file records the day of first use since the backup, not the time."""
    midnight = datetime.combine(on, time(), UTC).timestamp()
    os.utime(path, (midnight, midnight))
