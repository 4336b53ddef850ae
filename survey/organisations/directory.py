"""The operator's list of authorities and schools: all, or those of a certain name."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey.organisations import operations
from survey.organisations.models import Authority, School
from survey.organisations.seats import operations as seats

LONGEST_SEARCH = 120
"""Letters of a search that are read. No name is longer."""

AT_A_GLANCE = 20
"""Schools and authorities up to which a page lists them all and offers no search."""


@dataclass(frozen=True)
class DirectoryEntry:
    """A school or an authority as the operator sees it: who it is, and how many can sign in."""

    organisation: School | Authority
    members: int

    def has(self, words: str) -> bool:
        """Are these words in its name, whatever their case?"""
        return words.casefold() in self.organisation.name.casefold()


@dataclass(frozen=True)
class DirectoryGroup:
    """An authority and its schools, or the schools that have none."""

    authority: DirectoryEntry | None
    schools: tuple[DirectoryEntry, ...]


@dataclass(frozen=True)
class Directory:
    """What the operator's page lists. `named` are the words that were looked for, if any, and
    `total` counts the schools and authorities there are, found or not."""

    groups: tuple[DirectoryGroup, ...]
    named: str
    total: int

    @property
    def is_long(self) -> bool:
        return self.total > AT_A_GLANCE

    @property
    def found(self) -> int:
        """Schools and authorities with the words in their own names."""
        listed = [one for group in self.groups for one in (group.authority, *group.schools)]
        return sum(one is not None and one.has(self.named) for one in listed)


def everyone(db: Session) -> tuple[DirectoryGroup, ...]:
    """Every authority with its schools, by name, and last the schools without one."""
    counts = seats.counts(db)
    schools: dict[uuid.UUID | None, list[DirectoryEntry]] = {}
    for school in db.scalars(
        select(School).where(School.erased_on.is_(None)).order_by(School.name)
    ):
        listed = DirectoryEntry(school, counts.get(school.school_id, 0))
        schools.setdefault(school.authority_id, []).append(listed)
    groups = [
        DirectoryGroup(
            DirectoryEntry(authority, counts.get(authority.authority_id, 0)),
            tuple(schools.get(authority.authority_id, ())),
        )
        for authority in operations.authorities(db)
    ]
    alone = tuple(schools.get(None, ()))
    return (*groups, DirectoryGroup(None, alone)) if alone else tuple(groups)


def look_up(db: Session, named: str) -> Directory:
    """Everyone or, with words, the schools that have them in their names, under their
    authorities. An authority that has them comes with all its schools."""
    groups = everyone(db)
    total = sum(len(group.schools) + (group.authority is not None) for group in groups)
    words = named.strip()[:LONGEST_SEARCH]
    return Directory(tuple(_narrowed(groups, words)) if words else groups, words, total)


def _narrowed(groups: tuple[DirectoryGroup, ...], words: str) -> list[DirectoryGroup]:
    found = []
    for group in groups:
        if group.authority is not None and group.authority.has(words):
            found.append(group)
        elif schools := tuple(one for one in group.schools if one.has(words)):
            found.append(DirectoryGroup(group.authority, schools))
    return found
