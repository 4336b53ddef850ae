"""One handler and one formatter for every process: web, worker and command."""

from __future__ import annotations

import logging
import sys
import threading
from types import TracebackType

from survey.logs.writing import SafeFormatter, log


def configure() -> None:
    """Sends every log line of this process to standard error, in our own form, and also what
    Python would print of an error that no one caught."""
    handler = logging.StreamHandler()
    handler.setFormatter(SafeFormatter())
    for other in list(logging.root.manager.loggerDict.values()):
        if isinstance(other, logging.Logger):
            other.handlers, other.propagate = [], True
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("survey").setLevel(logging.INFO)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    logging.captureWarnings(True)
    sys.excepthook = _uncaught
    threading.excepthook = _uncaught_in_thread


def _uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        return
    log.critical("command_failed", error=error.with_traceback(trace))


def _uncaught_in_thread(given: threading.ExceptHookArgs) -> None:
    log.critical("thread_failed", error=given.exc_value)
