"""Starts the worker of an installation on SQLite when there is work, and again if it dies.

Every web process looks. The one that holds the lock on the file next to the database keeps the
worker, which is a separate process; it has the lock from its keeper, so there is never a second
one. A worker with nothing to do ends after a while. Where `safer-places worker` runs by itself, it
holds the lock, and no web process starts another.
"""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
import threading
import time

from flask import Flask
from sqlalchemy import exists, select
from sqlalchemy.exc import DBAPIError

from survey.database import read
from survey.jobs import lease_clock, periodic, schedule, sqlite_worker
from survey.jobs.models import Job
from survey.jobs.states import UNFINISHED
from survey.logs import log
from survey.mail import outbox

BETWEEN_LOOKS = 1.0
LOOKS_A_ROUND = round(periodic.EVERY_SECONDS / BETWEEN_LOOKS)
IDLE_SECONDS = 60.0
"""Seconds between two looks for work, and after which a worker without work ends."""

AFTER_DEATH = 3.0
"""Seconds before a worker that died is started again."""

LOCK_FROM = "--lock"
"""The option that names the descriptor of the lock."""

COMMAND = (sys.executable, "-m", "survey.command_line", "worker")


def start(app: Flask, database_url: str) -> threading.Thread | None:
    """Looks after the worker for as long as this process lives. Does nothing on PostgreSQL, where
    workers are started as services."""
    if not database_url.startswith("sqlite"):
        return None
    keeper = threading.Thread(target=_keep, args=(app, database_url), daemon=True, name="keeper")
    keeper.start()
    return keeper


def _keep(app: Flask, database_url: str) -> None:
    rounds = itertools.cycle(range(LOOKS_A_ROUND))
    while True:
        time.sleep(BETWEEN_LOOKS)
        look(app, database_url, is_round=next(rounds) == 0)


def look(app: Flask, database_url: str, *, is_round: bool) -> None:
    """Starts the worker if there is work and waits for its end. A worker is there only while there
    is work, so what has to be done all the time is done here as well: keys are forgotten at every
    look, and what each ten seconds are for is done every so many."""
    periodic.forget_keys(app)
    if is_round:
        periodic.tell_some_seconds(app)
    held = sqlite_worker.lock(database_url)
    if held is None:
        return
    try:
        if is_work(app) and _work(held):
            log.warning("worker_died")
            time.sleep(AFTER_DEATH)
    finally:
        os.close(held)


def is_work(app: Flask) -> bool:
    """Whether there is a job to do, or one to put on the queue."""
    try:
        with app.app_context():
            unfinished = select(exists().where(Job.state.in_(UNFINISHED)))
            return (
                bool(read().scalar(unfinished))
                or schedule.is_due(read())
                or outbox.is_due(read(), at=lease_clock.now(read()))
            )
    except DBAPIError:  # no database, or an older one: the pages say so
        return False


def _work(held: int) -> bool:
    """Runs the worker to its end. Returns whether it died."""
    process = subprocess.Popen(  # noqa: S603  this same Python, our own command
        [*COMMAND, LOCK_FROM, str(held), "--idle", str(IDLE_SECONDS)],
        stdin=subprocess.PIPE,  # it ends when this pipe does: when we are killed
        pass_fds=(held,),
    )
    return process.wait() != 0
