"""From an event to a line: only listed fields, and only values of their shape."""

from __future__ import annotations

import json
import logging
import re
import sys
import traceback
from collections.abc import Mapping, MutableMapping
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any

import structlog

from survey.logs.events import EVENTS, OF_LIBRARIES

OWN_LOGGER = "survey.log"
PACKAGE = Path(__file__).parents[1]
MOST_LINES_OF_CODE = 40
LEFT_OUT = "left out"

FIELDS: Mapping[str, re.Pattern[str]] = {
    "at": re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\dZ"),
    "level": re.compile(r"debug|info|warning|error|critical"),
    "event": re.compile("|".join(EVENTS)),
    "job": re.compile(r"\d{1,12}"),
    "kind": re.compile(r"[A-Za-z_]\w{0,79}"),
    "where": re.compile(r"[\w./-]{1,120}:\d{1,6} [\w<>.]{1,80}"),
    "logger": re.compile(r"[A-Za-z_][\w.]{0,79}"),
    "reference": re.compile(r"[0-9a-f]{12,64}"),
    "setting": re.compile(r"[a-z_]+(\.[a-z_]+)?"),
}
"""Every field of a line and its shape. `where` is a list, and each of its lines has that shape."""

Event = dict[str, Any]


def place(frame: traceback.FrameSummary) -> str:
    """A line of code, without what is written in it."""
    path = Path(frame.filename)
    try:
        named = path.relative_to(PACKAGE.parent).as_posix()
    except ValueError:
        named = "/".join(path.parts[-2:])
    return f"{named}:{frame.lineno or 0} {frame.name}"


def lines_of(trace: TracebackType | None) -> list[str]:
    return [place(frame) for frame in traceback.extract_tb(trace)][-MOST_LINES_OF_CODE:]


def told(error: BaseException | None) -> Event:
    """Of an error: its kind and the lines of code. Its message stays out, because a database
    repeats in it what it was given."""
    if error is None:
        return {}
    return {"kind": type(error).__name__, "where": lines_of(error.__traceback__)}


def only_listed(event: Mapping[str, Any]) -> Event:
    """The event with its listed fields alone, each of its shape."""
    kept: Event = {}
    for name, shape in FIELDS.items():
        if name not in event:
            continue
        value = event[name]
        if name == "where":
            kept[name] = [_shaped(shape, line) for line in value]
        else:
            kept[name] = _shaped(shape, value)
    return kept


def _shaped(shape: re.Pattern[str], value: object) -> str:
    return value if isinstance(value, str) and shape.fullmatch(value) else LEFT_OUT


def minute() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%MZ")


def spelled(event: Mapping[str, Any]) -> str:
    return json.dumps(only_listed({"at": minute(), **event}))


def _take_error(_logger: Any, level: str, event: MutableMapping[str, Any]) -> Event:
    error = event.pop("error", None)
    return {**event, "level": level, **told(error)}


def _spell(_logger: Any, _level: str, event: MutableMapping[str, Any]) -> str:
    return spelled(event)


log: structlog.stdlib.BoundLogger = structlog.wrap_logger(
    logging.getLogger(OWN_LOGGER),
    processors=[_take_error, _spell],
    wrapper_class=structlog.stdlib.BoundLogger,
)
"""Writes events of `events.EVENTS`. Fields are those of `FIELDS`, and `error` for an exception."""


class SafeFormatter(logging.Formatter):
    """Writes our own lines as they are, and of a library's record its logger, its level and the
    kind and place of an error. Its message is never written."""

    def format(self, record: logging.LogRecord) -> str:
        if record.name == OWN_LOGGER:
            return record.getMessage()
        error = record.exc_info[1] if record.exc_info else None
        return spelled(
            {
                "level": record.levelname.lower(),
                "event": _event_of(record),
                "logger": _module(record.name),
                **told(error),
            }
        )


def _module(name: str) -> str:
    """The name of a logger that is named after a module, as all are that a program chose."""
    module = name
    return name if module.split(".")[0] in sys.modules or name == "_granian" else LEFT_OUT


def _event_of(record: logging.LogRecord) -> str:
    said = str(record.msg)
    return next((name for begins, name in OF_LIBRARIES if begins.match(said)), "library")
