"""Random walks that sample alternative tables: many witnesses at the cost of a few solves.

A walk moves students from one answer to another where the facts allow it, and has its own
direction; in a family of tables it takes a step in each table in turn.  Many walks run together:
one step of all of them costs little more than one step of one.  Targets that the walks do not
settle are left to the solver.  The walks only make the audit faster; they never decide its result.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from survey.disclosure.audit.constraints import Flags, Ints, Rows, Unknowns

WALKS = 16
"""The number of walks that run together."""

STEPS = 8
"""Moves of each walk in a leg, in every table."""

LOOK_EVERY = 4
"""Steps between two looks at the tables."""

WARMTH = 0.4
"""How far chance may override the drift, of which one move changes about one."""

MOST = 99
"""The largest weight in a mixture of aims."""

Singles = npt.NDArray[np.float32]


def mixture(chance: np.random.Generator, wanted: Ints, count: int, lines: int) -> Singles:
    """Random weights of those wanted among ``count`` sums.  They are whole, so that single
    precision adds them exactly, in whatever order a machine does."""
    weights = np.zeros((lines, count), dtype=np.float32)
    weights[:, wanted] = chance.integers(-MOST, MOST, (lines, len(wanted)), endpoint=True)
    return weights


@dataclass(frozen=True)
class _Block:
    """The moves within one table, at every cell; ``rows`` are the facts that any of them changes.

    ``change`` has a line for each move and a column for each of ``columns``; ``shift`` a column for
    each of ``rows``.  ``bars`` says which moves are forbidden by a row at its high end, by a
    row at its low end and by an unknown that is 0.  ``stuck`` and ``blocked`` are the state of the
    walks: which of these apply now, and how many of them forbid each move.
    """

    columns: Ints
    change: npt.NDArray[np.int64]
    gain: Singles
    rows: Ints
    shift: npt.NDArray[np.int64]
    low: Ints
    high: Ints
    bars: Singles
    stuck: Singles
    blocked: Singles

    def free(self, left: Ints, tables: Ints) -> npt.NDArray[np.bool_]:
        """Which moves are possible, walk by walk.

        ``blocked`` counts what forbids each move, and is brought up to date from what has changed
        since the last time: little, from step to step.  All its numbers are small and whole, so
        single precision is exact.
        """
        here = left[:, self.rows]
        stuck = np.hstack([here > self.high, here < self.low, tables[:, self.columns] == 0])
        change = stuck - self.stuck
        at = np.flatnonzero(change.any(axis=0))
        self.blocked[:] += change[:, at] @ self.bars[at]
        self.stuck[:] = stuck
        free: Flags = self.blocked == 0
        return free


class Walks:
    """Walks of one problem; their tables are kept from leg to leg.

    ``moves``: blocks of steps, a column for each unknown of a cell; none may change a cell's size.
    """

    def __init__(
        self,
        rows: Rows,
        unknowns: Unknowns,
        chance: np.random.Generator,
        moves: Sequence[npt.NDArray[np.int8]],
    ) -> None:
        self._chance = chance
        self.tables: Ints = np.zeros((0, unknowns.count), dtype=np.int64)
        self._dense = np.zeros((len(rows.starts), unknowns.count), dtype=np.float32)
        lengths = np.diff(np.append(rows.starts, len(rows.columns)))
        self._dense[np.repeat(np.arange(len(rows.starts)), lengths), rows.columns] = rows.weights
        upper = unknowns.upper() > 0
        found = (self._block(block, rows, unknowns, upper) for block in moves)
        self._blocks = tuple(block for block in found if len(block.change))
        self.able = bool(self._blocks) and len(rows.starts) > 0

    def _block(
        self,
        moves: npt.NDArray[np.int8],
        rows: Rows,
        unknowns: Unknowns,
        upper: npt.NDArray[np.bool_],
    ) -> _Block:
        width, cells = len(unknowns.answers), len(unknowns.places)
        used = np.flatnonzero(moves.any(axis=0))
        columns = (np.arange(cells)[:, None] * width + used).reshape(-1)
        change = np.kron(np.eye(cells, dtype=np.int8), moves[:, used])
        # The unknowns of a table are fixed at 0 in cells that were not asked.
        change = change[((change == 0) | upper[columns]).all(axis=1)]
        touched = np.flatnonzero(self._dense[:, columns].any(axis=1))
        gain = np.ascontiguousarray(change.T, dtype=np.float32)
        shift = (self._dense[np.ix_(touched, columns)] @ gain).T
        touched, shift = touched[shift.any(axis=0)], shift[:, shift.any(axis=0)]
        shift = np.ascontiguousarray(np.rint(shift), dtype=np.int64)
        bars = np.vstack([shift.T > 0, shift.T < 0, change.T < 0]).astype(np.float32)
        most = np.maximum(shift.max(axis=0, initial=0), 1)
        least = np.minimum(shift.min(axis=0, initial=0), -1)
        return _Block(
            columns,
            change.astype(np.int64),
            gain,
            touched,
            shift,
            rows.low[touched] - least,
            rows.high[touched] - most,
            bars,
            np.zeros((WALKS, len(bars)), dtype=np.float32),
            np.zeros((WALKS, len(change)), dtype=np.float32),
        )

    def begin(self, table: Ints, share: float = 1.0) -> None:
        """Start a share of the walks from a table that satisfies the facts."""
        if not self.able:
            return
        if not len(self.tables):
            self.tables = np.tile(table, (WALKS, 1))
            return
        self.tables[self._chance.random(WALKS) < share] = table

    def leg(self, aims: Singles, wanted: Ints) -> Iterator[Ints]:
        """Run a fixed number of steps of every walk; yield sampled tables at intervals, one a line.

        ``aims``: sums of unknowns, one a line, of which those ``wanted`` are worth changing; each
        walk is drawn to a random mixture of them.
        """
        if not self.able or not len(self.tables):
            return
        chance, tables = self._chance, self.tables
        left = np.rint(tables.astype(np.float32) @ self._dense.T).astype(np.int64)
        drift = mixture(chance, wanted, len(aims), WALKS) @ aims
        gains = []
        for block in self._blocks:
            most = np.abs(drift[:, block.columns]).max(axis=1, keepdims=True)
            gains.append(drift[:, block.columns] @ block.gain / (most + np.float32(1e-9)))
        every = np.arange(WALKS)
        for step in range(1, STEPS + 1):
            for block, gain in zip(self._blocks, gains, strict=True):
                free = block.free(left, tables)
                wish = gain + WARMTH * chance.random(gain.shape, dtype=np.float32)
                best = np.where(free, wish, np.float32(-9)).argmax(axis=1)
                moved = every[free[every, best]]
                chosen = best[moved]
                tables[moved[:, None], block.columns] += block.change[chosen]
                left[moved[:, None], block.rows] += block.shift[chosen]
            if step % LOOK_EVERY == 0:
                yield tables
