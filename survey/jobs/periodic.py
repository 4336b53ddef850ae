"""Work that a worker does every few seconds, next to its jobs. It sends the e-mail that waits, so
that a report that takes a minute holds up no message about a student who asks for help. It destroys
the keys of past hours, which no student asks for any more. And it says when some seconds have
passed, and when an hour begins."""

from __future__ import annotations

import threading
from collections.abc import Callable

from blinker import Signal
from flask import Flask
from sqlalchemy.exc import DBAPIError

from survey.device import hour_keys
from survey.logs import log
from survey.mail.sending import deliver

EVERY_SECONDS = 10.0
BEFORE_ANY = 0
"""The number of an hour that is always over."""

some_seconds_passed = Signal()
"""Sent each ten seconds with the app and in its context: by every worker, and on SQLite, where a
worker is there only while there is work, by every web process."""

hour_begins = Signal()
"""Sent with the app and in its context by every worker: when it starts, because it may have been
off at the full hour, and at each full hour."""


def start(app: Flask, is_stopping: Callable[[], bool]) -> threading.Thread:
    """Continues until the worker stops. Every worker does: a message is claimed by one."""
    thread = threading.Thread(target=_go_round, args=(app, is_stopping), daemon=True, name="mail")
    thread.start()
    return thread


def _go_round(app: Flask, is_stopping: Callable[[], bool]) -> None:
    pause, hour = threading.Event(), BEFORE_ANY
    while not is_stopping():
        go_round(app)
        hour = tell_hour(app, since=hour)
        pause.wait(EVERY_SECONDS)


def once(app: Flask) -> None:
    """All of it once, for a worker that is started by the clock and ends when nothing waits."""
    go_round(app)
    tell_hour(app, since=BEFORE_ANY)


def go_round(app: Flask) -> None:
    """What is done each time. A part that fails does not stop the others."""
    send(app)
    forget_keys(app)
    tell_some_seconds(app)


def tell_some_seconds(app: Flask) -> None:
    """Sends `some_seconds_passed`."""
    try:
        with app.app_context():
            some_seconds_passed.send(app)
    except Exception as problem:
        log.error("thread_failed", error=problem)


def tell_hour(app: Flask, *, since: int) -> int:
    """Sends `hour_begins` if another hour has begun; returns the number of the hour that it was
    sent for. If that fails, the next round tries again."""
    hour = hour_keys.hour_now()
    if hour == since:
        return since
    try:
        with app.app_context():
            hour_begins.send(app)
    except DBAPIError as gone:
        log.error("worker_no_database", error=gone)
        return since
    except Exception as problem:  # mail goes on
        log.error("thread_failed", error=problem)
    return hour


def forget_keys(app: Flask) -> None:
    """Destroys the keys of past hours."""
    try:
        hour_keys.forget_old(app.extensions["settings"].keys_at)
    except OSError as problem:
        log.error("keys_not_forgotten", error=problem)


def send(app: Flask) -> None:
    """Sends what waits now, run by run, until a run has nothing more to send."""
    try:
        with app.app_context():
            while deliver().sent:
                pass
    except DBAPIError as gone:
        log.error("worker_no_database", error=gone)
    except Exception as problem:
        log.error("mail_failed", error=problem)
