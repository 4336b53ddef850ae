"""From exact counts to printed figures: rules R1 to R5, and nothing about safety.

``protect`` is a fixed map.  The audit decides whether its result may be published.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from survey.disclosure.figures import (
    HIDDEN,
    IMPLIED,
    Figure,
    HiddenReason,
    ReleasedBox,
    ReleasedRow,
    ReleasedTable,
    Status,
    percent_of,
    round_to,
    under_percent,
    values_behind,
)
from survey.disclosure.policy import Policy, RoundingLevel
from survey.disclosure.tables import Box, CountTable, Group


def protect(
    table: CountTable,
    policy: Policy,
    rung: RoundingLevel | None = None,
    rows: Mapping[Group, RoundingLevel] | None = None,
    only_whole: HiddenReason | None = None,
) -> ReleasedTable:
    """Print a table at a rounding level, which defaults to ``policy.start``.

    ``rows`` gives single groups a coarser rounding level (``NOTHING`` suppresses the row);
    ``only_whole`` suppresses every row but the one of everyone, for that reason.
    ``WHOLE_SCHOOL`` does the same at the coarsest rounding.
    """
    rung = policy.start if rung is None else rung
    if rung is RoundingLevel.WHOLE_SCHOOL:
        rung, only_whole = RoundingLevel.BASE_20, only_whole or HiddenReason.WHOLE_SCHOOL_ONLY
    own = {} if rows is None else rows
    printed = []
    for group in table.lattice.groups:
        if only_whole is not None and group != Group():
            printed.append(_hidden(table, group, RoundingLevel.WHOLE_SCHOOL, only_whole))
        else:
            step = max(rung, own.get(group, rung), key=lambda one: one.depth)
            printed.append(_row(table, policy, group, step))
    used = [row.rung for row in printed if row.shown]
    coarsest = max([rung, *used], key=lambda one: one.depth)
    reason = HiddenReason.NONE
    if only_whole is not None and rung is not RoundingLevel.NOTHING:
        coarsest, reason = RoundingLevel.WHOLE_SCHOOL, only_whole
    elif coarsest.depth > policy.start.depth or RoundingLevel.NOTHING in own.values():
        reason = HiddenReason.AUDIT
    elif coarsest is not RoundingLevel.BASE_5:
        reason = HiddenReason.POLICY
    return ReleasedTable(
        table.key,
        table.answers,
        table.base,
        table.boxes,
        coarsest,
        reason,
        tuple(printed),
        table.source,
    )


def withhold(table: CountTable, reason: HiddenReason) -> ReleasedTable:
    """A table of which only the reason for suppression is printed."""
    rows = tuple(
        _hidden(table, group, RoundingLevel.NOTHING, reason) for group in table.lattice.groups
    )
    return ReleasedTable(
        table.key,
        table.answers,
        table.base,
        table.boxes,
        RoundingLevel.NOTHING,
        reason,
        rows,
        table.source,
    )


def shows_row(size: int, base: int, rung: RoundingLevel, policy: Policy) -> bool:
    """Rule R2, in a form that gives no information about who skipped.

    ``size`` people took part and ``base`` of them answered.  Were 20 of 20 shown and 19 of 20
    hidden, the row's absence would reveal the number of skips; so a row needs room for every number
    of skips that would be printed as "fewer than".
    """
    return base >= policy.minimum_base and has_room(size, rung, policy)


def has_room(size: int, rung: RoundingLevel, policy: Policy) -> bool:
    """Is a group of this size large enough for a row at a rounding level?"""
    return size - policy.limit(rung) >= policy.minimum_base - 1


def implied_answers(table: CountTable, group: Group) -> frozenset[str]:
    """The answers a row does not print separately: a fixed rule, which gives no information.

    "Unsafe" and "very unsafe" printed with their sum would be three figures about two numbers, and
    would give small counts away; so a group's row prints sums and everyone's row prints each
    answer.  "No" printed with "yes" would give the number who skipped: of two answers that make up
    the base, or of an answer and a box that do, one is printed.
    """
    if len(table.base) == 2:
        return frozenset(table.base[1:])
    if group == Group():
        return frozenset()
    found: set[str] = set()
    for box in table.boxes:
        found.update(box.answers)
        rest = set(table.base) - set(box.answers)
        if len(rest) == 1:
            found |= rest
    return frozenset(found)


def implied_base(size: int, outside: Iterable[Figure], rung: RoundingLevel) -> int:
    """The printed base: group size less the printed figures left out of it, rounded.

    The attacker is assumed to know group sizes, so this adds nothing to the figures.  A base
    rounded from the true number of answers would reveal the number of skips to within the rounding.
    "Fewer than n" is taken as the middle of its range.
    """
    left_out = 0
    for figure in outside:
        if figure.count is not None:
            left_out += figure.count
        elif figure.limit is not None:
            left_out += (figure.limit - 1) // 2
    return max(rung.rounding, round_to(size - left_out, rung.rounding))


def _row(table: CountTable, policy: Policy, group: Group, rung: RoundingLevel) -> ReleasedRow:
    counts = dict(zip(table.answers, table.row(group), strict=True))
    size = sum(counts.values())
    base = sum(counts[answer] for answer in table.base)
    if rung is RoundingLevel.NOTHING:
        return _hidden(table, group, rung, HiddenReason.AUDIT)
    if not shows_row(size, base, rung, policy):
        return _hidden(table, group, rung, HiddenReason.BASE_BELOW_MINIMUM)
    figures = {
        answer: _plain(counts[answer], rung, policy)
        for answer in table.answers
        if answer not in table.base
    }
    printed, left_out = implied_base(size, figures.values(), rung), len(figures)
    implied = implied_answers(table, group)
    for answer in table.base:
        if answer in implied:
            figures[answer] = IMPLIED
            continue
        figures[answer] = _figure(
            counts[answer], base, printed, len(table.base), left_out, rung, policy
        )
    cells = tuple(figures[answer] for answer in table.answers)
    boxes = tuple(_box(box, table, counts, figures, rung, policy) for box in table.boxes)
    return ReleasedRow(group, True, rung, HiddenReason.NONE, printed, cells, boxes)


def _hidden(
    table: CountTable, group: Group, rung: RoundingLevel, reason: HiddenReason
) -> ReleasedRow:
    return ReleasedRow(
        group,
        False,
        rung,
        reason,
        None,
        (HIDDEN,) * len(table.answers),
        tuple(ReleasedBox(box.key, HIDDEN, None) for box in table.boxes),
    )


def _figure(
    count: int,
    base: int,
    printed_base: int,
    ways: int,
    left_out: int,
    rung: RoundingLevel,
    policy: Policy,
) -> Figure:
    """A count that is part of a printed base (R3, R4).

    ``ways``: how many answers the base sums; ``left_out``: how many figures it leaves out.
    """
    limit = policy.limit(rung)
    under = under_percent(printed_base, left_out, rung, policy)
    # A base of a single answer has no complement to protect: the count is the base.
    if ways > 1 and base - count < limit:
        return Figure(Status.ALL_BUT_FEWER, limit=limit, at_least=100 - under)
    if count < limit:
        return Figure(Status.FEWER_THAN, limit=limit, under=under)
    if ways == 1:
        return Figure(Status.SHOWN, count=printed_base, percent=100)
    shown = round_to(count, rung.rounding)
    percent = percent_of(shown, printed_base, left_out, rung, policy)
    return Figure(Status.SHOWN, count=shown, percent=percent)


def _plain(count: int, rung: RoundingLevel, policy: Policy) -> Figure:
    """A count outside the printed base ("skipped"): rounded to tens or more, no percentage."""
    rounding, limit = policy.outside(rung)
    if count < limit:
        return Figure(Status.FEWER_THAN, limit=limit)
    return Figure(Status.SHOWN, count=round_to(count, rounding))


def _box(
    box: Box,
    table: CountTable,
    counts: Mapping[str, int],
    figures: Mapping[str, Figure],
    rung: RoundingLevel,
    policy: Policy,
) -> ReleasedBox:
    """A box over its own base, which too is implied by group size and printed figures."""
    of = box.of or table.base
    size = sum(counts.values())
    outside = [figures[answer] for answer in table.answers if answer not in of]
    if implied_least(size, outside, rung, policy) < policy.minimum_base:
        return ReleasedBox(box.key, HIDDEN, None)
    printed = implied_base(size, outside, rung)
    whole = sum(counts[answer] for answer in of)
    count = sum(counts[answer] for answer in box.answers)
    figure = _figure(count, whole, printed, len(of), len(outside), rung, policy)
    return ReleasedBox(box.key, figure, printed)


def implied_least(size: int, outside: Iterable[Figure], rung: RoundingLevel, policy: Policy) -> int:
    """The least the base can truly be, by group size and the printed figures left out of it."""
    rounding = policy.outside(rung)[0]
    most_left_out = 0
    for figure in outside:
        if figure.count is not None:
            most_left_out += values_behind(figure.count, rounding, 0)[1]
        elif figure.status in (Status.ALL_BUT_FEWER, Status.IMPLIED):
            return 0
        elif figure.limit is not None:
            most_left_out += figure.limit - 1
    return size - most_left_out
