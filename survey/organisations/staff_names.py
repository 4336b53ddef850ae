"""Names that a school lists, so that they are pointed out where students wrote them."""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from survey.audit_log import EventName, record
from survey.errors import RefusedError
from survey.organisations.models import StaffNames
from survey.permissions import MemberLike
from survey.typed_text import length

MOST_NAMES = 500
LONGEST_NAME = 80


class TooManyNamesError(RefusedError):
    """More names than any school has, or longer ones."""


def names_in(written: str) -> list[str]:
    """The names, one a line, each once, in alphabetical order."""
    return sorted(
        {" ".join(line.split()) for line in written.splitlines()} - {""}, key=str.casefold
    )


def find_staff_names(db: Session, school_id: uuid.UUID) -> tuple[str, ...]:
    """What the school listed, if anything."""
    found = db.get(StaffNames, school_id)
    return tuple(found.names) if found is not None else ()


def change_staff_names(
    db: Session, *, school_id: uuid.UUID, names: Iterable[str], by: MemberLike | None
) -> None:
    listed = list(names)
    if len(listed) > MOST_NAMES or any(length(name) > LONGEST_NAME for name in listed):
        raise TooManyNamesError(
            _(
                "List up to %(most)s names, one a line, each up to %(longest)s letters.",
                most=MOST_NAMES,
                longest=LONGEST_NAME,
            )
        )
    db.merge(StaffNames(school_id=school_id, names=listed))
    record(db, EventName.STAFF_NAMES_CHANGED, by=by, school_id=school_id)
