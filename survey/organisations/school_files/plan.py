"""The dry run of a file of schools: what it would change."""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from survey.organisations.models import Authority, AuthorityKind, Nation, Phase, School
from survey.organisations.school_files import roll_notes
from survey.organisations.school_files.columns import SchoolColumn
from survey.organisations.school_files.school_rows import Problem, ReadRows, SchoolRow


class SchoolAction(StrEnum):
    """What becomes of a row."""

    ADD = "add"
    CHANGE = "change"
    CLOSE = "close"
    NOTHING = "nothing"


class WhyLeftOut(StrEnum):
    """Why a row is not ours to take, without being wrong."""

    TOO_YOUNG = "too_young"
    CLOSED = "closed"
    NOT_OURS = "not_ours"
    ELSEWHERE = "elsewhere"


@dataclass(frozen=True)
class PlannedChange:
    """A field of a school before and after, as stored."""

    field: str
    before: object
    after: object


@dataclass(frozen=True)
class Planned:
    """A row, the school it is about (None for a new one), and what would change."""

    row: SchoolRow
    doing: SchoolAction
    school_id: uuid.UUID | None
    nation: Nation
    authority_id: uuid.UUID | None
    new_authority: str | None
    changes: tuple[PlannedChange, ...] = ()
    name_before: str = ""

    @property
    def name(self) -> str:
        """What a person calls the school: a file of rolls has its number alone."""
        return self.row.name or self.name_before


@dataclass(frozen=True)
class TrustInFile:
    """A trust that the file names, whether it uses this service, and its schools in the file."""

    name: str
    is_here: bool
    schools: tuple[Planned, ...]


@dataclass(frozen=True)
class SchoolFilePlan:
    """All that a file would do. `fingerprint` is the same as long as it would do the same. `notes`
    are of rows that are taken, and that someone should look at."""

    rows: tuple[Planned, ...]
    problems: tuple[Problem, ...]
    left_out: Mapping[WhyLeftOut, int]
    new_authorities: tuple[str, ...]
    lines: int
    unread: tuple[str, ...] = ()
    notes: tuple[Problem, ...] = ()
    trusts: tuple[TrustInFile, ...] = ()

    def doing(self, what: SchoolAction) -> tuple[Planned, ...]:
        return tuple(one for one in self.rows if one.doing is what)

    @property
    def does_something(self) -> bool:
        return any(one.doing is not SchoolAction.NOTHING for one in self.rows)

    @property
    def fingerprint(self) -> str:
        spelled = repr((self.rows, self.problems, self.new_authorities))
        return hashlib.sha256(spelled.encode()).hexdigest()


class _RefusedRowError(Exception):
    def __init__(self, column: str, message: str) -> None:
        super().__init__(message)
        self.column, self.message = column, message


class _LeftOutError(Exception):
    def __init__(self, why: WhyLeftOut) -> None:
        super().__init__(why)
        self.why = why


def plan(
    db: Session, reading: ReadRows, *, nation: Nation, only_authority: uuid.UUID | None = None
) -> SchoolFilePlan:
    """Compares a file with what is there.

    `nation` is meant where the file does not say. `only_authority` is that of an analyst: rows of
    other authorities are left out, and a school without one named is theirs.
    """
    return _Planner(db, reading, nation, only_authority).plan()


@dataclass
class _Planner:
    db: Session
    reading: ReadRows
    nation: Nation
    only: uuid.UUID | None
    problems: list[Problem] = field(default_factory=list)
    left_out: dict[WhyLeftOut, int] = field(default_factory=dict)

    def plan(self) -> SchoolFilePlan:
        schools = list(self.db.scalars(select(School).order_by(School.school_id)))
        self.rolls = {one.school_id: one.roll for one in schools}
        self.by_number = {(one.nation, one.number): one for one in schools if one.number}
        self.by_name = {(one.authority_id, one.name.casefold()): one for one in schools}
        authorities = list(self.db.scalars(select(Authority).order_by(Authority.name)))
        self.authorities = {(one.nation, short_name(one.name)): one for one in authorities}
        self.names = {one.authority_id: one.name for one in authorities}
        self.taken: dict[tuple[object, str], int] = {}
        rows = list(self._rows(self.reading.schools))
        new = sorted({one.new_authority for one in rows if one.new_authority})
        notes = (
            roll_notes.note_of(one.row, one.name, self._roll(one), self._heading) for one in rows
        )
        return SchoolFilePlan(
            rows=tuple(rows),
            problems=tuple(
                sorted([*self.reading.problems, *self.problems], key=lambda one: one.line)
            ),
            left_out=self.left_out,
            new_authorities=tuple(new),
            lines=self.reading.lines,
            unread=self.reading.layout.unread,
            notes=tuple(one for one in notes if one is not None),
            trusts=tuple(self._trusts(rows)),
        )

    def _roll(self, one: Planned) -> Mapping[str, int]:
        """The roll of a school once the file is taken."""
        return one.row.roll or (self.rolls.get(one.school_id, {}) if one.school_id else {})

    def _trusts(self, rows: Sequence[Planned]) -> Iterable[TrustInFile]:
        """A file asks no school in the name of a trust: the trust does, and the school decides."""
        named: dict[tuple[Nation, str], list[Planned]] = {}
        for one in rows:
            if one.row.trust and one.doing is not SchoolAction.CLOSE:
                named.setdefault((one.nation, one.row.trust.casefold()), []).append(one)
        for (nation, _name), schools in sorted(named.items()):
            name = schools[0].row.trust
            found = self.authorities.get((nation, short_name(name)))
            is_here = (
                found is not None
                and found.kind is not AuthorityKind.AUTHORITY
                and found.closed_on is None
            )
            yield TrustInFile(name, is_here, tuple(schools))

    def _rows(self, rows: Sequence[SchoolRow]) -> Iterable[Planned]:
        for row in rows:
            try:
                yield self._row(row)
            except _RefusedRowError as refused:
                self.problems.append(Problem(row.line, refused.column, refused.message))
            except _LeftOutError as left:
                self.left_out[left.why] = self.left_out.get(left.why, 0) + 1

    def _row(self, row: SchoolRow) -> Planned:
        nation = row.nation or self.nation
        authority_id, new_authority = self._authority(row, nation)
        there = self._find(row, nation, authority_id)
        if there is None:
            return self._added(row, nation, authority_id, new_authority)
        self._refuse_another(there, authority_id, new_authority)
        self._take_name(there.authority_id or authority_id, row.name or there.name, row)
        changes = tuple(self._changes(row, there, authority_id, new_authority))
        if row.is_closed and there.closed_on is None:
            doing = SchoolAction.CLOSE
        else:
            doing = SchoolAction.CHANGE if changes else SchoolAction.NOTHING
        return Planned(
            row, doing, there.school_id, nation, authority_id, new_authority, changes, there.name
        )

    def _authority(self, row: SchoolRow, nation: Nation) -> tuple[uuid.UUID | None, str | None]:
        """The authority that a row names, or the name of one that is not there yet."""
        if row.authority is None:
            return self.only, None
        found = self.authorities.get((nation, short_name(row.authority)))
        if self.only is not None:
            if found is None or found.authority_id != self.only:
                raise _LeftOutError(WhyLeftOut.ELSEWHERE)
            return self.only, None
        if found is not None and found.closed_on is not None:
            raise _RefusedRowError(
                self._heading(SchoolColumn.AUTHORITY),
                _("“%(name)s” is closed here, so it takes no school.", name=found.name),
            )
        return (found.authority_id, None) if found else (None, row.authority)

    def _find(
        self, row: SchoolRow, nation: Nation, authority_id: uuid.UUID | None
    ) -> School | None:
        if row.number and (found := self.by_number.get((nation, row.number))):
            return found
        named = self.by_name.get((authority_id, row.name.casefold())) if row.name else None
        if named is None or (row.number and named.number):
            return None  # a school of the same name with another number is another school
        return named

    def _added(
        self,
        row: SchoolRow,
        nation: Nation,
        authority_id: uuid.UUID | None,
        new_authority: str | None,
    ) -> Planned:
        if row.is_closed:
            raise _LeftOutError(WhyLeftOut.CLOSED)
        if row.is_not_ours:
            raise _LeftOutError(WhyLeftOut.NOT_OURS)
        if row.is_too_young:
            raise _LeftOutError(WhyLeftOut.TOO_YOUNG)
        if not row.name and SchoolColumn.NAME in self.reading.layout.at:
            raise _RefusedRowError(self._heading(SchoolColumn.NAME), _("The name is missing."))
        if not row.name:
            raise _RefusedRowError(
                self._heading(SchoolColumn.NUMBER),
                _(
                    "There is no school with the number %(number)s here. Send the list of schools"
                    " first.",
                    number=row.number,
                ),
            )
        self._take_name(authority_id or new_authority, row.name, row)
        if (authority_id, row.name.casefold()) in self.by_name:
            raise _RefusedRowError(
                self._heading(SchoolColumn.NAME),
                _(
                    "“%(name)s” is there already with another number in the register.",
                    name=row.name,
                ),
            )
        return Planned(row, SchoolAction.ADD, None, nation, authority_id, new_authority)

    def _refuse_another(
        self, there: School, authority_id: uuid.UUID | None, new_authority: str | None
    ) -> None:
        """A school moves between authorities by itself in no file: its surveys and its programme
        would be in two places."""
        if self.only is not None and there.authority_id != self.only:
            raise _RefusedRowError(
                self._heading(SchoolColumn.AUTHORITY),
                _("This school is not one of your authority here. Ask the operator."),
            )
        wanted = authority_id or new_authority
        if there.authority_id is None or wanted is None or wanted == there.authority_id:
            return
        raise _RefusedRowError(
            self._heading(SchoolColumn.AUTHORITY),
            _(
                "“%(school)s” is with %(before)s here, and the file says %(after)s. A school does"
                " not move by a file: move it on its own page, then send the file again.",
                school=there.name,
                before=self.names[there.authority_id],
                after=new_authority or self.names[authority_id],  # type: ignore[index]
            ),
        )

    def _take_name(self, authority: object, name: str, row: SchoolRow) -> None:
        """Two schools of an authority have two names."""
        key = (authority, name.casefold())
        if key in self.taken:
            raise _RefusedRowError(
                self._heading(SchoolColumn.NAME),
                _(
                    "“%(name)s” is also the name in row %(row)s. Give both names a place, like"
                    " “(North)”.",
                    name=name,
                    row=self.taken[key],
                ),
            )
        self.taken[key] = row.line

    def _changes(
        self,
        row: SchoolRow,
        there: School,
        authority_id: uuid.UUID | None,
        new_authority: str | None,
    ) -> Iterable[PlannedChange]:
        if row.number and there.number != row.number:
            yield PlannedChange("number", there.number, row.number)
        if row.name and there.name != row.name:
            other = self.by_name.get((there.authority_id, row.name.casefold()))
            if other is not None and other is not there:
                raise _RefusedRowError(
                    self._heading(SchoolColumn.NAME),
                    _("Another school here is called “%(name)s” already.", name=row.name),
                )
            yield PlannedChange("name", there.name, row.name)
        if row.phase is not None and there.phase != row.phase:
            yield PlannedChange("phase", there.phase, row.phase)
        if there.authority_id is None and (authority_id or new_authority):
            yield PlannedChange("authority", None, new_authority or self.names[authority_id])  # type: ignore[index]
        if row.roll is not None and dict(row.roll) != there.roll:
            yield PlannedChange("roll", dict(there.roll), dict(row.roll))
        if not row.is_closed and there.closed_on is not None and self._tells_status():
            yield PlannedChange("closed_on", there.closed_on, None)

    def _tells_status(self) -> bool:
        return SchoolColumn.STATUS in self.reading.layout.at

    def _heading(self, column: SchoolColumn) -> str:
        layout = self.reading.layout
        return layout.named(column) if column in layout.at else ""


_TITLES = re.compile(
    r"\b(the|london|royal|metropolitan|city|county|district|borough|council|local|authority|of|and)"
    r"\b|[^\w\s]"
)


def short_name(authority: str) -> str:
    """The name of an authority without its titles: "London Borough of Camden" is "camden"."""
    plain = _TITLES.sub(" ", authority.casefold().replace("&", " "))
    return " ".join(plain.split()) or authority.casefold()


def default_phase(row: SchoolRow) -> Phase:
    return row.phase or Phase.SECONDARY
