"""Code for PostgreSQL alone: connections through a pooler, and a vacuum that waits for a while.

PgBouncer in transaction mode gives each transaction whichever connection to the server is free. So
nothing may be left on a connection between two transactions: a statement that was prepared there
would be missing, or be that of another client; a setting would hold for others and not for us.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from time import monotonic, sleep
from typing import Any

from sqlalchemy import URL, Connection
from sqlalchemy.exc import DBAPIError

SHARED = "SHARE UPDATE EXCLUSIVE"
IS_LOCKED = "55P03"
"""PostgreSQL's code for a lock that could not be had in time."""


class LockedError(Exception):
    """Others held the table for too long."""


def conninfo(url: URL) -> str:
    """The address as libpq and its programs read it. As an address of SQLAlchemy's, one that names
    several servers leads libpq to the last of them alone."""
    from psycopg.conninfo import make_conninfo  # installed where PostgreSQL is used

    url = url.set(drivername="postgresql+psycopg")
    _none, parts = url.get_dialect()().create_connect_args(url)
    return str(make_conninfo(**parts))


def is_pooled(connection: Any) -> bool:
    """Whether a connection of psycopg leads to a pooler: the process that answers is then not the
    one that was named at the start."""
    with connection.cursor() as cursor:
        [process] = cursor.execute("SELECT pg_backend_pid()").fetchone()
    if not connection.autocommit:
        connection.rollback()
    return bool(process != connection.info.backend_pid)


def prepare_connection(connection: Any) -> None:
    """Keeps psycopg from preparing statements on a connection to a pooler."""
    if is_pooled(connection):
        connection.prepare_threshold = None


@contextmanager
def patient(connection: Connection, seconds: float) -> Iterator[None]:
    """A transaction on a connection that is in none, whose statements wait so long for others to
    let go of a table. Raises a `LockedError` if they do not."""
    connection.exec_driver_sql("BEGIN")
    try:
        milliseconds = max(1, round(seconds * 1000))
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = {milliseconds}")
        yield
        connection.exec_driver_sql("COMMIT")
    except BaseException as problem:
        connection.exec_driver_sql("ROLLBACK")
        if isinstance(problem, DBAPIError) and _code(problem) == IS_LOCKED:
            raise LockedError from problem
        raise


TRY_MILLISECONDS, BETWEEN_TRIES = 100, 0.3


@contextmanager
def alone_with(connection: Connection, *tables: str, seconds: float) -> Iterator[None]:
    """A transaction on a connection that is in none, which holds these tables for itself. Raises a
    `LockedError` if others still use them after so many seconds.

    Everyone who comes later waits behind a request for such a lock, students too. So it is asked
    for again and again, each time for a moment, and those who came meanwhile go first."""
    until = monotonic() + seconds
    while True:
        try:
            with patient(connection, TRY_MILLISECONDS / 1000):
                _lock(connection, tables)
                yield
                return
        except _StillUsedError:
            if monotonic() > until:
                raise LockedError from None
        sleep(BETWEEN_TRIES)


class _StillUsedError(Exception):
    """A table was not free at this moment."""


def _lock(connection: Connection, tables: Sequence[str]) -> None:
    try:
        for table in tables:
            connection.exec_driver_sql(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
    except DBAPIError as problem:
        if _code(problem) == IS_LOCKED:
            raise _StillUsedError from problem
        raise


def _code(problem: DBAPIError) -> str:
    return getattr(problem.orig, "sqlstate", None) or ""


def vacuum(connection: Connection, table: str, *options: str, wait: float) -> list[str]:
    """Vacuums a table, and returns what the server said. Waits so many seconds for others to let go
    of the table, then raises a `LockedError`. The connection is in no transaction.

    A vacuum cannot run inside a transaction, and a `lock_timeout` that is set outside one stays on
    the connection. So the vacuum itself does not wait: a transaction before it does."""
    driver: Any = connection.connection.driver_connection
    words = ", ".join([*options, "SKIP_LOCKED"])
    said: list[tuple[str | None, str]] = []
    until = monotonic() + wait

    def listen(one: Any) -> None:  # what it says is there for this moment alone
        said.append((one.sqlstate, str(one.message_primary)))

    driver.add_notice_handler(listen)
    try:
        while True:
            said.clear()
            connection.exec_driver_sql(f"VACUUM ({words}) {table}")
            if not any(code == IS_LOCKED for code, _words in said):
                return [words for _code, words in said]
            if monotonic() > until:
                raise LockedError
            if "FULL" in options:
                with alone_with(connection, table, seconds=until - monotonic()):
                    pass
            else:  # those who write do not wait behind this one
                with patient(connection, until - monotonic()):
                    connection.exec_driver_sql(f"LOCK TABLE {table} IN {SHARED} MODE")
    finally:
        driver.remove_notice_handler(listen)
