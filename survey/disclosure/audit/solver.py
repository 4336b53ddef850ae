"""One HiGHS model per problem, re-solved warm; any status but optimal fails closed.

One thread, a fixed seed, no presolve and the dual simplex from the last basis: the objective, some
ends or one added row change between solves.  The dual simplex took a quarter less time than the
primal for all of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import highspy
import numpy as np

from survey.disclosure.audit.constraints import FREE, ContradictionError, Floats, Ints, Rows
from survey.disclosure.audit.fixed_value_solver import Probe, Start, accept
from survey.disclosure.audit.fixed_value_solver import SolverError as SolverError

TOLERANCE = 1e-6
"""How far a solver's number may be from the whole number it represents."""


TILTS = 16
"""Aims tried for a whole vertex before a whole-number search, which is far slower."""

WITHIN_TRIES = 8
"""Aims tried for a whole table between ends."""

MENDS = 4
"""Broken vertices that are mended, each by a search between the whole numbers next to it, before
others are tried."""

MEND_NODES = 50
"""Nodes of such a search: it mostly ends at the first."""

MOST_NODES = 5_000
"""Nodes of one whole-number search.  It is a count and not a time, so that every machine gives up
at the same place."""

DUAL = 1
"""The simplex strategy."""

MOVED = (
    "primal_simplex_bound_perturbation_multiplier",
    "dual_simplex_cost_perturbation_multiplier",
)
"""How far the simplex moves bounds and costs slightly against ties."""


class SearchLimitError(SolverError):
    """A whole-number search ended at its limit, without an answer."""


class _Quiet(highspy.Highs):
    """A model without callbacks, which it does not use: to set them prints a banner."""

    def enableCallbacks(self) -> None:  # noqa: N802  the name that highspy gives it
        """Leave them unset."""


class Solver:
    """Minimises sums of unknowns over the rows, with an optional extra row."""

    def __init__(self, rows: Rows, upper: Ints) -> None:
        self._rows = rows
        self.upper = upper
        self._lp = self._build(whole=False)
        self._probe: Probe | None = None
        self._milp: highspy.Highs | None = None
        self._mender: highspy.Highs | None = None
        self._columns = np.arange(len(upper), dtype=np.int32)
        self.solves = 0
        # Another aim leads to another vertex, and most are whole.
        chance = np.random.Generator(np.random.PCG64(1))
        self._turns = list(chance.standard_normal((TILTS, len(upper))))
        self._tilts = [np.zeros(len(upper)), *self._turns]
        self._whole: list[Start] = []
        self._broken: list[Start] = []

    def _build(self, whole: bool, nodes: int = MOST_NODES) -> highspy.Highs:
        rows, count = self._rows, len(self.upper)
        model = highspy.HighsLp()
        model.num_col_, model.num_row_ = count, len(rows.starts)
        model.col_cost_ = np.zeros(count)
        model.col_lower_ = np.zeros(count)
        model.col_upper_ = self.upper.astype(np.float64)
        model.row_lower_ = np.where(rows.low <= -FREE, -highspy.kHighsInf, rows.low).astype(float)
        model.row_upper_ = np.where(rows.high >= FREE, highspy.kHighsInf, rows.high).astype(float)
        model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        model.a_matrix_.start_ = np.append(rows.starts, len(rows.columns)).astype(np.int32)
        model.a_matrix_.index_ = rows.columns.astype(np.int32)
        model.a_matrix_.value_ = rows.weights.astype(np.float64)
        if whole:
            model.integrality_ = [highspy.HighsVarType.kInteger] * count
        solver = _Quiet()  # type: ignore[no-untyped-call]
        for name, value in (
            ("output_flag", False),
            ("threads", 1),
            ("random_seed", 0),
            *(() if whole else (("presolve", "off"), ("solver", "simplex"))),
            *(() if whole else (("simplex_strategy", DUAL),)),
            *((("mip_rel_gap", 0.0), ("mip_abs_gap", 0.5)) if whole else ()),
            *((("mip_max_nodes", nodes),) if whole else ()),
        ):
            accept(solver.setOptionValue(name, value))
        accept(solver.passModel(model))
        return solver

    def rebind(self, rows: Rows) -> None:
        """Change the ends of the rows; their left-hand sides stay."""
        self._rows = rows
        low = np.where(rows.low <= -FREE, -highspy.kHighsInf, rows.low).astype(float)
        high = np.where(rows.high >= FREE, highspy.kHighsInf, rows.high).astype(float)
        every = np.arange(len(low), dtype=np.int32)
        for model in (self._lp, self._mender):
            if model is not None:
                accept(model.changeRowsBounds(len(low), every, low, high))  # type: ignore[attr-defined]
        self._probe = self._milp = None
        self._whole, self._broken = [], []
        self._tilts = [np.zeros(len(self.upper)), *self._turns]

    def fits(self, rows: Rows, upper: Ints) -> bool:
        """Whether this is a model of these rows, but for their ends."""
        return np.array_equal(self.upper, upper) and self._rows.has_sums_of(rows)

    def minimise(self, costs: Floats) -> Floats | None:
        """A vertex where the weighted sum is least; None when the rows contradict each other."""
        return self._run(self._lp, costs)

    def inside(self, vertices: Sequence[Floats]) -> Ints | None:
        """A whole-number table near the middle of some vertices; None if none was found.

        The middle itself is between the ends, so there is a vertex; it need not be whole."""
        middle = np.mean(vertices, axis=0)
        low, high = np.floor(middle + TOLERANCE), np.ceil(middle - TOLERANCE)
        return self.within(low, high, np.zeros(len(middle)))

    def within(self, low: Floats, high: Floats, costs: Floats, tilt: float = 1.0) -> Ints | None:
        """A whole-number table with each unknown between two ends; None if none was found.

        The weighted sum is least there, but for the tilt: it leads to other vertices while they
        are broken."""
        accept(self._lp.changeColsBounds(len(low), self._columns, low, high))
        try:
            for more in self._turns[:WITHIN_TRIES]:
                found = self._run(self._lp, costs + tilt * more)
                if found is None:
                    return None
                table = self.mended(found)
                if table is not None:
                    return table
            return None
        finally:
            accept(self._lp.changeColsBounds(len(low), self._columns, *self.ends()))

    def ends(self) -> tuple[Floats, Floats]:
        """The least and most that each unknown can be by itself."""
        return np.zeros(len(self.upper)), self.upper.astype(np.float64)

    def bound(self, costs: Floats) -> float:
        """The least value of the weighted sum, whole numbers or not.

        Raises :class:`ContradictionError` when no table satisfies the rows.
        """
        if self.minimise(costs) is None:
            raise ContradictionError("the figures contradict each other")
        return float(self._lp.getInfo().objective_function_value)

    def multipliers(self) -> Floats:
        """Of the last solve: what each row contributes to proving its optimum."""
        return np.array(self._lp.getSolution().row_dual)

    def whole_minimum(self, costs: Floats) -> Ints | None:
        """A whole-number table where the weighted sum is least; None if there is no such table.

        Raises :class:`SolverError` when the search ends without an answer, or with a table that
        does not satisfy the rows exactly.
        """
        if self._milp is None:
            self._milp = self._build(whole=True)
        found = self._run(self._milp, costs)
        if found is None:
            return None
        table = self.whole(found)
        if table is None:
            raise SolverError("the whole-number search gave a table that does not fit")
        return table

    def with_value(self, columns: Ints, value: int) -> tuple[Ints | None, bool]:
        """A whole-number table in which the unknowns at ``columns`` add to ``value``.

        The table is None when there is no such table; the second is whether there would be one
        were counts not whole.  Broken vertices that cannot be mended send the question to a
        whole-number search of everything.
        """
        if self._probe is None:
            self._probe = Probe(self._build(whole=False), self._rows, self.upper)
        for tried, start in enumerate(self._starts()):
            with self._probe.holding(columns, value, start) as model:
                found = None if model is None else self._run(model, start[0])
            if found is None:
                return None, False
            row = (columns, value)
            table = self.mended(found, row) if tried < MENDS else self.whole(found)
            if table is not None:
                self._prefer(start)
                return table, True
        if self._milp is None:
            self._milp = self._build(whole=True)
        try:
            found = self._with_row(self._milp, columns, value, np.zeros(len(self.upper)))
        except SearchLimitError:
            return None, True  # not shown, so it does not count as possible
        return None if found is None else self.whole(found), True

    def keep(self, costs: Floats) -> None:
        """Probe from the last optimum, which was whole and has these costs."""
        self._whole.append((costs, self._lp.getBasis()))

    def _prefer(self, start: Start) -> None:
        for known in (self._whole, self._broken):
            known[:] = [one for one in known if one is not start]
        self._whole.insert(0, start)

    def _starts(self) -> Iterator[Start]:
        """Optima without the extra row, from which few steps lead to one with it.

        First the one that served last, then others that are whole, as near them more are whole;
        then broken ones, which can be mended; then others are looked for."""
        yield from tuple(self._whole)
        yield from tuple(self._broken)
        while self._tilts:
            costs = self._tilts.pop(0)
            found = self.minimise(costs)
            if found is None:
                return
            start = costs, self._lp.getBasis()
            (self._broken if self.whole(found) is None else self._whole).append(start)
            yield start

    def _with_row(
        self, solver: highspy.Highs, columns: Ints, value: int, costs: Floats
    ) -> Floats | None:
        added = np.array([len(self._rows.starts)], dtype=np.int32)
        ones = np.ones(len(columns))
        accept(solver.addRow(value, value, len(columns), columns.astype(np.int32), ones))
        try:
            return self._run(solver, costs)
        finally:
            accept(solver.deleteRows(1, added))

    def whole(self, x: Floats) -> Ints | None:
        """The whole-number table a vertex represents, checked exactly; None if it is broken."""
        near = np.rint(x)
        if np.abs(near - x).max(initial=0.0) > TOLERANCE:
            return None
        table = near.astype(np.int64)
        if (table < 0).any() or (table > self.upper).any() or not self._rows.hold(table):
            return None
        return table

    def mended(self, x: Floats, row: tuple[Ints, int] | None = None) -> Ints | None:
        """A whole-number table whose unknowns are those of a vertex, where they are whole, and
        next to it elsewhere; None if none was found.  ``row``: an extra row, as unknowns that add
        to a value.  Most unknowns stay as they are, so the search is small.

        A search that fails finds nothing: a vertex that is not mended is searched in other ways."""
        table = self.whole(x)
        if table is not None:
            return table
        if self._mender is None:
            self._mender = self._build(whole=True, nodes=MEND_NODES)
        low, high = np.floor(x + TOLERANCE), np.ceil(x - TOLERANCE)
        costs = np.zeros(len(x))
        try:
            accept(self._mender.changeColsBounds(len(low), self._columns, low, high))
            if row is None:
                found = self._run(self._mender, costs)
            else:
                found = self._with_row(self._mender, *row, costs)
        except SearchLimitError:
            return None
        except SolverError:
            self._mender = None  # its model may be broken: the next one is new
            return None
        return None if found is None else self.whole(found)

    def _run(self, solver: highspy.Highs, costs: Floats) -> Floats | None:
        accept(solver.changeColsCost(len(self._columns), self._columns, costs))
        accept(solver.run())
        self.solves += 1
        status = solver.getModelStatus()
        if status == highspy.HighsModelStatus.kUnknown:
            status = self._again(solver)
        if status == highspy.HighsModelStatus.kInfeasible:
            return None
        if status == highspy.HighsModelStatus.kModelEmpty and not len(self.upper):
            return np.zeros(0)  # an item no student was asked: there is one table, of no cells
        if status == highspy.HighsModelStatus.kSolutionLimit:
            raise SearchLimitError("the whole-number search reached its limit")
        if status != highspy.HighsModelStatus.kOptimal:
            raise SolverError(f"the solver says {solver.modelStatusToString(status)}")
        return np.array(solver.getSolution().col_value)

    def _again(self, solver: highspy.Highs) -> highspy.HighsModelStatus:
        """Solve again from an empty basis, with bounds and costs as they are. The simplex moves
        them slightly against ties and sometimes cannot undo it; the problem is the same."""
        for name in MOVED:
            accept(solver.setOptionValue(name, 0.0))
        accept(solver.clearSolver())
        accept(solver.run())
        for name in MOVED:
            accept(solver.setOptionValue(name, 1.0))
        return solver.getModelStatus()
