"""How much a student costs: `python -m benchmarks.submissions [--postgres ADDRESS]`.

A real server with two workers; students walk every page and send, 1, 4 and 16 at once. Printed are
submissions a second, CPU seconds of the server for each, and bytes over the wire. The students are
threads of this process and take their share of the machine, so the rate is a lower bound; the CPU
seconds are those of the server's processes alone.
"""

from __future__ import annotations

import argparse
import html
import os
import re
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import brotli
from sqlalchemy import create_engine, text

from survey.app import alembic, create_app
from survey.settings import Settings
from tests.conftest import settings_for
from tests.integration.responses.doors import make_codes, rows
from tests.real_server import serving
from tests.world import build_world

AT_ONCE = (1, 4, 16)
WORKERS = 2
YEAR = 9
HIDDEN = re.compile(r'<input type="hidden" name="([^"]*)" value="([^"]*)">')
CHOICE = re.compile(r'<input type="(?:radio|checkbox)" name="([^"]*)" value="([^"]*)"')
BOX = re.compile(r'<textarea [^>]*name="([^"]*)"')
SEE_OTHER = 303
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Walk:
    """One submission: how many pages, how many bytes came, and how long it took."""

    pages: int
    first_page_bytes: int
    largest_page_bytes: int
    all_bytes: int
    seconds: float


def walk(address: str, code: str) -> Walk:
    """Every page as a student, with an answer to everything, to the thanks."""
    started = time.perf_counter()
    connection = HTTPConnection(urlsplit(address).netloc, timeout=60)
    sizes: list[int] = []
    told: list[int] = []

    path = f"/s/{code}"

    def ask(method: str, fields: dict[str, str] | None = None) -> str:
        """A page, by way of the address that a form is answered with."""
        nonlocal path
        body = urlencode(fields) if fields else None
        headers = {"Accept-Encoding": "br"}
        if body:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        connection.request(method, path, body, headers)
        answer: HTTPResponse = connection.getresponse()
        page = answer.read()
        if answer.status == SEE_OTHER:
            path = answer.headers["Location"]
            told.append(len(str(answer.headers)))
            return ask("GET")
        if answer.status != 200:
            raise RuntimeError(f"{answer.status}: {page[:200]!r}")
        sizes.append(len(page) + len(str(answer.headers)))
        packed = answer.headers.get("Content-Encoding") == "br"
        return (brotli.decompress(page) if packed else page).decode()

    page, at = ask("GET"), "start"
    while at != "send":
        fields = {name: html.unescape(value) for name, value in HIDDEN.findall(page)}
        at = fields["at"]
        for name, value in CHOICE.findall(page):
            fields.setdefault(name, value)
        for name in BOX.findall(page):
            fields[name] = "More lights by the gate"
        page = ask("POST", fields | {"go": "send" if at == "send" else "next"})
    if "Thank you" not in page:
        raise RuntimeError("no thanks")
    connection.close()
    return Walk(
        len(sizes), sizes[0], max(sizes[1:]), sum(sizes) + sum(told), time.perf_counter() - started
    )


def cpu_seconds(group: int) -> float:
    """CPU seconds so far of all processes of a process group."""
    ticks = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            # The second field is a name in brackets and may hold anything; the rest is numbers.
            after = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it ended while we were looking
        if int(after[2]) == group:
            ticks += sum(int(field) for field in after[11:15])
    return ticks / TICKS


def measure(settings: Settings, folder: Path, submissions: int) -> Iterator[str]:
    """A line of the table for each number of students at once."""
    app = create_app(settings, testing=True)
    with app.app_context():
        alembic.upgrade()
        world = build_world()
    with serving(settings, folder, workers=WORKERS) as server:
        for code in make_codes(app, world.own, year=YEAR, count=2 * WORKERS):
            walk(server.address, code)  # every worker has parsed the questionnaire
        stored = len(rows(app, "response"))
        for students in AT_ONCE:
            codes = make_codes(app, world.own, year=YEAR, count=submissions)
            before, started = cpu_seconds(server.process.pid), time.perf_counter()
            with ThreadPoolExecutor(students) as pool:
                walks = list(pool.map(lambda code: walk(server.address, code), codes))
            seconds = time.perf_counter() - started
            cpu = cpu_seconds(server.process.pid) - before
            stored += submissions
            if len(rows(app, "response")) != stored:
                raise RuntimeError("a response is missing")
            slowest = max(one.seconds / one.pages for one in walks)
            yield (
                f"{students:>8} {submissions / seconds:>13.1f} {cpu / submissions:>14.4f}"
                f" {1000 * slowest:>12.0f} {walks[0].pages:>6} {walks[0].first_page_bytes:>11,}"
                f" {max(one.largest_page_bytes for one in walks):>14,} {walks[0].all_bytes:>10,}"
            )


HEAD = (
    f"{'students':>8} {'submissions/s':>13} {'server CPU s':>14} {'ms per page':>12} {'pages':>6}"
    f" {'first bytes':>11} {'largest bytes':>14} {'all bytes':>10}\n"
    f"{'at once':>8} {'':>13} {'per submission':>14} {'slowest':>12}"
)


@contextmanager
def fresh_postgres(address: str) -> Iterator[str]:
    """A separate database on a server, gone afterwards."""
    engine = create_engine(f"{address}/postgres", isolation_level="AUTOCOMMIT")
    name = f"benchmark_{uuid.uuid4().hex}"
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    try:
        yield f"{address}/{name}"
    finally:
        with engine.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
        engine.dispose()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--submissions", type=int, default=48, help="for each line of the table")
    parser.add_argument("--postgres", metavar="ADDRESS", help="postgresql+psycopg://user@host:port")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        print(f"SQLite, {WORKERS} workers\n{HEAD}")
        settings = settings_for(f"sqlite:///{folder}/survey.db")
        for line in measure(settings, Path(folder), given.submissions):
            print(line, flush=True)
        if given.postgres:
            with fresh_postgres(given.postgres) as address:
                print(f"\nPostgreSQL, {WORKERS} workers\n{HEAD}")
                for line in measure(settings_for(address), Path(folder), given.submissions):
                    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
