"""The audit against the slow, obvious way: list every table there is.

First on bare facts, then on printed releases: every table of a tiny shape is printed in every
form of the ladder, and the tables that print alike are what a reader who knows the algorithm,
the sizes and everything printed cannot tell apart.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator
from itertools import product

import numpy as np
import pytest

from survey.disclosure.audit.attack import SensitiveSum, audit
from survey.disclosure.audit.attacker_knowledge import Fact, Sum, between, known_sizes, rounded
from survey.disclosure.audit.constraints import Unknowns, lay_out
from survey.disclosure.audit.sensitive_counts import values_needed
from survey.disclosure.audit.solver import Solver
from survey.disclosure.figures import round_to
from survey.disclosure.policy import STANDARD, RoundingLevel
from survey.disclosure.protection_levels import BY_GROUP, print_form
from survey.disclosure.tables import Box, Cell, CountTable, Group
from tests.unit.disclosure.one_table import audit_table, targets_of
from tests.unit.disclosure.schools import counted

Table = tuple[tuple[int, ...], ...]


def splits(people: int, ways: int) -> Iterator[tuple[int, ...]]:
    if ways == 1:
        yield (people,)
        return
    for first in range(people + 1):
        for rest in splits(people - first, ways - 1):
            yield (first, *rest)


def every_table(sizes: dict[Cell, int], ways: int) -> Iterator[Table]:
    yield from product(*(tuple(splits(size, ways)) for size in sizes.values()))


def value(table: Table, sizes: dict[Cell, int], answers: tuple[str, ...], what: Sum) -> int:
    return sum(
        count
        for cell, row in zip(sizes, table, strict=True)
        if what.group.holds(cell)
        for answer, count in zip(answers, row, strict=True)
        if answer in what.answers
    )


GROUPS = tuple(Group(year, gender) for year in (None, "7", "8") for gender in (None, "g", "b"))


def printed(
    draw: random.Random, truth: Table, sizes: dict[Cell, int], answers: tuple[str, ...]
) -> list[Fact]:
    """The whole and four groups, to the nearest three; counts under two as such."""
    facts: list[Fact] = list(known_sizes(sizes, answers))
    for group in GROUPS[:1] + tuple(draw.sample(GROUPS[1:], 4)):
        for answer in answers:
            what = Sum(group, frozenset((answer,)))
            count = value(truth, sizes, answers, what)
            if count < 2:
                facts.append(between(what, 0, 1))
            else:
                facts.append(rounded(what, round_to(count, 3), 3, 2))
    return facts


def agrees(
    table: Table, sizes: dict[Cell, int], answers: tuple[str, ...], facts: list[Fact]
) -> bool:
    return all(
        (fact.low or 0) <= value(table, sizes, answers, fact.terms[0][1]) <= (fact.high or 0)
        for fact in facts
    )


@pytest.mark.parametrize("number", range(6))
def test_bounds_equal_those_of_every_table(number: int) -> None:
    """2 x 2 x 3, up to ten people; margins printed to the nearest three, under two as such."""
    draw = random.Random(number)
    answers = ("a", "b", "c")
    cells = [(year, gender) for year in ("7", "8") for gender in ("g", "b")]
    sizes = {cell: draw.randint(1, 3) for cell in cells}
    truth = draw.choice(list(every_table(sizes, 3)))
    facts = printed(draw, truth, sizes, answers)
    unknowns = Unknowns(answers, {"": sizes})
    rows = lay_out(facts, unknowns)
    alike = [table for table in every_table(sizes, 3) if agrees(table, sizes, answers, facts)]
    assert truth in alike
    solver = Solver(rows, unknowns.upper())
    targets = [
        SensitiveSum(Sum(group, frozenset(part)), 3)
        for group in GROUPS
        for part in (("a",), ("b",), ("c",), ("a", "b"))
    ]
    verdict = audit(facts, unknowns, tuple(targets), small=2)
    failing = {target for target, _ in verdict.failures}
    for target in targets:
        truths = {value(table, sizes, answers, target.what) for table in alike}
        aim = np.zeros(unknowns.count)
        aim[unknowns.indices(target.what)] = 1
        assert int(np.ceil(solver.bound(aim) - 1e-6)) == min(truths)
        assert int(np.floor(-solver.bound(-aim) + 1e-6)) == max(truths)
        mirror = Sum(target.what.group, frozenset(answers) - target.what.answers)
        if target in failing:
            assert len(truths) < 3
        elif not any(other.what == mirror for other in failing):
            assert len(truths) >= 3 or min(truths) >= 2


@pytest.mark.parametrize("number", range(12))
def test_what_an_earlier_audit_found_decides_nothing(number: int) -> None:
    """An audit that begins with what the audit of quite other figures found, as if that were the
    same table in a finer form, judges as one that begins with nothing."""
    draw = random.Random(number)
    answers = ("a", "b", "c")
    sizes = {(year, gender): draw.randint(1, 3) for year in ("7", "8") for gender in ("g", "b")}
    unknowns = Unknowns(answers, {"": sizes})
    targets = tuple(
        SensitiveSum(Sum(group, frozenset((answer,))), 3) for group in GROUPS for answer in answers
    )
    first, other = draw.sample(list(every_table(sizes, 3)), 2)
    facts = printed(draw, first, sizes, answers)
    others = printed(draw, other, sizes, answers)
    alone = audit(facts, unknowns, targets, small=2)
    misled = audit(
        facts, unknowns, targets, small=2, before=audit(others, unknowns, targets, small=2).before
    )
    assert {one for one, _ in misled.failures} == {one for one, _ in alone.failures}
    assert misled.witnesses
    possible = {table for table in every_table(sizes, 3) if agrees(table, sizes, answers, facts)}
    for witness in misled.witnesses:
        rows = (
            tuple(
                int(witness[unknowns.indices(Sum(Group(*cell), frozenset((answer,))))].sum())
                for answer in answers
            )
            for cell in sizes
        )
        assert tuple(rows) in possible


SHAPES = [
    ({("7", "g"): 26}, ("yes", "no", "skipped"), ()),
    ({("7", "g"): 27}, ("a", "b", "c"), (Box("ab", ("a",), ("a", "b")),)),
    ({("7", "g"): 25, ("7", "b"): 3}, ("yes", "no"), ()),
    ({("7", "g"): 26, ("7", "b"): 25}, ("yes", "no"), ()),
    ({("7", "g"): 30, ("8", "b"): 26}, ("yes", "no"), ()),
]


@pytest.mark.parametrize(("sizes", "answers", "boxes"), SHAPES)
def test_a_reader_who_knows_the_algorithm_is_left_what_the_audit_says(
    sizes: dict[Cell, int], answers: tuple[str, ...], boxes: tuple[Box, ...]
) -> None:
    years = tuple(dict.fromkeys(year for year, _ in sizes))
    genders = tuple(dict.fromkeys(gender for _, gender in sizes))
    full = {(year, gender): sizes.get((year, gender), 0) for year in years for gender in genders}
    groups = {
        group: sum(n for cell, n in full.items() if group.holds(cell))
        for group in counted({cell: (0,) * len(answers) for cell in full}, answers).lattice.groups
    }
    judged = 0
    for form in (BY_GROUP[0], BY_GROUP[5], BY_GROUP[7]):
        alike: dict[object, list[Table]] = defaultdict(list)
        for rows in every_table(full, len(answers)):
            table = counted(dict(zip(full, rows, strict=True)), answers, boxes=boxes)
            alike[print_form(table, STANDARD, form, groups, True)].append(rows)
        for released, tables in list(alike.items())[:: max(1, len(alike) // 25)]:
            judged += 1
            assert_verdict_is_true(released, tables, full, answers)
    assert judged > 10


def assert_verdict_is_true(released, tables, sizes, answers) -> None:  # type: ignore[no-untyped-def]
    verdict, _ = audit_table(released, sizes, STANDARD)
    printed = {tuple(map(tuple, w.reshape(-1, len(answers)).tolist())) for w in verdict.witnesses}
    occupied = [at for at, size in enumerate(sizes.values()) if size]
    assert printed <= {tuple(table[at] for at in occupied) for table in tables}, (
        "a witness does not print the release"
    )
    enough = True
    for target in targets_of(released, sizes, STANDARD):
        values = {value(table, sizes, answers, target.what) for table in tables}
        if min(values) < STANDARD.small and len(values) < target.needed:
            enough = False
    assert verdict.passed == enough


def test_the_ladder_depends_on_sizes_alone() -> None:
    """Forms are chosen before counts are seen, and the random start may begin at each of them."""
    assert all(form.chance > 0 for form in BY_GROUP)
    assert sum(form.chance for form in BY_GROUP) == 10_000
    assert BY_GROUP[-1].whole is RoundingLevel.NOTHING


def test_three_people_are_to_be_counted_in_four_ways() -> None:
    assert [values_needed(size, 5) for size in (1, 3, 4, 5, 100)] == [2, 4, 5, 5, 5]


def test_exact_figures_leave_nothing() -> None:
    table = CountTable(
        "x",
        ("y", "n"),
        ("y", "n"),
        (),
        {("7", "g"): (3, 27)},
        counted({("7", "g"): (3, 27)}, ("y", "n")).lattice,
    )
    facts = [
        *known_sizes(table.sizes(), table.answers),
        between(Sum(Group(), frozenset("y")), 3, 3),
    ]
    verdict = audit(
        facts,
        Unknowns(table.answers, {"": table.sizes()}),
        (SensitiveSum(Sum(Group(), frozenset("y")), 5),),
    )
    assert verdict.failures[0][1] == (3,)
