"""Walks make no table that breaks a printed figure, whatever rows the report has."""

from __future__ import annotations

import numpy as np
import pytest

from survey.disclosure.audit.alternative_pool import AlternativePool
from survey.disclosure.audit.alternative_tables import Walks
from survey.disclosure.audit.attacker_knowledge import facts_of, known_sizes
from survey.disclosure.audit.constraints import Unknowns, lay_out
from survey.disclosure.audit.sensitive_counts import group_sizes
from survey.disclosure.audit.sensitive_layout import guard
from survey.disclosure.audit.solver import Solver
from survey.disclosure.policy import STANDARD
from survey.disclosure.protect import protect
from survey.disclosure.tables import CountTable, Lattice
from tests.unit.disclosure.one_table import targets_of

YEARS, GENDERS = ("y7", "y8", "y9", "y10"), ("girl", "boy", "unsaid")


@pytest.mark.parametrize("crossed", [False, True])
@pytest.mark.parametrize("joined", [(), ("y7+y8",)])
def test_every_table_of_a_walk_gives_the_printed_figures(crossed, joined):
    silent = ("unsaid", "y7", "y8") if joined else ("unsaid",)
    lattice = Lattice((*YEARS, *joined), GENDERS, crossed, silent)
    draw = np.random.Generator(np.random.PCG64(3))
    counts = {
        (year, gender): tuple(map(int, draw.multinomial(70, (0.4, 0.3, 0.2, 0.05, 0.05))))
        for year in YEARS
        for gender in GENDERS
    }
    answers = ("a", "b", "c", "d", "skipped")
    table = CountTable("item", answers, answers[:4], (), counts, lattice)
    sizes = table.sizes()
    released = protect(table, STANDARD)
    groups = group_sizes(sizes, tuple(row.group for row in released.rows))
    facts = [*facts_of(released, STANDARD, groups), *known_sizes(sizes, answers)]
    unknowns = Unknowns(answers, {"": sizes})
    rows = lay_out(facts, unknowns)
    guarded = guard(targets_of(released, sizes, STANDARD), unknowns)
    pool = AlternativePool(guarded.matrix, guarded.needed)
    solver = Solver(rows, unknowns.upper())
    aims = draw.standard_normal((8, unknowns.count))
    middle = solver.inside([solver.minimise(aim) for aim in aims])
    pool.add(middle)
    steps = [
        [int(at == to) - int(at == taken) for at in range(len(answers))]
        for taken in range(len(answers))
        for to in range(len(answers))
        if taken != to
    ]
    walks = Walks(rows, unknowns, draw, [np.array(steps, dtype=np.int8)])
    walks.begin(middle)
    shown = sum(walks.leg(pool) for _ in range(4))
    assert shown > 100
    for one in pool.tables:
        assert (one >= 0).all()
        assert rows.hold(one)
