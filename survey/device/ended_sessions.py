"""Sessions that are over: a person with an address of one finds it closed.

A session is one visit of one student, from the first page to Send or to Leave now. When it ends, a
keyed hash of its random number is kept for two hours, as long as its addresses could open. The row
holds nothing else: no code, no survey, no answer.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum
from functools import lru_cache
from typing import Any, Literal

from sqlalchemy import Engine, LargeBinary, bindparam, delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from survey.database import READS_ONCE, Base
from survey.device.hour_keys import hour_now
from survey.device.marks import Marks


class SessionEnd(StrEnum):
    """How a session ended. The kind goes into the hash and is stored nowhere by itself."""

    SENT = "sent"
    LEFT = "left"


class EndedSession(Base):
    """Ordered by the hour and then by a hash: rows of one hour are in no order of time."""

    __tablename__ = "ended_session"
    __table_args__ = ({"sqlite_with_rowid": False},)

    hour: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    session_hash: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)


OPENS_FOR_HOURS = 2
"""As long as an address can open: its key's own hour and the next."""
INSERT: Mapping[str, Any] = {"postgresql": postgresql.insert, "sqlite": sqlite.insert}
LOOK_UP = select(EndedSession.session_hash).where(
    EndedSession.hour.in_([bindparam("before"), bindparam("now"), bindparam("next")]),
    EndedSession.session_hash.in_([bindparam("sent"), bindparam("left")]),
)
"""The next hour too: the clocks of two servers differ a little."""


def end(
    db: Session, receipt: str, how: SessionEnd, *, key: bytes, marks: Marks | None = None
) -> None:
    """Ends the session of that number. The first of an hour in a process forgets those whose
    addresses open no more; until the next hour there are no others. Without marks, each does."""
    hour = hour_now()
    if marks is None or marks.forgotten_in != hour:
        forget_old(db)
    if marks is not None:
        marks.forgotten_in = hour
    db.execute(
        INSERT[db.get_bind().dialect.name](EndedSession)
        .values(hour=hour, session_hash=_hash(receipt, how, key))
        .on_conflict_do_nothing()
    )


@contextmanager
def ending(marks: Marks, receipt: str, *, key: bytes) -> Iterator[None]:
    """Around the write that may end a session: every process looks it up again from now on."""
    session = _session(receipt, key)
    marks.unsettle(session)
    try:
        yield
    except BaseException:
        marks.forgotten_in = 0  # what was deleted is back
        raise
    finally:
        marks.settle(session)


def begin(receipt: str, *, key: bytes, marks: Marks) -> None:
    """A session of a number that was drawn just now. It continues: no one else knows the number."""
    session = _session(receipt, key)
    marks.going_on(session, marks.read(session))


def goes_on(receipt: str, *, key: bytes, marks: Marks) -> bool:
    """Is it known, without the database, that the session goes on?"""
    return marks.knows_going_on(_session(receipt, key))


def how_ended(
    engine: Engine, receipt: str, *, key: bytes, marks: Marks | None = None
) -> SessionEnd | None:
    """How the session ended; None if it continues. With marks, the database is only asked if a
    session of the same mark has ended since: for pages that ask this at every turn."""
    if marks is None:
        return _look_up(engine, receipt, key)
    session = _session(receipt, key)
    if marks.knows_going_on(session):
        return None
    mark = marks.read(session)
    found = _look_up(engine, receipt, key)
    if found is None:
        marks.going_on(session, mark)
    return found


def _look_up(engine: Engine, receipt: str, key: bytes) -> SessionEnd | None:
    hour = hour_now()
    sent, left = (_hash(receipt, how, key) for how in (SessionEnd.SENT, SessionEnd.LEFT))
    asked = {"before": hour - 1, "now": hour, "next": hour + 1, "sent": sent, "left": left}
    with engine.connect().execution_options(**{READS_ONCE: True}) as connection:
        found = connection.execute(LOOK_UP, asked).scalars().all()
    if not found:
        return None
    return SessionEnd.SENT if sent in found else SessionEnd.LEFT


def forget_old(db: Session) -> None:
    """For the night: what is left of sessions long over, or of a clock that was ahead."""
    hour = hour_now()
    over = (EndedSession.hour <= hour - OPENS_FOR_HOURS) | (EndedSession.hour > hour + 1)
    db.execute(delete(EndedSession).where(over))


def _session(receipt: str, key: bytes) -> bytes:
    return _hash(receipt, "mark", key)


def _hash(receipt: str, how: SessionEnd | Literal["mark"], key: bytes) -> bytes:
    return hmac.digest(_derived(key), f"{how} {receipt}".encode(), "sha256")


@lru_cache(maxsize=8)
def _derived(key: bytes) -> bytes:
    return hmac.digest(key, b"ended sessions 1", "sha256")
