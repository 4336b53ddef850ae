"""Spreads the parts of one job over the processors of the machine, with a standard pool.

The processes are started fresh and not forked, so they hold neither the web nor the database, and
the pool works the same on Linux and macOS. They end with the process that started them, also when
that one is killed.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.connection import wait as wait_for_end
from types import TracebackType
from typing import Any, Self

MOST_PROCESSES = 8
BETWEEN_LOOKS = 0.5
"""Seconds between two looks whether the job is to stop, while no part comes to its end."""

Watch = Callable[[int, int], None]
"""Called with (parts done, parts in all), at every part and at every look. May raise."""


class PoolError(RuntimeError):
    """A process of the pool ended early. Nothing of the job is kept then."""


def processors() -> int:
    """How many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):  # Linux alone
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class ProcessPool:
    """A pool that starts when it is first used, and again after one of its processes ended early. A
    context: its processes end with it."""

    def __init__(self, processes: int | None = None) -> None:
        self._processes = processes or min(MOST_PROCESSES, processors())
        self._executor: ProcessPoolExecutor | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Ends the processes; the next use starts others."""
        executor, self._executor = self._executor, None
        if executor is not None:
            executor.shutdown(cancel_futures=True)

    def each(
        self,
        function: Callable[[Any], Any],
        tasks: Iterable[Any],
        watch: Watch | None = None,
    ) -> Iterator[Any]:
        """What `function` makes of every task, in order. The largest are begun first, so that no
        process is left alone with one at the end. An error of a task is raised here."""
        given = list(tasks)
        begun: dict[int, Future[Any]] = {}
        try:
            executor = self._running()
            for at in sorted(range(len(given)), key=lambda at: -getattr(given[at], "size", 0)):
                begun[at] = executor.submit(function, given[at])
            for at in range(len(given)):
                if watch is not None:
                    _watch(begun[at], begun.values(), watch)
                yield begun[at].result()
        except BrokenProcessPool as gone:
            self.close()
            raise PoolError("a process that checks tables ended early") from gone
        finally:
            for future in begun.values():
                future.cancel()

    def _running(self) -> ProcessPoolExecutor:
        if self._executor is None:
            self._executor = ProcessPoolExecutor(
                self._processes,
                mp_context=multiprocessing.get_context("spawn"),
                initializer=_end_with_parent,
            )
        return self._executor


def _watch(wanted: Future[Any], futures: Iterable[Future[Any]], watch: Watch) -> None:
    """Waits for one part, and reports every other that ends meanwhile."""
    all_parts = list(futures)
    while True:
        done = sum(one.done() for one in all_parts)
        watch(done, len(all_parts))
        if wanted.done():
            return
        open_parts = [one for one in all_parts if not one.done()]
        wait(open_parts, timeout=BETWEEN_LOOKS, return_when=FIRST_COMPLETED)


def _end_with_parent() -> None:
    """Runs once in each process of the pool. A killed worker cannot end its pool, and a process
    that waits for work would wait for ever."""
    os.dup2(2, 1)  # the solver prints to standard output
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # of a terminal: the worker ends its pool itself
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_after, args=(parent.sentinel,), daemon=True).start()


def _end_after(sentinel: int) -> None:
    wait_for_end([sentinel])
    os._exit(1)
