"""`kill -9` at every step of a release, many times: nothing doubled, nothing lost.

    nice -n 10 .venv/bin/python -m benchmarks.kills --kills 1000 --engine sqlite
    nice -n 10 .venv/bin/python -m benchmarks.kills --kills 100 --engine postgresql

In each round one report is asked for, its worker is killed at every step in a random order, and at
the end a worker is left alone. PostgreSQL is where SURVEY_TEST_POSTGRES says. The clocks of leases
are quick, so that a round takes seconds.
"""

from __future__ import annotations

import argparse
import os
import shutil
import tempfile
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

from sqlalchemy import create_engine, text

from benchmarks.own_postgres import own_postgres
from survey.app import alembic, create_app
from survey.database import database
from tests import killing
from tests.conftest import settings_for
from tests.integration.jobs.test_killed import close_and_agree
from tests.killing import STEPS, ask_for_release, done_by_itself, found_wrong, killed_at
from tests.world import World, build_world

STUDENTS = 24
"""Few, so that a round is quick: the steps are the same."""

LAST = "committed"
"""After it there is nothing to be killed at: it comes last in a round."""


PATIENCE = 1200.0
"""Seconds for a worker to come to its step: a machine may be busy with other work."""


class Place:
    """A database with an open survey, which can be put back to what was kept."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.settings = settings_for(address, ledger=tempfile.mktemp(prefix="kills-ledger-"))
        self.app = create_app(self.settings, testing=True)
        with self.app.app_context():
            alembic.upgrade()
            self.world: World = build_world()
        self.let_go()

    def let_go(self) -> None:
        with self.app.app_context():
            database.engine.dispose()

    def keep(self) -> None:
        self.let_go()

    def back(self) -> None:
        self.let_go()
        self.settings.ledger_file.unlink(missing_ok=True)


class SqlitePlace(Place):
    @property
    def file(self) -> Path:
        return Path(self.address.removeprefix("sqlite:///"))

    def keep(self) -> None:
        super().keep()
        shutil.copy(self.file, f"{self.file}.before")

    def back(self) -> None:
        super().back()
        for end in ("-wal", "-shm"):
            Path(f"{self.file}{end}").unlink(missing_ok=True)
        shutil.copy(f"{self.file}.before", self.file)


class PostgresPlace(Place):
    def _command(self, statement: str) -> None:
        server = self.address.rpartition("/")[0]
        engine = create_engine(f"{server}/postgres", isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(statement))
        engine.dispose()

    def keep(self) -> None:
        super().keep()
        self._command(f"CREATE DATABASE {self.name}_before TEMPLATE {self.name}")

    @property
    def name(self) -> str:
        return self.address.rpartition("/")[2]

    def back(self) -> None:
        super().back()
        self._command(f"DROP DATABASE {self.name} WITH (FORCE)")
        self._command(f"CREATE DATABASE {self.name} TEMPLATE {self.name}_before")

    def drop(self) -> None:
        self.let_go()
        for name in (self.name, f"{self.name}_before"):
            self._command(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@contextmanager
def postgres_address() -> Iterator[str]:
    if address := os.environ.get("SURVEY_TEST_POSTGRES"):
        yield address
        return
    with own_postgres() as server:
        yield server.address


@contextmanager
def place_on(engine: str) -> Iterator[Place]:
    """On PostgreSQL a database of the server that `SURVEY_TEST_POSTGRES` names, or of one that is
    started for it."""
    if engine == "sqlite":
        with tempfile.TemporaryDirectory(prefix="kills-") as folder:
            yield SqlitePlace(f"sqlite:///{folder}/survey.db")
        return
    with postgres_address() as server:
        yield from _on_postgres(server)


def _on_postgres(server: str) -> Iterator[Place]:
    name = f"kills_{uuid.uuid4().hex[:12]}"
    admin = create_engine(f"{server}/postgres", isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    admin.dispose()
    place = PostgresPlace(f"{server}/{name}")
    try:
        yield place
    finally:
        place.drop()


def ask(place: Place) -> None:
    """Closes the survey, and keeps the moment at which two people want its report."""
    close_and_agree(place.app, place.world.own, STUDENTS)
    ask_for_release(place.app, place.world.own)
    place.keep()


def one_round(place: Place, random: Random, killed: Counter[str]) -> list[str]:
    """Kills at every step. On a machine so busy that a worker does not come to its step in time,
    the rest of the round is left out; the release is looked at all the same."""
    steps = [step for step in STEPS if step != LAST]
    random.shuffle(steps)
    for step in (*steps, LAST):
        if not killed_at(place.app, step):
            print(f"no worker came to the step “{step}” in time", flush=True)
            break
        killed[step] += 1
    wrong = [] if done_by_itself(place.app) else ["not done by itself"]
    return wrong + found_wrong(place.app, place.world.own)


def report(killed: Counter[str], rounds: int, wrong: list[str], seconds: float) -> None:
    print(f"\n{sum(killed.values())} kills in {rounds} releases, {seconds:.0f} s")
    for step in STEPS:
        print(f"  {step:<34} {killed[step]:>5}")
    doubled_or_lost = "none" if not wrong else f"{len(wrong)}: {'; '.join(wrong[:10])}"
    print(f"releases doubled, lost or otherwise wrong: {doubled_or_lost}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=3600.0, help="stop after so long")
    parser.add_argument("--engine", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    killing.LONGEST = PATIENCE
    random, killed, wrong, rounds = Random(chosen.seed), Counter[str](), list[str](), 0
    begun = time.monotonic()
    with place_on(chosen.engine) as place:
        ask(place)
        while sum(killed.values()) < chosen.kills and time.monotonic() - begun < chosen.seconds:
            place.back()
            wrong += one_round(place, random, killed)
            rounds += 1
            if rounds % 2 == 0:
                report(killed, rounds, wrong, time.monotonic() - begun)
    report(killed, rounds, wrong, time.monotonic() - begun)


if __name__ == "__main__":
    main()
