"""Witness pooling: alternative tables, and how many values of each target they show.

A table found for one target serves all.  From each optimum a walk moves one respondent at a time
from one answer to another wherever the facts allow it, towards values not seen yet; a step costs
a fraction of a solve.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from survey.disclosure.model import Flags, Ints, Rows

LONGEST_WALK = 40
IDLE_STEPS = 2
"""Steps without a new value before a walk ends."""

_KINDS = 128


class Pool:
    """Witness tables, and for each target the distinct values they show."""

    def __init__(self, matrix: Ints, needed: Ints) -> None:
        self.matrix = matrix
        self.needed = needed
        self.seen = np.full((len(needed), int(needed.max(initial=1))), -1, dtype=np.int64)
        self.counts = np.zeros(len(needed), dtype=np.int64)
        self.tables: list[Ints] = []
        self._values: list[Ints] = []

    def add(self, table: Ints, values: Ints | None = None) -> int:
        """Take a table in unless it shows nothing new; how many missing values it showed."""
        values = self.matrix @ table if values is None else values
        at = np.flatnonzero(self.lacks(values))
        if len(at):
            self.seen[at, self.counts[at]] = values[at]
            self.counts[at] += 1
            self.tables.append(table.copy())
            self._values.append(values)
        return len(at)

    def lacks(self, values: Ints) -> Flags:
        """Which targets lack values, and have not shown this one."""
        return np.asarray((self.counts < self.needed) & (self.seen != values[:, None]).all(axis=1))

    def open(self) -> Ints:
        """Targets that still lack values."""
        return np.flatnonzero(self.counts < self.needed)

    def missing(self) -> int:
        """How many values are lacking in all."""
        return int(np.maximum(self.needed - self.counts, 0).sum())

    def thin(self) -> tuple[Ints, ...]:
        """The tables, without those the others make needless.  Certificates stay short."""
        if not self.tables:
            return ()
        counted = np.flatnonzero(self.needed > 0)
        values = np.array(self._values).T[counted]
        values -= values.min(axis=1, initial=np.iinfo(np.int64).max, keepdims=True)
        # Values far above the least are taken as one: that can only keep a table too many.
        places = np.minimum(values, _KINDS - 1).astype(np.int64)
        places += np.arange(len(counted))[:, None] * _KINDS
        shown = np.bincount(places.ravel(), minlength=len(counted) * _KINDS)
        distinct = (shown.reshape(-1, _KINDS) > 0).sum(axis=1)
        short = distinct < np.minimum(self.needed, self.counts)[counted]
        if short.any():
            return tuple(self.tables)
        kept = []
        for at in reversed(range(len(self.tables))):
            lost = shown[places[:, at]] == 1
            if ((distinct - lost) >= self.needed[counted])[lost].all():
                distinct -= lost
                shown[places[:, at]] -= 1
            else:
                kept.append(self.tables[at])
        return tuple(reversed(kept))


Walk = Callable[[Ints, np.random.Generator], None]


def walker(rows: Rows, width: int, pool: Pool) -> Walk:
    """A function that walks from a table and adds what it finds to the pool.

    ``width``: answers per cell.  A move takes one person in a cell from one answer to another,
    so cell sizes stand.  Facts with weights other than one have no walk.
    """
    if (rows.weights != 1).any() or not len(rows.starts):

        def stay(_table: Ints, _chance: np.random.Generator) -> None:
            return

        return stay
    cells = pool.matrix.shape[1] // width
    pairs = [(a, b) for a in range(width) for b in range(width) if a != b]
    out = np.array([cell * width + a for cell in range(cells) for a, _ in pairs])
    into = np.array([cell * width + b for cell in range(cells) for _, b in pairs])
    dense = np.zeros((len(rows.starts), pool.matrix.shape[1]), dtype=np.int8)
    lengths = np.diff(np.append(rows.starts, len(rows.columns)))
    dense[np.repeat(np.arange(len(lengths)), lengths), rows.columns] = 1
    shift = dense[:, into] - dense[:, out]
    moving = shift.any(axis=1)
    raises, lowers = shift[moving] > 0, shift[moving] < 0
    low, high = rows.low[moving], rows.high[moving]
    change = (pool.matrix[:, into] - pool.matrix[:, out]).astype(np.int8)
    up, down = change > 0, change < 0

    def walk(table: Ints, chance: np.random.Generator) -> None:
        table = table.copy()
        left = rows.values(table)[moving]
        values = pool.matrix @ table
        # A steady pull on open targets carries the walk beyond what one step can show.
        pull = chance.integers(-1, 2, size=len(values)) * (pool.counts < pool.needed)
        # Sums of chosen rows, not products: those would start a thread for each processor.
        bias = change[pull > 0].sum(axis=0) - change[pull < 0].sum(axis=0)
        bias = bias / (1.0 + np.abs(bias).max(initial=0))
        idle = 0
        for _ in range(LONGEST_WALK):
            barred = raises[left >= high].any(axis=0) | lowers[left <= low].any(axis=0)
            free = ~barred & (table[out] > 0)
            if not free.any():
                return
            more, less = pool.lacks(values + 1), pool.lacks(values - 1)
            gain = up[more].sum(axis=0) + down[less].sum(axis=0) + bias
            gain += 0.1 * chance.random(len(out))
            gain[~free] = -2
            best = int(gain.argmax())
            table[out[best]] -= 1
            table[into[best]] += 1
            left = left + raises[:, best] - lowers[:, best]
            values = values + change[:, best]
            idle = 0 if pool.add(table, values) else idle + 1
            if idle > IDLE_STEPS:
                return

    return walk
