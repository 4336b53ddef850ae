"""Browsers in which a member has signed in before.

Such a browser has its own count of wrong passwords, so that someone who tries passwords elsewhere
cannot keep the member out. Its cookie opens nothing: it holds a random number and a seal over it
and the account, names no one, and is sent only to the pages for signing in.
"""

from __future__ import annotations

import base64
import hmac
import secrets

from flask import Response, request

from survey.organisations.models import Member
from survey.settings import current_settings

PATH = "/sign-in"
DAYS = 180
MOST_ACCOUNTS = 5
"""Of one browser that several members use."""

BETWEEN = "~"
NUMBER_BYTES, SEAL_BYTES = 9, 16
LENGTH = 4 * (NUMBER_BYTES + SEAL_BYTES + 2) // 3


def recognised(member: Member) -> str | None:
    """The number of this browser, if the member has signed in with it before."""
    for entry in _entries():
        number, _, seal = entry.partition(".")
        if hmac.compare_digest(seal.encode(), _seal(member, number).encode()):
            return number
    return None


def remember(response: Response, member: Member) -> None:
    """Lets the browser be recognised the next time the member signs in."""
    number = recognised(member) or _letters(secrets.token_bytes(NUMBER_BYTES))
    entry = f"{number}.{_seal(member, number)}"
    others = [one for one in _entries() if one != entry]
    response.set_cookie(
        _name(),
        BETWEEN.join([entry, *others[: MOST_ACCOUNTS - 1]]),
        max_age=DAYS * 24 * 60 * 60,
        path=PATH,
        secure=current_settings().is_https,
        httponly=True,
        samesite="Lax",
    )


def _entries() -> list[str]:
    given = request.cookies.get(_name(), "")[: MOST_ACCOUNTS * 2 * LENGTH]
    return [one for one in given.split(BETWEEN) if one][:MOST_ACCOUNTS]


def _name() -> str:
    return "__Secure-known" if current_settings().is_https else "known"


def _seal(member: Member, number: str) -> str:
    key = hmac.digest(current_settings().secret_key.encode(), b"known browsers 1", "sha256")
    text = member.id.bytes + number.encode("utf-8", "replace")
    return _letters(hmac.digest(key, text, "sha256")[:SEAL_BYTES])


def _letters(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
