"""The method by which a member signed in: the first way, and the second step.

The endpoint tells which of Flask-Security's pages it was. Our pages for passkeys and providers
say it themselves, by `signing_in`. Where a page of Flask-Security asks for the second step after
one of ours, the session remembers the first way meanwhile.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from flask import g, request, session


class Way(StrEnum):
    PASSWORD = "password"  # noqa: S105 - a kind of signing in
    PASSKEY = "passkey"
    MICROSOFT = "microsoft"
    GOOGLE = "google"


class SecondStep(StrEnum):
    NONE = "none"
    CODE = "code"
    RECOVERY_CODE = "recovery code"
    PASSKEY = "passkey"
    PROVIDER = "provider"


@dataclass(frozen=True)
class SignIn:
    way: Way
    step: SecondStep

    @property
    def has_second_step(self) -> bool:
        return self.step is not SecondStep.NONE


STEPS: Mapping[str, SecondStep] = {
    "security.two_factor_token_validation": SecondStep.CODE,
    "security.mf_recovery": SecondStep.RECOVERY_CODE,
}
"""The second step, by the endpoint of Flask-Security that asks for it."""

FIRST_WAY = "first_way"


def remember_first(way: Way) -> None:
    """The first way, while another page asks for the second step."""
    session[FIRST_WAY] = way.value


def forget_first() -> None:
    session.pop(FIRST_WAY, None)


def first() -> Way:
    return Way(session.get(FIRST_WAY, Way.PASSWORD))


def signing_in(way: Way, step: SecondStep) -> None:
    """For a page of ours, before it signs the member in."""
    g.sign_in = SignIn(way, step)


def current() -> SignIn:
    """How the member signs in with this request."""
    said: SignIn | None = g.get("sign_in")
    return said or SignIn(first(), STEPS.get(request.endpoint or "", SecondStep.NONE))
