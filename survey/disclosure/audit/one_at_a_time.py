"""Alternatives of a family, found table by table: the others are held while one is searched.

A family is a large system with few ties.  With the other tables held at one alternative the ties
are bounds on the remaining table, so the search is as fast as for a single table.  The alternatives
of each table are then combined, as far as the ties allow.  This is only a search: what it does not
find is left to the search of the whole family, which decides.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from survey.disclosure.audit.alternative_pool import Lines
from survey.disclosure.audit.constraints import Ints, Rows, Unknowns, bind
from survey.disclosure.audit.walk_steps import Part

TRIES = 12
"""Alternatives of a table that are tried on those of the others, until one fits."""


@dataclass(frozen=True)
class Held:
    """The system of one part, the others held.  ``inside``: its unknowns among the family's;
    ``lines``: the targets within it."""

    part: Part
    inside: Ints
    lines: Ints
    rows: Rows
    unknowns: Unknowns


def inside(part: Part, unknowns: Unknowns) -> Ints:
    """Which unknowns of the family are of a part, in rising order of cells."""
    cells = np.arange(len(unknowns.places))
    here = cells[:, None] * len(unknowns.answers) + np.array(part.columns, dtype=np.int64)
    return np.asarray(here.reshape(-1))


def hold(
    part: Part, base: Ints, rows: Rows, unknowns: Unknowns, matrix: Lines, open_lines: Ints
) -> Held:
    """The facts as they bind one part, while all other unknowns are as in ``base``."""
    here = inside(part, unknowns)
    mine = np.zeros(unknowns.count, dtype=bool)
    mine[here] = True
    lines = open_lines[~matrix[open_lines][:, ~mine].any(axis=1)]
    return Held(
        part,
        here,
        lines,
        bind(rows, base, mine),
        Unknowns(
            tuple(unknowns.answers[column] for column in part.columns),
            unknowns.sizes,
            unknowns.absent,
        ),
    )


def put_together(
    found: Sequence[tuple[Ints, Sequence[Ints]]], base: Ints, rows: Rows
) -> list[Ints]:
    """Alternatives of the family that hold, between them, every alternative of every part.

    ``found``: for each part its unknowns and its alternatives.  Each of those fits on ``base``, so
    each round places one at least.
    """
    dense = np.zeros((len(rows.starts), len(base)), dtype=np.float32)
    lengths = np.diff(np.append(rows.starts, len(rows.columns)))
    dense[np.repeat(np.arange(len(rows.starts)), lengths), rows.columns] = rows.weights
    changes = [
        [np.rint(dense[:, inside] @ (table - base[inside])).astype(np.int64) for table in tables]
        for inside, tables in found
    ]
    waiting = [list(range(len(tables))) for _, tables in found]
    start = rows.values(base)
    whole = []
    while any(waiting):
        left, table = start.copy(), base.copy()
        fullest = sorted(range(len(found)), key=lambda part: (-len(waiting[part]), part))
        for part in fullest:
            for at in waiting[part][:TRIES]:
                moved = left + changes[part][at]
                if ((moved >= rows.low) & (moved <= rows.high)).all():
                    left = moved
                    inside, tables = found[part]
                    table[inside] = tables[at]
                    waiting[part].remove(at)
                    break
        whole.append(table)
    return whole
