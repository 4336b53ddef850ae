"""The rows that a benchmark measures, and how they are printed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True)
class Figure:
    """One row: what was measured, and the goal, both in `unit`. `at_least`: more is better.
    `before` is the same of the commit that this one is compared with."""

    what: str
    measured: float
    goal: float | None
    unit: str
    at_least: bool = False
    before: float | None = None
    note: str = ""

    @property
    def is_met(self) -> bool:
        if self.goal is None:
            return True
        return self.measured >= self.goal if self.at_least else self.measured <= self.goal


def table(figures: Iterable[Figure]) -> str:
    """The rows as a table of Markdown, so that it can go into the documents as it is."""
    head = ("what", "before", "now", "ratio", "goal", "", "note")
    rows = [head, *(_row(one) for one in figures)]
    widths = [max(len(row[place]) for row in rows) for place in range(len(head))]
    lines = [
        "| " + " | ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)) + " |"
        for row in rows
    ]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)


def _row(one: Figure) -> tuple[str, ...]:
    goal = "" if one.goal is None else f"{'≥' if one.at_least else '≤'} {_number(one.goal)}"
    ratio = ""
    if one.before and one.measured:
        better = one.measured / one.before if one.at_least else one.before / one.measured
        ratio = f"{better:.1f} x"
    return (
        one.what,
        "" if one.before is None else f"{_number(one.before)} {one.unit}",
        f"{_number(one.measured)} {one.unit}",
        ratio,
        goal,
        "" if one.goal is None else "met" if one.is_met else "NOT MET",
        one.note,
    )


def _number(value: float) -> str:
    if value == int(value) and abs(value) >= 1:
        return f"{int(value):,}"
    return f"{value:.4f}" if value < 0.1 else f"{value:.3f}" if value < 1 else f"{value:,.1f}"


def middle(values: Iterable[float]) -> float:
    """The median."""
    return median(values)
