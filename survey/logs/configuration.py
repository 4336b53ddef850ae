"""One handler and one formatter for every process: web, worker and command."""

from __future__ import annotations

import logging
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType

from survey.logs.writing import SafeFormatter, log


def configure() -> None:
    """Sends every log line of this process to standard error, in our own form, and also what
    Python would print of an error that no one caught. The demo writes warnings and errors only:
    people read its terminal for addresses and sign-ins."""
    handler = logging.StreamHandler()
    handler.setFormatter(SafeFormatter())
    for other in list(logging.root.manager.loggerDict.values()):
        if isinstance(other, logging.Logger):
            other.handlers, other.propagate = [], True
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING)
    is_demo = os.environ.get("SURVEY_DEMO") == "yes"
    logging.getLogger("survey").setLevel(logging.WARNING if is_demo else logging.INFO)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    logging.captureWarnings(True)
    sys.excepthook = _uncaught
    threading.excepthook = _uncaught_in_thread


@contextmanager
def problems_only() -> Iterator[None]:
    """Leaves out lines that report no problem, for a command whose own words are read instead."""
    ours = logging.getLogger("survey")
    level = ours.level
    ours.setLevel(logging.WARNING)
    try:
        yield
    finally:
        ours.setLevel(level)


def _uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        return
    log.critical("command_failed", error=error.with_traceback(trace))


def _uncaught_in_thread(given: threading.ExceptHookArgs) -> None:
    log.critical("thread_failed", error=given.exc_value)
