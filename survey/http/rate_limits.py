"""Rate limits: counted in the memory of a process, or in the database for all processes together.

`RateLimits` is for pages of students, where a count must leave no trace. Each process counts for
itself, so two processes let twice as many through.

`SharedLimits` is for pages of staff. A row holds a keyed hash of what is counted, a count, and when
it is over; it is deleted then. Refusing someone reads the database and writes nothing, so a storm
of tries does not hold up a student who sends answers.
"""

from __future__ import annotations

import hmac
import secrets
import time
from collections.abc import Hashable, Mapping
from typing import Any

from limits import RateLimitItem
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter
from sqlalchemy import LargeBinary, delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from survey.database import READS_ONCE, Base, begin, database

INSERT: Mapping[str, Any] = {"postgresql": postgresql.insert, "sqlite": sqlite.insert}

LONGEST_SECONDS = 24 * 60 * 60
"""No limit counts for longer than a day."""


class RateCount(Base):
    """How often something was tried, until when it counts. Ordered by a keyed hash."""

    __tablename__ = "rate_count"
    __table_args__ = ({"sqlite_with_rowid": False},)

    name_hash: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    until: Mapped[int]
    hits: Mapped[int]


class RateLimits:
    """Counts by any names. A name is kept as a keyed hash: the memory of the process does not show
    who was counted. A count begins with the first hit and is forgotten when its time is over."""

    def __init__(self, key: bytes | None = None) -> None:
        self._key = key or secrets.token_bytes(32)
        self._limiter = FixedWindowRateLimiter(MemoryStorage())

    def hit(self, limit: RateLimitItem, *names: Hashable) -> bool:
        """Counts one more, and says whether it is within the limit."""
        return self._limiter.hit(limit, self._hashed(names))

    def has_hits(self, limit: RateLimitItem, *names: Hashable) -> bool:
        """Was anything counted under these names that still counts?"""
        left: int = self._limiter.get_window_stats(limit, self._hashed(names)).remaining
        return left < limit.amount

    def _hashed(self, names: tuple[Hashable, ...]) -> str:
        return hmac.digest(self._key, repr(names).encode("utf-8", "replace"), "sha256").hex()


class SharedLimits:
    """Counts by any names, over all processes. Used within a request, before its own transaction:
    a hit is committed at once."""

    def __init__(self, secret: str) -> None:
        self._key = hmac.digest(secret.encode(), b"shared limits 1", "sha256")

    def hit(self, limit: RateLimitItem, *names: Hashable) -> bool:
        """Counts one more, and says whether it is within the limit. One that is over the limit is
        not counted."""
        name_hash = self._hashed(limit, names)
        if self._hits(limit, name_hash) >= limit.amount:
            return False
        now = int(time.time())
        is_over = (RateCount.until <= now) | (RateCount.until > now + LONGEST_SECONDS)
        is_ahead = (RateCount.name_hash == name_hash) & (RateCount.until > now + limit.get_expiry())
        with begin(sends=True) as db:  # no page shows anything of it
            db.execute(delete(RateCount).where(is_over | is_ahead))
            adding = INSERT[db.get_bind().dialect.name](RateCount).values(
                name_hash=name_hash, until=now + limit.get_expiry(), hits=1
            )
            counted: int = db.execute(
                adding.on_conflict_do_update(
                    index_elements=[RateCount.name_hash], set_={"hits": RateCount.hits + 1}
                ).returning(RateCount.hits)
            ).scalar_one()
        return counted <= limit.amount

    def clear(self, limit: RateLimitItem, *names: Hashable) -> None:
        """Begins this count again."""
        name_hash = self._hashed(limit, names)
        if self._hits(limit, name_hash):
            with begin(sends=True) as db:
                db.execute(delete(RateCount).where(RateCount.name_hash == name_hash))

    def _hits(self, limit: RateLimitItem, name_hash: bytes) -> int:
        """How often it was counted. A count that ends later than any of this limit does was begun
        by a clock that was ahead, and keeps no one out."""
        now = int(time.time())
        counts = RateCount.until.between(now + 1, now + limit.get_expiry())
        look_up = select(RateCount.hits).where(RateCount.name_hash == name_hash, counts)
        with database.engine.connect().execution_options(**{READS_ONCE: True}) as connection:
            return int(connection.scalar(look_up) or 0)

    def _hashed(self, limit: RateLimitItem, names: tuple[Hashable, ...]) -> bytes:
        text = repr((str(limit), names))
        return hmac.digest(self._key, text.encode("utf-8", "replace"), "sha256")
