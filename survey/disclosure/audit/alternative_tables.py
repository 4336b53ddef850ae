"""Random walks that sample alternative tables: many witnesses at the cost of one solve.

A walk moves students from one answer to another where the facts allow it.  Most of its moves are
*exchanges*: in two years and two genders, some students of two of the four cells change an answer
one way, and as many of the other two change it back.  That leaves every sum over a year or a gender
as it is, so many exchanges of one table are made at once.  Other moves are of one cell, or of two
that share a year or a gender; they change the sums, within the facts.

Many walks run together, each drawn to values that were not seen yet.  What they do not settle is
left to the solver: walks only make the audit faster, and never decide its result.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from survey.disclosure.audit.alternative_pool import AlternativePool
from survey.disclosure.audit.constraints import FREE, Ints, Rows, Unknowns

WALKS = 64
"""The number of walks that run together."""

ROUNDS = 4
"""Rounds of moves between two looks at the tables."""

SINGLES = 2
"""In a round, moves of one or two cells after the exchanges."""

STRAY = 0.3
"""How often a move is made against the drift."""

TRIED = 6
"""Steps of which a move takes the first that the facts allow."""

_SIGNS = np.array([(1, -1, -1, 1)], dtype=np.int32)
"""Which of four cells a move changes, and which way: (year, gender), (year, other gender),
(other year, gender), (other year, other gender)."""

Singles = npt.NDArray[np.float32]
Small = npt.NDArray[np.int32]


@dataclass(frozen=True)
class _Bounds:
    """Rows of facts as the walks keep them: ``shift`` is what a step in a cell adds to each.

    Those within one cell are kept cell by cell, padded with open rows; the others in one line."""

    low: Small
    high: Small
    shift: Small


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
        self._cells, self.width = len(unknowns.places), len(unknowns.answers)
        self._steps = _one_way(moves, self.width)
        self.able = bool(len(self._steps)) and self._cells > 0 and len(rows.starts) > 0
        if not self.able:
            return
        self._grid = _grid(unknowns)
        self._short, self._short_ends = _short(self._steps)
        upper = unknowns.upper().reshape(self._cells, self.width)
        # The unknowns of a table are fixed at 0 in cells that were not asked.
        self._allowed: npt.NDArray[np.bool_] = np.all(
            (self._steps[None] == 0) | (upper[:, None] > 0), axis=2
        )
        self._here, self._across = self._split(rows)
        self._tables: Small = np.zeros((0, self._cells, self.width), dtype=np.int32)

    def _split(self, rows: Rows) -> tuple[_Bounds, _Bounds]:
        cells, width = self._cells, self.width
        count = len(rows.starts)
        dense = np.zeros((count, cells * width), dtype=np.float32)
        lengths = np.diff(np.append(rows.starts, len(rows.columns)))
        dense[np.repeat(np.arange(count), lengths), rows.columns] = rows.weights
        self._dense = dense
        shift = dense.reshape(count, cells, width) @ self._steps.T.astype(np.float32)
        used = shift.any(axis=(1, 2))
        inside = (dense.reshape(count, cells, width) != 0).any(axis=2)
        one = used & (inside.sum(axis=1) == 1)
        self._across_rows = np.flatnonzero(used & ~one)
        owner = inside[one].argmax(axis=1)
        order = np.argsort(owner, kind="stable")
        self._own_rows = np.flatnonzero(one)[order]
        self._owner = owner[order]
        each = np.bincount(self._owner, minlength=cells)
        self._slot = np.arange(len(order)) - (np.cumsum(each) - each)[self._owner]
        most = int(each.max(initial=0))
        low = np.full((cells, most), -FREE, dtype=np.int32)
        high = np.full((cells, most), FREE, dtype=np.int32)
        own = np.zeros((cells, len(self._steps), most), dtype=np.int32)
        low[self._owner, self._slot] = rows.low[self._own_rows]
        high[self._owner, self._slot] = rows.high[self._own_rows]
        own[self._owner, :, self._slot] = shift[self._own_rows, self._owner]
        across = self._across_rows
        self._exchange_is_free = _squares_cancel(shift[across], self._grid)
        return (
            _Bounds(low, high, own),
            _Bounds(
                rows.low[across].astype(np.int32),
                rows.high[across].astype(np.int32),
                np.ascontiguousarray(shift[across].transpose(1, 2, 0), dtype=np.int32),
            ),
        )

    def begin(self, table: Ints, share: float = 1.0) -> None:
        """Start a share of the walks from a table that satisfies the facts."""
        if not self.able:
            return
        table = table.reshape(self._cells, self.width)
        if not len(self._tables):
            self._tables = np.tile(table.astype(np.int32), (WALKS, 1, 1))
        else:
            self._tables[self._chance.random(WALKS) < share] = table
        self._measure()

    def _measure(self) -> None:
        """Work out the left-hand sides of all rows."""
        flat = self._tables.reshape(WALKS, -1).astype(np.float32)
        left = np.rint(flat @ self._dense.T).astype(np.int32)
        self._left_across = left[:, self._across_rows]
        self._left_here = np.zeros((WALKS, *self._here.low.shape), dtype=np.int32)
        self._left_here[:, self._owner, self._slot] = left[:, self._own_rows]

    def leg(self, pool: AlternativePool) -> int:
        """Run every walk for some rounds, drawn to values the pool lacks.  Adds the tables that
        show some, and returns how many values they showed."""
        if not self.able or not len(self._tables):
            return 0
        if len(pool.open()) <= WALKS:
            self._tables = pool.nearest(WALKS).reshape(self._tables.shape)
            self._measure()
        drift = pool.drift(self._tables.reshape(WALKS, -1), self._chance)
        drift = drift.reshape(WALKS, self._cells, self.width)
        for _ in range(ROUNDS):
            self._exchange(drift)
            for _ in range(SINGLES):
                self._move(drift)
        return pool.take(self._tables.reshape(WALKS, -1))

    def _draw(self, high: int, *shape: int) -> Ints:
        return self._chance.integers(high, size=shape)

    def _exchange(self, drift: Singles) -> None:
        """One exchange in each of several disjoint squares of four cells, in every walk."""
        years, genders = self._grid.shape
        if years < 2 or genders < 2 or not len(self._short):
            return
        chance = self._chance
        year = chance.permuted(np.tile(np.arange(years), (WALKS, 1)), axis=1)
        gender = chance.permuted(np.tile(np.arange(genders), (WALKS, 1)), axis=1)
        y = year[:, : years // 2 * 2].reshape(WALKS, -1, 1, 2, 1)
        g = gender[:, : genders // 2 * 2].reshape(WALKS, 1, -1, 1, 2)
        cells = self._grid[y, g].reshape(-1, 4)
        walk = np.repeat(np.arange(WALKS), len(cells) // WALKS)
        whole = np.flatnonzero((cells >= 0).all(axis=1))
        walk, cells = walk[whole], cells[whole]
        now = self._tables[walk[:, None], cells]
        one, other = np.minimum(now[:, 0], now[:, 3]), np.minimum(now[:, 1], now[:, 2])
        drawn = drift[walk[:, None], cells]
        drawn = drawn[:, 0] - drawn[:, 1] - drawn[:, 2] + drawn[:, 3]
        wish = drawn @ self._steps.T.astype(np.float32)
        ahead = np.asarray((wish > 0) ^ (chance.random(wish.shape, dtype=np.float32) < STRAY))
        room = np.where(ahead, self._room(one, other), self._room(other, one))
        room *= self._allowed[cells].all(axis=1)
        step = np.where(room > 0, chance.random(wish.shape, dtype=np.float32), -1).argmax(axis=1)
        every = np.arange(len(walk))
        most = room[every, step]
        length = 1 + (chance.random(len(walk), dtype=np.float32) * most).astype(np.int32)
        length = np.minimum(length, most) * np.where(ahead[every, step], 1, -1)
        self._make(walk, cells, step, np.broadcast_to(_SIGNS[0], cells.shape), length, True)

    def _room(self, one: Small, other: Small) -> Small:
        """How long each step can be that takes from the unknowns of ``one`` and adds to those of
        ``other``, which lose what it adds: the least of both.  Only short steps have any."""
        room = np.zeros((len(one), len(self._steps)), dtype=np.int32)
        taken, added = self._short_ends
        room[:, self._short] = np.minimum(one[:, taken], other[:, added])
        return room

    def _move(self, drift: Singles) -> None:
        """One move of one or two cells in every walk."""
        years, genders = self._grid.shape
        chance, every = self._chance, np.arange(WALKS)
        y, g = self._draw(years, WALKS), self._draw(genders, WALKS)
        other_y = (y + 1 + self._draw(max(1, years - 1), WALKS)) % years
        other_g = (g + 1 + self._draw(max(1, genders - 1), WALKS)) % genders
        kind = self._draw(3, WALKS)
        first = self._grid[y, g]
        second = np.where(kind == 1, self._grid[y, other_g], self._grid[other_y, g])
        signs = np.zeros((WALKS, 2), dtype=np.int32)
        signs[:, 0], signs[:, 1] = 1, np.where(kind == 0, 0, -1)
        second[kind == 0] = first[kind == 0]
        cells = np.stack([first, second], axis=1)
        there: npt.NDArray[np.bool_] = np.all(cells >= 0, axis=1)
        tried = self._draw(len(self._steps), WALKS, TRIED)
        steps = self._steps[tried]
        drawn = drift[every, first] * signs[:, 0, None] + drift[every, second] * signs[:, 1, None]
        wish = np.asarray(steps @ drawn[:, :, None])[:, :, 0]
        ahead = np.asarray((wish > 0) ^ (chance.random(wish.shape, dtype=np.float32) < STRAY))
        way = np.where(ahead, 1, -1).astype(np.int32)
        fits = self._allowed[first[:, None], tried] & self._allowed[second[:, None], tried]
        fits &= there[:, None]
        for corner in range(2):
            now = self._tables[every, cells[:, corner]][:, None]
            fits &= (now + steps * (signs[:, corner, None] * way)[:, :, None] >= 0).all(axis=2)
        line, which = np.nonzero(fits)
        shift = self._across.shift
        change = shift[first[line], tried[line, which]].copy()
        two = np.flatnonzero(kind[line] > 0)
        change[two] -= shift[second[line[two]], tried[line[two], which[two]]]
        after = self._left_across[line] + change * way[line, which, None]
        fits[line, which] = ((after >= self._across.low) & (after <= self._across.high)).all(axis=1)
        best = fits.argmax(axis=1)
        length = way[every, best] * fits[every, best]
        self._make(every, cells, tried[every, best], signs, length, False)

    def _make(
        self, walk: Ints, cells: Ints, step: Ints, signs: Small, length: Small, is_exchange: bool
    ) -> None:
        """Make those of the chosen moves that the remaining facts allow."""
        moved = length != 0
        here = self._here
        if here.low.shape[1]:
            change_here = here.shift[cells, step[:, None]] * (signs * length[:, None])[:, :, None]
            after = self._left_here[walk[:, None], cells] + change_here
            moved &= ((after >= here.low[cells]) & (after <= here.high[cells])).all(axis=(1, 2))
        if is_exchange and not self._exchange_is_free:
            moved &= ~self._shift_across(cells, step, signs).any(axis=1)
        chosen = np.flatnonzero(moved)
        walk, cells, signs = walk[chosen], cells[chosen], signs[chosen]
        if not is_exchange:
            shift = self._shift_across(cells, step[chosen], signs)
            self._left_across[walk] += shift * length[chosen, None]
        change = self._steps[step[chosen]] * length[chosen, None]
        for corner in range(cells.shape[1]):
            self._tables[walk, cells[:, corner]] += change * signs[:, corner, None]
            if here.low.shape[1]:
                self._left_here[walk, cells[:, corner]] += change_here[chosen, corner]

    def _shift_across(self, cells: Ints, step: Ints, signs: Small) -> Small:
        shift = self._across.shift
        total = shift[cells[:, 0], step] * signs[:, 0, None]
        for corner in range(1, cells.shape[1]):
            total += shift[cells[:, corner], step] * signs[:, corner, None]
        return total


def _one_way(moves: Sequence[npt.NDArray[np.int8]], width: int) -> Small:
    """All steps, once each; a step back is the same step."""
    found: dict[bytes, npt.NDArray[np.int8]] = {}
    for block in moves:
        for step in block:
            if (-step).tobytes() not in found:
                found[step.tobytes()] = step
    return np.array(list(found.values()), dtype=np.int32).reshape(-1, width)


def _short(steps: Small) -> tuple[Ints, tuple[Ints, Ints]]:
    """The steps in which a student changes one answer to another; and the unknown that each takes
    from, and adds to."""
    short = np.flatnonzero((np.abs(steps).sum(axis=1) == 2) & (steps.sum(axis=1) == 0))
    return short, (steps[short].argmin(axis=1), steps[short].argmax(axis=1))


def _grid(unknowns: Unknowns) -> Ints:
    """The place of each cell by year and gender; -1 where there is none."""
    cells = [cell for _, cell in unknowns.places]
    years = list(dict.fromkeys(year for year, _ in cells))
    genders = list(dict.fromkeys(gender for _, gender in cells))
    grid = np.full((len(years), len(genders)), -1, dtype=np.int64)
    for at, (year, gender) in enumerate(cells):
        grid[years.index(year), genders.index(gender)] = at
    return grid


def _squares_cancel(shift: Singles, grid: Ints) -> bool:
    """Whether an exchange leaves every row as it is.  It does, unless a row is of some years and
    one gender."""
    years, genders = grid.shape
    first, second = np.triu_indices(years, 1)
    left, right = np.triu_indices(genders, 1)
    squares = np.stack(
        [grid[first][:, left], grid[first][:, right], grid[second][:, left], grid[second][:, right]]
    ).reshape(4, -1)
    a, b, c, d = squares[:, (squares >= 0).all(axis=0)]
    return not (shift[:, a] - shift[:, b] - shift[:, c] + shift[:, d]).any()
