"""The attacker's equations: facts laid out as rows over the unknown whole counts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from survey.disclosure.audit.attacker_knowledge import Fact, Sum
from survey.disclosure.tables import Cell, Group, TableError

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

FREE = 10**9
"""Represents an open end: far above any count, far below where floating point loses units."""


class ContradictionError(TableError):
    """Facts that no table satisfies.  The truth always does, so a figure must be wrong."""


@dataclass(frozen=True)
class Unknowns:
    """The unknown counts: one per unit, occupied finest cell and answer, in that order.

    ``sizes`` maps each unit to the known sizes of its finest cells; empty cells have no unknowns.
    ``absent`` names the unknowns of cells that were not asked: they are 0.
    """

    answers: tuple[str, ...]
    sizes: Mapping[str, Mapping[Cell, int]]
    absent: frozenset[tuple[Cell, str]] = frozenset()
    places: tuple[tuple[str, Cell], ...] = field(init=False)
    _cells: dict[tuple[tuple[str, ...], Group], Ints] = field(
        init=False, default_factory=dict, repr=False, compare=False
    )
    _columns: dict[frozenset[str], Ints] = field(
        init=False, default_factory=dict, repr=False, compare=False
    )
    _at: dict[str, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        places = tuple(
            (unit, cell) for unit, cells in self.sizes.items() for cell, n in cells.items() if n
        )
        object.__setattr__(self, "places", places)
        object.__setattr__(self, "_at", {answer: at for at, answer in enumerate(self.answers)})

    @property
    def count(self) -> int:
        """How many unknowns there are."""
        return len(self.places) * len(self.answers)

    def upper(self) -> Ints:
        """The maximum of each unknown: the size of its cell, or 0 where it is absent."""
        each = [
            0 if (cell, answer) in self.absent else self.sizes[unit][cell]
            for unit, cell in self.places
            for answer in self.answers
        ]
        return np.array(each, dtype=np.int64)

    def indices(self, what: Sum) -> Ints:
        """Which unknowns a sum adds up, in rising order."""
        cells = self._cells.get((what.units, what.group))
        if cells is None:
            units = set(what.units)
            within = [unit in units and what.group.holds(cell) for unit, cell in self.places]
            cells = np.flatnonzero(within)
            self._cells[what.units, what.group] = cells
        columns = self._columns.get(what.answers)
        if columns is None:
            found = (self._at[answer] for answer in what.answers if answer in self._at)
            columns = np.array(sorted(found), dtype=np.int64)
            self._columns[what.answers] = columns
        return np.asarray((cells[:, None] * len(self.answers) + columns).reshape(-1))


@dataclass(frozen=True)
class Rows:
    """Sparse rows ``low <= weights . x <= high``.

    ``lows`` and ``highs`` name the plain facts that state each end: facts about different groups
    may be about the same students, and a proof has to name the one whose end it rests on."""

    starts: Ints
    columns: Ints
    weights: Ints
    low: Ints
    high: Ints
    lows: tuple[Sum | None, ...]
    highs: tuple[Sum | None, ...]

    def values(self, x: Ints) -> Ints:
        """The left-hand side of every row, exactly."""
        if not len(self.starts):
            return np.zeros(0, dtype=np.int64)
        return np.asarray(np.add.reduceat(x[self.columns] * self.weights, self.starts))

    def has_sums_of(self, other: Rows) -> bool:
        """Whether the left-hand sides are the same, in the same order."""
        return (
            np.array_equal(self.starts, other.starts)
            and np.array_equal(self.columns, other.columns)
            and np.array_equal(self.weights, other.weights)
        )

    def hold(self, x: Ints) -> bool:
        """Whether a whole-number table satisfies every row, exactly."""
        left = self.values(x)
        return bool(((left >= self.low) & (left <= self.high)).all())


def lay_out(
    facts: Iterable[Fact], unknowns: Unknowns, known: dict[Sum, Ints] | None = None
) -> Rows:
    """Facts as rows: equal left-hand sides merged, empty left-hand sides checked and dropped.

    ``known``: the unknowns of sums that have been looked up; it is added to.

    Raises :class:`ContradictionError` when two facts, or a fact and an empty group, disagree.
    """
    merged: dict[tuple[bytes, bytes], list[int]] = {}
    names: dict[tuple[bytes, bytes], list[Sum | None]] = {}
    parts: list[tuple[Ints, Ints]] = []
    cache = {} if known is None else known
    for fact in facts:
        columns, weights = _row(fact, unknowns, cache)
        low = -FREE if fact.low is None else fact.low
        high = FREE if fact.high is None else fact.high
        if not len(columns):
            if low > 0 or high < 0:
                raise ContradictionError(f"{fact.source}: about nobody, but not nought")
            continue
        key = (columns.tobytes(), weights.tobytes())
        if key in merged:
            at, named = merged[key], names[key]
            if low > at[0]:
                at[0], named[0] = low, fact.plain
            if high < at[1]:
                at[1], named[1] = high, fact.plain
            if at[0] > at[1]:
                raise ContradictionError(f"{fact.source}: disagrees with another figure")
        else:
            merged[key], names[key] = [low, high], [fact.plain, fact.plain]
            parts.append((columns, weights))
    bounds = np.array(list(merged.values()), dtype=np.int64).reshape(-1, 2)
    lengths = [len(part[0]) for part in parts]
    return Rows(
        np.concatenate([[0], np.cumsum(lengths)[:-1]]).astype(np.int64)
        if parts
        else np.zeros(0, dtype=np.int64),
        _join([part[0] for part in parts]),
        _join([part[1] for part in parts]),
        bounds[:, 0].copy(),
        bounds[:, 1].copy(),
        tuple(low for low, _ in names.values()),
        tuple(high for _, high in names.values()),
    )


def bind(rows: Rows, base: Ints, mine: Flags) -> Rows:
    """The rows that hold any of some unknowns; what the others add is taken off their ends."""
    places = np.cumsum(mine) - 1
    ends = np.append(rows.starts, len(rows.columns))
    outside = rows.values(np.where(mine, 0, base))
    merged: dict[tuple[bytes, bytes], list[int]] = {}
    parts: list[tuple[Ints, Ints]] = []
    for at, (start, end) in enumerate(pairwise(ends)):
        here = mine[rows.columns[start:end]]
        if not here.any():
            continue
        columns, weights = places[rows.columns[start:end][here]], rows.weights[start:end][here]
        low = -FREE if rows.low[at] <= -FREE else int(rows.low[at] - outside[at])
        high = FREE if rows.high[at] >= FREE else int(rows.high[at] - outside[at])
        key = columns.tobytes(), weights.tobytes()
        if key in merged:
            known = merged[key]
            known[:] = max(known[0], low), min(known[1], high)
        else:
            merged[key] = [low, high]
            parts.append((columns, weights))
    bounds = np.array(list(merged.values()), dtype=np.int64).reshape(-1, 2)
    lengths = [len(columns) for columns, _ in parts]
    return Rows(
        np.concatenate([[0], np.cumsum(lengths)[:-1]]).astype(np.int64),
        np.concatenate([columns for columns, _ in parts]),
        np.concatenate([weights for _, weights in parts]),
        bounds[:, 0].copy(),
        bounds[:, 1].copy(),
        (None,) * len(parts),
        (None,) * len(parts),
    )


def sizes_are_facts(rows: Rows, unknowns: Unknowns) -> bool:
    """Whether the rows fix the size of every occupied cell."""
    width = len(unknowns.answers)
    fixed = set()
    ends = np.append(rows.starts[1:], len(rows.columns))
    for at in np.flatnonzero((rows.low == rows.high) & (ends - rows.starts == width)):
        columns = rows.columns[rows.starts[at] : ends[at]]
        cell = int(columns[0]) // width
        if (rows.weights[rows.starts[at] : ends[at]] == 1).all() and (
            columns // width == cell
        ).all():
            fixed.add(cell)
    return len(fixed) == len(unknowns.places)


def _join(parts: Sequence[Ints]) -> Ints:
    return np.concatenate(parts) if parts else np.zeros(0, dtype=np.int64)


def _row(fact: Fact, unknowns: Unknowns, cache: dict[Sum, Ints]) -> tuple[Ints, Ints]:
    def where(what: Sum) -> Ints:
        if what not in cache:
            cache[what] = unknowns.indices(what)
        return cache[what]

    if len(fact.terms) == 1:
        weight, what = fact.terms[0]
        columns = where(what)
        return columns, np.full(len(columns), weight, dtype=np.int64)
    dense = np.zeros(unknowns.count, dtype=np.int64)
    for weight, what in fact.terms:
        dense[where(what)] += weight
    columns = np.flatnonzero(dense)
    return columns, dense[columns]
