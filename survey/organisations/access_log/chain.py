"""Reading a chain of events, and checking that it is whole."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from survey.audit_log import OPERATORS, START, Event, EventChain, EventLink, line, next_hash


@dataclass(frozen=True)
class LogEntry:
    """An event of a chain, with its number and its hash."""

    event: Event
    number: int
    link_hash: bytes


def entries(db: Session, scope_id: uuid.UUID) -> list[LogEntry]:
    """The events of a chain, the newest first."""
    query = (
        select(Event, EventLink.number, EventLink.link_hash)
        .join(EventLink, EventLink.event_id == Event.event_id)
        .where(EventLink.scope_id == scope_id)
        .order_by(EventLink.number.desc())
    )
    return [LogEntry(*row) for row in db.execute(query)]


def last_link(db: Session, scope_id: uuid.UUID) -> tuple[int, bytes]:
    """The number and the hash of the newest event of a chain."""
    row = db.execute(
        select(EventChain.number, EventChain.link_hash).where(EventChain.scope_id == scope_id)
    ).one_or_none()
    return (row[0], row[1]) if row else (0, START)


def first_broken(db: Session, scope_id: uuid.UUID) -> int | None:
    """The number of the first event that does not follow from the one before; None if the chain is
    whole. Also finds an event that was added without a link, and links without their event."""
    expected, before = 0, START
    for entry in reversed(entries(db, scope_id)):
        expected += 1
        before = next_hash(before, line(scope_id, expected, entry.event))
        if entry.number != expected or entry.link_hash != before:
            return expected
    if (expected, before) != last_link(db, scope_id) or _unlinked(db, scope_id):
        return expected + 1
    return None


def _unlinked(db: Session, scope_id: uuid.UUID) -> int:
    """How many events of a scope are in no chain."""
    linked = select(EventLink.event_id)
    where: Iterable[Any] = (
        (Event.school_id.is_(None), Event.authority_id.is_(None))
        if scope_id == OPERATORS
        else (func.coalesce(Event.school_id, Event.authority_id) == scope_id,)
    )
    query = select(func.count()).select_from(Event).where(*where, Event.event_id.not_in(linked))
    return db.scalar(query) or 0
