"""A passkey in software: it answers as a phone or a security key does, or as an attacker would."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from dataclasses import dataclass, field
from html import unescape
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

PRESENT, VERIFIED, HAS_KEY = 0x01, 0x04, 0x40
OPTIONS = 'data-passkey="'


def letters(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def raw(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def options_on(page: TestResponse) -> dict[str, Any]:
    """What a page gives to the browser."""
    found: dict[str, Any] = json.loads(unescape(page.text.partition(OPTIONS)[2].partition('"')[0]))
    return found


@dataclass
class Authenticator:
    """`verifies`: it asks for a PIN, a face or a finger."""

    origin: str = "http://survey.test"
    domain: str = "survey.test"
    verifies: bool = True
    counts: bool = False
    credential_id: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )
    user: bytes = b""
    count: int = 0

    def create(self, options: dict[str, Any]) -> str:
        self.user = raw(options["user"]["id"])
        numbers = self.key.public_key().public_numbers()
        public = cbor2.dumps(
            {
                1: 2,
                3: -7,
                -1: 1,
                -2: numbers.x.to_bytes(32, "big"),
                -3: numbers.y.to_bytes(32, "big"),
            }
        )
        size = len(self.credential_id).to_bytes(2, "big")
        data = self._data(HAS_KEY) + bytes(16) + size + self.credential_id + public
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        return self._written(
            {
                "clientDataJSON": letters(self._client("webauthn.create", options)),
                "attestationObject": letters(attestation),
                "transports": ["internal"],
            },
            {"credProps": {"rk": self.verifies}},
        )

    def get(self, options: dict[str, Any]) -> str:
        if self.counts:
            self.count += 1
        client, data = self._client("webauthn.get", options), self._data(0)
        signed = self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(SHA256()))
        response = {
            "clientDataJSON": letters(client),
            "authenticatorData": letters(data),
            "signature": letters(signed),
            "userHandle": letters(self.user),
        }
        return self._written(response, {})

    def _client(self, kind: str, options: dict[str, Any]) -> bytes:
        return json.dumps(
            {"type": kind, "challenge": options["challenge"], "origin": self.origin}
        ).encode()

    def _data(self, flags: int) -> bytes:
        flags |= PRESENT | (VERIFIED if self.verifies else 0)
        domain = hashlib.sha256(self.domain.encode()).digest()
        return domain + bytes([flags]) + self.count.to_bytes(4, "big")

    def _written(self, response: dict[str, Any], results: dict[str, Any]) -> str:
        own = letters(self.credential_id)
        return json.dumps(
            {
                "id": own,
                "rawId": own,
                "type": "public-key",
                "response": response,
                "clientExtensionResults": results,
            }
        )


PAGE, ALONE, SECOND = "/staff/account/passkeys", "/sign-in/passkey", "/sign-in/passkey/second-step"


def added(client: FlaskClient, **given: Any) -> Authenticator:
    """A passkey that the member who is signed in has added."""
    made = Authenticator(**given)
    answer = made.create(options_on(client.get(PAGE)))
    done = client.post(PAGE, data={"answer": answer, "name": "Laptop"})
    assert done.headers.get("Location") == "/staff/account/second-step-done", done.text
    return made
