"""Copies of a SQLite database, and putting one in its place.

A copy is made with VACUUM INTO: one consistent state, without stopping writers, written row by row
in the order of the keys. SQLite's backup interface would copy pages as they are, and so pages that
nothing uses any more, with what they once held.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from sqlalchemy import make_url

from survey.backups.archive import FILE_MODE, sync_folder
from survey.backups.errors import BackupError
from survey.startup_safety import BESIDE, guard_file

COPY = "database.sqlite"
BUILDING = ".restoring"
WAIT_SECONDS = 5.0


class NoDatabaseError(Exception):
    """The file is damaged, or no database."""


def path_of(database_url: str) -> Path:
    return Path(str(make_url(database_url).database))


def copy_out(database_url: str, folder: Path) -> list[Path]:
    """A copy of the database as a file in this folder."""
    to = folder / COPY
    with closing(sqlite3.connect(path_of(database_url), timeout=WAIT_SECONDS)) as connection:
        connection.execute("VACUUM INTO ?", (str(to),))
    to.chmod(FILE_MODE)
    return [to]


@contextmanager
def building(database_url: str, parts: dict[str, Path]) -> Iterator[str]:
    """The address of a copy next to the database, to be finished before it takes its place. One
    that an earlier restore left unfinished is removed."""
    aside = _aside(path_of(database_url))
    _remove(aside)
    with parts[COPY].open("rb") as data:
        handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE)
        with os.fdopen(handle, "wb") as out:
            while block := data.read(1 << 20):
                out.write(block)
    try:
        _refuse_broken(aside)
        yield f"sqlite:///{aside}"
    finally:
        _remove(aside)


def _refuse_broken(path: Path) -> None:
    try:
        with closing(sqlite3.connect(path)) as connection:
            [(said,)] = connection.execute("PRAGMA integrity_check(1)").fetchall()
    except sqlite3.DatabaseError as problem:
        raise BackupError("The database in this backup cannot be read.") from problem
    if said != "ok":
        raise BackupError("The database in this backup is damaged.")


def put_in_place(database_url: str) -> None:
    """Puts the finished copy in the place of the database, in one step."""
    there = path_of(database_url)
    aside = _aside(there)
    with closing(sqlite3.connect(aside, isolation_level=None)) as connection:
        connection.execute("PRAGMA secure_delete = ON")
        connection.execute("VACUUM")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.execute("PRAGMA journal_mode = DELETE")
    with aside.open("rb") as file:
        os.fsync(file.fileno())
    _put_to_rest(there)
    os.replace(aside, there)
    sync_folder(there.parent)
    guard_file(database_url)


def refuse_if_served(database_url: str) -> None:
    """Raises a `BackupError` while something has the database open."""
    with suppress(NoDatabaseError):
        _close_log(path_of(database_url))


def _put_to_rest(there: Path) -> None:
    """Leaves the old database as one file without a log: a log next to the new file would be taken
    for its own. If the old file is no database any more, its log is of no use and is removed."""
    try:
        _close_log(there)
    except NoDatabaseError:
        for end in BESIDE[1:]:
            there.with_name(there.name + end).unlink(missing_ok=True)


def _close_log(there: Path) -> None:
    """Writes the log into the database and removes it. Raises a `BackupError` if something else has
    the database open, and a `NoDatabaseError` if it cannot be read."""
    if not there.exists():
        return
    try:
        with closing(
            sqlite3.connect(there, timeout=WAIT_SECONDS, isolation_level=None)
        ) as connection:
            connection.execute("PRAGMA journal_mode = DELETE")
            connection.execute("BEGIN EXCLUSIVE")
            connection.execute("ROLLBACK")
    except sqlite3.OperationalError as problem:
        raise BackupError(
            "The database is in use. Stop the server and whatever else reads it, then try again."
        ) from problem
    except sqlite3.DatabaseError as problem:
        raise NoDatabaseError from problem


def _aside(there: Path) -> Path:
    return there.with_name(there.name + BUILDING)


def _remove(path: Path) -> None:
    for end in BESIDE:
        path.with_name(path.name + end).unlink(missing_ok=True)
