"""The interval of a printed share, and the count and base that go with it, worked out again.

Shares no code with what it judges: Wilson's limits are those of statsmodels, the rest is written
from docs/reports.md and docs/change.md."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from math import ceil, floor, sqrt
from statistics import NormalDist
from typing import Any, Protocol

from statsmodels.stats.proportion import proportion_confint

Place = tuple[str, str, str]
"""(table, answer, group) of a printed figure."""

ROUNDINGS = {"base5": 5, "base10": 10, "base20": 20, "base50": 50}
Z = NormalDist().inv_cdf(0.975)


class Figures(Protocol):
    """What a release prints, by where it is."""

    tables: dict[str, Any]
    policy: Any

    def in_release(self, place: Place) -> Place: ...

    def as_released(self, place: Place) -> tuple[Mapping[str, Any], int | None]: ...

    def row(self, table: str, group: str) -> Mapping[str, Any]: ...


@cache  # the same few shares are asked for thousands of times
def score(count: int, base: int, z: float) -> tuple[float, float]:
    alpha = 2 * (1 - NormalDist().cdf(z))
    low, high = proportion_confint(count, base, alpha=alpha, method="wilson")
    return float(low), float(high)


@dataclass(frozen=True)
class Share:
    """A printed share: counts that may be behind it, and bases."""

    status: str
    count: int
    base: int
    counts: tuple[int, int]
    bases: tuple[int, int]

    @property
    def extremes(self) -> tuple[tuple[int, int], tuple[int, int]]:
        """The lowest and the highest share, as a count of a base."""
        (low, high), (least, most) = self.counts, self.bases
        match self.status:
            case "fewer_than":
                return (0, most), (min(high, least), least)
            case "all_but_fewer":
                return (max(0, least - high), least), (most, most)
            case _:
                return (min(low, most), most), (min(high, least), least)

    def limits(self, z: float) -> tuple[tuple[float, float], tuple[float, float]]:
        """Where each end is measured from, and how far it reaches."""
        if self.status != "shown":
            found = [score(*one, z) for one in self.extremes]
            lowest, highest = (count / base for count, base in self.extremes)
            return (lowest, lowest - found[0][0]), (highest, found[1][1] - highest)
        at = min(1.0, self.count / self.base)
        low, high = score(min(self.count, self.base), self.base, z)
        off = [((value[1] - value[0] + 1) ** 2 - 1) / 12 for value in (self.counts, self.bases)]
        blur = z * sqrt(off[0] + at * at * off[1]) / self.base
        ends = [count / base for count, base in self.extremes]
        down, up = (min(blur, max(0.0, one)) for one in (at - ends[0], ends[1] - at))
        return (at, sqrt((at - low) ** 2 + down**2)), (at, sqrt((high - at) ** 2 + up**2))


def share_of(printed: Figures, place: Place) -> Share:
    """From the document alone: what rounding leaves open of a count and of its base."""
    place = printed.in_release(place)
    figure, base = printed.as_released(place)
    table, row = printed.tables[place[0]], printed.row(place[0], place[2])
    rounding = ROUNDINGS.get(row["rung"], 20)
    assert base is not None
    box = next((one for one in table["boxes"] if one["key"] == place[1]), None)
    of = (box and box.get("of")) or table["base"]
    outside = [answer for answer in table["answers"] if answer not in of]
    spans = []
    for answer in outside:
        width = rounding if answer in table["base"] else max(10, rounding)
        left = row["cells"][answer]
        if left["status"] == "fewer_than":
            spans.append((0, left["limit"] - 1))
        else:
            spans.append((left["count"] - width // 2, left["count"] + (width - 1) // 2))
    slack = rounding // 2 + len(outside) * (max(10, rounding) // 2)
    least, most = max(printed.policy["minimum_base"], base - slack), base + slack
    took = printed.row("participation", place[2])
    if took["shown"]:
        size, width = took["cells"]["participation"]["count"], ROUNDINGS.get(took["rung"], 20)
        least = max(least, size - width // 2 - sum(high for _, high in spans))
        most = max(least, min(most, size + (width - 1) // 2 - sum(low for low, _ in spans)))
    count = figure.get("count", 0)
    if figure["status"] == "shown":
        counts = (max(0, count - rounding // 2), count + (rounding - 1) // 2)
    else:
        counts = (0, figure["limit"] - 1)
    return Share(figure["status"], count, base, counts, (least, most))


def agreed(printed: Figures, place: Place) -> tuple[Mapping[str, Any], int | None]:
    """A figure with the count and the base that it is shown with: as released, where these give
    the percentage; else the nearest that do, multiples of 5 first."""
    figure, base = printed.as_released(place)
    percent, count = figure.get("percent"), figure.get("count")
    if percent is None or count is None or not base or place[0] == "participation":
        return figure, base
    if count <= base and abs(100 * count / base - percent) <= 0.5:
        return figure, base
    share = share_of(printed, place)
    best = min(
        (
            (
                abs(100 * one / of - percent) > 1,
                (one % 5 > 0) + (of % 5 > 0),
                abs(one - count) + abs(of - base),
                abs(100 * one / of - percent),
                one,
                of,
            )
            for of in range(share.bases[0], share.bases[1] + 1)
            for one in range(share.counts[0], min(share.counts[1], of) + 1)
        ),
    )
    return {**figure, "count": best[-2]}, best[-1]


def interval(printed: Figures, place: Place) -> tuple[int, ...]:
    """The 95 % interval next to a share; nothing next to a count that has none."""
    figure, base = agreed(printed, place)
    if figure.get("percent") is None:
        return ()
    share = share_of(printed, place)
    shown = replace(share, count=figure["count"], base=base or 1)
    (at, down), (to, up) = shown.limits(Z)
    low, high = floor(100 * (at - down) + 1e-7), ceil(100 * (to + up) - 1e-7)
    return max(0, min(low, figure["percent"])), min(100, max(high, figure["percent"]))
