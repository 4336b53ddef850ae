"""Six leads who press at once, on SQLite, while students answer.

    nice -n 5 .venv/bin/python -m benchmarks.leads

A real server with two web workers and the worker that it keeps. Printed: how long a student's page
takes before and meanwhile, in which order the reports were made, and what each lead saw.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import threading
import time
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import select

from benchmarks import waiting_schools
from survey.database import begin, read
from survey.jobs.models import Job
from survey.releases import jobs as release_jobs
from survey.releases.job_subjects import RELEASE
from tests.conftest import settings_for
from tests.integration.responses.doors import make_codes
from tests.real_server import serving
from tests.world import build_world

EVERY = 0.25
"""Seconds between two pages of a student."""


@dataclass
class Student(threading.Thread):
    """Opens a card's first page again and again."""

    address: str
    took: list[float] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        super().__init__(daemon=True)

    def __hash__(self) -> int:
        return id(self)

    def run(self) -> None:
        while not self.stop.wait(EVERY):
            begun = time.perf_counter()
            with urllib.request.urlopen(self.address, timeout=60) as answer:
                answer.read()
            self.took.append(time.perf_counter() - begun)


def said(name: str, took: list[float]) -> None:
    cut = statistics.quantiles(took, n=100)
    words = f"p50 {1000 * cut[49]:.0f} ms, p95 {1000 * cut[94]:.0f} ms, p99 {1000 * cut[98]:.0f} ms"
    print(f"  {name:<26} {len(took):>5} pages  {words}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--students", type=int, default=400, help="answers of each school")
    parser.add_argument("--leads", type=int, default=6)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        settings = settings_for(f"sqlite:///{folder}/survey.db")
        app, known = waiting_schools.build(settings, chosen.leads, chosen.students)
        with app.test_request_context():
            world = build_world()
        codes = make_codes(app, world.own, count=4)
        with serving(settings, Path(folder), workers=2) as server:
            students = [Student(f"{server.address}/s/{code}") for code in codes]
            for one in students:
                one.start()
            time.sleep(20)
            quiet = [len(one.took) for one in students]
            begun = time.monotonic()
            waiting_schools.ask_for_all(app, known)
            told: list[int] = []
            with app.app_context():
                for one in known:
                    standing = release_jobs.standing(read(), one.school_id, one.wave_id)
                    told.append(-1 if standing is None else standing.ahead)
                read().rollback()
            while waiting_schools.left(app):
                waiting_schools.cancel_drawings(app)
                time.sleep(0.2)
            seconds = time.monotonic() - begun
            for one in students:
                one.stop.set()
        print(f"\n{chosen.leads} reports of {chosen.students} answers in {seconds:.1f} s")
        print(f"  jobs before each, as its lead was told: {told}")
        with app.app_context(), begin() as db:
            jobs = db.scalars(select(Job).where(Job.kind == RELEASE).order_by(Job.heard_at)).all()
            print(f"  made in this order: {[job.job_id for job in jobs]}, all "
                  f"{ {job.state.value for job in jobs} }")  # fmt: skip
        said("before", [t for one, n in zip(students, quiet, strict=True) for t in one.took[:n]])
        said("while reports were made",
             [t for one, n in zip(students, quiet, strict=True) for t in one.took[n:]])  # fmt: skip


if __name__ == "__main__":
    main()
