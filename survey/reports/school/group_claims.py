"""Which year groups and genders a report may call higher or lower than the rest of a school. Pure.

Each group is compared with everyone else who answered, not with one other group: naming the
highest of seven groups because it is above the lowest blames a group for what another one did.
Four things widen the comparison beyond chance in independent answers:

- answers of one class resemble each other, so that variances are `DESIGN_EFFECT` times as wide. No
  answer is stored with its class, so this is an assumption, and "How to read" says so;
- published counts and bases are rounded, which adds the variance of the values behind them: those
  of a count rounded to multiples of r add (r^2 - 1) / 12;
- what few say may by chance be said by many in one group, but not by fewer than none. The chance of
  a difference is that of a gamma distribution with the same third moment (Pearson's type III), by
  the cube root of Wilson and Hilferty (Proceedings of the National Academy of Sciences 17, 1931,
  684-688), not that of a normal distribution;
- a report makes hundreds of such comparisons. Those that may be said are chosen together, so that
  of all claims in a report at most `FALSE_DISCOVERIES` are expected to be false (Benjamini and
  Hochberg 1995, Journal of the Royal Statistical Society B 57, 289-300).

Everything is worked out from published figures, so a claim says nothing that they do not.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from math import cbrt, ceil, erfc, sqrt
from statistics import NormalDist
from typing import TypeVar

from survey.reports.school.intervals import even

DESIGN_EFFECT = 1.5
"""How much wider the truth is than with independent answers: a correlation of 0.025 in classes of
21 who answer. It is an assumption; no real value is known for a school."""

FALSE_DISCOVERIES = 0.05
"""The share of all claims in one report that may be expected to be false."""

THIRD_MOMENT = DESIGN_EFFECT * (2 * DESIGN_EFFECT - 1)
"""How many times as large as with independent answers the third moment is where answers of one
class follow a beta-binomial distribution of this design effect."""

POWER = 0.8
"""How often a difference that "would have to be" so large would be found."""

HARDLY_SKEW = 1e-6
"""Below it a gamma distribution is a normal one."""

LEAST_BASE = 30
"""A group with fewer answers is shown, but no sentence calls it higher or lower than the rest."""

K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True)
class Sample:
    """A published count, its published base, the multiple that the count is rounded to, and how
    many numbers the base may be."""

    count: int
    base: int
    rounding: int
    bases: int = 1

    def rest_of(self, whole: Sample) -> tuple[int, int]:
        """(count, base) of everyone else in the whole, from rounded figures: never below 0, and
        never more than there are."""
        base = max(0, whole.base - self.base)
        return min(max(0, whole.count - self.count), base), base


@dataclass(frozen=True)
class Contrast:
    """A group against the rest of its school. `above`: how far it is above, as a share of 1;
    `error`: the standard error of that; `rest`: the share of the rest, in whole per cent; `skew`:
    the skewness of a difference that is due to chance."""

    above: float
    error: float
    rest: int
    skew: float = 0.0

    @property
    def chance(self) -> float:
        """The two-sided probability of so large a difference where there is none."""
        if self.error == 0:
            return 1.0 if self.above == 0 else 0.0
        return erfc(abs(_as_normal(self.above / self.error, self.skew)) / sqrt(2))


def _as_normal(score: float, skew: float) -> float:
    """The score of a normal distribution that is as unlikely as one of a gamma distribution of this
    skewness (Wilson and Hilferty)."""
    if abs(skew) < HARDLY_SKEW:
        return score
    return 6 / skew * (cbrt(max(0.0, 1 + skew * score / 2)) - 1) + skew / 6


def _from_normal(score: float, skew: float) -> float:
    """The same the other way round."""
    if abs(skew) < HARDLY_SKEW:
        return score
    return 2 / skew * ((1 + skew / 6 * (score - skew / 6)) ** 3 - 1)


def contrast(group: Sample, whole: Sample) -> Contrast | None:
    """The contrast of a group with the rest; None if either is too small."""
    count, base = group.rest_of(whole)
    if group.base < LEAST_BASE or base < LEAST_BASE:
        return None
    mine, rest = group.count / group.base, count / base
    both = (group.count + count) / (group.base + base)
    error = sqrt(
        DESIGN_EFFECT * both * (1 - both) * (1 / group.base + 1 / base)
        + _rounding(group, whole, base, both)
    )
    third = third_moment(both, group.base) - third_moment(both, base)
    return Contrast(mine - rest, error, round(100 * rest), third / error**3 if error else 0.0)


def third_moment(share: float, base: int) -> float:
    """Of a share of so many answers, about its mean."""
    return THIRD_MOMENT * share * (1 - share) * (1 - 2 * share) / base**2


def _rounding(group: Sample, whole: Sample, rest: int, share: float) -> float:
    """The variance that rounding adds. What moves the group's count or base up moves those of the
    rest down."""
    mine, all_of_it = (even(one.rounding) + share**2 * even(one.bases) for one in (group, whole))
    return mine * (1 / group.base + 1 / rest) ** 2 + all_of_it / rest**2


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
    found = sorted(
        (one for group in groups if (one := contrast(group, whole)) is not None and one.error),
        key=lambda one: one.error,
    )
    if not found or not of:
        return None
    normal, usual = NormalDist(), found[len(found) // 2]
    least = normal.inv_cdf(1 - FALSE_DISCOVERIES * (made + 1) / of / 2)
    beyond_chance = _from_normal(least, usual.skew)
    return ceil(100 * (beyond_chance + normal.inv_cdf(POWER)) * usual.error)
