"""Ciphers of the help desk. Three layers, each with a key that someone else holds.

`store` and `unstore` keep a whole box of requests under a key made from the operator's `totp_key`:
a copy of the database without the settings says nothing. `seal` and `unseal` keep one request for
the readers of a school: HPKE (RFC 9180, X25519, HKDF-SHA256, AES-256-GCM) to the desk's public key.
`wrap` and `unwrap` keep the desk's private key under a password or a printed code (Argon2id), so
that neither the database nor the operator's settings open it.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Mapping

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from survey import text_encodings

STORAGE = b"survey: boxes of help requests, 2"
SEALS = b"survey: one help request, 1"
KEY_BYTES = 32
NONCE_BYTES = 12
SALT_BYTES = 16

PLAIN_BYTES = 5408
"""Room for the longest request and the longest note in any script of our languages."""
NOTE_BYTES = 2000
"""The part of it that a request leaves for the note."""
HEAD_BYTES = 4
"""The way the words are written down, and their length."""
SEALED_BYTES = PLAIN_BYTES + 48
"""What HPKE adds: the sender's public key and a tag."""

ITERATIONS, LANES, MEMORY_KIB = 3, 1, 64 * 1024
"""Argon2id's: 0.2 to 0.4 s and 64 MiB for each guess at a reading password."""

ALPHABET = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
CODE_LETTERS, CHECK_LETTERS, GROUP = 24, 2, 4

_SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)


class SealBrokenError(Exception):
    """Sealed under another key, for another place, or changed since."""


class TooLongError(ValueError):
    """More words than a box has room for. Forms refuse them earlier."""


def key_from(secret: str, purpose: bytes = STORAGE) -> bytes:
    """A key for one purpose, from a secret of the settings."""
    made: bytes = HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose).derive(
        secret.encode()
    )
    return made


def store(content: bytes, *, key: bytes, place: bytes) -> bytes:
    """AES-256-GCM, under the first of the keys in `key`. What is stored for one place does not open
    anywhere else."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    stored: bytes = AESGCM(key[:KEY_BYTES]).encrypt(nonce, content, place)
    return nonce + stored


def unstore(stored: bytes, *, key: bytes, place: bytes) -> bytes:
    """What was stored under one of the keys in `key`, the newest of which comes first."""
    nonce, sealed = stored[:NONCE_BYTES], stored[NONCE_BYTES:]
    for at in range(0, len(key), KEY_BYTES):
        try:
            content: bytes = AESGCM(key[at : at + KEY_BYTES]).decrypt(nonce, sealed, place)
        except (InvalidTag, ValueError):  # a fragment is too short to hold a nonce
            continue
        return content
    raise SealBrokenError


def padded(words: Mapping[str, object]) -> bytes:
    """The words as one document of one size, without control characters that no form should send
    and that would take six letters each."""
    written = _written(words, PLAIN_BYTES)
    if written is None:
        raise TooLongError
    return written.ljust(PLAIN_BYTES, b"\0")


def has_room(words: Mapping[str, object]) -> bool:
    """Do the words fit, together with a note?"""
    return _written(words, PLAIN_BYTES - NOTE_BYTES) is not None


def _written(words: Mapping[str, object], room: int) -> bytes | None:
    clean = {name: _printable(value) for name, value in words.items()}
    document = json.dumps(clean, ensure_ascii=False).encode("utf-8", "replace").decode()
    found = text_encodings.fitting(document, room - HEAD_BYTES)
    if found is None:
        return None
    spelling, packed = found
    return bytes((spelling,)) + len(packed).to_bytes(HEAD_BYTES - 1, "big") + packed


def unpadded(content: bytes) -> dict[str, object]:
    length = int.from_bytes(content[1:HEAD_BYTES], "big")
    document = text_encodings.read(content[0], content[HEAD_BYTES:][:length])
    words: dict[str, object] = json.loads(document)
    return words


def new_pair() -> tuple[bytes, bytes]:
    """A public key, and the private key that opens what is sealed to it."""
    private = X25519PrivateKey.generate()
    return private.public_key().public_bytes_raw(), private.private_bytes_raw()


def seal(content: bytes, *, public_key: bytes, place: bytes) -> bytes:
    sealed: bytes = _SUITE.encrypt(
        content, X25519PublicKey.from_public_bytes(public_key), SEALS + place
    )
    return sealed


def unseal(sealed: bytes, *, private_key: bytes, place: bytes) -> bytes:
    try:
        content: bytes = _SUITE.decrypt(
            sealed, X25519PrivateKey.from_private_bytes(private_key), SEALS + place
        )
    except (InvalidTag, ValueError):
        raise SealBrokenError from None
    return content


def wrap(private_key: bytes, *, secret: str, place: bytes) -> bytes:
    """The private key, wrapped so that only `secret` opens it."""
    salt = secrets.token_bytes(SALT_BYTES)
    return salt + store(private_key, key=_stretched(secret, salt), place=place)


def unwrap(wrapped: bytes, *, secret: str, place: bytes) -> bytes:
    key = _stretched(secret, wrapped[:SALT_BYTES])
    return unstore(wrapped[SALT_BYTES:], key=key, place=place)


def make_code() -> str:
    """A code for paper, of 109 bits: groups of letters, the last two of which check the others."""
    letters = "".join(secrets.choice(ALPHABET) for _ in range(CODE_LETTERS - CHECK_LETTERS))
    letters += _check(letters)
    return "-".join(letters[at : at + GROUP] for at in range(0, CODE_LETTERS, GROUP))


def read_code(typed: str) -> str | None:
    """The code as printed, whatever its case, spaces and dashes; None if a letter is wrong."""
    letters = "".join(letter for letter in typed.upper() if letter.isalnum())
    body, check = letters[:-CHECK_LETTERS], letters[-CHECK_LETTERS:]
    if len(letters) != CODE_LETTERS or check != _check(body):
        return None
    return "-".join(letters[at : at + GROUP] for at in range(0, CODE_LETTERS, GROUP))


def _check(letters: str) -> str:
    number = int.from_bytes(hashlib.sha256(letters.encode()).digest()[:8], "big")
    return ALPHABET[number % len(ALPHABET)] + ALPHABET[number // 31 % len(ALPHABET)]


def _stretched(secret: str, salt: bytes) -> bytes:
    hard = Argon2id(
        salt=salt, length=32, iterations=ITERATIONS, lanes=LANES, memory_cost=MEMORY_KIB
    )
    made: bytes = hard.derive(secret.encode())
    return made


def _printable(value: object) -> object:
    if not isinstance(value, str):
        return value
    return "".join(letter for letter in value if letter >= " " or letter == "\n")
