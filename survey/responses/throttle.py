"""Guessing codes, slowed. Nobody's address is looked at: a whole school shares one.

What is counted is wrong codes, by their first half, and all together. Who hammers one half is told
to wait; a right code is refused only while its own half is being hammered.
"""

from __future__ import annotations

import hmac
import secrets
import threading
import time
from collections import deque
from collections.abc import Callable

WRONG_PER_HALF_AND_HOUR = 10
WRONG_PER_MINUTE = 300
HOUR_SECONDS, MINUTE_SECONDS = 3600.0, 60.0


class GuessLimit:
    """Wrong codes of the last hour, in the memory of one process. A half is kept as a hash under a
    key that dies with the process."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._key = secrets.token_bytes(32)
        self._lock = threading.Lock()
        self._wrong: deque[tuple[float, bytes]] = deque()
        self._by_half: dict[bytes, int] = {}

    def half_is_hammered(self, code: str) -> bool:
        """Have there been so many wrong codes that began like this one, that even a right one must
        wait?"""
        with self._lock:
            self._forget()
            return self._by_half.get(self._half(code), 0) >= WRONG_PER_HALF_AND_HOUR

    def wrong(self, code: str) -> bool:
        """Counts a wrong code; yes if its sender must wait."""
        half, now = self._half(code), self._clock()
        with self._lock:
            self._forget()
            hammered = self._by_half.get(half, 0) >= WRONG_PER_HALF_AND_HOUR
            if hammered or self._last_minute(now) >= WRONG_PER_MINUTE:
                return True  # not counted: what is refused anyway must not fill the memory
            self._wrong.append((now, half))
            self._by_half[half] = self._by_half.get(half, 0) + 1
            return False

    def _last_minute(self, now: float) -> int:
        count = 0
        for at, _half in reversed(self._wrong):
            if at <= now - MINUTE_SECONDS:
                break
            count += 1
        return count

    def _forget(self) -> None:
        horizon = self._clock() - HOUR_SECONDS
        while self._wrong and self._wrong[0][0] <= horizon:
            _at, half = self._wrong.popleft()
            self._by_half[half] -= 1
            if not self._by_half[half]:
                del self._by_half[half]

    def _half(self, code: str) -> bytes:
        letters = "".join(sign for sign in code.upper() if sign.isalnum())[:4]
        return hmac.digest(self._key, letters.encode(), "sha256")[:16]
