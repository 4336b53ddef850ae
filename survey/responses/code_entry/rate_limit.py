"""A limit that slows the guessing of codes. It ignores addresses: a whole school shares one.

It counts which second halves were wrong with one first half: a code that is mistyped ten times in
the same way counts once. If many were wrong, the next code with that first half has to wait a few
seconds before it is checked, right or wrong. No one is refused: a person with half a card can make
its owner wait for seconds, but not for an hour. Nothing here is asked after a code is accepted, so
no answer ever waits at Send.

All processes and servers count together, in the database (`shared_guesses`). A process keeps its
first few wrong codes of a first half to itself. The ticket for a wait is valid in every process.
"""

from __future__ import annotations

import hmac
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from survey.campaigns.access_codes import LENGTH, letters_of
from survey.responses.code_entry.shared_guesses import MOST_SHARED, SHARED_FROM, SharedGuesses

WAITS = ((10, 5), (50, 15), (200, 30))
"""The number of wrong second halves in the last hour, and the seconds until a code is checked."""

HOUR_SECONDS = 3600.0
TICKET_SECONDS = 300
"""How long a ticket can be used once its wait is over."""

MOST_KEPT = 20_000
"""Wrong codes that are remembered; the oldest go first."""


class GuessLimit:
    """Wrong codes of the last hour: which ones in the memory of one process, as hashes under a key
    that dies with the process; how many, from all processes together."""

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, shared: SharedGuesses | None = None
    ) -> None:
        self._clock = clock
        self._shared = shared
        self._key = secrets.token_bytes(32)
        self._lock = threading.Lock()
        self._wrong: OrderedDict[tuple[bytes, bytes], float] = OrderedDict()
        self._by_half: dict[bytes, int] = {}

    def wait(self, code: str) -> int:
        """Seconds that a code like this one has to wait before it is checked."""
        with self._lock:
            self._forget()
            wrong = self._by_half.get(self._kept_as(code)[0], 0)
        if self._shared is not None:
            wrong = max(wrong, self._shared.count(_first_half(code)))
        return max((seconds for least, seconds in WAITS if wrong >= least), default=0)

    def wrong(self, code: str) -> None:
        """Remembers a wrong code."""
        kept = self._kept_as(code)
        with self._lock:
            self._forget()
            is_new = self._wrong.pop(kept, None) is None
            if is_new:
                self._by_half[kept[0]] = self._by_half.get(kept[0], 0) + 1
            self._wrong[kept] = self._clock()
            count = self._by_half[kept[0]]
            if len(self._wrong) > MOST_KEPT:
                self._drop_oldest()
        if is_new and self._shared is not None and SHARED_FROM <= count <= MOST_SHARED:
            self._shared.add(_first_half(code), count if count == SHARED_FROM else 1)

    def _forget(self) -> None:
        horizon = self._clock() - HOUR_SECONDS
        while self._wrong and next(iter(self._wrong.values())) <= horizon:
            self._drop_oldest()

    def _drop_oldest(self) -> None:
        (half, _second), _at = self._wrong.popitem(last=False)
        self._by_half[half] -= 1
        if not self._by_half[half]:
            del self._by_half[half]

    def _kept_as(self, code: str) -> tuple[bytes, bytes]:
        """The two halves of what was typed, unreadable."""
        letters = letters_of(code)[: 2 * LENGTH]
        halves = letters[: LENGTH // 2], letters[LENGTH // 2 :]
        first, second = (hmac.digest(self._key, half.encode(), "sha256")[:16] for half in halves)
        return first, second


def _first_half(code: str) -> str:
    return letters_of(code)[: LENGTH // 2]


@dataclass(frozen=True)
class Ticket:
    """A wait that has begun: until when, in whole seconds, and a seal that ties it to a code."""

    ready_at: int
    seal: str

    @classmethod
    def new(cls, code: str, *, seconds: int, now: float, key: bytes) -> Ticket:
        ready_at = int(now) + seconds
        return cls(ready_at, _sealed(code, ready_at, key))

    @classmethod
    def read(cls, written: str, code: str, *, key: bytes) -> Ticket | None:
        """The ticket, if it is ours and of this code."""
        ready_at, _, seal = written[:100].partition(".")
        if not (ready_at.isascii() and ready_at.isdecimal() and len(ready_at) < 12):
            return None
        known = _sealed(code, int(ready_at), key)
        return cls(int(ready_at), seal) if hmac.compare_digest(known, seal) else None

    def __str__(self) -> str:
        return f"{self.ready_at}.{self.seal}"

    def seconds_left(self, now: float) -> int:
        return max(0, self.ready_at - int(now))

    def is_over(self, now: float) -> bool:
        """Was it unused for so long that the wait begins again?"""
        return now > self.ready_at + TICKET_SECONDS


def _sealed(code: str, ready_at: int, key: bytes) -> str:
    derived = hmac.digest(key, b"code waits 1", "sha256")
    return hmac.digest(derived, f"{ready_at} {letters_of(code)}".encode(), "sha256").hex()[:32]
