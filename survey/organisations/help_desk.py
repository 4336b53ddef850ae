"""The help desk of a school: whether it is open, at which address, and who reads what comes in.

What comes in is in `help_requests`. This much is here because both the pages of a survey and those
of the desk need it, and neither may depend on the other.
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
    """No reader or no hours are named, or there are too many words."""


UNSEALED = 0
"""Where a desk has the number of a key: open from before there were keys."""

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
"""Open, and with somebody who can sign in and open what comes: else no student is sent there."""

OPEN_WORD = case((IS_READ, HelpDesk.word))
"""The word of the address, for a query that has joined the desk; nothing if it is not read."""


def open_word(db: Session, school: School) -> str | None:
    """The word of the address where students of the school may ask, if they may."""
    return db.scalar(select(OPEN_WORD).where(HelpDesk.school_id == school.school_id))


def has_reader(db: Session, school_id: uuid.UUID) -> bool:
    """Is the desk closed, or can somebody open what comes in?"""
    found = db.execute(
        select(HelpDesk.is_open, IS_READ).where(HelpDesk.school_id == school_id)
    ).one_or_none()
    return found is None or not found[0] or bool(found[1])


def find_desk(db: Session, school_id: uuid.UUID) -> HelpDesk | None:
    return db.get(HelpDesk, school_id)


def desk_behind(db: Session, word: str) -> tuple[HelpDesk, bool] | None:
    """The desk of an address, and whether anybody reads there now."""
    row = db.execute(select(HelpDesk, IS_READ).where(HelpDesk.word == word)).one_or_none()
    return None if row is None else (row[0], bool(row[1]))


def change_desk(
    db: Session, *, school_id: uuid.UUID, is_open: bool, who: str, hours: str, by: MemberLike | None
) -> HelpDesk:
    """Opens or closes the desk, and says who reads and when. The address stays for good: it may
    hang on a wall. A new desk takes requests once a reader has set up its key."""
    desk = db.get(HelpDesk, school_id)
    if desk is None:
        desk = HelpDesk(school_id=school_id, word=_new_word())
        db.add(desk)
    desk.is_open, desk.who, desk.hours = is_open, _line(who), _line(hours)
    record(db, EventName.HELP_DESK_CHANGED, by=by, school_id=school_id, is_open=is_open)
    return desk


def _new_word() -> str:
    """Random, so that no name of a school leads to it and no survey does either."""
    return "".join(secrets.choice(LETTERS) for _letter in range(LETTERS_IN_WORD))


def _line(given: str) -> str:
    words = " ".join(given.split())
    if not 1 <= length(words) <= LONGEST_LINE:
        raise SaysNothingError(_("Write between 1 and %(most)s characters.", most=LONGEST_LINE))
    return words
