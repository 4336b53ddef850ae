"""A flood of requests, slowed. Nobody's address is looked at: a whole school shares one.

What is counted is how many came for one school, and how often somebody tried a word that leads
nowhere. A request that must wait stays in its page and can be sent again.
"""

from __future__ import annotations

import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable, Hashable

PER_SCHOOL_AND_MINUTE = 20
WRONG_WORDS_PER_MINUTE = 300
MINUTE_SECONDS = 60.0


class FloodLimit:
    """What came in the last minute, in the memory of one process."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._at: defaultdict[Hashable, deque[float]] = defaultdict(deque)

    def is_full(self, what: Hashable, most: int) -> bool:
        """Counts one more of `what`, unless there were `most` in the last minute: then yes."""
        now = self._clock()
        with self._lock:
            at = self._at[what]
            while at and at[0] <= now - MINUTE_SECONDS:
                at.popleft()
            if len(at) >= most:
                return True
            at.append(now)
            return False
