"""Words sealed for the disk: whoever takes the database without the settings reads none of them.

AES-256 in GCM under a key made of the operator's `totp_key`, which seals members' second factors
too; the two uses cannot be mistaken for each other. What is sealed belongs to one place in one row:
moved anywhere else, it does not open.
"""

from __future__ import annotations

import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

PURPOSE = b"survey: words of help requests, 1"
NONCE_BYTES = 12


class SealBrokenError(Exception):
    """The words were sealed under another key, for another place, or were changed since."""


def key_from(secret: str) -> bytes:
    """The key for sealing, from a secret of the settings."""
    made: bytes = HKDF(algorithm=SHA256(), length=32, salt=None, info=PURPOSE).derive(
        secret.encode()
    )
    return made


def seal(words: str, *, key: bytes, place: bytes) -> bytes:
    """The words, sealed for `place`."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    sealed: bytes = AESGCM(key).encrypt(nonce, words.encode(), place)
    return nonce + sealed


def unseal(sealed: bytes, *, key: bytes, place: bytes) -> str:
    """The words that were sealed for `place`, or a `SealBrokenError`."""
    try:
        plain: bytes = AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], place)
    except (InvalidTag, ValueError):  # a stump is too short to hold a nonce
        raise SealBrokenError from None
    return plain.decode()
