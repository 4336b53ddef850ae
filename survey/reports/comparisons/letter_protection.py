"""Which figures over schools an authority may see by name while schools are under letters. Pure.

An authority sees each school's share of a place with a letter, and says by name which schools
share a place. A sum over named schools is an equation between the two. Weighed by how many answered
in each school, which is nearly known by name, a few sums told most letters. So a figure over
schools is made of what is printed with the letters alone: each school weighs as the smallest of
its band. Then a figure over all schools of a band is the same whichever school has which letter.

What is left is which schools a figure takes in. `disclosure.readers.keeps_figures` holds that: all
figures together form no small group of the schools of a band.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from survey.disclosure.figures import Status
from survey.disclosure.policy import Policy
from survey.reports.comparisons.size_bands import Band
from survey.reports.school.report_data import Share


@dataclass(frozen=True)
class Compared:
    """A school of a comparison, by name as its authority knows it. `weighs`: the smallest number of
    answers in its band."""

    school_id: uuid.UUID
    band: int
    weighs: int
    is_named: bool


def weigh(schools: Iterable[Band], responded: Mapping[str, int | None]) -> dict[str, int]:
    """By letter, what a school weighs: the smallest printed number of answers in its band."""
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
