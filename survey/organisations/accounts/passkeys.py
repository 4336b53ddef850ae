"""Passkeys and security keys of members (WebAuthn, with the library `webauthn`).

A passkey with user verification (PIN, face or fingerprint) is enough to sign in. Any passkey is a
second step after a password. A challenge is kept in the browser's session for some minutes, has one
purpose, and counts once, so a copied answer cannot be used again.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import time
import uuid
from collections.abc import Sequence
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

from flask import current_app, session
from flask_babel import gettext as _
from limits import parse
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    AuthenticatorTransport,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from survey.audit_log import EventName
from survey.database import begin, read, today
from survey.errors import RefusedError
from survey.http.rate_limits import SharedLimits
from survey.organisations.accounts.invitations import record_at_each
from survey.organisations.accounts.models import Passkey
from survey.organisations.models import Member
from survey.settings import PRODUCT, current_settings

CHALLENGE = "passkey_challenge"
HOLDS_SECONDS = 300
ONCE = parse("1 per 10 minutes")
"""A challenge, which is over before that."""

LONGEST_ANSWER = 20_000
LONGEST_NAME = 40
MOST_PASSKEYS = 10
TIMEOUT_MS = 120_000
USED = "used_challenges"
BROKEN = (WebAuthnException, ValueError, KeyError, TypeError, IndexError, RecursionError)
"""Exceptions of the library for a malformed or wrong answer."""


class PasskeyError(RefusedError):
    """The passkey gave a wrong answer, or is unknown."""


class Purpose(StrEnum):
    ADD = "add"
    SIGN_IN = "sign in"
    SECOND_STEP = "second step"


def of(db: Session, member_id: uuid.UUID) -> Sequence[Passkey]:
    """The passkeys of a member, the oldest first."""
    query = select(Passkey).where(Passkey.member_id == member_id)
    return db.scalars(query.order_by(Passkey.added_on, Passkey.name, Passkey.passkey_id)).all()


def count(db: Session, member_id: uuid.UUID) -> int:
    query = select(func.count()).select_from(Passkey).where(Passkey.member_id == member_id)
    return db.scalar(query) or 0


# What a page gives to the browser


def options_to_add(db: Session, member: Member) -> str:
    """Options for the browser to create a passkey, as JSON."""
    options = generate_registration_options(
        rp_id=_domain(),
        rp_name=PRODUCT,
        user_id=member.id.bytes,
        user_name=member.email,
        user_display_name=member.name,
        challenge=_new_challenge(Purpose.ADD),
        timeout=TIMEOUT_MS,
        exclude_credentials=_described(of(db, member.id)),
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.PREFERRED,
            user_verification=UserVerificationRequirement.PREFERRED,
        ),
    )
    document = json.loads(options_to_json(options))
    return json.dumps(document | {"extensions": {"credProps": True}})


def options_to_sign_in(db: Session, member: Member | None) -> str:
    """Options for the browser to use a passkey, as JSON. With a member: one of their passkeys, as a
    second step. Without: any passkey for this site, with user verification."""
    verification = UserVerificationRequirement.REQUIRED
    if member is not None:
        verification = UserVerificationRequirement.DISCOURAGED
    options = generate_authentication_options(
        rp_id=_domain(),
        challenge=_new_challenge(Purpose.SECOND_STEP if member else Purpose.SIGN_IN),
        timeout=TIMEOUT_MS,
        allow_credentials=_described(of(db, member.id)) if member else None,
        user_verification=verification,
    )
    return options_to_json(options)


# What the browser answers


def add(*, member: Member, answer: str, name: str) -> None:
    """Stores a new passkey of a signed-in member. Commits its own transaction, because a challenge
    counts once for all processes."""
    member_id = member.id
    name = " ".join(name.split())[:LONGEST_NAME] or _("Passkey")
    try:
        verified = verify_registration_response(
            credential=_bounded(answer),
            expected_challenge=_challenge(Purpose.ADD),
            expected_rp_id=_domain(),
            expected_origin=current_settings().public_address,
        )
        document = json.loads(answer)
    except BROKEN:
        raise _did_not_work() from None
    _use_up(Purpose.ADD)
    with begin() as db:
        found = db.get_one(Member, member_id)
        if count(db, member_id) >= MOST_PASSKEYS:
            raise PasskeyError(_("You have ten passkeys. Remove one first."))
        if _find(db, verified.credential_id):
            raise PasskeyError(_("This passkey is in use already."))
        db.add(
            Passkey(
                member_id=member_id,
                credential_id=verified.credential_id,
                public_key=verified.credential_public_key,
                sign_count=verified.sign_count,
                transports=_transports(document),
                works_alone=verified.user_verified and _is_stored(document),
                name=name,
                added_on=today(),
            )
        )
        _record(db, EventName.PASSKEY_ADDED, found)


def check(*, answer: str, member: Member | None) -> Member:
    """The member whose passkey signed the challenge. `member`: only one of theirs counts, as a
    second step. Raises a `PasskeyError`, which says the same for every reason."""
    purpose = Purpose.SECOND_STEP if member else Purpose.SIGN_IN
    try:
        document = json.loads(_bounded(answer))
        kept = _find(read(), base64url_to_bytes(document["rawId"]))
        if kept is None or (member is not None and kept.member_id != member.id):
            raise _did_not_work()
        handle = document["response"].get("userHandle")
        if handle and base64url_to_bytes(handle) != kept.member_id.bytes:
            raise _did_not_work()
        verified = verify_authentication_response(
            credential=answer,
            expected_challenge=_challenge(purpose),
            expected_rp_id=_domain(),
            expected_origin=current_settings().public_address,
            credential_public_key=kept.public_key,
            credential_current_sign_count=kept.sign_count,
            require_user_verification=member is None,
        )
    except (*BROKEN, AttributeError):
        raise _did_not_work() from None
    passkey_id, owner_id = kept.passkey_id, kept.member_id
    _use_up(purpose)
    with begin() as db:
        db.get_one(Passkey, passkey_id).sign_count = verified.new_sign_count
        db.get_one(Passkey, passkey_id).used_on = today()
    owner = read().get_one(Member, owner_id)
    if not owner.active:
        raise _did_not_work()
    return owner


def remove(db: Session, *, member: Member, passkey_id: uuid.UUID) -> None:
    """Removes a passkey of the member. Does nothing if it belongs to someone else."""
    kept = db.get(Passkey, passkey_id)
    if kept is None or kept.member_id != member.id:
        return
    db.delete(kept)
    db.flush()
    _record(db, EventName.PASSKEY_REMOVED, member)


def remove_all(db: Session, member_id: uuid.UUID) -> None:
    """Removes all passkeys, when the operator turns off the second step of an account."""
    db.execute(delete(Passkey).where(Passkey.member_id == member_id))


def owner_of(answer: str) -> Member | None:
    """The owner of the passkey that an answer names, right or wrong, for the access log."""
    try:
        kept = _find(read(), base64url_to_bytes(json.loads(_bounded(answer))["rawId"]))
    except (*BROKEN, AttributeError):
        return None
    return read().get(Member, kept.member_id) if kept else None


def _record(db: Session, name: EventName, member: Member) -> None:
    record_at_each(db, name, member, by=member)


def _find(db: Session, credential_id: bytes) -> Passkey | None:
    return db.scalar(select(Passkey).where(Passkey.credential_id == credential_id))


def _bounded(answer: str) -> str:
    if len(answer) > LONGEST_ANSWER:
        raise ValueError(answer[:10])
    return answer


def _transports(document: dict[str, Any]) -> list[str]:
    """The known transports by which the browser reaches the passkey."""
    given = document["response"].get("transports")
    known = {one.value for one in AuthenticatorTransport}
    return [one for one in given if one in known] if isinstance(given, list) else []


def _is_stored(document: dict[str, Any]) -> bool:
    """Whether the passkey is discoverable, so that no e-mail address is needed."""
    results = document.get("clientExtensionResults")
    properties = results.get("credProps") if isinstance(results, dict) else None
    return isinstance(properties, dict) and properties.get("rk") is True


def _described(keys: Sequence[Passkey]) -> list[PublicKeyCredentialDescriptor]:
    return [
        PublicKeyCredentialDescriptor(
            id=one.credential_id,
            transports=[AuthenticatorTransport(way) for way in one.transports] or None,
        )
        for one in keys
    ]


# Challenges


def _new_challenge(purpose: Purpose) -> bytes:
    challenge = secrets.token_bytes(32)
    until = int(time.time()) + HOLDS_SECONDS
    session[CHALLENGE] = [purpose.value, bytes_to_base64url(challenge), until]
    return challenge


def _challenge(purpose: Purpose) -> bytes:
    kind, challenge, until = session[CHALLENGE]
    if kind != purpose.value or not 0 < until - time.time() <= HOLDS_SECONDS:
        raise ValueError(kind)
    return base64url_to_bytes(challenge)


def _use_up(purpose: Purpose) -> None:
    """A challenge that was answered correctly does not count again, whatever the cookie."""
    challenge = _challenge(purpose)
    session.pop(CHALLENGE)
    used: SharedLimits = current_app.extensions[USED]
    if not used.hit(ONCE, "challenge", hashlib.sha256(challenge).hexdigest()):
        raise _did_not_work()


def _did_not_work() -> PasskeyError:
    return PasskeyError(_("That passkey did not work here. Try again, or sign in in another way."))


def _domain() -> str:
    return urlsplit(current_settings().public_address).hostname or ""
