"""The app on another database than its own, with the same settings, key folder and ledger."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from flask import Flask, current_app
from sqlalchemy import Engine, inspect, select
from sqlalchemy.exc import DatabaseError, OperationalError

from survey.backups.errors import BackupError
from survey.database import Base, database
from survey.settings import current_settings

SAME_APP = "same_app"
"""In the app's extensions: a function that makes the app for other settings."""

VERSION_TABLE = "alembic_version"


@contextmanager
def app_on(database_url: str, *, key_folder: Path | None = None) -> Iterator[Flask]:
    """The app on this database, inside its context; its connections are closed at the end."""
    own = current_settings()
    options = replace(
        own,
        database_url=database_url,
        key_folder=str(key_folder or own.keys_at),
        ledger=str(own.ledger_file),
    )
    app: Flask = current_app.extensions[SAME_APP](options)
    with app.app_context():
        try:
            yield app
        finally:
            close()


def close() -> None:
    """Closes every connection of the app in whose context this is called."""
    database.session.rollback()
    database.session.close()
    for engine in database.engines.values():
        engine.dispose()


def schema_of(engine: Engine) -> str | None:
    """The revision of the schema; None if there is none."""
    if VERSION_TABLE not in inspect(engine).get_table_names():
        return None
    with engine.connect() as connection:
        found = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    return None if found is None else str(found)


def newest_schema() -> str:
    """The revision that this version of the code works with."""
    head: str = current_app.extensions["alembic"].script_directory.get_current_head()
    return head


def knows_schema(revision: str) -> bool:
    known = current_app.extensions["alembic"].script_directory.walk_revisions()
    return any(one.revision == revision for one in known)


def is_empty(engine: Engine) -> bool:
    """Has no table of ours a row? A database that cannot be read is not empty."""
    try:
        there = set(inspect(engine).get_table_names())
        with engine.connect() as connection:
            return not any(
                connection.execute(select(*table.primary_key).limit(1)).first()
                for name, table in Base.metadata.tables.items()
                if name in there
            )
    except OperationalError as problem:
        raise BackupError(
            "The database of SURVEY_DATABASE_URL cannot be reached. Create it first, empty."
        ) from problem
    except DatabaseError:
        return False
