"""Has `verify_readers` check a comparison with the published ones of the same reports."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

from survey.disclosure.verify_readers import Rejected, verify_readers
from survey.logs import log

MOST = 6
"""Published comparisons of which every set is tried. There are about as many as a school has
readers."""


def check_together(comparison: str, others: Sequence[str]) -> None:
    """Checks the text of a comparison together with the texts of published ones.

    Two that were published before this was checked may tell letters already. Nothing can be done
    about those, and they are no reason against each later comparison. So it is checked with each
    largest set of the others that passes by itself: with all of them, as a rule. What it adds to
    any of them is checked by `readers.splits`. Raises a `Rejected`."""
    for held in fitting(others):
        verify_readers([comparison, *held])


def fitting(others: Sequence[str]) -> list[tuple[str, ...]]:
    """The largest sets of comparisons that pass the check by themselves, so that each comparison
    is in one."""
    found: list[tuple[str, ...]] = []
    for size in _sizes(len(others)):
        for held in combinations(others, size):
            if not any(set(held) <= set(one) for one in found) and _fit(held):
                found.append(held)
    if len(found) > 1:
        log.warning("published_comparisons_tell_letters", comparisons=len(others))
    return found


def _sizes(number: int) -> Iterator[int]:
    for size in range(number, 0, -1):
        if size in (number, 2, 1) or number <= MOST:
            yield size


def _fit(held: Sequence[str]) -> bool:
    try:
        return len(held) == 1 or bool(verify_readers(list(held)))
    except Rejected:
        return False
