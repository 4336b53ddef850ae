"""Compare and set for pages of staff: nothing is written on top of a change that its page missed.

A request reads what is stored, checks a form against it, and then writes. What another person saves
in between would be lost. So every write of a member counts up a number of its organisation, in the
same transaction. A form that says which values its page has seen is written only if that number is
still the one from before it was checked. Otherwise nothing is written and the request is run again,
so that the form is checked against what is stored now (see `survey.edit_conflicts`).
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
COUNTED = text(
    "INSERT INTO change_count (slot, number) VALUES (:slot, 1)"
    " ON CONFLICT (slot) DO UPDATE SET number = change_count.number + 1"
)


class StaleFormError(Exception):
    """Something was written after this request read what is stored."""


def init_app(app: Flask) -> None:
    plain: Callable[..., Any] = app.dispatch_request

    def dispatch(*given: Any) -> Any:
        try:
            for _run in range(RUNS):
                _begin_count()
                try:
                    return plain(*given)
                except StaleFormError:
                    _rewind()
        finally:  # what is noted about the request afterwards is no write of its form
            read().info.pop(FIRST_STEP, None)
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
    """Back to where a request begins: files are read from their start."""
    read().rollback()
    for _name, files in request.files.lists():
        for one in files:
            one.stream.seek(0)


class _Count:
    """Counts each transaction of a request. The first that is committed is held to the number that
    its form was checked with. Those after it are not: then the request must not be run again."""

    def __init__(self, slot: int, seen: int | None) -> None:
        self._slot, self._seen = slot, seen

    def begin(self, db: Session) -> None:
        if self._seen is None:
            db.execute(COUNTED, {"slot": self._slot})
        elif not self._counted_up(db, self._seen):
            raise StaleFormError

    def committed(self) -> None:
        self._seen = None

    def _counted_up(self, db: Session, seen: int) -> bool:
        """Whether nothing was written since. Of two first writes of a slot at the same moment, the
        second is run again."""
        held = (ChangeCount.slot == self._slot) & (ChangeCount.number == seen)
        done: Any = db.execute(update(ChangeCount).where(held).values(number=seen + 1))
        if not done.rowcount and not seen:
            done = db.execute(FIRST, {"slot": self._slot})
        return bool(done.rowcount)


def _slot() -> int:
    """The number that this page counts in: one of 256 for the school or authority in its address,
    or for what else the address names, or for pages of one kind. Those that share a number cost
    each other one more run, and with PostgreSQL they write one after the other."""
    given = request.view_args or {}
    named = (
        given.get("school_id") or given.get("authority_id") or "/".join(map(str, given.values()))
    )
    place = str(named or request.blueprint)
    return hashlib.sha256(place.encode()).digest()[0]


def _number(db: Session, slot: int) -> int:
    return db.scalar(select(ChangeCount.number).where(ChangeCount.slot == slot)) or 0
