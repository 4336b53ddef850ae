"""The small world on a database that can begin again: as often as a fuzzer has broken it."""

from __future__ import annotations

import itertools
import shutil
import sqlite3
import uuid
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from flask import Flask
from sqlalchemy import create_engine, select, text

from survey.app import alembic, create_app
from survey.database import begin, database
from survey.mail.kinds import MailKind
from survey.organisations import sign_in as signing_in
from survey.organisations.accounts import invitations, sessions
from survey.organisations.accounts.models import PasswordLink
from survey.organisations.models import Member, Membership
from survey.permissions import Role
from survey.settings import Settings
from tests.browser import staff_pages
from tests.fuzz.fuzzer import Fuzzer
from tests.integration.responses.doors import make_codes
from tests.seats import with_every_seat
from tests.world import World, build_world, sign_in

NOBODY = "nobody"
NO_PROVIDER = "http://127.0.0.1:9"
"""Where no server answers: signing in with a provider ends there, and with a page that says so."""


@dataclass
class Ground:
    app: Flask
    fuzzer: Fuzzer
    renew: Callable[[], None]
    world: World
    moments: tuple[Snapshot, ...] = ()

    def drop(self) -> None:
        """Removes the copies that PostgreSQL keeps."""
        for moment in self.moments:
            moment.drop()


def everything_on(folder: Path) -> dict[str, object]:
    """Settings of an installation that uses every optional part."""
    mail = folder / "mail"
    mail.mkdir(exist_ok=True)
    return {
        "mail_folder": str(mail),
        "mail_from": "survey@survey.test",
        "metrics_token": "m0123456789abcdef0123456789abcdef",
        "microsoft_client_id": "client",
        "microsoft_client_secret": "secret",
        "microsoft_tenants": "00000000-0000-0000-0000-000000000000",
        "microsoft_address": NO_PROVIDER,
        "google_client_id": "client",
        "google_client_secret": "secret",
        "google_domains": "survey.test",
        "google_address": NO_PROVIDER,
    }


def prepare(
    settings: Settings,
    folder: Path,
    *,
    seed: int,
    postgres: str | None = None,
    with_reports: bool = False,
) -> Ground:
    """An app as in production, with everyone signed in, and a way back to this moment. `postgres`
    is the address of the server; its database is made again. `with_reports` adds later moments: a
    draft, reports, a comparison, texts that are read and texts that are published. Each time that
    the world begins again, it is at the next of them."""
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
        coordinator = members[world.own.email[Role.COORDINATOR]]
        seat = database.session.scalars(
            select(Membership.membership_id).where(Membership.member_id == coordinator)
        ).one()
        token = _link_for(coordinator) if settings.mail_folder else "x"
        engine = database.engine
        engine.dispose()
    moments = [Snapshot(settings, folder, postgres, "open")]
    moments[0].take()
    if with_reports:
        for steps in _LATER:
            for step in steps:
                step(app, world)
            with app.app_context():
                database.session.rollback()
                engine.dispose()
            moments.append(Snapshot(settings, folder, postgres, steps[-1].__name__))
            moments[-1].take()
    turns = itertools.cycle(moments)

    def renew() -> None:
        engine.dispose()
        next(turns).restore()
        for client in clients.values():
            client._cookies.clear()  # type: ignore[union-attr]
        for role in Role:  # a session that waited with the copy would be over by now
            sign_in(clients[role.value], world.email(role))

    fuzzer = Fuzzer(
        app,
        clients,
        (world.own, world.other),
        codes=codes,
        more_values={
            "organisation_id": world.own.school_id,
            "member_id": coordinator,
            "membership_id": seat,
            "filename": "staff.css",
            "token": token,
        },
        seed=seed,
    )
    return Ground(app, fuzzer, renew, world, tuple(moments))


_LATER: tuple[tuple[Callable[[Flask, World], None], ...], ...] = (
    (staff_pages.start_a_draft, staff_pages.report, staff_pages.ask_adults),
    (staff_pages.open_texts,),
    (staff_pages.finish_texts, staff_pages.release_texts),
)


def _link_for(member_id: uuid.UUID) -> str:
    """The token of a link by which a member chooses a password."""
    token = "fuzzed"
    with begin() as db:
        db.add(
            PasswordLink(
                token_hash=invitations._hashed(token),
                member_id=member_id,
                kind=MailKind.RESET.value,
                until=sessions.now() + timedelta(days=7),
            )
        )
    return token


def _copy(source: Path, target: Path) -> None:
    """By SQLite itself: a plain copy would leave out what is in the log next to the file."""
    with closing(sqlite3.connect(source)) as read, closing(sqlite3.connect(target)) as write:
        read.backup(write)


class Snapshot:
    """A copy of the database and of the key folder, by name."""

    def __init__(self, settings: Settings, folder: Path, postgres: str | None, name: str) -> None:
        self._url, self._folder, self._postgres = settings.database_url, folder, postgres
        self._keys, self._ledger = settings.keys_at, settings.ledger_file
        self._of = name

    @property
    def _file(self) -> Path:
        return Path(self._url.removeprefix("sqlite:///"))

    @property
    def _name(self) -> str:
        return self._url.rpartition("/")[2]

    @property
    def _kept(self) -> str:
        return f"{self._name}_{self._of}"

    def take(self) -> None:
        shutil.copytree(self._keys, self._folder / f"keys.{self._of}")
        if self._ledger.exists():
            shutil.copyfile(self._ledger, self._folder / f"ledger.{self._of}")
        if self._postgres:
            self._run(  # a connection that is still open would be in the way
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                f" WHERE datname = '{self._name}'"
            )
            self._run(f"CREATE DATABASE {self._kept} TEMPLATE {self._name}")
        else:
            _copy(self._file, self._folder / f"{self._of}.db")

    def restore(self) -> None:
        shutil.rmtree(self._keys, ignore_errors=True)
        shutil.copytree(self._folder / f"keys.{self._of}", self._keys)
        self._ledger.unlink(missing_ok=True)
        if (ledger := self._folder / f"ledger.{self._of}").exists():
            shutil.copyfile(ledger, self._ledger)
        if self._postgres:
            self._run(f"DROP DATABASE {self._name} WITH (FORCE)")
            self._run(f"CREATE DATABASE {self._name} TEMPLATE {self._kept}")
            return
        _copy(self._folder / f"{self._of}.db", self._file)

    def drop(self) -> None:
        if self._postgres:
            self._run(f"DROP DATABASE IF EXISTS {self._kept} WITH (FORCE)")

    def _run(self, statement: str) -> None:
        engine = create_engine(f"{self._postgres}/postgres", isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(statement))
        engine.dispose()
