"""From exact counts to printed figures: rules R1 to R5, and nothing about safety.

``protect`` is a fixed map.  Whether its result may be published is the audit's business.
"""

from __future__ import annotations

from collections.abc import Mapping

from survey.disclosure.figures import (
    HIDDEN,
    Figure,
    Reason,
    ReleasedBox,
    ReleasedRow,
    ReleasedTable,
    Status,
    percent_of,
    round_to,
    under_percent,
)
from survey.disclosure.policy import Policy, Rung
from survey.disclosure.tables import Box, CountTable, Group


def protect(table: CountTable, policy: Policy, rung: Rung | None = None,
            rows: Mapping[Group, Rung] | None = None,
            reason: Reason | None = None) -> ReleasedTable:
    """Print a table at a rung; ``rows`` gives single groups a coarser rung of their own.

    A row whose rung is ``NOTHING`` is hidden; at ``WHOLE_SCHOOL`` only the row of everyone is
    printed.  The rung defaults to ``policy.start``.
    """
    rung = policy.start if rung is None else rung
    chosen = {} if rows is None else rows
    printed = []
    for group in table.lattice.groups:
        own = max((rung, chosen.get(group, rung)), key=lambda step: step.depth)
        printed.append(_row(table, policy, group, own))
    used = [row.rung for row in printed if row.shown]
    coarsest = max([rung, *used], key=lambda step: step.depth)
    if reason is None:
        reason = Reason.NONE if coarsest is Rung.BASE_5 else (
            Reason.POLICY if coarsest is policy.start else Reason.AUDIT)
    return ReleasedTable(table.key, table.answers, table.base, table.boxes, coarsest, reason,
                         tuple(printed))


def _row(table: CountTable, policy: Policy, group: Group, rung: Rung) -> ReleasedRow:
    counts = dict(zip(table.answers, table.row(group), strict=True))
    base = sum(counts[answer] for answer in table.base)
    if rung is Rung.NOTHING:
        return _hidden(table, group, rung, Reason.AUDIT)
    if rung is Rung.WHOLE_SCHOOL and group != Group():
        return _hidden(table, group, rung, Reason.WHOLE_SCHOOL_ONLY)
    if base < policy.minimum_base:
        return _hidden(table, group, rung, Reason.BASE_BELOW_MINIMUM)
    printed = round_to(base, rung.rounding)
    cells = tuple(
        _figure(counts[answer], base, printed, len(table.base), rung, policy)
        if answer in table.base else _plain(counts[answer], rung, policy)
        for answer in table.answers)
    boxes = tuple(_box(box, table, counts, rung, policy) for box in table.boxes)
    return ReleasedRow(group, True, rung, Reason.NONE, printed, cells, boxes)


def _hidden(table: CountTable, group: Group, rung: Rung, reason: Reason) -> ReleasedRow:
    return ReleasedRow(group, False, rung, reason, None, (HIDDEN,) * len(table.answers),
                       tuple(ReleasedBox(box.key, HIDDEN, None) for box in table.boxes))


def _figure(count: int, base: int, printed_base: int, ways: int, rung: Rung,
            policy: Policy) -> Figure:
    """A count that is part of a printed base (R3, R4).  ``ways``: answers the base sums."""
    limit = policy.limit(rung)
    # A base of a single answer has no complement to protect: the count is the base.
    if ways > 1 and base - count < limit:
        return Figure(Status.ALL_BUT_FEWER, limit=limit,
                      at_least=100 - under_percent(printed_base, rung, policy))
    if count < limit:
        return Figure(Status.FEWER_THAN, limit=limit,
                      under=under_percent(printed_base, rung, policy))
    shown = round_to(count, rung.rounding)
    percent = percent_of(shown, printed_base, rung, policy) if ways > 1 else 100
    return Figure(Status.SHOWN, count=shown, percent=percent)


def _plain(count: int, rung: Rung, policy: Policy) -> Figure:
    """A count outside the printed base ("skipped"): rounded like the others, no percentage."""
    limit = policy.limit(rung)
    if count < limit:
        return Figure(Status.FEWER_THAN, limit=limit)
    return Figure(Status.SHOWN, count=round_to(count, rung.rounding))


def _box(box: Box, table: CountTable, counts: Mapping[str, int], rung: Rung,
         policy: Policy) -> ReleasedBox:
    of = box.of or table.base
    whole = sum(counts[answer] for answer in of)
    if whole < policy.minimum_base:
        return ReleasedBox(box.key, HIDDEN, None)
    printed = round_to(whole, rung.rounding)
    count = sum(counts[answer] for answer in box.answers)
    return ReleasedBox(box.key, _figure(count, whole, printed, len(of), rung, policy), printed)
