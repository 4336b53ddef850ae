"""The columns of official lists of schools and of our template, and what they mean to us.

Sources: England, "Get information about schools" (GIAS) extract of all establishment fields; Wales,
address list of schools; Scotland, school contact details; Northern Ireland, Institution Search.
Rolls: the school census counts students by NC year, one line for a school and a year, or one column
for each year.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from survey.organisations.models import Nation, Phase
from survey.year_groups.values import YearNaming


class SchoolColumn(StrEnum):
    """What a column can hold."""

    NUMBER = "number"
    NAME = "name"
    AUTHORITY = "authority"
    NATION = "nation"
    KIND = "kind"
    PHASE = "phase"
    LOW_AGE = "low_age"
    HIGH_AGE = "high_age"
    STATUS = "status"
    PRIMARY_PART = "primary_part"
    SECONDARY_PART = "secondary_part"
    SPECIAL_PART = "special_part"
    YEAR = "year"
    STUDENTS = "students"
    IN_ALL = "in_all"
    TRUST = "trust"


IN_NORTHERN_IRELAND = (
    "dereference", "deref", "denireference", "institutionreferencenumber", "institutionref", "irn",
)  # fmt: skip
"""What lists call the number of a school there."""

HEADINGS: Mapping[str, SchoolColumn] = {
    # England
    "urn": SchoolColumn.NUMBER,
    "establishmentname": SchoolColumn.NAME,
    "la": SchoolColumn.AUTHORITY,
    "laname": SchoolColumn.AUTHORITY,
    "typeofestablishment": SchoolColumn.KIND,
    "typeofestablishmentname": SchoolColumn.KIND,
    "phaseofeducation": SchoolColumn.PHASE,
    "phaseofeducationname": SchoolColumn.PHASE,
    "statutorylowage": SchoolColumn.LOW_AGE,
    "statutoryhighage": SchoolColumn.HIGH_AGE,
    "establishmentstatus": SchoolColumn.STATUS,
    "establishmentstatusname": SchoolColumn.STATUS,
    "numberofpupils": SchoolColumn.IN_ALL,
    "trusts": SchoolColumn.TRUST,
    "trustsname": SchoolColumn.TRUST,
    "trust": SchoolColumn.TRUST,
    "trustname": SchoolColumn.TRUST,
    # Wales
    "schoolnumber": SchoolColumn.NUMBER,
    "localauthority": SchoolColumn.AUTHORITY,
    "localauthorityname": SchoolColumn.AUTHORITY,
    "sector": SchoolColumn.PHASE,
    "schooltype": SchoolColumn.KIND,
    # Scotland
    "seedcode": SchoolColumn.NUMBER,
    "seed": SchoolColumn.NUMBER,
    "lacodename": SchoolColumn.AUTHORITY,
    "centretype": SchoolColumn.KIND,
    "primary": SchoolColumn.PRIMARY_PART,
    "primarydepartment": SchoolColumn.PRIMARY_PART,
    "secondary": SchoolColumn.SECONDARY_PART,
    "secondarydepartment": SchoolColumn.SECONDARY_PART,
    "special": SchoolColumn.SPECIAL_PART,
    "specialdepartment": SchoolColumn.SPECIAL_PART,
    # Northern Ireland
    **dict.fromkeys(IN_NORTHERN_IRELAND, SchoolColumn.NUMBER),
    "institutionname": SchoolColumn.NAME,
    "institutiontype": SchoolColumn.KIND,
    "districtcouncil": SchoolColumn.AUTHORITY,
    "council": SchoolColumn.AUTHORITY,
    # Our template, and names that lists of every nation use
    "number": SchoolColumn.NUMBER,
    "name": SchoolColumn.NAME,
    "school": SchoolColumn.NAME,
    "schoolname": SchoolColumn.NAME,
    "authority": SchoolColumn.AUTHORITY,
    "nation": SchoolColumn.NATION,
    "kind": SchoolColumn.KIND,
    "type": SchoolColumn.KIND,
    "phase": SchoolColumn.PHASE,
    "status": SchoolColumn.STATUS,
    "schoolstatus": SchoolColumn.STATUS,
    # A school census, one line for a school and a year
    "ncyear": SchoolColumn.YEAR,
    "ncyearactual": SchoolColumn.YEAR,
    "yeargroup": SchoolColumn.YEAR,
    "stage": SchoolColumn.YEAR,
    "headcount": SchoolColumn.STUDENTS,
    "students": SchoolColumn.STUDENTS,
    "pupils": SchoolColumn.STUDENTS,
}
"""By heading, in small letters and digits alone."""

NATION_OF: Mapping[str, Nation] = {
    "urn": Nation.ENGLAND,
    "schoolnumber": Nation.WALES,
    "seedcode": Nation.SCOTLAND,
    "seed": Nation.SCOTLAND,
    **dict.fromkeys(IN_NORTHERN_IRELAND, Nation.NORTHERN_IRELAND),
}
"""Whose register a number is in, where its heading tells."""

NATIONS: Mapping[str, Nation] = {
    **{nation.value.replace("_", ""): nation for nation in Nation},
    "ni": Nation.NORTHERN_IRELAND,
    "cymru": Nation.WALES,
}

TEMPLATE = ("number", "name", "authority", "nation", "kind", "status")
"""The headings of our template, before those of the year groups."""

_YEAR = re.compile(r"(?:nc)?(?:year|yr|y)?(?:group)?_?([0-9]{1,2})")
_POST_PRIMARY = re.compile(r"post[- ]?primary")
"""What Northern Ireland calls a secondary school."""
_STAGE = re.compile(r"s(?:econdary)?([1-6])")


def plain(heading: str) -> str:
    """A heading in small letters and digits: "LA (name)" and "LA_name" are the same."""
    return re.sub(r"[^a-z0-9]", "", heading.casefold())


def whole_number(cell: str) -> str:
    """A number without spaces and hyphens, nor the ".0" of a spreadsheet's whole numbers."""
    return re.sub(r"\.0+$", "", re.sub(r"[\s-]", "", cell))


def is_known(heading: str) -> bool:
    """Is this the heading of a column that can tell a school?"""
    return HEADINGS.get(plain(heading)) in (SchoolColumn.NUMBER, SchoolColumn.NAME)


def is_read(heading: str) -> bool:
    """Is this the heading of any column that we read?"""
    return plain(heading) in HEADINGS or bool(year_written(heading))


@dataclass(frozen=True)
class FileLayout:
    """Where the columns of a file are. `years`: the columns of year groups, by position, as they
    are written ("9", "S3"). `nation` is that of the register, if a heading tells."""

    at: Mapping[SchoolColumn, int]
    years: Mapping[int, str]
    headings: tuple[str, ...]
    nation: Nation | None

    @property
    def has_rolls(self) -> bool:
        return bool(self.years) or {SchoolColumn.YEAR, SchoolColumn.STUDENTS} <= self.at.keys()

    @property
    def year_twice(self) -> tuple[str, ...]:
        """The headings of a year group that has two columns; none if all have one."""
        written = list(self.years.values())
        return tuple(
            self.headings[at] for at, year in self.years.items() if written.count(year) > 1
        )

    @property
    def unread(self) -> tuple[str, ...]:
        """The headings of columns that say nothing to us, and of a second column of a meaning."""
        read = {*self.at.values(), *self.years}
        return tuple(words for at, words in enumerate(self.headings) if words and at not in read)

    def named(self, column: SchoolColumn) -> str:
        """The heading as the file has it."""
        return self.headings[self.at[column]]


def layout_of(headings: tuple[str, ...]) -> FileLayout:
    """The first column of each meaning counts."""
    at: dict[SchoolColumn, int] = {}
    years: dict[int, str] = {}
    nation = None
    for position, heading in enumerate(headings):
        word = plain(heading)
        if column := HEADINGS.get(word):
            at.setdefault(column, position)
            nation = nation or NATION_OF.get(word)
        elif year := year_written(heading):
            years[position] = year
    if SchoolColumn.NAME in at and SchoolColumn.YEAR not in at and SchoolColumn.STUDENTS in at:
        at.setdefault(SchoolColumn.IN_ALL, at.pop(SchoolColumn.STUDENTS))  # as in a list of schools
    return FileLayout(at, years, headings, nation)


def year_written(words: str) -> str:
    """The year group of a heading or a cell, as its nation writes it: "9" of "Year 9", "NCY9" or
    "y_9", "S3" of "S3". Empty for anything else."""
    word = plain(words).replace("ncy", "y")
    if found := _STAGE.fullmatch(word):
        return f"S{found[1]}"
    found = _YEAR.fullmatch(word)
    return str(int(found[1])) if found else ""


@cache
def year_number(written: str, nation: Nation) -> int | None:
    """The number that we keep of a year group as its nation writes it; None if no school that takes
    part has such a year group there."""
    naming = YearNaming.of_nation(nation.value)
    groups = naming.groups_on_roll
    return next((one.number for one in groups if one.in_nation(naming) == written), None)


CLOSED = frozenset({"closed", "permanentlyclosed", "closedschool"})
OPEN = frozenset(
    {"", "open", "openbutproposedtoclose", "proposedtoopen", "active", "live", "operational"}
)

YOUNGER = frozenset({"e1", "e2", "n1", "n2", "r", "reception", "yearr", "nursery"})
"""What a school census calls the years before Year 1."""

KINDS: tuple[tuple[str, Phase], ...] = (
    ("pupil referral", Phase.ALTERNATIVE),
    ("referral unit", Phase.ALTERNATIVE),
    ("alternative provision", Phase.ALTERNATIVE),
    ("eotas", Phase.ALTERNATIVE),
    ("secure unit", Phase.ALTERNATIVE),
    ("special", Phase.SPECIAL),
    ("sixth form", Phase.SIXTH_FORM),
    ("16 plus", Phase.SIXTH_FORM),
    ("further education", Phase.SIXTH_FORM),
    ("college of fe", Phase.SIXTH_FORM),
    ("independent", Phase.INDEPENDENT),
    ("middle", Phase.MIDDLE),
    ("all-through", Phase.ALL_THROUGH),
    ("all through", Phase.ALL_THROUGH),
    ("secondary", Phase.SECONDARY),
    ("grammar", Phase.SECONDARY),
)
"""Words in a kind or a phase of school, the first that fits."""
TOO_YOUNG = (
    "primary",
    "nursery",
    "infant",
    "junior",
    "children's centre",
    "pre-school",
    "preparatory",
)
"""Kinds whose students are younger than Year 7. One that has a number of students in Year 6 is
taken as a primary school."""

OLDEST_IN_PRIMARY = 11
YOUNGEST_OF_OURS = 10

NOT_OURS = ("higher education", "british schools overseas", "offshore", "welsh establishment")
"""Kinds in England's register that are no schools of England."""

PARTS: tuple[tuple[SchoolColumn, str], ...] = (
    (SchoolColumn.PRIMARY_PART, "primary"),
    (SchoolColumn.SECONDARY_PART, "secondary"),
    (SchoolColumn.SPECIAL_PART, "special"),
)
"""Columns that say whether a school has a part: Scotland has a column for each."""
NO_PART = frozenset({"", "no", "n", "0", "-", "false", "none"})


def kind_of(kind: str, phase: str, nation: Nation | None = None) -> Phase | None:
    """Our kind of school for the words of a list; None if they are of a school whose students are
    younger than ours. Words that tell neither are of a secondary school. A middle school of Wales
    is for all ages."""
    words = _POST_PRIMARY.sub("secondary", f"{kind} {phase}".casefold())
    if nation is Nation.WALES and "middle" in words:
        return Phase.ALL_THROUGH
    if "primary with year 6" in words:
        return Phase.PRIMARY
    if "primary" in words and "secondary" in words and "middle" not in words:
        return Phase.ALL_THROUGH
    for part, found in KINDS:
        if part in words:
            return found
    return None if any(part in words for part in TOO_YOUNG) else Phase.SECONDARY


def is_younger(written: str, nation: Nation | None) -> bool:
    """Is it a year group of younger students, as in a school for all ages? Scotland counts those
    of primary schools from P1."""
    naming = YearNaming.of_nation((nation or Nation.ENGLAND).value)
    first = naming.groups_on_roll[0].in_nation(naming)
    return written.isdigit() and first.isdigit() and int(written) < int(first)


def with_year_6(kind: str, phase: str) -> Phase:
    return Phase.MIDDLE if "middle" in f"{kind} {phase}".casefold() else Phase.PRIMARY
