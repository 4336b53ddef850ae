"""A clock for rate limits that a test moves."""

from __future__ import annotations

import time

import pytest

MINUTE_SECONDS = 60.0


class Clock:
    """Replaces the module `time` where rate limits are counted."""

    def __init__(self) -> None:
        self.now = time.time()

    def time(self) -> float:
        return self.now


def moved_by_hand(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("limits.storage.memory.time", clock)
    monkeypatch.setattr("survey.http.rate_limits.time", clock)
    return clock
