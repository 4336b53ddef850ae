"""Reasons for which a command of the service ends, in words and as exit codes for a supervisor."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from sqlalchemy.exc import DBAPIError

from survey.database import is_busy
from survey.sqlite import REPLACED


class StopReason(StrEnum):
    SETTINGS = "settings"
    SCHEMA = "schema"
    DATABASE = "database"
    DISK = "disk"
    PORT = "port"


EXIT_CODES: Mapping[StopReason, int] = {
    StopReason.DATABASE: 69,
    StopReason.PORT: 71,
    StopReason.DISK: 74,
    StopReason.SCHEMA: 76,
    StopReason.SETTINGS: 78,
}
"""Those of sysexits.h. 69 and 74 can pass by themselves, so a supervisor starts the service again;
76 and 78 need a person, so it does not. 1 is any other failure, 2 a mistyped command."""

NOT_WRITABLE = (
    "readonly database",
    "read-only",
    "unable to open database file",
    "permission denied",
)
FULL = ("disk is full", "no space left", "could not extend file")
NO_TABLE = ("no such table", "no such column", "undefinedtable", "undefinedcolumn")


class Stop(Exception):  # noqa: N818 - it ends a command; it is not always a fault
    """Ends a command. The message is in the operator's words and says what to do."""

    def __init__(self, reason: StopReason, words: str) -> None:
        super().__init__(words)
        self.reason = reason

    @classmethod
    def of_database(cls, problem: DBAPIError) -> Stop:
        """The end of a command whose statement the database did not carry out."""
        said = f"{type(problem.orig).__name__} {problem.orig}".lower()
        if REPLACED in said:
            return cls(StopReason.DATABASE, OTHER_FILE)
        if any(words in said for words in FULL):
            return cls(StopReason.DISK, DISK_FULL)
        if any(words in said for words in NOT_WRITABLE):
            return cls(StopReason.DISK, NO_WRITING)
        if any(words in said for words in NO_TABLE):
            return cls(StopReason.SCHEMA, NO_SCHEMA)
        if is_busy(problem):
            return cls(StopReason.DATABASE, BUSY)
        if type(problem.orig).__module__ == "sqlite3":
            return cls(StopReason.DATABASE, NOT_READABLE)
        return cls(StopReason.DATABASE, UNREACHABLE)


DISK_FULL = (
    "The disk of the database is full, so nothing was changed. Make room, then run it again."
)
NO_WRITING = (
    "The database cannot be written, so nothing was changed. Check that this account may write the"
    " file and its folder, and that the disk is not mounted read-only."
)
OTHER_FILE = (
    "The file of the database, or its -wal file, was moved, deleted or replaced while the service"
    " ran, so nothing is written. Stop the service, put the file in its place, then start it again."
)
BUSY = (
    "Others used the database for so long that this gave up, and nothing was changed. Run it again."
    " If that does not help, look for a process that keeps the database locked."
)
NOT_READABLE = (
    "The file that SURVEY_DATABASE_URL names cannot be used: it is no database, it is damaged, or"
    " its disk is damaged or full. Look at the disk first; then name another file, or restore a"
    " backup."
)
NO_SCHEMA = (
    "The database has no tables of this service, or those of another release. Run safer-places"
    " migrate."
)
UNREACHABLE = (
    "The database does not answer. Check that the server runs, that SURVEY_DATABASE_URL names it,"
    " and that the account may connect."
)
