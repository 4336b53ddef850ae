"""Entries of the start page of a school: duties, reports to read, and what comes next.

Packages above add to it without being imported here. A package marks a function with `gives_duties`
or `gives_reports`; it is called with the session, the member, and today.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from enum import IntEnum

from sqlalchemy.orm import Session

from survey.permissions import MemberLike


class Weight(IntEnum):
    """How soon a duty should be seen to; the lowest first."""

    STUDENT_ASKS = 0
    STUDENT_AT_RISK = 1
    LATE = 2
    SOMEBODY_WAITS = 3
    DUE = 4


@dataclass(frozen=True)
class Duty:
    """One thing to do. `label` is the link to it; `days_late` is 0 until it is due. `mail` is the
    kind of e-mail about it, if that is not the daily digest."""

    title: str
    says: str
    address: str
    label: str
    weight: Weight = Weight.DUE
    days_late: int = 0
    due_on: date | None = None
    mail: str | None = None


@dataclass(frozen=True)
class StartPageLink:
    label: str
    address: str


@dataclass(frozen=True)
class LastReport:
    """The newest report of a survey that can be read. `links` lead on from it."""

    title: str
    month: date
    address: str
    is_of_students: bool
    links: tuple[StartPageLink, ...] = ()


@dataclass(frozen=True)
class Desk:
    """For whom the start page is drawn."""

    db: Session
    school_id: uuid.UUID
    member: MemberLike
    today: date


Duties = Callable[[Desk], Iterable[Duty]]
Reports = Callable[[Desk], Iterable[LastReport]]

_duties: list[Duties] = []
_reports: list[Reports] = []


def gives_duties(give: Duties) -> Duties:
    """Marks a function whose duties are on the start page."""
    _duties.append(give)
    return give


def gives_reports(give: Reports) -> Reports:
    """Marks a function whose reports are on the start page."""
    _reports.append(give)
    return give


def duties_of(desk: Desk) -> tuple[Duty, ...]:
    """Everything to do: requests of children first, then what is late, the latest first."""
    found = [one for give in _duties for one in give(desk)]
    return tuple(
        sorted(found, key=lambda one: (one.weight, -one.days_late, one.due_on or date.max))
    )


def reports_of(desk: Desk) -> tuple[LastReport, ...]:
    """What can be read: reports of students first, then the newest."""
    found = [one for give in _reports for one in give(desk)]
    return tuple(sorted(found, key=lambda one: (not one.is_of_students, -one.month.toordinal())))


def days_late(due_on: date, today: date) -> int:
    """Days since something was due; 0 until then."""
    return max((today - due_on).days, 0)
