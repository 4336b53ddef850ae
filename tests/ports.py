"""Ports for servers and browsers that a test starts."""

from __future__ import annotations

import os
import socket
from itertools import count

FIRST, PER_WORKER, WORKERS = 20_000, 1_000, 12
"""Below the range from which the system gives a connection its own port, so that no connection
takes the port between the moment it is found free and the moment it is used. Each worker of a run
in parallel has its own range."""

_numbers = count(os.getpid() % PER_WORKER)


def _worker() -> int:
    return int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % WORKERS


def free_port() -> int:
    """A port that nothing listens on, never given out twice in a row."""
    for _ in range(PER_WORKER):
        port = FIRST + _worker() * PER_WORKER + next(_numbers) % PER_WORKER
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise RuntimeError("no port is free")
