"""The audit (rule R6): could a reader who knows every group's exact size narrow a small count?

For every target the set of whole counts that agree with all facts is found by its own witness:
an alternative table of whole numbers.  The audit tries random aims first (each optimum is a
complete table and serves all targets), then exact solves for the remaining targets.  The verdict
depends on the facts only; the pool makes it faster.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from survey.disclosure.audit.alternative_pool import Lines, Pool
from survey.disclosure.audit.alternative_tables import Walks
from survey.disclosure.audit.attacker_knowledge import Fact
from survey.disclosure.audit.constraints import (
    ContradictionError,
    Flags,
    Ints,
    Rows,
    Unknowns,
    lay_out,
    sizes_are_facts,
)
from survey.disclosure.audit.guarded import Guarded as Guarded
from survey.disclosure.audit.guarded import Target as Target
from survey.disclosure.audit.guarded import guard
from survey.disclosure.audit.search import begin, explore, find_values, search_parts
from survey.disclosure.audit.solver import TOLERANCE, Solver
from survey.disclosure.audit.walk_steps import Moves, Part

FIRST_LEGS = 2
"""Legs before the first targets are judged: most that can show enough values have by then."""

FIRST_JUDGED = 4
"""Targets judged after them."""


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
    never_small = plainly_large(rows, matrix, small, targets.empty)
    firsts = np.array([group[0] for group in members], dtype=np.int64)
    could_be = [not all(never_small[at] for at in group) for group in members]
    needed = np.where(could_be, targets.needed[firsts], 0)
    pool = Pool(matrix[firsts], needed)
    solver = Solver(rows, unknowns.upper())
    chance = np.random.Generator(np.random.PCG64(0))
    first = _roomy(facts, rows, unknowns) or solver
    walks: Walks | None = None
    whole = len(parts) < 2 or first is solver
    if whole or not search_parts(parts, first, solver, rows, unknowns, pool, chance):
        walks = Walks(rows, unknowns, chance, [_pairs(unknowns)] if moves is None else moves)
        begin(first, solver, pool, walks, chance)

    def search(legs: int | None = None) -> None:
        if walks is not None:
            explore(solver, pool, walks, chance, legs)

    failures: list[tuple[Target, tuple[int, ...]]] = []
    proofs: list[tuple[int, Proof]] = []
    failed: set[str] = set()
    for line in _in_turn(pool, search):
        if pool.counts[line] >= pool.needed[line]:
            continue
        find_values(solver, pool, line, np.flatnonzero(matrix[firsts[line]]))
        if pool.counts[line] >= pool.needed[line]:
            continue
        large = [at for at in members[line] if not never_small[at]]
        found = [_prove(solver, rows, targets.target(at), matrix[at], small) for at in large]
        if all(proof is not None for proof in found):
            proofs.extend(zip(large, (proof for proof in found if proof is not None), strict=True))
        else:
            values = sorted(pool.seen[line, : pool.counts[line]].tolist())
            failures.append((targets.target(firsts[line]), tuple(values)))
            failed |= {targets.target(at).table for at in members[line]}
        pool.needed[line] = 0
        if failures and stop_at_failure:
            break
    # Of what must not be published only the failures are of use.
    witnesses = () if failures and stop_at_failure else pool.thin()
    needful = _without_shown(proofs, witnesses, targets)
    return Verdict(tuple(failures), witnesses, needful, solver.solves, frozenset(failed))


def _without_shown(
    proofs: Sequence[tuple[int, Proof]], witnesses: Sequence[Ints], targets: Guarded
) -> tuple[Proof, ...]:
    """The proofs that are still needed. The search goes on after a proof, and what it finds for
    other counts may show enough values of a proven one as well: a verifier takes those, and refuses
    a proof that nothing needs."""
    kept = []
    for at, proof in proofs:
        line = targets.matrix[at].astype(np.int64)
        shown = {int(one.astype(np.int64) @ line) for one in witnesses}
        if len(shown) < targets.needed[at]:
            kept.append(proof)
    return tuple(kept)


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


def plainly_large(rows: Rows, matrix: Lines, small: int, empty: Flags | None = None) -> Flags:
    """Targets that cannot be small because of one fact: those that hold a large figure, but for
    unknowns that are ``empty``."""
    large = np.zeros(len(matrix), dtype=bool)
    inside = np.ascontiguousarray(matrix.T != 0)
    if empty is not None:
        inside[empty] = True
    ends = np.append(rows.starts[1:], len(rows.columns))
    for at, what in enumerate(rows.lows):
        if what is not None and rows.low[at] >= small:
            large |= inside[rows.columns[rows.starts[at] : ends[at]]].all(axis=0)
    return large


def _roomy(facts: Sequence[Fact], rows: Rows, unknowns: Unknowns) -> Solver | None:
    """A solver of the tables that leave as much room at the ties as they can; None if they leave
    none.  Walks that begin at a table where ties are tight cannot move.

    One that must be tight somewhere (a question that nearly everyone answered who could) still has
    room elsewhere, so the room of each tie is found in one solve."""
    if not any(fact.room for fact in facts):
        return None
    try:
        within = lay_out([fact.roomy for fact in facts], unknowns)
    except ContradictionError:
        return None
    # The same left-hand sides, so the same rows in the same order.
    wanted = np.stack([within.low - rows.low, rows.high - within.high])
    side = np.where(wanted[0] > 0, 0, 1)
    room = wanted.max(axis=0)
    at = np.flatnonzero(room > 0)
    if not len(at):
        return None
    ends = np.append(rows.starts[1:], len(rows.columns))[at]
    sign = np.where(side[at] == 0, -1, 1)
    spared = unknowns.count + np.arange(len(at))
    shift = np.searchsorted(at, np.arange(len(rows.starts)))
    loose = replace(
        rows,
        starts=rows.starts + shift,
        columns=np.insert(rows.columns, ends, spared),
        weights=np.insert(rows.weights, ends, sign),
    )
    costs = np.append(np.zeros(unknowns.count), -np.ones(len(at)))
    found = Solver(loose, np.append(unknowns.upper(), room[at])).minimise(costs)
    if found is None:
        return None
    left = np.floor(found[unknowns.count :] + TOLERANCE).astype(np.int64)
    if not left.any():
        return None
    low, high = rows.low.copy(), rows.high.copy()
    low[at] += np.where(sign < 0, left, 0)
    high[at] -= np.where(sign > 0, left, 0)
    return Solver(replace(rows, low=low, high=high), unknowns.upper())


def _in_turn(pool: Pool, search: Callable[..., None]) -> Iterator[int]:
    """The targets to judge.  What has shown the fewest values is the likeliest to fail, and a
    failure ends the audit: so after a short search some are judged before it goes on."""

    def hardest() -> list[int]:
        return sorted(map(int, pool.open()), key=lambda line: (int(pool.counts[line]), line))

    search(FIRST_LEGS)
    yield from hardest()[:FIRST_JUDGED]
    search()
    yield from hardest()


def _prove(solver: Solver, rows: Rows, target: Target, wanted: Lines, small: int) -> Proof | None:
    """A proof that a target cannot be small, checked in whole numbers; None if there is none.

    The solver's multipliers are only a hint: any multiples of the facts give a true bound.
    """
    least = solver.bound(wanted.astype(np.float64))
    if np.ceil(least - TOLERANCE) < small:
        return None
    divisor = 60
    multiples = np.rint(solver.multipliers() * divisor).astype(np.int64)
    named = [
        low if multiple > 0 else high
        for low, high, multiple in zip(rows.lows, rows.highs, multiples, strict=True)
    ]
    multiples[[what is None for what in named]] = 0
    rest = divisor * wanted.astype(np.int64)
    bound = 0
    parts = []
    ends = np.append(rows.starts[1:], len(rows.columns))
    for at in np.flatnonzero(multiples):
        what, multiple = named[at], int(multiples[at])
        rest[rows.columns[rows.starts[at] : ends[at]]] -= multiple
        bound += multiple * int(rows.low[at] if multiple > 0 else rows.high[at])
        if what is not None:
            parts.append((what.name, multiple))
    bound += int((np.minimum(rest, 0) * solver.upper).sum())
    if -(-bound // divisor) < small:
        return None
    return Proof(target.what.name, divisor, tuple(parts))
