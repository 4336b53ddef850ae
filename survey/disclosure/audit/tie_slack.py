"""The room that the ties of a family leave: where its search begins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from survey.disclosure.audit.attacker_knowledge import Fact, Sum
from survey.disclosure.audit.constraints import (
    ContradictionError,
    Ints,
    Rows,
    Unknowns,
    lay_out,
)
from survey.disclosure.audit.solver import TOLERANCE, Solver


def roomy(
    facts: Sequence[Fact], rows: Rows, unknowns: Unknowns, laid_out: dict[Sum, Ints]
) -> Solver | None:
    """A solver of the tables that leave as much room at the ties as they can; None if they leave
    none.  Walks that begin at a table where ties are tight cannot move.

    One that must be tight somewhere (a question that nearly everyone answered who could) still has
    room elsewhere, so the room of each tie is found in one solve."""
    if not any(fact.room for fact in facts):
        return None
    try:
        within = lay_out([fact.roomy for fact in facts], unknowns, laid_out)
    except ContradictionError:
        return None
    # The same left-hand sides, so the same rows in the same order.
    wanted = np.stack([within.low - rows.low, rows.high - within.high])
    side = np.where(wanted[0] > 0, 0, 1)
    room = wanted.max(axis=0)
    at = np.flatnonzero(room > 0)
    if not len(at):
        return None
    ends = np.append(rows.starts[1:], len(rows.columns))[at]
    sign = np.where(side[at] == 0, -1, 1)
    spared = unknowns.count + np.arange(len(at))
    shift = np.searchsorted(at, np.arange(len(rows.starts)))
    loose = replace(
        rows,
        starts=rows.starts + shift,
        columns=np.insert(rows.columns, ends, spared),
        weights=np.insert(rows.weights, ends, sign),
    )
    costs = np.append(np.zeros(unknowns.count), -np.ones(len(at)))
    found = Solver(loose, np.append(unknowns.upper(), room[at])).minimise(costs)
    if found is None:
        return None
    left = np.floor(found[unknowns.count :] + TOLERANCE).astype(np.int64)
    if not left.any():
        return None
    low, high = rows.low.copy(), rows.high.copy()
    low[at] += np.where(sign < 0, left, 0)
    high[at] -= np.where(sign > 0, left, 0)
    return Solver(replace(rows, low=low, high=high), unknowns.upper())
