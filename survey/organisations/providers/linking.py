"""Accounts at a provider that are tied to a member.

An account elsewhere opens only the account of someone who was invited; it never makes one. The two
are tied once: by the member, signed in, or by an e-mail address that the provider has checked. An
address is matched once only: it may belong to someone else one day.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from flask_babel import gettext as _
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from survey.audit_log import EventName
from survey.database import today
from survey.errors import RefusedError
from survey.organisations.accounts.invitations import record_at_each
from survey.organisations.accounts.models import Passkey, ProviderAccount
from survey.organisations.models import Member
from survey.organisations.providers.reasons import ProviderError, RefusalReason
from survey.organisations.providers.tokens import Vouched
from survey.permissions import Role


class LastWayError(RefusedError):
    """The member could not sign in any more."""


@dataclass(frozen=True)
class FoundAccount:
    """The member who signs in. `is_new`: their account elsewhere was tied just now, by its e-mail
    address."""

    member: Member
    is_new: bool


def accounts_of(db: Session, member_id: uuid.UUID) -> Sequence[ProviderAccount]:
    """The accounts elsewhere that open the member's account."""
    query = select(ProviderAccount).where(
        ProviderAccount.member_id == member_id, ProviderAccount.unlinked_on.is_(None)
    )
    return db.scalars(query.order_by(ProviderAccount.provider, ProviderAccount.name)).all()


def sign_in(db: Session, vouched: Vouched) -> FoundAccount:
    """The member of an account elsewhere. Raises a `ProviderError`."""
    account = _find(db, vouched)
    if account is None:
        return FoundAccount(_by_address(db, vouched), is_new=True)
    member = db.get_one(Member, account.member_id)
    if not member.active:
        raise ProviderError(RefusalReason.CLOSED, member.id)
    if account.unlinked_on is not None:
        raise ProviderError(RefusalReason.UNLINKED, member.id)
    return FoundAccount(member, is_new=False)


def link(db: Session, *, member: Member, vouched: Vouched) -> None:
    """Ties an account elsewhere to a member who is signed in."""
    account = _find(db, vouched)
    if account is not None and account.member_id != member.id:
        raise ProviderError(RefusalReason.TAKEN, member.id)
    if account is not None and account.unlinked_on is None:
        return
    if account is None:
        db.add(_account(member, vouched))
    else:
        account.unlinked_on, account.linked_on, account.name = None, today(), vouched.name
    _record(db, EventName.PROVIDER_LINKED, member, vouched.way.value)


def unlink(db: Session, *, member: Member, account_id: uuid.UUID) -> None:
    """The account elsewhere opens this one no more; one that is not the member's changes nothing.
    Raises a `LastWayError` if the member has no other way to sign in."""
    account = db.get(ProviderAccount, account_id)
    if account is None or account.member_id != member.id or account.unlinked_on is not None:
        return
    if member.password is None and len(accounts_of(db, member.id)) == 1 and not _alone(db, member):
        raise LastWayError(
            _("You have no other way to sign in. Set a password or add a passkey first.")
        )
    account.unlinked_on = today()
    _record(db, EventName.PROVIDER_UNLINKED, member, account.provider)


def unlink_all(db: Session, member_id: uuid.UUID) -> None:
    """For an account that is renewed."""
    db.execute(
        update(ProviderAccount)
        .where(ProviderAccount.member_id == member_id, ProviderAccount.unlinked_on.is_(None))
        .values(unlinked_on=today())
    )


def _by_address(db: Session, vouched: Vouched) -> Member:
    """The invited member whose e-mail address the provider has checked, tied from now on. Operators
    tie their accounts themselves: an organisation's own administrator could make any address."""
    if vouched.email is None:
        raise ProviderError(
            RefusalReason.NOT_VERIFIED if vouched.name else RefusalReason.NO_ACCOUNT
        )
    member = db.scalar(select(Member).where(Member.email == vouched.email, Member.active))
    if member is None or any(seat.role is Role.OPERATOR for seat in member.seats):
        raise ProviderError(RefusalReason.NO_ACCOUNT)
    before = select(func.count()).where(
        ProviderAccount.member_id == member.id, ProviderAccount.provider == vouched.way.value
    )
    if db.scalar(before):
        raise ProviderError(RefusalReason.NO_ACCOUNT, member.id)
    db.add(_account(member, vouched))
    _record(db, EventName.PROVIDER_LINKED, member, vouched.way.value)
    return member


def _account(member: Member, vouched: Vouched) -> ProviderAccount:
    return ProviderAccount(
        member_id=member.id,
        provider=vouched.way.value,
        issuer=vouched.issuer,
        subject=vouched.subject,
        name=vouched.name,
        linked_on=today(),
    )


def _find(db: Session, vouched: Vouched) -> ProviderAccount | None:
    return db.scalar(
        select(ProviderAccount).where(
            ProviderAccount.issuer == vouched.issuer, ProviderAccount.subject == vouched.subject
        )
    )


def _alone(db: Session, member: Member) -> bool:
    """Has the member a passkey that works without a password?"""
    query = select(Passkey.passkey_id).where(Passkey.member_id == member.id, Passkey.works_alone)
    return db.scalar(query.limit(1)) is not None


def _record(db: Session, name: EventName, member: Member, provider: str) -> None:
    record_at_each(db, name, member, by=member, provider=provider)
