"""Indicators that have no separate table, found again in the table of their question.

From two documents alone: the questionnaire says which answers an indicator counts and of which, and
the figure it names is the one that the release prints of just those answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

Document = Mapping[str, Any]
Name = tuple[str, str]
"""(table, answer or box) of a figure."""


def named_figures(release: Document, questionnaire: Document) -> dict[str, Name]:
    """By the name that a report gives an indicator: where the release prints it. Without those
    that have a table, and those that the release does not print."""
    tables = {table["key"]: table for table in release["tables"]}
    items = {item["key"]: item for part in questionnaire["sections"] for item in part["items"]}
    found = {}
    for indicator in questionnaire["indicators"]:
        name = f"@{indicator['key']}"
        (key,) = indicator["items"]
        if name in tables or key not in tables:
            continue
        of = set(_plain(items[key], tables[key])) - set(indicator["leave_out"])
        wanted = of & set(indicator["yes"]), of
        same = [figure for figure, *sets in _figures(tables[key]) if tuple(sets) == wanted]
        if same:
            # A box under the indicator's own name is printed for it, whatever else is the same.
            found[name] = key, name if name in same else same[0]
    return found


def _plain(item: Document, table: Document) -> list[str]:
    """The answers that a share is of by the questionnaire: not "I don't go there"."""
    if item["kind"] == "scale":
        return [answer for answer in table["answers"] if answer.isdecimal()]
    return [one["key"] for one in item["options"] if one["role"] in ("answer", "none")]


def _figures(table: Document) -> Iterator[tuple[str, set[str], set[str]]]:
    """Each figure of a table with the answers it counts, and those it is a share of."""
    base = table["base"]
    for box in table["boxes"]:
        yield box["key"], set(box["answers"]), set(box.get("of") or base)
    for answer in base:
        yield answer, {answer}, set(base)


def as_table(name: str, figure: Name, table: Document) -> Document:
    """A figure as a table of one answer, as indicators over several questions are printed. Every
    row keeps what it prints, and no more."""
    rows = []
    for row in table["rows"]:
        kept = {name: value for name, value in row.items() if name not in ("cells", "boxes")}
        if row["shown"]:
            box = row["boxes"].get(figure[1])
            kept |= {"cells": {"yes": row["cells"][figure[1]] if box is None else box}, "boxes": {}}
        rows.append(kept)
    same = {name: table[name] for name in ("rung", "reason")}
    return {**same, "key": name, "answers": ["yes"], "base": ["yes"], "boxes": [], "rows": rows}
