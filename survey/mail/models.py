"""The outbox, and which messages each member wants."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from survey.database import Base, by_value
from survey.mail.kinds import MailKind


class MailState(StrEnum):
    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"


class OutMail(Base):
    """A message to a member. It holds no words: they follow from its kind when it is sent.

    `about` tells messages of one kind apart, so that none is written twice. `sealed` is the path of
    the page it leads to, sealed under the operator's key and removed once it is sent: that of an
    invitation opens an account. `written_on` is a day, and rows are in no order of time: a request
    for help leaves none."""

    __tablename__ = "out_mail"
    __table_args__ = (
        UniqueConstraint("kind", "member_id", "about"),
        {"sqlite_with_rowid": False},
    )

    mail_id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    kind: Mapped[MailKind] = mapped_column(by_value(MailKind, 24))
    member_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("member.id"), index=True)
    about: Mapped[str]
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    written_on: Mapped[date]
    state: Mapped[MailState] = mapped_column(by_value(MailState, 12), default=MailState.WAITING)
    tries: Mapped[int] = mapped_column(default=0)
    next_try: Mapped[datetime | None]
    problem: Mapped[str | None]


class MailSwitchedOff(Base):
    """A kind of message that a member does not want."""

    __tablename__ = "mail_switched_off"

    member_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("member.id"), primary_key=True)
    kind: Mapped[MailKind] = mapped_column(by_value(MailKind, 24), primary_key=True)
