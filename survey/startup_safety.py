"""Before anything is served: who can read the database's files, whether its server writes what
students and members typed to its log or keeps when, and what a process that dies would leave."""

from __future__ import annotations

import ctypes
import errno
import os
import resource
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from sqlalchemy import Connection, Engine, make_url, text
from sqlalchemy.exc import OperationalError

OWNER_ONLY = 0o600
BESIDE = ("", "-wal", "-shm", "-journal")

ASKED = (
    "log_statement",
    "log_min_duration_statement",
    "log_min_duration_sample",
    "log_statement_sample_rate",
    "log_transaction_sample_rate",
    "log_parameter_max_length",
    "log_parameter_max_length_on_error",
    "log_error_verbosity",
    "log_min_error_statement",
    "auto_explain.log_min_duration",
    "auto_explain.log_parameter_max_length",
    "pgaudit.log",
    "pgaudit.log_parameter",
    "track_commit_timestamp",
)

Found = Mapping[str, str]


PR_SET_DUMPABLE = 4
"""Of Linux's prctl."""


def keep_no_core() -> None:
    """A process that dies leaves no copy of its memory, which holds keys and what students send at
    that moment; on Linux other processes of its account cannot read that memory either."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)


M_ARENA_MAX, HEAPS = -8, 2
"""A parameter of glibc's mallopt, and how many heaps a process that serves pages has."""


def share_heaps() -> None:
    """Lets the threads of this process share two heaps. glibc would make up to eight for each
    processor, and each keeps what the largest page needed once: 25 MB for a page of a report. One
    thread at a time runs Python, so they do not wait for each other."""
    with suppress(AttributeError):  # another library of C than glibc
        ctypes.CDLL(None).mallopt(M_ARENA_MAX, HEAPS)


def guard_file(database_url: str) -> None:
    """Makes a SQLite file, and what SQLite writes next to it, readable for its owner alone. A
    missing file is created so. On a disk that is mounted read-only nothing is changed: the checks
    at the start say so in words."""
    url = make_url(database_url)
    if url.get_backend_name() != "sqlite" or not url.database:
        return
    path = Path(url.database)
    try:
        with suppress(FileExistsError, FileNotFoundError):
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, OWNER_ONLY))
        for end in BESIDE:
            with suppress(FileNotFoundError):
                path.with_name(path.name + end).chmod(OWNER_ONLY)
    except OSError as problem:
        if problem.errno != errno.EROFS:
            raise


def log_complaints(engine: Engine) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Settings of the PostgreSQL server under which it would keep what was sent, or when: those
    that stop the app from starting, and those that it warns of. Empty if the server cannot be
    reached."""
    if engine.dialect.name != "postgresql":
        return (), ()
    try:
        with engine.connect() as connection:
            found = _read(connection)
    except OperationalError:
        return (), ()
    return (
        tuple(f"PostgreSQL: {words}" for broken, words in REFUSED if broken(found)),
        tuple(f"PostgreSQL: {words}" for broken, words in WARNED if broken(found)),
    )


def _read(connection: Connection) -> Found:
    rows = connection.execute(
        text("SELECT name, setting FROM pg_settings WHERE name = ANY(:names)"),
        {"names": list(ASKED)},
    )
    return {name: setting for name, setting in rows}  # noqa: C416 - rows are not pairs to mypy


def _number(found: Found, name: str, absent: float) -> float:
    try:
        return float(found[name])
    except (KeyError, ValueError):
        return absent


def _with_parameters(found: Found) -> bool:
    """Do logged statements carry their values?"""
    return _number(found, "log_parameter_max_length", -1) != 0


def _is_on(found: Found, name: str) -> bool:
    return found.get(name) in ("on", "true", "1")


REFUSED: tuple[tuple[Callable[[Found], bool], str], ...] = (
    (
        lambda found: (
            found.get("log_statement", "none") in ("mod", "all") and _with_parameters(found)
        ),
        "log_statement writes what is sent to the log; set it to none or ddl,"
        " or log_parameter_max_length to 0",
    ),
    (
        lambda found: (
            _number(found, "log_min_duration_statement", -1) >= 0 and _with_parameters(found)
        ),
        "log_min_duration_statement writes what is sent to the log; set it to -1,"
        " or log_parameter_max_length to 0",
    ),
    (
        lambda found: (
            _number(found, "log_min_duration_sample", -1) >= 0
            and _number(found, "log_statement_sample_rate", 1) > 0
            and _with_parameters(found)
        ),
        "log_min_duration_sample writes what is sent to the log; set it to -1,"
        " or log_parameter_max_length to 0",
    ),
    (
        lambda found: (
            _number(found, "log_transaction_sample_rate", 0) > 0 and _with_parameters(found)
        ),
        "log_transaction_sample_rate writes what is sent to the log; set it to 0,"
        " or log_parameter_max_length to 0",
    ),
    (
        lambda found: _number(found, "log_parameter_max_length_on_error", 0) != 0,
        "log_parameter_max_length_on_error writes what is sent to the log when something fails;"
        " set it to 0",
    ),
    (
        lambda found: (
            _number(found, "auto_explain.log_min_duration", -1) >= 0
            and _number(found, "auto_explain.log_parameter_max_length", -1) != 0
        ),
        "auto_explain.log_min_duration writes what is sent to the log; set it to -1,"
        " or auto_explain.log_parameter_max_length to 0",
    ),
    (
        lambda found: _is_on(found, "pgaudit.log_parameter"),
        "pgaudit.log_parameter writes what is sent to the log; set it to off",
    ),
    (
        lambda found: _is_on(found, "track_commit_timestamp"),
        "track_commit_timestamp keeps the moment at which each row was written; set it to off",
    ),
)
"""Settings under which every statement, or every slow or failed one, is logged with its values, and
one under which a query tells when each card was used and when help was asked for."""

WARNED: tuple[tuple[Callable[[Found], bool], str], ...] = (
    (
        lambda found: (
            found.get("log_error_verbosity", "default") != "terse"
            and found.get("log_min_error_statement", "error") not in ("fatal", "panic")
        ),
        "log_error_verbosity lets the log repeat a row that the database refuses;"
        " terse leaves it out",
    ),
)
"""PostgreSQL's own defaults. A statement of ours that holds an answer breaks a rule of the database
only if the program is wrong, so these are reported and do not stop the start."""
