"""Our own file of schools, empty but for an example, with the year groups of the nation."""

from __future__ import annotations

import csv
import io

from survey.organisations.models import Nation
from survey.organisations.school_files.columns import TEMPLATE
from survey.year_groups.values import YearNaming

EXAMPLES = {
    Nation.ENGLAND: ("100001", "Riverside School", "Northshire"),
    Nation.WALES: ("6701234", "Ysgol Glan Afon", "Sir Ogledd"),
    Nation.SCOTLAND: ("5200001", "Riverside Academy", "Northshire"),
    Nation.NORTHERN_IRELAND: ("1230001", "Riverside College", "Northshire"),
}


PEOPLE = (
    ("URN", "School", "Name", "E-mail", "Seat"),
    ("100001", "Riverside School", "Ada Okafor", "a.okafor@riverside.example", "Lead"),
    ("100001", "Riverside School", "Sam Field", "s.field@riverside.example", "Coordinator"),
)


def people_template() -> bytes:
    """A file with a row for each person."""
    out = io.StringIO(newline="")
    csv.writer(out).writerows(PEOPLE)
    return out.getvalue().encode("utf-8-sig")


def template_file(nation: Nation) -> bytes:
    """A CSV file (UTF-8 with a mark, so that office programs show its letters)."""
    naming = YearNaming.of_nation(nation.value)
    groups = naming.groups_on_roll
    years = [group.in_nation(naming) for group in groups]
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow([*TEMPLATE, *(y if y.startswith("S") else f"Year {y}" for y in years)])
    number, name, authority = EXAMPLES[nation]
    nation_words = nation.value.replace("_", " ").title()
    writer.writerow(
        [
            number,
            name,
            authority,
            nation_words,
            "Secondary",
            "Open",
            *[150 if group in naming.groups else "" for group in groups],
        ]
    )
    return out.getvalue().encode("utf-8-sig")
