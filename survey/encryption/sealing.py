"""Sealing to a public key, so that the sealer cannot open what it sealed: HPKE (RFC 9180).

The key encapsulation combines ML-KEM-768 with X25519. Sealed bytes may be in backups and write-
ahead logs for years after their key was destroyed, and must stay closed to a person who breaks one
of the two. A private key is 32 random bytes, from which both halves of the pair are derived, so
that it fits on one line of paper. It can be split in two parts, each of which alone is random.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import secrets
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hpke import (
    AEAD,
    KDF,
    KEM,
    MLKEM768X25519PrivateKey,
    MLKEM768X25519PublicKey,
    Suite,
)
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

SUITE = Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
KEY_BYTES = 32
LATTICE_SEED, LATTICE_PUBLIC = 64, 1184
DERIVATION = b"survey: key pair from a seed, 1"


class UnsealError(Exception):
    """These bytes were not sealed to this key for this use, or were changed since."""


@dataclass(frozen=True)
class PrivateKey:
    """A private key, made of a secret of 32 bytes."""

    parts: Any

    @classmethod
    def of(cls, secret: bytes) -> PrivateKey:
        if len(secret) != KEY_BYTES:
            raise ValueError(f"a private key has {KEY_BYTES} bytes")
        derived = HKDF(
            algorithm=SHA256(), length=LATTICE_SEED + KEY_BYTES, salt=None, info=DERIVATION
        ).derive(secret)
        return cls(
            (
                MLKEM768PrivateKey.from_seed_bytes(derived[:LATTICE_SEED]),
                X25519PrivateKey.from_private_bytes(derived[LATTICE_SEED:]),
            )
        )

    @property
    def public(self) -> bytes:
        """The public key of the pair, as it is stored."""
        lattice, curve = (part.public_key().public_bytes_raw() for part in self.parts)
        return bytes(lattice + curve)

    def open(self, sealed: bytes, *, use: bytes) -> bytes:
        """The bytes that were sealed for `use`, or a `UnsealError`."""
        try:
            return SUITE.decrypt(sealed, MLKEM768X25519PrivateKey(*self.parts), info=use)
        except (InvalidTag, ValueError):
            raise UnsealError from None


def new_secret() -> bytes:
    """The secret of a new private key."""
    return secrets.token_bytes(KEY_BYTES)


def seal(plain: bytes, *, public: bytes, use: bytes) -> bytes:
    """Seals bytes to a public key for `use`. The result is different each time."""
    pair = MLKEM768X25519PublicKey(
        MLKEM768PublicKey.from_public_bytes(public[:LATTICE_PUBLIC]),
        X25519PublicKey.from_public_bytes(public[LATTICE_PUBLIC:]),
    )
    return SUITE.encrypt(plain, pair, info=use)


def split(secret: bytes) -> tuple[bytes, bytes]:
    """Two parts of a secret: both are needed, and either alone is random."""
    one = secrets.token_bytes(len(secret))
    return one, join(one, secret)


def join(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=True))


# On paper: 52 letters for the key and 4 to check them, in groups of four.

CHECK_LETTERS, GROUP = 4, 4
MISREAD = str.maketrans("018", "OIB")
"""Digits that are not used, and the letters they are most often misread from."""


def to_paper(secret: bytes) -> str:
    """A secret as letters A to Z and digits 2 to 7, in 14 groups of four; the last one checks."""
    letters = base64.b32encode(secret).decode().rstrip("=") + _check(secret)
    return " ".join(letters[at : at + GROUP] for at in range(0, len(letters), GROUP))


def from_paper(typed: str) -> bytes | None:
    """Reads a secret that was typed from paper; None if a letter is wrong. Case, spaces and dashes
    do not matter."""
    letters = "".join(sign for sign in typed.upper() if sign.isalnum()).translate(MISREAD)
    body, check = letters[:-CHECK_LETTERS], letters[-CHECK_LETTERS:]
    try:
        secret = base64.b32decode(body + "=" * (-len(body) % 8))
    except (binascii.Error, ValueError):
        return None
    return secret if len(secret) == KEY_BYTES and check == _check(secret) else None


def _check(secret: bytes) -> str:
    digest = hashlib.sha256(b"survey: check letters" + secret).digest()
    return base64.b32encode(digest)[:CHECK_LETTERS].decode()
