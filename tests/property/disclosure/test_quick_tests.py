"""What makes an audit faster rejects no count that could have the values it needs."""

from __future__ import annotations

import numpy as np
import pytest

from survey.disclosure.audit.alternative_pool import AlternativePool
from survey.disclosure.audit.attack import audit
from survey.disclosure.audit.attacker_knowledge import Sum, exactly, facts_of, known_sizes
from survey.disclosure.audit.constraints import Unknowns, lay_out
from survey.disclosure.audit.sensitive_counts import group_sizes
from survey.disclosure.audit.sensitive_layout import SensitiveSum, guard
from survey.disclosure.audit.solver import Solver
from survey.disclosure.audit.table_by_table import put_together
from survey.disclosure.policy import STANDARD
from survey.disclosure.protect import protect
from survey.disclosure.tables import Box, CountTable, Group, Lattice
from tests.unit.disclosure.one_table import targets_of

YEARS, GENDERS = ("y7", "y8", "y9"), ("girl", "boy", "unsaid")
ANSWERS = ("a", "b", "c", "d", "skipped")
BOXES = (Box("top", ("a", "b")), Box("bottom", ("c", "d")))


def _problem(boxes):
    """A table of 540, its rows, unknowns and targets, and a pool that holds one alternative."""
    draw = np.random.Generator(np.random.PCG64(3))
    cells = [(year, gender) for year in YEARS for gender in GENDERS]
    share = (0.5, 0.3, 0.12, 0.03, 0.05)
    counts = {cell: tuple(map(int, draw.multinomial(60, share))) for cell in cells}
    lattice = Lattice(YEARS, GENDERS, False, ("unsaid",))
    table = CountTable("item", ANSWERS, ANSWERS[:4], boxes, counts, lattice)
    sizes = table.sizes()
    released = protect(table, STANDARD)
    groups = group_sizes(sizes, tuple(row.group for row in released.rows))
    facts = [*facts_of(released, STANDARD, groups), *known_sizes(sizes, ANSWERS)]
    unknowns = Unknowns(ANSWERS, {"": sizes})
    rows = lay_out(facts, unknowns)
    targets = targets_of(released, sizes, STANDARD)
    guarded = guard(targets, unknowns)
    pool = AlternativePool(guarded.matrix, guarded.needed)
    solver = Solver(rows, unknowns.upper())
    pool.add(solver.inside([solver.minimise(aim) for aim in draw.standard_normal((8, 45))]))
    return facts, unknowns, rows, targets, pool


@pytest.mark.parametrize("printed", [None, 2])
def test_ranges_reject_what_the_audit_rejects(printed):
    """A count that is given exactly is too narrow both ways, and nothing is where none is."""
    facts, unknowns, _, targets, _ = _problem(BOXES)
    small = Sum(Group("y8", "girl"), frozenset({"d"}))
    if printed is not None:
        facts = [*facts, exactly(small, printed)]
    found = [
        audit(facts, unknowns, targets, stop_at_failure=True, judge_only=only)
        for only in (True, False)
    ]
    assert [one.passed for one in found] == [printed is None] * 2
    if printed is not None:
        assert {target.what for one in found for target, _ in one.failures} == {small}


def test_a_count_that_cannot_be_small_is_not_too_narrow():
    unknowns = Unknowns(("a", "b"), {"": {("y7", "girl"): 20}})
    what = Sum(Group("y7", "girl"), frozenset({"a"}))
    facts = [*known_sizes(unknowns.sizes[""], ("a", "b")), exactly(what, 9)]
    for only in (True, False):
        verdict = audit(facts, unknowns, [SensitiveSum(what, 5)], judge_only=only)
        assert verdict.passed


def test_an_alternative_of_a_part_that_fits_nothing_is_refused_and_not_tried_for_ever():
    unknowns = Unknowns(("a", "b"), {"": {("y7", "girl"): 20}})
    rows = lay_out(list(known_sizes(unknowns.sizes[""], ("a", "b"))), unknowns)
    with pytest.raises(ValueError, match="does not fit"):
        put_together([(np.array([0]), [np.array([9])])], np.array([5, 15]), rows)
