"""Long work behind a page: a release is audited while its reader may leave and come back.

The work runs in parallel with the web server's requests; a page shows its progress from one row,
which is written at intervals. A row that has not been written for a while belongs to work that was
cut off, by a restart for example: nothing of it is kept, and it can be started again.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from flask import Flask, current_app
from flask_babel import force_locale, get_locale
from sqlalchemy import select
from sqlalchemy.orm import Mapped, Session, mapped_column

from survey.database import Base, begin
from survey.disclosure.certify import Progress
from survey.errors import NotNowError, SurveyError
from survey.logs import log

SILENCE = timedelta(seconds=90)
"""How long work can be silent before it counts as cut off."""

BETWEEN_WORDS = 1.0
"""Seconds between two writings of how far it is."""

BETWEEN_BEATS = 20.0
"""Seconds between two signs of life while a single step takes long."""

THREAD = "long work"
"""The name of each thread that does some."""


class WorkRow(Base):
    """How far a piece of work is. `key` names it; `problem` is the message to a reader if it
    failed."""

    __tablename__ = "work"

    key: Mapped[str] = mapped_column(primary_key=True)
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(default=0)
    heard_at: Mapped[datetime]
    problem: Mapped[str | None]


class AtWorkError(NotNowError):
    """This work is being done at the moment."""


class Stage(StrEnum):
    RUNNING = "running"
    CUT_OFF = "cut_off"
    FAILED = "failed"


@dataclass(frozen=True)
class Standing:
    """What a page shows of a piece of work. `percent` is of its steps."""

    stage: Stage
    percent: int
    problem: str | None


Job = Callable[[Progress], None]
"""Does the work in an app context, telling its progress. Raises what is to be shown."""

UNEXPECTED = "unexpected"
"""A problem without a message to show: the log has the details."""


def standing(db: Session, key: str) -> Standing | None:
    """How far the work is; None if none is being done, or it is done."""
    row = db.scalars(select(WorkRow).where(WorkRow.key == key)).one_or_none()
    if row is None:
        return None
    percent = 100 * row.done // row.total if row.total else 0
    if row.problem is not None:
        return Standing(Stage.FAILED, percent, row.problem)
    silent = _now() - row.heard_at > SILENCE
    return Standing(Stage.CUT_OFF if silent else Stage.RUNNING, percent, None)


def start(key: str, job: Job) -> None:
    """Begins a piece of work, and returns. Raises an `AtWorkError` if it is being done.

    In tests it is done before this returns: they look at what comes of it."""
    with begin() as db:
        before = standing(db, key)
        if before is not None and before.stage is Stage.RUNNING:
            raise AtWorkError()
        db.merge(WorkRow(key=key, done=0, total=0, heard_at=_now(), problem=None))
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    locale = get_locale()
    language = str(locale) if locale else "en"
    if app.testing:
        _run(app, key, job, language)
    else:
        threading.Thread(
            target=_run, args=(app, key, job, language), name=THREAD, daemon=True
        ).start()


def _run(app: Flask, key: str, job: Job, language: str) -> None:
    ended = threading.Event()
    if not app.testing:
        threading.Thread(target=_beat, args=(app, key, ended), daemon=True).start()
    with app.app_context(), force_locale(language):
        try:
            try:
                job(_teller(key))
            finally:
                ended.set()
        except SurveyError as problem:
            _end(key, str(problem.message))
        except Exception as problem:
            log.error("work_failed", error=problem)
            _end(key, UNEXPECTED)
        else:
            _end(key, None)


def _beat(app: Flask, key: str, ended: threading.Event) -> None:
    """Records at intervals that the work goes on, until it has ended."""
    with app.app_context():
        while not ended.wait(BETWEEN_BEATS):
            with begin() as db:
                row = db.get(WorkRow, key)
                if row is not None and not ended.is_set():
                    row.heard_at = _now()


def _teller(key: str) -> Progress:
    said = time.monotonic()

    def tell(done: int, total: int) -> None:
        nonlocal said
        if time.monotonic() - said < BETWEEN_WORDS:
            return
        said = time.monotonic()
        with begin() as db:
            row = db.get(WorkRow, key)
            if row is not None:
                row.done, row.total, row.heard_at = done, total, _now()

    return tell


def _end(key: str, problem: str | None) -> None:
    with begin() as db:
        row = db.get(WorkRow, key)
        if row is None:
            return
        if problem is None:
            db.delete(row)
        else:
            row.problem = problem


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)
