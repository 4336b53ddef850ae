"""Rate limits, counted in the memory of each process under keys that die with it.

Each process counts for itself: with two workers, twice as many tries pass. The limits are chosen so
that this is still far too few to guess anything. Nothing here is asked on a student's page turn.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Hashable

from limits import RateLimitItem
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter


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

    def clear(self, limit: RateLimitItem, *names: Hashable) -> None:
        """Begins this count again."""
        self._limiter.clear(limit, self._hashed(names))

    def _hashed(self, names: tuple[Hashable, ...]) -> str:
        return hmac.digest(self._key, repr(names).encode("utf-8", "replace"), "sha256").hex()
