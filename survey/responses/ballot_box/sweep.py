"""Clears traces of the order that answers had before they were written in a new one, and checks it.

SQLite: the file is written again, the log is emptied, and the file itself is parsed: the pages that
answers spill into must be in the order of the random keys. PostgreSQL: dead rows are removed, none
may be left from before the answers were written, and the rows must be in the order of the keys.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from time import monotonic, sleep

from sqlalchemy import Connection, Engine, select, text
from sqlalchemy.exc import DBAPIError

from survey import postgresql
from survey.postgresql import LockedError
from survey.responses.ballot_box.sqlite_file import BrokenFileError, places_of
from survey.responses.collect import ANONYMOUS_KEYS, TABLES

WAIT_SECONDS = 5.0
"""How long a sweep waits for a reader to be gone."""


BETWEEN_TRIES = 0.2


class SweepError(Exception):
    """The sweep failed; the message says what was in its way."""


def sweep(engine: Engine, *, school_id: uuid.UUID, wave_id: uuid.UUID) -> None:
    """Sweeps and checks, or raises a `SweepError`. No thread of this process may be inside a
    transaction; other readers only make it wait."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        try:
            SWEEPS[engine.dialect.name](connection, school_id, wave_id)
        except LockedError as error:
            raise SweepError("another program holds a table of the database") from error
        except DBAPIError as error:
            raise SweepError(f"the database said: {type(error.orig).__name__}") from error


def clear(engine: Engine) -> None:
    """Clears away what deleted rows left behind, of every wave, or raises a `SweepError`."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        try:
            CLEARS[engine.dialect.name](connection)
        except LockedError as error:
            raise SweepError("another program holds a table of the database") from error
        except DBAPIError as error:
            raise SweepError(f"the database said: {type(error.orig).__name__}") from error


def clear_erased(engine: Engine, *more: str) -> None:
    """Clears what was erased out of the files, also of the tables named in `more`, or raises a
    `SweepError`. On PostgreSQL the tables are written again: VACUUM forgets a dead row and leaves
    its bytes in the free room of its page, next to rows of others. For the night: who sends answers
    meanwhile waits."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        try:
            ERASURES[engine.dialect.name](connection, more)
        except LockedError as error:
            raise SweepError("another program holds a table of the database") from error
        except DBAPIError as error:
            raise SweepError(f"the database said: {type(error.orig).__name__}") from error


# SQLite


def _sweep_sqlite(connection: Connection, school_id: uuid.UUID, wave_id: uuid.UUID) -> None:
    _clear_sqlite(connection)
    _check_sqlite(connection, Path(str(connection.engine.url.database)), school_id, wave_id)


def _clear_sqlite(connection: Connection) -> None:
    """Writes the file again, and empties the log."""
    with _waiting(connection):
        connection.exec_driver_sql("VACUUM")
        _checkpoint(connection)


def _empty_log(connection: Connection, _more: Sequence[str]) -> None:
    """What is deleted is overwritten in the file by itself; the log still holds it."""
    with _waiting(connection):
        _checkpoint(connection)


@contextmanager
def _waiting(connection: Connection) -> Iterator[None]:
    before = connection.exec_driver_sql("PRAGMA busy_timeout").scalar_one()
    connection.exec_driver_sql(f"PRAGMA busy_timeout = {round(WAIT_SECONDS * 1000)}")
    try:
        yield
    finally:
        connection.exec_driver_sql(f"PRAGMA busy_timeout = {before}")


def _checkpoint(connection: Connection) -> None:
    if connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()[0]:
        raise SweepError("another program is reading the database")


def _check_sqlite(
    connection: Connection, path: Path, school_id: uuid.UUID, wave_id: uuid.UUID
) -> None:
    """Parses the file while no one can write to it."""
    connection.exec_driver_sql("BEGIN IMMEDIATE")
    try:
        for model, key in ANONYMOUS_KEYS.items():
            stored = set(
                connection.scalars(
                    select(model.__table__.c[key]).where(
                        model.__table__.c.school_id == school_id,
                        model.__table__.c.wave_id == wave_id,
                    )
                )
            )
            first = (school_id.hex, wave_id.hex)
            lain = [
                (uuid.UUID(row.key[2]), row.pages)
                for row in places_of(path, model.__tablename__, first)
            ]
            if {found for found, _pages in lain} != stored:
                raise SweepError("the file does not hold the rows yet")
            if [found for found, _pages in lain] != sorted(stored):
                raise SweepError("rows do not lie in the order of their keys")
            spilled = [page for _found, pages in lain for page in pages]
            if any(later <= earlier for earlier, later in pairwise(spilled)):
                raise SweepError("pages do not lie in the order of the keys")
    except BrokenFileError as error:
        raise SweepError("the file could not be read while it was being written") from error
    finally:
        connection.exec_driver_sql("ROLLBACK")


# PostgreSQL

CUTOFF = re.compile(r"(?:removable cutoff|oldest xmin): (\d+)")
LEFT = re.compile(r"cleanup lock contention|skipped due to pins")
LEFT_SOME = re.compile(
    r"\b[1-9]\d{0,18} (?:dead )?(?:tuples|pages)[^\n]{0,200}(?:not removed|due to pins)"
)
TRANSACTIONS: int = 2**32


def _sweep_postgresql(connection: Connection, school_id: uuid.UUID, wave_id: uuid.UUID) -> None:
    which = {"school_id": school_id, "wave_id": wave_id}
    written = connection.scalar(
        text(
            "SELECT xmin::text::bigint FROM wave"
            " WHERE school_id = :school_id AND wave_id = :wave_id"
        ),
        which,
    )
    for table in TABLES:
        _vacuum(connection, table, after=written)
    for model, key in ANONYMOUS_KEYS.items():
        table = model.__tablename__
        if not _lies_in_order(connection, table, key, which):
            # Rows went into the holes that erased ones left. This writes the table in key order.
            with postgresql.alone_with(connection, table, seconds=WAIT_SECONDS):
                connection.exec_driver_sql(f"CLUSTER {table} USING pk_{table}")
            _vacuum(connection, table, after=written)
            if not _lies_in_order(connection, table, key, which):
                raise SweepError("rows do not lie in the order of their keys")


def _vacuum(connection: Connection, table: str, *, after: int | None) -> None:
    """Removes the dead rows of a table, and makes sure that no row that died before the answers
    were written is among those that had to stay for someone who is still reading."""
    words = "\n".join(postgresql.vacuum(connection, table, "VERBOSE", wait=WAIT_SECONDS))
    cutoffs = [int(found) for found in CUTOFF.findall(words)]
    if LEFT_SOME.search(words) and LEFT.search(words):
        raise SweepError("another program is reading the database")
    if cutoffs:
        swept = after is None or all(0 < (one - after) % TRANSACTIONS < 2**31 for one in cutoffs)
    else:  # the server speaks another language; its own count is stricter, and enough
        swept = not connection.scalar(
            text("SELECT n_dead_tup FROM pg_stat_user_tables WHERE relname = :table"),
            {"table": table},
        )
    if not swept:
        raise SweepError("another program is reading the database")


def _lies_in_order(
    connection: Connection, table: str, key: str, which: Mapping[str, uuid.UUID]
) -> bool:
    """Were the rows of this wave written at once, and do they lie in the order of their keys?"""
    rows = connection.execute(
        text(
            f"SELECT {key}, xmin::text FROM {table}"  # noqa: S608 - names from our models
            " WHERE school_id = :school_id AND wave_id = :wave_id ORDER BY ctid"
        ),
        dict(which),
    ).all()
    found = [row[0] for row in rows]
    return found == sorted(found) and len({row[1] for row in rows}) <= 1


def _clear_postgresql(connection: Connection) -> None:
    _vacuum_all(connection, TABLES)


def _vacuum_all(connection: Connection, tables: Sequence[str]) -> None:
    """Removes the rows that died before now, or raises a `SweepError` if one has to stay.

    A number that is drawn now is later than all of them. The oldest that still runs is not: a write
    in another database of the server can be older than what was erased. Our short writes
    are waited for."""
    last = int(connection.scalar(text("SELECT txid_current()")) or 0) % TRANSACTIONS - 1
    until = monotonic() + WAIT_SECONDS
    for table in tables:
        while True:
            try:
                _vacuum(connection, table, after=last)
                break
            except SweepError:
                if monotonic() > until:
                    raise
                sleep(BETWEEN_TRIES)


def _write_again(connection: Connection, more: Sequence[str]) -> None:
    """Writes the tables in the order of their keys, with nothing but the rows that are there. What
    an open reader may still see would be written again too, so first no such row may be left."""
    tables = (*TABLES, *more)
    _vacuum_all(connection, tables)
    for table in tables:
        with postgresql.alone_with(connection, table, seconds=WAIT_SECONDS):
            connection.exec_driver_sql(f"CLUSTER {table} USING pk_{table}")


CLEARS: Mapping[str, Callable[[Connection], None]] = {
    "sqlite": _clear_sqlite,
    "postgresql": _clear_postgresql,
}
ERASURES: Mapping[str, Callable[[Connection, Sequence[str]], None]] = {
    "sqlite": _empty_log,
    "postgresql": _write_again,
}
SWEEPS: Mapping[str, Callable[[Connection, uuid.UUID, uuid.UUID], None]] = {
    "sqlite": _sweep_sqlite,
    "postgresql": _sweep_postgresql,
}
