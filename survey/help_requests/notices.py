"""E-mail to the readers of requests: that there is something to read, and nothing else."""

from __future__ import annotations

import uuid
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey.mail import outbox
from survey.mail.kinds import MailKind
from survey.organisations.models import CopyKind, DeskKeyCopy

MOST_A_DAY = 5
"""Messages to one reader about requests of one day. The count of them is not that of requests."""


def write(db: Session, school_id: uuid.UUID, key_number: int, today: date) -> None:
    """Puts a message into the outbox for each reader: that there is something to read."""
    for member_id in reader_ids(db, school_id, key_number):
        written = outbox.count(db, kind=MailKind.HELP_REQUEST, member_id=member_id, day=today)
        if written < MOST_A_DAY and not outbox.waits(db, MailKind.HELP_REQUEST, member_id):
            outbox.put(
                db,
                kind=MailKind.HELP_REQUEST,
                member_id=member_id,
                about=f"{today} {written + 1}",
            )


def reader_ids(db: Session, school_id: uuid.UUID, key_number: int) -> list[uuid.UUID]:
    """Who can open requests that are sealed to this key."""
    query = select(DeskKeyCopy.member_id).where(
        DeskKeyCopy.school_id == school_id,
        DeskKeyCopy.number == key_number,
        DeskKeyCopy.kind == CopyKind.READER,
    )
    return [one for one in db.scalars(query) if one is not None]
