"""Wrong codes counted by all processes together, in the database.

A row counts wrong second halves with one first half in one hour. It is written once a process has
met `SHARED_FROM` of them, so a student who mistypes a card leaves no trace. The first half is a
keyed hash that changes each hour; rows are kept for two hours and have no order of time. No
address, no second half and no moment is stored.
"""

from __future__ import annotations

import hmac
import logging
import threading
import time
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Engine, LargeBinary, delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Mapped, Session, mapped_column

from survey.database import READS_ONCE, Base, begin, database
from survey.device.hour_keys import HOUR_SECONDS, hour_now

SHARED_FROM = 3
"""Wrong second halves that a process keeps to itself; the next one shares them all."""

FLUSH_SECONDS = 1.0
"""A process writes at most once in this time, so that a storm of guesses delays no Send."""

MOST_SHARED = 200
"""Wrong second halves of one first half that a process shares in an hour: the longest wait has
begun by then."""

MOST_WAITING = 2_000
"""First halves that wait to be written; more are not shared."""

KEPT_HOURS = 2
INSERT: Mapping[str, Any] = {"postgresql": postgresql.insert, "sqlite": sqlite.insert}
_log = logging.getLogger(__name__)


class WrongHalf(Base):
    """How many second halves were wrong with a first half. Ordered by the hour and a hash."""

    __tablename__ = "wrong_half"
    __table_args__ = ({"sqlite_with_rowid": False},)

    hour: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    half_hash: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    wrong: Mapped[int]


class SharedGuesses:
    """What one process adds to the counts of all, and reads of them. Used within a request."""

    def __init__(self, key: bytes) -> None:
        self._key = hmac.digest(key, b"wrong halves 1", "sha256")
        self._lock = threading.Lock()
        self._waiting: dict[tuple[int, bytes], int] = {}
        self._written_at = float("-inf")

    def count(self, half: str) -> int:
        """Wrong second halves with this first half in about the last hour, in all processes: those
        of this hour, and of the hour before the part within 60 minutes."""
        hour = hour_now()
        hashes = {one: self._hash(one, half) for one in (hour - 1, hour)}
        look_up = select(WrongHalf.hour, WrongHalf.wrong).where(
            WrongHalf.hour.in_(hashes), WrongHalf.half_hash.in_(hashes.values())
        )
        engine: Engine = database.engine
        with engine.connect().execution_options(**{READS_ONCE: True}) as connection:
            found = {row.hour: int(row.wrong) for row in connection.execute(look_up)}
        left = 1 - time.time() % HOUR_SECONDS / HOUR_SECONDS
        return found.get(hour, 0) + int(found.get(hour - 1, 0) * left)

    def add(self, half: str, wrong: int) -> None:
        """Counts so many more with this first half. They are written now, or with the next ones."""
        hour = hour_now()
        with self._lock:
            name = hour, self._hash(hour, half)
            if name in self._waiting or len(self._waiting) < MOST_WAITING:
                self._waiting[name] = self._waiting.get(name, 0) + wrong
            if time.monotonic() < self._written_at + FLUSH_SECONDS:
                return
            self._written_at = time.monotonic()
            waiting, self._waiting = self._waiting, {}
        try:
            with begin(sends=True) as db:  # no page says anything of it
                forget_old(db)
                for (at, half_hash), number in sorted(waiting.items()):
                    _write(db, at, half_hash, number)
        except SQLAlchemyError:
            _log.exception("wrong_codes_not_shared")

    def _hash(self, hour: int, half: str) -> bytes:
        return hmac.digest(self._key, f"{hour} {half}".encode(), "sha256")


def forget_old(db: Session) -> None:
    """Deletes the counts of hours that no longer matter."""
    hour = hour_now()
    db.execute(delete(WrongHalf).where(~WrongHalf.hour.between(hour - KEPT_HOURS + 1, hour + 1)))


def _write(db: Session, hour: int, half_hash: bytes, number: int) -> None:
    adding = INSERT[db.get_bind().dialect.name](WrongHalf).values(
        hour=hour, half_hash=half_hash, wrong=number
    )
    db.execute(
        adding.on_conflict_do_update(
            index_elements=[WrongHalf.hour, WrongHalf.half_hash],
            set_={"wrong": WrongHalf.wrong + adding.excluded.wrong},
        )
    )
