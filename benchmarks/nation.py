"""A nation, simulated: `make nation`, or `python -m benchmarks.nation [--schools 5]`.

4,200 schools of real sizes and 3.5 million responses. A sample of the schools, spread evenly over
all sizes, goes through the product on a separate PostgreSQL: cards, sealed boxes, close,
certified report, its charts, pages and files. CPU seconds, bytes and the write-ahead log are
measured at each school, a straight line is put through them, and the nation is what the line says,
with its error. The certified reports of the sample are compared. Pages are walked, more and more
schools are compared, and the tables are filled with the boxes and answers of others, to see what
grows with what is stored. ``--keep FILE`` writes down what was measured, ``--show FILE`` prints the
tables of it again.

The answers are invented. Docs: `docs/scale.md`.
"""

from __future__ import annotations

import argparse
import json
import logging
import random
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path
from resource import RUSAGE_CHILDREN, RUSAGE_SELF, getrusage
from typing import Any

from flask import Flask

from benchmarks import nation_growth, nation_report
from benchmarks.nation_sizes import response_rate, rolls
from benchmarks.own_postgres import OwnPostgres, own_postgres
from survey.app import alembic, create_app
from survey.campaigns import operations
from survey.campaigns.models import Programme
from survey.database import begin, database
from survey.demo.fieldwork import HELPER, OpenWave, collect_with, print_codes
from survey.demo.parameters import SCHOOL_SPREAD
from survey.demo.simulated_students import SchoolEffect, draw_answers, draw_student
from survey.errors import SurveyError
from survey.exports.prerender import draw_comparison, draw_report
from survey.jobs.process_pool import ProcessPool
from survey.organisations.models import Nation, Phase
from survey.organisations.operations import add_authority, add_school
from survey.questionnaires.adapt import Adaptation
from survey.questionnaires.load import load_all
from survey.releases import operations as release_operations
from survey.releases.certified_figures import NotCertifiedError
from survey.rendering.renderer import renderer
from survey.reports.comparisons import operations as comparison_operations
from survey.reports.comparisons.comparison_document import Comparison
from survey.responses.ballot_box import opening
from tests.conftest import settings_for
from tests.two_people import agree

TEMPLATE = ("safety", "2026.3")
TODAY = date(2026, 11, 24)
YEARS = {7: 10, 8: 10, 9: 10, 10: 10, 11: 10, 12: 4, 13: 4}
"""The share of each year group in a school."""

TABLES = ("access_code", "response", "free_text", "release")
DRAWN = ("drawing",)


InvitedBy = tuple[uuid.UUID, uuid.UUID]
"""An authority and its programme."""


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
    bytes_drawn: int = 0
    """Charts, pages and files, until they are thrown away."""

    @classmethod
    def of(cls, kept: dict[str, Any]) -> Measured:
        steps = {name: Used(**used) for name, used in kept.pop("steps").items()}
        return cls(**kept, steps=steps)


@dataclass(frozen=True)
class Place:
    """Where the nation is simulated."""

    app: Flask
    server: OwnPostgres
    name: str
    pool: ProcessPool

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

    def stored(self, tables: Sequence[str] = TABLES) -> int:
        """Bytes of all tables that grow with answers, with their indexes."""
        sizes = " + ".join(f"pg_total_relation_size('{table}')" for table in tables)
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


def school_of(
    place: Place,
    roll: int,
    number: int,
    authority_id: uuid.UUID,
    programme_id: uuid.UUID | None = None,
) -> OpenWave:
    """A school with an open survey, in a programme of its authority if one is given."""
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
        if programme_id is not None:
            programme = db.get_one(Programme, (authority_id, programme_id))
            campaign = operations.invite(
                db, programme=programme, school_id=school.school_id, by=None
            )
        else:
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


def start(place: Place) -> InvitedBy:
    """The authority of the sample, and its programme."""
    with place.app.test_request_context(), begin() as db:
        authority = add_authority(db, name="Nation", nation=Nation.ENGLAND, by=None)
        programme = operations.start_programme(
            db,
            authority_id=authority.authority_id,
            title="How safe are our schools?",
            template_key=TEMPLATE[0],
            template_version=TEMPLATE[1],
            by=None,
        )
        return programme.authority_id, programme.programme_id


def hold(place: Place, roll: int, number: int, invited_by: InvitedBy) -> Measured:
    """One school from its cards to its report."""
    responses = round(roll * response_rate())
    made = Measured(roll, responses)
    given = answers_of(roll, responses, number)  # drawing them is not the product's work
    before = place.stored()
    with place.app.test_request_context(), place.step(made, "cards"):
        wave = school_of(place, roll, number, *invited_by)
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
    drawn = place.stored(DRAWN)
    with place.step(made, "draw"):
        draw(place, wave)
    made.bytes_drawn = place.stored(DRAWN) - drawn
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


def draw(place: Place, wave: OpenWave) -> None:
    """What the job after the report does: charts, pages and files in each language of staff."""
    with place.app.app_context():
        draw_report(wave.school_id, wave.wave_id)
    renderer.close()  # so that its CPU seconds are counted here


def compare(place: Place, programme: InvitedBy) -> nation_growth.Compared | None:
    """The schools of the sample compared as one authority, and the charts and pages of that."""
    began = _cpu()
    with place.app.test_request_context():
        try:
            with begin() as db:
                one = db.get_one(Programme, programme)
                made = comparison_operations.make(db, programme=one, number=1, by=None, today=TODAY)
                schools = len(Comparison.from_json(made.document).schools)
        except SurveyError as refused:
            say(f"  the sample is not compared: {refused.message}")
            return None
        done = nation_growth.Compared(schools, _cpu() - began)
    began = _cpu()
    with place.app.app_context():
        draw_comparison(*programme, 1)
    renderer.close()
    drawn = _cpu() - began
    say(f"  {schools} certified reports compared: {done.cpu:.1f} CPU s, drawn: {drawn:.1f}")
    return replace(done, drawn=drawn)


def simulate(place: Place, sizes: Sequence[int], programme: InvitedBy) -> list[Measured]:
    done = []
    for number, roll in enumerate(mixed(sizes)):
        try:
            done.append(one := hold(place, roll, number, programme))
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
    with own_postgres() as server, tempfile.TemporaryDirectory() as folder, ProcessPool() as pool:
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


@dataclass
class Found:
    """All that one run measured."""

    sample: list[Measured]
    pages: nation_growth.Pages
    compared: list[nation_growth.Compared]
    certified: nation_growth.Compared | None = None
    grown: list[nation_growth.Grown] = field(default_factory=list)

    @classmethod
    def of(cls, kept: dict[str, Any]) -> Found:
        certified = kept["certified"]
        return cls(
            [Measured.of(one) for one in kept["sample"]],
            nation_growth.Pages(**kept["pages"]),
            [nation_growth.Compared(**one) for one in kept["compared"]],
            nation_growth.Compared(**certified) if certified else None,
            [nation_growth.Grown(**one) for one in kept["grown"]],
        )

    def keep(self, file: Path | None) -> None:
        if file:
            file.write_text(json.dumps(asdict(self), indent=1), encoding="utf-8")


def say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


def measure(chosen: argparse.Namespace) -> None:
    """Print the tables as they become whole; keep what is measured after each part."""
    with somewhere() as place:
        pages = nation_growth.pages(place.server, chosen.students, say)
        found = Found([], pages, nation_growth.comparisons(chosen.compared, say))
        found.keep(chosen.keep)
        programme = start(place)
        found.sample = simulate(place, chosen.rolls or rolls(chosen.schools), programme)
        found.keep(chosen.keep)
        found.certified = compare(place, programme)
        found.keep(chosen.keep)
        print(nation_report.whole(found), flush=True)
        found.grown = nation_growth.closes(place, chosen.stored, say)
        found.keep(chosen.keep)
        print(nation_report.growth(found.grown))


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--schools", type=int, default=5, help="of the sample, 3 or more")
    parser.add_argument("--rolls", type=int, nargs="+", help="these schools, to try it out")
    parser.add_argument("--students", type=int, default=60, help="who walk the pages, each round")
    parser.add_argument("--stored", type=int, nargs="+", default=[20_000, 40_000, 80_000])
    parser.add_argument("--compared", type=int, nargs="+", default=[10, 20, 40, 80])
    parser.add_argument("--keep", type=Path, help="a file for what is measured")
    parser.add_argument("--show", type=Path, help="print the tables of such a file")
    chosen = parser.parse_args()
    logging.disable(logging.INFO)
    if chosen.show:
        found = Found.of(json.loads(chosen.show.read_text(encoding="utf-8")))
        print(nation_report.whole(found))
        print(nation_report.growth(found.grown))
        return
    began = time.monotonic()
    measure(chosen)
    print(f"\nSimulated in {time.monotonic() - began:.0f} s.")


if __name__ == "__main__":
    main()
