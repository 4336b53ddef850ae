"""The command that a server runs: its workers, its port, and what it checks before."""

from __future__ import annotations

import errno
import os
import socket
import sys
from contextlib import closing, suppress
from pathlib import Path

from survey.paths import PACKAGE
from survey.serving.exit_codes import Stop, StopReason

STARTED = "SAFER_PLACES_STARTED"
"""In the environment of workers whose server has made its checks."""

APP = "survey.wsgi:app"
LOG_CONFIG = PACKAGE / "logs" / "granian.json"

MEGABYTES_A_WORKER = 350
MOST_WORKERS = 8
FEWEST_WORKERS = 2
"""Two: while one is started again, the other serves."""

SECONDS_TO_END = 30
"""A request that takes longer is cut off at a stop. Reports are no requests."""


def workers_for(processors: int, megabytes: int) -> int:
    """How many workers suit a machine. The rest of its memory is for reports and their charts."""
    fitting = megabytes // 2 // MEGABYTES_A_WORKER
    return max(FEWEST_WORKERS, min(processors, fitting, MOST_WORKERS))


def processors() -> int:
    """The processors that this process may use. macOS does not say, and has no limits on them."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


CONTAINER_LIMITS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")


def megabytes() -> int:
    """The memory of this machine, or of this container if it is given less."""
    here = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    for path in CONTAINER_LIMITS:
        with suppress(OSError, ValueError):
            here = min(here, int(Path(path).read_text(encoding="utf-8")))
    return here // (1024 * 1024)


def refuse_port(host: str, port: int) -> None:
    """Raises a `Stop` if the port cannot be had."""
    try:
        [(family, kind, protocol, _name, address), *_others] = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
        with closing(socket.socket(family, kind, protocol)) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as problem:
        raise Stop(StopReason.PORT, _port_words(problem, host, port)) from problem


def _port_words(problem: OSError, host: str, port: int) -> str:
    if problem.errno == errno.EADDRINUSE:
        return (
            f"Port {port} of {host} is in use, perhaps by a server that runs already. Stop that"
            " one, or choose another with --port."
        )
    if problem.errno == errno.EACCES:
        return f"This account may not use port {port}. Choose one above 1023 with --port."
    return f"{host} is no address of this machine. Choose another with --host."


def command(*, host: str, port: int, workers: int, threads: int) -> list[str]:
    """The server as a command: it starts a worker again that dies, ends requests before it stops,
    and writes the address of no page anywhere."""
    return [
        *(sys.executable, "-m", "granian", "--interface", "wsgi"),
        *("--host", host, "--port", str(port)),
        *("--workers", str(workers), "--blocking-threads", str(threads)),
        *("--respawn-failed-workers", "--respawn-interval", "0.2"),
        *("--workers-kill-timeout", str(SECONDS_TO_END)),
        *("--blocking-threads-idle-timeout", "5"),
        *("--no-access-log", "--no-ws", "--log-level", "error"),
        *("--log-config", str(LOG_CONFIG)),
        APP,
    ]
