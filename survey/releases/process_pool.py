"""Distributes the audit of a release over the processors of the machine.

A crew is a few processes of this same Python, each of which gets one table at a time over its
standard input.  They use neither the web nor the database, hold one table in memory, write no
files, and end with the process that started them.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from queue import SimpleQueue
from types import TracebackType
from typing import IO, Any, Self

ROOT = Path(__file__).parents[2]
MOST_PROCESSES = 8


class CrewError(RuntimeError):
    """A process of the crew ended without an answer. Nothing is certified then."""


class Crew:
    """Processes that apply plain functions of importable modules. A context: they end with it."""

    def __init__(self, processes: int | None = None) -> None:
        self._processes = processes or min(MOST_PROCESSES, len(os.sched_getaffinity(0)))
        self._started: list[subprocess.Popen[bytes]] = []
        self._idle: SimpleQueue[subprocess.Popen[bytes]] = SimpleQueue()
        self._threads = ThreadPoolExecutor(self._processes, thread_name_prefix="crew")

    def __enter__(self) -> Self:
        for _ in range(self._processes):
            process = subprocess.Popen(  # noqa: S603  this same Python, our own module
                [sys.executable, "-m", __name__],
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
            )
            self._started.append(process)
            self._idle.put(process)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._threads.shutdown(cancel_futures=True)
        for process in self._started:
            assert process.stdin
            assert process.stdout
            with suppress(OSError):  # one that ended early no longer reads
                process.stdin.close()
            process.wait()
            process.stdout.close()

    def each(self, function: Callable[[Any], Any], tasks: Iterable[Any]) -> Iterator[Any]:
        """What `function` makes of every task, in order. The largest are begun first, so that no
        process is left alone with one at the end. An error of a task is raised here."""
        given = list(tasks)
        begun: list[tuple[int, Future[Any]]] = [
            (at, self._threads.submit(self._ask, function, given[at]))
            for at in sorted(range(len(given)), key=lambda at: -getattr(given[at], "size", 0))
        ]
        for _at, future in sorted(begun, key=lambda one: one[0]):
            yield future.result()

    def _ask(self, function: Callable[[Any], Any], task: Any) -> Any:
        process = self._idle.get()
        assert process.stdin
        assert process.stdout
        try:
            _send(process.stdin, (function, task))
            answer = _receive(process.stdout)
        except (OSError, EOFError, pickle.UnpicklingError) as gone:
            process.kill()
            raise CrewError("a process that checks tables ended early") from gone
        finally:
            self._idle.put(process)
        if isinstance(answer, BaseException):
            raise answer
        return answer


def _send(stream: IO[bytes], value: object) -> None:
    pickle.dump(value, stream, protocol=pickle.HIGHEST_PROTOCOL)
    stream.flush()


def _receive(stream: IO[bytes]) -> Any:
    return pickle.load(stream)  # noqa: S301  between two processes of ours


def serve(requests: IO[bytes], answers: IO[bytes]) -> None:
    """Does one task after the other until there are no more."""
    while True:
        try:
            function, task = _receive(requests)
        except EOFError:
            return
        try:
            _send(answers, function(task))
        except Exception as error:  # any error is raised in the calling process
            _send(answers, error)


if __name__ == "__main__":
    # The solver prints to standard output, so answers use a separate descriptor.
    channel = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    serve(sys.stdin.buffer, channel)
