"""Code for SQLite alone: a process writes to the file that it opened first, or to none.

A connection keeps the file that it opened. If that file is deleted, moved or replaced while the
service runs, the connection goes on writing to what no name leads to any more: students would be
thanked for answers that are gone at the next start. So before each use of a connection the file at
the address is compared with the one that was opened. If it is missing or another one, nothing is
written, and pages say that the database cannot be reached. A file that is moved back is used again.
One that was replaced is used after a restart: SQLite would put what is left in the `-wal` file of
the old one into the new one.
"""

from __future__ import annotations

import os
import sqlite3
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from sqlalchemy import Engine, event
from sqlalchemy.pool import ConnectionPoolEntry

IN_MEMORY = ":memory:"
LOG = "-wal"
"""The end of the name of the file that holds what was committed and is not in the database yet."""

REPLACED = "the database file is another one than at the start"
"""The message of the error; `serving.exit_codes` knows it."""

Identity = tuple[int, int] | None


def identity(path: str) -> Identity:
    """Which file is at a path, or None."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _size(path: str) -> int:
    return os.path.getsize(path) if os.path.exists(path) else 0


@dataclass
class OwnFile:
    """The database file of one engine, as its first connection opened it."""

    path: str
    opened: Identity = None

    def open_it(self, _dialect: object, _record: object, cargs: list[Any], given: Any) -> None:
        """Opens the file that is there: SQLite would make an empty one in place of a missing one,
        and delete what is left of the old one in its log."""
        self.refuse_another()
        if not _size(self.path) and _size(self.path + LOG):
            raise sqlite3.OperationalError(REPLACED)
        cargs[0] = f"file:{quote(self.path)}?mode=rw"
        given["uri"] = True

    def note(self, _connection: object, record: ConnectionPoolEntry) -> None:
        """Remembers which file the first connection opened, and which log this one did."""
        self.opened = self.opened or identity(self.path)
        record.info[LOG] = identity(self.path + LOG)

    def check(self, _connection: object, record: ConnectionPoolEntry, _proxy: object) -> None:
        """Refuses a connection whose file or log is not there any more. It is closed then, and what
        it had committed to a log without a name goes into the database."""
        self.refuse_another()
        if (log := record.info.get(LOG)) and log != identity(self.path + LOG):
            raise sqlite3.OperationalError(REPLACED)

    def refuse_another(self) -> None:
        """Raises an error of the driver if the file is not the one that was opened."""
        if self.opened and self.opened != identity(self.path):
            raise sqlite3.OperationalError(REPLACED)

    def forget(self, _engine: object) -> None:
        """After all connections were closed, the next one may open another file."""
        self.opened = None


def hold_to_one_file(engine: Engine) -> None:
    """Holds the connections of an engine to one file. Other engines are left as they are."""
    name = engine.url.database or IN_MEMORY
    if engine.dialect.name != "sqlite" or name == IN_MEMORY or name.startswith("file:"):
        return
    file = OwnFile(os.path.abspath(name))
    event.listen(engine, "do_connect", file.open_it)
    event.listen(engine, "connect", file.note)
    event.listen(engine, "checkout", file.check)
    event.listen(engine, "engine_disposed", file.forget)
