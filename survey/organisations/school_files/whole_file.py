"""The dry run and the import of a file of schools, people, or both."""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from survey.organisations.models import Nation
from survey.organisations.school_files import operations
from survey.organisations.school_files.people.operations import apply_people
from survey.organisations.school_files.people.plan import PeoplePlan, plan_people
from survey.organisations.school_files.people.rows import (
    People,
    is_of_people,
    is_of_person,
    people_table,
    read_people,
)
from survey.organisations.school_files.plan import SchoolFilePlan, plan
from survey.organisations.school_files.school_rows import Problem, ReadRows, read_file
from survey.permissions import MemberLike

NO_SCHOOLS = SchoolFilePlan(rows=(), problems=(), left_out={}, new_authorities=(), lines=0)


@dataclass(frozen=True)
class Whole:
    """The plan of a file for schools, then for people."""

    schools: SchoolFilePlan
    people: PeoplePlan

    @property
    def problems(self) -> tuple[Problem, ...]:
        found = [*self.schools.problems, *self.people.problems]
        return tuple(sorted(found, key=lambda one: one.line))

    @property
    def refused(self) -> int:
        """The number of rows that are refused, in whole or in part."""
        return len({one.line for one in self.problems})

    @property
    def unread(self) -> tuple[str, ...]:
        """Columns that neither uses."""
        return tuple(one for one in self.schools.unread if not is_of_person(one))

    @property
    def does_something(self) -> bool:
        return self.schools.does_something or self.people.does_something

    @property
    def lines(self) -> int:
        return max(self.schools.lines, self.people.lines)

    @property
    def fingerprint(self) -> str:
        both = f"{self.schools.fingerprint} {self.people.fingerprint}"
        return hashlib.sha256(both.encode()).hexdigest()


@dataclass(frozen=True)
class FileContents:
    """The content of a file. `schools` is None in a file of people."""

    schools: ReadRows | None
    people: People
    nation: Nation


def read_whole(content: bytes, *, nation: Nation) -> FileContents:
    """Reads a file. `nation` applies where the file names none. Raises a `FileError` if it cannot
    be read."""
    table = people_table(content)
    schools = None if is_of_people(table) else read_file(content, nation=nation)
    return FileContents(schools, read_people(table, nation=nation), nation)


def plan_whole(
    db: Session, said: FileContents, *, only_authority: uuid.UUID | None = None
) -> Whole:
    """Compares a file with the stored schools and people."""
    nation = said.nation
    schools = NO_SCHOOLS
    if said.schools is not None:
        schools = plan(db, said.schools, nation=nation, only_authority=only_authority)
    people = plan_people(
        db,
        said.people,
        nation=nation,
        schools=schools,
        only_authority=only_authority,
    )
    return Whole(schools, people)


def apply_whole(db: Session, planned: Whole, *, shown: str, by: MemberLike | None) -> None:
    """Applies the plan that was shown, schools first, in the caller's transaction. Raises a
    `SchoolsChangedError` if the plan would now be another."""
    if planned.fingerprint != shown:
        raise operations.SchoolsChangedError(
            _("Schools or people here have changed since this page was made. Look at it again.")
        )
    operations.apply(db, planned.schools, shown=planned.schools.fingerprint, by=by)
    db.flush()
    apply_people(db, planned.people, by=by)
