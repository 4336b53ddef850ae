"""Rows of people in a file: name, e-mail address, seat, and where.

Two shapes. A file of people has a row for each, with the columns name, e-mail address, seat and the
school's number or name. A file of schools may have people next to each school, in pairs of columns
like "Lead name" and "Lead e-mail".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from survey.fonts.faces import unprintable
from survey.i18n import gettext as _
from survey.organisations.models import Nation
from survey.organisations.school_files import columns
from survey.organisations.school_files.columns import SchoolColumn, plain
from survey.organisations.school_files.csv_table import CsvLine, CsvTable, FileError, read_table
from survey.organisations.school_files.school_rows import (
    FORMULA_SIGNS,
    LONGEST_NAME,
    LONGEST_NUMBER,
    Problem,
)
from survey.permissions import Role
from survey.questionnaires.adaptation_rules import is_email
from survey.typed_text import length

NAME = frozenset({"name", "fullname", "personname", "staffname", "nameofperson"})
EMAIL_HEADINGS = frozenset({"email", "emailaddress", "mail", "workemail"})
SEAT = frozenset({"seat", "role", "position", "jobrole"})
PLACE = frozenset(
    {
        "school", "schoolname", "establishmentname", "institutionname", "organisation",
        "organisationname", "authority", "la", "laname", "trust", "trustname",
    }
)  # fmt: skip
NO_LETTER_OF_AN_ADDRESS = frozenset(",;<>")
"""Left over from a list of addresses, or from an address with a name."""

SEATS: Mapping[str, Role] = {
    "head": Role.HEAD,
    "headteacher": Role.HEAD,
    "principal": Role.HEAD,
    "lead": Role.LEAD,
    "safeguardinglead": Role.LEAD,
    "designatedsafeguardinglead": Role.LEAD,
    "dsl": Role.LEAD,
    "deputy": Role.DEPUTY,
    "deputylead": Role.DEPUTY,
    "deputysafeguardinglead": Role.DEPUTY,
    "deputydesignatedsafeguardinglead": Role.DEPUTY,
    "deputydsl": Role.DEPUTY,
    "ddsl": Role.DEPUTY,
    "governor": Role.GOVERNOR,
    "chairofgovernors": Role.GOVERNOR,
    "safeguardinggovernor": Role.GOVERNOR,
    "linkgovernor": Role.GOVERNOR,
    "coordinator": Role.COORDINATOR,
    "surveycoordinator": Role.COORDINATOR,
    "analyst": Role.ANALYST,
    "authorityanalyst": Role.ANALYST,
    "trustanalyst": Role.TRUST_ANALYST,
}
"""What a file may call a seat, in small letters alone. A partner's place is chosen on its page."""

_PAIR = re.compile(rf"({'|'.join(sorted(SEATS, key=len, reverse=True))})(name|email|emailaddress)")


@dataclass(frozen=True)
class PersonRow:
    """A person as a file has them. The organisation is found by `number`, else by `place`.
    `columns` are the headings of name, address, seat and organisation, for what is wrong."""

    line: int
    name: str
    email: str
    role: Role
    number: str | None
    place: str
    nation: Nation | None
    headings: tuple[str, str, str, str]


@dataclass(frozen=True)
class People:
    """Everyone in a file, and what is wrong with their rows. `has_columns`: the file has columns
    of people at all."""

    rows: tuple[PersonRow, ...] = ()
    problems: tuple[Problem, ...] = ()
    lines: int = 0
    has_columns: bool = False


def people_table(content: bytes) -> CsvTable:
    """A file as a table, with the columns of people known. Raises a `FileError` if it cannot be
    read."""
    return read_table(content, is_heading=_is_known, is_column=_is_read)


def is_of_people(table: CsvTable) -> bool:
    """Is this a file with a row for each person?"""
    words = {plain(heading) for heading in table.headings}
    return bool(words & EMAIL_HEADINGS) and bool(words & SEAT)


def _is_known(heading: str) -> bool:
    word = plain(heading)
    return columns.is_known(heading) or word in EMAIL_HEADINGS | SEAT


def _is_read(heading: str) -> bool:
    word = plain(heading)
    return columns.is_read(heading) or word in EMAIL_HEADINGS | SEAT or bool(_PAIR.fullmatch(word))


def is_of_person(heading: str) -> bool:
    """Is this a column about a person?"""
    return plain(heading) in NAME | EMAIL_HEADINGS | SEAT or bool(_PAIR.fullmatch(plain(heading)))


def read_people(table: CsvTable, *, nation: Nation | None) -> People:
    """The people in a file of either shape. Raises a `FileError` if columns are missing; what is
    wrong with single rows is in `problems`."""
    if is_of_people(table):
        return _checked(table, _long(table, nation))
    pairs = _pairs(table.headings)
    return _checked(table, _wide(table, nation, pairs), has_columns=bool(pairs))


Read = Iterator["PersonRow | Problem | None"]


def _checked(
    table: CsvTable, found: Iterable[PersonRow | Problem | None], *, has_columns: bool = True
) -> People:
    rows: list[PersonRow] = []
    problems: list[Problem] = []
    for one in found:
        if isinstance(one, PersonRow):
            rows.append(one)
        elif one is not None:
            problems.append(one)
    once, twice = _each_once(rows)
    problems = sorted([*problems, *twice], key=lambda one: one.line)
    return People(tuple(once), tuple(problems), len(table.lines), has_columns)


def _each_once(rows: Sequence[PersonRow]) -> tuple[list[PersonRow], list[Problem]]:
    """A person has one seat at an organisation; which of two rows is right cannot be known."""
    seen: dict[tuple[str, str], list[PersonRow]] = {}
    for row in rows:
        seen.setdefault((row.email, row.number or row.place.casefold()), []).append(row)
    problems = [
        Problem(
            row.line,
            row.headings[1],
            _(
                "“%(email)s” has two seats at this organisation in the file: in rows %(rows)s.",
                email=row.email,
                rows=", ".join(str(one.line) for one in same),
            ),
        )
        for same in seen.values()
        if len(same) > 1
        for row in same
    ]
    return [same[0] for same in seen.values() if len(same) == 1], problems


# A row for each person


def _long(table: CsvTable, nation: Nation | None) -> Read:
    at = _positions(table.headings)
    _refuse_without(at)
    layout = columns.layout_of(table.headings)
    number_at = layout.at.get(SchoolColumn.NUMBER)
    nation_at, seat_at = layout.at.get(SchoolColumn.NATION), at["seat"] or 0
    for line in table.lines:
        seat = _cell(line, seat_at)
        role = SEATS.get(plain(seat))
        heading = table.headings[seat_at]
        if role is None:
            named = ", ".join(("head", "lead", "deputy", "governor", "coordinator", "analyst"))
            yield Problem(
                line.number,
                heading,
                _("“%(words)s” is no seat here. Write one of: %(names)s.", words=seat[:40],
                  names=named),
            )  # fmt: skip
            continue
        where = number_at if number_at is not None else at["place"]
        assert where is not None  # refused above
        yield _person(
            line,
            (_cell(line, at["name"]), _cell(line, at["email"])),
            role,
            number=_cell(line, number_at),
            place=_cell(line, at["place"]),
            nation=columns.NATIONS.get(plain(_cell(line, nation_at))) or layout.nation or nation,
            headings=(
                table.headings[at["name"] or 0],
                table.headings[at["email"] or 0],
                heading,
                table.headings[where],
            ),
        )


def _positions(headings: Sequence[str]) -> dict[str, int | None]:
    words = [plain(one) for one in headings]
    return {
        what: next((at for at, word in enumerate(words) if word in known), None)
        for what, known in (
            ("name", NAME),
            ("email", EMAIL_HEADINGS),
            ("seat", SEAT),
            ("place", PLACE),
        )
    } | {
        "number": next(
            (at for at, w in enumerate(words) if columns.HEADINGS.get(w) is SchoolColumn.NUMBER),
            None,
        )
    }


def _refuse_without(at: Mapping[str, int | None]) -> None:
    if at["name"] is None:
        raise FileError(_("The file has no column “Name” with the names of the people."))
    if at["number"] is None and at["place"] is None:
        raise FileError(
            _("The file has no column that says where people work, like “URN” or “School”.")
        )


# People next to each school


def _pairs(headings: Sequence[str]) -> list[tuple[Role, int, int]]:
    """The seat, and where its name and its e-mail address are."""
    at: dict[str, dict[str, int]] = {}
    for position, heading in enumerate(headings):
        if found := _PAIR.fullmatch(plain(heading)):
            what = "name" if found[2] == "name" else "email"
            at.setdefault(found[1], {}).setdefault(what, position)
    return [
        (SEATS[seat], where["name"], where["email"])
        for seat, where in at.items()
        if {"name", "email"} <= where.keys()
    ]


def _wide(table: CsvTable, nation: Nation | None, pairs: Sequence[tuple[Role, int, int]]) -> Read:
    layout = columns.layout_of(table.headings)
    number_at, name_at = layout.at.get(SchoolColumn.NUMBER), layout.at.get(SchoolColumn.NAME)
    nation_at = layout.at.get(SchoolColumn.NATION)
    for line in table.lines:
        if plain(_cell(line, layout.at.get(SchoolColumn.STATUS))) in columns.CLOSED:
            continue
        for role, person_at, email_at in pairs:
            who = _cell(line, person_at), _cell(line, email_at)
            if not any(who):
                continue
            yield _person(
                line,
                who,
                role,
                number=_cell(line, number_at),
                place=_cell(line, name_at),
                nation=columns.NATIONS.get(plain(_cell(line, nation_at)))
                or layout.nation
                or nation,
                headings=(
                    table.headings[person_at],
                    table.headings[email_at],
                    table.headings[email_at],
                    table.headings[number_at if number_at is not None else name_at or 0],
                ),
            )


def _cell(line: CsvLine, position: int | None) -> str:
    if position is None or position >= len(line.cells):
        return ""
    return line.cells[position].strip()


def _person(
    line: CsvLine,
    who: tuple[str, str],
    role: Role,
    *,
    number: str,
    place: str,
    nation: Nation | None,
    headings: tuple[str, str, str, str],
) -> PersonRow | Problem:
    name, email = who
    digits = columns.whole_number(number)
    of_name, of_email, _of_seat, of_place = headings
    for heading, message in (
        (of_name, _wrong_words(name, _("The name is missing."))),
        (of_email, _wrong_email(email)),
        (of_place, _wrong_number(digits)),
        (of_place, "" if digits or place else _("The school is missing.")),
    ):
        if message:
            return Problem(line.number, heading, message)
    return PersonRow(
        line=line.number,
        name=" ".join(name.split()),
        email=email.casefold(),
        role=role,
        number=(digits.lstrip("0") or "0") if digits else None,
        place=" ".join(place.split()),
        nation=nation,
        headings=headings,
    )


def _wrong_words(words: str, missing: str) -> str:
    if not words:
        return missing
    if words[0] in FORMULA_SIGNS:
        return _("“%(words)s” begins like a formula of a spreadsheet.", words=words[:40])
    if length(words) > LONGEST_NAME:
        return _("Use at most %(most)s characters.", most=LONGEST_NAME)
    if letters := unprintable(words):
        return _("This cannot be printed: %(letters)s", letters=", ".join(letters))
    return ""


def _wrong_email(email: str) -> str:
    if not email:
        return _("The e-mail address is missing.")
    if email[0] in FORMULA_SIGNS or NO_LETTER_OF_AN_ADDRESS & set(email) or not is_email(email):
        return _("“%(words)s” is no e-mail address, like name@school.example.", words=email[:60])
    return ""


def _wrong_number(digits: str) -> str:
    if digits and (not (digits.isascii() and digits.isdigit()) or len(digits) > LONGEST_NUMBER):
        return _("“%(words)s” is not the number of a school.", words=digits[:40])
    return ""
