"""Are schools further apart than chance, and than schools usually are? Funnel limits. Pure.

As in the public-health literature on comparing institutions:

- D. J. Spiegelhalter, "Funnel plots for comparing institutional performance", Statistics in
  Medicine 24 (2005), 1185-1202: limits of 95 % and 99.8 % around the share of all together, which
  narrow as more answer.
- D. J. Spiegelhalter, "Handling over-dispersion of performance indicators", Quality and Safety in
  Health Care 14 (2005), 347-351, and D. Spiegelhalter, C. Sherlaw-Johnson, M. Bardsley, I. Blunt,
  C. Wood and O. Grigg, "Statistical methods for healthcare regulation: rating, screening and
  surveillance", Journal of the Royal Statistical Society A 175 (2012), 1-47: schools differ for
  more reasons than chance, so z-scores are winsorised (the outer tenth on each side is pulled in),
  and what they still vary beyond chance is added to every school's variance, as a random effect by
  the moments of R. DerSimonian and N. Laird, Controlled Clinical Trials 7 (1986), 177-188.
- Shares are compared as arcsine of their square root, of which the variance hangs on the base
  alone; so no limit is under 0 or over 100.

The additive form was chosen over the multiplicative: that one widens a large school's limits by the
same factor as a small one's, which would say that the more students answer, the less it counts.

Everything comes from printed figures: the share in whole per cent, the rounded bases, and what
rounding to `STEP` may have moved. A school counts with the smallest base of its band (`size_bands`)
in the limits and in the line. If lines were weighed by the schools' own bases, least squares over a
hundred lines would give those bases, and with them which school a letter is.
Limits are rounded outwards to whole per cent, and judged as they are drawn. How much schools
usually differ is estimated from the schools themselves; so the outer limits are those of Student's
t (`significance`): of schools that differ as usual they let through 0.1 to 0.4 %, where the normal
distribution lets through 0.6 to 0.8 %.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from math import asin, ceil, floor, pi, sin, sqrt

from survey.reports.comparisons.comparison_document import ComparedFigure, Printed, SchoolFigure
from survey.reports.comparisons.size_bands import Band
from survey.reports.comparisons.statistics.significance import both_tails, score_beyond

NORMAL_95 = 1.959963984540054
"""What leaves out 5 % of a normal distribution, both ends together."""

FAR = 0.002
"""How likely a school that is like the others is outside the outer limits."""

WINSORISED = 0.1
STEP = 10
"""What counts may have been rounded to; where it was less, limits are a little too wide."""

UNASKED = (Printed.NOT_ASKED, Printed.ASKED_OTHERWISE)

HAIR = 1e-9
"""A hair's breadth of floating point must not move a limit by a whole point."""


class FunnelVerdict(StrEnum):
    """Where a school is. Inside the 95 % limits nothing is said of it."""

    FAR_BELOW = "far_below"
    BELOW = "below"
    INSIDE = "inside"
    ABOVE = "above"
    FAR_ABOVE = "far_above"


@dataclass(frozen=True)
class Limits:
    """Of one band, in whole per cent. `chance` are the 95 % limits if nothing but chance and
    rounding were at work."""

    band: Band
    wide: tuple[int, int]  # 99.8 %
    usual: tuple[int, int]  # 95 %
    chance: tuple[int, int]

    def judge(self, lowest: int | None, highest: int | None) -> FunnelVerdict:
        """Of a share that is at least `lowest` and at most `highest`; None is open."""
        if highest is not None and highest < self.usual[0]:
            return FunnelVerdict.FAR_BELOW if highest < self.wide[0] else FunnelVerdict.BELOW
        if lowest is not None and lowest > self.usual[1]:
            return FunnelVerdict.FAR_ABOVE if lowest > self.wide[1] else FunnelVerdict.ABOVE
        return FunnelVerdict.INSIDE


@dataclass(frozen=True)
class FunnelPosition:
    """One school in a funnel, as an authority may see it: nothing in it shows its base.
    `chance`: how likely it is to lie so far out if it is like the others."""

    school: str
    band: int
    percent: int | None
    under: int | None
    at_least: int | None
    verdict: FunnelVerdict
    chance: float = 1.0

    @property
    def is_given(self) -> bool:
        return (self.percent, self.under, self.at_least) != (None, None, None)


@dataclass(frozen=True)
class Funnel:
    """A figure over schools. `middle` is the share of all students together, as near as the bands
    tell it; `is_dispersed` says that schools differ beyond chance, and that the limits were widened
    for it."""

    middle: int
    limits: tuple[Limits, ...]
    standings: tuple[FunnelPosition, ...]
    is_dispersed: bool
    apart_from_letters: tuple[FunnelPosition, ...] = ()
    printed: tuple[FunnelPosition, ...] = ()

    def limits_of(self, band: int) -> Limits | None:
        return next((one for one in self.limits if one.band.at == band), None)

    def standing_of(self, school: str) -> FunnelPosition:
        return next(one for one in self.standings if one.school == school)

    @property
    def apart(self) -> tuple[FunnelPosition, ...]:
        return tuple(one for one in self.standings if one.verdict is not FunnelVerdict.INSIDE)

    @property
    def withholds(self) -> bool:
        """Are there shares that are shown next to no letter?"""
        return any(
            one.is_given and not shown.is_given
            for one, shown in zip(self.apart_from_letters, self.standings, strict=False)
        )

    def printed_of(self, school: str) -> FunnelPosition:
        """The standing of a school by its share as it is printed."""
        return next(one for one in self.printed or self.standings if one.school == school)

    def seen_by(self, school: str) -> Funnel:
        """As the school with this letter sees it."""
        own = self.printed_of(school)
        return replace(
            self, standings=tuple(own if one.school == school else one for one in self.standings)
        )


def letters_that_tell(
    figure: ComparedFigure, bands: Sequence[Band], named: Collection[str]
) -> frozenset[str]:
    """The letters next to which a figure is not shown: those of a band in which some schools were
    asked and some were not. Who has a library, or teaches Year 6, is known by name, so a letter
    without such a figure would be that school."""
    unasked = {one.school for one in figure.schools if one.printed in UNASKED}
    found: set[str] = set()
    for band in bands:
        letters = set(band.codes) - set(named)
        if letters & unasked and letters - unasked:
            found |= letters
    return frozenset(found)


def read_funnel(
    figure: ComparedFigure, bands: Sequence[Band], named: Collection[str] = ()
) -> Funnel:
    """The funnel of a compared figure. `named`: the letters of schools that are named."""
    band_of = {code: band for band in bands for code in band.codes}
    bases: dict[int, int] = {}
    for one in figure.schools:
        if one.base is not None:
            at = band_of[one.school].at
            bases[at] = min(one.base, bases.get(at, one.base))
    given = [one for one in figure.schools if one.place is not None]
    together = _together([(one.place or 0, bases[band_of[one.school].at]) for one in given])
    middle = effect(together)
    errors = {at: error(base, together) for at, base in bases.items()}
    between = excess(
        [effect(one.place or 0) for one in given],
        [errors[band_of[one.school].at] for one in given],
        middle,
    )
    freedom = len(given) - 1 if between > 0 and len(given) > 1 else None
    far = score_beyond(FAR, freedom)
    limits = tuple(
        Limits(
            band=band,
            wide=around(middle, far * sqrt(errors[band.at] ** 2 + between)),
            usual=around(middle, NORMAL_95 * sqrt(errors[band.at] ** 2 + between)),
            chance=around(middle, NORMAL_95 * errors[band.at]),
        )
        for band in bands
        if band.at in errors
    )
    by_band = {one.band.at: one for one in limits}
    spread = {at: sqrt(own**2 + between) for at, own in errors.items()}
    standings = [
        _with_chance(_standing(one, band_of[one.school], by_band, bases), middle, spread, freedom)
        for one in figure.schools
    ]
    telling = letters_that_tell(figure, bands, named)
    return Funnel(
        middle=together,
        limits=limits,
        standings=tuple(
            FunnelPosition(one.school, one.band, None, None, None, FunnelVerdict.INSIDE)
            if one.school in telling
            else one
            for one in standings
        ),
        is_dispersed=between > 0,
        apart_from_letters=tuple(standings),
    )


def _together(shares: Sequence[tuple[int, int]]) -> int:
    """The share of all, from each one's share and what it counts; halves up."""
    count = sum(counts for _share, counts in shares)
    return (2 * sum(share * counts for share, counts in shares) + count) // (2 * count or 1)


def effect(percent: float) -> float:
    """A share on the scale that is compared."""
    return asin(sqrt(min(max(percent / 100, 0.0), 1.0)))


def error(base: int, middle: int) -> float:
    """The standard error of a share of this base on that scale: chance, and rounding of the count,
    which weighs more where the share is small."""
    spread = max(middle, 1) * max(100 - middle, 1) / 10_000
    return sqrt((1 + STEP**2 / (12 * base * spread)) / (4 * base))


def winsorised(values: Sequence[float], outer: float = WINSORISED) -> list[float]:
    """The values, the outer ones on each side pulled in to the quantile there."""
    ordered = sorted(values)
    low, high = _quantile(ordered, outer), _quantile(ordered, 1 - outer)
    return [min(max(value, low), high) for value in values]


def _quantile(ordered: Sequence[float], share: float) -> float:
    at = share * (len(ordered) - 1)
    below = floor(at + HAIR)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (at - below) * (ordered[above] - ordered[below])


def excess(
    effects: Sequence[float], errors: Sequence[float], middle: float, outer: float = WINSORISED
) -> float:
    """The variance between schools beyond their errors; 0, if chance explains it all."""
    scores = [(one - middle) / own for one, own in zip(effects, errors, strict=True)]
    varied = sum(score**2 for score in winsorised(scores, outer)) - (len(scores) - 1)
    weights = [1 / own**2 for own in errors]
    scale = sum(weights) - sum(weight**2 for weight in weights) / sum(weights)
    return max(0.0, varied / scale) if scale > 0 else 0.0


def around(middle: float, half: float) -> tuple[int, int]:
    """A stretch of the scale, back in whole per cent, outwards."""
    low, high = max(0.0, middle - half), min(pi / 2, middle + half)
    return floor(100 * sin(low) ** 2 + HAIR), ceil(100 * sin(high) ** 2 - HAIR)


def _standing(
    one: SchoolFigure, band: Band, limits: Mapping[int, Limits], bases: Mapping[int, int]
) -> FunnelPosition:
    under = at_least = None
    if one.limit is not None:
        # "Under x %" would tell the base; of the smallest base of the band it holds as well.
        share = min(100, -(-100 * one.limit // bases[band.at]))
        under = share if one.printed is Printed.FEWER_THAN else None
        at_least = 100 - share if one.printed is Printed.ALL_BUT_FEWER else None
    verdict = FunnelVerdict.INSIDE
    if one.is_given:
        lowest = one.percent if at_least is None else at_least
        highest = one.percent if under is None else under
        verdict = limits[band.at].judge(lowest, highest)
    return FunnelPosition(one.school, band.at, one.percent, under, at_least, verdict)


def _with_chance(
    one: FunnelPosition, middle: float, spread: Mapping[int, float], freedom: int | None
) -> FunnelPosition:
    """How likely it is so far out. What is printed as a limit counts with that limit."""
    if one.verdict is FunnelVerdict.INSIDE:
        return one
    edge = next(e for e in (one.percent, one.under, one.at_least) if e is not None)
    return replace(one, chance=both_tails((effect(edge) - middle) / spread[one.band], freedom))
