"""What `benchmarks.nation` measures apart from its schools: pages over HTTP, comparisons of more
and more schools, and closes and nights in a database that holds more and more."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import text

from benchmarks.servers import HERE, make_world, running
from benchmarks.submissions import CLIENT, take
from survey.database import begin, database
from survey.demo.fieldwork import OpenWave, collect_with, print_codes
from survey.organisations.models import Nation
from survey.organisations.operations import add_authority
from survey.retention import operations as retention

if TYPE_CHECKING:
    from benchmarks.nation import Place
    from benchmarks.own_postgres import OwnPostgres

Say = Callable[[str], None]
ROUNDS = 3
A_WAVE = 1_000
BOX_BYTES = 3_000
CLOSED_ROLL, CLOSED_RESPONSES = 400, 330
"""The survey that is closed next to what is stored."""


@dataclass(frozen=True)
class Pages:
    """CPU seconds of one submission over HTTP, round by round."""

    app: list[float]
    database: list[float]
    log_bytes: float


def pages(server: OwnPostgres, students: int, say: Say) -> Pages:
    """Students walk every page of the real server."""
    server.command("CREATE DATABASE pages")
    app, theirs, log = [], [], server.log_bytes()
    with tempfile.TemporaryDirectory() as folder:
        warm = 16
        world = make_world(
            HERE, Path(folder), f"{server.address}/pages", count=ROUNDS * students + warm
        )
        with running(world) as one:
            _walk(one.address, take(world, warm))
            log = server.log_bytes()
            for _round in range(ROUNDS):
                cpu, there = one.cpu_seconds(), server.cpu_seconds()
                _walk(one.address, take(world, students))
                app.append((one.cpu_seconds() - cpu) / students)
                theirs.append((server.cpu_seconds() - there) / students)
            log = server.log_bytes() - log
    say(f"  pages: {1000 * sum(app) / ROUNDS:.1f} ms and {1000 * sum(theirs) / ROUNDS:.1f} ms")
    return Pages(app, theirs, log / (ROUNDS * students))


def _walk(address: str, codes: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, str(CLIENT), address, "4"],
        input="\n".join(codes),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])


@dataclass(frozen=True)
class Compared:
    """A comparison of so many schools, with its verification; and its charts and pages."""

    schools: int
    cpu: float
    memory: float = 0.0
    """In MB, of the whole process."""
    drawn: float = 0.0


def comparisons(sizes: Sequence[int], say: Say) -> list[Compared]:
    """In separate processes, so that memory and kept things are those of one."""
    done = []
    for size in sizes:
        command = [sys.executable, "-m", "benchmarks.certify", "--child", "compare", str(size)]
        told = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True)
        found = json.loads(told.stdout.splitlines()[-1])
        one = Compared(size, found[f"compare {size}"], found[f"memory {size}"])
        done.append(one)
        say(f"  comparison of {size}: {one.cpu:.1f} CPU s, {one.memory:.0f} MB")
    return done


@dataclass(frozen=True)
class Grown:
    """Clock seconds of one close and of one night, in a database that holds so much. `erased`: half
    of the answers stored were erased before."""

    codes: int
    gigabytes: float
    close: float
    night: float
    erased: bool = False


def closes(place: Place, stored: Sequence[int], say: Say) -> list[Grown]:
    """Closes the same survey again and again, next to more and more of others."""
    done = [_grown(place, 0, say)]
    ballast = Ballast(place)
    held = 0
    for wanted in stored:
        ballast.add(wanted - held)
        held = wanted
        done.append(_grown(place, held, say))
    ballast.erase_half()
    done.append(_grown(place, held, say, erased=True))
    return done


def _grown(place: Place, codes: int, say: Say, *, erased: bool = False) -> Grown:
    from benchmarks import nation

    with place.app.test_request_context():
        authority_id = _authority()
        wave = nation.school_of(place, CLOSED_ROLL, random.randrange(10**9), authority_id)
        printed = print_codes(wave, count=CLOSED_ROLL, year=None, today=nation.TODAY)
        given = nation.answers_of(CLOSED_ROLL, CLOSED_RESPONSES, 1)
        for _in in collect_with(wave, printed[:CLOSED_RESPONSES], given, today=nation.TODAY):  # type: ignore[arg-type]
            pass
        began = time.perf_counter()
        nation.close(wave)
        closed = time.perf_counter() - began
        began = time.perf_counter()
        retention.keep(place.app.extensions["settings"], today=nation.TODAY)
        night = time.perf_counter() - began
    found = Grown(codes, place.stored() / 1e9, closed, night, erased)
    say(f"  {codes} codes of others: close {closed:.2f} s, night {night:.2f} s")
    return found


def _authority() -> uuid.UUID:
    with begin() as db:
        name = f"Authority {uuid.uuid4().hex[:8]}"
        found: uuid.UUID = add_authority(db, name=name, nation=Nation.ENGLAND, by=None).authority_id
        return found


class Ballast:
    """Boxes and answers of other schools, written straight into the tables: random bytes of the
    true length, and answers of the sample under fresh keys."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._waves: list[OpenWave] = []
        with place.app.app_context(), database.engine.connect() as db:
            self._lengths = db.execute(
                text("SELECT max(length(tag)), max(length(receipt)), max(length(box))"
                     " FROM access_code")
            ).one()  # fmt: skip
            self._answers = list(db.scalars(text("SELECT answers FROM response LIMIT 500")))
        if self._lengths[0] is None:  # no survey is open now
            self._lengths = (32, 64, BOX_BYTES)

    def add(self, codes: int) -> None:
        from benchmarks import nation

        with self._place.app.test_request_context():
            authority_id = _authority()
            for _wave in range(max(1, codes // A_WAVE)):
                number = random.randrange(10**9)
                wave = nation.school_of(self._place, A_WAVE, number, authority_id)
                self._waves.append(wave)
                self._fill(wave, min(A_WAVE, codes))

    def _fill(self, wave: OpenWave, codes: int) -> None:
        """So many codes, half of which are closed already and are answers."""
        raw = database.engine.raw_connection()
        cursor = raw.driver_connection.cursor()
        for statement, rows in (
            (
                "COPY access_code (school_id, wave_id, code_hash, tag, receipt, box) FROM STDIN",
                ((wave.school_id, wave.wave_id, os.urandom(32), *self._random())
                 for _one in range(codes)),
            ),
            (
                "COPY response (school_id, wave_id, response_id, answers) FROM STDIN",
                ((wave.school_id, wave.wave_id, key, random.choice(self._answers))
                 for key in sorted(uuid.uuid4() for _one in range(codes // 2))),
            ),
        ):  # fmt: skip
            _copy(cursor, statement, rows)
        raw.commit()
        raw.close()

    def _random(self) -> Iterator[bytes]:
        return (os.urandom(length) for length in self._lengths)

    def erase_half(self) -> None:
        """The answers of every other school, as an erasure after a year does."""
        with self._place.app.app_context():
            with begin() as db:
                for wave in self._waves[::2]:
                    db.execute(
                        text("DELETE FROM response WHERE wave_id = :wave"), {"wave": wave.wave_id}
                    )
            options = {"isolation_level": "AUTOCOMMIT"}
            with database.engine.connect().execution_options(**options) as connection:
                connection.exec_driver_sql("VACUUM response")


def _copy(cursor: object, statement: str, rows: Iterator[tuple[object, ...]]) -> None:
    with cursor.copy(statement) as copy:  # type: ignore[attr-defined]
        for row in rows:
            copy.write_row(row)
