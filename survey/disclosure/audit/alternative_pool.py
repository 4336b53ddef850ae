"""Witness pooling: alternative tables, and how many values of each target they show.

A table found for one target serves all.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from survey.disclosure.audit.constraints import Flags, Ints

Lines = npt.NDArray[np.int8]
"""Sums of unknowns: a line of zeros and ones for each."""


class Pool:
    """Witness tables, and for each target the distinct values they show."""

    def __init__(self, matrix: Lines, needed: Ints) -> None:
        self.lines = matrix
        self.aims = matrix.astype(np.float32)
        self.needed = needed
        self.seen = np.full((len(needed), int(needed.max(initial=1))), -1, dtype=np.int64)
        self.counts = np.zeros(len(needed), dtype=np.int64)
        self.tables: list[Ints] = []
        self._values: list[Ints] = []

    def add(self, table: Ints, values: Ints | None = None) -> int:
        """Add a table if it shows new values; return how many missing values it showed.

        The first is always taken: it shows that the facts can be true together.
        """
        values = self.values(table) if values is None else values
        at = np.flatnonzero(self.lacks(values))
        if len(at):
            self.seen[at, self.counts[at]] = values[at]
            self.counts[at] += 1
        if len(at) or not self.tables:
            self.tables.append(table.copy())
            self._values.append(values)
        return len(at)

    def values(self, tables: Ints) -> Ints:
        """The counts of all targets in a table, or in each of several, one a line.

        In single precision, which is exact for counts of people, and far quicker.
        """
        return np.asarray(np.rint(tables.astype(np.float32) @ self.aims.T), dtype=np.int64)

    def add_all(self, tables: Ints) -> None:
        """Add those of many tables, one a line, that show new values."""
        values = self.values(tables)
        at = np.flatnonzero(self.counts < self.needed)
        fresh = (values[:, at, None] != self.seen[at]).all(axis=2).any(axis=1)
        for line in np.flatnonzero(fresh):
            self.add(tables[line], values[line])

    def lacks(self, values: Ints) -> Flags:
        """Which targets lack values and have not shown this one."""
        return np.asarray((self.counts < self.needed) & (self.seen != values[:, None]).all(axis=1))

    def open(self) -> Ints:
        """Targets that still lack values."""
        return np.flatnonzero(self.counts < self.needed)

    def missing(self) -> int:
        """How many values are lacking in all."""
        return int(np.maximum(self.needed - self.counts, 0).sum())

    def thin(self) -> tuple[Ints, ...]:
        """A small set of the tables that shows every value any of them shows.  Each step adds the
        table that shows the most missing values.  It keeps certificates short."""
        if not self.tables:
            return ()
        counted = np.flatnonzero(self.needed > 0)
        values = np.array(self._values)[:, counted]
        lacking = np.minimum(self.needed, self.counts)[counted]
        fresh = np.ones(values.shape, dtype=bool) & (lacking > 0)
        kept = []
        while fresh.any():
            best = int(fresh.sum(axis=1).argmax())
            shown = np.flatnonzero(fresh[best])
            fresh[:, shown] &= values[:, shown] != values[best, shown]
            lacking[shown] -= 1
            fresh[:, shown[lacking[shown] == 0]] = False
            kept.append(best)
        return tuple(self.tables[at] for at in sorted(kept) or [0])
