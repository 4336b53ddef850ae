"""A browser that does not start is ended and started again, and leaves no process and no line."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tests.browser import windows
from tests.ports import free_port

SLEEPER = [sys.executable, "-c", "import subprocess as s; s.Popen(['sleep', '600']).wait()"]
"""A process with its own process."""


def test_what_fails_to_start_is_ended_and_waited_for_with_its_children() -> None:
    with pytest.raises(LookupError), windows._started(SLEEPER, {}) as process:
        raise LookupError("it cannot be driven")
    assert process.returncode is not None
    windows.wait_until("the end of its child", lambda: not lives(process.pid))


def lives(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def test_what_starts_goes_on() -> None:
    with windows._started(SLEEPER, {}) as process:
        pass
    assert process.poll() is None
    windows.end(process)
    assert process.poll() is not None


def test_a_start_is_tried_three_times_and_no_more() -> None:
    tries: list[int] = []

    def start(good: int) -> None:
        tries.append(1)
        if len(tries) < good:
            raise TimeoutError("it answers and hangs")

    windows._first_that_starts(lambda: start(3))
    assert len(tries) == 3
    tries.clear()
    with pytest.raises(TimeoutError):
        windows._first_that_starts(lambda: start(5))
    assert len(tries) == 3


def test_a_port_is_not_given_twice_and_is_not_one_that_the_system_gives_away() -> None:
    ports = [free_port() for _ in range(50)]
    assert len(set(ports)) == 50
    first, _last = Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()
    assert max(ports) < int(first)
