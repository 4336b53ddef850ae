"""Rows of schools in a file, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from flask_babel import gettext as _

from survey.fonts.faces import unprintable
from survey.organisations.models import Nation, Phase
from survey.organisations.operations import LARGEST_YEAR
from survey.organisations.school_files import columns
from survey.organisations.school_files.columns import FileLayout, SchoolColumn
from survey.organisations.school_files.csv_table import CsvLine, FileError, read_table
from survey.typed_text import length

NOT_SHOWN = ("", "-", "–", "c", "z", "x", "*", "..")
"""How official tables write that there is none, or that it is not shown."""
LONGEST_NAME = 120
LONGEST_NUMBER = 12
FORMULA_SIGNS = "=+-@"
"""A cell that begins with one of these is run by a spreadsheet that later opens our files."""


@dataclass(frozen=True)
class Problem:
    """What is wrong in one row. `column` is its heading, empty if the row as a whole is wrong."""

    line: int
    column: str
    message: str


@dataclass(frozen=True)
class SchoolRow:
    """A school as a file has it. A value that the file lacks is None. `roll` is by our year
    numbers; `phase` is None if its students are younger than ours. `in_all` is the number of
    students of all ages, as written; `has_younger`: some are, or may be, younger than ours."""

    line: int
    number: str | None
    name: str
    authority: str | None
    nation: Nation | None
    phase: Phase | None
    is_too_young: bool
    is_closed: bool
    is_not_ours: bool
    roll: Mapping[str, int] | None
    in_all: str = ""
    has_younger: bool = False
    trust: str = ""


@dataclass(frozen=True)
class ReadRows:
    """All that a file says. `lines` counts its rows."""

    layout: FileLayout
    schools: tuple[SchoolRow, ...]
    problems: tuple[Problem, ...]
    lines: int


_Refused = Mapping[tuple[str, ...] | None, Sequence[int]]
"""The numbers of refused lines, by the school that they are about (`_Cells.key`)."""


class _WrongError(Exception):
    """A cell that cannot be taken."""

    def __init__(self, column: str, message: str) -> None:
        super().__init__(message)
        self.column, self.message = column, message


def read_file(content: bytes, *, nation: Nation | None = None) -> ReadRows:
    """Reads a list of schools, or of rolls, or of both.

    `nation` is meant where neither a column nor the register says which. Raises a `FileError` if
    the file as a whole cannot be read; what is wrong with single rows is in `problems`.
    """
    table = read_table(content, is_heading=columns.is_known, is_column=columns.is_read)
    layout = columns.layout_of(table.headings)
    _refuse_without_columns(layout)
    is_by_year = {SchoolColumn.YEAR, SchoolColumn.STUDENTS} <= layout.at.keys()
    found: list[SchoolRow] = []
    problems: list[Problem] = []
    refused: dict[tuple[str, ...] | None, list[int]] = {}
    for line in table.lines:
        cells = _Cells(layout, line, nation)
        try:
            found.append(cells.school(with_year=is_by_year))
        except _WrongError as wrong:
            problems.append(Problem(line.number, wrong.column, wrong.message))
            if not is_by_year or cells.says_a_year():
                refused.setdefault(cells.key(), []).append(line.number)
    if is_by_year:
        found, more = _joined(found, refused)
        problems += more
        refused = {}
    schools, twice = _each_once(found, layout, refused)
    problems = sorted([*problems, *twice], key=lambda one: one.line)
    return ReadRows(layout, tuple(schools), tuple(problems), len(table.lines))


def _refuse_without_columns(layout: FileLayout) -> None:
    has_half = (SchoolColumn.YEAR in layout.at) != (SchoolColumn.STUDENTS in layout.at)
    if has_half and not layout.years:
        raise FileError(
            _(
                "A file with one row for each school and year group needs both columns: the year"
                " group (like “NCyearActual”) and the number of students (like “Headcount”)."
            )
        )
    if twice := layout.year_twice:
        raise FileError(
            _("Two columns are for the same year group: %(columns)s.", columns=", ".join(twice))
        )
    if SchoolColumn.NAME not in layout.at and not layout.has_rolls:
        raise FileError(
            _(
                "The file has no column with the names of the schools, like “EstablishmentName” or"
                " “Name”, and no numbers of students. Its headings are: %(headings)s.",
                headings=", ".join(one for one in layout.headings if one)[:200],
            )
        )


class _Cells:
    """The cells of one line, by their meaning."""

    def __init__(self, layout: FileLayout, line: CsvLine, nation: Nation | None) -> None:
        self.layout, self.line, self.meant = layout, line, nation

    def school(self, *, with_year: bool) -> SchoolRow:
        if len(self.line.cells) > len(self.layout.headings) and any(
            self.line.cells[len(self.layout.headings) :]
        ):
            raise _WrongError("", _("This row has more cells than there are headings."))
        nation = self._nation()
        kind, phase = self._kind(), self._cell(SchoolColumn.PHASE)
        ours = columns.kind_of(kind, phase, nation) if kind or phase else None
        too_young = bool((kind or phase) and ours is None) or self._ends_too_young()
        roll = self._year(nation) if with_year else self._roll(nation)
        if too_young and roll:
            ours, too_young = ours or columns.with_year_6(kind, phase), False
        number, name = self._number(), self._name()
        if not number and not name:
            raise _WrongError("", _("This row has neither a name nor a number."))
        return SchoolRow(
            line=self.line.number,
            number=number,
            name=name,
            authority=self._words(SchoolColumn.AUTHORITY) or None,
            nation=nation,
            phase=ours,
            is_too_young=too_young,
            is_closed=self._is_closed(),
            is_not_ours=any(one in kind.casefold() for one in columns.NOT_OURS),
            roll=roll,
            in_all=self._cell(SchoolColumn.IN_ALL),
            has_younger=self._has_younger(ours),
            trust=self._words(SchoolColumn.TRUST),
        )

    def _has_younger(self, ours: Phase | None) -> bool:
        age = columns.whole_number(self._cell(SchoolColumn.LOW_AGE))
        if age.isdecimal():
            return int(age[:3]) < columns.YOUNGEST_OF_OURS
        return ours not in (None, Phase.SECONDARY, Phase.SIXTH_FORM)

    def key(self) -> tuple[str, ...] | None:
        """Which school a refused row is about: by its number alone, or without a column of numbers
        by all that tells a school. None if that cannot be read: the row may be of any school."""
        if len(self.line.cells) > len(self.layout.headings):
            return None  # a comma too many moves each cell after it to another column
        try:
            if SchoolColumn.NUMBER in self.layout.at:
                number = self._number()
                return (number,) if number else None
            name = self._name()
            return _key(self._nation(), None, self._words(SchoolColumn.AUTHORITY), name)
        except _WrongError:
            return None

    def says_a_year(self) -> bool:
        """Does it hold a year group or a number of students? A note under a table holds neither."""
        return bool(self._cell(SchoolColumn.YEAR) or self._cell(SchoolColumn.STUDENTS))

    def _is_closed(self) -> bool:
        given = self._cell(SchoolColumn.STATUS)
        if columns.plain(given) not in columns.OPEN | columns.CLOSED:
            raise _WrongError(
                self.layout.named(SchoolColumn.STATUS),
                _("“%(words)s” is neither open nor closed. Write Open or Closed.",
                  words=given[:40]),
            )  # fmt: skip
        return columns.plain(given) in columns.CLOSED

    def _kind(self) -> str:
        """The kind of school in words. Where there is a column for each part of a school, a primary
        school has that part alone; who runs it does not matter."""
        parts, kind = self._parts(), self._cell(SchoolColumn.KIND)
        return parts if parts == "primary" else f"{parts} {kind}".strip()

    def _parts(self) -> str:
        """The parts that a school has, where there is a column for each: "primary secondary"."""
        has = {
            column: columns.plain(self._cell(column)) not in columns.NO_PART
            for column, _word in columns.PARTS
        }
        return " ".join(word for column, word in columns.PARTS if has[column])

    def _cell(self, column: SchoolColumn) -> str:
        at = self.layout.at.get(column)
        return self._at(at) if at is not None else ""

    def _at(self, position: int) -> str:
        return self.line.cells[position] if position < len(self.line.cells) else ""

    def _words(self, column: SchoolColumn) -> str:
        words = self._cell(column)
        if not words:
            return ""
        heading = self.layout.named(column)
        if words[0] in FORMULA_SIGNS:
            raise _WrongError(
                heading,
                _("“%(words)s” begins like a formula of a spreadsheet.", words=words[:40]),
            )
        if length(words) > LONGEST_NAME:
            raise _WrongError(heading, _("Use at most %(most)s characters.", most=LONGEST_NAME))
        if missing := unprintable(words):
            named = ", ".join(missing)
            raise _WrongError(heading, _("This cannot be printed: %(letters)s", letters=named))
        return words

    def _name(self) -> str:
        name = self._words(SchoolColumn.NAME)
        if not name and SchoolColumn.NAME in self.layout.at and not self._cell(SchoolColumn.NUMBER):
            raise _WrongError(self.layout.named(SchoolColumn.NAME), _("The name is missing."))
        return name

    def _number(self) -> str | None:
        given = self._cell(SchoolColumn.NUMBER)
        number = columns.whole_number(given)
        if not number:
            return None
        if not (number.isascii() and number.isdigit()) or len(number) > LONGEST_NUMBER:
            raise _WrongError(
                self.layout.named(SchoolColumn.NUMBER),
                _("“%(words)s” is not the number of a school.", words=given[:40]),
            )
        return number.lstrip("0") or "0"

    def _nation(self) -> Nation | None:
        given = self._cell(SchoolColumn.NATION)
        if not given:
            return self.layout.nation or self.meant
        nation = columns.NATIONS.get(columns.plain(given))
        if nation is None:
            raise _WrongError(
                self.layout.named(SchoolColumn.NATION),
                _(
                    "“%(words)s” is none of England, Wales, Scotland and Northern Ireland.",
                    words=given[:40],
                ),
            )
        return nation

    def _ends_too_young(self) -> bool:
        age = columns.whole_number(self._cell(SchoolColumn.HIGH_AGE))
        return age.isdecimal() and int(age[:3]) <= columns.OLDEST_IN_PRIMARY

    def _roll(self, nation: Nation | None) -> dict[str, int] | None:
        roll: dict[str, int] = {}
        for position, written in self.layout.years.items():
            count = self._count(position)
            if count and not columns.is_younger(written, nation):
                year = self._year_number(written, nation, self.layout.headings[position])
                roll[str(year)] = count
        return roll or None

    def _year(self, nation: Nation | None) -> dict[str, int] | None:
        """The roll of one year group, of a file with a row for each."""
        given = self._cell(SchoolColumn.YEAR)
        count = self._count(self.layout.at[SchoolColumn.STUDENTS])
        if not given or not count:
            return None
        heading = self.layout.named(SchoolColumn.YEAR)
        written = columns.year_written(given)
        if columns.plain(given) in columns.YOUNGER:
            return None
        if not written:
            raise _WrongError(heading, _("“%(words)s” is no year group.", words=given[:40]))
        if columns.is_younger(written, nation):
            return None
        return {str(self._year_number(written, nation, heading)): count}

    def _year_number(self, written: str, nation: Nation | None, heading: str) -> int:
        number = columns.year_number(written, nation or Nation.ENGLAND)
        if number is None:
            raise _WrongError(
                heading,
                _("Schools of this nation have no year group “%(year)s” here.", year=written),
            )
        return number

    def _count(self, position: int) -> int:
        given = self._at(position).replace(",", "").replace(" ", "")
        if given in NOT_SHOWN:
            return 0
        given = given if "-" in given else columns.whole_number(given)
        if not (given.isascii() and given.isdigit()) or int(given[:9]) > LARGEST_YEAR:
            raise _WrongError(
                self.layout.headings[position],
                _(
                    "“%(words)s” is not a number of students from 0 to %(most)s.",
                    words=self._at(position)[:40],
                    most=LARGEST_YEAR,
                ),
            )
        return int(given)


def _key(
    nation: Nation | None, number: str | None, authority: str | None, name: str
) -> tuple[str, ...]:
    """Which school a row is about."""
    if number:
        return (nation or "", number)
    return (nation or "", authority or "", name.casefold())


def _key_of(row: SchoolRow) -> tuple[str, ...]:
    return _key(row.nation, row.number, row.authority, row.name)


def _joined(rows: Sequence[SchoolRow], refused: _Refused) -> tuple[list[SchoolRow], list[Problem]]:
    """The rows of a school and a year each, as one row a school. A school with a row that is
    refused, or with a year group in two rows, is refused: the rest is not its roll. So are all
    schools if a refused row may be of any of them."""
    if None in refused:
        message = _(
            "We cannot tell which school this row is about, so no school in this file is changed."
            " Correct the row or take it out."
        )
        return [], [Problem(line, "", message) for line in refused[None]]
    by_school: dict[tuple[str, ...], list[SchoolRow]] = {}
    for row in rows:
        by_school.setdefault(_key_of(row), []).append(row)
    joined, problems = [], []
    for key, parts in by_school.items():
        years = [(year, part.line) for part in parts for year in part.roll or {}]
        first = dict(reversed(years))
        twice = [(first[year], line) for year, line in years if first[year] != line]
        problems += [
            Problem(
                line,
                "",
                _("This year group of the school is also in row %(row)s.", row=other),
            )
            for other, line in twice
        ]
        if key in refused or (parts[0].number,) in refused or twice:
            problems.append(
                Problem(
                    parts[0].line,
                    "",
                    _("Another row of this school is refused, so no number of it is taken."),
                )
            )
        else:
            roll = {year: count for part in parts for year, count in (part.roll or {}).items()}
            joined.append(replace(parts[0], roll=roll or None))
    return joined, problems


def _each_once(
    rows: Iterable[SchoolRow], layout: FileLayout, refused: _Refused
) -> tuple[list[SchoolRow], list[Problem]]:
    """The rows of schools that are in the file once. All rows of another are refused: which
    of them is right cannot be known, also if one of them is refused for another reason."""
    seen: dict[tuple[str, ...], list[SchoolRow]] = {}
    for row in rows:
        seen.setdefault(_key_of(row), []).append(row)
    column = SchoolColumn.NUMBER if SchoolColumn.NUMBER in layout.at else SchoolColumn.NAME
    heading = layout.named(column) if column in layout.at else ""
    once, problems = [], []
    for key, there in seen.items():
        wrong = refused.get((there[0].number or "",), refused.get(key, []))
        if len(there) == 1 and not wrong:
            once.append(there[0])
            continue
        lines = ", ".join(map(str, sorted([*(one.line for one in there), *wrong])))
        message = _("This school is in the file more than once: in rows %(rows)s.", rows=lines)
        problems += [Problem(row.line, heading, message) for row in there]
    return once, problems
