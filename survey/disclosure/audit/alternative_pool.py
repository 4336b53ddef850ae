"""Witness pooling: alternative tables, and how many values of each target they show.

A table found for one target serves all.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from survey.disclosure.audit.constraints import Ints

Lines = npt.NDArray[np.int8]
"""Sums of unknowns: a line of zeros and ones for each."""

Singles = npt.NDArray[np.float32]
Small = npt.NDArray[np.int32]


MOST = 99
"""The largest weight in a mixture of aims."""

TOGETHER = 64
"""Tables whose targets are counted at once: it bounds the memory."""


def places(lines: Lines) -> tuple[Ints, Ints]:
    """The line and the column of each one, in order: what ``np.nonzero`` gives, which takes some
    fifteen times as long for a large matrix."""
    found = np.flatnonzero(np.ascontiguousarray(lines).view(np.bool_))
    line, column = np.divmod(found, max(1, lines.shape[1]))
    return line, column


@dataclass(frozen=True)
class _Sums:
    """The unknowns of the targets ``at``, one target after the other."""

    at: Ints
    columns: Ints
    starts: Ints
    empty: Ints

    @classmethod
    def of(cls, lines: Lines, at: Ints) -> _Sums:
        line, columns = places(lines[at])
        each = np.bincount(line, minlength=len(at))
        starts = np.minimum(np.cumsum(each) - each, max(0, len(columns) - 1))
        return cls(at, columns, starts, np.flatnonzero(each == 0))

    def values(self, tables: Ints | Small, at: Ints) -> Small:
        """The counts of targets, of which all are among these, in each of several tables."""
        if not len(self.columns):
            return np.zeros((len(tables), len(at)), dtype=np.int32)
        tables = tables.astype(np.int32)
        found = [
            np.add.reduceat(tables[first : first + TOGETHER, self.columns], self.starts, axis=1)
            for first in range(0, len(tables), TOGETHER)
        ]
        counted: Small = np.concatenate(found)
        counted[:, self.empty] = 0
        return counted if len(at) == len(self.at) else counted[:, np.searchsorted(self.at, at)]


class AlternativePool:
    """Witness tables, and for each target the distinct values they show."""

    def __init__(self, matrix: Lines, needed: Ints) -> None:
        self.lines = matrix
        self._sums = _Sums.of(matrix, np.arange(len(matrix)))
        self.needed = needed
        self.seen = np.full((len(needed), int(needed.max(initial=1))), -1, dtype=np.int32)
        self.counts = np.zeros(len(needed), dtype=np.int64)
        self.tables: list[Ints] = []

    @cached_property
    def aims(self) -> Singles:
        """The sums as numbers in single precision: large, and only walks need them."""
        return self.lines.astype(np.float32)

    def aim(self, chance: np.random.Generator) -> npt.NDArray[np.float64]:
        """A random weighted sum of the targets that lack values."""
        at = self.open()
        return self.weighted(at, chance.integers(-MOST, MOST, len(at), endpoint=True))

    def weighted(self, at: Ints, drawn: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """A weighted sum of some targets."""
        sums = self._sums
        weights = np.zeros(len(sums.at))
        weights[np.searchsorted(sums.at, at)] = drawn
        each = np.diff(np.append(sums.starts, len(sums.columns)))
        each[sums.empty] = 0
        found = np.bincount(sums.columns, np.repeat(weights, each), self.lines.shape[1])
        return np.asarray(found, dtype=np.float64)

    def add(self, table: Ints) -> int:
        """Add a table if it shows new values; return how many missing values it showed.

        The first is always taken: it shows that the facts can be true together.
        """
        at = self.open()
        values = self._values(table[None], at)[0]
        new = np.flatnonzero((self.seen[at] != values[:, None]).all(axis=1))
        targets = at[new]
        self.seen[targets, self.counts[targets]] = values[new]
        self.counts[targets] += 1
        if len(new) or not self.tables:
            self.tables.append(table.astype(np.int64))
        return len(new)

    def take(self, tables: Ints | Small) -> int:
        """Add those of many tables, one a line, that show new values; those that show most first.
        Return how many missing values they showed."""
        at = self.open()
        values = self._values(tables, at)
        chosen, shown = _cover(values, (self.needed - self.counts)[at], self.seen[at])
        for line, columns in zip(chosen, shown, strict=True):
            targets = at[columns]
            self.seen[targets, self.counts[targets]] = values[line, columns]
            self.counts[targets] += 1
        self.tables.extend(tables[chosen].astype(np.int64))
        return sum(map(len, shown))

    def drift(self, tables: Small, chance: np.random.Generator) -> Singles:
        """For each table, the weight of each unknown in a direction that leads towards values not
        seen yet.  Whole numbers, which single precision adds exactly in any order.

        With few targets left, each table is drawn to a value of one."""
        at = self.open()
        towards = np.sign(self.goals(at, chance) - self._values(tables, at)).astype(np.float32)
        if len(at) <= len(tables):
            weights = np.zeros(towards.shape, dtype=np.float32)
            weights[np.arange(len(tables)), np.arange(len(tables)) % len(at)] = 1
        else:
            weights = chance.integers(0, 99, towards.shape, endpoint=True).astype(np.float32)
        return np.asarray((weights * towards) @ self.aims[at])

    def goals(self, at: Ints, chance: np.random.Generator) -> Small:
        """For each of some targets a value it lacks: the first between those it has, or one
        above or below."""
        seen = self.seen[at]
        lowest = np.where(seen < 0, np.int32(2**30), seen).min(axis=1)
        highest = seen.max(axis=1)
        down = chance.random(len(at)) < 0.5
        goal = np.where(down & (lowest > 0), lowest - 1, highest + 1)
        span = lowest[:, None] + np.arange(seen.shape[1], dtype=np.int32)
        lacks = (seen[:, :, None] != span[:, None]).all(axis=1)
        gap = lowest + lacks.argmax(axis=1)
        return np.asarray(np.where(lacks.any(axis=1) & (gap < highest), gap, goal), dtype=np.int32)

    def nearest(self, count: int) -> Small:
        """For each of some open targets in turn, the table whose value of it is nearest to one it
        lacks."""
        at = self.open()
        tables = np.array(self.tables, dtype=np.int32)
        values = self._values(tables, at)
        seen = self.seen[at]
        lowest = np.where(seen < 0, np.int32(2**30), seen).min(axis=1)
        best = np.where(np.arange(len(at)) % 2 == 0, values.argmax(axis=0), values.argmin(axis=0))
        best = np.where(lowest == 0, values.argmax(axis=0), best)
        return np.asarray(tables[best[np.arange(count) % len(at)]])

    def next_to(self, costs: npt.NDArray[np.float64]) -> Ints:
        """The first of the tables in which a weighted sum is least."""
        return self.tables[int((np.array(self.tables) @ costs).argmin())]

    def _values(self, tables: Ints | Small, at: Ints) -> Small:
        """The counts of some targets in each of several tables, one a line.

        Fewer targets are open from table to table, so their unknowns are laid out again whenever
        half of them have shown all they need.
        """
        if 2 * len(at) < len(self._sums.at):
            self._sums = _Sums.of(self.lines, at)
        return self._sums.values(tables, at)

    def sums(self, table: npt.NDArray[np.float64], at: Ints) -> npt.NDArray[np.float64]:
        """The sums of some targets in a table that need not be whole."""
        known = self._sums
        if not len(known.columns):
            return np.zeros(len(at))
        found = np.add.reduceat(table[known.columns], known.starts)
        found[known.empty] = 0
        return np.asarray(found[np.searchsorted(known.at, at)])

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
        at = np.flatnonzero(self.needed > 0)
        values = _Sums.of(self.lines, at).values(np.array(self.tables), at)
        lacking = np.minimum(self.needed, self.counts)[at]
        kept, _ = _cover(values, lacking, np.full((len(at), 1), -1, dtype=np.int32))
        return tuple(self.tables[one] for one in sorted(kept) or [0])


def _cover(values: Small, lacking: Ints, seen: Small) -> tuple[list[int], list[Ints]]:
    """Tables, by line, that show all new values; and the targets of which each shows one.

    ``values``: of each table and target; ``lacking``: how many values of each target are wanted;
    ``seen``: values of each that are not new."""
    lacking = lacking.copy()
    of = np.ascontiguousarray(values.T)
    fresh = np.repeat((lacking > 0)[:, None], len(values), axis=1)
    for known in seen.T:
        fresh &= of != known[:, None]
    gains = fresh.sum(axis=0)
    kept: list[int] = []
    shown: list[Ints] = []
    while len(gains) and gains.max():
        best = int(gains.argmax())
        at = np.flatnonzero(fresh[:, best])
        lacking[at] -= 1
        still = fresh[at]
        lost = (of[at] == of[at, best, None]) | (lacking[at] == 0)[:, None]
        lost &= still
        fresh[at] = still ^ lost
        gains -= lost.sum(axis=0)
        kept.append(best)
        shown.append(at)
    return kept, shown
