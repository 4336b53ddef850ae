"""All benchmarks as one table: `make bench`, or `python -m benchmarks [NAME ...]`.

Each is a module with `measure(quick=...)`, which gives `Figure` rows; run alone it measures longer.
Each has a share of ten minutes, and is stopped when that is over: the rows it has printed by then
are kept. One that fails is named, and the others continue.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from threading import Timer

from benchmarks.figures import Figure, table


@dataclass(frozen=True)
class Share:
    """How long a benchmark may take in a run of all, and what it then measures."""

    seconds: int
    sample: str


BENCHMARKS = {
    "submissions": Share(50, "2 rounds of 40 submissions; alone 5 of 60"),
    "load": Share(150, "38 students in half a minute, 7,200 requests; alone 150 and 100,000"),
    "certify": Share(140, "a school and comparisons in full; reports made in half a minute, and"
                     " the others reckoned from those"),
    "report_start": Share(130, "3 new processes for each page; alone 9"),
    "report_memory": Share(70, "the reports of 2 schools; alone all of them"),
    "demo_start": Share(60, "in full"),
}  # fmt: skip
"""The modules, in the order of the table. Their shares add up to ten minutes."""

PATIENCE_SECONDS = 20
"""How long a benchmark that is stopped may take to end what it started."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("name", nargs="*", help=f"one or more of {', '.join(BENCHMARKS)}")
    parser.add_argument("--long", action="store_true", help="as long as each takes alone")
    parser.add_argument("--rows", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    names = given.name or list(BENCHMARKS)
    if unknown := [name for name in names if name not in BENCHMARKS]:
        parser.error(f"no benchmark is called {', '.join(unknown)}: {', '.join(BENCHMARKS)}")
    if given.rows:
        _rows(*names, quick=not given.long)
        return
    figures, failed, samples = [], [], []
    began = time.monotonic()
    for name in names:
        at = time.monotonic()
        print(f"{name} ...", file=sys.stderr, flush=True)
        own = []
        try:
            for figure in _measured(name, given.long):
                own.append(figure)
        except Exception as error:  # the others are still worth their time
            failed.append(f"{name}: {type(error).__name__}: {error}")
        figures += own
        print(table(own), file=sys.stderr, flush=True)  # kept if the run is stopped
        print(f"{name}: {time.monotonic() - at:.0f} s", file=sys.stderr, flush=True)
        samples.append(f"- {name}: {'as alone' if given.long else BENCHMARKS[name].sample}")
    print(table(figures))
    load, cores, seconds = os.getloadavg()[0], os.cpu_count(), time.monotonic() - began
    print(f"\n{_commit()}, {cores} cores, load {load:.1f} at the end, {seconds:.0f} s in all.")
    print("Medians of one run. What was measured:\n" + "\n".join(samples))
    for one in failed:
        print(f"FAILED: {one}")
    sys.exit(1 if failed else 0)


def _rows(name: str, *, quick: bool) -> None:
    """In the process of one benchmark: its rows as JSON, one a line, as they come."""
    for figure in importlib.import_module(f"benchmarks.{name}").measure(quick=quick):
        print(json.dumps(asdict(figure)), flush=True)


def _measured(name: str, long: bool) -> Iterator[Figure]:
    """The rows of a benchmark, in a separate process that is stopped when its share is over."""
    command = [sys.executable, "-m", "benchmarks", name, "--rows", *(["--long"] if long else [])]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)
    over: list[bool] = []

    def stop() -> None:
        over.append(True)
        child.send_signal(signal.SIGINT)  # so that it ends what it started

    timer = Timer(BENCHMARKS[name].seconds, stop)
    if not long:
        timer.start()
    try:
        for line in child.stdout or ():
            with suppress(ValueError, TypeError):  # what else it prints is no row
                yield Figure(**json.loads(line))
    finally:
        timer.cancel()
        _end(child, at_once=sys.exc_info()[0] is not None)
    if over:
        yield Figure(f"{name}: stopped at its share of the time", BENCHMARKS[name].seconds, None,
                     "s", note=f"the rest: python -m benchmarks.{name}")  # fmt: skip
    elif child.returncode:
        raise RuntimeError(f"it ended with status {child.returncode}")


def _end(child: subprocess.Popen[str], at_once: bool) -> None:
    if at_once:
        child.send_signal(signal.SIGINT)
    try:
        child.wait(timeout=PATIENCE_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()


def _commit() -> str:
    command = ["git", "describe", "--always", "--dirty"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return f"Commit {done.stdout.strip()}" if done.returncode == 0 else "No commit known"


if __name__ == "__main__":
    main()
