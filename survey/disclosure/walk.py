"""Walks over the tables that satisfy the facts: many witnesses for the price of a few solves.

A walk moves one respondent at a time from one answer to another, wherever the facts allow it,
along a drift of its own.  Many walks go at once: one step of all of them costs little more than
one step of one.  What walks do not reach is left to the solver: they make the audit quick and
decide nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from survey.disclosure.facts import Sum
from survey.disclosure.model import Flags, Ints, Rows, Unknowns

WALKS = 16
"""Walks at once."""

STEPS = 8
"""Moves of each walk in a leg."""

LOOK_EVERY = 4
"""Steps between two looks at the tables."""

WARMTH = 0.4
"""How far chance may override the drift, of which one move changes about one."""

Singles = npt.NDArray[np.float32]


class Walks:
    """Walks of one problem; their tables are kept from leg to leg.

    A move takes one person of a cell from one answer to another, so cell sizes stand.  Facts that
    are no plain sums have no walk; then there are no tables.
    """

    def __init__(self, rows: Rows, unknowns: Unknowns, chance: np.random.Generator) -> None:
        self._chance = chance
        width, cells = len(unknowns.answers), len(unknowns.places)
        plain = [what for what in rows.sums if what is not None]
        self.able = width > 1 and len(plain) == len(rows.sums) > 0
        self.tables: Ints = np.zeros((0, unknowns.count), dtype=np.int64)
        if not self.able:
            return
        pairs = np.array([(a, b) for a in range(width) for b in range(width) if a != b])
        firsts = np.arange(cells)[:, None] * width
        self._out = (firsts + pairs[:, 0]).reshape(-1)
        self._into = (firsts + pairs[:, 1]).reshape(-1)
        has = np.array([[answer in what.answers for answer in unknowns.answers] for what in plain])
        shift = has[:, pairs[:, 1]].astype(np.int8) - has[:, pairs[:, 0]]
        kept = shift.any(axis=1)
        shift = shift[kept]
        self._low, self._high = rows.low[kept], rows.high[kept]
        self._dense = np.zeros((len(plain), unknowns.count), dtype=np.float32)
        lengths = np.diff(np.append(rows.starts, len(rows.columns)))
        self._dense[np.repeat(np.arange(len(plain)), lengths), rows.columns] = 1
        self._dense = self._dense[kept]
        self._bars, self._places = _bars(
            [what for what, keep in zip(plain, kept, strict=True) if keep], shift, unknowns
        )
        self._shift = np.ascontiguousarray(
            (self._dense[:, self._into] - self._dense[:, self._out]).T.astype(np.int64)
        )
        self._pairs = len(pairs)

    def begin(self, table: Ints, share: float = 1.0) -> None:
        """Send a share of the walks off from a table that satisfies the facts."""
        if not self.able:
            return
        if not len(self.tables):
            self.tables = np.tile(table, (WALKS, 1))
            return
        self.tables[self._chance.random(WALKS) < share] = table

    def leg(self, aims: Singles) -> Iterator[Ints]:
        """Take every walk so many steps, and show its table now and then, one a line.

        ``aims``: sums of unknowns worth changing, one a line; each walk is drawn to a random
        mixture of them.
        """
        if not self.able:
            return
        chance, tables = self._chance, self.tables
        left = np.rint(tables.astype(np.float32) @ self._dense.T).astype(np.int64)
        mixture = chance.standard_normal((WALKS, len(aims)), dtype=np.float32)
        drift = mixture @ aims
        drift /= np.abs(drift).max(axis=1, keepdims=True) + np.float32(1e-9)
        gain = drift[:, self._into] - drift[:, self._out]
        every = np.arange(WALKS)
        for step in range(1, STEPS + 1):
            free = self._free(tables, left)
            wish = gain + WARMTH * chance.random(gain.shape, dtype=np.float32)
            best = np.where(free, wish, np.float32(-9)).argmax(axis=1)
            moved = every[free[every, best]]
            chosen = best[moved]
            tables[moved, self._out[chosen]] -= 1
            tables[moved, self._into[chosen]] += 1
            left[moved] += self._shift[chosen]
            if step % LOOK_EVERY == 0:
                yield tables

    def _free(self, tables: Ints, left: Ints) -> Flags:
        """Which moves each walk may take: walks by moves."""
        stuck = np.hstack([left >= self._high, left <= self._low]).astype(np.float32)
        barred = (stuck @ self._bars > 0).reshape(WALKS, -1, self._pairs)
        open_cells = ~barred[:, self._places].any(axis=2)
        return np.asarray(open_cells.reshape(WALKS, -1) & (tables[:, self._out] > 0))


def _bars(
    plain: list[Sum], shift: npt.NDArray[np.int8], unknowns: Unknowns
) -> tuple[Singles, Ints]:
    """Which moves a fact at its edge bars, by group of the fact; and the groups of each cell.

    The first has a line for each fact at its high end, then for each at its low end, and a column
    for each group and pair of answers.  The second gives each cell as many groups as any has,
    filled up with one that never bars.
    """
    groups = list(dict.fromkeys((what.units, what.group) for what in plain))
    pairs = shift.shape[1]
    bars = np.zeros((2, len(plain), len(groups) + 1, pairs), dtype=np.float32)
    for at, what in enumerate(plain):
        group = groups.index((what.units, what.group))
        bars[0, at, group] = shift[at] > 0
        bars[1, at, group] = shift[at] < 0
    inside = [
        [at for at, (units, group) in enumerate(groups) if unit in units and group.holds(cell)]
        for unit, cell in unknowns.places
    ]
    most = max(len(line) for line in inside)
    places = [line + [len(groups)] * (most - len(line)) for line in inside]
    return bars.reshape(2 * len(plain), (len(groups) + 1) * pairs), np.array(places, dtype=np.int64)
