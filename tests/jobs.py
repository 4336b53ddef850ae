"""Long work in tests: done when a test says so, by the code that a worker runs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from flask import Flask

from survey.jobs import run_job
from survey.jobs.process_pool import ProcessPool, Watch
from survey.releases.job_subjects import DRAWING


class HereAlone(ProcessPool):
    """Does the parts of a job in this process: starting others takes longer than most tests."""

    def each(
        self, function: Callable[[Any], Any], tasks: Iterable[Any], watch: Watch | None = None
    ) -> Iterator[Any]:
        given = list(tasks)
        for at, task in enumerate(given):
            if watch is not None:
                watch(at, len(given))
            yield function(task)


def run_jobs(app: Flask, *, drawing: bool = False) -> int:
    """Does every waiting job now, and returns how many. Charts are drawn ahead for readers who are
    in a hurry, and tests draw those that they look at, unless `drawing` is asked for."""
    with HereAlone() as pool:
        return run_job.run_waiting(app, pool, kinds=lambda kind: drawing or kind != DRAWING)
