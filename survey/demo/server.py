"""A real server, started as a process on the same settings, for students to walk through."""

from __future__ import annotations

import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

from survey.paths import PACKAGE
from survey.serving import start

THREADS = 16
PATIENCE_SECONDS = 120.0


class ServerDidNotStartError(RuntimeError):
    """The server ended or did not answer; the message holds its output."""


@contextmanager
def running_server(workers: int = 1) -> Iterator[str]:
    """Starts a server and gives its address; it stops when the block ends. It reads its settings
    from the environment, like any other server."""
    port = free_port()
    command = start.command(host="127.0.0.1", port=port, workers=workers, threads=THREADS)
    process = subprocess.Popen(command, cwd=PACKAGE.parent)  # noqa: S603 - our own command
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_for(address, process)
        yield address
    finally:
        process.terminate()
        process.wait(timeout=PATIENCE_SECONDS)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_for(address: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise ServerDidNotStartError(f"The server ended with status {process.returncode}.")
        try:
            urllib.request.urlopen(address, timeout=5).close()  # noqa: S310 - our own address
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise ServerDidNotStartError(f"The server did not answer within {PATIENCE_SECONDS:.0f} s.")
