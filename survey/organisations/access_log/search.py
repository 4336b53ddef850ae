"""Finding entries of the log: a kind, a person, some days, page by page."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session

from survey.audit_log import OPERATORS, Event, EventLink, EventName
from survey.organisations.access_log.chain import LogEntry
from survey.organisations.models import Member, Membership
from survey.permissions import Role

OF_OPERATORS = frozenset(
    name
    for name in EventName
    if name.value.startswith(("school.", "authority.", "member.", "desk_reader.removed"))
) - {EventName.SCHOOL_INVITED, EventName.SCHOOL_UNINVITED, EventName.SCHOOL_SET_ASIDE,
     EventName.SCHOOL_TAKEN_BACK}  # fmt: skip
"""What operators do at organisations. An operator may have a seat at a school too: what they do
there is that school's to read."""


@dataclass(frozen=True)
class LogFilter:
    """Which entries: of these names if any are given, by this member, from one day to another, both
    included."""

    names: frozenset[EventName] = frozenset()
    member_id: uuid.UUID | None = None
    first: date | None = None
    last: date | None = None

    def within(self, query: Select[Any]) -> Select[Any]:
        if self.names:
            query = query.where(Event.name.in_(sorted(self.names)))
        if self.member_id is not None:
            query = query.where(Event.member_id == self.member_id)
        if self.first is not None:
            query = query.where(Event.at >= datetime.combine(self.first, time()))
        if self.last is not None:
            query = query.where(Event.at <= datetime.combine(self.last, time.max))
        return query


EVERYTHING = LogFilter()


def find(
    db: Session,
    scope_id: uuid.UUID,
    wanted: LogFilter = EVERYTHING,
    *,
    skip: int = 0,
    most: int | None = None,
) -> list[LogEntry]:
    """Entries of an organisation, the newest first. Those of the operators are also what operators
    did at organisations, in the order of time."""
    query: Any = (
        select(Event, EventLink.number, EventLink.link_hash)
        .join(EventLink, EventLink.event_id == Event.event_id)
        .where(_of(scope_id))
    )
    if scope_id == OPERATORS:
        query = query.order_by(Event.at.desc(), EventLink.scope_id)
    query = query.order_by(EventLink.number.desc())
    return [LogEntry(*row) for row in db.execute(wanted.within(query).offset(skip).limit(most))]


def count(db: Session, scope_id: uuid.UUID, wanted: LogFilter = EVERYTHING) -> int:
    query = (
        select(func.count())
        .select_from(Event)
        .join(EventLink, EventLink.event_id == Event.event_id)
        .where(_of(scope_id))
    )
    return int(db.scalar(wanted.within(query)) or 0)


def people(db: Session, scope_id: uuid.UUID) -> list[tuple[uuid.UUID, str]]:
    """Everyone with an entry who has a name still, by name."""
    query = (
        select(Member.id, Member.name)
        .join(Event, Event.member_id == Member.id)
        .join(EventLink, EventLink.event_id == Event.event_id)
        .where(_of(scope_id), Member.name != "")
        .distinct()
        .order_by(Member.name)
    )
    return [(row[0], row[1]) for row in db.execute(query)]


def _of(scope_id: uuid.UUID) -> ColumnElement[bool]:
    own = EventLink.scope_id == scope_id
    if scope_id != OPERATORS:
        return own
    operators = select(Membership.member_id).where(Membership.role == Role.OPERATOR)
    return or_(own, and_(Event.member_id.in_(operators), Event.name.in_(sorted(OF_OPERATORS))))
