"""Several workers on one PostgreSQL: how long so many reports take, one of the workers killed.

    nice -n 10 .venv/bin/python -m benchmarks.workers --schools 30 --students 400

Each run begins from a copy of the same database: 1, 2 and 3 workers, then 3 of which one is killed
halfway. Each worker uses one processor. The bytes of all reports and certificates must be the same
in every run, each school must have exactly one report, and no job may be begun twice unless its
worker was killed: otherwise the command ends with an error.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass

from benchmarks import waiting_schools
from survey.app import create_app
from survey.database import database
from survey.jobs import worker_starter
from tests.integration.reports.schools import Known
from tests.real_server import environment

RUNS = ((1, False), (2, False), (3, False), (3, True))
LONGEST = 1800.0


@dataclass(frozen=True)
class Run:
    """One run: seconds, processor seconds of the workers, and what is stored at its end."""

    seconds: float
    cpu: float
    reports: int
    begun_again: int
    fingerprint: str


def run(template: str, keys: str, known: list[Known], workers: int, kill: bool) -> Run:
    """The reports of all schools by so many workers."""
    with waiting_schools.postgres_database(template) as name:
        settings = waiting_schools.postgres_settings(name, keys)
        app = create_app(settings, testing=True)
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        processes = [
            subprocess.Popen(
                [*worker_starter.COMMAND, "--processes", "1"], env=environment(settings)
            )
            for _ in range(workers)
        ]
        time.sleep(12)  # the processes start: what is measured is the work
        begun = time.monotonic()
        waiting_schools.ask_for_all(app, known)
        killed = not kill
        while (left := waiting_schools.left(app)) and time.monotonic() - begun < LONGEST:
            if not killed and left <= len(known) // 2:
                processes[0].kill()
                killed = True
            waiting_schools.cancel_drawings(app)
            time.sleep(0.2)
        seconds = time.monotonic() - begun
        waiting_schools.cancel_drawings(app)
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait()
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        count, fingerprint = waiting_schools.fingerprint(app)
        again = waiting_schools.begun_again(app)
        with app.app_context():
            database.engine.dispose()
    return Run(seconds, cpu, count, again, fingerprint)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--schools", type=int, default=30)
    parser.add_argument("--students", type=int, default=400)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as keys, waiting_schools.postgres_database() as template:
        os.chmod(keys, 0o700)
        settings = waiting_schools.postgres_settings(template, keys)
        _app, known = waiting_schools.build(settings, chosen.schools, chosen.students)
        print(f"\n{chosen.schools} schools of {chosen.students} answers, one processor a worker")
        print(
            f"{'workers':<22}{'seconds':>9}{'CPU s':>8}{'load':>6}{'reports':>9}{'again':>7}  bytes"
        )
        runs = []
        for workers, kill in RUNS:
            done = run(template, keys, known, workers, kill)
            runs.append(done)
            name = f"{workers}, one killed halfway" if kill else str(workers)
            print(
                f"{name:<22}{done.seconds:>9.1f}{done.cpu:>8.1f}{os.getloadavg()[0]:>6.1f}"
                f"{done.reports:>9}{done.begun_again:>7}  {done.fingerprint}",
                flush=True,
            )
    if len({done.fingerprint for done in runs}) != 1:
        sys.exit("The bytes of the reports differ.")
    if any(done.reports != chosen.schools for done in runs):
        sys.exit("A report is missing, or was made twice.")
    if any(done.begun_again for done, (_, kill) in zip(runs, RUNS, strict=True) if not kill):
        sys.exit("A report was begun twice although no worker died.")


if __name__ == "__main__":
    main()
