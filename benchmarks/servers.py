"""Servers to measure: of this source tree, or of another commit next to it, in a separate process
group whose CPU seconds can be read."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import create_engine, text

from tests.ports import free_port

ROOT = Path(__file__).parent.parent
SCRIPT = Path(__file__).with_name("world_server.py")
START_SECONDS = 60
TICKS = os.sysconf("SC_CLK_TCK")
PARENT, OWN_TIME, WITH_CHILDREN = 1, slice(11, 13), slice(11, 15)
"""Places in `/proc/PID/stat`, after the name."""


@dataclass(frozen=True)
class Tree:
    """Source code to measure, and what to call it."""

    name: str
    path: Path

    def run(self, *arguments: str) -> str:
        """The output of `world_server.py` with the code of this tree."""
        command = [sys.executable, str(SCRIPT), *arguments]
        done = subprocess.run(
            command,
            cwd=self.path,
            env=self.environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"{self.name}: {done.stderr[-2000:]}")
        return done.stdout.strip().splitlines()[-1]

    def environment(self) -> dict[str, str]:
        return {**os.environ, "PYTHONPATH": str(self.path)}


@dataclass
class World:
    """A database with an open survey, and codes for it."""

    tree: Tree
    database: str
    folder: Path
    codes: list[str]
    settings: dict[str, str]

    def used(self) -> int:
        """How many codes were used, by what the database holds."""
        return int(self.tree.run("used", str(self.folder), self.database))


def make_world(
    tree: Tree, folder: Path, database: str, *, count: int, template: Path | None = None
) -> World:
    """A new database with an open survey: that of the tests, or one from a template file."""
    named = [str(template)] if template else []
    made = json.loads(tree.run("make", str(folder), database, str(count), *named))
    return World(tree, database, folder, made["codes"], made["environment"])


@dataclass
class Running:
    """A server that answers."""

    address: str
    process: subprocess.Popen[bytes]

    def cpu_seconds(self) -> float:
        """CPU seconds so far of the server and its web processes. The worker of jobs, which one of
        them starts when upkeep is due, is not among them: to start it takes as long as a hundred
        submissions, at a time that has nothing to do with them."""
        first = str(self.process.pid)
        web = (
            fields
            for pid, fields in _stats(self.process.pid).items()
            if first in (str(pid), fields[PARENT])
        )
        return sum(sum(map(int, fields[OWN_TIME])) for fields in web) / TICKS

    def memory(self) -> list[int]:
        """Bytes that each of its processes holds in memory, shared ones not counted twice."""
        return sorted(_private_bytes(pid) for pid in _group(self.process.pid))


@contextmanager
def running(
    world: World, *, workers: int = 2, threads: int = 16, cores: Sequence[int] | None = None
) -> Iterator[Running]:
    """The server as in production; `cores` are the only ones that it may use."""
    port = free_port()
    granian = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1"]
    granian += ["--port", str(port), "--workers", str(workers)]
    granian += ["--blocking-threads", str(threads)]
    granian += ["--no-access-log", "--log-level", "warning", "wsgi:app"]
    if cores is not None:
        granian = ["taskset", "-c", ",".join(map(str, cores)), *granian]
    log = world.folder / f"server-{port}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            granian,
            cwd=world.tree.path,
            env={**world.settings, "PYTHONPATH": str(world.tree.path)},
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        server = Running(f"http://127.0.0.1:{port}", process)
        _wait_for(server, log)
        yield server
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _wait_for(server: Running, log: Path) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and server.process.poll() is None:
        try:
            with urllib.request.urlopen(f"{server.address}/leave", timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise RuntimeError("the server did not start:\n" + log.read_text())


def group_cpu_seconds(group: int) -> float:
    """CPU seconds so far of all processes of a process group."""
    ticks = sum(sum(map(int, fields[WITH_CHILDREN])) for fields in _stats(group).values())
    return ticks / TICKS


def _group(group: int) -> list[int]:
    return list(_stats(group))


def _stats(group: int) -> dict[int, list[str]]:
    found = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            # The second field is a name in brackets and may hold anything; the rest is numbers.
            after = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it ended while we were looking
        if int(after[2]) == group:
            found[int(stat.parent.name)] = after
    return found


def _private_bytes(pid: int) -> int:
    try:
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0
    line = next(line for line in rollup.splitlines() if line.startswith("Pss:"))
    return int(line.split()[1]) * 1024


@contextmanager
def commit(name: str, folder: Path) -> Iterator[Tree]:
    """The source code of another commit, in a git worktree that is removed afterwards."""
    path = folder / f"tree-{name}"
    git = ["git", "-C", str(ROOT), "worktree"]
    subprocess.run([*git, "add", "-q", "--detach", str(path), name], check=True)
    try:
        (path / ".venv").symlink_to(Path(sys.executable).parent.parent)
        subprocess.run([str(path / "scripts/catalogues.sh")], check=True, capture_output=True)
        yield Tree(name, path)
    finally:
        subprocess.run([*git, "remove", "--force", str(path)], check=False)


HERE = Tree("this tree", ROOT)


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
