"""The audit (rule R6): could a reader who knows every group's exact size narrow a small count?

For every target the set of whole counts that agree with all facts is found by its own witness:
an alternative table of whole numbers.  The audit tries random aims first (each optimum is a
complete table and serves all targets), then exact solves for the remaining targets.  The verdict
depends on the facts only; the pool makes it faster.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial

import numpy as np

from survey.disclosure.audit.alternative_pool import Lines, Pool
from survey.disclosure.audit.alternative_tables import Walks, mixture
from survey.disclosure.audit.attacker_knowledge import Fact, Sum
from survey.disclosure.audit.constraints import (
    ContradictionError,
    Flags,
    Ints,
    Rows,
    Unknowns,
    lay_out,
    sizes_are_facts,
)
from survey.disclosure.audit.one_at_a_time import Held, hold, put_together
from survey.disclosure.audit.solver import TOLERANCE, Solver
from survey.disclosure.audit.walk_steps import Moves, Part
from survey.disclosure.tables import Cell

FEW = 8
"""The number of open targets at or below which it is quicker to settle them one by one."""

IDLE_LEGS = 2
"""Legs of all walks that show nearly nothing new, before the solver is asked."""

WORTH = 25
"""New values per leg at which a leg costs less than the solver would for the same values."""

ENOUGH = 4_000
"""Over the number of unknowns: the same in a large family, where a solve takes longer."""


FIRST_LEGS = 6
"""Legs before the first targets are judged: most that can show enough values have by then."""

FIRST_JUDGED = 4
"""Targets judged after them."""

ROOMY_TRIES = 8
"""Vertices that are tried for a whole table with some room."""


@dataclass(frozen=True)
class Target:
    """A sum to guard, and how many of its values must stay possible if it could be small.

    ``whole``: the unknowns of its table, where they add up to a known size (None: all there are);
    ``table``: the key of that table.
    """

    what: Sum
    needed: int
    whole: frozenset[str] | None = None
    table: str = ""


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
    targets: tuple[Target, ...],
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
    matrix, mirrors = _lines(targets, unknowns.answers, unknowns.places)
    if moves is None and not sizes_are_facts(rows, unknowns):
        mirrors = [(at,) for at in range(len(targets))]
    members = mirrors
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
    chance = np.random.Generator(np.random.PCG64(0))
    walks = Walks(rows, unknowns, chance, [_pairs(unknowns)] if moves is None else moves)
    first = _roomy(facts, unknowns) or solver
    if len(parts) > 1 and first is not solver:
        base = _search_parts(parts, first, solver, rows, unknowns, pool, chance)
        if base is not None:
            walks.begin(base)
    search = partial(_explore, first, solver, pool, walks, chance)
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
        found = [_prove(solver, rows, targets[at], matrix[at], small) for at in large]
        if all(proof is not None for proof in found):
            proofs.extend(proof for proof in found if proof is not None)
        else:
            values = sorted(pool.seen[line, : pool.counts[line]].tolist())
            failures.append((targets[firsts[line]], tuple(values)))
            failed |= {targets[at].table for at in members[line]}
        pool.needed[line] = 0
        if failures and stop_at_failure:
            break
    return Verdict(tuple(failures), pool.thin(), tuple(proofs), solver.solves, frozenset(failed))


@lru_cache(maxsize=32)
def _lines(
    targets: tuple[Target, ...], answers: tuple[str, ...], places: tuple[tuple[str, Cell], ...]
) -> tuple[Lines, list[tuple[int, ...]]]:
    """The unknowns of each target, as lines of noughts and ones; and the targets in pairs.

    Where a group's size is known, a count and its complement keep equally many values, so each
    pair is judged once.  Most tables of a wave have few shapes, so this is kept.
    """
    unknowns = Unknowns(answers, _any_sizes(places))
    matrix = np.zeros((len(targets), unknowns.count), dtype=np.int8)
    every = frozenset(answers)
    seen: dict[Sum, int] = {}
    members: list[tuple[int, ...]] = []
    for at, target in enumerate(targets):
        matrix[at, unknowns.indices(target.what)] = 1
        whole = every if target.whole is None else target.whole
        mirror = replace(target.what, answers=whole - target.what.answers)
        known = seen.get(mirror, seen.get(target.what))
        if known is not None:
            members[known] += (at,)
        else:
            seen[target.what] = len(members)
            members.append((at,))
    return matrix, members


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


def _any_sizes(places: tuple[tuple[str, Cell], ...]) -> dict[str, dict[Cell, int]]:
    found: dict[str, dict[Cell, int]] = {}
    for unit, cell in places:
        found.setdefault(unit, {})[cell] = 1
    return found


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
) -> Ints | None:
    """Search each part of a family while the others are held at a table that leaves some room.
    Returns that table; None if none was found."""
    for _ in range(ROOMY_TRIES):
        costs = (mixture(chance, pool.open(), len(pool.aims), 1) @ pool.aims)[0]
        vertex = first.minimise(np.asarray(costs, dtype=np.float64))
        base = None if vertex is None else solver.whole(vertex)
        if base is not None:
            break
    else:
        return None
    found = []
    for part in parts:
        held = hold(part, base, rows, unknowns, pool.lines, pool.open())
        if len(held.lines):
            found.append((held.inside, _search_part(held, base, pool, chance)))
    for table in put_together(found, base, rows):
        pool.add(table)
    return base


def _search_part(
    held: Held, base: Ints, pool: Pool, chance: np.random.Generator
) -> tuple[Ints, ...]:
    small = Pool(pool.lines[held.lines][:, held.inside], pool.needed[held.lines])
    solver = Solver(held.rows, held.unknowns.upper())
    walks = Walks(held.rows, held.unknowns, chance, held.part.moves)
    small.add(base[held.inside])
    walks.begin(base[held.inside])
    _explore(solver, solver, small, walks, chance)
    for line in map(int, small.open()):
        _find_values(solver, small, line, np.flatnonzero(small.aims[line]))
    return small.thin()


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
    first: Solver,
    solver: Solver,
    pool: Pool,
    walks: Walks,
    chance: np.random.Generator,
    most: int | None = None,
) -> None:
    """Random weighted sums of open targets: each optimum, and the walks from it, show values of
    many targets at once.  Two in three aims go to ``first``, which keeps off the edges.  ``most``:
    legs after which to end, if it has not found enough before."""
    idle = legs = 0
    worth = min(WORTH, ENOUGH // max(1, pool.aims.shape[1]))
    while not pool.tables or (idle < IDLE_LEGS and len(pool.open()) > FEW and legs != most):
        missing = pool.missing()
        open_targets = pool.open()
        weights = mixture(chance, open_targets, len(pool.aims), 1)
        costs = np.asarray((weights @ pool.aims)[0], dtype=np.float64)
        with_room = first is not solver and legs % 3 < 2
        found = (first if with_room else solver).minimise(costs)
        legs += 1
        if found is None:
            raise ContradictionError("the figures contradict each other")
        # A broken vertex is skipped while there are whole ones; a whole-number search is slow.
        optimum = solver.whole(found)
        if optimum is not None and not with_room:
            solver.keep(costs)
        if optimum is None and not pool.tables and not with_room:
            optimum = solver.whole_minimum(costs)
            if optimum is None:
                raise ContradictionError("no whole numbers of students give these figures")
        if optimum is not None:
            pool.add(optimum)
            walks.begin(optimum, 0.5)
        for tables in walks.leg(pool.aims, open_targets):
            pool.add_all(tables)
        gained = missing - pool.missing()
        idle = idle + 1 if gained < min(worth, 0.1 * missing) else 0


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
