"""Alternatives of a family, found table by table: the others are held while one is searched.

A family is a large system with few ties.  With the other tables held at one alternative the ties
are bounds on the remaining table, so the search is as fast as for a single table.  The alternatives
of each table are then combined, as far as the ties allow.  This is only a search: what it does not
find is left to the search of the whole family, which decides.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from survey.disclosure.audit.constraints import FREE, Flags, Ints, Rows, Unknowns
from survey.disclosure.audit.solver import Solver
from survey.disclosure.audit.walk_steps import WalkPart

TRIES = 12
"""Alternatives of a table that are tried on those of the others, until one fits."""


class FixedTables:
    """The system of one part of a family, the others held.

    ``inside``: its unknowns among the family's, in rising order of cells; ``unknowns``, ``rows``:
    its system; ``solver``: of that system."""

    def __init__(self, part: WalkPart, base: Ints, rows: Rows, unknowns: Unknowns) -> None:
        self.part = part
        cells, width = len(unknowns.places), len(unknowns.answers)
        mine = np.zeros((cells, width), dtype=bool)
        mine[:, list(part.columns)] = True
        self._mine = mine.reshape(-1)
        self.inside = np.flatnonzero(self._mine)
        # The columns of a part may be in another order than the unknowns of a cell.
        columns = sorted(part.columns)
        self.moves = tuple(
            one[:, [part.columns.index(column) for column in columns]] for one in part.moves
        )
        self.unknowns = Unknowns(
            tuple(unknowns.answers[column] for column in columns),
            unknowns.sizes,
            unknowns.absent,
        )
        self._all = rows
        self._lay_out(rows, width)
        self.rows = self._structure
        self.hold(base)
        self.solver = Solver(self.rows, self.unknowns.upper())

    def _lay_out(self, rows: Rows, width: int) -> None:
        count = len(rows.starts)
        lengths = np.diff(np.append(rows.starts, len(rows.columns)))
        owner = np.repeat(np.arange(count), lengths)
        here = self._mine[rows.columns]
        self._rows = np.unique(owner[here])
        dense = np.zeros((count, len(self.inside)), dtype=np.int8)
        places = np.cumsum(self._mine) - 1
        dense[owner[here], places[rows.columns[here]]] = rows.weights[here]
        dense = dense[self._rows]
        # Rows with the same left-hand side are one; where they are is the order of the first.
        names = dense.view([("", dense.dtype)] * dense.shape[1]).reshape(-1)
        _, first, same = np.unique(names, return_index=True, return_inverse=True)
        self._order = np.argsort(same, kind="stable")
        self._starts = np.concatenate([[0], np.cumsum(np.bincount(same))[:-1]]).astype(np.int64)
        merged = dense[first]
        self.dense = merged.astype(np.float32)
        at, columns = np.nonzero(merged)
        self._structure = Rows(
            np.searchsorted(at, np.arange(len(merged))).astype(np.int64),
            columns.astype(np.int64),
            merged[at, columns].astype(np.int64),
            np.zeros(len(merged), dtype=np.int64),
            np.zeros(len(merged), dtype=np.int64),
            (None,) * len(merged),
            (None,) * len(merged),
        )
        cell = rows.columns // width
        starts = rows.starts
        low, high = np.minimum.reduceat(cell, starts), np.maximum.reduceat(cell, starts)
        is_tie = np.add.reduceat(here, starts) < lengths
        self._tie_cell = np.where(is_tie & (low == high), low, -1)[self._rows]

    def hold(self, base: Ints, loose: Sequence[int] = ()) -> None:
        """Hold the others at a table.  In ``loose`` cells the ties to them are left out."""
        rows = self._all
        outside = rows.values(np.where(self._mine, 0, base))[self._rows]
        low, high = rows.low[self._rows], rows.high[self._rows]
        free = np.isin(self._tie_cell, loose)
        low = np.where((low <= -FREE) | free, -FREE, low - outside)
        high = np.where((high >= FREE) | free, FREE, high - outside)
        self.rows = replace(
            self._structure,
            low=np.maximum.reduceat(low[self._order], self._starts),
            high=np.minimum.reduceat(high[self._order], self._starts),
        )

    def broken(self, table: Ints) -> Flags:
        """Which rows of the family a table does not keep."""
        left = self._all.values(table)
        return np.asarray((left < self._all.low) | (left > self._all.high))

    def has_any(self, rows: Flags) -> bool:
        """Whether any of these rows of the family is of this part."""
        return bool(rows[self._rows].any())

    def search_from(self, base: Ints, loose: Sequence[int] = ()) -> Solver | None:
        """The solver, with the others held at a table; None if nothing fits them."""
        self.hold(base, loose)
        if (self.rows.low > self.rows.high).any():
            return None
        self.solver.rebind(self.rows)
        return self.solver


def put_together(found: Sequence[tuple[Ints, Sequence[Ints]]], base: Ints, rows: Rows) -> Ints:
    """Alternatives of the family, one a line, that hold, between them, every alternative of every
    part.

    ``found``: for each part its unknowns and its alternatives.  Each of those fits on ``base``, so
    each round places one at least.
    """
    dense = np.zeros((len(rows.starts), len(base)), dtype=np.float32)
    lengths = np.diff(np.append(rows.starts, len(rows.columns)))
    dense[np.repeat(np.arange(len(rows.starts)), lengths), rows.columns] = rows.weights
    touched, changes = [], []
    for inside, tables in found:
        own = dense[:, inside]
        at = np.flatnonzero(own.any(axis=1))
        change = (np.array(tables) - base[inside]).astype(np.float32) @ own[at].T
        touched.append(at)
        changes.append(np.rint(change).astype(np.int64))
    waiting = [list(range(len(tables))) for _, tables in found]
    start = rows.values(base)
    whole = []
    while any(waiting):
        left, table = start.copy(), base.copy()
        before = [list(part) for part in waiting]
        fullest = sorted(range(len(found)), key=lambda part: (-len(waiting[part]), part))
        for part in fullest:
            if not waiting[part]:
                continue
            at, tried = touched[part], waiting[part][:TRIES]
            moved = left[at] + changes[part][tried]
            fits = np.flatnonzero(((moved >= rows.low[at]) & (moved <= rows.high[at])).all(axis=1))
            if len(fits):
                chosen = tried[int(fits[0])]
                left[at] = moved[int(fits[0])]
                inside, tables = found[part]
                table[inside] = tables[chosen]
                waiting[part].remove(chosen)
        if (table == base).all() and waiting == before:
            raise ValueError("an alternative of a part does not fit the base")
        whole.append(table)
    return np.array(whole, dtype=np.int64).reshape(-1, len(base))
