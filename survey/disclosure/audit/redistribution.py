"""Alternatives made by dealing students of a cell to other answers: many tables without a solve.

Where no figure but that of the whole school tells two answers apart, students of a cell can be
dealt to them in any way that keeps the sums over the school.  So these answers are a transport
problem with cells for rows, which has whole-number solutions whatever is asked of some counts, as
long as there is room.  Each count that lacks values is given one it lacks, and the rest is dealt in
proportion.

What this does not show is left to the solver: it only makes the audit faster.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from survey.disclosure.audit.alternative_pool import Pool
from survey.disclosure.audit.constraints import Ints, Rows, Unknowns

BATCH = 64
"""The number of tables that are dealt together."""

SWAPS = 12
"""Changes of the sums over the school of a set, between one table and the next."""

BEYOND = 5
"""How far from the values that were seen a count is led."""

FAR = 10**6


@dataclass(frozen=True)
class _Set:
    """Answers that only figures of the whole school tell apart.

    ``columns``: by place in a cell; ``rows``, ``weights``: those figures, and the weight of each
    answer in them."""

    columns: Ints
    rows: Ints
    weights: Ints


class Redistribution:
    """The sets of answers of one problem that can be dealt again."""

    def __init__(self, rows: Rows, unknowns: Unknowns, pool: Pool) -> None:
        self._rows = rows
        self._cells, self._width = len(unknowns.places), len(unknowns.answers)
        self.sets = _sets(rows, unknowns) if self._cells > 1 else ()
        single = np.flatnonzero(pool.lines.sum(axis=1, dtype=np.int64) == 1)
        line = np.full(self._cells * self._width, -1, dtype=np.int64)
        if len(single):
            line[pool.lines[single].argmax(axis=1)] = single
        self._line: Ints = line.reshape(self._cells, self._width)

    def deal(self, pool: Pool, chance: np.random.Generator) -> int:
        """Deal a batch of tables again.  Adds those that show new values, and returns how many."""
        if not self.sets or not pool.tables:
            return 0
        chosen = chance.integers(len(pool.tables), size=BATCH)
        flat = np.array([pool.tables[at] for at in chosen], dtype=np.int64)
        tables = flat.reshape(BATCH, self._cells, self._width)
        left = self._values(flat)
        for one in self.sets:
            self._deal_set(one, tables, left, pool, chance)
        after = self._values(flat)
        kept = ((after >= self._rows.low) & (after <= self._rows.high)).all(axis=1)
        kept &= (flat >= 0).all(axis=1)
        return pool.take(flat[kept])

    def _values(self, tables: Ints) -> Ints:
        """The left-hand sides of all rows in each table."""
        rows = self._rows
        return np.asarray(
            np.add.reduceat(tables[:, rows.columns] * rows.weights, rows.starts, axis=1)
        )

    def _deal_set(
        self, one: _Set, tables: Ints, left: Ints, pool: Pool, chance: np.random.Generator
    ) -> None:
        counts = tables[:, :, one.columns]
        totals = self._totals(one, counts.sum(axis=1), left, chance)
        goals = _goals(self._line[:, one.columns], pool, chance)
        room = counts.sum(axis=2)
        order = np.argsort(totals + chance.random(totals.shape), axis=1)
        every = np.arange(BATCH)
        for turn in range(len(one.columns)):
            answer = order[:, turn]
            total = totals[every, answer]
            if turn == len(one.columns) - 1:
                dealt = room
            else:
                dealt = _one_answer(total, room, goals[every, :, answer], chance)
            counts[every, :, answer] = dealt
            room = room - dealt
        tables[:, :, one.columns] = counts

    def _totals(self, one: _Set, totals: Ints, left: Ints, chance: np.random.Generator) -> Ints:
        """Sums over the school, changed as far as its figures allow; ``left`` is brought up to
        date."""
        every = np.arange(BATCH)
        here = left[:, one.rows]
        low, high = self._rows.low[one.rows], self._rows.high[one.rows]
        width = len(one.columns)
        for _ in range(SWAPS):
            to = chance.integers(width, size=BATCH)
            of = (to + 1 + chance.integers(width - 1, size=BATCH)) % width
            change = one.weights[:, to].T - one.weights[:, of].T
            up = np.where(change > 0, (high - here) // np.maximum(change, 1), FAR)
            down = np.where(change < 0, (here - low) // np.maximum(-change, 1), FAR)
            most = np.minimum(np.minimum(up, down).min(axis=1, initial=FAR), totals[every, of])
            most = np.maximum(most, 0)
            part = (chance.random(BATCH) * (most + 1)).astype(np.int64)
            moved = np.where(chance.random(BATCH) < 0.5, most, part)
            totals[every, to] += moved
            totals[every, of] -= moved
            here = here + change * moved[:, None]
        left[:, one.rows] = here
        return totals


def _goals(lines: Ints, pool: Pool, chance: np.random.Generator) -> Ints:
    """For each table, cell and answer a value that the count lacks; -1 where it lacks none."""
    goals = np.full((BATCH, *lines.shape), -1, dtype=np.int64)
    is_open = (lines >= 0) & (pool.counts < pool.needed)[lines]
    at = lines[is_open]
    if not len(at):
        return goals
    seen = pool.seen[at]
    lowest = np.where(seen < 0, np.int32(2**30), seen).min(axis=1)
    highest = seen.max(axis=1)
    near = np.arange(1, BEYOND + 1)
    tried = np.concatenate(
        [
            lowest[:, None] - near,
            highest[:, None] + near,
            lowest[:, None] + np.arange(1, seen.shape[1] + 1),
        ],
        axis=1,
    )
    lacks = (tried[:, :, None] != seen[:, None, :]).all(axis=2) & (tried >= 0)
    drawn = np.where(lacks, chance.random((BATCH, *tried.shape), dtype=np.float32), -1)
    best = drawn.argmax(axis=2)
    goals[:, is_open] = tried[np.arange(len(at)), best]
    return goals


def _one_answer(total: Ints, room: Ints, goals: Ints, chance: np.random.Generator) -> Ints:
    """Deal one answer to the cells of each table: goals first, in an order drawn for each table,
    and the rest in proportion to the room that other cells have."""
    order = np.argsort(np.where(goals >= 0, chance.random(goals.shape), 2), axis=1)
    wished = np.take_along_axis(np.where((goals >= 0) & (goals <= room), goals, 0), order, axis=1)
    fits = np.cumsum(wished, axis=1) <= total[:, None]
    asked = np.take_along_axis((goals >= 0) & (goals <= room), order, axis=1) & fits
    given = np.zeros_like(room)
    np.put_along_axis(given, order, np.where(asked, wished, 0), axis=1)
    set_ = np.zeros(room.shape, dtype=bool)
    np.put_along_axis(set_, order, asked, axis=1)
    rest = total - given.sum(axis=1)
    free = np.where(set_, 0, room)
    able = np.minimum(rest, free.sum(axis=1))
    given += _in_proportion(able, free, chance)
    rest = rest - able
    if rest.any():
        given += _in_proportion(rest, room - given, chance)
    return given


def _in_proportion(total: Ints, room: Ints, chance: np.random.Generator) -> Ints:
    """Whole shares of a total in proportion to the room, each rounded up or down."""
    sums = np.cumsum(room, axis=1)
    whole = np.maximum(sums[:, -1], 1)
    # In whole numbers, so that no share is more than its room.
    shift = (chance.random(len(total)) * whole).astype(np.int64)
    ends = (sums * total[:, None] + shift[:, None]) // whole[:, None]
    return np.diff(ends, axis=1, prepend=0)


def _sets(rows: Rows, unknowns: Unknowns) -> tuple[_Set, ...]:
    """Answers whose rows are the same but for those to which all cells add alike."""
    cells, width = len(unknowns.places), len(unknowns.answers)
    count = len(rows.starts)
    lengths = np.diff(np.append(rows.starts, len(rows.columns)))
    dense = np.zeros((count, cells * width), dtype=np.int8)
    dense[np.repeat(np.arange(count), lengths), rows.columns] = rows.weights
    dense = np.ascontiguousarray(dense.reshape(count, cells, width).transpose(2, 0, 1))
    asked = unknowns.upper().reshape(cells, width).T > 0
    # A row is of the whole school for an answer if each cell that was asked adds alike.
    found: dict[bytes, list[int]] = {}
    same = np.zeros((width, count), dtype=bool)
    for column in range(width):
        here = dense[column][:, asked[column]]
        if not here.shape[1]:
            continue
        same[column] = (here == here[:, :1]).all(axis=1)
        key = asked[column].tobytes() + np.where(same[column][:, None], 0, dense[column]).tobytes()
        found.setdefault(key, []).append(column)
    sets = []
    for columns in found.values():
        if len(columns) < 2:
            continue
        at = np.array(columns)
        first = int(asked[at[0]].argmax())
        weights = dense[at, :, first].T.astype(np.int64)
        told = np.flatnonzero((weights != weights[:, :1]).any(axis=1))
        sets.append(_Set(at, told, weights[told]))
    return tuple(sets)
