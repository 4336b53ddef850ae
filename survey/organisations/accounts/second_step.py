"""The second step of signing in: codes that count once, recovery codes, and who still lacks it.

A code from the authenticator app is accepted within one time step (30 seconds) of now, and a step
that was accepted is remembered, so that a code that someone saw opens nothing again. Recovery
codes are kept as slow hashes. A passkey is a second step too.
"""

from __future__ import annotations

import hmac
import json
import secrets
from collections.abc import Sequence
from typing import Any

from flask import current_app
from flask_security.recovery_codes import MfRecoveryCodesUtil
from flask_security.totp import Totp
from flask_security.utils import hash_password, verify_password
from passlib.exc import TokenError, UsedTokenError  # type: ignore[import-untyped]
from passlib.totp import TOTP, AppWallet  # type: ignore[import-untyped]
from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from survey.audit_log import EventName
from survey.database import database, read
from survey.logs import log
from survey.organisations.accounts import access_recorder, passkeys, second_step_rules, sessions
from survey.organisations.models import Member

CODE_WINDOW_SECONDS = 30
CODES = 5
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
GROUPS, LETTERS_IN_GROUP = 3, 4


def is_needed(member: Member) -> bool:
    """Must the member sign in with a second step?"""
    return second_step_rules.needs_one(read(), member)


def is_on(member: Member) -> bool:
    """Has the member set up a second step here?"""
    return bool(member.tf_primary_method) or bool(passkeys.count(read(), member.id))


def is_missing(member: Member) -> bool:
    """Does the member need a second step, have none, and has no provider asked for one either?"""
    if member.tf_primary_method or sessions.current_has_second_step():
        return False
    return is_needed(member) and not is_on(member)


LEGACY_TAG = "1"
"""Names the key of secrets from before a key could be replaced: the oldest in the settings."""


def tagged(keys: Sequence[str]) -> dict[str, str]:
    """The keys of the settings, the newest first, each under a name that stays the same when others
    come and go. Only the name is stored with what a key encrypts."""
    names = {_tag(key): key for key in keys}
    return names | {LEGACY_TAG: keys[-1]}


def _tag(key: str) -> str:
    return "k" + hmac.digest(key.encode(), b"name of this key", "sha256").hex()[:16]


class OneTimeCodes(Totp):
    """Flask-Security's codes, each of which counts once. New secrets are encrypted under the newest
    key; older keys still open theirs."""

    def __init__(self, secrets: dict[str, str], issuer: str) -> None:
        self._wallet = AppWallet(secrets, default_tag=next(iter(secrets)))
        self._totp = TOTP.using(issuer=issuer, wallet=self._wallet)

    def verify_totp(self, token: str, totp_secret: str, user: Any, window: int = 0) -> bool:
        try:
            return bool(super().verify_totp(token, totp_secret, user, window))
        except KeyError:
            log.warning("second_step_key_missing")
            return False

    def encrypted_again(self, secret: str) -> str | None:
        """The secret under the newest key; None if it is. Raises a `KeyError` if the settings have
        its key no more."""
        if json.loads(secret)["enckey"]["t"] == self._wallet.default_tag:
            return None
        return str(self._totp.from_source(secret).to_json(encrypt=True))

    def get_last_counter(self, user: Any) -> int | None:
        step: int | None = user.last_code_step
        return step

    def set_last_counter(self, user: Any, tmatch: Any) -> None:
        """Remembers the step of a code. Of two requests with one code at the same time, only one
        changes the row."""
        changed = database.session.execute(
            update(Member)
            .where(
                Member.id == user.id,
                or_(Member.last_code_step.is_(None), Member.last_code_step < tmatch.counter),
            )
            .values(last_code_step=tmatch.counter)
            .execution_options(synchronize_session=False)
        )
        if not changed.rowcount:  # type: ignore[attr-defined]
            raise UsedTokenError

    def matches(self, code: str, secret: str) -> bool:
        """Is this a code of the phone? It does not count as used."""
        try:
            self._totp.verify(code, secret, window=CODE_WINDOW_SECONDS)
        except (TokenError, KeyError):
            return False
        return True


class RecoveryCodes(MfRecoveryCodesUtil):
    """Recovery codes, hashed like passwords. Older codes are kept encrypted, and
    still count."""

    def create_recovery_codes(self, user: Any) -> list[str]:
        codes = [_new_code() for _number in range(CODES)]
        user.mf_recovery_codes = [hash_password(_plain(code)) for code in codes]
        database.session.add(user)
        access_recorder.note(EventName.RECOVERY_CODES_MADE, user)
        return codes

    def get_recovery_codes(self, user: Any) -> list[str]:  # noqa: ARG002
        """None: a code is shown once, when it is made."""
        return []

    def check_recovery_code(self, user: Any, code: str) -> bool:
        database.session.refresh(user, with_for_update=True)  # used twice at once, it counts once
        return self._find(user, code) is not None

    def delete_recovery_code(self, user: Any, code: str) -> bool:
        kept = self._find(user, code)
        if kept is None:
            return False
        user.mf_recovery_codes = [one for one in user.mf_recovery_codes or [] if one != kept]
        return True

    def hashed_again(self, kept: Sequence[str]) -> list[str]:
        """The codes as slow hashes, also those that were kept encrypted. One whose key is gone is
        left out."""
        return [
            one if one.startswith("$") else hash_password(_plain(code))
            for one in kept
            for code in ([""] if one.startswith("$") else self._decrypt_codes([one]))
        ]

    def _find(self, user: Member, code: str) -> str | None:
        """The stored form of the code, if it is one of the member's."""
        return next((one for one in user.mf_recovery_codes or [] if self._is(one, code)), None)

    def _is(self, kept: str, code: str) -> bool:
        if kept.startswith("$"):
            return bool(verify_password(_plain(code), kept))
        return any(_plain(one) == _plain(code) for one in self._decrypt_codes([kept]))


def _new_code() -> str:
    """About 59 bits, without letters that look alike."""
    return "-".join(
        "".join(secrets.choice(LETTERS) for _letter in range(LETTERS_IN_GROUP))
        for _group in range(GROUPS)
    )


def _plain(code: str) -> str:
    return "".join(letter for letter in code.lower() if letter.isalnum())[:64]


def encrypt_again(db: Session) -> tuple[int, int]:
    """Encrypts second steps under the newest key of the settings. Says how many were, and how many
    could not be, because their key is not among the older ones."""
    security = current_app.extensions["security"]
    codes: OneTimeCodes = security.totp_factory
    recovery: RecoveryCodes = security.mf_recovery_codes_util
    done = left = 0
    for member in db.scalars(select(Member).where(Member.tf_totp_secret.is_not(None))):
        try:
            again = codes.encrypted_again(member.tf_totp_secret or "")
        except KeyError:
            left += 1
            continue
        if again is not None:
            member.tf_totp_secret = again
            done += 1
        member.mf_recovery_codes = recovery.hashed_again(member.mf_recovery_codes or [])
    return done, left
