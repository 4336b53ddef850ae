"""The interval of a published share, for chance and rounding together. Pure.

Chance: the limits of E. B. Wilson (Journal of the American Statistical Association 22, 1927). What
rounding adds is a standard deviation of numbers that are equally likely (W. F. Sheppard, 1898), and
never more than the rounding leaves open. The two are added as squares, as R. G. Newcombe adds those
of two shares (Statistics in Medicine 17, 1998, 873-890, method 10).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, floor, hypot, sqrt

Counted = tuple[int, int]
"""A count and its base."""

NORMAL_95 = 1.959963984540054

HAIR = 1e-9
"""A floating-point error must not move an end by a whole point."""


@dataclass(frozen=True)
class IntervalEnd:
    """One end of an interval: the share from which it is measured, and its distance."""

    share: float
    reach: float


def wilson_ends(counted: Counted, z: float) -> tuple[float, float, float]:
    """A share and the two ends of its interval by chance alone."""
    count, base = counted
    share, z2 = min(1.0, count / base), z * z
    middle = (share + z2 / (2 * base)) / (1 + z2 / base)
    half = z * sqrt(share * (1 - share) / base + z2 / (4 * base * base)) / (1 + z2 / base)
    return share, min(share, middle - half), max(share, middle + half)


def ends_of_share(
    counted: Counted, corners: tuple[Counted, Counted], values: Counted, z: float
) -> tuple[IntervalEnd, IntervalEnd]:
    """The low and the high end of a share that prints a count. `corners`: the lowest and the
    highest share behind it; `values`: how many whole numbers the count, and the base, may be."""
    at, low, high = wilson_ends(counted, z)
    (least, _, _), (most, _, _) = (wilson_ends(corner, z) for corner in corners)
    blur = z * sqrt(even(values[0]) + at * at * even(values[1])) / counted[1]
    return (
        IntervalEnd(at, hypot(at - low, min(blur, max(0.0, at - least)))),
        IntervalEnd(at, hypot(high - at, min(blur, max(0.0, most - at)))),
    )


def ends_of_limit(corners: tuple[Counted, Counted], z: float) -> tuple[IntervalEnd, IntervalEnd]:
    """The same of "fewer than": it has no share to start from, so each end starts at the furthest
    the share may be."""
    lowest, low, _ = wilson_ends(corners[0], z)
    highest, _, high = wilson_ends(corners[1], z)
    return IntervalEnd(lowest, lowest - low), IntervalEnd(highest, high - highest)


def in_whole_per_cent(found: tuple[IntervalEnd, IntervalEnd]) -> tuple[int, int]:
    """An interval in whole per cent, rounded outwards."""
    low, high = (100 * (found[0].share - found[0].reach), 100 * (found[1].share + found[1].reach))
    return max(0, floor(low + HAIR)), min(100, ceil(high - HAIR))


def even(values: int) -> float:
    """The variance of so many neighbouring numbers, each as likely."""
    return (values * values - 1) / 12
