"""Notes on rows whose number of students in all does not match their year groups.

A list of schools has the total. It is not stored: cards and shares need the roll by year group.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from flask_babel import gettext as _

from survey.organisations.school_files.columns import SchoolColumn, whole_number
from survey.organisations.school_files.school_rows import NOT_SHOWN, Problem, SchoolRow

MUCH = 0.2
"""Lists and rolls are counted on different days, so a small difference is not a mistake."""


def note_of(
    row: SchoolRow, name: str, roll: Mapping[str, int], heading: Callable[[SchoolColumn], str]
) -> Problem | None:
    """A note on a row that needs a look. `name` and `roll` are those of the school after the
    import."""
    given = whole_number(row.in_all.replace(",", ""))
    if given in NOT_SHOWN or row.is_closed:
        return None
    column = heading(SchoolColumn.IN_ALL)
    if not (given.isascii() and given.isdigit()):
        message = _(
            "“%(words)s” is not a number of students, so it is not compared with the year groups.",
            words=row.in_all[:40],
        )
        return Problem(row.line, column, message)
    in_all, by_year = int(given[:9]), sum(roll.values())
    if not in_all:
        return None
    names = {"school": name, "all": in_all, "years": by_year}
    if not by_year:
        message = _(
            "%(school)s has %(all)s students and no numbers by year group. Add them from a file"
            " with rolls, or its lead enters them in School settings.",
            **names,
        )
    elif by_year > in_all * (1 + MUCH) or (by_year < in_all * (1 - MUCH) and not row.has_younger):
        message = _(
            "%(school)s has %(all)s students in the file, and %(years)s if its year groups are"
            " added up. Check the year groups.",
            **names,
        )
    else:
        return None
    return Problem(row.line, column, message)
