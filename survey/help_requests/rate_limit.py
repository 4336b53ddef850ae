"""A limit that slows a flood of requests. It ignores addresses: a whole school shares one.

Each school has lanes. A request takes one by its name, or else one by what it says of where and
what; each lane lets one through in a minute. A script that sends one text again and again, or
numbers it, fills two lanes of sixty, and others pass. One that makes up every word must send more
than one a second to fill them all, and even then a lane is free again within a minute. No day is
ever closed. A request that must wait stays in its page and can be sent again.

Lanes are in the memory of each process and leave no trace. Once a process has let ten requests of a
school through in a minute, those that follow are also counted for all processes together, so that
two processes do not let twice as much through. That count names no one but the school.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Hashable

from limits import parse

from survey.help_requests.operations import RequestText, plain
from survey.http.rate_limits import RateLimits, SharedLimits

LANES = 30
"""Of each of the two kinds."""

ONE_A_MINUTE = parse("1 per minute")

FEW = parse("10 per minute")
"""Requests of a school that a process counts for itself alone."""

OF_ALL_PROCESSES = parse(f"{2 * LANES} per minute")
"""What follows, in all processes together: what the lanes of one let through."""


class FloodLimit:
    """What came in the last minute, in the memory of one process. Lanes are drawn under a key that
    the process forgets, and show nothing of a name."""

    def __init__(self, key: bytes | None = None, shared: SharedLimits | None = None) -> None:
        self._key = key or secrets.token_bytes(32)
        self._limits = RateLimits(self._key)
        self._shared = shared

    def is_full(self, what: Hashable, most: int) -> bool:
        """Counts one more of `what`, and says whether that is too many in a minute."""
        return not self._limits.hit(parse(f"{most} per minute"), what)

    def must_wait(self, school: Hashable, number: Hashable, asked: RequestText) -> bool:
        """Takes the first of a request's lanes that is free; yes if none is. A page that passed and
        is sent again, under its number, passes again: it is kept once."""
        if self._limits.has_hits(ONE_A_MINUTE, school, "passed", number):
            return False
        lanes = ("name", asked.name), ("words", asked.form + asked.where + asked.about)
        passes = any(
            self._limits.hit(ONE_A_MINUTE, school, kind, self._lane(words)) for kind, words in lanes
        )
        passes = passes and not self._is_flood(school)
        if passes:
            self._limits.hit(ONE_A_MINUTE, school, "passed", number)
        return not passes

    def _is_flood(self, school: Hashable) -> bool:
        """Did all processes together let too many through in this minute?"""
        if self._shared is None or self._limits.hit(FEW, school, "few"):
            return False
        return not self._shared.hit(OF_ALL_PROCESSES, "requests for help", school)

    def _lane(self, words: str) -> int:
        drawn = hmac.digest(self._key, plain(words).encode("utf-8", "replace"), "sha256")
        return int.from_bytes(drawn[:8], "big") % LANES


WRONG_WORDS_PER_MINUTE = 300
