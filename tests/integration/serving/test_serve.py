"""The server of production: a worker that is killed comes back, and a stop ends requests first."""

from __future__ import annotations

import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conftest import settings_for
from tests.ports import free_port
from tests.real_server import environment

SECONDS = 600
FORM = b"code=K7QM-3XPD"


@dataclass(frozen=True)
class Running:
    process: subprocess.Popen[bytes]
    port: int
    log: Path

    def get(self, path: str) -> int:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=120) as answer:
            return int(answer.status)

    def workers(self) -> set[int]:
        """The processes that serve: children of the one that was started."""
        listed = subprocess.run(
            ["ps", "-ww", "-o", "pid=,args=", "--ppid", str(self.process.pid)],
            capture_output=True,
            text=True,
            check=False,
        )
        lines = listed.stdout.splitlines()
        return {int(line.split()[0]) for line in lines if "survey.wsgi:app" in line}


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def has_read(port: int, sender: socket.socket) -> bool:
    """Whether the server has taken everything that was sent so far: nothing waits in the queue of
    its end of the connection."""
    ends = (f":{port:04X}", f":{sender.getsockname()[1]:04X}")
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        _number, here, there, _state, queues, *_more = line.split()
        if (here[-5:], there[-5:]) == ends:
            return int(queues.partition(":")[2], 16) == 0
    return False


def answers(server: Running) -> bool:
    assert server.process.poll() is None, server.log.read_text()
    with suppress(OSError):
        return server.get("/ready") == 200
    return False


@pytest.fixture
def server(sqlite_template: Path, tmp_path: Path) -> Iterator[Running]:
    shutil.copy(sqlite_template, tmp_path / "survey.db")
    settings = settings_for(f"sqlite:///{tmp_path / 'survey.db'}")
    port, log = free_port(), tmp_path / "log"
    command = [sys.executable, "-m", "survey.command_line", "serve", "--port", str(port)]
    with log.open("wb") as file:
        process = subprocess.Popen(
            [*command, "--workers", "2"],
            env=environment(settings),
            stdout=file,
            stderr=file,
            start_new_session=True,
        )
    try:
        running = Running(process, port, log)
        until(lambda: answers(running))
        until(lambda: len(running.workers()) == 2)
        yield running
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@pytest.mark.slow
def test_a_killed_worker_comes_back_and_a_stop_answers_what_has_begun(server: Running) -> None:
    before = server.workers()
    os.kill(min(before), signal.SIGKILL)
    until(lambda: len(server.workers() - before) == 1)
    until(lambda: answers(server))
    assert '"event": "worker_died"' in server.log.read_text()

    half = socket.create_connection(("127.0.0.1", server.port))
    half.sendall(
        b"POST / HTTP/1.1\r\nHost: survey.test\r\nConnection: close\r\n"
        b"Content-Type: application/x-www-form-urlencoded\r\n"
        b"Content-Length: %d\r\n\r\n%b" % (len(FORM), FORM[:5])
    )
    until(lambda: has_read(server.port, half))  # a request that never arrived has not begun
    time.sleep(0.5)
    server.process.send_signal(signal.SIGTERM)
    time.sleep(0.5)
    assert server.process.poll() is None, "it waits for what has begun"
    half.sendall(FORM[5:])
    answer = http.client.HTTPResponse(half)
    answer.begin()
    assert answer.status == 303
    half.close()
    assert server.process.wait(timeout=SECONDS) == 0
