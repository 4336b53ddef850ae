"""How far each sensitive count can range if counts need not be whole: a quick test.

The values a count can have without whole numbers are an interval, so two vertices with its least
and its largest value show all of it, and one vertex shows something of every count.  A count that
ranges over fewer whole numbers than it needs fails the audit for certain.  One that ranges over
enough may still fail: the audit decides.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from survey.disclosure.audit.alternative_pool import MOST, AlternativePool
from survey.disclosure.audit.constraints import ContradictionError, Floats, Ints
from survey.disclosure.audit.solver import TOLERANCE, Solver

TOGETHER = 6
"""Pairs of aims at random sums of all counts that are not settled."""

IDLE = 2
"""Pairs in turn that settle few counts, before each is judged by itself."""

WORTH = 3
"""Counts that a pair of aims settles, below which it is idle."""


class Ranges:
    """The least and largest value of each target that was met."""

    def __init__(self, solver: Solver, pool: AlternativePool, chance: np.random.Generator) -> None:
        self._solver, self._pool, self._chance = solver, pool, chance
        self._low = np.full(len(pool.needed), np.inf)
        self._high = np.full(len(pool.needed), -np.inf)
        self._lines = np.flatnonzero(pool.needed > 0)

    def too_narrow(self, is_large: Callable[[int], bool], first: int | None) -> int | None:
        """A target that cannot have as many values as it needs; None if there is none.

        ``is_large``: whether it cannot be small, and so needs none; ``first``: one that is likely
        to be too narrow."""

        def fails(line: int) -> bool:
            return not self._is_wide(line) and self._is_narrow(line) and not is_large(line)

        if first is not None and first < len(self._low) and fails(first):
            return first
        idle = 0
        for _ in range(TOGETHER):
            before = len(self._lines)
            if not before or idle == IDLE:
                break
            weights = self._chance.integers(-MOST, MOST, before, endpoint=True).astype(np.float64)
            costs = self._pool.weighted(self._lines, weights)
            for sign in (1.0, -1.0):
                self._meet(sign * costs)
            idle = idle + 1 if before - len(self._lines) < WORTH else 0
        hardest = sorted(
            map(int, self._lines), key=lambda line: (self._high[line] - self._low[line], line)
        )
        for line in hardest:
            if fails(line):
                return line
        return None

    def _is_wide(self, line: int) -> bool:
        return bool(self._high[line] - self._low[line] >= self._pool.needed[line] - 1 - TOLERANCE)

    def _is_narrow(self, line: int) -> bool:
        costs = self._pool.lines[line].astype(np.float64)
        for sign in (1.0, -1.0):
            self._meet(sign * costs)
            if self._is_wide(line):
                return False
        low, high = np.ceil(self._low[line] - TOLERANCE), np.floor(self._high[line] + TOLERANCE)
        return bool(high - low + 1 < self._pool.needed[line])

    def _meet(self, costs: Floats) -> None:
        found = self._solver.minimise(costs)
        if found is None:
            raise ContradictionError("the figures contradict each other")
        at: Ints = self._lines
        values = self._pool.sums(found, at)
        self._low[at] = np.minimum(self._low[at], values)
        self._high[at] = np.maximum(self._high[at], values)
        wide = self._high[at] - self._low[at] >= self._pool.needed[at] - 1 - TOLERANCE
        self._lines = at[~wide]
