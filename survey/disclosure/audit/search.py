"""The search for alternative tables: optima, walks from their middle, counts that are led to the
values they lack, and for what is left one value at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from survey.disclosure.audit.alternative_pool import AlternativePool, places
from survey.disclosure.audit.alternative_tables import Walks
from survey.disclosure.audit.constraints import (
    FREE,
    ContradictionError,
    Floats,
    Ints,
    Rows,
    Unknowns,
)
from survey.disclosure.audit.solver import Solver
from survey.disclosure.audit.table_by_table import FixedTables, put_together
from survey.disclosure.audit.walk_steps import WalkPart

FEW = 3
"""The number of open targets at or below which it is quicker to settle them one by one."""

IDLE_LEGS = 1
"""Legs of all walks that show nearly nothing new, before the solver is asked."""

WORTH = 200
"""New values per leg at which a leg costs less than the solver would for the same values."""

VERTICES = 5
"""Optima from which a search begins."""

TILT = 0.05
"""How strongly chance tilts an aim towards another vertex, which may be whole."""

MOST_STEERED = 16
"""Cells that are led at once where other tables have to follow."""

FIRST_TIED = 4
"""Targets of a tied part that are judged before more of its values are looked for."""

IDLE_TOGETHER = 12
"""Times in turn that they do not, before the whole family is searched."""

MANY = 40
"""Targets of a part that lack values after an earlier audit, above which it is searched again."""

PER_STEERED = 4
"""Unknowns of a cell for each count of it that is led at once."""

IDLE_STEERS = 4
WORTH_STEERING = 3
"""Optima in turn that show fewer values than this, before counts are settled one by one."""

ROOMY_TRIES = 8
"""Vertices that are tried for a whole table with some room."""


def held_table(
    first: Solver, solver: Solver, pool: AlternativePool, chance: np.random.Generator
) -> Ints | None:
    """A table of a family that leaves some room, at which its parts are held; None if none was
    found."""
    for _ in range(ROOMY_TRIES):
        vertex = first.minimise(pool.aim(chance))
        base = None if vertex is None else solver.mended(vertex)
        if base is not None:
            return base
    return None


def search_parts(
    parts: Sequence[WalkPart],
    base: Ints,
    rows: Rows,
    unknowns: Unknowns,
    pool: AlternativePool,
    chance: np.random.Generator,
    judged: Callable[[Ints], bool],
) -> bool:
    """Search each part of a family while the others are held at a table that leaves some room.

    Tables that are tied to all others come first, and are judged at once: they are the likeliest to
    fail, and then the others need no search.  Returns whether to continue."""
    every = [FixedTables(part, base, rows, unknowns) for part in parts]
    owners = _owners(pool, every)
    searched = []
    for at, held in enumerate(every):
        lines = pool.open()
        lines = lines[owners[lines] == at]
        if len(lines):
            searched.append((held, lines))

    def mine(held: FixedTables) -> Ints:
        return np.flatnonzero(owners == every.index(held))

    found = []
    for held, lines in sorted(searched, key=lambda one: not one[0].part.is_tied):
        wanted = not pool.tables or len(lines) > MANY
        if wanted:
            found.append((held.inside, _search_part(held, lines, base, pool, chance)))
        if held.part.is_tied:
            if wanted:
                pool.take(put_together(found[-1:], base, rows))
            if not judged(_hardest(pool, mine(held))[:FIRST_TIED]):
                return False
    if found:
        pool.take(put_together(found, base, rows))
    if not pool.tables:
        # Nothing is guarded. One table still shows that the facts can be true together.
        pool.add(base)
    for held, _ in sorted(searched, key=lambda one: not one[0].part.is_tied):
        own = mine(held)
        _steer_together(held, own, every, base, pool, chance)
        if held.part.is_tied and not judged(_hardest(pool, own)):
            return False
    return True


def _hardest(pool: AlternativePool, own: Ints) -> Ints:
    """Those of some targets that lack values, the one with the fewest first."""
    lines = own[pool.counts[own] < pool.needed[own]]
    return lines[np.argsort(pool.counts[lines], kind="stable")]


def _owners(pool: AlternativePool, every: Sequence[FixedTables]) -> Ints:
    """For each target the part of whose unknowns it is a sum; -1 for one of several parts."""
    part_of = np.empty(pool.lines.shape[1], dtype=np.int64)
    for at, held in enumerate(every):
        part_of[held.inside] = at
    line, column = places(pool.lines)
    least = np.full(len(pool.lines), len(every), dtype=np.int64)
    most = np.full(len(pool.lines), -1, dtype=np.int64)
    np.minimum.at(least, line, part_of[column])
    np.maximum.at(most, line, part_of[column])
    return np.where(least == most, least, -1)


def _search_part(
    held: FixedTables, lines: Ints, base: Ints, pool: AlternativePool, chance: np.random.Generator
) -> tuple[Ints, ...]:
    small = AlternativePool(pool.lines[np.ix_(lines, held.inside)], pool.needed[lines])
    if held.search_from(base) is None:  # it may have followed another part since
        raise ContradictionError("a part does not fit the table at which it was held")
    walks = Walks(held.rows, held.unknowns, chance, held.moves)
    small.add(base[held.inside])
    begin(held.solver, held.solver, small, walks, chance)
    explore(held.solver, small, walks, chance)
    for line in map(int, small.open()):
        find_values(held.solver, small, line, np.flatnonzero(small.lines[line]))
    return small.thin()


def _steer_together(
    held: FixedTables,
    own: Ints,
    every: Sequence[FixedTables],
    base: Ints,
    pool: AlternativePool,
    chance: np.random.Generator,
) -> None:
    """Look for values of one part that the others, as they are held, forbid.  Counts of several
    cells are led towards values they lack, without the ties of these cells; then each other part
    is fitted to that, as far as it can be."""
    width, most, idle = pool.lines.shape[1] // len(held.unknowns.places), MOST_STEERED, 0
    while idle < IDLE_TOGETHER:
        lines = own[pool.counts[own] < pool.needed[own]]
        if not len(lines):
            return
        steer = _Steer.of(pool, lines, width, most, 1, chance)
        table = _fit(held, every, base if most > 1 else pool.next_to(steer.costs), steer)
        shown = 0 if table is None else pool.add(table)
        most = max(1, most // 2) if not shown else min(MOST_STEERED, 2 * most)
        idle = 0 if shown else idle + 1


def _fit(held: FixedTables, every: Sequence[FixedTables], base: Ints, steer: _Steer) -> Ints | None:
    """A table of the family in which a part is led somewhere and the others are fitted to it."""
    table, broken = base.copy(), held.broken(base)
    for part in (held, *(one for one in every if one is not held)):
        if part is not held and not part.has_any(broken):
            continue
        solver = part.search_from(table, steer.cells if part is held else ())
        if solver is None:
            return None
        low, high = solver.ends()
        costs = np.zeros(len(low))
        if part is held:
            low, high, costs = (one[part.inside] for one in (steer.low, steer.high, steer.costs))
            high = np.minimum(high, solver.upper)
        fitted = solver.within(low, high, costs, TILT)
        if fitted is None:
            return None
        table[part.inside] = fitted
        broken = part.broken(table)
    return table


def explore(
    solver: Solver,
    pool: AlternativePool,
    walks: Walks,
    chance: np.random.Generator,
    most: int | None = None,
) -> None:
    """Walk on while that shows new values of many targets.  ``most``: legs after which to end;
    else counts that are left are led towards values they lack."""
    idle = legs = 0
    while idle < IDLE_LEGS and len(pool.open()) > FEW and legs != most:
        legs += 1
        idle = idle + 1 if walks.leg(pool) < WORTH else 0
    if most is None:
        steer(solver, pool, walks.width, chance)


def begin(
    first: Solver, solver: Solver, pool: AlternativePool, walks: Walks, chance: np.random.Generator
) -> None:
    """Optima of random weighted sums of open targets, and a table in the middle of them, from
    which the walks continue: at an optimum most counts are as small as can be and nothing moves."""
    vertices = []
    for at in range(VERTICES):
        costs = pool.aim(chance)
        searched = first if at % 3 < 2 else solver
        found = searched.minimise(costs)
        if found is None:
            raise ContradictionError("the figures contradict each other")
        vertices.append(found)
        optimum = solver.whole(found)
        if optimum is not None:
            pool.add(optimum)
            if searched is solver:
                solver.keep(costs)
    middle = solver.inside(vertices)
    if middle is None and not pool.tables:
        # A broken vertex is skipped while there are whole ones; a whole-number search is slow.
        middle = solver.whole_minimum(costs)
        if middle is None:
            raise ContradictionError("no whole numbers of students give these figures")
    if middle is None:
        middle = pool.tables[0]
    pool.add(middle)
    walks.begin(middle)


@dataclass(frozen=True)
class _Steer:
    """Where to lead counts of several cells: the costs and ends of all unknowns."""

    cells: tuple[int, ...]
    costs: Floats
    low: Floats
    high: Floats

    @classmethod
    def of(
        cls,
        pool: AlternativePool,
        lines: Ints,
        width: int,
        most: int,
        each: int,
        chance: np.random.Generator,
    ) -> _Steer:
        """Lead ``each`` of these targets in each of ``most`` cells to a value it lacks: as far
        towards it as the other facts allow."""
        lines = chance.permutation(lines)
        column = pool.lines[lines].argmax(axis=1)
        cell = column // width
        order = np.argsort(cell, kind="stable")
        found, first = np.unique(cell[order], return_index=True)
        place = np.arange(len(order)) - np.repeat(first, np.diff(np.append(first, len(order))))
        some = chance.permutation(found)[:most]
        chosen = order[(place < each) & np.isin(cell[order], some)]
        lines, column = lines[chosen], column[chosen]
        goals = pool.goals(lines, chance)
        seen = pool.seen[lines]
        up = (goals > seen.max(axis=1)) | (seen == goals[:, None] - 1).any(axis=1)
        costs = np.where(up, -1.0, 1.0) @ pool.lines[lines].astype(np.float64)
        low, high = np.zeros(len(costs)), np.full(len(costs), float(FREE))
        # A sum of several is led without an end: where it stops is mostly a value it lacks.
        one = pool.lines[lines].sum(axis=1) == 1
        high[column[up & one]], low[column[~up & one]] = goals[up & one], goals[~up & one]
        return cls(tuple(map(int, column // width)), costs, low, high)


def steer(solver: Solver, pool: AlternativePool, width: int, chance: np.random.Generator) -> None:
    """Look for values of many counts at once."""
    each, idle = max(1, width // PER_STEERED), 0
    while idle < IDLE_STEERS:
        lines = pool.open()
        if len(lines) <= FEW:
            return
        led = _Steer.of(pool, lines, width, len(lines), each, chance)
        table = solver.within(led.low, np.minimum(led.high, solver.upper), led.costs, TILT)
        shown = 0 if table is None else pool.add(table)
        if shown < WORTH_STEERING:
            each, idle = max(1, each // 2), idle + (each == 1)


def find_values(solver: Solver, pool: AlternativePool, line: int, columns: Ints) -> None:
    """Look for values of one target outwards from those seen, until it has what it needs or
    there are no more.  What is possible without whole numbers has no gaps, so the first value
    that is not ends the search on its side."""

    def try_for(value: int) -> bool:
        table, reachable = solver.with_value(columns, value)
        if table is not None:
            pool.add(table)
        return reachable

    def lacking() -> bool:
        return bool(pool.counts[line] < pool.needed[line])

    def seen() -> set[int]:
        return set(pool.seen[line, : pool.counts[line]].tolist())

    for value in range(min(seen()), max(seen())):
        if lacking() and value not in seen():
            try_for(value)
    for step in (-1, 1):
        value = (min(seen()) if step < 0 else max(seen())) + step
        while lacking() and value >= 0 and (value in seen() or try_for(value)):
            value += step
