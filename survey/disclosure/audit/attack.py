"""The audit (rule R6): could a reader who knows every group's exact size narrow a small count?

For every target the set of whole counts that agree with all facts is found by its own witness:
an alternative table of whole numbers.  The audit tries random aims first (each optimum is a
complete table and serves all targets), then exact solves for the remaining targets.  The verdict
depends on the facts only; the pool makes it faster.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from survey.disclosure.audit.alternative_pool import Lines, Pool
from survey.disclosure.audit.alternative_tables import Walks, mixture
from survey.disclosure.audit.attacker_knowledge import Fact
from survey.disclosure.audit.constraints import (
    FREE,
    ContradictionError,
    Flags,
    Floats,
    Ints,
    Rows,
    Unknowns,
    lay_out,
    sizes_are_facts,
)
from survey.disclosure.audit.guarded import Guarded as Guarded
from survey.disclosure.audit.guarded import Target as Target
from survey.disclosure.audit.guarded import guard
from survey.disclosure.audit.one_at_a_time import Held, put_together
from survey.disclosure.audit.solver import TOLERANCE, Solver
from survey.disclosure.audit.walk_steps import Moves, Part

FEW = 8
"""The number of open targets at or below which it is quicker to settle them one by one."""

IDLE_LEGS = 1
"""Legs of all walks that show nearly nothing new, before the solver is asked."""

WORTH = 12
"""New values per leg at which a leg costs less than the solver would for the same values."""

ENOUGH = 4_000
"""Over the number of unknowns: the same in a large family, where a solve takes longer."""


VERTICES = 8
"""Optima from which a search begins."""

TILT = 0.2
"""How strongly chance tilts an aim towards another vertex, which may be whole."""

MOST_STEERED = 16
"""Cells that are led at once where other tables have to follow."""

IDLE_TOGETHER = 12
"""Times in turn that they do not, before the whole family is searched."""

IDLE_STEERS = 4
WORTH_STEERING = 3
"""Optima in turn that show fewer values than this, before counts are settled one by one."""

FIRST_LEGS = 2
"""Legs before the first targets are judged: most that can show enough values have by then."""

FIRST_JUDGED = 4
"""Targets judged after them."""

ROOMY_TRIES = 8
"""Vertices that are tried for a whole table with some room."""


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
    failed: frozenset[str] = frozenset()
    """The tables of those targets, and of others that are the same count."""

    @property
    def passed(self) -> bool:
        """Whether every target keeps enough values."""
        return not self.failures


def audit(
    facts: Iterable[Fact],
    unknowns: Unknowns,
    targets: Sequence[Target] | Guarded,
    small: int = 5,
    stop_at_failure: bool = False,
    moves: Sequence[Moves] | None = None,
    parts: Sequence[Part] = (),
) -> Verdict:
    """Judge the targets against the facts.

    With ``stop_at_failure`` only one failing target is reported.  ``moves``:
    steps between tables of a family, whose sizes are all known; else the unknowns are one table.
    ``parts``: those of a family that may be searched one by one.
    Raises :class:`SolverError` or :class:`ContradictionError`; then nothing may be published.
    """
    facts = list(facts)
    rows = lay_out(facts, unknowns)
    if not isinstance(targets, Guarded):
        known = moves is not None or sizes_are_facts(rows, unknowns)
        targets = guard(targets, unknowns, known)
    matrix, members = targets.matrix, targets.alike
    never_small = plainly_large(rows, matrix, small)
    firsts = np.array([group[0] for group in members], dtype=np.int64)
    could_be = [not all(never_small[at] for at in group) for group in members]
    needed = np.where(could_be, targets.needed[firsts], 0)
    pool = Pool(matrix[firsts], needed)
    solver = Solver(rows, unknowns.upper())
    chance = np.random.Generator(np.random.PCG64(0))
    first = _roomy(facts, unknowns) or solver
    walks: Walks | None = None
    whole = len(parts) < 2 or first is solver
    if whole or not _search_parts(parts, first, solver, rows, unknowns, pool, chance):
        walks = Walks(rows, unknowns, chance, [_pairs(unknowns)] if moves is None else moves)
        _begin(first, solver, pool, walks, chance)

    def search(legs: int | None = None) -> None:
        if walks is not None:
            _explore(solver, pool, walks, chance, legs)

    failures: list[tuple[Target, tuple[int, ...]]] = []
    proofs: list[Proof] = []
    failed: set[str] = set()
    for line in _in_turn(pool, search):
        if pool.counts[line] >= pool.needed[line]:
            continue
        _find_values(solver, pool, line, np.flatnonzero(matrix[firsts[line]]))
        if pool.counts[line] >= pool.needed[line]:
            continue
        large = [at for at in members[line] if not never_small[at]]
        found = [_prove(solver, rows, targets.target(at), matrix[at], small) for at in large]
        if all(proof is not None for proof in found):
            proofs.extend(proof for proof in found if proof is not None)
        else:
            values = sorted(pool.seen[line, : pool.counts[line]].tolist())
            failures.append((targets.target(firsts[line]), tuple(values)))
            failed |= {targets.target(at).table for at in members[line]}
        pool.needed[line] = 0
        if failures and stop_at_failure:
            break
    # Of what must not be published only the failures are of use.
    witnesses = () if failures and stop_at_failure else pool.thin()
    return Verdict(tuple(failures), witnesses, tuple(proofs), solver.solves, frozenset(failed))


def _pairs(unknowns: Unknowns) -> Moves:
    """The steps of a table without a family: one student changes an answer."""
    width = len(unknowns.answers)
    found = [
        [int(at == b) - int(at == a) for at in range(width)]
        for a in range(width)
        for b in range(width)
        if a != b
    ]
    return np.array(found, dtype=np.int8).reshape(-1, width)


def plainly_large(rows: Rows, matrix: Lines, small: int) -> Flags:
    """Targets that cannot be small because of one fact: those that hold a large figure."""
    large = np.zeros(len(matrix), dtype=bool)
    inside = np.ascontiguousarray(matrix.T != 0)
    ends = np.append(rows.starts[1:], len(rows.columns))
    for at, what in enumerate(rows.sums):
        if what is not None and rows.low[at] >= small:
            large |= inside[rows.columns[rows.starts[at] : ends[at]]].all(axis=0)
    return large


def _roomy(facts: Sequence[Fact], unknowns: Unknowns) -> Solver | None:
    """A solver of the tables that leave some room at the ties; None if there is nothing to leave.

    Walks that begin at a table where ties are tight cannot move."""
    if not any(fact.room for fact in facts):
        return None
    try:
        within = Solver(lay_out([fact.roomy for fact in facts], unknowns), unknowns.upper())
    except ContradictionError:
        return None
    return within if within.minimise(np.zeros(unknowns.count)) is not None else None


def _search_parts(
    parts: Sequence[Part],
    first: Solver,
    solver: Solver,
    rows: Rows,
    unknowns: Unknowns,
    pool: Pool,
    chance: np.random.Generator,
) -> bool:
    """Search each part of a family while the others are held at a table that leaves some room.
    Returns whether there was one."""
    for _ in range(ROOMY_TRIES):
        costs = (mixture(chance, pool.open(), len(pool.aims), 1) @ pool.aims)[0]
        vertex = first.minimise(np.asarray(costs, dtype=np.float64))
        base = None if vertex is None else solver.whole(vertex)
        if base is not None:
            break
    else:
        return False
    every = [Held(part, base, rows, unknowns) for part in parts]
    searched = [
        (held, lines)
        for held in every
        if len(lines := _lines_within(pool, pool.open(), held.inside))
    ]
    found = [
        (held.inside, _search_part(held, lines, base, pool, chance)) for held, lines in searched
    ]
    pool.take(put_together(found, base, rows))
    for held, _ in searched:
        _steer_together(held, every, base, pool, chance)
    return True


def _lines_within(pool: Pool, lines: Ints, inside: Ints) -> Ints:
    """Which targets are sums of these unknowns only."""
    outside = np.ones(pool.lines.shape[1], dtype=bool)
    outside[inside] = False
    return lines[~pool.lines[lines][:, outside].any(axis=1)]


def _search_part(
    held: Held, lines: Ints, base: Ints, pool: Pool, chance: np.random.Generator
) -> tuple[Ints, ...]:
    small = Pool(pool.lines[np.ix_(lines, held.inside)], pool.needed[lines])
    walks = Walks(held.rows, held.unknowns, chance, held.moves)
    small.add(base[held.inside])
    _begin(held.solver, held.solver, small, walks, chance)
    _explore(held.solver, small, walks, chance)
    for line in map(int, small.open()):
        _find_values(held.solver, small, line, np.flatnonzero(small.lines[line]))
    return small.thin()


def _steer_together(
    held: Held, every: Sequence[Held], base: Ints, pool: Pool, chance: np.random.Generator
) -> None:
    """Look for values of one part that the others, as they are held, forbid.  Counts of several
    cells are led towards values they lack, without the ties of these cells; then each other part
    is fitted to that, as far as it can be."""
    width, most, idle = pool.lines.shape[1] // len(held.unknowns.places), MOST_STEERED, 0
    while idle < IDLE_TOGETHER:
        lines = _lines_within(pool, pool.open(), held.inside)
        if not len(lines):
            return
        steer = _Steer.of(pool, lines, width, most, chance)
        table = _fit(held, every, base if most > 1 else pool.next_to(steer.costs), steer)
        shown = 0 if table is None else pool.add(table)
        most = max(1, most // 2) if not shown else min(MOST_STEERED, 2 * most)
        idle = 0 if shown else idle + 1


def _fit(held: Held, every: Sequence[Held], base: Ints, steer: _Steer) -> Ints | None:
    """A table of the family in which a part is led somewhere and the others are fitted to it."""
    table = base.copy()
    for part in (held, *(one for one in every if one is not held)):
        solver = part.search_from(table, steer.cells if part is held else ())
        if solver is None:
            return None
        low, high = solver.ends()
        costs = np.zeros(len(low))
        if part is held:
            low, high, costs = (one[part.inside] for one in (steer.low, steer.high, steer.costs))
            high = np.minimum(high, solver.upper)
        elif part.rows.hold(table[part.inside]):
            continue
        fitted = solver.within(low, high, costs, TILT)
        if fitted is None:
            return None
        table[part.inside] = fitted
    return table


def _in_turn(pool: Pool, search: Callable[..., None]) -> Iterator[int]:
    """The targets to judge.  What has shown the fewest values is the likeliest to fail, and a
    failure ends the audit: so after a short search some are judged before it goes on."""

    def hardest() -> list[int]:
        return sorted(map(int, pool.open()), key=lambda line: (int(pool.counts[line]), line))

    search(FIRST_LEGS)
    yield from hardest()[:FIRST_JUDGED]
    search()
    yield from hardest()


def _explore(
    solver: Solver,
    pool: Pool,
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
        _steer(solver, pool, walks.width, chance)


def _begin(
    first: Solver, solver: Solver, pool: Pool, walks: Walks, chance: np.random.Generator
) -> None:
    """Optima of random weighted sums of open targets, and a table in the middle of them, from
    which the walks go on: at an optimum most counts are as small as can be and nothing moves."""
    vertices = []
    for at in range(VERTICES):
        costs = (mixture(chance, pool.open(), len(pool.aims), 1) @ pool.aims)[0].astype(np.float64)
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
        cls, pool: Pool, lines: Ints, width: int, most: int, chance: np.random.Generator
    ) -> _Steer:
        """Lead one of these targets in each of ``most`` cells to a value it lacks: as far towards
        it as the other facts allow."""
        lines = chance.permutation(lines)
        column = pool.lines[lines].argmax(axis=1)
        _, first = np.unique(column // width, return_index=True)
        chosen = chance.permutation(first)[:most]
        lines, column = lines[chosen], column[chosen]
        goals = pool.goals(lines, chance)
        seen = pool.seen[lines]
        up = (goals > seen.max(axis=1)) | (seen == goals[:, None] - 1).any(axis=1)
        costs = np.zeros(pool.lines.shape[1])
        low, high = np.zeros(len(costs)), np.full(len(costs), float(FREE))
        costs[column] = np.where(up, -1.0, 1.0)
        high[column[up]], low[column[~up]] = goals[up], goals[~up]
        return cls(tuple(map(int, column // width)), costs, low, high)


def _steer(solver: Solver, pool: Pool, width: int, chance: np.random.Generator) -> None:
    """Look for values of counts that are one unknown, in many cells at once."""
    single = pool.lines.sum(axis=1) == 1
    idle = 0
    while idle < IDLE_STEERS:
        lines = np.flatnonzero((pool.counts < pool.needed) & single)
        if len(lines) <= FEW:
            return
        steer = _Steer.of(pool, lines, width, len(lines), chance)
        table = solver.within(steer.low, np.minimum(steer.high, solver.upper), steer.costs, TILT)
        shown = 0 if table is None else pool.add(table)
        idle = idle + 1 if shown < WORTH_STEERING else 0


def _find_values(solver: Solver, pool: Pool, line: int, columns: Ints) -> None:
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


def _prove(solver: Solver, rows: Rows, target: Target, wanted: Lines, small: int) -> Proof | None:
    """A proof that a target cannot be small, checked in whole numbers; None if there is none.

    The solver's multipliers are only a hint: any multiples of the facts give a true bound.
    """
    least = solver.bound(wanted.astype(np.float64))
    if np.ceil(least - TOLERANCE) < small:
        return None
    divisor = 60
    multiples = np.rint(solver.multipliers() * divisor).astype(np.int64)
    multiples[[what is None for what in rows.sums]] = 0
    rest = divisor * wanted.astype(np.int64)
    bound = 0
    parts = []
    ends = np.append(rows.starts[1:], len(rows.columns))
    for at in np.flatnonzero(multiples):
        what, multiple = rows.sums[at], int(multiples[at])
        rest[rows.columns[rows.starts[at] : ends[at]]] -= multiple
        bound += multiple * int(rows.low[at] if multiple > 0 else rows.high[at])
        if what is not None:
            parts.append((what.name, multiple))
    bound += int((np.minimum(rest, 0) * solver.upper).sum())
    if -(-bound // divisor) < small:
        return None
    return Proof(target.what.name, divisor, tuple(parts))
