"""Taking an installation from SQLite to PostgreSQL: everything or nothing.

Rows are written in the order of their keys, which are random where rows came from students. So the
order of rows in the new database says nothing of the order in which they came.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import current_app
from sqlalchemy import Connection, Engine, Table, func, insert, make_url, select, text
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError

from survey.backups import other_database
from survey.backups.errors import BackupError
from survey.backups.sqlite import path_of
from survey.database import WRITES, Base, database
from survey.encryption import keys
from survey.jobs.states import UNFINISHED
from survey.settings import SQLITE, Settings

AT_ONCE = 500
"""Rows that are read and written together."""


@dataclass(frozen=True)
class MoveResult:
    """How many rows of a table were moved."""

    table: str
    rows: int


def move(source_url: str, target_url: str) -> tuple[MoveResult, ...]:
    """Copies every table in one transaction, and compares what arrived. Raises a `BackupError`,
    and then the target is as empty as before."""
    _refuse_addresses(source_url, target_url)
    try:
        with _source(source_url) as source, _target(target_url) as target:
            done = tuple(_copy(source, target, table) for table in Base.metadata.sorted_tables)
    except DBAPIError as problem:
        raise BackupError(f"The database said: {problem.orig}. The target is empty.") from problem
    with other_database.app_on(target_url):
        options = {"isolation_level": "AUTOCOMMIT"}
        with database.engine.connect().execution_options(**options) as connection:
            connection.exec_driver_sql("VACUUM (ANALYZE)")
    return done


def _refuse_addresses(source_url: str, target_url: str) -> None:
    if not source_url.startswith(SQLITE) or not path_of(source_url).is_file():
        raise BackupError("SOURCE must name a SQLite file, like sqlite:////srv/survey/survey.db.")
    if not target_url.startswith("postgresql+psycopg://"):
        raise BackupError(
            "TARGET must name a PostgreSQL database, like"
            " postgresql+psycopg://user:password@server/name."
        )


@contextmanager
def _source(url: str) -> Iterator[Connection]:
    """The source, in which nothing can be written until everything has arrived."""
    with other_database.app_on(url):
        engine = database.engine
        schema, newest = other_database.schema_of(engine), other_database.newest_schema()
        if schema != newest:
            raise BackupError(
                f"The SQLite file is at schema {schema or 'none'}, and this version works with"
                f" {newest}. Run `safer-places migrate` on it first."
            )
        with engine.connect().execution_options(**{WRITES: True}) as connection:
            job = Base.metadata.tables["job"]  # reading begins, and so takes the write lock
            if connection.execute(select(job).where(job.c.state.in_(UNFINISHED)).limit(1)).first():
                raise BackupError(
                    "A job is waiting or running. Let `safer-places worker` finish it, or cancel it"
                    " on the operator's page of jobs, then stop everything and move."
                )
            yield connection
            connection.rollback()


@contextmanager
def _target(url: str) -> Iterator[Connection]:
    """The empty target at the newest schema, in the one transaction that fills it."""
    try:
        with other_database.app_on(url) as app:
            engine = database.engine
            _refuse_filled(engine)
            with app.app_context():  # at its end the connection of the steps is closed
                current_app.extensions["alembic"].upgrade()
            with engine.begin() as connection:
                yield connection
    except (ArgumentError, ModuleNotFoundError) as problem:
        raise BackupError(f"TARGET cannot be used: {problem}.") from problem


def _refuse_filled(engine: Engine) -> None:
    try:
        schema = other_database.schema_of(engine)
    except SQLAlchemyError as problem:
        raise BackupError("The server of TARGET cannot be reached.") from problem
    if schema is not None and not other_database.knows_schema(schema):
        raise BackupError("TARGET belongs to a newer version of this software.")
    if not other_database.is_empty(engine):
        raise BackupError("TARGET is not empty. Name a new database: nothing is ever mixed.")


def _copy(source: Connection, target: Connection, table: Table) -> MoveResult:
    keys_ = list(table.primary_key)
    sent = Seal()
    for rows in source.execute(select(table).order_by(*keys_)).partitions(AT_ONCE):
        sent.add(rows)
        target.execute(insert(table), [dict(row._mapping) for row in rows])
    arrived = Seal()
    for rows in target.execute(select(table)).partitions(AT_ONCE):
        arrived.add(rows)
    _count_on(target, table)
    counted = target.scalar(select(func.count()).select_from(table))
    if arrived != sent or counted != sent.rows:
        raise BackupError(
            f"Table {table.name} did not arrive as it was ({sent.rows} rows sent, {counted}"
            " arrived). The target is empty."
        )
    return MoveResult(table.name, sent.rows)


def _count_on(target: Connection, table: Table) -> None:
    """Lets numbers that PostgreSQL counts continue after the highest."""
    column = table.autoincrement_column
    if column is not None:
        target.execute(
            text(
                f"SELECT setval(pg_get_serial_sequence('{table.name}', '{column.name}'),"  # noqa: S608
                f" (SELECT max({column.name}) FROM {table.name}))"
            )
        )


@dataclass
class Seal:
    """The number of rows, and a sum of their hashes, which is the same in any order."""

    rows: int = 0
    total: int = 0

    def add(self, rows: Sequence[Any]) -> None:
        for row in rows:
            spelled = "\x1f".join(_spelled(value) for value in row)
            number = int.from_bytes(hashlib.sha256(spelled.encode()).digest(), "big")
            self.rows, self.total = self.rows + 1, (self.total + number) % 2**256


def _spelled(value: Any) -> str:
    match value:
        case memoryview():
            return bytes(value).hex()
        case bytes():
            return value.hex()
        case dict():
            return repr(sorted((key, _spelled(inner)) for key, inner in value.items()))
        case list():
            return repr([_spelled(inner) for inner in value])
        case float():
            return repr(value)
    return f"{type(value).__name__} {value}"


# What to do next


def advice(options: Settings, source_url: str, target_url: str) -> list[str]:
    """What the operator has to change, and what is missing."""
    url = make_url(target_url)
    shown = f"{url.host}/{url.database}"
    found = [
        f"Set SURVEY_DATABASE_URL to the address of {shown}.",
        f"Set SURVEY_KEY_FOLDER={options.keys_at}; with PostgreSQL it is required.",
        f"Set SURVEY_LEDGER={options.ledger_file}; with PostgreSQL it is required.",
        "Leave every secret as it is: cards, passwords and second steps go on working.",
        "Run `safer-places housekeeping`, start the servers, and make a backup.",
        f"{path_of(source_url)} still holds everything. Delete it, and its backups, once you are"
        " content.",
    ]
    return [*found, *_missing_keys(options.keys_at, target_url)]


def _missing_keys(folder: Path, target_url: str) -> list[str]:
    wave = Base.metadata.tables["wave"]
    with other_database.app_on(target_url), database.engine.connect() as connection:
        sealed = connection.scalars(select(wave.c.wave_id).where(wave.c.box_key.is_not(None)))
        missing = sorted({f"box-{one}" for one in sealed} - set(keys.names(folder)))
    if not missing:
        return []
    return [
        f"The key folder lacks the keys of {len(missing)} open surveys ({', '.join(missing)})."
        " Name the key folder of the SQLite installation, or their answers cannot be opened."
    ]
