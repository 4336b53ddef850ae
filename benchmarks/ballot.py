"""What the ballot box costs: `python -m benchmarks.ballot [--sqlite-only] [--boxes 1500]`.

Printed are bytes a card, the CPU time to seal and to open boxes, the time from the close to the
destroyed key, and for Send its CPU time and its statements, for each way SQLite can keep its
journal. The CPU of PostgreSQL's own processes is not in it.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any
from unittest.mock import patch

from flask import Flask
from sqlalchemy import event

from benchmarks.own_postgres import own_postgres
from survey.app import alembic, create_app
from survey.campaigns.ballot_box import BallotBox, find_key
from survey.campaigns.operations import find_wave, questionnaire_of
from survey.database import SQLITE_PRAGMAS, database, folder_of, read
from tests.attacks.attackers import ballots
from tests.attacks.attackers.ballots import answers_of
from tests.conftest import settings_for
from tests.integration.responses.doors import raw_rows
from tests.world import Side, build_world

SENDS = 200
JOURNALS = ("WAL", "TRUNCATE")


def sealing(app: Flask, side: Side, boxes: int) -> Iterator[str]:
    """Sealing and opening alone, in memory."""
    with app.app_context():
        wave = find_wave(read(), side.school_id, side.wave_id)
        questionnaire, box = questionnaire_of(wave), BallotBox.of(wave)
        key, random = find_key(folder_of(database.engine), wave), Random(1)
        answers = [answers_of(questionnaire, random, "More lights") for _ in range(boxes)]
        began = time.process_time()
        sealed = [box.seal(questionnaire, one) for one in answers]  # type: ignore[arg-type]
        half = time.process_time()
        for one in sealed:
            box.open(key, questionnaire, one)
        done = time.process_time()
    yield f"a sealed box: {len(sealed[0])} bytes, of which {wave.box_size} are a response"
    yield f"{boxes} boxes sealed in {half - began:.2f} s, opened in {done - half:.2f} s of CPU"


def sending(app: Flask, side: Side) -> Iterator[str]:
    """Send by Send, without the web around it."""
    class_ = ballots.prepare(app, side, SENDS)
    said: list[str] = []

    def listen(_conn: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        said.append(statement)

    with app.app_context():
        event.listen(database.engine, "before_cursor_execute", listen)
    began, cpu = time.perf_counter(), time.process_time()
    ballots.send_all(app, side, class_)
    took, spent = time.perf_counter() - began, time.process_time() - cpu
    statements = len([one for one in said if not one.startswith("BEGIN")]) / SENDS
    yield (
        f"{SENDS} Sends: {1000 * spent / SENDS:.1f} ms of CPU and {1000 * took / SENDS:.1f} ms"
        f" each, {statements:.1f} statements"
    )


def closing(app: Flask, side: Side, boxes: int) -> Iterator[str]:
    """From the press of the button to the destroyed key, with `boxes` cards all used."""
    more = boxes - len(raw_rows(app, "access_code"))
    for start in range(0, more, SENDS):
        ballots.send_all(app, side, ballots.prepare(app, side, min(SENDS, more - start)))
    began = time.perf_counter()
    ballots.close(app, side)
    stored = len(raw_rows(app, "response"))
    yield f"closed: {stored} responses, swept and checked in {time.perf_counter() - began:.1f} s"


def measure(url: str, boxes: int) -> Iterator[str]:
    app = create_app(settings_for(url), testing=True)
    with app.app_context():
        alembic.upgrade()
        side = build_world().own
    yield from sealing(app, side, boxes)
    yield from sending(app, side)
    yield from closing(app, side, boxes)
    with app.app_context():
        database.engine.dispose()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--sqlite-only", action="store_true", help="start no PostgreSQL server")
    parser.add_argument("--boxes", type=int, default=1500)
    asked = parser.parse_args()
    for journal in JOURNALS:
        pragmas = (f"journal_mode = {journal}", *SQLITE_PRAGMAS[1:])
        print(f"SQLite, {journal}")
        with (
            tempfile.TemporaryDirectory() as folder,
            patch("survey.database.SQLITE_PRAGMAS", pragmas),
        ):
            for line in measure(f"sqlite:///{Path(folder) / 'survey.db'}", asked.boxes):
                print(f"  {line}")
    if asked.sqlite_only:
        return
    with own_postgres() as server:
        server.command("CREATE DATABASE ballot")
        print("PostgreSQL")
        for line in measure(f"{server.address}/ballot", asked.boxes):
            print(f"  {line}")


if __name__ == "__main__":
    main()
