"""Figures that are read together agree with each other. Pure.

A count is rounded by itself, and its base follows from the size of the group and the printed
numbers left out of it. So a count may be printed above its base, or a share be held below what
count and base give. Such a pair is shown as the nearest pair that the rounding allows and that
gives the printed percentage: nothing is used that the release does not print.

A whole and its parts are rounded apart too. They are shown as they are printed, and `disagrees`
says where a reader would wonder.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

from survey.reports.school.panels_and_blocks import Share
from survey.reports.school.rounding_bounds import Span

NEAR = 1.0
"""Per cent points by which a count of a base may miss the printed whole per cent."""

STEP = 5
"""Multiples that are preferred: other numbers would look exact."""


@lru_cache(maxsize=8192)
def agree(count: int, base: int, percent: int, counts: Span, bases: Span) -> tuple[int, int]:
    """The count and the base to show with a percentage: as printed, if they give it."""
    if count <= base and _misses(count, base, percent) <= 0.5:
        return count, base
    pairs = [
        (one, of)
        for of in range(bases[0], bases[1] + 1)
        for one in range(counts[0], min(counts[1], of) + 1)
    ]
    return min(
        pairs or [(min(count, base), base)],
        key=lambda pair: (
            _misses(pair[0], pair[1], percent) > NEAR,
            sum(number % STEP != 0 for number in pair),
            abs(pair[0] - count) + abs(pair[1] - base),
            _misses(pair[0], pair[1], percent),
        ),
    )


def _misses(count: int, base: int, percent: int) -> float:
    return abs(100 * count / base - percent)


def disagrees(whole: Share, years: Sequence[Share], others: Iterable[Share]) -> bool:
    """Would a reader wonder at a whole school and its groups? `years`: every year group of the
    school, or none where one is hidden; `others`: any other groups."""
    of, count = whole.printed_span, whole.counted_span
    if of is None or count is None:
        return False
    parts = [span for one in years if (span := one.printed_span)]
    if parts and len(parts) == len(years):
        lowest, highest = min(low for low, _ in parts), max(high for _, high in parts)
        if of[0] > highest or of[1] < lowest:
            return True
    counts = (span for one in (*years, *others) if (span := one.counted_span))
    return any(low > count[1] for low, _high in counts)
