"""A nation, simulated: `make nation`, or `python -m benchmarks.nation [--schools 5]`.

4,200 schools of real sizes and 3.5 million responses. A sample of the schools, spread evenly over
all sizes, goes through the product on a separate PostgreSQL: cards, sealed boxes, close,
certified report. CPU seconds, bytes and the write-ahead log are measured at each school, a straight
line is put through them, and the nation is what the line says, with its error. Then pages are
walked, schools are compared, and the tables are filled with the boxes and answers of others, to see
what grows with what is stored.

The answers are invented. Docs: `docs/scale.md`.
"""

from __future__ import annotations

import argparse
import logging
import random
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from resource import RUSAGE_CHILDREN, RUSAGE_SELF, getrusage

from flask import Flask

from benchmarks import nation_growth, nation_report
from benchmarks.nation_sizes import response_rate, rolls
from benchmarks.own_postgres import OwnPostgres, own_postgres
from survey.app import alembic, create_app
from survey.campaigns import operations
from survey.database import begin, database
from survey.demo.fieldwork import HELPER, OpenWave, collect_with, print_codes
from survey.demo.parameters import SCHOOL_SPREAD
from survey.demo.students import SchoolEffect, draw_answers, draw_student
from survey.jobs.pool import Pool
from survey.organisations.models import Nation, Phase
from survey.organisations.operations import add_authority, add_school
from survey.questionnaires.adapt import Adaptation
from survey.questionnaires.load import load_all
from survey.releases import operations as release_operations
from survey.releases.gate import NotCertifiedError
from survey.responses.ballot_box import opening
from tests.conftest import settings_for
from tests.two_people import agree

TEMPLATE = ("safety", "2026.3")
TODAY = date(2026, 11, 24)
YEARS = {7: 10, 8: 10, 9: 10, 10: 10, 11: 10, 12: 4, 13: 4}
"""The share of each year group in a school."""

TABLES = ("access_code", "response", "free_text", "release")


@dataclass
class Used:
    """What one step at one school took."""

    app: float = 0.0
    database: float = 0.0
    log_bytes: int = 0
    clock: float = 0.0


@dataclass
class Measured:
    """What a school of the sample took, step by step."""

    roll: int
    responses: int
    steps: dict[str, Used] = field(default_factory=dict)
    bytes_open: int = 0
    bytes_closed: int = 0
    bytes_report: int = 0


@dataclass(frozen=True)
class Place:
    """Where the nation is simulated."""

    app: Flask
    server: OwnPostgres
    name: str
    pool: Pool

    @contextmanager
    def step(self, school: Measured, name: str) -> Iterator[None]:
        """Adds what is used meanwhile to a step of a school."""
        cpu, theirs, log = _cpu(), self.server.cpu_seconds(), self.server.log_bytes()
        clock = time.perf_counter()
        yield
        used = school.steps.setdefault(name, Used())
        used.clock += time.perf_counter() - clock
        used.app += _cpu() - cpu
        used.database += self.server.cpu_seconds() - theirs
        used.log_bytes += self.server.log_bytes() - log

    def stored(self) -> int:
        """Bytes of all tables that grow with answers, with their indexes."""
        sizes = " + ".join(f"pg_total_relation_size('{table}')" for table in TABLES)
        return self.server.scalar(f"SELECT {sizes}", self.name)


def _cpu() -> float:
    spent = [getrusage(whose) for whose in (RUSAGE_SELF, RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in spent)


def years_of(roll: int) -> dict[int, int]:
    """The students of each year group of a school."""
    total = sum(YEARS.values())
    years = {year: round(roll * share / total) for year, share in YEARS.items()}
    years[min(YEARS)] += roll - sum(years.values())
    return years


def school_of(place: Place, roll: int, number: int, authority_id: uuid.UUID) -> OpenWave:
    """A school with an open survey."""
    with begin() as db:
        school = add_school(
            db,
            name=f"School {number:04}",
            nation=Nation.ENGLAND,
            phase=Phase.SECONDARY,
            roll={str(year): count for year, count in years_of(roll).items()},
            authority_id=authority_id,
            by=None,
        )
        campaign = operations.start_campaign(
            db,
            school_id=school.school_id,
            template_key=TEMPLATE[0],
            template_version=TEMPLATE[1],
            title="How safe is it here?",
            by=None,
        )
        operations.save_draft(
            db, campaign=campaign, adaptation=Adaptation(contacts=(HELPER,)), by=None
        )
        (wave,) = campaign.waves
        closes = TODAY + timedelta(days=12)
        operations.launch(db, wave=wave, closes_on=closes, today=TODAY, by=None)
        code_key = place.app.extensions["settings"].code_key
        return OpenWave(school.school_id, wave.wave_id, code_key)


def answers_of(roll: int, responses: int, seed: int) -> list[dict[str, object]]:
    """What the students of a school answer."""
    questionnaire, draw = load_all()[TEMPLATE], random.Random(seed)
    effect = SchoolEffect(draw.gauss(0, SCHOOL_SPREAD), {"toilets": 1.0}, "lunch")
    years = draw.sample(
        [year for year, count in years_of(roll).items() for _one in range(count)], responses
    )
    return [
        dict(draw_answers(questionnaire, draw_student(year, draw), effect, draw)) for year in years
    ]


def hold(place: Place, roll: int, number: int, authority_id: uuid.UUID) -> Measured:
    """One school from its cards to its report."""
    responses = round(roll * response_rate())
    made = Measured(roll, responses)
    given = answers_of(roll, responses, number)  # drawing them is not the product's work
    before = place.stored()
    with place.app.test_request_context(), place.step(made, "cards"):
        wave = school_of(place, roll, number, authority_id)
        codes = print_codes(wave, count=roll, year=None, today=TODAY)
    with place.app.test_request_context(), place.step(made, "store boxes"):
        for _in in collect_with(wave, codes[:responses], given, today=TODAY):  # type: ignore[arg-type]
            pass
    made.bytes_open = place.stored() - before
    with place.app.test_request_context(), place.step(made, "close"):
        close(wave)
    made.bytes_closed = place.stored() - before
    with place.app.test_request_context(), place.step(made, "certify"):
        certify(place, wave)
    made.bytes_report = place.stored() - before - made.bytes_closed
    return made


def close(wave: OpenWave) -> None:
    with begin() as db:
        found = operations.find_wave(db, wave.school_id, wave.wave_id)
        release_operations.close(db, wave=found, today=TODAY, by=None)
    opening.finish(school_id=wave.school_id, wave_id=wave.wave_id, by=None)


def certify(place: Place, wave: OpenWave) -> None:
    with begin() as db:
        found = operations.find_wave(db, wave.school_id, wave.wave_id)
        agree(db, found, TODAY)
        release_operations.make(db, wave=found, by=None, today=TODAY, each=place.pool.each)
    place.pool.close()  # so that the CPU seconds of its processes are counted here


def simulate(place: Place, sizes: Sequence[int], say: Callable[[str], None]) -> list[Measured]:
    with place.app.test_request_context(), begin() as db:
        authority = add_authority(db, name="Nation", nation=Nation.ENGLAND, by=None)
        authority_id = authority.authority_id
    done = []
    for number, roll in enumerate(mixed(sizes)):
        try:
            done.append(one := hold(place, roll, number, authority_id))
        except NotCertifiedError:
            say(f"  {number + 1} of {len(sizes)}: {roll} on roll: NOT CERTIFIED, so not counted")
            continue
        used = ", ".join(
            f"{name} {step.app + step.database:.1f}" for name, step in one.steps.items()
        )
        say(f"  {number + 1} of {len(sizes)}: {roll} on roll, CPU s: {used}")
    return done


def mixed(sizes: Sequence[int]) -> list[int]:
    """Small and large in turn, so that what grows with the database is not taken for size."""
    shuffled = list(sizes)
    random.Random(1).shuffle(shuffled)
    return shuffled


@contextmanager
def somewhere() -> Iterator[Place]:
    """The product on a separate PostgreSQL."""
    with own_postgres() as server, tempfile.TemporaryDirectory() as folder, Pool() as pool:
        server.command("CREATE DATABASE nation")
        keys = Path(folder) / "keys"
        keys.mkdir(mode=0o700)
        settings = settings_for(
            f"{server.address}/nation", key_folder=str(keys), ledger=f"{folder}/ledger"
        )
        app = create_app(settings, testing=True)
        with app.app_context():
            alembic.upgrade()
            database.engine.dispose()
        yield Place(app, server, "nation", pool)
        with app.app_context():
            database.engine.dispose()


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--schools", type=int, default=5, help="of the sample, 3 or more")
    parser.add_argument("--rolls", type=int, nargs="+", help="these schools, to try it out")
    parser.add_argument("--students", type=int, default=60, help="who walk the pages, each round")
    parser.add_argument("--stored", type=int, nargs="+", default=[20_000, 40_000, 80_000])
    parser.add_argument("--compared", type=int, nargs="+", default=[10, 20, 40])
    chosen = parser.parse_args()
    logging.disable(logging.INFO)

    def say(words: str) -> None:
        print(words, file=sys.stderr, flush=True)

    began = time.monotonic()
    with somewhere() as place:
        pages = nation_growth.pages(place.server, chosen.students, say)
        compared = nation_growth.comparisons(chosen.compared, say)
        sample = simulate(place, chosen.rolls or rolls(chosen.schools), say)
        print(nation_report.whole(sample, pages, compared), flush=True)
        grown = nation_growth.closes(place, chosen.stored, say)
        print(nation_report.growth(grown))
    print(f"\nSimulated in {time.monotonic() - began:.0f} s.")


if __name__ == "__main__":
    main()
