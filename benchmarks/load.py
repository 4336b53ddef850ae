"""A server under load: `python -m benchmarks.load [SCENARIO ...] [--postgres ADDRESS]`.

Students are made by Locust, in a separate environment and process
(`scripts/bench-setup.sh`). The server has two workers, as in production, and no proxy before it.
Scenarios:

- `arrive`: 1,500 students in 20 minutes who take about ten minutes each. `--faster 10` presses time
  together: 150 students in two minutes with a tenth of the pause. The server meets as many requests
  a second as without, but a tenth of the open connections.
- `knee`: more and more students at once who never pause, to where pages become slow.
- `slow`: while students answer, 100 others hold connections with half a form sent.
- `flood`: while students answer, others try codes as fast as they can.
- `memory`: 100,000 requests; the memory of the workers on the way.

After each, as many responses have to be kept as students saw the last page.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from benchmarks.figures import Figure, table
from benchmarks.servers import (
    HERE,
    ROOT,
    Running,
    World,
    fresh_postgres,
    make_world,
    running,
)
from benchmarks.submissions import take

LOCUST = ROOT / ".venv-bench/bin/locust"
STUDENTS_OF_A_MORNING, MINUTES, SECONDS_A_PAGE = 1500, 20.0, 17.0
P95_GOAL_MS = 200.0
REQUESTS_A_SUBMISSION = 72
MEMORY_REQUESTS = 100_000
MEMORY_GROWTH_MB = 10.0
THREADS = 128
HALF_SENT = b"POST /p/x HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\ngo="


@dataclass(frozen=True)
class Result:
    """What Locust saw."""

    thanked: int
    failed: list[str]
    presses: int
    p50: float
    p95: float
    p99: float
    most: float
    seconds: float

    @property
    def rate(self) -> float:
        """Complete submissions a second."""
        return self.thanked / self.seconds if self.seconds else 0.0


def students(
    server: Running,
    codes: Sequence[str],
    folder: Path,
    *,
    at_once: int,
    a_second: float,
    seconds: float,
    pause: float = 0.0,
    again: bool = False,
) -> Result:
    """Lets students come, so many a second and so many together."""
    listed, result = folder / "codes", folder / "result.json"
    listed.write_text("\n".join(codes), encoding="utf-8")
    command = [os.environ.get("LOCUST", str(LOCUST)), "-f", "benchmarks/load_students.py"]
    command += ["--headless", "--host", server.address, "--only-summary", "--loglevel", "ERROR"]
    command += ["--users", str(at_once), "--spawn-rate", str(a_second)]
    command += ["--run-time", f"{int(seconds)}s", "--stop-timeout", "60"]
    told = {"LOAD_CODES": str(listed), "LOAD_PAUSE": str(pause), "LOAD_RESULT": str(result)}
    if again:
        told["LOAD_AGAIN"] = "yes"
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "benchmarks"), **told}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    if not result.exists():
        raise RuntimeError(done.stderr[-2000:])
    found = Result(**json.loads(result.read_text(encoding="utf-8")))
    result.unlink()
    return found


def complain(world: World, before: int, result: Result) -> None:
    """An error if anything was lost."""
    kept = world.used() - before
    if result.failed or kept < result.thanked:
        raise RuntimeError(f"{result.thanked} sent, {kept} kept; {result.failed[:3]}")


def arrive(world: World, *, engine: str, faster: float) -> Iterator[Figure]:
    """A school year group after year group, within one morning's first lesson."""
    count, seconds = round(STUDENTS_OF_A_MORNING / faster), 60 * MINUTES / faster
    with running(world, threads=THREADS) as server:
        before = world.used()
        cpu = server.cpu_seconds()
        result = students(
            server,
            take(world, count),
            world.folder,
            at_once=count,
            a_second=count / seconds,
            # The last to come need their time.
            seconds=seconds + 1.6 * SECONDS_A_PAGE / faster * REQUESTS_A_SUBMISSION / 2 + 30,
            pause=SECONDS_A_PAGE / faster,
        )
        cpu = server.cpu_seconds() - cpu
        complain(world, before, result)
        lost = count - result.thanked
    what = f"{count:,} students in {seconds / 60:.0f} min, {engine}"
    yield Figure(f"{what}: 95 of 100 pages within", result.p95, P95_GOAL_MS, "ms")
    yield Figure(f"{what}: lost", lost, 0, "", note=f"slowest page {result.most:.0f} ms")
    yield Figure(f"{what}: CPU of the server", cpu / max(1, result.thanked), None, "s each")


def knee(world: World, *, engine: str, steps: Sequence[int], seconds: float) -> Iterator[Figure]:
    """The rate by students at once; the knee is the last step before pages take over 200 ms."""
    best = 0.0
    for at_once in steps:
        with running(world, threads=THREADS) as server:
            before = world.used()
            result = students(
                server,
                take(world, min(len(world.codes), int(80 * seconds))),
                world.folder,
                at_once=at_once,
                a_second=at_once,
                seconds=seconds,
                again=True,
            )
            complain(world, before, result)
        what = f"{at_once} students without a pause, {engine}"
        note = f"95 of 100 pages within {result.p95:.0f} ms"
        yield Figure(what, result.rate, None, "/s", at_least=True, note=note)
        if result.p95 <= P95_GOAL_MS:
            best = max(best, result.rate)
    yield Figure(f"knee, {engine}", best, None, "/s", at_least=True, note="pages within 200 ms")


def held_off(
    world: World, *, engine: str, what: str, by: Callable[[str], Any], count: int, seconds: float
) -> Iterator[Figure]:
    """Students who answer while someone else does `by` to the server."""
    with running(world, threads=THREADS) as server, by(server.address):
        before = world.used()
        result = students(
            server,
            take(world, count),
            world.folder,
            at_once=count,
            a_second=count / 5,
            seconds=seconds,
            pause=0.4,
        )
        complain(world, before, result)
    lost = count - result.thanked
    name = f"{count} students while {what}, {engine}"
    yield Figure(f"{name}: 95 of 100 pages within", result.p95, P95_GOAL_MS, "ms")
    yield Figure(f"{name}: lost", lost, 0, "")


@contextmanager
def slow_senders(address: str, count: int = 100) -> Iterator[None]:
    """Connections on which half a form was sent."""
    where = urlsplit(address)
    held = [socket.create_connection((where.hostname, where.port)) for _one in range(count)]
    for one in held:
        one.sendall(HALF_SENT)
    try:
        yield
    finally:
        for one in held:
            one.close()


@contextmanager
def guessers(address: str, count: int = 4) -> Iterator[None]:
    """Connections on which codes are tried one after the other."""
    over = threading.Event()

    def guess(number: int) -> None:
        where = urlsplit(address)
        line = socket.create_connection((where.hostname, where.port))
        turn = 0
        while not over.is_set():
            turn += 1
            code = f"K{number}QM{turn % 10000:04}"
            line.sendall(f"GET /s/{code} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            line.recv(1 << 20)

    threads = [threading.Thread(target=guess, args=(n,), daemon=True) for n in range(count)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join(timeout=10)


def memory(world: World, *, engine: str, requests: int) -> Iterator[Figure]:
    """What the workers hold after a tenth of the requests, and after all."""
    marks: list[float] = []
    tenth = max(1, requests // REQUESTS_A_SUBMISSION // 10)
    client = [sys.executable, str(ROOT / "benchmarks/student_client.py")]
    with running(world, threads=16) as server:
        for _tenth in range(10):
            codes = "\n".join(take(world, tenth))
            subprocess.run(
                [*client, server.address, "4"],
                input=codes,
                text=True,
                check=True,
                capture_output=True,
            )
            marks.append(max(server.memory()) / 1e6)
    done = 10 * tenth * REQUESTS_A_SUBMISSION
    grew = marks[-1] - marks[0]
    yield Figure(f"memory of a worker after {done:,} requests, {engine}", marks[-1], 250, "MB")
    note = "from the first tenth to the last: " + ", ".join(f"{mark:.0f}" for mark in marks)
    yield Figure(
        f"growth over {done:,} requests, {engine}", grew, MEMORY_GROWTH_MB, "MB", note=note
    )


def run(
    scenario: str, world: World, engine: str, *, quick: bool, faster: float, requests: int
) -> Iterator[Figure]:
    steps, seconds = ((4, 16, 64), 6.0) if quick else ((1, 4, 16, 64, 128), 20.0)
    count, held = (20, 30.0) if quick else (60, 60.0)
    flood, slow = "four try codes without end", "100 send half a form"
    scenarios: Mapping[str, Callable[[], Iterator[Figure]]] = {
        "arrive": lambda: arrive(world, engine=engine, faster=faster),
        "knee": lambda: knee(world, engine=engine, steps=steps, seconds=seconds),
        "slow": lambda: held_off(
            world, engine=engine, what=slow, by=slow_senders, count=count, seconds=held
        ),
        "flood": lambda: held_off(
            world, engine=engine, what=flood, by=guessers, count=count, seconds=held
        ),
        "memory": lambda: memory(world, engine=engine, requests=requests),
    }
    return scenarios[scenario]()


SCENARIOS = ("arrive", "knee", "slow", "flood", "memory")
CODES = 16_000


def measure(
    *,
    quick: bool,
    scenarios: Sequence[str] = SCENARIOS,
    postgres: str | None = None,
    faster: float | None = None,
) -> Iterator[Figure]:
    """The rows of the scenarios. Quick: time pressed together fortyfold, 7,200 requests."""
    if not Path(os.environ.get("LOCUST", str(LOCUST))).exists():
        subprocess.run([str(ROOT / "scripts/bench-setup.sh")], check=True)
    faster = faster or (40.0 if quick else 10.0)
    requests = 7_200 if quick else MEMORY_REQUESTS
    for engine in ("SQLite", "PostgreSQL") if postgres else ("SQLite",):
        for scenario in scenarios:
            with (
                tempfile.TemporaryDirectory() as folder,
                _database(engine, folder, postgres) as url,
            ):
                world = make_world(
                    HERE, Path(folder), url, count=_codes(scenario, faster, requests)
                )
                yield from run(
                    scenario, world, engine, quick=quick, faster=faster, requests=requests
                )


def _codes(scenario: str, faster: float, requests: int) -> int:
    needed = {
        "arrive": round(STUDENTS_OF_A_MORNING / faster),
        "memory": requests // REQUESTS_A_SUBMISSION,
        "knee": CODES // 2,
    }
    return min(CODES, needed.get(scenario, 100) + 100)


@contextmanager
def _database(engine: str, folder: str, postgres: str | None) -> Iterator[str]:
    if engine == "SQLite":
        yield f"sqlite:///{folder}/survey.db"
    else:
        with fresh_postgres(postgres or "") as url:
            yield url


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("scenario", nargs="*", choices=[*SCENARIOS, []], default=SCENARIOS)
    parser.add_argument("--postgres", metavar="ADDRESS", help="postgresql+psycopg://user@host:port")
    parser.add_argument("--faster", type=float, help="how much time is pressed together")
    parser.add_argument("--quick", action="store_true")
    given = parser.parse_args()
    figures = measure(
        quick=given.quick,
        scenarios=given.scenario or SCENARIOS,
        postgres=given.postgres,
        faster=given.faster,
    )
    done = []
    for figure in figures:
        done.append(figure)
        print(table([figure]).splitlines()[-1], file=sys.stderr, flush=True)
    print(table(done))


if __name__ == "__main__":
    sys.exit(main())
