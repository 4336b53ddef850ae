"""The second step of signing in: codes that count once, recovery codes, and who needs it.

A code of the authenticator app is accepted within one time step (30 seconds) of now, and a step
that was accepted is remembered, so that a code that somebody looked at opens nothing again.
Recovery codes are kept as slow hashes.
"""

from __future__ import annotations

import secrets
from typing import Any

from flask_security.recovery_codes import MfRecoveryCodesUtil
from flask_security.totp import Totp
from flask_security.utils import hash_password, verify_password
from passlib.exc import TokenError, UsedTokenError  # type: ignore[import-untyped]
from sqlalchemy import or_, update

from survey.audit_log import EventName
from survey.database import database
from survey.organisations.accounts import access_events
from survey.organisations.models import Member
from survey.permissions import Role
from survey.settings import current_settings

CODE_WINDOW_SECONDS = 30
CODES = 5
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
GROUPS, LETTERS_IN_GROUP = 3, 4

NEEDED_BY = frozenset(Role) - {Role.COORDINATOR, Role.PARTNER}
"""Roles that read reports or requests for help, or open accounts."""


def is_needed(member: Member) -> bool:
    """Must the member sign in with a second step? One of their seats is enough."""
    settings = current_settings()
    return settings.second_step == "required" and any(
        seat.role in NEEDED_BY for seat in member.seats
    )


def is_missing(member: Member) -> bool:
    return is_needed(member) and not member.tf_primary_method


class OneTimeCodes(Totp):
    """Flask-Security's codes, each of which counts once."""

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
        except TokenError:
            return False
        return True


class RecoveryCodes(MfRecoveryCodesUtil):
    """Recovery codes, hashed like passwords. Older codes are kept encrypted, and
    still count."""

    def create_recovery_codes(self, user: Any) -> list[str]:
        codes = [_new_code() for _number in range(CODES)]
        user.mf_recovery_codes = [hash_password(_plain(code)) for code in codes]
        database.session.add(user)
        access_events.note(EventName.RECOVERY_CODES_MADE, user)
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
