"""The first pages of a new process, and what they read: `python -m benchmarks.report_start`.

Measured on a copy of a filled demo: the one in `.demo`, or that of the settings in the environment.
Time is the CPU time of the app from the request to the last byte, in a process that has just been
started as a server starts it; the reader signs in first. What it reads of the database is all that
the page's statements return, in bytes.
"""

from __future__ import annotations

import argparse
import json
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import Engine, delete, event, func, select

from benchmarks.figures import Figure, middle, table
from benchmarks.filled_demo import Filled, Report, filled_demo
from survey.app import create_app, warm
from survey.database import begin, read
from survey.demo.fill_demo import PASSWORD
from survey.exports.made_files import WantedFile, make_ahead
from survey.releases.models import StoredRelease
from survey.reports.charts import stored_charts
from survey.reports.charts.stored_charts import FILE, StoredDrawing

GOAL = 0.1
READ_GOAL_KB = 100.0
"""The parts of a page, packed, with the rows of the reader, the survey and the school."""

FILE_GOAL = 0.4


def measure(*, quick: bool) -> Iterator[Figure]:
    with filled_demo() as filled:
        times = 3 if quick else 9
        for what, who, address in _pages(filled):
            found = [_in_a_new_process(who, address) for _turn in range(times)]
            seconds = middle(one["cold"] for one in found)
            yield Figure(f"first page of a new process: {what}", seconds, GOAL, "CPU s")
            if what == "report":
                yield Figure("  the same page again", middle(one["warm"] for one in found), None,
                             "CPU s")  # fmt: skip
                kilobytes = middle(one["bytes"] for one in found) / 1000
                yield Figure("  what it reads of the database", kilobytes, READ_GOAL_KB, "kB")
        yield from _files(filled.latest)
        yield from _sizes()


def _pages(filled: Filled) -> Iterator[tuple[str, str, str]]:
    one = filled.latest
    for what, page in (
        ("report", ""),
        ("chapter of places", "places"),
        ("a place", "places/toilets"),
        ("over time", "over-time"),
        ("three views", "views"),
    ):
        yield what, one.reader, one.address + page
    yield "shared places", filled.analyst, filled.shared_places
    if filled.comparison:
        yield "comparison", filled.analyst, filled.comparison


def _in_a_new_process(who: str, address: str) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.report_start", "--cold", who, address]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def _files(report: Report) -> Iterator[Figure]:
    """What a job needs for the files that are made with a report."""
    app = create_app()
    with app.app_context(), stored_charts.drawing_here():
        for name, what in (("governors.pdf", "report for governors"), ("report.xlsx", "workbook")):
            used = []
            for _turn in range(3):
                with begin() as db:
                    db.execute(delete(StoredDrawing).where(StoredDrawing.name.like(f"{FILE}%")))
                began = _cpu()
                make_ahead(WantedFile(report.address + name, "en"))
                used.append(_cpu() - began)
            note = "made with the report; nobody waits"
            yield Figure(f"{what}, made by a job", middle(used), FILE_GOAL, "CPU s", note=note)


def _cpu() -> float:
    return time.process_time()


def _sizes() -> Iterator[Figure]:
    app = create_app()
    with app.app_context():
        for column, what, goal in (
            (StoredRelease.document, "release", 150.0),
            (StoredRelease.certificate, "certificate", 600.0),
        ):
            # Without its type, the column is the packed bytes that are stored.
            most = read().scalar(select(func.max(func.length(column))))
            yield Figure(f"largest {what} of the demo, as stored", (most or 0) / 1000, goal, "kB")
        parts = select(func.sum(func.length(StoredDrawing.svg)))
        made = read().scalar(parts) or 0
        reports = read().scalar(select(func.count()).select_from(StoredRelease)) or 1
        note = "in the languages of staff; can be made again"
        each = made / reports / 1000
        yield Figure("charts, pages and files of a report, as stored", each, None, "kB", note=note)


class _Counted(sqlite3.Cursor):
    """Counts the bytes of what is fetched."""

    total = 0

    def fetchall(self) -> list[Any]:
        return [self._count(row) for row in super().fetchall()]

    def fetchone(self) -> Any:
        return self._count(super().fetchone())

    def fetchmany(self, size: int | None = None) -> list[Any]:
        return [self._count(row) for row in super().fetchmany(size or self.arraysize)]

    @staticmethod
    def _count(row: Any) -> Any:
        for value in row or ():
            _Counted.total += len(value) if isinstance(value, bytes | str) else 8
        return row


class _Connection(sqlite3.Connection):
    __module__ = "sqlite3"  # by which the app knows a connection to prepare

    def cursor(self, factory: Any = _Counted) -> Any:
        return super().cursor(factory)


def _cold(who: str, address: str) -> None:
    """Runs in the new process."""

    @event.listens_for(Engine, "do_connect")
    def _count(_dialect: Any, _record: Any, _arguments: Any, given: dict[str, Any]) -> None:
        given["factory"] = _Connection

    app = create_app()
    warm(app)  # as the server's own start does
    app.config["WTF_CSRF_ENABLED"] = False
    client = app.test_client()
    answer = client.post("/sign-in", data={"email": who, "password": PASSWORD})
    if answer.status_code != 302:
        raise RuntimeError(f"{who} cannot sign in, {answer.status}: is this a demo?")
    before = _Counted.total
    cold = _seconds(client, address)
    fetched = _Counted.total - before
    warmed = [_seconds(client, address) for _turn in range(5)]
    print(json.dumps({"cold": cold, "warm": middle(warmed), "bytes": fetched}))


def _seconds(client: FlaskClient, address: str) -> float:
    began = _cpu()
    answer = client.get(address)
    took = _cpu() - began
    if answer.status_code != 200 or "Refresh" in answer.headers:
        raise RuntimeError(f"{address}: {answer.status_code}")
    return took


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cold", nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.cold:
        _cold(*given.cold)
    else:
        print(table(measure(quick=False)))


if __name__ == "__main__":
    main()
