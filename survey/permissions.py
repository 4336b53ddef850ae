"""Permissions: one table of who may do what, closed by default.

Every endpoint says `@requires(...)` or `@public`; `check_every_endpoint` keeps the app from
starting if one says neither. Where a path names a school or an authority, the member must belong to
it: the same `@requires` checks that, so no view can forget.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import wraps
from typing import Any, ParamSpec, Protocol, TypeVar, cast

from flask import Flask, abort, redirect, request, url_for
from flask_login import current_user

P = ParamSpec("P")
R = TypeVar("R")


class Role(StrEnum):
    """The seats that a person can have at an organisation."""

    OPERATOR = "operator"
    ANALYST = "analyst"
    TRUST_ANALYST = "trust_analyst"
    PARTNER = "partner"
    HEAD = "head"
    LEAD = "lead"
    DEPUTY = "deputy"
    GOVERNOR = "governor"
    COORDINATOR = "coordinator"


class Permission(StrEnum):
    ORGANISATIONS_MANAGE = "organisations.manage"
    SCHOOLS_ADD = "schools.add"
    OWN_ACCOUNT = "own_account"
    LOG_READ = "log.read"
    SCHOOL_SEE = "school.see"
    SCHOOL_READ = "school.read"
    PEOPLE_MANAGE = "people.manage"
    PEOPLE_CONFIRM = "people.confirm"
    SCHOOL_SETTINGS = "school.settings"
    READERS_ANSWER = "readers.answer"
    QUESTIONNAIRE_ADAPT = "questionnaire.adapt"
    PLAN_DRAW = "plan.draw"
    QUESTIONNAIRE_PREVIEW = "questionnaire.preview"
    WAVE_LAUNCH = "wave.launch"
    CODES_PRINT = "codes.print"
    WAVE_CLOSE = "wave.close"
    WAVE_UNDO = "wave.undo"
    RELEASE_MAKE = "release.make"
    REPORT_READ = "report.read"
    TEXTS_REDACT = "texts.redact"
    HELP_REQUESTS_READ = "help_requests.read"
    ASSESSMENT_WRITE = "assessment.write"
    ACTIONS_READ = "actions.read"
    ACTIONS_WRITE = "actions.write"
    AUTHORITY_SEE = "authority.see"
    PROGRAMME_RUN = "programme.run"
    COMPARISON_READ = "comparison.read"
    SHARED_PLACE_SEE = "shared_place.see"
    SHARED_PLACES_WRITE = "shared_places.write"
    REQUESTS_APPROVE = "requests.approve"
    SECOND_STEP_REQUIRE = "second_step.require"
    SIGN_OFF_GIVE = "sign_off.give"
    PROGRAMME_SIGN_OFF = "programme.sign_off"


_ANALYSTS = frozenset({Role.ANALYST, Role.TRUST_ANALYST})
_LEADS = frozenset({Role.LEAD, Role.DEPUTY})
_RUN_SURVEYS = _LEADS | {Role.COORDINATOR}
_READ_REPORTS = _LEADS | {Role.HEAD, Role.GOVERNOR}

PERMISSIONS: Mapping[Permission, frozenset[Role]] = {
    Permission.ORGANISATIONS_MANAGE: frozenset({Role.OPERATOR}),
    Permission.SCHOOLS_ADD: _ANALYSTS | {Role.OPERATOR},
    Permission.OWN_ACCOUNT: frozenset(Role),
    Permission.LOG_READ: _LEADS | _ANALYSTS | {Role.HEAD},
    Permission.SCHOOL_SEE: _RUN_SURVEYS | {Role.HEAD},
    Permission.SCHOOL_READ: _READ_REPORTS,
    Permission.PEOPLE_MANAGE: frozenset({Role.LEAD, Role.HEAD}),
    Permission.PEOPLE_CONFIRM: _ANALYSTS | {Role.OPERATOR},
    Permission.SCHOOL_SETTINGS: _LEADS,
    Permission.READERS_ANSWER: _LEADS | {Role.HEAD},
    Permission.QUESTIONNAIRE_ADAPT: _LEADS,
    Permission.PLAN_DRAW: _LEADS,
    Permission.QUESTIONNAIRE_PREVIEW: _RUN_SURVEYS | {Role.HEAD},
    Permission.WAVE_LAUNCH: _RUN_SURVEYS,
    Permission.CODES_PRINT: _RUN_SURVEYS,
    Permission.WAVE_CLOSE: _LEADS,
    Permission.WAVE_UNDO: _LEADS,
    Permission.RELEASE_MAKE: _LEADS,
    Permission.REPORT_READ: _READ_REPORTS,
    Permission.TEXTS_REDACT: _LEADS,
    Permission.HELP_REQUESTS_READ: _LEADS,
    Permission.ASSESSMENT_WRITE: _LEADS,
    Permission.ACTIONS_READ: _READ_REPORTS,
    Permission.ACTIONS_WRITE: _LEADS,
    Permission.AUTHORITY_SEE: _ANALYSTS,
    Permission.PROGRAMME_RUN: _ANALYSTS,
    Permission.COMPARISON_READ: _ANALYSTS,
    Permission.SHARED_PLACE_SEE: _ANALYSTS | {Role.PARTNER},
    Permission.SHARED_PLACES_WRITE: _ANALYSTS,
    Permission.REQUESTS_APPROVE: _RUN_SURVEYS | _ANALYSTS | {Role.HEAD},
    Permission.SECOND_STEP_REQUIRE: _ANALYSTS,
    Permission.SIGN_OFF_GIVE: frozenset({Role.HEAD}),
    Permission.PROGRAMME_SIGN_OFF: _ANALYSTS,
}


class MemberLike(Protocol):
    """What permissions need to know about a person in their seat; the models are in
    `organisations`."""

    @property
    def id(self) -> uuid.UUID: ...
    @property
    def role(self) -> Role: ...
    @property
    def school_id(self) -> uuid.UUID | None: ...
    @property
    def authority_id(self) -> uuid.UUID | None: ...
    @property
    def shared_place_id(self) -> uuid.UUID | None: ...


@dataclass(frozen=True)
class Person:
    """A member in their seat as values, which outlive the request and its session."""

    id: uuid.UUID
    role: Role
    school_id: uuid.UUID | None
    authority_id: uuid.UUID | None
    shared_place_id: uuid.UUID | None

    @classmethod
    def of(cls, member: MemberLike) -> Person:
        return cls(
            member.id,
            member.role,
            member.school_id,
            member.authority_id,
            member.shared_place_id,
        )


class SignedOutError(Exception):
    """A form was sent without a signed-in member."""


class UndeclaredEndpointError(RuntimeError):
    """An endpoint says neither `@requires` nor `@public`."""


def may(member: MemberLike, permission: Permission) -> bool:
    return member.role in PERMISSIONS[permission]


def belongs(
    member: MemberLike,
    *,
    school_id: uuid.UUID | None,
    authority_id: uuid.UUID | None,
    shared_place_id: uuid.UUID | None = None,
) -> bool:
    """Do all organisations in the path belong to the member? A partner has one shared place, and
    another place is another organisation to them."""
    return (
        (school_id is None or member.school_id == school_id)
        and (authority_id is None or member.authority_id == authority_id)
        and (shared_place_id is None or member.shared_place_id in (None, shared_place_id))
    )


OWNERS = ("school_id", "authority_id", "shared_place_id")
"""What a path may name that belongs to some people and not to others."""


def is_own(member: MemberLike, named: Mapping[str, Any]) -> bool:
    """Does everything that the path names belong to the member?"""
    return belongs(
        member,
        school_id=named.get("school_id"),
        authority_id=named.get("authority_id"),
        shared_place_id=named.get("shared_place_id"),
    )


def may_approve(
    member: MemberLike,
    *,
    asked_by: uuid.UUID,
    school_id: uuid.UUID,
    authority_id: uuid.UUID | None,
    is_independent: bool,
    colleagues: int,
) -> bool:
    """May `member` answer a request for which a school needs a second person? Never the person who
    asked, and never a person whom only the other vouches for (`is_independent`).

    The school's own members with the right come first. Only if none of them is independent
    (`colleagues` is 0) may an analyst of the school's authority answer. The operator never may:
    they see no survey, so they cannot check anything.
    """
    if member.id == asked_by or not is_independent:
        return False
    if not may(member, Permission.REQUESTS_APPROVE):
        return False
    if member.school_id is not None:
        return member.school_id == school_id
    return authority_id is not None and member.authority_id == authority_id and not colleagues


def current_member() -> MemberLike:
    """The signed-in member. Only for views behind `@requires`."""
    return cast(MemberLike, current_user)


def requires(permission: Permission) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Allows only members with `permission`, and only on their own organisation. Another
    organisation's page looks exactly like one that does not exist."""

    def declare(view: Callable[P, R]) -> Callable[P, R]:
        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
            if not current_user.is_authenticated and request.method == "POST":
                raise SignedOutError
            if not current_user.is_authenticated:
                return redirect(url_for("security.login", next=request.path))  # type: ignore[return-value]
            member = current_member()
            if not is_own(member, request.view_args or {}):
                abort(404)
            if not may(member, permission):
                abort(403)
            return view(*args, **kwargs)

        guarded.access = permission  # type: ignore[attr-defined]
        return guarded

    return declare


def public(view: Callable[P, R]) -> Callable[P, R]:
    """Open to anyone: student pages, sign-in, help."""
    view.access = "public"  # type: ignore[attr-defined]
    return view


def declared_access(app: Flask, endpoint: str) -> Permission | str | None:
    """The permission that an endpoint requires, "public", or None if it declares nothing. Endpoints
    of Flask-Security, which cannot carry our decorators, are in `LIBRARY_ENDPOINTS`."""
    library: Mapping[str, Permission | str] = app.config.get("LIBRARY_ENDPOINTS", {})
    if endpoint == "static":
        return "public"
    if endpoint in library:
        return library[endpoint]
    return cast("Permission | str | None", getattr(app.view_functions[endpoint], "access", None))


def check_every_endpoint(app: Flask) -> None:
    """Raises an error if an endpoint declares no access."""
    silent = sorted(
        {
            rule.endpoint
            for rule in app.url_map.iter_rules()
            if declared_access(app, rule.endpoint) is None
        }
    )
    if silent:
        raise UndeclaredEndpointError(
            "These endpoints declare no access, add @requires or @public: " + ", ".join(silent)
        )
