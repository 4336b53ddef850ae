"""The database: the base class of models, settings of each engine, and the one way to write.

SQLite is set so that an acknowledged commit survives a crash and deleted data is overwritten.
PostgreSQL does the first by itself, and `responses.ballot_box.sweep` does the second for both.
"""

from __future__ import annotations

import bz2
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, ClassVar, Protocol
from zoneinfo import ZoneInfo

from flask_sqlalchemy_lite import SQLAlchemy
from sqlalchemy import (
    JSON,
    Connection,
    Dialect,
    Engine,
    Enum,
    LargeBinary,
    MetaData,
    Text,
    TypeDecorator,
    event,
    make_url,
)
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import DatabaseError, DBAPIError, InterfaceError, OperationalError
from sqlalchemy.orm import DeclarativeBase, Session

from survey.postgresql import prepare_connection

SQLITE_PRAGMAS = (
    "journal_mode = WAL",
    "synchronous = FULL",
    "foreign_keys = ON",
    "secure_delete = ON",
    "busy_timeout = 15000",
)

POSTGRESQL_CONNECTS: dict[str, int] = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,
}
"""How long a server that does not answer is waited for; an address in the settings may say
otherwise. Without them, a page would wait minutes for a server that lost its network."""

IS_READ_ONLY = "25006"
"""PostgreSQL's code for a write on a standby."""

IS_DAMAGED = ("XX001", "XX002")
"""PostgreSQL's codes for a table and an index that it cannot read."""

WRITES = "survey_writes"
"""Execution option: this transaction will write, so SQLite takes the write lock at its start.
Otherwise two readers that begin to write would each wait for the other, and one would fail."""

SENDS = "survey_sends"
"""Execution option: this transaction keeps what a student sends, or ends a session, and changes
nothing that a page shows."""

READS_ONCE = "survey_reads_once"
"""Execution option: this connection reads with one statement, so SQLite needs no transaction."""

FIRST_STEP = "survey_first_step"
"""In the `info` of a session: a `BeforeWrite`, or nothing."""

KEY_FOLDER = "survey_key_folder"
"""Execution option: the folder of the keys that open what this database holds sealed."""

LEDGER = "survey_ledger"
"""Execution option: the ledger of what a restored copy of this database would not know."""

SCHOOL_TIME = ZoneInfo("Europe/London")
"""The time zone of the schools: a survey's last day ends at midnight there."""


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {dict[str, Any]: JSON, str: Text}


BZ2 = b"BZh"
"""How text begins that bz2 has packed; zlib's begins in another way."""


class Packed(TypeDecorator[str]):
    """Long text that is stored compressed, and read as it was."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes | None:  # noqa: ARG002
        return None if value is None else zlib.compress(value.encode())

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        if value is None:
            return None
        unpack = bz2.decompress if value.startswith(BZ2) else zlib.decompress
        return unpack(value).decode()


class PackedTight(Packed):
    """Very long text that is seldom read.  A certificate takes a fifth less room with bz2 than
    with zlib, and four times as long to read (60 ms)."""

    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes | None:  # noqa: ARG002
        return None if value is None else bz2.compress(value.encode(), 1)


def by_value(kind: type[StrEnum], length: int = 12) -> Enum:
    """A column that holds the value of an enumeration, in up to `length` letters."""
    return Enum(
        kind, native_enum=False, length=length, values_callable=lambda e: [one.value for one in e]
    )


def connect_arguments(database_url: str) -> dict[str, int]:
    """How the driver connects, as far as the address of the database does not say."""
    url = make_url(database_url)
    if url.get_backend_name() != "postgresql":
        return {}
    return {name: value for name, value in POSTGRESQL_CONNECTS.items() if name not in url.query}


OF_ANOTHER_SCHEMA = ("no such table", "no such column")
"""SQLite says so with the kind of error that it also has for a file that cannot be read."""


def is_busy(error: Exception) -> bool:
    """Did others write for so long that this one gave up?"""
    return isinstance(error, OperationalError) and (
        "database is locked" in str(error.orig) or getattr(error.orig, "sqlstate", "") == "55P03"
    )


def is_unavailable(error: Exception) -> bool:
    """Could the database not be reached or not be written, had it no room, or is it damaged?"""
    if isinstance(error, OperationalError) and str(error.orig).startswith(OF_ANOTHER_SCHEMA):
        return False
    return isinstance(error, DBAPIError) and (
        isinstance(error, OperationalError | InterfaceError)
        or type(error) is DatabaseError  # what SQLite says of a damaged file
        or error.connection_invalidated
        or getattr(error.orig, "sqlstate", "") in (IS_READ_ONLY, *IS_DAMAGED)
    )


database = SQLAlchemy()


class BeforeWrite(Protocol):
    """What each write transaction of a request does first, and once it is committed."""

    def begin(self, db: Session, /) -> None: ...

    def committed(self) -> None: ...


@contextmanager
def begin(*, sends: bool = False) -> Iterator[Session]:
    """A write transaction: commits at the end, rolls back on any error. Views use it; operations
    get the session and never commit. `sends`: see `SENDS`."""
    session = database.session
    session.rollback()  # ends the read that found the member, so that the write starts fresh
    try:
        session.connection(execution_options={WRITES: True, SENDS: sends})
        step: BeforeWrite | None = session.info.get(FIRST_STEP)
        if step:
            step.begin(session)
        yield session
        session.commit()
        if step:
            step.committed()
    except BaseException:
        session.rollback()
        raise


def read() -> Session:
    """The session for reading. What is written to it is not kept."""
    return database.session


def key_folder(db: Session) -> Path:
    """The key folder that goes with the database of this session."""
    return folder_of(db.get_bind())


def folder_of(bind: Engine | Connection) -> Path:
    """The key folder that goes with a database."""
    folder: Path = bind.get_execution_options()[KEY_FOLDER]
    return folder


def ledger(db: Session) -> Path:
    """The ledger that goes with the database of this session."""
    path: Path = db.get_bind().get_execution_options()[LEDGER]
    return path


def today() -> date:
    """Today's date at the schools."""
    return datetime.now(SCHOOL_TIME).date()


@event.listens_for(Engine, "connect")
def _prepare(connection: Any, _record: Any) -> None:
    if type(connection).__module__.startswith("sqlite3"):
        connection.isolation_level = None  # we say BEGIN ourselves, see below
        for pragma in SQLITE_PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")
    else:
        prepare_connection(connection)


@event.listens_for(Engine, "handle_error")
def _leave_a_standby(context: ExceptionContext) -> None:
    """After a failover an old connection may lead to a server that is a standby now. It is dropped
    with all others, so that the next one leads to the server that can be written."""
    if getattr(context.original_exception, "sqlstate", "") == IS_READ_ONLY:
        context.is_disconnect = True


@event.listens_for(Engine, "begin")
def _begin_sqlite(connection: Connection) -> None:
    options = connection.get_execution_options()
    is_alone = options.get("isolation_level") == "AUTOCOMMIT" or options.get(READS_ONCE, False)
    if connection.dialect.name == "sqlite" and not is_alone:
        writes = options.get(WRITES, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
