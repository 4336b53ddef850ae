"""Putting a message into the outbox: in the transaction of what it is about, so that neither is
there without the other."""

from __future__ import annotations

import base64
import hashlib
import secrets
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from survey.database import today
from survey.mail.kinds import MailKind
from survey.mail.models import MailState, MailSwitchedOff, OutMail
from survey.mail.settings import way_out
from survey.settings import Settings, current_settings

KEPT = timedelta(days=30)
LONGEST_WAIT = timedelta(hours=8)
"""Between two tries of one message."""
INSERTS: Mapping[str, Any] = {"postgresql": postgresql.insert, "sqlite": sqlite.insert}

START_PAGE = "/staff"
"""Where a message leads to that names no other page: the start page says what there is to do."""


def is_set_up() -> bool:
    """Does this installation send e-mail?"""
    return way_out(current_settings()) is not None


def put(
    db: Session, *, kind: MailKind, member_id: uuid.UUID, about: str, path: str = START_PAGE
) -> None:
    """Writes a message that leads to `path`. Nothing happens if no e-mail is sent here, if the
    member does not want this kind, or if this very message was written before."""
    put_each(db, kind=kind, messages=[MailMessage(member_id, about, path)])


@dataclass(frozen=True)
class MailMessage:
    """Whom a message is for, what it is about, and the page that it leads to."""

    member_id: uuid.UUID
    about: str
    path: str


AT_ONCE = 500
"""A statement takes so many values."""


def put_each(db: Session, *, kind: MailKind, messages: Sequence[MailMessage]) -> None:
    """Writes messages of a kind, by the rules of `put`."""
    settings = current_settings()
    if way_out(settings) is None:
        return
    for at in range(0, len(messages), AT_ONCE):
        part = messages[at : at + AT_ONCE]
        query = select(MailSwitchedOff.member_id).where(
            MailSwitchedOff.kind == kind,
            MailSwitchedOff.member_id.in_([one.member_id for one in part]),
        )
        unwanted = set(db.scalars(query))
        rows = [
            {
                "mail_id": uuid.uuid4(),
                "kind": kind,
                "member_id": one.member_id,
                "about": one.about,
                "sealed": seal(one.path, settings),
                "written_on": today(),
                "state": MailState.WAITING,
                "tries": 0,
            }
            for one in part
            if one.member_id not in unwanted
        ]
        if rows:
            insert = INSERTS[db.get_bind().dialect.name]
            db.execute(insert(OutMail).on_conflict_do_nothing(), rows)


def count(db: Session, *, kind: MailKind, member_id: uuid.UUID, day: date) -> int:
    """How many messages of a kind were written to a member that day."""
    query = select(func.count()).where(
        OutMail.kind == kind, OutMail.member_id == member_id, OutMail.written_on == day
    )
    return db.scalar(query) or 0


def waits(db: Session, kind: MailKind, member_id: uuid.UUID) -> bool:
    """Does a message of this kind to the member wait to be sent?"""
    query = select(OutMail.mail_id).where(
        OutMail.kind == kind, OutMail.member_id == member_id, OutMail.state == MailState.WAITING
    )
    return db.scalar(query.limit(1)) is not None


def is_due(db: Session, *, at: datetime) -> bool:
    """Is there a message whose time to be sent has come? `at` is in UTC without a zone."""
    query = select(OutMail.mail_id).where(OutMail.state == MailState.WAITING, is_time(at))
    return db.scalar(query.limit(1)) is not None


def is_time(at: datetime) -> ColumnElement[bool]:
    """Whose time to be sent has come. A later time than any wait was written by a clock that was
    ahead, and puts nothing off."""
    return OutMail.next_try.is_(None) | ~OutMail.next_try.between(
        at + timedelta(seconds=1), at + LONGEST_WAIT
    )


NONCE_BYTES = 12
BEFORE = b"gAAAA"
"""How paths began that were sealed as Fernet tokens."""


class MailSealError(Exception):
    """A path was sealed under another secret key."""


def seal(path: str, settings: Settings) -> bytes:
    """A path sealed under the secret key. Nothing tells when: a Fernet token, as was used before,
    names in plain the second in which it was made, and so that of a request for help."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + AESGCM(_key(settings)).encrypt(nonce, path.encode(), b"outbox 2")


def unseal(sealed: bytes | None, settings: Settings) -> str:
    """What was sealed, or a `MailSealError`; the start page where nothing is."""
    if sealed is None:
        return START_PAGE
    try:
        if sealed.startswith(BEFORE):
            return Fernet(base64.urlsafe_b64encode(_key(settings))).decrypt(sealed).decode()
        nonce, rest = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]
        return AESGCM(_key(settings)).decrypt(nonce, rest, b"outbox 2").decode()
    except (InvalidTag, InvalidToken, ValueError):
        raise MailSealError from None


def _key(settings: Settings) -> bytes:
    return hashlib.sha256(b"outbox" + settings.secret_key.encode()).digest()


@dataclass(frozen=True)
class MailStatus:
    """How many messages are in each state, and what goes wrong: now, with those that wait, or with
    the newest that was not sent."""

    counts: Mapping[MailState, int]
    problem: str | None


def standing(db: Session) -> MailStatus:
    counts = db.execute(select(OutMail.state, func.count()).group_by(OutMail.state)).all()
    problem = db.scalar(
        select(OutMail.problem)
        .where(OutMail.problem.is_not(None), OutMail.state != MailState.SENT)
        .order_by(OutMail.state != MailState.WAITING, OutMail.written_on.desc())
        .limit(1)
    )
    return MailStatus({row[0]: row[1] for row in counts}, problem)


def messages_to(
    db: Session, member_id: uuid.UUID, *kinds: MailKind, most: int = 20
) -> list[OutMail]:
    """The newest messages to a member, of these kinds if any are given."""
    query = select(OutMail).where(OutMail.member_id == member_id)
    if kinds:
        query = query.where(OutMail.kind.in_(kinds))
    newest = query.order_by(OutMail.written_on.desc(), OutMail.state != MailState.WAITING)
    return list(db.scalars(newest.limit(most)))


def try_again(db: Session) -> int:
    """Messages that failed wait again; how many these are."""
    done = db.execute(
        update(OutMail)
        .where(OutMail.state == MailState.FAILED)
        .values(state=MailState.WAITING, tries=0, next_try=None)
    )
    return int(done.rowcount)  # type: ignore[attr-defined]


def switched_off(db: Session, member_id: uuid.UUID) -> frozenset[MailKind]:
    query = select(MailSwitchedOff.kind).where(MailSwitchedOff.member_id == member_id)
    return frozenset(db.scalars(query))


def switch(db: Session, *, member_id: uuid.UUID, off: frozenset[MailKind]) -> None:
    """Sets which kinds a member does not want."""
    db.execute(delete(MailSwitchedOff).where(MailSwitchedOff.member_id == member_id))
    db.add_all(MailSwitchedOff(member_id=member_id, kind=kind) for kind in sorted(off))


def forget_old(db: Session, *, today: date) -> None:
    """Deletes messages that were written a month ago. One of a day to come, by a clock that was
    ahead, counts from today."""
    db.execute(update(OutMail).where(OutMail.written_on > today).values(written_on=today))
    db.execute(delete(OutMail).where(OutMail.written_on <= today - KEPT))
