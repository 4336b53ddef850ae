"""What a report says of those who did not answer or stay away, and of a share weighed by the roll,
worked out again from the document alone, by docs/reports.md."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from math import ceil, floor, sqrt
from typing import Any

from tests.integration.reports.intervals import ROUNDINGS, Place, agreed


def could_be(header: Mapping[str, Any], took_part: int) -> tuple[int, int, int]:
    """A figure of 30 %, and what it could be if everyone on roll had answered."""
    rate = took_part / header["roll"]
    return 30, floor(30 * rate + 1e-9), ceil(30 * rate + 100 * (1 - rate) - 1e-9)


def span(figure: Mapping[str, Any], base: int) -> tuple[int, int]:
    if "count" in figure:
        return figure["count"], figure["count"]
    few = figure["limit"] - 1
    return (0, few) if figure["status"] == "fewer_than" else (max(0, base - few), base)


def at_most_everywhere(printed: Any) -> int | None:
    """How many at most called every place very unsafe: of the first list of three places or more of
    which a number is printed, the most that the smallest of these numbers may be."""
    lists: dict[str, list[int]] = {}
    sizes: dict[str, int] = {}
    for key in printed.order:
        table = printed.tables[key]
        name = key.partition(".")[0]
        if "very_unsafe" not in table["answers"] or name == key:
            continue
        sizes[name] = sizes.get(name, 0) + 1
        row = next(one for one in table["rows"] if one["group"] == "all")
        figure = row["cells"]["very_unsafe"] if row["shown"] else {}
        if "count" in figure:
            rounding = ROUNDINGS[row["rung"]]
            lists.setdefault(name, []).append(figure["count"] + (rounding - 1) // 2)
        elif figure.get("status") == "fewer_than":
            lists.setdefault(name, []).append(figure["limit"] - 1)
    return next((min(lists[name]) for name in sizes if sizes[name] > 2 and name in lists), None)


def bounds(printed: Any, table: str) -> tuple[int, int] | None:
    """The least and the most per cent who feel unsafe, if those who do not go there count."""
    cells = printed.tables[table]["answers"]
    if "away" not in cells or "away" not in printed.tables[table]["base"]:
        return None
    unsafe, goers = agreed(printed, (table, "feel_unsafe", "all"))
    away, base = agreed(printed, (table, "away", "all"))
    if goers is None or base is None or "hidden" in (unsafe["status"], away["status"]):
        return None
    feel, stay = span(unsafe, goers), span(away, base)
    low = floor(100 * feel[0] / (goers + stay[0]))
    return low, min(100, ceil(100 * (feel[1] + stay[1]) / (goers + stay[1])))


def weighed(printed: Any, place: Place) -> int | None:
    """A share with each year group weighed by its roll, in whole per cent."""
    found = on_roll(printed, place, printed.header)
    return None if found is None else round(100 * found[0])


def on_roll(
    printed: Any, place: Place, header: Mapping[str, Any], effect: float = 1.5
) -> tuple[float, float] | None:
    """A share weighed by a roll, and its standard error."""
    table, answer, _all = printed.in_release(place)
    start = printed.asked_from.get(table, 0)
    rows = list(_years(printed, start, header))
    parts = []
    for group, roll in rows:
        figure, base = agreed(printed, (table, answer, group))
        took = printed.row("participation", group)
        if base is None or figure["status"] in ("hidden", "implied") or not took["shown"]:
            continue
        size = max(took["cells"]["participation"]["count"], base)
        share = min(1, sum(span(figure, base)) / 2 / base)
        rounding = ROUNDINGS.get(printed.row(table, group)["rung"], 20)
        chance = effect * max(share * (1 - share), 1 / (4 * base)) / base
        parts.append((roll * base / size, share, chance + rounding**2 / (12 * base**2), roll))
    total = sum(roll for _group, roll in rows)
    known = sum(part[3] for part in parts)
    if len(rows) < 2 or 10 * (total - known) > total:
        return None
    weights = sum(part[0] for part in parts)
    return (
        sum(weight * share for weight, share, *_ in parts) / weights,
        sqrt(sum((weight / weights) ** 2 * spread for weight, _share, spread, _ in parts)),
    )


def _years(printed: Any, start: int, header: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    for row in printed.tables["participation"]["rows"]:
        years = [int(one) for one in re.findall(r"y(\d+)", row["group"])]
        if years and "gender" not in row["group"] and years[-1] >= start:
            roll = sum(header.get(f"roll_y{year}", 0) for year in years)
            if roll:
                yield row["group"], roll
