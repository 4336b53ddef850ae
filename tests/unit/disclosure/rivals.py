"""What people use today, as facts: rules that our auditor must refuse."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import ROUND_HALF_UP, Decimal

import numpy as np

from survey.disclosure.audit.attacker_knowledge import (
    SCHOOL,
    Fact,
    Sum,
    between,
    exactly,
    known_sizes,
    rounded,
)
from survey.disclosure.audit.constraints import Unknowns, lay_out
from survey.disclosure.audit.solver import Solver
from survey.disclosure.figures import round_to
from survey.disclosure.tables import CountTable, Group


def share(part: Sum, whole: Sum, percent: Decimal, source: str = "") -> tuple[Fact, Fact]:
    """A percentage taken from exact counts whose base is not known.

    ``percent`` carries its own precision: ``Decimal("12.5")`` is rounded to a tenth.  Half a unit
    either way is allowed for, both ends included, which suits every rule for breaking ties.
    """
    exponent = percent.as_tuple().exponent
    places = -exponent if isinstance(exponent, int) and exponent < 0 else 0
    scale = 10**places
    digits = int(percent * scale)
    return (
        Fact(((200 * scale, part), (1 - 2 * digits, whole)), 0, None, source),
        Fact(((200 * scale, part), (-1 - 2 * digits, whole)), None, 0, source),
    )


def mean(
    group: Group, scores: Mapping[str, int], printed: Decimal, units: tuple[str, ...] = SCHOOL
) -> tuple[Fact, Fact]:
    """A mean score from exact counts: linear once multiplied by the unknown base."""
    exponent = printed.as_tuple().exponent
    places = -exponent if isinstance(exponent, int) and exponent < 0 else 0
    scale = 10**places
    digits = int(printed * scale)

    def terms(edge: int) -> tuple[tuple[int, Sum], ...]:
        return tuple(
            (2 * scale * score - 2 * digits + edge, Sum(group, frozenset((answer,)), units))
            for answer, score in scores.items()
        )

    source = f"mean of {group.key}"
    return Fact(terms(1), 0, None, source), Fact(terms(-1), None, 0, source)


def blank_under_five(table: CountTable, minimum_base: int = 0) -> Iterator[Fact]:
    """Exact counts; cells of 1 to 4 blanked; rows under a minimum base left out."""
    for group in table.lattice.groups:
        base = table.count(group, table.base)
        if base < max(1, minimum_base):
            continue
        yield exactly(Sum(group, frozenset(table.base)), base)
        for answer in table.answers:
            count = table.count(group, (answer,))
            what = Sum(group, frozenset((answer,)))
            yield between(what, 1, 4) if 1 <= count <= 4 else exactly(what, count)


def minimum_base_ten(table: CountTable) -> Iterator[Fact]:
    """What survey products do: rows of fewer than ten left out, all else exact."""
    for group in table.lattice.groups:
        if table.count(group, table.base) >= 10:
            for answer in table.answers:
                what = Sum(group, frozenset((answer,)))
                yield exactly(what, table.count(group, (answer,)))


def nearest_five_with_percentages(table: CountTable, places: int = 1) -> Iterator[Fact]:
    """Counts to the nearest 5, under 5 as such, percentages from the exact counts."""
    for group in table.lattice.groups:
        base = table.count(group, table.base)
        if base == 0:
            continue
        whole = Sum(group, frozenset(table.base))
        yield rounded(whole, round_to(base, 5), 5)
        for answer in table.base:
            count = table.count(group, (answer,))
            what = Sum(group, frozenset((answer,)))
            if count < 5:
                yield between(what, 0, 4)
            else:
                yield rounded(what, round_to(count, 5), 5, 5)
            exact = Decimal(100 * count) / Decimal(base)
            step = Decimal(1).scaleb(-places)
            yield from share(what, whole, exact.quantize(step, ROUND_HALF_UP))


def learned(table: CountTable, facts: list[Fact]) -> tuple[int, int]:
    """Of the true counts under 5 in rows of the breakdown (zeros apart): how many the reader who
    knows group sizes works out exactly, and how many there are."""
    sizes = table.sizes()
    unknowns = Unknowns(table.answers, {"": sizes})
    rows = lay_out([*facts, *known_sizes(sizes, table.answers)], unknowns)
    solver = Solver(rows, unknowns.upper())
    exact = total = 0
    for group in table.lattice.groups:
        for answer in table.answers:
            if 1 <= table.count(group, (answer,)) <= 4:
                aim = np.zeros(unknowns.count)
                aim[unknowns.indices(Sum(group, frozenset((answer,))))] = 1
                low = np.ceil(solver.bound(aim) - 1e-6)
                high = np.floor(-solver.bound(-aim) + 1e-6)
                total += 1
                exact += bool(low == high)
    return exact, total
