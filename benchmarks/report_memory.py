"""The memory of a worker that every page of every report was asked of: `python -m
benchmarks.report_memory`.

A real server with one worker, on a copy of a filled demo; the reader is another process. Pages are
crawled by the lead of each school and by the analyst of the authority, three times: the first
asks for the charts, the second shows them, and the third may add nothing.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import requests

from benchmarks.figures import Figure, table
from benchmarks.filled_demo import Filled, filled_demo
from survey.demo.fill_demo import PASSWORD
from survey.demo.server import running_server

GOAL_MB, GROWTH_MB = 250.0, 10.0
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
    print(table(measure(quick=False)))
