"""Databases for tests: copies of a migrated one, empty or with a small world in it.

Migrating takes half a second and building a world a twentieth, so each is done once for each engine
in a process, and a test gets a copy with the keys that belong to it. Nothing of a test is in the
database of another.
"""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from flask import Flask
from sqlalchemy import create_engine, text

from survey.app import alembic, create_app
from survey.database import database
from survey.encryption import keys
from survey.settings import Settings
from tests.world import World, build_world

SettingsFor = Callable[[str], Settings]


@dataclass(frozen=True)
class Filled:
    """A database with a world, to be copied: its address, keys and what is in it."""

    database_url: str
    keys: Path
    world: World


_worlds: dict[str, World] = {}
"""The world that the database of a test began with, by its address."""


def world_in(database_url: str) -> World | None:
    """What a copy was filled with; None if it began empty."""
    return _worlds.get(database_url)


def migrate(settings: Settings) -> None:
    app = create_app(settings, testing=True)
    with app.app_context():
        alembic.upgrade()
    close(app)


def close(app: Flask) -> None:
    """Closes the connections of an app."""
    with app.app_context():
        for engine in database.engines.values():
            engine.dispose()


def fill(settings: Settings) -> Filled:
    """Builds a world in a migrated database."""
    app = create_app(settings, testing=True)
    of_the_app = keys.names(settings.keys_at)
    with app.app_context():
        world = build_world()
    close(app)
    for name in of_the_app:  # each app makes its own
        keys.destroy(settings.keys_at, name)
    return Filled(settings.database_url, settings.keys_at, world)


def copy_sqlite(template: Path, path: Path, filled: Filled | None = None) -> str:
    """A copy of the migrated file, or of the filled one, at `path`; returns its address."""
    database_url = f"sqlite:///{path}"
    if filled is None:
        shutil.copy(template, path)
    else:
        shutil.copy(filled.database_url.removeprefix("sqlite:///"), path)
        shutil.copytree(filled.keys, f"{path}.keys")
        _worlds[database_url] = filled.world
    return database_url


@contextmanager
def postgres_copy(
    address: str, template: str, keys_of: Callable[[str], Path], filled: Filled | None = None
) -> Iterator[str]:
    """A copy of the migrated database, or of the filled one; returns its address."""
    name = f"test_{uuid.uuid4().hex}"
    source = filled.database_url.rpartition("/")[2] if filled else template
    command(address, f"CREATE DATABASE {name} TEMPLATE {source}{_by_files(address)}")
    if filled is not None:
        shutil.copytree(filled.keys, keys_of(name), dirs_exist_ok=True)
        _worlds[f"{address}/{name}"] = filled.world
    try:
        yield f"{address}/{name}"
    finally:
        command(address, f"DROP DATABASE {name} WITH (FORCE)")
        shutil.rmtree(keys_of(name))


@cache
def _by_files(address: str) -> str:
    """Copies the files: by the log, which is what PostgreSQL 15 and later do unless told otherwise,
    it takes twice as long and writes 5 MB of the log for each test."""
    engine = create_engine(f"{address}/postgres")
    with engine.connect() as connection:
        version = int(connection.scalar(text("SHOW server_version_num")) or 0)
    engine.dispose()
    return " STRATEGY FILE_COPY" if version >= 150000 else ""


def command(address: str, statement: str) -> None:
    """Runs a statement for the whole server, outside any transaction."""
    engine = create_engine(f"{address}/postgres", isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()
