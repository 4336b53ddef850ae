"""The dry run of the people of a file: what they would change."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from survey.organisations.models import Authority, Member, Membership, Nation, School
from survey.organisations.school_files.people.rows import People, PersonRow
from survey.organisations.school_files.plan import SchoolAction as DoingSchool
from survey.organisations.school_files.plan import SchoolFilePlan, short_name
from survey.organisations.school_files.school_rows import Problem
from survey.organisations.seats.operations import IS_LIVE, roles_at
from survey.permissions import Permission, Role, may


class PersonAction(StrEnum):
    """What becomes of a person's row."""

    INVITE = "invite"  # an account is opened, and a link is sent
    GIVE = "give"  # someone who has an account gets a seat
    CHANGE = "change"  # another seat at the same organisation, or another name
    NOTHING = "nothing"


@dataclass(frozen=True)
class SeatPlace:
    """The organisation of a row. `school_id` is None for a school that the same file adds."""

    name: str
    is_school: bool
    organisation_id: uuid.UUID | None
    key: tuple[str, str]


@dataclass(frozen=True)
class PlannedPerson:
    row: PersonRow
    doing: PersonAction
    target: SeatPlace
    member_id: uuid.UUID | None
    before: Role | None
    name_before: str | None


@dataclass(frozen=True)
class PeoplePlan:
    """All that the people of a file would change."""

    rows: tuple[PlannedPerson, ...] = ()
    problems: tuple[Problem, ...] = ()
    lines: int = 0
    has_columns: bool = False

    def doing(self, what: PersonAction) -> tuple[PlannedPerson, ...]:
        return tuple(one for one in self.rows if one.doing is what)

    @property
    def does_something(self) -> bool:
        return any(one.doing is not PersonAction.NOTHING for one in self.rows)

    @property
    def fingerprint(self) -> str:
        return hashlib.sha256(repr((self.rows, self.problems)).encode()).hexdigest()


class _RefusedError(Exception):
    def __init__(self, column: str, message: str) -> None:
        super().__init__(message)
        self.column, self.message = column, message


class _NoSchoolError(_RefusedError):
    """The school of a person is not here."""


def plan_people(
    db: Session,
    people: People,
    *,
    nation: Nation,
    schools: SchoolFilePlan | None = None,
    only_authority: uuid.UUID | None = None,
) -> PeoplePlan:
    """Compares the people of a file with who is there. `schools` is what the same file does to
    schools first; `only_authority` is that of an analyst."""
    if not people.has_columns:
        return PeoplePlan()
    return _Planner(db, people, nation, schools, only_authority).plan()


@dataclass
class _Planner:
    db: Session
    people: People
    nation: Nation
    schools: SchoolFilePlan | None
    only: uuid.UUID | None
    problems: list[Problem] = field(default_factory=list)

    def plan(self) -> PeoplePlan:
        self.by_number, self.by_name = self._organisations()
        emails = {one.email for one in self.people.rows}
        self.members = self._members(emails)
        self.settled = self._settled_schools() if self.only is not None else {}
        rows = list(self._rows(self.people.rows))
        problems = sorted([*self.people.problems, *self.problems], key=lambda one: one.line)
        return PeoplePlan(tuple(rows), tuple(problems), self.people.lines, True)

    def _rows(self, rows: Iterable[PersonRow]) -> Iterable[PlannedPerson]:
        with_school = {one.line for one in self.schools.problems} if self.schools else set()
        for row in rows:
            try:
                yield self._row(row)
            except _NoSchoolError as refused:
                if row.line not in with_school:  # said once, of the school
                    self.problems.append(Problem(row.line, refused.column, refused.message))
            except _RefusedError as refused:
                self.problems.append(Problem(row.line, refused.column, refused.message))

    def _members(self, emails: set[str]) -> dict[str, Member]:
        """The accounts with these addresses: in parts, because a statement takes so many."""
        wanted = sorted(emails)
        found: dict[str, Member] = {}
        for at in range(0, len(wanted), 500):
            query = select(Member).where(Member.email.in_(wanted[at : at + 500]))
            query = query.options(selectinload(Member.memberships))
            found |= {one.email: one for one in self.db.scalars(query)}
        return found

    def _organisations(
        self,
    ) -> tuple[dict[tuple[Nation, str], SeatPlace], dict[str, list[SeatPlace]]]:
        by_number: dict[tuple[Nation, str], SeatPlace] = {}
        by_name: dict[str, list[SeatPlace]] = {}
        self.owner: dict[SeatPlace, uuid.UUID | None] = {}
        self.there: dict[SeatPlace, School | Authority | None] = {}
        for school in self.db.scalars(select(School).where(School.erased_on.is_(None))):
            key = (school.nation.value, school.number or school.name.casefold())
            target = SeatPlace(school.name, True, school.school_id, key)
            self._know(target, school.authority_id, school)
            if school.number:
                by_number[school.nation, school.number] = target
            by_name.setdefault(school.name.casefold(), []).append(target)
        for one in self.schools.doing(DoingSchool.ADD) if self.schools else ():
            key = (one.nation.value, one.row.number or one.row.name.casefold())
            target = SeatPlace(one.row.name, True, None, key)
            self._know(target, one.authority_id, None)
            if one.row.number:
                by_number[one.nation, one.row.number] = target
            by_name.setdefault(one.row.name.casefold(), []).append(target)
        for authority in self.db.scalars(select(Authority).where(Authority.erased_on.is_(None))):
            target = SeatPlace(authority.name, False, authority.authority_id, ("", authority.name))
            self._know(target, authority.authority_id, authority)
            for name in {authority.name.casefold(), short_name(authority.name)}:
                by_name.setdefault(name, []).append(target)
        return by_number, by_name

    def _know(
        self, target: SeatPlace, owner: uuid.UUID | None, there: School | Authority | None
    ) -> None:
        self.owner[target], self.there[target] = owner, there

    def _settled_schools(self) -> Mapping[uuid.UUID, str]:
        """Schools where someone who signed in can invite colleagues, and who that is."""
        query = (
            select(Membership)
            .join(Member, Member.id == Membership.member_id)
            .where(IS_LIVE, Member.active, Member.password.is_not(None))
            .where(Membership.school_id.is_not(None))
        )
        return {
            one.school_id: one.name
            for one in self.db.scalars(query)
            if one.school_id is not None and may(one, Permission.PEOPLE_MANAGE)
        }

    def _row(self, row: PersonRow) -> PlannedPerson:
        target = self._target(row)
        self._refuse_wrong_seat(row, target)
        member = self.members.get(row.email)
        seats = member.seats if member is not None and member.active else []
        if any(one.role is Role.OPERATOR for one in seats):
            raise _RefusedError(
                row.headings[1],
                _("This is the address of an operator, who has no seat anywhere else."),
            )
        here = next((s for s in seats if s.place_id == target.organisation_id), None)
        if here is not None and here.role is row.role and not self._renames(row, member):
            return PlannedPerson(row, PersonAction.NOTHING, target, here.member_id, here.role, None)
        self._refuse_settled(row, target)
        if here is not None and member is not None:
            before = member.name if self._renames(row, member) else None
            return PlannedPerson(row, PersonAction.CHANGE, target, member.id, here.role, before)
        doing = PersonAction.GIVE if seats else PersonAction.INVITE
        return PlannedPerson(row, doing, target, member.id if member else None, None, None)

    def _renames(self, row: PersonRow, member: Member | None) -> bool:
        """Does the file give another name? Only the operator's file changes the name of a person,
        and only until they sign in: then it is theirs."""
        return (
            member is not None
            and self.only is None
            and member.password is None
            and member.name != row.name
        )

    def _target(self, row: PersonRow) -> SeatPlace:
        nation = row.nation or self.nation
        if row.number:
            found = self.by_number.get((nation, row.number))
            if found is None or self._is_elsewhere(found):
                raise _NoSchoolError(
                    row.headings[3],
                    _(
                        "There is no school with the number %(number)s here. Send the list of"
                        " schools first.",
                        number=row.number,
                    ),
                )
            return found
        named = [
            one
            for one in self.by_name.get(row.place.casefold(), [])
            or self.by_name.get(short_name(row.place), [])
            if not self._is_elsewhere(one)
        ]
        if len(named) != 1:
            said = (
                _("“%(name)s” is not here. Send the list of schools first.", name=row.place)
                if not named
                else _("Several are called “%(name)s”. Give the school’s number.", name=row.place)
            )  # fmt: skip
            raise _NoSchoolError(row.headings[3], said)
        return named[0]

    def _is_elsewhere(self, target: SeatPlace) -> bool:
        return self.only is not None and self.owner[target] != self.only

    def _refuse_wrong_seat(self, row: PersonRow, target: SeatPlace) -> None:
        there = self.there[target]
        fits = roles_at(there) if there is not None else roles_at(School())
        if self.only is not None and not target.is_school:
            raise _RefusedError(
                row.headings[2],
                _("Only the operator adds people to an authority or a trust."),
            )
        if row.role not in fits:
            raise _RefusedError(
                row.headings[2], _("“%(name)s” has no such seat.", name=target.name)
            )

    def _refuse_settled(self, row: PersonRow, target: SeatPlace) -> None:
        """Refuses an authority's row for a school that can invite its own people. Otherwise the
        authority could give itself a seat there, and read what only the school may read."""
        who = self.settled.get(target.organisation_id) if target.organisation_id else None
        if who is not None:
            raise _RefusedError(
                row.headings[3],
                _(
                    "“%(school)s” invites its own people now. Ask %(name)s there to invite this"
                    " person.",
                    school=target.name,
                    name=who,
                ),
            )
