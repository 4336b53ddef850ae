"""All benchmarks as one table: `make bench`, or `python -m benchmarks [NAME ...]`.

Each is a module with `measure(quick=...)`, which gives `Figure` rows; run alone it measures longer.
One that fails is named, and the others go on.
"""

from __future__ import annotations

import argparse
import importlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable

from benchmarks.figures import Figure, table

BENCHMARKS = (
    "submissions",
    "load",
    "certify",
    "report_start",
    "report_memory",
    "demo_start",
)
"""The modules, in the order of the table. A new one is added here."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("name", nargs="*", help=f"one or more of {', '.join(BENCHMARKS)}")
    parser.add_argument("--long", action="store_true", help="as long as each takes alone")
    given = parser.parse_args()
    names = given.name or BENCHMARKS
    if unknown := [name for name in names if name not in BENCHMARKS]:
        parser.error(f"no benchmark is called {', '.join(unknown)}: {', '.join(BENCHMARKS)}")
    figures, failed = [], []
    for name in names:
        began = time.monotonic()
        print(f"{name} ...", file=sys.stderr, flush=True)
        try:
            measure: Callable[..., Iterable[Figure]] = importlib.import_module(
                f"benchmarks.{name}"
            ).measure
            own = list(measure(quick=not given.long))
            figures += own
            print(table(own), file=sys.stderr, flush=True)  # kept if the run is stopped
        except Exception as error:  # the others are still worth their time
            failed.append(f"{name}: {type(error).__name__}: {error}")
        print(f"{name}: {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    print(table(figures))
    load, cores = os.getloadavg()[0], os.cpu_count()
    print(f"\n{_commit()}, {cores} cores, load {load:.1f} at the end. Medians of one run.")
    for one in failed:
        print(f"FAILED: {one}")
    sys.exit(1 if failed else 0)


def _commit() -> str:
    command = ["git", "describe", "--always", "--dirty"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return f"Commit {done.stdout.strip()}" if done.returncode == 0 else "No commit known"


if __name__ == "__main__":
    main()
