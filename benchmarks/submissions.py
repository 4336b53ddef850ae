"""What a student costs: `python -m benchmarks.submissions [--before COMMIT] [--postgres ADDRESS]`.

A real server; students open the first page, answer every question of every page and send. The
client is a separate process, outside what is measured. With `--before`, a server of another
commit is measured in turn with this one, so that both meet the same noise: compare the ratio. CPU
seconds are those of the server's processes alone. Printed are medians of all rounds.

The rate is measured twice: with server and client on all cores, and, where there are two cores or
more, with a server on one core and the client on another, times the number of cores.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from benchmarks.figures import Figure, middle, table
from benchmarks.servers import (
    HERE,
    Running,
    Tree,
    World,
    commit,
    fresh_postgres,
    make_world,
    running,
)

CLIENT = Path(__file__).with_name("student_client.py")
WORKERS, AT_ONCE, WARM_UP = 2, 16, 16
CPU_GOAL, RATE_GOAL, STATEMENTS_GOAL = 0.020, 80.0, 6


@dataclass(frozen=True)
class Round:
    """One measurement of one server."""

    cpu: float
    rate: float
    p95: float
    pages: int
    size: int


def send(server: Running, codes: Sequence[str], at_once: int, core: int | None = None) -> Round:
    """Lets students send, and says what each cost."""
    before = server.cpu_seconds()
    command = [sys.executable, str(CLIENT), server.address, str(at_once)]
    if core is not None:
        command = ["taskset", "-c", str(core), *command]
    done = subprocess.run(
        command, input="\n".join(codes), capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    told = json.loads(done.stdout)
    cpu = (server.cpu_seconds() - before) / len(codes)
    rate = told["submissions"] / told["seconds"]
    return Round(cpu, rate, told["p95"], told["pages"], told["bytes"])


def rounds(world: World, count: int, submissions: int, *, alone: bool) -> Iterator[Round]:
    """Some rounds of one server, a fresh one for each; `alone`: on one core, the client on another.
    No submission may be missing afterwards."""
    for _round in range(count):
        cores = [0] if alone else None
        with running(world, workers=1 if alone else WORKERS, cores=cores) as server:
            send(server, take(world, WARM_UP), 8)  # each worker has kept every page
            yield send(server, take(world, submissions), AT_ONCE, 1 if alone else None)


def take(world: World, count: int) -> list[str]:
    taken, world.codes = world.codes[:count], world.codes[count:]
    if len(taken) < count:
        raise RuntimeError("too few codes were made")
    return taken


def compare(
    trees: Sequence[Tree],
    databases: Sequence[str],
    folder: Path,
    engine: str,
    size: tuple[int, int],
) -> list[Figure]:
    """The rows of one engine: the last tree is the one that counts, the first the one before."""
    count, submissions = size
    kinds = [False, True] if (os.cpu_count() or 1) > 1 else [False]
    needed = count * len(kinds) * (submissions + WARM_UP)
    worlds = [
        make_world(tree, folder, database, count=needed)
        for tree, database in zip(trees, databases, strict=True)
    ]
    measured: dict[tuple[int, bool], list[Round]] = {}
    for alone in kinds:
        in_turn = [rounds(world, count, submissions, alone=alone) for world in worlds]
        for _round in range(count):
            for place, one in enumerate(in_turn):
                measured.setdefault((place, alone), []).append(next(one))
    for world in worlds:
        if world.used() != needed:
            raise RuntimeError(f"{world.tree.name}: {needed} sent, {world.used()} kept")
    return list(_figures(measured, len(worlds), engine))


def _figures(
    measured: dict[tuple[int, bool], list[Round]], worlds: int, engine: str
) -> Iterator[Figure]:
    def two(name: str, alone: bool, times: float = 1.0) -> tuple[float, float | None]:
        values = [
            times * middle(getattr(one, name) for one in measured[place, alone])
            for place in range(worlds)
        ]
        return values[-1], values[0] if worlds > 1 else None

    pages = measured[0, False][0].pages
    now, before = two("cpu", False)
    yield Figure(
        f"server CPU a submission, {pages} pages, {engine}", now, CPU_GOAL, "s", before=before
    )
    now, before = two("rate", False)
    yield Figure(
        f"submissions a second, {AT_ONCE} at once, {engine}",
        *(now, None, "/s"),
        at_least=True,
        before=before,
        note="client on the same cores",
    )
    if (0, True) in measured:
        cores = os.cpu_count() or 1
        now, before = two("rate", True, cores)
        note = f"one core for the server, one for the client, times {cores}"
        yield Figure(
            f"submissions a second, client outside, {engine}",
            *(now, RATE_GOAL, "/s"),
            at_least=True,
            before=before,
            note=note,
        )
    now, before = two("p95", False)
    yield Figure(
        f"95 of 100 pages within, {AT_ONCE} at once, {engine}",
        *(1000 * now, None, "ms"),
        before=None if before is None else 1000 * before,
    )
    now, before = two("size", False)
    yield Figure(f"bytes of a submission, {engine}", now, None, "B", before=before)


def statements(
    trees: Sequence[Tree], databases: Sequence[str], folder: Path, engine: str
) -> Figure:
    found = [
        int(tree.run("statements", str(folder), database))
        for tree, database in zip(trees, databases, strict=True)
    ]
    what = f"SQL statements a submission, {engine}"
    before = found[0] if len(found) > 1 else None
    return Figure(what, found[-1], STATEMENTS_GOAL, "", before=before)


def measure(
    *,
    quick: bool,
    before: str | None = None,
    postgres: str | None = None,
    size: tuple[int, int] | None = None,
) -> list[Figure]:
    """All rows; `size` is how many rounds, and submissions in each."""
    size = size or ((2, 40) if quick else (5, 60))
    figures: list[Figure] = []
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        trees = [HERE]
        if before:
            trees.insert(0, stack.enter_context(commit(before, folder)))
        for engine in ("SQLite", "PostgreSQL") if postgres else ("SQLite",):
            names = (
                [f"sqlite:///{folder}/{n}.db" for n in range(2 * len(trees))]
                if engine == "SQLite"
                else [
                    stack.enter_context(fresh_postgres(postgres or ""))
                    for _n in range(2 * len(trees))
                ]
            )
            figures += compare(trees, names[: len(trees)], folder, engine, size)
            figures.append(statements(trees, names[len(trees) :], folder, engine))
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--before", metavar="COMMIT", help="another commit to measure in turn")
    parser.add_argument("--postgres", metavar="ADDRESS", help="postgresql+psycopg://user@host:port")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--submissions", type=int, default=60, help="in each round")
    given = parser.parse_args()
    size = (given.rounds, given.submissions)
    print(table(measure(quick=False, before=given.before, postgres=given.postgres, size=size)))


if __name__ == "__main__":
    main()
