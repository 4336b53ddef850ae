"""The memory of a worker that every page of every report was asked of: `python -m
benchmarks.report_memory`.

A real server with one worker, on a copy of a filled demo; the reader is another process. Pages are
crawled by the lead of each school and by the analyst of the authority, three times: the first
asks for the charts, the second shows them, and the third may add nothing.

`--requests 30000` asks the same worker for pages of students and of reports by turns, and says
after each 5,000 requests what it holds.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import requests
from sqlalchemy import select

from benchmarks.figures import Figure, table
from benchmarks.filled_demo import Filled, filled_demo
from benchmarks.servers import ROOT
from survey.app import create_app
from survey.campaigns import access_codes
from survey.campaigns.models import Campaign, Wave
from survey.campaigns.states import WaveState
from survey.database import begin, read
from survey.demo.fill_demo import PASSWORD
from survey.demo.server import running_server

GOAL_MB, GROWTH_MB = 250.0, 10.0
MADE_BEFORE = 4_000
"""More codes than the demo has made for a year group."""

STEP, STUDENTS_A_TURN, REQUESTS_A_SUBMISSION = 5_000, 20, 72
PATIENCE_SECONDS = 60.0
TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')
LINK = re.compile(r'href="([^"#?]+)"')


def measure(*, quick: bool) -> Iterator[Figure]:
    """Quick: the reports of two schools."""
    with filled_demo(draws=False) as filled, running_server() as server:
        _crawl(server, filled, quick=quick)  # charts are drawn elsewhere meanwhile
        pages = _crawl(server, filled, quick=quick)
        first = _memory()
        again = _crawl(server, filled, quick=quick)
        last = _memory()
        note = f"{pages} pages of {len(_readers(filled, quick=quick))} readers; nothing drawn ahead"
        yield Figure("memory of a worker after every page", first, GOAL_MB, "MB", note=note)
        what = f"  after the same {again} pages again"
        yield Figure(what, last - first, GROWTH_MB, "MB more")


def by_turns(requests_wanted: int) -> Iterator[Figure]:
    """Pages of students and of reports by turns, from one worker."""
    done, marks = 0, [0.0]
    with filled_demo(draws=False) as filled:
        codes = iter(_codes(STUDENTS_A_TURN + requests_wanted // REQUESTS_A_SUBMISSION))
        with running_server() as server:
            while done < requests_wanted:
                some = [next(codes) for _student in range(STUDENTS_A_TURN)]
                client = [sys.executable, str(ROOT / "benchmarks/student_client.py"), server, "4"]
                subprocess.run(client, input="\n".join(some), text=True, check=True,
                               stdout=subprocess.DEVNULL)  # fmt: skip
                done += len(some) * REQUESTS_A_SUBMISSION + _crawl(server, filled, quick=False)
                if done >= STEP * len(marks):
                    marks.append(_memory())
                    print(f"{done:,} requests: {marks[-1]:.1f} MB", file=sys.stderr, flush=True)
    note = ", ".join(f"{mark:.0f}" for mark in marks[1:])
    yield Figure(f"memory of a worker after {done:,} requests", marks[-1], GOAL_MB, "MB")
    yield Figure(
        "  growth from the first 5,000 on", marks[-1] - marks[1], GROWTH_MB, "MB", note=note
    )


def _codes(count: int) -> tuple[str, ...]:
    """Codes for the open survey of students."""
    app = create_app()
    with app.app_context(), begin() as db:
        wave = (
            read()
            .scalars(
                select(Wave)
                .join(Campaign, Campaign.campaign_id == Wave.campaign_id)
                .where(Wave.state == WaveState.OPEN, Campaign.programme_id.is_not(None))
            )
            .first()
        )
        assert wave, "the demo has an open survey"
        key = app.extensions["settings"].code_key
        made = access_codes.make_codes(
            door=wave.door, year=9, count=count, key=key, before=MADE_BEFORE
        )
        access_codes.store(db, wave=wave, codes=made, key=key)
    return made


def _readers(filled: Filled, *, quick: bool) -> dict[str, list[str]]:
    """Where each reader begins."""
    found: dict[str, list[str]] = {}
    for one in filled.reports:
        found.setdefault(one.reader, []).append(one.address)
    if quick:
        found = dict(list(found.items())[:2])
    found[filled.analyst] = [filled.shared_places]
    if filled.comparison:
        found[filled.analyst].append(filled.comparison)
    return found


def _crawl(server: str, filled: Filled, *, quick: bool) -> int:
    count = 0
    for who, starts in _readers(filled, quick=quick).items():
        with requests.Session() as client:
            form = client.get(f"{server}/sign-in", timeout=PATIENCE_SECONDS).text
            (token,) = TOKEN.findall(form)[:1]
            given = {"email": who, "password": PASSWORD, "csrf_token": token}
            client.post(f"{server}/sign-in", data=given, timeout=PATIENCE_SECONDS)
            for start in starts:
                count += _crawl_from(client, server, start)
    return count


def _crawl_from(client: requests.Session, server: str, start: str) -> int:
    waiting, met = [start], {start}
    while waiting:
        address = waiting.pop()
        page = client.get(server + address, timeout=PATIENCE_SECONDS)
        if page.status_code != 200:
            raise RuntimeError(f"{address}: {page.status_code}")
        for link in LINK.findall(page.text):
            is_page = "." not in link.rpartition("/")[2]
            if link.startswith(start) and is_page and link not in met:
                met.add(link)
                waiting.append(link)
    return len(met)


def _memory() -> float:
    """Megabytes that the largest process of the server holds: its one worker."""
    found = 0
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            text = status.read_text(encoding="utf-8")
            parents = _parents(int(status.parent.name))
        except (OSError, ValueError):  # it ended meanwhile
            continue
        command = (status.parent / "cmdline").read_bytes()
        if os.getpid() in parents and b"granian" in command:
            resident = re.search(r"VmRSS:\s+(\d+) kB", text)
            found = max(found, int(resident[1]) if resident else 0)
    return found / 1000


def _parents(process: int) -> list[int]:
    found: list[int] = []
    while process > 1:
        stat = Path(f"/proc/{process}/stat").read_text(encoding="utf-8")
        process = int(stat.rpartition(")")[2].split()[1])
        found.append(process)
    return found


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--requests", type=int, help="pages of students and of reports by turns")
    given = parser.parse_args()
    print(table(by_turns(given.requests) if given.requests else measure(quick=False)))
