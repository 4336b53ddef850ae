"""The audit (rule R6): could anybody narrow a small count, knowing every group's exact size?

For every target the set of whole counts that agree with all facts is found by its own witness:
an alternative table of whole numbers.  Random aims first (each optimum is a complete table and
serves all targets), exact solves for what is left.  The verdict depends on the facts alone;
the pool only makes it cheap.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from survey.disclosure.facts import Fact, Sum
from survey.disclosure.model import ContradictionError, Floats, Ints, Rows, Unknowns, lay_out
from survey.disclosure.solver import TOLERANCE, Solver


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


class Pool:
    """Witness tables, and for each target the distinct values they show."""

    def __init__(self, matrix: Ints, needed: Ints) -> None:
        self._matrix = matrix
        self.needed = needed
        self.seen = np.full((len(needed), int(needed.max(initial=1))), -1, dtype=np.int64)
        self.counts = np.zeros(len(needed), dtype=np.int64)
        self.tables: list[Ints] = []

    def add(self, table: Ints) -> int:
        """Take a table in; how many missing values it showed.  A table that shows none is left
        out, so that a certificate stays short."""
        values = self._matrix @ table
        new = (self.counts < self.needed) & (self.seen != values[:, None]).all(axis=1)
        at = np.flatnonzero(new)
        if len(at):
            self.seen[at, self.counts[at]] = values[at]
            self.counts[at] += 1
            self.tables.append(table)
        return len(at)

    def open(self) -> Ints:
        """Targets that still lack values."""
        return np.flatnonzero(self.counts < self.needed)


def audit(
    facts: Iterable[Fact],
    unknowns: Unknowns,
    targets: tuple[Target, ...],
    small: int = 5,
    stop_at_failure: bool = False,
) -> Verdict:
    """Judge the targets against the facts.

    With ``stop_at_failure`` only the first failing target in the given order is reported.
    Raises :class:`SolverError` or :class:`ContradictionError`; then nothing may be published.
    """
    rows = lay_out(facts, unknowns)
    columns = [unknowns.indices(target.what) for target in targets]
    matrix = np.zeros((len(targets), unknowns.count), dtype=np.int64)
    for at, part in enumerate(columns):
        matrix[at, part] = 1
    needed = np.array([target.needed for target in targets], dtype=np.int64)
    never_small = plainly_large(rows, matrix, small)
    pool = Pool(matrix, np.where(never_small, 0, needed))
    solver = Solver(rows, unknowns.upper())
    _explore(solver, pool, matrix)
    failures, proofs = [], []
    for at in pool.open():
        if pool.counts[at] >= pool.needed[at]:
            continue
        aim = matrix[at].astype(np.float64)
        least = _whole_end(solver.bound(aim))
        if least >= small:
            proofs.append(_proof(targets[at], solver.multipliers(), rows))
            pool.needed[at] = 0
            continue
        most = -_whole_end(solver.bound(-aim))
        possible = _find_values(solver, pool, int(at), columns[at], least, most)
        if len(possible) < pool.needed[at]:
            failures.append((targets[at], possible))
            pool.needed[at] = 0
            if stop_at_failure:
                break
    return Verdict(tuple(failures), tuple(pool.tables), tuple(proofs), solver.solves)


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


def _explore(solver: Solver, pool: Pool, matrix: Ints) -> None:
    """Random weighted sums of open targets: each solve shows new values of many targets."""
    chance = np.random.Generator(np.random.PCG64(0))
    poor = 0
    while poor < 3 and len(open_targets := pool.open()):
        weights = chance.standard_normal(len(open_targets))
        weights[chance.random(len(weights)) < 0.5] = 0.0
        costs: Floats = weights @ matrix[open_targets].astype(np.float64)
        found = solver.minimise(costs)
        if found is None:
            raise ContradictionError("the figures contradict each other")
        table = solver.as_whole(found, costs)
        gained = pool.add(table) if table is not None else 0
        poor = poor + 1 if gained < max(3, len(open_targets) // 50) else 0


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
