"""The audit (rule R6): could anybody narrow a small count, knowing every group's exact size?

For every target the set of whole counts that agree with all facts is found by its own witness:
an alternative table of whole numbers.  Random aims first (each optimum is a complete table and
serves all targets), exact solves for what is left.  The verdict depends on the facts alone;
the pool only makes it cheap.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from survey.disclosure.facts import Fact, Sum
from survey.disclosure.model import (
    ContradictionError,
    Floats,
    Ints,
    Rows,
    Unknowns,
    lay_out,
    sizes_are_facts,
)
from survey.disclosure.pool import Pool, Walk, walker
from survey.disclosure.solver import TOLERANCE, Solver

IDLE_WALKS = 3
"""Walks from one table without a new value before the solver is asked."""


@dataclass(frozen=True)
class Target:
    """A sum to guard, and how many of its values must stay possible if it could be small."""

    what: Sum
    needed: int


@dataclass(frozen=True)
class Proof:
    """Why a count cannot be small: whole multiples of facts, over a common divisor, that add up
    to a lower bound.  ``parts`` are (name of a plain fact, multiple)."""

    target: str
    divisor: int
    parts: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Verdict:
    """What the audit found.  ``failures`` are targets with too few possible values, each with
    the values that are possible; ``witnesses`` are whole-number tables over the unknowns."""

    failures: tuple[tuple[Target, tuple[int, ...]], ...]
    witnesses: tuple[Ints, ...]
    proofs: tuple[Proof, ...]
    solves: int

    @property
    def passed(self) -> bool:
        """Whether every target keeps enough values."""
        return not self.failures


def audit(
    facts: Iterable[Fact],
    unknowns: Unknowns,
    targets: tuple[Target, ...],
    small: int = 5,
    stop_at_failure: bool = False,
    start: Sequence[Ints] = (),
    quick: bool = False,
) -> Verdict:
    """Judge the targets against the facts.

    With ``stop_at_failure`` only the first failing target in the given order is reported.
    ``start``: tables to walk from first; those that do not satisfy the facts are passed over.
    ``quick`` leaves out the exact solves: failures are then targets not settled yet.
    Raises :class:`SolverError` or :class:`ContradictionError`; then nothing may be published.
    """
    rows = lay_out(facts, unknowns)
    members = _mirrors(targets, unknowns) if sizes_are_facts(rows, unknowns) else _alone(targets)
    columns = [unknowns.indices(target.what) for target in targets]
    matrix = np.zeros((len(targets), unknowns.count), dtype=np.int64)
    for at, part in enumerate(columns):
        matrix[at, part] = 1
    never_small = plainly_large(rows, matrix, small)
    firsts = np.array([group[0] for group in members], dtype=np.int64)
    needed = np.array(
        [
            0 if all(never_small[at] for at in group) else targets[group[0]].needed
            for group in members
        ],
        dtype=np.int64,
    )
    pool = Pool(matrix[firsts], needed)
    solver = Solver(rows, unknowns.upper())
    _explore(solver, rows, pool, len(unknowns.answers), start)
    failures: list[tuple[Target, tuple[int, ...]]] = []
    proofs: list[Proof] = []
    for line in pool.open():
        if pool.counts[line] >= pool.needed[line]:
            continue
        if quick:
            failures.append((targets[firsts[line]], ()))
            pool.needed[line] = pool.counts[line]
            continue
        found: dict[int, Proof] = {}
        for at in members[line]:
            if not never_small[at]:
                least = _whole_end(solver.bound(matrix[at].astype(np.float64)))
                if least < small:
                    break
                found[at] = _proof(targets[at], solver.multipliers(), rows)
        else:
            proofs.extend(found.values())
            pool.needed[line] = 0
            continue
        aim = matrix[firsts[line]].astype(np.float64)
        least, most = _whole_end(solver.bound(aim)), -_whole_end(solver.bound(-aim))
        possible = _find_values(solver, pool, int(line), columns[firsts[line]], least, most)
        if len(possible) < pool.needed[line]:
            failures.append((targets[firsts[line]], possible))
            pool.needed[line] = 0
            if stop_at_failure:
                break
    return Verdict(tuple(failures), pool.thin(), tuple(proofs), solver.solves)


def _alone(targets: tuple[Target, ...]) -> list[tuple[int, ...]]:
    return [(at,) for at in range(len(targets))]


def _mirrors(targets: tuple[Target, ...], unknowns: Unknowns) -> list[tuple[int, ...]]:
    """Targets in pairs: where a group's size is known, a count and its complement keep equally
    many values."""
    every = frozenset(unknowns.answers)
    places: dict[Sum, int] = {}
    members: list[tuple[int, ...]] = []
    for at, target in enumerate(targets):
        mirror = replace(target.what, answers=every - target.what.answers)
        if mirror in places:
            members[places[mirror]] += (at,)
        else:
            places[target.what] = len(members)
            members.append((at,))
    return members


def plainly_large(rows: Rows, matrix: Ints, small: int) -> Ints:
    """Targets that one fact alone, or one fact and a known size, keeps from being small."""
    plain = [at for at, what in enumerate(rows.sums) if what is not None]
    facts = np.zeros((len(plain), matrix.shape[1]), dtype=np.int64)
    ends = np.append(rows.starts[1:], len(rows.columns))
    for line, at in enumerate(plain):
        facts[line, rows.columns[rows.starts[at] : ends[at]]] = 1
    low = rows.low[plain]
    strong = low >= small
    # float64 products are far quicker than whole-number ones, and exact at this size
    inside = facts[strong].astype(float) @ matrix.T.astype(float)
    return np.asarray((inside == facts[strong].sum(axis=1)[:, None]).any(axis=0))


def _explore(solver: Solver, rows: Rows, pool: Pool, width: int, start: Sequence[Ints]) -> None:
    """Random weighted sums of open targets: each optimum, and the walk from it, shows values of
    many targets at once."""
    chance = np.random.Generator(np.random.PCG64(0))
    walk = walker(rows, width, pool)
    for table in start:
        if rows.hold(table):
            pool.add(table)
            _wander(walk, table, pool, chance)
    poor = 0
    while poor < 2 and len(open_targets := pool.open()) > 8:
        weights = chance.standard_normal(len(open_targets))
        weights[chance.random(len(weights)) < 0.5] = 0.0
        costs: Floats = weights @ pool.matrix[open_targets].astype(np.float64)
        found = solver.minimise(costs)
        if found is None:
            raise ContradictionError("the figures contradict each other")
        # A broken vertex is passed over while there are whole ones; a whole-number search is slow.
        optimum = solver.whole(found) if pool.tables else solver.as_whole(found, costs)
        if optimum is not None:
            pool.add(optimum)
            walk(optimum, chance)
        poor = poor + 1 if len(pool.open()) > 0.9 * len(open_targets) else 0


def _wander(walk: Walk, table: Ints, pool: Pool, chance: np.random.Generator) -> None:
    """Walk again and again from a table, until several walks in a row show nothing."""
    idle = 0
    while idle < IDLE_WALKS and len(pool.open()):
        before = int(pool.counts.sum())
        walk(table, chance)
        idle = idle + 1 if int(pool.counts.sum()) == before else 0


def _find_values(
    solver: Solver, pool: Pool, at: int, columns: Ints, least: int, most: int
) -> tuple[int, ...]:
    """The possible values of one target, at least as many as it needs if there are so many."""
    aim = np.zeros(len(solver.upper))
    for value in range(least, most + 1):
        if pool.counts[at] >= pool.needed[at]:
            break
        if value in pool.seen[at, : pool.counts[at]]:
            continue
        table = solver.with_value(columns, value, aim)
        if table is not None:
            pool.add(table)
    return tuple(sorted(int(value) for value in pool.seen[at, : pool.counts[at]]))


def _whole_end(value: float) -> int:
    """A least value rounded inwards to a whole number."""
    return int(np.ceil(value - TOLERANCE))


def _proof(target: Target, multipliers: Floats, rows: Rows) -> Proof:
    divisor = 60
    parts = []
    for what, multiple in zip(rows.sums, np.rint(multipliers * divisor), strict=True):
        if multiple and what is not None:
            parts.append((what.name, int(multiple)))
    return Proof(target.what.name, divisor, tuple(parts))
