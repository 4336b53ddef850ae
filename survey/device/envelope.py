"""Bytes sealed for an address: no one can read or change them, and after two hours no one opens
them at all."""

from __future__ import annotations

import base64
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from survey.device.hour_keys import HourKeys

NONCE_BYTES = 12
HOURS_TOLD = 256
"""An envelope names its hour by one byte: only three hours are ever in question."""


def seal(keys: HourKeys, plain: bytes, *, purpose: bytes) -> str:
    """The bytes as letters for an address. Equal lengths give equal lengths."""
    hour, key = keys.current()
    nonce = secrets.token_bytes(NONCE_BYTES)
    sealed = AESGCM(key).encrypt(nonce, plain, purpose)
    return (
        base64.urlsafe_b64encode(bytes((hour % HOURS_TOLD,)) + nonce + sealed).decode().rstrip("=")
    )


def unseal(keys: HourKeys, letters: str, *, purpose: bytes) -> bytes | None:
    """What was sealed; None if the key is forgotten or the letters are not ours."""
    try:
        whole = base64.b64decode(letters + "=" * (-len(letters) % 4), altchars=b"-_", validate=True)
    except ValueError:
        return None
    if len(whole) <= 1 + NONCE_BYTES:
        return None
    now, _key = keys.current()
    hour = next((h for h in (now, now - 1, now + 1) if h % HOURS_TOLD == whole[0]), None)
    key = keys.of_hour(hour) if hour is not None else None
    if key is None:
        return None
    try:
        return AESGCM(key).decrypt(whole[1 : 1 + NONCE_BYTES], whole[1 + NONCE_BYTES :], purpose)
    except InvalidTag:
        return None
