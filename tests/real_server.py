"""The real server, as it runs in production, on a database of a test."""

from __future__ import annotations

import os
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path

from survey.serving import start
from survey.settings import PREFIX, Settings
from tests.ports import free_port

ROOT = Path(__file__).parent.parent
START_SECONDS = 600


@dataclass
class Server:
    address: str
    process: subprocess.Popen[bytes]
    output: Path

    def kill(self) -> None:
        """`kill -9`, to every process of it: nothing gets to finish."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


@contextmanager
def serving(
    settings: Settings, folder: Path, *, workers: int = 1, threads: int = 2
) -> Iterator[Server]:
    """A running server; its output goes to a file in `folder`."""
    port = free_port()
    output = folder / f"server-{port}.log"
    command = start.command(host="127.0.0.1", port=port, workers=workers, threads=threads)
    with output.open("wb") as log:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment(settings),
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # a separate group, to be ended as a whole
        )
    server = Server(f"http://127.0.0.1:{port}", process, output)
    try:
        _wait_for(server)
        yield server
    finally:
        if process.poll() is None:
            server.kill()


def environment(settings: Settings) -> dict[str, str]:
    """What a process needs to run under these settings."""
    given = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    for field in fields(settings):
        value = getattr(settings, field.name)
        if value == field.default:  # one that is left out need not be spelled
            continue
        spelled = value.hex() if isinstance(value, bytes) else str(value)
        if not spelled:  # a setting that is left out
            continue
        given[PREFIX + field.name.upper()] = {"True": "yes", "False": "no"}.get(spelled, spelled)
    return given


def _wait_for(server: Server) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        if server.process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(f"{server.address}/leave", timeout=60):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise RuntimeError("the server did not start:\n" + server.output.read_text())
