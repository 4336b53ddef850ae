"""Compare and set for pages of staff: nothing is written on top of a change that its page missed.

A request reads what is stored, checks a form against it, and then writes. What another person saves
in between would be lost. So every write of a member counts up a number of its organisation, in the
same transaction. A form that says which values its page has seen is written only if that number is
still the one from before it was checked. Otherwise nothing is written and the request is run again,
so that the form is checked against what is stored now (see `survey.edits`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from flask import Flask, current_app, request, session
from flask_babel import gettext as _
from sqlalchemy import select, text, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from survey.database import FIRST_STEP, Base, read
from survey.errors import NotNowError
from survey.permissions import Permission, declared_access

SEEN_VALUES = "seen_values"
"""The field in which a form says what its page has seen."""

RUNS = 6
"""How often a request is run before it gives up."""


class ChangeCount(Base):
    """How many writes there were in the organisations of one slot."""

    __tablename__ = "change_count"

    slot: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[int]


FIRST = text("INSERT INTO change_count (slot, number) VALUES (:slot, 1) ON CONFLICT DO NOTHING")


class ChangedMeanwhileError(Exception):
    """Something was written after this request read what is stored."""


def init_app(app: Flask) -> None:
    app.before_request(_begin_count)
    plain: Callable[..., Any] = app.dispatch_request

    def dispatch(*given: Any) -> Any:
        for _run in range(RUNS):
            try:
                return plain(*given)
            except ChangedMeanwhileError:
                _rewind()
        raise NotNowError(_("Others saved at the same moment. Nothing is saved yet: try again."))

    app.dispatch_request = dispatch  # type: ignore[method-assign]


def _begin_count() -> None:
    """What a page of staff writes is counted, and held to what its form has seen."""
    if request.method != "POST" or request.endpoint is None or "_user_id" not in session:
        return
    if isinstance(declared_access(current_app, request.endpoint), Permission):
        slot = _slot()
        seen = _number(read(), slot) if SEEN_VALUES in request.form else None
        read().info[FIRST_STEP] = _Count(slot, seen)


def _rewind() -> None:
    """Back to where a request begins: a file is read from its start, and the number again."""
    read().rollback()
    for one in request.files.values():
        one.stream.seek(0)
    _begin_count()


class _Count:
    """The first step of each transaction of a request."""

    def __init__(self, slot: int, seen: int | None) -> None:
        self.slot, self.seen = slot, seen

    def __call__(self, db: Session) -> None:
        count_up = update(ChangeCount).where(ChangeCount.slot == self.slot)
        if self.seen is not None:
            count_up = count_up.where(ChangeCount.number == self.seen)
        done: Any = db.execute(count_up.values(number=ChangeCount.number + 1))
        if not done.rowcount:
            if self.seen:
                raise ChangedMeanwhileError
            self._count_first(db)
        if self.seen is not None:
            self.seen += 1

    def _count_first(self, db: Session) -> None:
        """The first write of a slot: of two at the same moment, the second is run again."""
        done: Any = db.execute(FIRST, {"slot": self.slot})
        if not done.rowcount:
            raise ChangedMeanwhileError


def _slot() -> int:
    """The number that this page counts in: one of 256 for the school or authority in its address.
    Those that share a number cost each other one more run. Pages without an organisation, such as a
    member's own, share one too."""
    given = request.view_args or {}
    place = str(given.get("school_id") or given.get("authority_id") or "")
    return hashlib.sha256(place.encode()).digest()[0]


def _number(db: Session, slot: int) -> int:
    return db.scalar(select(ChangeCount.number).where(ChangeCount.slot == slot)) or 0
