"""A model of the solver in which one sum after another is held at a value."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import highspy
import numpy as np

from survey.disclosure.audit.constraints import FREE, Floats, Ints, Rows

Start = tuple[Floats, highspy.HighsBasis]
"""An aim, and the basis of its optimum."""


Change = Callable[[int, float, float], highspy.HighsStatus]
"""Sets the ends of an unknown or of a row."""


class SolverError(RuntimeError):
    """The solver said something other than optimal or infeasible.  Nothing is certified."""


class Probe:
    """A model in which one sum after another is held at a value.

    Only ends change between two solves, so each continues from the factors and the basis of the one
    before it, which are lost when a row is added or removed: that took half of a solve.  A sum of
    several unknowns that is no row yet becomes one without ends, and stays."""

    def __init__(self, model: highspy.Highs, rows: Rows, upper: Ints) -> None:
        self._model, self._rows, self._upper = model, rows, upper
        ends = np.append(rows.starts[1:], len(rows.columns))
        self._at = {
            rows.columns[start:end].tobytes(): at
            for at, (start, end) in enumerate(zip(rows.starts, ends, strict=True))
            if (rows.weights[start:end] == 1).all()
        }
        self._count = len(rows.starts)
        self._begun: Start | None = None

    @contextmanager
    def holding(self, columns: Ints, value: int, start: Start) -> Iterator[highspy.Highs | None]:
        """The model with the unknowns at ``columns`` adding to ``value``; None if that is outside
        the ends they have anyway.  It begins at ``start``, unless the one before it did too."""
        if len(columns) == 1:
            at, low, high = int(columns[0]), 0.0, float(self._upper[columns[0]])
            change: Change = self._model.changeColBounds
        else:
            at = self._row(columns)
            low, high = self._ends(at)
            change = self._model.changeRowBounds
        if not low <= value <= high:
            yield None
            return
        if self._begun is not start:
            self._begun = start
            accept(self._model.setBasis(self._basis(start[1])))
        accept(change(at, float(value), float(value)))
        try:
            yield self._model
        finally:
            accept(change(at, low, high))

    def _basis(self, known: highspy.HighsBasis) -> highspy.HighsBasis:
        """A basis of the model before rows were added to it: those have nothing to say there."""
        added = self._count - len(self._rows.starts)
        basis = highspy.HighsBasis()
        basis.valid = True
        basis.col_status = known.col_status
        basis.row_status = [*known.row_status, *[highspy.HighsBasisStatus.kBasic] * added]
        return basis

    def _row(self, columns: Ints) -> int:
        """The row of a sum, which is added if there is none."""
        key = columns.astype(np.int64).tobytes()
        if key not in self._at:
            ends = -highspy.kHighsInf, highspy.kHighsInf
            ones = np.ones(len(columns))
            accept(self._model.addRow(*ends, len(columns), columns.astype(np.int32), ones))
            self._at[key], self._count = self._count, self._count + 1
        return self._at[key]

    def _ends(self, at: int) -> tuple[float, float]:
        """The ends of a row when nothing is held."""
        infinite = highspy.kHighsInf
        if at >= len(self._rows.starts):
            return -infinite, infinite
        low, high = int(self._rows.low[at]), int(self._rows.high[at])
        return (
            -infinite if low <= -FREE else float(low),
            infinite if high >= FREE else float(high),
        )


def accept(status: highspy.HighsStatus) -> None:
    """Raise a :class:`SolverError` if the solver refused a model or an option."""
    if status == highspy.HighsStatus.kError:
        raise SolverError("the solver refused a model or an option")
