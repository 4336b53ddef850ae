"""A flood of requests, slowed. No address is looked at: a whole school shares one.

Each school has lanes. A request takes one by its name, or else one by what it says of where and
what; each lane lets one through in a minute. A script that sends one text again and again, or
numbers it, fills two lanes of sixty, and others pass. One that makes up every word must send more
than one a second to fill them all, and even then a lane is free again within a minute. No day is
ever closed. A request that must wait stays in its page and can be sent again.
"""

from __future__ import annotations

import hmac
import secrets
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable, Hashable

from survey.help_requests.operations import Asked, plain

LANES = 30
"""Of each of the two kinds."""
PER_LANE_AND_MINUTE = 1
WRONG_WORDS_PER_MINUTE = 300
MINUTE_SECONDS = 60.0


class FloodLimit:
    """What came in the last minute, in the memory of one process. Lanes are drawn under a key that
    the process forgets, and tell nothing of a name."""

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, key: bytes | None = None
    ) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._at: defaultdict[Hashable, deque[float]] = defaultdict(deque)
        self._passed: dict[Hashable, float] = {}
        self._key = key or secrets.token_bytes(32)

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

    def must_wait(self, school: Hashable, number: Hashable, asked: Asked) -> bool:
        """Takes the first of a request's lanes that is free; yes if none is. A page that passed and
        is sent again, under its number, passes again: it is kept once."""
        now = self._clock()
        self._passed = {one: at for one, at in self._passed.items() if at > now - MINUTE_SECONDS}
        if (school, number) in self._passed:
            return False
        lanes = ("name", asked.name), ("words", asked.form + asked.where + asked.about)
        waits = all(
            self.is_full((school, kind, self._lane(words)), PER_LANE_AND_MINUTE)
            for kind, words in lanes
        )
        if not waits:
            self._passed[school, number] = now
        return waits

    def _lane(self, words: str) -> int:
        drawn = hmac.digest(self._key, plain(words).encode("utf-8", "replace"), "sha256")
        return int.from_bytes(drawn[:8], "big") % LANES
