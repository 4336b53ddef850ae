"""Which year groups and genders a report may call higher or lower than the rest of a school. Pure.

Each group is compared with everybody else who answered, not with one other group: naming the
highest of seven groups because it is above the lowest blames a group for what another one did.
Three things widen the comparison beyond chance in independent answers:

- answers of one class resemble each other, so that variances are `DESIGN_EFFECT` times as wide. No
  answer is stored with its class, so this is an assumption, and "How to read" says so;
- published counts are rounded, which adds a variance of r^2 / 12 for a rounding to multiples of r;
- a report makes hundreds of such comparisons. Those that may be said are chosen together, so that
  of all claims in a report at most `FALSE_DISCOVERIES` are expected to be false (Benjamini and
  Hochberg 1995, Journal of the Royal Statistical Society B 57, 289-300).

Everything is worked out from published figures, so a claim says nothing that they do not.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from math import ceil, erfc, sqrt
from statistics import NormalDist
from typing import TypeVar

DESIGN_EFFECT = 1.5
"""How much wider the truth is than with independent answers: a correlation of 0.025 in classes of
21 who answer. It is an assumption; no real value is known for a school."""

FALSE_DISCOVERIES = 0.05
"""The share of all claims in one report that may be expected to be false."""

POWER = 0.8
"""How often a difference that "would have to be" so large would be found."""

LEAST_BASE = 30
"""A group with fewer answers is shown, but no sentence calls it higher or lower than the rest."""

K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True)
class Sample:
    """A published count, its published base, and the multiple both are rounded to."""

    count: int
    base: int
    rounding: int

    def rest_of(self, whole: Sample) -> tuple[int, int]:
        """(count, base) of everybody else in the whole, from rounded figures: never below 0, and
        never more than there are."""
        base = max(0, whole.base - self.base)
        return min(max(0, whole.count - self.count), base), base


@dataclass(frozen=True)
class Contrast:
    """A group against the rest of its school. `above`: how far it is above, as a share of 1;
    `error`: the standard error of that; `rest`: the share of the rest, in whole per cent."""

    above: float
    error: float
    rest: int

    @property
    def chance(self) -> float:
        """The two-sided probability of so large a difference where there is none."""
        if self.error == 0:
            return 1.0 if self.above == 0 else 0.0
        return erfc(abs(self.above) / self.error / sqrt(2))


def contrast(group: Sample, whole: Sample) -> Contrast | None:
    """The contrast of a group with the rest; None if either is too small."""
    count, base = group.rest_of(whole)
    if group.base < LEAST_BASE or base < LEAST_BASE:
        return None
    mine, rest = group.count / group.base, count / base
    both = (group.count + count) / (group.base + base)
    sampling = DESIGN_EFFECT * both * (1 - both) * (1 / group.base + 1 / base)
    # The group's own rounding moves its share up and the share of the rest down.
    rounding = (
        group.rounding**2 * (1 / group.base + 1 / base) ** 2 + (whole.rounding / base) ** 2
    ) / 12
    return Contrast(mine - rest, sqrt(sampling + rounding), round(100 * rest))


def claims_among(contrasts: Mapping[K, Contrast]) -> frozenset[K]:
    """Those of all contrasts of a report that may be said, by the step-up rule of Benjamini and
    Hochberg."""
    order = sorted(contrasts, key=lambda key: contrasts[key].chance)
    found = 0
    for place, key in enumerate(order, start=1):
        if contrasts[key].chance <= FALSE_DISCOVERIES * place / len(order):
            found = place
    return frozenset(order[:found])


def least_difference(groups: Iterable[Sample], whole: Sample, *, made: int, of: int) -> int | None:
    """How many percentage points above the rest a group of a usual size would have to be for a
    sentence to name it, with a power of `POWER`, where a report makes `made` claims out of `of`
    contrasts. None where no group is large enough."""
    errors = sorted(
        found.error for one in groups if (found := contrast(one, whole)) is not None and found.error
    )
    if not errors or not of:
        return None
    normal = NormalDist()
    beyond_chance = normal.inv_cdf(1 - FALSE_DISCOVERIES * (made + 1) / of / 2)
    return ceil(100 * (beyond_chance + normal.inv_cdf(POWER)) * errors[len(errors) // 2])
