"""An OpenID Connect provider on this machine. A test can make it lie, change keys, or stall."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

TENANT = "11111111-2222-3333-4444-555555555555"
CLIENT, SECRET = "our-client", "our-secret-at-the-provider"


@cache
def made_key(kid: str) -> RSAKey:
    """A key of this name: one for all tests, as making it takes long."""
    return RSAKey.generate_key(2048, {"kid": kid, "use": "sig"}, auto_kid=False)


class MockProvider:
    """`claims` are put over those of an honest token. `kind` is the shape: microsoft or google."""

    def __init__(self, kind: str, address: str) -> None:
        self.kind, self.address = kind, address
        self.key = made_key("first")
        self.served_key = self.key
        self.claims: dict[str, Any] = {}
        self.email = "lead@northmoor.test"
        self.subject = "person-1"
        self.sign: Callable[[dict[str, Any]], str] = self.honest_signature
        self.description: dict[str, Any] = {}
        self.seconds = 0.0
        self.drips = False
        self.status = 200
        self.takes_codes_twice = False
        self.asked: list[str] = []
        self.answered: list[str] = []
        self.stopping = threading.Event()
        self.codes: dict[str, dict[str, str]] = {}
        self.tokens: list[str] = []

    @property
    def base(self) -> str:
        return f"/{TENANT}/v2.0" if self.kind == "microsoft" else ""

    @property
    def issuer(self) -> str:
        return self.address + self.base

    def rotate(self, kid: str) -> None:
        self.key = made_key(kid)
        self.served_key = self.key

    def honest_signature(self, claims: dict[str, Any]) -> str:
        return jwt.encode({"alg": "RS256", "kid": self.key.kid}, claims, self.key)

    def honest_claims(self, nonce: str) -> dict[str, Any]:
        now = int(time.time())
        claims: dict[str, Any] = {
            "iss": self.issuer,
            "aud": CLIENT,
            "sub": self.subject,
            "iat": now,
            "exp": now + 3600,
            "nonce": nonce,
            "email": self.email,
        }
        if self.kind == "microsoft":
            return claims | {"tid": TENANT, "xms_edov": True, "ver": "2.0"}
        return claims | {"hd": "northmoor.test", "email_verified": True}

    # What it answers

    def answer(
        self, path: str, asked: dict[str, str], body: dict[str, str]
    ) -> tuple[int, Any, str]:
        self.asked.append(path)
        self.stopping.wait(self.seconds)
        if self.status != 200:
            return self.status, {"error": "server_error"}, ""
        if path == f"{self.base}/.well-known/openid-configuration":
            return 200, self.described(), ""
        if path == "/keys":
            return 200, {"keys": [self.served_key.as_dict(private=False)]}, ""
        if path == "/authorize":
            return self.authorise(asked)
        if path == "/token":
            return self.token(body)
        return 404, {}, ""

    def described(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.address}/authorize",
            "token_endpoint": f"{self.address}/token",
            "jwks_uri": f"{self.address}/keys",
        } | self.description

    def authorise(self, asked: dict[str, str]) -> tuple[int, Any, str]:
        assert asked["client_id"] == CLIENT
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        assert "openid" in asked["scope"].split()
        code = f"code-{len(self.codes)}"
        self.codes[code] = asked
        back = {"code": code, "state": asked["state"]}
        return 302, {}, f"{asked['redirect_uri']}?{urlencode(back)}"

    def token(self, body: dict[str, str]) -> tuple[int, Any, str]:
        asked = self.codes.get(body.get("code", ""))
        digest = hashlib.sha256(body.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        if (
            asked is None
            or body.get("client_id") != CLIENT
            or body.get("client_secret") != SECRET
            or body.get("redirect_uri") != asked["redirect_uri"]
            or challenge != asked["code_challenge"]
        ):
            return 400, {"error": "invalid_grant"}, ""
        if not self.takes_codes_twice:
            del self.codes[body["code"]]
        claims = self.honest_claims(asked["nonce"]) | self.claims
        token = self.sign({name: value for name, value in claims.items() if value is not None})
        self.tokens.append(token)
        return 200, {"access_token": "unused", "token_type": "Bearer", "id_token": token}, ""


@contextmanager
def serving(kind: str) -> Iterator[MockProvider]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.reply({})

        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            self.reply(one_each(self.rfile.read(length).decode()))

        def reply(self, body: dict[str, str]) -> None:
            parts = urlsplit(self.path)
            status, document, location = provider.answer(parts.path, one_each(parts.query), body)
            content = json.dumps(document).encode()
            try:
                self.send_response(status)
                if location:
                    self.send_header("Location", location)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                if provider.drips:
                    for letter in content:
                        self.wfile.write(bytes([letter]))
                        self.wfile.flush()
                        provider.stopping.wait(0.5)
                else:
                    self.wfile.write(content)
                provider.answered.append(parts.path)
            except OSError:  # it hung up
                self.close_connection = True

        def log_message(self, *_given: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    provider = MockProvider(kind, f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield provider
    finally:
        provider.stopping.set()
        server.shutdown()
        server.server_close()
        thread.join()


def one_each(query: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(query).items()}
