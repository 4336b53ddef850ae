"""The counts that printed figures may be rounded from, by the rules that print them alone. Pure.

A base is printed as the size of its group less the printed numbers left out of it, rounded, so it
may be further from the truth than half its own rounding. How many took part bounds it too.
"""

from __future__ import annotations

from collections.abc import Iterable

from survey.disclosure.figures import Figure, ReleasedRow, ReleasedTable, base_slack, values_behind
from survey.disclosure.policy import Policy

Span = tuple[int, int]
"""The least and the most that a count may be."""


def size_behind(took_part: ReleasedRow) -> Span | None:
    """How many of a group took part; None if that is hidden."""
    count = took_part.cells[0].count
    return None if count is None else values_behind(count, took_part.rung.rounding, 0)


def bases_behind(
    table: ReleasedTable,
    row: ReleasedRow,
    of: Iterable[str],
    printed: int,
    size: Span | None,
    policy: Policy,
) -> Span:
    """The least and the most answers that a base of `of` may be, which is printed as `printed`."""
    within = set(of)
    outside = [
        (answer, figure)
        for answer, figure in zip(table.answers, row.cells, strict=True)
        if answer not in within
    ]
    slack = base_slack(len(outside), row.rung, policy)
    least, most = max(policy.minimum_base, printed - slack), printed + slack
    finer, coarser = row.rung.rounding, policy.outside(row.rung)[0]
    spans = [
        _left_out(figure, finer if answer in table.base else coarser) for answer, figure in outside
    ]
    if size is None or None in spans:
        return least, most
    known = [span for span in spans if span is not None]
    fewest = max(least, size[0] - sum(high for _, high in known))
    return fewest, max(fewest, min(most, size[1] - sum(low for low, _ in known)))


def _left_out(figure: Figure, rounding: int) -> Span | None:
    if figure.count is not None:
        return values_behind(figure.count, rounding, 0)
    is_few = figure.limit is not None and figure.at_least is None
    return (0, (figure.limit or 1) - 1) if is_few else None
