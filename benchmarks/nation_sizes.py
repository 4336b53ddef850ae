"""The schools of a nation by size, and what a sample of them says about all.

State-funded mainstream secondary schools of England by number of students, January 2012 (Department
for Education, reply to a request of 26 April 2013): 317 up to 500, 1,405 up to 1,000, 1,226 up to
1,500, 320 above. Within a band sizes are spread evenly; the smallest and the largest are ours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

SCHOOLS, RESPONSES = 4_200, 3_500_000
SMALLEST, LARGEST = 100, 2_000
BANDS = ((SMALLEST, 0), (500, 317), (1_000, 1_405), (1_500, 1_226), (LARGEST, 320))
"""The upper end of each band, and how many schools are in it."""


def roll_at(share: float) -> int:
    """The students on roll of the school that so large a share of all schools is smaller than."""
    wanted, passed = share * sum(count for _end, count in BANDS), 0.0
    for (begin, _before), (end, count) in pairwise(BANDS):
        if wanted <= passed + count:
            return round(begin + (end - begin) * (wanted - passed) / count)
        passed += count
    return LARGEST


def rolls(schools: int) -> list[int]:
    """So many schools, spread evenly over all sizes."""
    return [roll_at((number + 0.5) / schools) for number in range(schools)]


def response_rate() -> float:
    """The share of students who answer, so that the nation has its number of responses."""
    return RESPONSES / sum(rolls(SCHOOLS))


@dataclass(frozen=True)
class Total:
    """What all schools need together, and half the width of its 95 % interval."""

    value: float
    error: float

    def __str__(self) -> str:
        return f"{self.value:,.0f} ± {self.error:,.0f}"

    def times(self, factor: float) -> Total:
        return Total(self.value * factor, self.error * factor)

    def plus(self, other: Total) -> Total:
        return Total(self.value + other.value, (self.error**2 + other.error**2) ** 0.5)


STUDENT_T = {1: 12.71, 2: 4.30, 3: 3.18, 4: 2.78, 5: 2.57, 6: 2.45, 7: 2.36, 8: 2.31, 10: 2.23}
"""Quantiles of Student's distribution for 95 %, by degrees of freedom; 2 is used beyond."""


@dataclass(frozen=True)
class Line:
    """What a school needs: `each` a school, and `more` a response."""

    each: float
    more: float
    covariance: tuple[tuple[float, float], tuple[float, float]]
    quantile: float
    explained: float
    """The share of the differences between schools that their sizes explain."""

    def over(self, schools: int, responses: int) -> Total:
        at = np.array([schools, responses], dtype=float)
        spread = float(at @ np.array(self.covariance) @ at) ** 0.5
        return Total(self.each * schools + self.more * responses, self.quantile * spread)


def line(responses: Sequence[int], needed: Sequence[float]) -> Line:
    """A straight line through what was measured at schools of several sizes."""
    if len(responses) < 3:
        raise ValueError("a line with its error takes three schools or more")
    given = np.column_stack([np.ones(len(responses)), np.array(responses, dtype=float)])
    values = np.array(needed, dtype=float)
    (each, more), *_rest = np.linalg.lstsq(given, values, rcond=None)
    off = values - given @ np.array([each, more])
    freedom = len(responses) - 2
    variance = float(off @ off) / freedom
    (one, two), (three, four) = variance * np.linalg.inv(given.T @ given)
    around = float(((values - values.mean()) ** 2).sum())
    return Line(
        float(each),
        float(more),
        ((float(one), float(two)), (float(three), float(four))),
        STUDENT_T.get(freedom, STUDENT_T[8] if freedom == 9 else 2.1 if freedom < 20 else 2.0),
        1 - float(off @ off) / around if around else 1.0,
    )


@dataclass(frozen=True)
class Machine:
    """A size of machine that can be rented."""

    name: str
    processors: int
    gigabytes: int
    euros_an_hour: float


MACHINES = (
    Machine("Hetzner CX33", 4, 8, 0.011),
    Machine("Hetzner CX43", 8, 16, 0.021),
    Machine("Hetzner CX53", 16, 32, 0.036),
)
"""Public prices of 2026 without tax, of processors that are shared with other customers. They are
here to give the order of magnitude."""

EUROS_A_GIGABYTE_MONTH = 0.05
"""For a network disk; three copies are reckoned: two servers of PostgreSQL and the backups."""
