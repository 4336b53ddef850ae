"""Non-response: who answered compared with the roll, and its effect on figures. Pure.

A figure of the whole school is of the students who answered. Where some year groups answered more
than others it leans towards them; `weighed` weighs each year group by its place on the roll instead
(post-stratification: D. Holt and T. M. F. Smith, Journal of the Royal Statistical Society A 142,
1979, 33-46). What the others would have answered is unknown; `bounds_of_all` gives the most that
they could move a share (C. F. Manski, Journal of Human Resources 24, 1989, 343-360).

All of it is worked out from published figures and the published roll.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import ceil, floor, sqrt
from typing import Protocol

from survey.disclosure.figures import Status, values_behind
from survey.disclosure.release import PARTICIPATION, Release
from survey.disclosure.tables import Group
from survey.releases.group_names import years_of
from survey.releases.tabulation_plan import year_key
from survey.reports.school.group_claims import DESIGN_EFFECT
from survey.reports.school.panels_and_blocks import EVERYONE, Share

FEW = 60
"""Per cent of the roll: with fewer answers a figure is only of those who answered."""

DIFFERS = 2
"""Per cent points from which the weighed share is shown with the plain one."""

EXTREME = "very_unsafe"

LEFT_OUT = 10
"""Per cent of the roll that year groups without a published figure may make up."""


class Shares(Protocol):
    """The parts of a release that this module needs."""

    @property
    def release(self) -> Release: ...

    def share(self, table: str, answer: str, group: Group = EVERYONE) -> Share: ...

    def groups(self, from_year: int = 0) -> tuple[Group, ...]: ...


@dataclass(frozen=True)
class Everywhere:
    """At most `most` students gave the most extreme answer about every place: no more gave it about
    `place`, the key of a row."""

    most: int
    place: str


@dataclass(frozen=True)
class ResponseRates:
    """The rounded number of responses, and the roll, of a group."""

    count: int
    roll: int

    @property
    def rate(self) -> int:
        """In whole per cent; never more than a hundred, though both may be off."""
        return min(100, round(100 * self.count / self.roll))

    @property
    def is_low(self) -> bool:
        return self.rate < FEW


@dataclass(frozen=True)
class Weighed:
    """A share with each year group weighed by the roll. `error`: its standard error, as a share of
    1; `plain`: the published per cent."""

    share: float
    error: float
    plain: int

    @property
    def percent(self) -> int:
        return round(100 * self.share)

    @property
    def differs(self) -> bool:
        """Whether it differs enough from the plain share to be shown."""
        return abs(self.percent - self.plain) >= DIFFERS


def read_turnout(shares: Shares) -> ResponseRates | None:
    """None where the school gave no roll, or the number of answers is hidden."""
    count = shares.share(PARTICIPATION, PARTICIPATION).figure.count
    roll = shares.release.header.get("roll")
    return ResponseRates(count, roll) if count and isinstance(roll, int) and roll > 0 else None


def years_on_roll(release: Release) -> dict[Group, int]:
    """The rows of year groups, and of years that are reported together, with their roll; only
    those that have anyone on it."""
    found = {}
    for group in release.lattice.groups:
        if group.gender is None and (years := years_of(group)):
            known = [release.header.get(f"roll_{year_key(year)}", 0) for year in years]
            roll = sum(number for number in known if isinstance(number, int))
            if roll > 0 and group.year not in release.lattice.silent:
                found[group] = roll
    return found


def bounds_of_all(share: float, rate: float) -> tuple[int, int]:
    """The least and the most per cent that a share could be among all, if only a part of them
    (`rate`, as a share of 1) answered."""
    low, high = share * rate, share * rate + 1 - rate
    return floor(100 * low + 1e-9), ceil(100 * high - 1e-9)


def weighed(
    shares: Shares,
    table: str,
    answer: str,
    from_year: int = 0,
    rolls: Mapping[Group, int] | None = None,
) -> Weighed | None:
    """A figure of the whole school, weighed by the roll: its own, or that of another survey. None
    without a roll by year group, or where too much of it has no published figure."""
    plain = shares.share(table, answer).figure.percent
    rolls = {
        group: roll
        for group, roll in (rolls or years_on_roll(shares.release)).items()
        if years_of(group)[-1] >= from_year
    }
    if plain is None or len(rolls) < 2:
        return None
    parts = list(_parts(shares, table, answer, rolls))
    known = sum(part.roll for part in parts)
    if 100 * (sum(rolls.values()) - known) > LEFT_OUT * sum(rolls.values()):
        return None
    return Weighed(*weigh(parts), plain)


@dataclass(frozen=True)
class RollPart:
    """A year group: its roll, and its published count, base, size and rounding."""

    roll: int
    count: float
    base: int
    took_part: int
    rounding: int


def weigh(parts: Sequence[RollPart]) -> tuple[float, float]:
    """The share of all year groups by their roll, and its standard error. A year group counts with
    all on its roll who would be in the base: of a place, those who go there."""
    weights = [part.roll * part.base / part.took_part for part in parts]
    total = sum(weights)
    share = variance = 0.0
    for weight, part in zip(weights, parts, strict=True):
        own = min(1.0, part.count / part.base)
        share += weight / total * own
        chance = DESIGN_EFFECT * max(own * (1 - own), 1 / (4 * part.base)) / part.base
        variance += (weight / total) ** 2 * (chance + part.rounding**2 / (12 * part.base**2))
    return share, sqrt(variance)


def _parts(
    shares: Shares, table: str, answer: str, rolls: Mapping[Group, int]
) -> Iterator[RollPart]:
    """Each year group that has a published figure. "Fewer than" counts as the middle of what it
    leaves open."""
    for group, roll in rolls.items():
        if group not in shares.release.lattice.groups:
            continue
        share = shares.share(table, answer, group)
        took = shares.share(PARTICIPATION, PARTICIPATION, group).figure.count
        if not share.is_shown or not share.base or not took:
            continue
        limit = share.figure.limit
        count = float(share.figure.count or 0)
        if share.figure.status is Status.FEWER_THAN and limit:
            count = (limit - 1) / 2
        elif share.figure.status is Status.ALL_BUT_FEWER and limit:
            count = share.base - (limit - 1) / 2
        yield RollPart(roll, count, share.base, max(took, share.base), share.rounding)


def extreme_everywhere(reading: Shares, places: Mapping[str, str]) -> Everywhere | None:
    """How many students at most called every place "very unsafe", as a joke or because it is so: as
    many as said it of the place of which the fewest did. `places`: the table of each place. It
    follows from printed numbers and how they are rounded; no report counts such students."""
    found = []
    for key, table in places.items():
        figure = reading.share(table, EXTREME).figure
        row = next(one for one in reading.release.tables if one.key == table).row(EVERYONE)
        if figure.count is not None:
            found.append(Everywhere(values_behind(figure.count, row.rung.rounding, 0)[1], key))
        elif figure.status is Status.FEWER_THAN and figure.limit:
            found.append(Everywhere(figure.limit - 1, key))
    return min(found, key=lambda one: one.most, default=None)
