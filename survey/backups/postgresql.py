"""Copies of a PostgreSQL database, and putting one in its place.

pg_dump writes rows in the order of the table's pages, and a used access code is where its Send put
it. So tables of what came from students are copied apart, in the order of their random keys, from
the same snapshot.

A restore fills a new database on the same server and then exchanges the two names in one
transaction. Whatever interrupts it, the name leads to the old database or to the whole new one.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy import URL, make_url

from survey.backups.archive import FILE_MODE
from survey.backups.errors import BackupError
from survey.database import Base
from survey.postgresql import conninfo, is_pooled

DUMP = "database.dump"
ROWS = ".rows"
FROM_STUDENTS = (
    "access_code", "response", "free_text", "help_box", "ended_session", "room_text",
    "wrong_half", "rate_count", "out_mail",
)  # fmt: skip
"""Tables whose rows must be in no order that tells: those without rowid on SQLite."""

OF_QUEUE = "procrastinate_*"
"""Tables of waiting jobs, which are not copied: a restore must not do them a second time."""

POOLED = "SURVEY_DATABASE_URL leads to a pooler. Name the database server for this command."
BUILDING, REPLACED = "_restoring", "_replaced"
MAINTENANCE = "postgres"


def copy_out(database_url: str, folder: Path) -> list[Path]:
    """A copy of the database as files in this folder, all of one moment. The tables of students are
    held before that moment: a sweep writes them again in new files, which this copy could not see,
    so it would copy none of their rows."""
    url = make_url(database_url)
    parts = [folder / DUMP]
    with _connected(url) as connection:
        there = _there(connection)
        connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        held = sql.SQL(", ").join(map(sql.Identifier, there))
        connection.execute(sql.SQL("LOCK TABLE {} IN ACCESS SHARE MODE").format(held))
        [snapshot] = connection.execute("SELECT pg_export_snapshot()").fetchone() or [""]
        _run(
            ["pg_dump", "--format=custom", "--no-owner", "--no-privileges"]
            + [f"--snapshot={snapshot}", f"--file={parts[0]}"]
            + [f"--exclude-table-data={name}" for name in (*FROM_STUDENTS, OF_QUEUE)],
            url,
        )
        for name in there:
            part = folder / (name + ROWS)
            keys = [column.name for column in Base.metadata.tables[name].primary_key]
            query = sql.SQL("COPY (SELECT * FROM {} ORDER BY {}) TO STDOUT").format(
                sql.Identifier(name), sql.SQL(", ").join(map(sql.Identifier, keys))
            )
            with part.open("wb") as out, connection.cursor().copy(query) as rows:
                for block in rows:
                    out.write(block)
            parts.append(part)
    for part in parts:
        part.chmod(FILE_MODE)
    return parts


def _there(connection: psycopg.Connection[Any]) -> list[str]:
    """Those of the tables that this schema has: it may be older than the code."""
    found = connection.execute(
        "SELECT table_name FROM information_schema.tables WHERE table_name = ANY(%s)"
        " AND table_schema = 'public'",
        [list(FROM_STUDENTS)],
    ).fetchall()
    return sorted(name for (name,) in found)


@contextmanager
def building(database_url: str, parts: dict[str, Path]) -> Iterator[str]:
    """The address of a new database with what the backup holds, to be finished before it takes the
    place of the other. One that an earlier restore left unfinished is removed."""
    url = make_url(database_url)
    aside = url.set(database=f"{url.database}{BUILDING}")
    try:
        with _connected(url.set(database=MAINTENANCE)) as connection:
            _drop(connection, aside)
            _create_like(connection, url, aside)
    except psycopg.errors.InsufficientPrivilege as problem:
        raise BackupError(
            f"The account {url.username} may not create a database, and a restore fills a new one"
            f" before it takes the place of the old. Run ALTER ROLE {url.username} CREATEDB, or"
            " name an account that may in SURVEY_DATABASE_URL for this command."
        ) from problem
    try:
        _fill(aside, parts)
        yield aside.render_as_string(hide_password=False)
    finally:
        with _connected(url.set(database=MAINTENANCE)) as connection:
            _drop(connection, aside)


def _create_like(connection: psycopg.Connection[Any], url: URL, aside: URL) -> None:
    """A new database with the encoding and the order of letters of the other."""
    found = connection.execute(
        "SELECT pg_encoding_to_char(encoding), datcollate, datctype FROM pg_database"
        " WHERE datname = %s",
        [url.database],
    ).fetchone()
    if found is None:
        raise BackupError(f"There is no database {url.database}. Create it first, empty.")
    encoding, collate, kind = map(sql.Literal, found)
    statement = "CREATE DATABASE {} TEMPLATE template0 ENCODING {} LC_COLLATE {} LC_CTYPE {}"
    name = sql.Identifier(str(aside.database))
    connection.execute(sql.SQL(statement).format(name, encoding, collate, kind))


def _fill(aside: URL, parts: dict[str, Path]) -> None:
    restore = ["pg_restore", "--exit-on-error", "--no-owner", "--no-privileges"]
    for section in ("pre-data", "data"):
        _run([*restore, f"--section={section}", str(parts[DUMP])], aside)
    with _connected(aside) as connection:
        for name in _there(connection):
            statement = sql.SQL("COPY {} FROM STDIN").format(sql.Identifier(name))
            with parts[name + ROWS].open("rb") as data, connection.cursor().copy(statement) as rows:
                while block := data.read(1 << 20):
                    rows.write(block)
    _run([*restore, "--section=post-data", str(parts[DUMP])], aside)


def put_in_place(database_url: str) -> None:
    """Gives the finished database the name of the other, in one step."""
    url = make_url(database_url)
    aside = url.set(database=f"{url.database}{BUILDING}")
    old = url.set(database=f"{url.database}{REPLACED}")
    with _connected(aside) as connection:
        connection.execute("VACUUM (FULL, ANALYZE)")
    with _connected(url.set(database=MAINTENANCE)) as connection:
        _drop(connection, old)
        try:
            with connection.transaction():
                connection.execute(_named("ALTER DATABASE {} RENAME TO {}", url, old))
                connection.execute(_named("ALTER DATABASE {} RENAME TO {}", aside, url))
        except psycopg.errors.ObjectInUse as problem:
            raise BackupError(IN_USE) from problem
        _drop(connection, old)


IN_USE = "The database is in use. Stop the servers and whatever else reads it, then try again."


def refuse_if_served(database_url: str) -> None:
    """Raises a `BackupError` while something has the database open."""
    url = make_url(database_url)
    with _connected(url.set(database=MAINTENANCE)) as connection:
        [others] = connection.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = %s", [url.database]
        ).fetchone() or [0]
    if others:
        raise BackupError(IN_USE)


@contextmanager
def _connected(url: URL) -> Iterator[psycopg.Connection[Any]]:
    """A connection outside of SQLAlchemy's pool: most of what is done here is in no transaction."""
    try:
        connection = psycopg.connect(conninfo(url), autocommit=True)
    except psycopg.OperationalError as problem:
        raise BackupError("The server of the database cannot be reached.") from problem
    try:
        if is_pooled(connection):  # pg_dump leaves its settings on connections of others
            raise BackupError(POOLED)
        yield connection
    finally:
        connection.close()


def _named(statement: str, *urls: URL) -> sql.Composed:
    return sql.SQL(statement).format(*(sql.Identifier(str(one.database)) for one in urls))


def _drop(connection: psycopg.Connection[Any], url: URL) -> None:
    connection.execute(_named("DROP DATABASE IF EXISTS {} WITH (FORCE)", url))


def _run(command: list[str], url: URL) -> None:
    """Runs a program of PostgreSQL's. The password is not among its arguments, which anyone on the
    machine can read."""
    plain = conninfo(url.set(password=None))
    environ = os.environ | ({"PGPASSWORD": str(url.password)} if url.password else {})
    try:
        done = subprocess.run(  # noqa: S603 - no word of it comes from outside
            [*command, f"--dbname={plain}"],
            env=environ,
            capture_output=True,
            text=True,
            check=False,
        )
    except FileNotFoundError:
        raise BackupError(
            f"{command[0]} is not installed. Install the client programs of PostgreSQL, in the"
            " version of your server or a newer one."
        ) from None
    if done.returncode:
        raise BackupError(f"{command[0]} failed: {done.stderr.strip()}")
