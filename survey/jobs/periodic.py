"""Work that a worker does every few seconds, next to its jobs. It sends the e-mail that waits, so
that a report that takes a minute holds up no message about a student who asks for help. And it
destroys the keys of past hours, which no student asks for any more."""

from __future__ import annotations

import threading
from collections.abc import Callable

from flask import Flask
from sqlalchemy.exc import DBAPIError

from survey.device import hour_keys
from survey.logs import log
from survey.mail.sending import deliver

EVERY_SECONDS = 10.0


def start(app: Flask, is_stopping: Callable[[], bool]) -> threading.Thread:
    """Goes on until the worker stops. Every worker does: a message is claimed by one."""
    thread = threading.Thread(target=_go_round, args=(app, is_stopping), daemon=True, name="mail")
    thread.start()
    return thread


def _go_round(app: Flask, is_stopping: Callable[[], bool]) -> None:
    pause = threading.Event()
    while not is_stopping():
        send(app)
        forget_keys(app)
        pause.wait(EVERY_SECONDS)


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
