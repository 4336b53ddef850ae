"""How long a newcomer waits for the demo: `python -m benchmarks.demo_start`.

The environment is there (`make setup` takes about 40 seconds more, once). Time by the clock, from
the start of the command to the addresses it prints, and to the first page of a report that its
printed sign-in reads. The demo is then stopped; its other schools are filled while it is served.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import requests

from benchmarks.figures import Figure, table
from benchmarks.filled_demo import starting_demo
from benchmarks.report_memory import PATIENCE_SECONDS, TOKEN
from survey.demo.fill_demo import PASSWORD
from survey.demo.server import free_port

LINKS_GOAL, REPORT_GOAL = 90.0, 95.0
LEAD = "lead@demo.example"


def measure(*, quick: bool) -> Iterator[Figure]:  # noqa: ARG001  it takes as long as it takes
    port = free_port()
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder, starting_demo(Path(folder), port) as report:
        yield Figure("demo, to its printed links", time.monotonic() - began, LINKS_GOAL, "s")
        _read(f"http://127.0.0.1:{port}", report)
        yield Figure("demo, first report read", time.monotonic() - began, REPORT_GOAL, "s")


def _read(server: str, report: str) -> None:
    """Signs in as its lead and reads the page."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    with requests.Session() as client:
        while True:
            try:
                form = client.get(f"{server}/sign-in", timeout=PATIENCE_SECONDS).text
                break
            except requests.ConnectionError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)
        given = {"email": LEAD, "password": PASSWORD, "csrf_token": TOKEN.findall(form)[0]}
        client.post(f"{server}/sign-in", data=given, timeout=PATIENCE_SECONDS)
        page = client.get(report, timeout=PATIENCE_SECONDS)
        if page.status_code != 200 or "report-head" not in page.text:
            raise RuntimeError(f"{report}: {page.status_code}")


if __name__ == "__main__":
    print(table(measure(quick=False)))
