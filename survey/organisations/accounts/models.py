"""Links to choose a password, other ways to sign in, and who needs a second step."""

from __future__ import annotations

import uuid
from datetime import date, datetime

from sqlalchemy import BigInteger, ForeignKey, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import JSON

from survey.database import Base


class Passkey(Base):
    """A passkey or security key of a member. `works_alone`: it asked for a PIN, a face or a finger
    when it was added, and is found without an e-mail address, so no password is needed with it."""

    __tablename__ = "passkey"

    passkey_id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    member_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("member.id"), index=True)
    credential_id: Mapped[bytes] = mapped_column(LargeBinary(1023), unique=True)
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    sign_count: Mapped[int] = mapped_column(BigInteger)
    transports: Mapped[list[str]] = mapped_column(JSON)
    works_alone: Mapped[bool]
    name: Mapped[str]
    added_on: Mapped[date]
    used_on: Mapped[date | None]


class ProviderAccount(Base):
    """A member's account at Microsoft or Google. `name` is the e-mail address there, for the member
    to recognise it. A row with `unlinked_on` opens nothing; it stays so that an e-mail address is
    matched once only."""

    __tablename__ = "provider_account"
    __table_args__ = (UniqueConstraint("issuer", "subject"),)

    account_id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    member_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("member.id"), index=True)
    provider: Mapped[str] = mapped_column(String(12))
    issuer: Mapped[str]
    subject: Mapped[str]
    name: Mapped[str]
    linked_on: Mapped[date]
    unlinked_on: Mapped[date | None]


class SecondStepRule(Base):
    """A role that needs a second step: everywhere, or at an authority and its schools."""

    __tablename__ = "second_step_rule"
    __table_args__ = (UniqueConstraint("authority_id", "role"),)

    rule_id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    authority_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("authority.authority_id"))
    role: Mapped[str] = mapped_column(String(24))
    since: Mapped[date]


class PasswordLink(Base):
    """A link in an e-mail with which a member chooses a password. Only the hash of its token is
    kept."""

    __tablename__ = "password_link"

    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    member_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("member.id"), index=True)
    kind: Mapped[str]
    until: Mapped[datetime]
