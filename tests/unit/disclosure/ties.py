"""Options of one question share the students who gave it no answer. What a reader who puts all of
the question's tables together can narrow: a second attacker, which knows that tie, by bounds of
linear programs alone."""

from __future__ import annotations

from collections.abc import Sequence

import highspy
import numpy as np
import numpy.typing as npt

from survey.disclosure.audit.attacker_knowledge import facts_of
from survey.disclosure.figures import ReleasedTable
from survey.disclosure.policy import Policy
from survey.disclosure.tables import Cell, CountTable, Group

Row = npt.NDArray[np.float64]


def narrowed(
    tables: Sequence[CountTable], released: Sequence[ReleasedTable], policy: Policy
) -> tuple[int, int]:
    """Of all counts of yes, no and no answer in every group and cell: how many could be under five
    and have too few values left, and how many there are. Tables are of yes, no and skipped."""
    sizes = {cell: size for cell, size in tables[0].sizes().items() if size}
    cells = list(sizes)
    width = len(tables) + 1

    def line(group: Group, answers: frozenset[str], option: int) -> tuple[Row, int]:
        """A count as weights of the unknowns (no answer, then yes by option) and a constant."""
        found, constant = np.zeros(len(cells) * width), 0
        for at, cell in enumerate(cells):
            if not group.holds(cell):
                continue
            skipped, yes = at * width, at * width + 1 + option
            found[yes] += "yes" in answers
            found[skipped] += "skipped" in answers
            if "no" in answers:
                found[[skipped, yes]] -= 1
                constant += sizes[cell]
        return found, constant

    groups = {
        group: sum(size for cell, size in sizes.items() if group.holds(cell))
        for group in tables[0].lattice.groups
    }
    rows: list[tuple[Row, float, float]] = []
    for option, table in enumerate(released):
        for fact in facts_of(table, policy, groups):
            assert fact.plain is not None
            weights, constant = line(fact.plain.group, fact.plain.answers, option)
            low = -highspy.kHighsInf if fact.low is None else fact.low - constant
            high = highspy.kHighsInf if fact.high is None else fact.high - constant
            rows.append((weights, low, high))
        for cell in cells:
            weights, _ = line(Group(*cell), frozenset(("yes", "skipped")), option)
            rows.append((weights, 0, sizes[cell]))
    solver = _model(rows, np.repeat([float(sizes[cell]) for cell in cells], width))
    bad = total = 0
    for group in _groups(cells):
        size = sum(n for cell, n in sizes.items() if group.holds(cell))
        for option in range(len(tables)):
            for answer in ("yes", "no", "skipped") if option == 0 else ("yes", "no"):
                weights, constant = line(group, frozenset((answer,)), option)
                low = int(np.ceil(_least(solver, weights) + constant - 1e-6))
                high = int(np.floor(-_least(solver, -weights) + constant + 1e-6))
                bad += low < policy.small and high - low + 1 < min(policy.small, size + 1)
                total += 1
    return bad, total


def _groups(cells: Sequence[Cell]) -> list[Group]:
    years = dict.fromkeys(year for year, _ in cells)
    genders = dict.fromkeys(gender for _, gender in cells)
    found = [Group(), *map(Group, years), *(Group(None, gender) for gender in genders)]
    return found + [Group(*cell) for cell in cells]


def _model(rows: Sequence[tuple[Row, float, float]], upper: Row) -> highspy.Highs:
    model = highspy.HighsLp()
    matrix = np.array([weights for weights, _, _ in rows])
    at = [np.flatnonzero(line) for line in matrix]
    model.num_col_, model.num_row_ = len(upper), len(rows)
    model.col_cost_, model.col_lower_ = np.zeros(len(upper)), np.zeros(len(upper))
    model.col_upper_ = upper
    model.row_lower_ = np.array([low for _, low, _ in rows])
    model.row_upper_ = np.array([high for _, _, high in rows])
    model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    model.a_matrix_.start_ = np.cumsum([0, *map(len, at)])
    model.a_matrix_.index_ = np.concatenate(at)
    model.a_matrix_.value_ = np.concatenate(
        [line[columns] for line, columns in zip(matrix, at, strict=True)]
    )
    solver = highspy.Highs()
    for name, value in (("output_flag", False), ("threads", 1), ("presolve", "off")):
        solver.setOptionValue(name, value)
    solver.passModel(model)
    return solver


def _least(solver: highspy.Highs, weights: Row) -> float:
    solver.changeColsCost(len(weights), np.arange(len(weights), dtype=np.int32), weights)
    solver.run()
    assert solver.getModelStatus() == highspy.HighsModelStatus.kOptimal
    return float(solver.getInfo().objective_function_value)
