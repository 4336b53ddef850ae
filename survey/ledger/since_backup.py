"""The ledger of what happened since a backup was begun: surveys in use, and what was taken back.

Every backup has its own line, written before it is made. What comes after that line in the
file happened later, so a restore of that backup does it again. A survey whose cards are made or
used has one line after each backup, and no more: it does not say how often, when or by whom.
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
    """A backup that was begun, where it was to be written, and the last day it may be kept."""

    backup_id: str
    on: date
    last_day: date
    file: Path


@dataclass(frozen=True)
class LedgerEvent:
    """Something that was taken back or changed after a backup: the name of the event, the day, and
    what it is about."""

    name: str
    on: date
    about: dict[str, Any]


@dataclass(frozen=True)
class SinceBackup:
    """All that a restore of one backup has to know."""

    in_use: frozenset[str]
    happened: tuple[LedgerEvent, ...]


def begin(path: Path, begun: BackupBegun) -> None:
    """Enters a backup. The caller holds the gate closed, so nothing is half written meanwhile."""
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
    """What happened since this backup was begun; None if the ledger does not know the backup."""
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
    """Every backup that was begun, the oldest first."""
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
    """Backups whose last day has passed and whose file is still where it was written."""
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
    """What this process has read of a ledger: up to which place, whether there is a backup, and
    the surveys in use since the last one."""

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
    """Enters that the cards of a survey were made or used, once after each backup; without any
    backup, nothing. The caller holds the gate open until its transaction has ended."""
    with _LOCK:
        known = _up_to_date(path)
        if known is None or not known.has_backup or name in known.in_use:
            return
        with held(path) as file:
            add(file, {IN_USE: name, "on": on.isoformat()})
            _hide_time(path, on)
        known.in_use.add(name)


def enter(path: Path, happened: LedgerEvent) -> None:
    """Enters something that a restore would have to do again; without any backup, nothing. The
    caller holds the gate open until its transaction has ended."""
    with _LOCK:
        known = _up_to_date(path)
        if known is None or not known.has_backup:
            return
        line = {EVENT: happened.name, "on": happened.on.isoformat(), "about": happened.about}
        with held(path) as file:
            add(file, line)


def _up_to_date(path: Path) -> _Known | None:
    """What the ledger holds now, reading no more than what was added since; None without a
    file."""
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
    """The file is to say on which day a survey was first used since the backup, not when."""
    midnight = datetime.combine(on, time(), UTC).timestamp()
    os.utime(path, (midnight, midnight))
