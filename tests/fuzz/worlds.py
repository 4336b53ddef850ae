"""The small world on a database that can begin again: as often as a fuzzer has broken it."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from flask import Flask
from sqlalchemy import create_engine, select, text

from survey.app import alembic, create_app
from survey.database import database
from survey.organisations import sign_in as signing_in
from survey.organisations.models import Member
from survey.permissions import Role
from survey.settings import Settings
from tests.fuzz.fuzzer import Fuzzer
from tests.integration.responses.doors import make_codes
from tests.seats import with_every_seat
from tests.world import build_world, sign_in

NOBODY = "nobody"


@dataclass
class Ground:
    app: Flask
    fuzzer: Fuzzer
    renew: Callable[[], None]


def prepare(settings: Settings, folder: Path, *, seed: int, postgres: str | None = None) -> Ground:
    """An app as in production, with everybody signed in, and a way back to this moment. `postgres`
    is the address of the server; its database is made again."""
    signing_in.HASHING |= {"argon2__time_cost": 1, "argon2__memory_cost": 64}
    app = create_app(settings, testing=False)
    app.config["WTF_CSRF_ENABLED"] = False  # a wrong token would end every request at once
    with app.app_context():
        alembic.upgrade()
    with app.app_context():
        world = with_every_seat(build_world())
    codes = make_codes(app, world.own, year=9, count=3)
    clients = {NOBODY: app.test_client()}
    for role in Role:
        clients[role.value] = app.test_client()
        sign_in(clients[role.value], world.email(role))
    with app.app_context():
        members = {one.email: one.id for one in database.session.scalars(select(Member))}
        engine = database.engine
        engine.dispose()
    cookies = {name: client.get_cookie("session") for name, client in clients.items()}
    snapshot = _Snapshot(settings, folder, postgres)
    snapshot.take()

    def renew() -> None:
        engine.dispose()
        snapshot.restore()
        for name, client in clients.items():
            client._cookies.clear()  # type: ignore[union-attr]
            if cookie := cookies[name]:
                client.set_cookie("session", cookie.value)

    fuzzer = Fuzzer(
        app,
        clients,
        (world.own, world.other),
        codes=codes,
        more_values={
            "organisation_id": world.own.school_id,
            "member_id": members[world.own.email[Role.COORDINATOR]],
            "filename": "staff.css",
        },
        seed=seed,
    )
    return Ground(app, fuzzer, renew)


def _copy(source: Path, target: Path) -> None:
    """By SQLite itself: a plain copy would leave out what is in the log next to the file."""
    with closing(sqlite3.connect(source)) as read, closing(sqlite3.connect(target)) as write:
        read.backup(write)


class _Snapshot:
    """A copy of the database and of the key folder."""

    def __init__(self, settings: Settings, folder: Path, postgres: str | None) -> None:
        self._url, self._folder, self._postgres = settings.database_url, folder, postgres
        self._keys = settings.keys_at
        self._ledger = settings.ledger_file

    @property
    def _file(self) -> Path:
        return Path(self._url.removeprefix("sqlite:///"))

    @property
    def _name(self) -> str:
        return self._url.rpartition("/")[2]

    def take(self) -> None:
        shutil.copytree(self._keys, self._folder / "keys.kept")
        if self._postgres:
            self._run(  # a connection that is still open would be in the way
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                f" WHERE datname = '{self._name}'"
            )
            self._run(f"CREATE DATABASE {self._name}_kept TEMPLATE {self._name}")
        else:
            _copy(self._file, self._folder / "kept.db")

    def restore(self) -> None:
        shutil.rmtree(self._keys, ignore_errors=True)
        shutil.copytree(self._folder / "keys.kept", self._keys)
        self._ledger.unlink(missing_ok=True)
        if self._postgres:
            self._run(f"DROP DATABASE {self._name} WITH (FORCE)")
            self._run(f"CREATE DATABASE {self._name} TEMPLATE {self._name}_kept")
            return
        _copy(self._folder / "kept.db", self._file)

    def drop(self) -> None:
        if self._postgres:
            for name in (self._name, f"{self._name}_kept"):
                self._run(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def _run(self, statement: str) -> None:
        engine = create_engine(f"{self._postgres}/postgres", isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(statement))
        engine.dispose()
