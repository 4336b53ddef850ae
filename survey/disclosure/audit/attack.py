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

from survey.disclosure.audit.alternative_pool import AlternativePool, Lines, places
from survey.disclosure.audit.alternative_tables import Walks
from survey.disclosure.audit.attacker_knowledge import Fact, Sum
from survey.disclosure.audit.constraints import (
    Flags,
    Ints,
    Rows,
    Unknowns,
    lay_out,
    sizes_are_facts,
)
from survey.disclosure.audit.ranges import Ranges
from survey.disclosure.audit.search import (
    begin,
    explore,
    find_values,
    held_table,
    search_parts,
    steer,
)
from survey.disclosure.audit.sensitive_layout import Guarded as Guarded
from survey.disclosure.audit.sensitive_layout import SensitiveSum as SensitiveSum
from survey.disclosure.audit.sensitive_layout import guard
from survey.disclosure.audit.solver import TOLERANCE, Solver
from survey.disclosure.audit.tie_slack import roomy
from survey.disclosure.audit.walk_steps import Moves, WalkPart

FIRST_LEGS = 2
"""Legs before the first targets are judged: most that can show enough values have by then."""

AS_A_WHOLE = 1000
"""Unknowns of a family up to which it is searched as a whole: the solver is quick enough."""

MANY_LEFT = 60
"""Targets that the search of a family's parts leaves, above which many are led at once in the
whole family before each is judged by itself."""

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
class Before:
    """What an audit of another form of the same tables found, so that the next begins with it.

    ``tables``: its alternatives, of which those that give the new figures too are kept; ``line``:
    the target that failed, which is judged first; ``base``: of a family, the table at which parts
    were held; ``solver``: its model, which serves again if only the ends of the rows differ."""

    tables: tuple[Ints, ...]
    line: int | None
    base: Ints | None
    solver: Solver


@dataclass(frozen=True)
class AuditVerdict:
    """What the audit found.  ``failures`` are targets with too few possible values, each with
    the values that are possible; ``witnesses`` are whole-number tables over the unknowns."""

    failures: tuple[tuple[SensitiveSum, tuple[int, ...]], ...]
    witnesses: tuple[Ints, ...]
    proofs: tuple[Proof, ...]
    solves: int
    before: Before
    failed: frozenset[str] = frozenset()
    """The tables of those targets, and of others that are the same count."""

    @property
    def passed(self) -> bool:
        """Whether every target keeps enough values."""
        return not self.failures


def audit(
    facts: Iterable[Fact],
    unknowns: Unknowns,
    targets: Sequence[SensitiveSum] | Guarded,
    small: int = 5,
    stop_at_failure: bool = False,
    moves: Sequence[Moves] | None = None,
    parts: Sequence[WalkPart] = (),
    before: Before | None = None,
    judge_only: bool = False,
) -> AuditVerdict:
    """Judge the targets against the facts.

    With ``stop_at_failure`` only one failing target is reported.  ``moves``:
    steps between tables of a family, whose sizes are all known; else the unknowns are one table.
    ``parts``: those of a family that may be searched one by one.  ``before``: what an audit of the
    same tables in another form found; it is only a place to begin.  ``judge_only``: alternatives
    and proofs are not wanted.
    Raises :class:`SolverError` or :class:`ContradictionError`; then nothing may be published.
    """
    facts = list(facts)
    laid_out: dict[Sum, Ints] = {}
    rows = lay_out(facts, unknowns, laid_out)
    if not isinstance(targets, Guarded):
        known = moves is not None or sizes_are_facts(rows, unknowns)
        targets = guard(targets, unknowns, known)
    one = _Audit(rows, unknowns, targets, small, before)
    if judge_only:
        one.range(before)
    elif not (before is not None and one.begin_again(before) and stop_at_failure):
        one.search(facts, laid_out, moves, parts, stop_at_failure)
    return one.verdict(stop_at_failure, judge_only)


class _Audit:
    """One audit: its targets, and what has been found of them."""

    def __init__(
        self,
        rows: Rows,
        unknowns: Unknowns,
        targets: Guarded,
        small: int,
        before: Before | None,
    ) -> None:
        self._rows, self._unknowns, self._targets, self._small = rows, unknowns, targets, small
        self._never_small = plainly_large(rows, targets.matrix, small, targets.empty)
        self._firsts = np.array([group[0] for group in targets.alike], dtype=np.int64)
        could_be = [not all(self._never_small[at] for at in group) for group in targets.alike]
        needed = np.where(could_be, targets.needed[self._firsts], 0)
        self._pool = AlternativePool(targets.matrix[self._firsts], needed)
        upper = unknowns.upper()
        if before is not None and before.solver.fits(rows, upper):
            self._solver = before.solver
            self._solver.rebind(rows)
        else:
            self._solver = Solver(rows, upper)
        self._chance = np.random.Generator(np.random.PCG64(0))
        self._base: Ints | None = None
        self._failures: list[tuple[SensitiveSum, tuple[int, ...]]] = []
        self._proofs: list[tuple[int, Proof]] = []
        self._failed: set[str] = set()
        self._line: int | None = None

    def begin_again(self, before: Before) -> bool:
        """Take what an earlier audit found.  Returns whether its failing target still fails."""
        upper = self._solver.upper
        held = [one for one in before.tables if (one <= upper).all() and self._rows.hold(one)]
        if before.base is not None and self._rows.hold(before.base):
            self._base = before.base
        if not held:
            return False
        self._pool.take(np.array(held))
        if not self._pool.tables:
            self._pool.add(held[0])
        line = before.line
        if line is None or not len(self._pool.needed) > line:
            return False
        if self._pool.counts[line] < self._pool.needed[line]:
            self._judge(line)
        return bool(self._failures)

    def range(self, before: Before | None) -> None:
        """Look for a target that fails even if counts need not be whole."""
        ranges = Ranges(self._solver, self._pool, self._chance)
        first = None if before is None else before.line
        line = ranges.too_narrow(self._is_large, first)
        if line is not None:
            self._fail(line)

    def _is_large(self, line: int) -> bool:
        """Whether no target of those judged together can be small, whole numbers or not."""
        targets = self._targets
        return all(
            self._never_small[at]
            or np.ceil(self._solver.bound(targets.matrix[at].astype(np.float64)) - TOLERANCE)
            >= self._small
            for at in targets.alike[line]
        )

    def search(
        self,
        facts: Sequence[Fact],
        laid_out: dict[Sum, Ints],
        moves: Sequence[Moves] | None,
        parts: Sequence[WalkPart],
        stop_at_failure: bool,
    ) -> None:
        """Look for alternatives, then judge one by one what they leave."""
        solver, pool, chance = self._solver, self._pool, self._chance
        walks: Walks | None = None
        first: Solver | None = None
        if self._base is None:
            first = roomy(facts, self._rows, self._unknowns, laid_out)
        in_parts = len(parts) >= 2 and self._unknowns.count > AS_A_WHOLE
        if in_parts and self._base is None and first is not None:
            self._base = held_table(first, solver, pool, chance)
            if self._base is not None:
                # It has solved this already, but for the ends of its rows.
                solver = self._solver = first
                solver.rebind(self._rows)
        if in_parts and self._base is not None:

            def judged(lines: Ints) -> bool:
                for line in map(int, lines):
                    self._judge(line)
                    if self._failures and stop_at_failure:
                        return False
                return True

            if not search_parts(
                parts, self._base, self._rows, self._unknowns, pool, chance, judged
            ):
                return
            if len(pool.open()) > MANY_LEFT:
                steer(solver, pool, len(self._unknowns.answers), chance)
        else:
            steps = [_pairs(self._unknowns)] if moves is None else moves
            walks = Walks(self._rows, self._unknowns, chance, steps)
            begin(first or solver, solver, pool, walks, chance)

        def search(legs: int | None = None) -> None:
            if walks is not None:
                explore(solver, pool, walks, chance, legs)

        for line in _in_turn(pool, search):
            if pool.counts[line] < pool.needed[line]:
                self._judge(line)
            if self._failures and stop_at_failure:
                break

    def _judge(self, line: int) -> None:
        """Decide about one target: by more of its values, or by proofs that it cannot be small."""
        pool, matrix = self._pool, self._targets.matrix
        if pool.seen[line, : pool.counts[line]].min() >= self._small and self._prove(line):
            return
        find_values(self._solver, pool, line, np.flatnonzero(matrix[self._firsts[line]]))
        if pool.counts[line] >= pool.needed[line] or self._prove(line):
            return
        self._fail(line)

    def _fail(self, line: int) -> None:
        pool, targets = self._pool, self._targets
        values = sorted(pool.seen[line, : pool.counts[line]].tolist())
        self._failures.append((targets.target(self._firsts[line]), tuple(values)))
        self._failed |= {targets.target(at).table for at in targets.alike[line]}
        self._line = line
        pool.needed[line] = 0

    def _prove(self, line: int) -> bool:
        """Whether proofs show that no target of those judged together can be small."""
        targets = self._targets
        proofs = []
        for at in targets.alike[line]:
            if self._never_small[at]:
                continue
            lines = targets.target(at), targets.matrix[at]
            proof = _prove(self._solver, self._rows, *lines, self._small)
            if proof is None:
                return False
            proofs.append((at, proof))
        self._proofs += proofs
        self._pool.needed[line] = 0
        return True

    def verdict(self, stop_at_failure: bool, judge_only: bool) -> AuditVerdict:
        # Of what must not be published only the failures are of use.
        pool, failures = self._pool, tuple(self._failures)
        wanted = not judge_only and not (failures and stop_at_failure)
        witnesses = pool.thin() if wanted else ()
        return AuditVerdict(
            failures,
            witnesses,
            _without_shown(self._proofs, witnesses, self._targets) if wanted else (),
            self._solver.solves,
            Before(tuple(pool.tables), self._line, self._base, self._solver),
            frozenset(self._failed),
        )


def _without_shown(
    proofs: Sequence[tuple[int, Proof]], witnesses: Sequence[Ints], targets: Guarded
) -> tuple[Proof, ...]:
    """The proofs that are still needed. The search continues after a proof, and what it finds for
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
    line, column = places(matrix)
    order = np.argsort(column, kind="stable")
    line = line[order]
    begins = np.searchsorted(column[order], np.arange(matrix.shape[1] + 1))
    ends = np.append(rows.starts[1:], len(rows.columns))
    for at, what in enumerate(rows.lows):
        if what is not None and rows.low[at] >= small:
            columns = rows.columns[rows.starts[at] : ends[at]]
            if empty is not None:
                columns = columns[~empty[columns]]
            if len(columns):
                first = columns[0]
                holding = line[begins[first] : begins[first + 1]]
                large[holding] |= matrix[np.ix_(holding, columns)].all(axis=1)
    return large


def _in_turn(pool: AlternativePool, search: Callable[..., None]) -> Iterator[int]:
    """The targets to judge.  What has shown the fewest values is the likeliest to fail, and a
    failure ends the audit: so after a short search some are judged before it continues."""

    def hardest() -> list[int]:
        return sorted(map(int, pool.open()), key=lambda line: (int(pool.counts[line]), line))

    search(FIRST_LEGS)
    yield from hardest()[:FIRST_JUDGED]
    search()
    yield from hardest()


def _prove(
    solver: Solver, rows: Rows, target: SensitiveSum, wanted: Lines, small: int
) -> Proof | None:
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
