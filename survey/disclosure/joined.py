"""Years and genders without a row, joined: the cells that are audited and certified.

A certificate that listed every finest cell would count the few students of a group that the report
hides, year by year.  So years that the participation table prints no row for are one part, and
genders likewise: a cell is then a year or the other years, and a gender or the others.

Nothing is lost.  No figure tells the groups in a part from each other, so the students of a part
can stand behind any of its answers: where c of the K students of a cell gave an answer, any number
from max(0, c - K + k) to min(k, c) of k of them can have.  If c can be five different counts (or
every count, if K is under 5), so can that number.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from survey.disclosure.figures import ReleasedTable
from survey.disclosure.sources import Question
from survey.disclosure.tables import Cell, Group, Lattice

JOIN = "+"


def parts(
    lattice: Lattice, participation: ReleasedTable, questions: Iterable[Question]
) -> tuple[dict[str, str], dict[str, str]]:
    """For each year, and for each gender, the name of the part it is in.

    Years are joined only if they were asked the same of these questions; those that were asked
    nothing are left out."""
    shown = {row.group for row in participation.rows if row.shown}
    asked = {
        year: tuple(year in question.years for question in questions) for year in lattice.years
    }
    years = _named(
        [year for year in lattice.years if any(asked[year])],
        {year: asked[year] for year in lattice.years if Group(year) not in shown},
    )
    genders = _named(
        lattice.genders, {name: () for name in lattice.genders if Group(None, name) not in shown}
    )
    return years, genders


def _named(names: Sequence[str], hidden: Mapping[str, tuple[bool, ...]]) -> dict[str, str]:
    together: dict[tuple[bool, ...], list[str]] = {}
    for name in names:
        if name in hidden:
            together.setdefault(hidden[name], []).append(name)
    return {name: JOIN.join(together[hidden[name]]) if name in hidden else name for name in names}


def join(
    sizes: Mapping[Cell, int], years: Mapping[str, str], genders: Mapping[str, str]
) -> dict[Cell, int]:
    """The sizes of the joined cells, in the order of their first members."""
    found: dict[Cell, int] = {}
    for (year, gender), size in sizes.items():
        if year in years:
            cell = (years[year], genders[gender])
            found[cell] = found.get(cell, 0) + size
    return found
