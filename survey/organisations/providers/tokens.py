"""Checks of a provider's ID token, and the person that it vouches for. Anything that is not exactly
right is refused."""

from __future__ import annotations

import hmac
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from authlib.common.errors import AuthlibBaseError
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry

from survey.organisations.accounts.sign_in_methods import Way
from survey.organisations.providers.openid_connect import Exchange
from survey.organisations.providers.provider_list import Claims, Provider
from survey.organisations.providers.reasons import ProviderError, RefusalReason

ALGORITHMS = ["RS256"]
"""What both providers sign with. A token cannot choose."""

LEEWAY_SECONDS = 60
OLDEST_SECONDS = 600
LONGEST = 255
LONGEST_TOKEN = 32 * 1024


@dataclass(frozen=True)
class Vouched:
    """A person at a provider. `email` is set if the provider has checked it. `has_second_step`: the
    provider says that it asked for more than one thing."""

    way: Way
    issuer: str
    subject: str
    name: str
    email: str | None
    has_second_step: bool


def vouched(
    provider: Provider, answer: Mapping[str, Any], *, nonce: str, exchange: Exchange
) -> Vouched:
    """Whom the answer is about. Raises a `ProviderError`."""
    token = answer.get("id_token")
    if not isinstance(token, str) or len(token) > LONGEST_TOKEN:
        raise ProviderError(RefusalReason.NOT_THEIRS)
    header, claims = _opened(provider, token, exchange)
    _check(provider, header, claims, nonce=nonce, access_token=answer.get("access_token"))
    if not provider.shape.is_member_of(provider, claims):
        raise ProviderError(RefusalReason.OTHER_TENANT)
    if not provider.shape.is_issuer(provider, claims):
        raise ProviderError(RefusalReason.NOT_THEIRS)
    given = claims.get("email")
    email = given.strip().lower() if isinstance(given, str) and len(given) <= LONGEST else ""
    amr = claims.get("amr")
    return Vouched(
        way=provider.way,
        issuer=str(claims["iss"]),
        subject=str(claims["sub"]),
        name=email,
        email=email if email and provider.shape.vouches(claims) else None,
        has_second_step=isinstance(amr, list) and "mfa" in amr,
    )


def _opened(
    provider: Provider, token: str, exchange: Exchange
) -> tuple[Mapping[str, Any], dict[str, Any]]:
    """The header and the claims of a token that the provider signed. Its keys change sometimes,
    so they are fetched again before a token is refused for its key."""
    for again in (False, True):
        try:
            keys = KeySet.import_key_set(_public(exchange.keys(provider, again=again)))
            found = jwt.decode(token, keys, algorithms=ALGORITHMS, registry=_REGISTRY)
        except (JoseError, ValueError, KeyError, TypeError, RecursionError):
            continue
        return found.header, found.claims
    raise ProviderError(RefusalReason.NOT_THEIRS)


_REGISTRY = JWSRegistry(algorithms=ALGORITHMS)


def _public(document: Mapping[str, Any]) -> Any:
    """The RSA keys for signatures among the provider's keys."""
    keys = document.get("keys")
    found = [
        one
        for one in (keys if isinstance(keys, list) else [])
        if isinstance(one, dict) and one.get("kty") == "RSA" and one.get("use", "sig") == "sig"
    ]
    return {"keys": [{k: one[k] for k in ("kty", "n", "e", "kid") if k in one} for one in found]}


def _check(
    provider: Provider, header: Mapping[str, Any], claims: Claims, *, nonce: str, access_token: Any
) -> None:
    now = int(time.time())
    given = CodeIDToken(
        dict(claims),
        dict(header),
        options={"aud": {"essential": True, "value": provider.client_id}},
        params={"nonce": nonce, "client_id": provider.client_id, "access_token": access_token},
    )
    begun = claims.get("iat")
    if not isinstance(begun, int | float) or not isinstance(claims.get("exp"), int | float):
        raise ProviderError(RefusalReason.NOT_THEIRS)
    if claims["exp"] < now - LEEWAY_SECONDS or begun < now - OLDEST_SECONDS:
        raise ProviderError(RefusalReason.TOO_LATE)
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= LONGEST:
        raise ProviderError(RefusalReason.NOT_THEIRS)
    if not hmac.compare_digest(str(claims.get("nonce")).encode(), nonce.encode()):
        raise ProviderError(RefusalReason.NOT_THEIRS)
    try:
        given.validate(now=now, leeway=LEEWAY_SECONDS)
    except (AuthlibBaseError, JoseError, TypeError, ValueError):
        raise ProviderError(RefusalReason.NOT_THEIRS) from None
