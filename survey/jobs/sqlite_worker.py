"""The one worker of an installation on SQLite: it reads the table of jobs, and does one at a time.

A lock on a file next to the database says that no other is alive. So whatever is marked as running
when it starts was cut off, and is begun again at once.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable
from pathlib import Path

from flask import Flask
from sqlalchemy import make_url
from sqlalchemy.exc import DBAPIError

from survey.database import begin
from survey.jobs import run_job, schedule
from survey.jobs.process_pool import ProcessPool
from survey.logs import log

BETWEEN_LOOKS = 0.5
AFTER_TROUBLE = 5.0
"""Seconds between two looks at the table, and after the database could not be used."""

TRIES = 5
OWNER_ONLY = 0o600


def lock_path(database_url: str) -> Path:
    return Path(f"{make_url(database_url).database}.worker")


def lock(database_url: str) -> int | None:
    """The open, locked file; None if another worker holds it. The lock ends with the processes that
    have the file open."""
    path = lock_path(database_url)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, OWNER_ONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return None
    return descriptor


def wait_for_lock(database_url: str) -> int | None:
    """The same for a worker that starts: a web process that looks for work holds the lock for a
    moment each second."""
    for _try in range(TRIES):
        held = lock(database_url)
        if held is not None:
            return held
        time.sleep(BETWEEN_LOOKS)
    return None


def sign(descriptor: int) -> None:
    """Writes the number of this process to the locked file, so that a person can find it."""
    os.truncate(descriptor, 0)
    os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)


def serve(
    app: Flask,
    pool: ProcessPool,
    is_stopping: Callable[[], bool],
    idle_seconds: float | None = None,
) -> None:
    """Works until it is stopped, or has had nothing to do for a while."""
    with app.app_context(), begin() as db:
        run_job.release_all(db)
    idle_since = time.monotonic()
    while not is_stopping():
        try:
            with app.app_context(), begin() as db:
                schedule.enqueue_due(db)
            if run_job.run_waiting(app, pool, is_stopping):
                idle_since = time.monotonic()
        except DBAPIError as gone:
            log.error("worker_no_database", error=gone)
            time.sleep(AFTER_TROUBLE)
        if idle_seconds is not None and time.monotonic() - idle_since > idle_seconds:
            return
        time.sleep(BETWEEN_LOOKS)
