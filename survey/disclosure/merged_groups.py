"""Years and genders that no printed row distinguishes, joined: the cells that are audited.

A certificate that listed every finest cell would count the few students of a group that the report
hides, year by year.  So years are one part if they are in the same rows of the participation table
(their own, that of their band, or none) and were asked the same questions of a family; genders
likewise, by their rows.  A cell is then a part of the years and a part of the genders, and is in a
group if all its years are.

No protection is lost.  No figure distinguishes the groups in a part, so the students of a part can
have given any of its answers: where c of the K students of a cell gave an answer, any number
from max(0, c - K + k) to min(k, c) of k of them can have.  If c can be five different counts (or
every count, if K is under 5), so can that number.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping

from survey.disclosure.figures import ReleasedTable
from survey.disclosure.sources import Question
from survey.disclosure.tables import JOIN, Cell, Group, Lattice, years_in


def parts(
    lattice: Lattice, participation: ReleasedTable, questions: Iterable[Question]
) -> tuple[dict[str, str], dict[str, str]]:
    """For each year, and for each gender, the name of the part it is in.

    Years that were asked none of these questions are left out."""
    shown = {row.group for row in participation.rows if row.shown}
    rows = [group.year for group in shown if group.year is not None and group.gender is None]
    asked = {
        year: tuple(year in question.years for question in questions)
        for year in lattice.single_years
    }
    return (
        _named(
            {
                year: (frozenset(row for row in rows if year in years_in(row)), by)
                for year, by in asked.items()
                if any(by)
            }
        ),
        _named({name: name if Group(None, name) in shown else None for name in lattice.genders}),
    )


def _named(alike: Mapping[str, Hashable]) -> dict[str, str]:
    together: dict[Hashable, list[str]] = {}
    for name, by in alike.items():
        together.setdefault(by, []).append(name)
    return {name: JOIN.join(together[by]) for name, by in alike.items()}


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
