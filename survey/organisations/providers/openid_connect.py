"""Requests to an OpenID Connect provider: its description, its keys, and a token for a code.

A provider that is down or slow costs a person some seconds and no one else anything: each talk has
a time limit over all of it, and only a few go on at once in each process. Redirects are not
followed, and answers are bounded.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import urlsplit

from authlib.common.errors import AuthlibBaseError
from authlib.integrations.requests_client import OAuth2Session
from requests import RequestException, Response

from survey.logs import log
from survey.organisations.accounts.sign_in_methods import Way
from survey.organisations.providers.provider_list import Provider
from survey.organisations.providers.reasons import ProviderError, RefusalReason

T = TypeVar("T")

SECONDS = 8.0
"""For one talk, however it drags on."""

CONNECT_SECONDS, READ_SECONDS = 3.0, 5.0
MOST_AT_ONCE = 4
"""Talks of one process; a person who comes meanwhile is asked to try again."""

LARGEST_ANSWER = 256 * 1024
KEPT_SECONDS = 3600.0
KEYS_AGAIN_SECONDS = 30.0
"""Keys are fetched again when a token names one that is not there, at most this often."""

SCOPE = "openid email profile"
ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")


class _Session(OAuth2Session):  # type: ignore[misc]  # the library is untyped
    """Bounded in time and size, and without redirects."""

    def request(self, method: str, url: str, **given: Any) -> Response:
        given |= {"allow_redirects": False, "stream": True}
        given["timeout"] = (CONNECT_SECONDS, READ_SECONDS)
        response: Response = super().request(method, url, **given)
        content = response.raw.read(LARGEST_ANSWER + 1, decode_content=True)
        if len(content) > LARGEST_ANSWER:
            raise RequestException("too long")
        response._content = content
        return response


@dataclass
class _Kept:
    """What is known of a provider, and since when."""

    description: Mapping[str, Any] = field(default_factory=dict)
    described_at: float = float("-inf")
    keys: Mapping[str, Any] = field(default_factory=dict)
    keys_at: float = float("-inf")


class Exchange:
    """What one process knows of its providers."""

    def __init__(self) -> None:
        self._kept: dict[Way, _Kept] = {}
        self._slots = threading.BoundedSemaphore(MOST_AT_ONCE)

    def authorisation(
        self, provider: Provider, *, back: str, state: str, nonce: str, verifier: str
    ) -> str:
        """The address at the provider to which the person goes."""
        description = self._within(lambda: self._description(provider))
        address: str
        address, _state = _session(provider, back).create_authorization_url(
            description["authorization_endpoint"],
            state=state,
            nonce=nonce,
            code_verifier=verifier,
            prompt="select_account",
        )
        return address

    def token(self, provider: Provider, *, back: str, code: str, verifier: str) -> dict[str, Any]:
        """The provider's answer to a code."""

        def fetch() -> dict[str, Any]:
            description = self._description(provider)
            found = _session(provider, back).fetch_token(
                description["token_endpoint"], code=code, code_verifier=verifier
            )
            return dict(found)

        return self._within(fetch)

    def keys(self, provider: Provider, *, again: bool = False) -> Mapping[str, Any]:
        """The keys with which the provider signs. `again`: a token names another."""
        kept = self._kept.setdefault(provider.way, _Kept())
        age = time.monotonic() - kept.keys_at
        if age < (KEYS_AGAIN_SECONDS if again else KEPT_SECONDS):
            return kept.keys

        def fetch() -> Mapping[str, Any]:
            return _json(provider, self._description(provider)["jwks_uri"])

        kept.keys = self._within(fetch)
        kept.keys_at = time.monotonic()
        return kept.keys

    def _description(self, provider: Provider) -> Mapping[str, Any]:
        kept = self._kept.setdefault(provider.way, _Kept())
        if time.monotonic() - kept.described_at < KEPT_SECONDS:
            return kept.description
        found = _json(provider, provider.discovery)
        if found.get("issuer") != provider.issuer:
            raise ProviderError(RefusalReason.NOT_THEIRS)
        if not all(_is_safe(provider, found.get(name)) for name in ENDPOINTS):
            raise ProviderError(RefusalReason.NOT_THEIRS)
        kept.description, kept.described_at = found, time.monotonic()
        return found

    def _within(self, talk: Callable[[], T]) -> T:
        """What the talk brings, if it comes in time. A talk that drags on is left alone; it holds
        its place until it ends."""
        if not self._slots.acquire(blocking=False):
            raise ProviderError(RefusalReason.UNREACHABLE)
        brought: queue.SimpleQueue[T | Exception] = queue.SimpleQueue()

        def run() -> None:
            try:
                brought.put(talk())
            except Exception as problem:
                brought.put(problem)
            finally:
                self._slots.release()

        threading.Thread(target=run, daemon=True, name="provider").start()
        try:
            found = brought.get(timeout=SECONDS)
        except queue.Empty:
            raise ProviderError(RefusalReason.UNREACHABLE) from None
        if isinstance(found, ProviderError):
            raise found
        if isinstance(found, AuthlibBaseError):  # a code that is over, most likely
            raise ProviderError(RefusalReason.STOPPED) from None
        if isinstance(found, Exception):
            log.warning("provider_unreachable", error=found)
            raise ProviderError(RefusalReason.UNREACHABLE) from None
        return found


def _session(provider: Provider, back: str) -> _Session:
    return _Session(
        client_id=provider.client_id,
        client_secret=provider.client_secret,
        token_endpoint_auth_method="client_secret_post",  # noqa: S106 - the name of a way
        scope=SCOPE,
        redirect_uri=back,
        code_challenge_method="S256",
    )


def _json(provider: Provider, address: str) -> Mapping[str, Any]:
    response = _session(provider, "").get(address, withhold_token=True)
    if response.status_code != 200:
        raise RequestException(f"status {response.status_code}")
    found = response.json()
    if not isinstance(found, dict):
        raise RequestException("no object")
    return found


def _is_safe(provider: Provider, address: object) -> bool:
    """Over TLS; or on this machine, where the provider of a test is."""
    if not isinstance(address, str):
        return False
    parts = urlsplit(address)
    own = urlsplit(provider.address)
    return parts.scheme == "https" or (own.scheme == "http" and parts.netloc == own.netloc)
