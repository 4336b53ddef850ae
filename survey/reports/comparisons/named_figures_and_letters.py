"""Figures over named schools that an authority may see while schools are under letters elsewhere.

An authority sees each school's share of a place under a letter, and knows by name which schools
share a place. A sum over named schools links the two. If schools were weighed by their number of
answers, which is nearly known by name, a few sums would reveal most letters. So a figure over
schools uses only what is published with the letters: each school has the weight of the smallest in
its band. Then a figure over all schools of a band is the same whichever school has which letter.

What remains is which schools a figure includes. `disclosure.coalitions.keeps_figures` checks that
all figures together single out no small group of the schools of a band.

`check_together` runs the separate verifier on a new comparison with the published ones.
"""

from __future__ import annotations

import uuid
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from survey.disclosure.figures import Status
from survey.disclosure.policy import Policy
from survey.disclosure.verify_readers import Rejected, verify_readers
from survey.logs import log
from survey.reports.comparisons.size_bands import Band
from survey.reports.school.report_data import Share


@dataclass(frozen=True)
class NamedSchool:
    """A school of a comparison, by name as its authority knows it. `weighs`: the smallest number of
    answers in its band."""

    school_id: uuid.UUID
    band: int
    weighs: int
    is_named: bool


def weigh(schools: Iterable[Band], responded: Mapping[str, int | None]) -> dict[str, int]:
    """The weight of a school by letter: the smallest published number of answers in its band."""
    found = {}
    for band in schools:
        given = [number for code in band.codes if (number := responded[code])]
        found.update(dict.fromkeys(band.codes, min(given, default=0)))
    return found


def share_of(shares: Sequence[tuple[Share, int]], policy: Policy) -> int | None:
    """The share of all together in whole per cent, halves up, from printed shares and what each
    school weighs. None where fewer schools print one than an authority's figure needs, or one of
    them weighs too much in it."""
    found = [
        (place, weight)
        for share, weight in shares
        if weight and (place := _place(share, weight)) is not None
    ]
    total = sum(weight for _place_, weight in found)
    heaviest = max((weight for _place_, weight in found), default=0)
    if len(found) < policy.schools_at_least:
        return None
    if 100 * heaviest > policy.school_share_at_most * total:
        return None
    return (2 * sum(place * weight for place, weight in found) + total) // (2 * total)


def _place(share: Share, weight: int) -> int | None:
    """The printed percentage, or the middle of what "fewer than" leaves open in a school of the
    band's smallest size: as it is shown with a letter."""
    figure = share.figure
    if figure.percent is not None:
        return figure.percent
    if figure.limit is None:
        return None
    under = min(100, -(-100 * figure.limit // weight))
    return (under + 1) // 2 if figure.status is Status.FEWER_THAN else 100 - under // 2


# Comparisons of several readers.

MOST = 6
"""The most published comparisons of which every subset is tried. There are about as many as a
school has readers."""
MOST_TRIED = 64
"""Of more comparisons, sets that are tried on the way down from all of them."""


def check_together(comparison: str, others: Sequence[str]) -> None:
    """Checks the text of a comparison together with the texts of published ones.

    Two that were published before this was checked may tell letters already. Nothing can be done
    about those, and they are no reason against each later comparison. So it is checked with each
    largest set of the others that passes by itself: with all of them, as a rule. What it adds to
    any of them is checked by `coalitions.splits`. Raises a `Rejected`."""
    for held in fitting(others):
        verify_readers([comparison, *held])


def fitting(others: Sequence[str]) -> list[tuple[str, ...]]:
    """The largest sets of comparisons that pass the check by themselves, so that each comparison
    is in one."""
    found: list[tuple[str, ...]] = []
    for held in _every_set(others) if len(others) <= MOST else _grown_sets(others):
        if not any(set(held) <= set(one) for one in found) and _fit(held):
            found.append(held)
    if len(found) > 1:
        log.warning("published_comparisons_tell_letters")
    return found


def _every_set(others: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """The largest first."""
    for size in range(len(others), 0, -1):
        yield from combinations(others, size)


def _grown_sets(others: Sequence[str]) -> list[tuple[str, ...]]:
    """Sets that no other comparison can be added to, the largest first. A set that fails is tried
    again without each of the few that make it fail. So of few misfits every largest set is found;
    of very many, sets that hold each comparison."""
    found: list[tuple[str, ...]] = []
    tried: set[tuple[str, ...]] = set()
    waiting = deque([tuple(others)])
    while waiting and len(tried) < MOST_TRIED:
        held = waiting.popleft()
        if held in tried:
            continue
        tried.add(held)
        if _fit(held):
            found.append(_grown(held, others))
        else:
            waiting += (_without(held, one) for one in _misfits(held))
    reached = {one for held in found for one in held}
    found += [_grown((one,), others) for one in others if one not in reached]
    return sorted(found, key=len, reverse=True)


def _grown(held: tuple[str, ...], others: Sequence[str]) -> tuple[str, ...]:
    """With all that can be added one by one. One may fit only once another is there: it may print
    the very band that the two tell apart."""
    while added := next(
        (one for one in others if one not in held and _fit((*held, one))),
        None,
    ):
        held = (*held, added)
    return tuple(one for one in others if one in held)


def _misfits(held: tuple[str, ...]) -> tuple[str, ...]:
    """A minimal subset that fails: it passes without any one of its comparisons."""
    for one in held:
        if len(held) > 2 and not _fit(less := _without(held, one)):
            held = less
    return held


def _without(held: tuple[str, ...], left_out: str) -> tuple[str, ...]:
    return tuple(one for one in held if one != left_out)


def _fit(held: Sequence[str]) -> bool:
    try:
        return len(held) == 1 or bool(verify_readers(list(held)))
    except Rejected:
        return False
