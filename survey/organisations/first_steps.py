"""The first steps of a member, before any other page: a new password, and the second step.

A form that was sent meanwhile is not lost: it waits in the page, as it does during signing in.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Flask, current_app, redirect, request, session, url_for
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString
from flask_login import current_user
from werkzeug.wrappers import Response

from survey.organisations.accounts import second_step, sessions
from survey.organisations.accounts.sign_in_methods import Way
from survey.organisations.kept_forms.views import carried_over
from survey.organisations.models import Member
from survey.permissions import Permission, declared_access


@dataclass(frozen=True)
class FirstStep:
    """`page` is where it is done, and `open` what else can be reached before it is done."""

    is_to_do: Callable[[Member], bool]
    page: str
    open: frozenset[str]
    says: LazyString


def _has_first_password(member: Member) -> bool:
    """Did the member sign in with a password that the operator made? It is no one's business when
    they came by a passkey or a provider: it runs out by itself."""
    return member.first_password_until is not None and sessions.current_way() == Way.PASSWORD


STEPS = (
    FirstStep(
        _has_first_password,
        "security.change_password",
        frozenset({"security.change_password"}),
        _l("Choose your password (opens in a new tab)"),
    ),
    FirstStep(
        second_step.is_missing,
        "security.two_factor_setup",
        frozenset(
            {
                "security.change_password",
                "security.two_factor_setup",
                "security.two_factor_setup_validate",
                "security.verify",
                "organisations.own_passkeys",
            }
        ),
        _l("Set up the second step (opens in a new tab)"),
    ),
)


def init_app(app: Flask) -> None:
    app.before_request(_lead_there)


def _lead_there() -> Response | Any | None:
    asks_for = declared_access(current_app, request.endpoint) if request.endpoint else None
    if not isinstance(asks_for, Permission) or "_user_id" not in session:
        return None
    if not current_user.is_authenticated:
        return None
    for step in STEPS:
        if request.endpoint not in step.open and step.is_to_do(current_user):
            address = url_for(step.page)
            kept = carried_over(address, step.says) if request.method == "POST" else None
            return kept or redirect(address, 303)
    return None
