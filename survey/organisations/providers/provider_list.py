"""The providers that can vouch for members: Microsoft Entra and Google Workspace.

Both are ordinary OpenID Connect. What differs is how an answer names the organisation of a person,
and when it vouches for an e-mail address.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from survey.organisations.accounts.sign_in_methods import Way
from survey.settings import Settings, current_settings

Claims = Mapping[str, Any]


@dataclass(frozen=True)
class Provider:
    """`issuer` is what the discovery document must say. `whose`: the organisations whose people are
    let in."""

    way: Way
    name: str
    client_id: str
    client_secret: str
    issuer: str
    address: str
    whose: frozenset[str]
    shape: IssuerShape

    @property
    def discovery(self) -> str:
        return f"{self.shape.base(self)}/.well-known/openid-configuration"


@dataclass(frozen=True)
class IssuerShape:
    """What is particular to a provider. `is_issuer` and `is_member_of` judge the claims of a token;
    `vouches` says whether the provider has checked the e-mail address in it."""

    name: str
    base: Callable[[Provider], str]
    issuer: Callable[[str, frozenset[str]], str]
    is_issuer: Callable[[Provider, Claims], bool]
    is_member_of: Callable[[Provider, Claims], bool]
    vouches: Callable[[Claims], bool]


def _tenant(whose: frozenset[str]) -> str:
    """The path at Microsoft: of the one tenant, or for work accounts of any tenant."""
    return next(iter(whose)) if len(whose) == 1 else "organizations"


MICROSOFT = IssuerShape(
    name="Microsoft",
    base=lambda it: f"{it.address}/{_tenant(it.whose)}/v2.0",
    issuer=lambda address, whose: (
        f"{address}/{_tenant(whose) if len(whose) == 1 else '{tenantid}'}/v2.0"
    ),
    is_issuer=lambda it, claims: claims.get("iss") == f"{it.address}/{claims.get('tid')}/v2.0",
    is_member_of=lambda it, claims: str(claims.get("tid")) in it.whose,
    # Any tenant can write any address into its accounts. Only this claim says that
    # the tenant owns the address's domain.
    vouches=lambda claims: claims.get("xms_edov") in (True, 1, "1", "true"),
)

GOOGLE = IssuerShape(
    name="Google",
    base=lambda it: it.address,
    issuer=lambda address, _whose: address,
    is_issuer=lambda it, claims: (
        claims.get("iss") in (it.address, it.address.removeprefix("https://"))
    ),
    is_member_of=lambda it, claims: str(claims.get("hd")).lower() in it.whose,
    vouches=lambda claims: claims.get("email_verified") is True,
)


def _microsoft(settings: Settings) -> Provider | None:
    whose = frozenset(settings.microsoft_tenants.split())
    return _provider(
        Way.MICROSOFT,
        MICROSOFT,
        settings.microsoft_client_id,
        settings.microsoft_client_secret,
        settings.microsoft_address,
        whose,
    )


def _google(settings: Settings) -> Provider | None:
    whose = frozenset(settings.google_domains.split())
    return _provider(
        Way.GOOGLE,
        GOOGLE,
        settings.google_client_id,
        settings.google_client_secret,
        settings.google_address,
        whose,
    )


def _provider(
    way: Way, shape: IssuerShape, client_id: str, secret: str, address: str, whose: frozenset[str]
) -> Provider | None:
    if not client_id:
        return None
    issuer = shape.issuer(address, whose)
    return Provider(way, shape.name, client_id, secret, issuer, address, whose, shape)


MAKERS: Mapping[Way, Callable[[Settings], Provider | None]] = {
    Way.MICROSOFT: _microsoft,
    Way.GOOGLE: _google,
}


def find(way: Way) -> Provider | None:
    """The provider, if it is set up."""
    return MAKERS[way](current_settings())


def set_up() -> list[Provider]:
    """Those that are set up, in the order of the sign-in page."""
    return [found for way in MAKERS if (found := find(way)) is not None]
