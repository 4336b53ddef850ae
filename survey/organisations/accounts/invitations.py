"""Links by e-mail that let a member choose a password: once, and for a while.

The database holds the hash of a link's token. A new link of a kind ends the one before, and all end
when one is used, when the account is closed, or when the operator renews it. A reset leaves the
second step as it is, so that a mailbox alone opens no account that has one.
"""

from __future__ import annotations

import hashlib
import secrets
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from flask_babel import gettext as _
from flask_security.utils import hash_password
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from survey.audit_log import EventName, record
from survey.errors import NotThereError
from survey.mail import outbox
from survey.mail.kinds import MailKind
from survey.organisations.accounts import sessions
from survey.organisations.accounts.models import PasswordLink
from survey.organisations.models import Member
from survey.permissions import MemberLike

HOLDS = {MailKind.INVITATION: timedelta(days=7), MailKind.RESET: timedelta(hours=1)}


class LinkOverError(NotThereError):
    """The link was used, is too old, or never was one."""


def send_link(db: Session, member: Member, *, kind: MailKind) -> None:
    """Puts a message with a new link into the outbox."""
    db.execute(
        delete(PasswordLink).where(
            PasswordLink.member_id == member.id, PasswordLink.kind == kind.value
        )
    )
    send_first_links(db, [member], kind=kind)


def send_first_links(
    db: Session, members: Sequence[Member], *, kind: MailKind = MailKind.INVITATION
) -> None:
    """Puts a message with a link for each of these members, who have none, into the outbox."""
    until, messages = sessions.now() + HOLDS[kind], []
    for member in members:
        token = secrets.token_urlsafe(32)
        hashed = _hashed(token)
        db.add(PasswordLink(token_hash=hashed, member_id=member.id, kind=kind.value, until=until))
        messages.append(outbox.MailMessage(member.id, hashed.hex(), f"/password/{token}"))
    db.flush()
    outbox.put_each(db, kind=kind, messages=messages)


def has_link(db: Session, member: Member) -> bool:
    """Does the member have an invitation that still works?"""
    query = select(PasswordLink.token_hash).where(
        PasswordLink.member_id == member.id,
        PasswordLink.kind == MailKind.INVITATION.value,
        PasswordLink.until > sessions.now(),
    )
    return db.scalar(query.limit(1)) is not None


def member_of(db: Session, token: str) -> Member:
    """Whose link it is. Raises a `LinkOverError`, which is the same for every reason."""
    link = db.get(PasswordLink, _hashed(token))
    member = db.get(Member, link.member_id) if link and link.until > sessions.now() else None
    if member is None or not member.active:
        raise LinkOverError(
            _("This link was used, or its time is over. Ask for another on the sign-in page.")
        )
    return member


def use(db: Session, *, token: str, password: str) -> Member:
    """Sets the member's password, and ends every link and every session of theirs."""
    member = member_of(db, token)
    member.password = hash_password(password)
    member.first_password_until = None
    member.fs_uniquifier = uuid.uuid4().hex
    sessions.end_all(db, member.id)
    end_links(db, member.id)
    record_at_each(db, EventName.PASSWORD_CHANGED, member, by=member)
    return member


def record_at_each(
    db: Session, name: EventName, whom: Member, *, by: MemberLike | None, **details: Any
) -> None:
    """Records what happened to an account in the log of every organisation where it has a seat."""
    for seat in whom.seats or whom.memberships[-1:]:
        record(
            db,
            name,
            by=by,
            school_id=seat.school_id,
            authority_id=seat.authority_id,
            **details,
        )


def ask_for_reset(db: Session, *, email: str) -> None:
    """Sends a link if there is such an account. What the page says does not depend on it."""
    member = db.scalar(select(Member).where(Member.email == email.strip().lower(), Member.active))
    if member is not None:
        send_link(db, member, kind=MailKind.RESET)


def end_links(db: Session, member_id: uuid.UUID) -> None:
    db.execute(delete(PasswordLink).where(PasswordLink.member_id == member_id))


def forget_old(db: Session, *, now: datetime) -> None:
    """Deletes links whose time is over."""
    db.execute(delete(PasswordLink).where(PasswordLink.until <= now))


def _hashed(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
