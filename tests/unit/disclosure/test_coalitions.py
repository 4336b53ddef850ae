"""Rule R9: up to three students who pool their answers learn no one else's."""

from __future__ import annotations

from itertools import combinations_with_replacement

import numpy as np
import pytest

from survey.disclosure.audit.attacker_knowledge import Sum, between, facts_of, known_sizes
from survey.disclosure.audit.constraints import Unknowns, lay_out
from survey.disclosure.audit.sensitive_counts import group_sizes
from survey.disclosure.audit.solver import Solver
from survey.disclosure.policy import STANDARD
from survey.disclosure.tables import CountTable, Group
from tests.unit.disclosure.one_table import certify_table
from tests.unit.disclosure.schools import counted

TABLES = [
    counted({("7", "g"): (30, 3, 1), ("7", "b"): (22, 9, 0), ("8", "g"): (1, 33, 2)}),
    counted({("7", "g"): (40, 4, 0), ("7", "b"): (4, 40, 4), ("8", "b"): (25, 25, 3)}),
    counted({("7", "g"): (2, 2, 0), ("7", "b"): (30, 29, 3), ("8", "b"): (5, 55, 3)}),
]


@pytest.mark.parametrize("table", TABLES, ids=["a", "b", "c"])
@pytest.mark.parametrize("friends", [1, 2, 3])
def test_others_in_the_same_cell_keep_two_possibilities(table: CountTable, friends: int) -> None:
    """For every finest cell and everything the friends can have said there: how many of the
    others gave an answer stays open, wherever the count could be small."""
    sizes = table.sizes()
    released = certify_table(table, STANDARD, sum(sizes.values())).released[0]
    groups = group_sizes(sizes, table.lattice.groups)
    facts = [*facts_of(released, STANDARD, groups), *known_sizes(sizes, table.answers)]
    unknowns = Unknowns(table.answers, {"": sizes})
    judged = 0
    for cell, size in sizes.items():
        if size <= friends:
            continue
        for said in combinations_with_replacement(table.answers, friends):
            parts = {answer: Sum(Group(*cell), frozenset((answer,))) for answer in table.answers}
            own = {answer: said.count(answer) for answer in table.answers}
            if any(own[a] > n for a, n in zip(table.answers, table.counts[cell], strict=True)):
                continue  # not what these students can have said
            more = [between(parts[answer], own[answer], None) for answer in said]
            solver = Solver(lay_out([*facts, *more], unknowns), unknowns.upper())
            for answer in table.answers:
                aim = np.zeros(unknowns.count)
                aim[unknowns.indices(parts[answer])] = 1
                least = int(np.ceil(solver.bound(aim) - 1e-6))
                most = int(np.floor(-solver.bound(-aim) + 1e-6))
                if least - own[answer] < STANDARD.small - friends:
                    judged += 1
                    assert most > least, (cell, answer, said)
    assert judged
