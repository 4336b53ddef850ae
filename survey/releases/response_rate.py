"""A response rate, from numbers that are printed."""

from __future__ import annotations

RATE_STEP = 5
"""The step, in per cent, to which a response rate is rounded."""


def rate_of(responded: int, roll: int) -> int | None:
    """A response rate from printed numbers, to the nearest step. A roll may be out of date, so a
    rate over 100 is given as 100."""
    if not responded or not roll:
        return None
    steps = (2 * 100 * responded + RATE_STEP * roll) // (2 * RATE_STEP * roll)
    return min(100, RATE_STEP * steps)
