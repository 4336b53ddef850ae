"""How likely a school is so far from the others if it is like them, and which of many such
figures may be said. Pure.

How much schools usually differ is itself worked out from a few schools, so a distance is held
against Student's t of one degree of freedom fewer than there are schools, and not against the
normal distribution. Its tail and quantile are worked out exactly for whole degrees of freedom
(M. Abramowitz and I. A. Stegun, Handbook of Mathematical Functions, 1964, 26.7.3 and 26.7.4).
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from math import atan, cos, erfc, pi, sin, sqrt
from typing import TypeVar

FALSE_DISCOVERIES = 0.05
"""The share of all figures named as standing apart that may be expected to do so by chance."""

K = TypeVar("K", bound=Hashable)


def both_tails(score: float, freedom: int | None) -> float:
    """The probability of so large a score, either way; `freedom` is None where chance alone
    explains how schools differ, and nothing had to be estimated."""
    size = abs(score)
    if freedom is None:
        return erfc(size / sqrt(2))
    angle = atan(size / sqrt(freedom))
    term = total = cos(angle) if freedom % 2 else 1.0
    start = 3 if freedom % 2 else 2
    for at in range(start, freedom - 1, 2):
        term *= cos(angle) ** 2 * (at - 1) / at
        total += term
    if freedom % 2 == 0:
        inside = sin(angle) * total
    elif freedom == 1:
        inside = 2 * angle / pi
    else:
        inside = 2 / pi * (angle + sin(angle) * total)
    return max(0.0, 1 - inside)


def score_beyond(chance: float, freedom: int | None) -> float:
    """The score that is passed with this probability, either way: by halving."""
    low, high = 0.0, 1000.0
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if both_tails(middle, freedom) > chance else (low, middle)
    return high


def that_hold(chances: Mapping[K, float]) -> frozenset[K]:
    """Those of many that may be said together, by the step-up rule of Benjamini and Hochberg (as
    for institutions: H. E. Jones, D. I. Ohlssen and D. J. Spiegelhalter, Journal of Clinical
    Epidemiology 61, 2008, 232-240)."""
    order = sorted(chances, key=lambda key: chances[key])
    found = 0
    for place, key in enumerate(order, start=1):
        if chances[key] <= FALSE_DISCOVERIES * place / len(order):
            found = place
    return frozenset(order[:found])
