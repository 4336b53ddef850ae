"""What processes of a crew are asked to do in tests: plain functions of an importable module."""

from __future__ import annotations

import os
import sys
import time
from dataclasses import dataclass

from survey.disclosure.audit.solver import SolverError


@dataclass(frozen=True)
class Sized:
    number: int
    size: int


def square(number: int) -> int:
    return number * number


def slow_when_small(number: int) -> int:
    """The first given is the last to be done."""
    time.sleep(0.2 if number == 0 else 0)
    return number


def when(task: Sized) -> tuple[int, float]:
    return task.number, time.monotonic()


def talk(number: int) -> int:
    """Writes where the solver greets: by Python, and past it."""
    print("a greeting", number)
    sys.stdout.flush()
    os.write(1, b"another greeting\n")
    return number


def refuse(number: int) -> int:
    if number == 2:
        raise SolverError(f"not certain of {number}")
    return number


def vanish(number: int) -> int:
    """As if the machine had killed the process."""
    if number == 1:
        os._exit(9)
    return number


def process_id(_number: int) -> int:
    return os.getpid()


def loaded(_number: int) -> list[str]:
    """What of ours a process has in memory apart from what it was asked for."""
    return sorted(name for name in sys.modules if name.startswith(("flask", "sqlalchemy")))
