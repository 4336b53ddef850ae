"""The help desk of a school: whether it is open, its address, and its readers.

The requests themselves are in `help_requests`. This module is separate because survey pages and
desk pages both need it, and neither may depend on the other.
"""

from __future__ import annotations

import secrets
import uuid

from flask_babel import gettext as _
from sqlalchemy import and_, case, exists, or_, select
from sqlalchemy.orm import Session

from survey.audit_log import EventName, record
from survey.errors import RefusedError
from survey.organisations.models import (
    CopyKind,
    DeskKeyCopy,
    HelpDesk,
    Member,
    Membership,
    School,
)
from survey.permissions import PERMISSIONS, MemberLike, Permission
from survey.typed_text import length

LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
LETTERS_IN_WORD = 6
LONGEST_LINE = 120


class SaysNothingError(RefusedError):
    """The text names no reader or no hours, or is too long."""


UNSEALED = 0
"""The condition for a desk that has a key, or was opened before keys existed."""

_MAY_READ = and_(
    Membership.school_id == HelpDesk.school_id,
    Membership.role.in_(PERMISSIONS[Permission.HELP_REQUESTS_READ]),
    Membership.ended_on.is_(None),
    Member.id == Membership.member_id,
    Member.active,
)

IS_READ = and_(
    HelpDesk.is_open,
    or_(
        and_(
            HelpDesk.key_number == UNSEALED,
            exists().where(_MAY_READ),
        ),
        exists().where(
            DeskKeyCopy.school_id == HelpDesk.school_id,
            DeskKeyCopy.number == HelpDesk.key_number,
            DeskKeyCopy.kind == CopyKind.READER,
            Membership.member_id == DeskKeyCopy.member_id,
            _MAY_READ,
        ),
    ),
)
"""The condition for a desk that is open and has a reader who can sign in: students are sent only to
such a desk."""

OPEN_WORD = case((IS_READ, HelpDesk.word))
"""The word of the address, for a query that joins the desk; null if no one reads requests."""


def open_word(db: Session, school: School) -> str | None:
    """The word of the address at which students can ask for help; None if they cannot."""
    return db.scalar(select(OPEN_WORD).where(HelpDesk.school_id == school.school_id))


def has_reader(db: Session, school_id: uuid.UUID) -> bool:
    """Whether the desk is closed or has someone who can read its requests."""
    found = db.execute(
        select(HelpDesk.is_open, IS_READ).where(HelpDesk.school_id == school_id)
    ).one_or_none()
    return found is None or not found[0] or bool(found[1])


def find_desk(db: Session, school_id: uuid.UUID) -> HelpDesk | None:
    return db.get(HelpDesk, school_id)


def desk_behind(db: Session, word: str) -> tuple[HelpDesk, bool] | None:
    """The desk of an address, and whether anyone reads its requests now."""
    row = db.execute(select(HelpDesk, IS_READ).where(HelpDesk.word == word)).one_or_none()
    return None if row is None else (row[0], bool(row[1]))


def change_desk(
    db: Session, *, school_id: uuid.UUID, is_open: bool, who: str, hours: str, by: MemberLike | None
) -> HelpDesk:
    """Opens or closes the desk, and sets who reads and when. The address never changes, because it
    may be on posters. A new desk accepts requests after a reader has set up its key."""
    desk = db.get(HelpDesk, school_id)
    if desk is None:
        desk = HelpDesk(school_id=school_id, word=_new_word())
        db.add(desk)
    desk.is_open, desk.who, desk.hours = is_open, _line(who), _line(hours)
    record(db, EventName.HELP_DESK_CHANGED, by=by, school_id=school_id, is_open=is_open)
    return desk


def _new_word() -> str:
    """Random, so that it cannot be derived from the name of a school or from a survey."""
    return "".join(secrets.choice(LETTERS) for _letter in range(LETTERS_IN_WORD))


def _line(given: str) -> str:
    words = " ".join(given.split())
    if not 1 <= length(words) <= LONGEST_LINE:
        raise SaysNothingError(_("Write between 1 and %(most)s characters.", most=LONGEST_LINE))
    return words
