"""A limit that slows a flood of requests. It ignores addresses: a whole school shares one.

Each school has lanes. A request takes one by its name, or else one by what it says of where and
what; each lane lets one through in a minute. A script that sends one text again and again, or
numbers it, fills two lanes of sixty, and others pass. One that makes up every word must send more
than one a second to fill them all, and even then a lane is free again within a minute. No day is
ever closed. A request that must wait stays in its page and can be sent again.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Hashable

from limits import parse

from survey.help_requests.operations import Asked, plain
from survey.http.rate_limits import RateLimits

LANES = 30
"""Of each of the two kinds."""

ONE_A_MINUTE = parse("1 per minute")


class FloodLimit:
    """What came in the last minute, in the memory of one process. Lanes are drawn under a key that
    the process forgets, and show nothing of a name."""

    def __init__(self, key: bytes | None = None) -> None:
        self._key = key or secrets.token_bytes(32)
        self._limits = RateLimits(self._key)

    def is_full(self, what: Hashable, most: int) -> bool:
        """Counts one more of `what`, and says whether that is too many in a minute."""
        return not self._limits.hit(parse(f"{most} per minute"), what)

    def must_wait(self, school: Hashable, number: Hashable, asked: Asked) -> bool:
        """Takes the first of a request's lanes that is free; yes if none is. A page that passed and
        is sent again, under its number, passes again: it is kept once."""
        if self._limits.has_hits(ONE_A_MINUTE, school, "passed", number):
            return False
        lanes = ("name", asked.name), ("words", asked.form + asked.where + asked.about)
        passes = any(
            self._limits.hit(ONE_A_MINUTE, school, kind, self._lane(words)) for kind, words in lanes
        )
        if passes:
            self._limits.hit(ONE_A_MINUTE, school, "passed", number)
        return not passes

    def _lane(self, words: str) -> int:
        drawn = hmac.digest(self._key, plain(words).encode("utf-8", "replace"), "sha256")
        return int.from_bytes(drawn[:8], "big") % LANES


WRONG_WORDS_PER_MINUTE = 300
