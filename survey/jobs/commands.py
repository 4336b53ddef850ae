"""`safer-places worker`: the process that does the long work."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from types import FrameType

import click
from flask import Flask, current_app
from flask.cli import with_appcontext

from survey.jobs import periodic, sqlite_worker
from survey.jobs.process_pool import ProcessPool
from survey.settings import current_settings

NICENESS = 10
"""Long work gives way to students' pages on the same machine."""


@click.command("worker")
@click.option("--once", is_flag=True, help="Do what waits now, and end.")
@click.option("--processes", type=click.IntRange(1, 64), help="Processors to use; all, up to 8.")
@click.option("--idle", type=float, hidden=True, help="End after so many seconds without work.")
@click.option("--lock", "held", type=int, hidden=True, help="The lock, held by the web process.")
@with_appcontext
def worker(once: bool, processes: int | None, idle: float | None, held: int | None) -> None:
    """Do the long work: reports, comparisons, charts, upkeep. Run it on as many machines as you
    like with PostgreSQL; with SQLite one worker is enough, and the web server starts it."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    address = current_settings().database_url
    stopping = _stop_on_signals()
    with contextlib.suppress(OSError):
        os.nice(NICENESS)
    if held is not None:
        threading.Thread(target=_end_with_keeper, daemon=True).start()
    if not once:
        periodic.start(app, stopping.is_set)
    with ProcessPool(processes) as pool:
        if address.startswith("sqlite"):
            held = held if held is not None else sqlite_worker.wait_for_lock(address)
            if held is None:
                raise click.ClickException("Another worker is running on this database.")
            sqlite_worker.sign(held)
            if once:
                idle = 0.0
            sqlite_worker.serve(app, pool, stopping.is_set, idle)
            if once:
                periodic.once(app)
            return
        from survey.jobs import procrastinate_worker  # its library comes with PostgreSQL's driver

        procrastinate_worker.serve(app, pool, stopping.is_set, wait=not once)
        if once:
            periodic.once(app)


def _stop_on_signals() -> threading.Event:
    """SIGTERM and SIGINT end the worker: the job that runs is given back, for another to do."""
    stopping = threading.Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        stopping.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    return stopping


def _end_with_keeper() -> None:
    """Ends this process when the web process that keeps it is gone: then the pipe from it ends."""
    while os.read(sys.stdin.fileno(), 1):  # not `sys.stdin`: its lock stops Python from ending
        pass
    os._exit(0)
