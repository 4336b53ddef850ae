"""Rules that a role needs a second step: of the operator for everyone, or of an authority for
itself and its schools.

The setting `SURVEY_SECOND_STEP` adds the roles that read reports or requests for help.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from flask_babel import gettext as _
from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from survey.audit_log import EventName, record
from survey.database import today
from survey.errors import RefusedError
from survey.organisations.accounts.models import SecondStepRule
from survey.organisations.models import Member
from survey.permissions import MemberLike, Role
from survey.settings import current_settings

BY_SETTING = frozenset(Role) - {Role.COORDINATOR, Role.PARTNER}
"""Roles that read reports or requests for help, or open accounts."""


class NotTheirRoleError(RefusedError):
    """An authority cannot say anything about operators."""


def roles_to_choose(authority_id: uuid.UUID | None) -> tuple[Role, ...]:
    """The roles that an authority, or the operator (None), can name in a rule."""
    return tuple(role for role in Role if authority_id is None or role is not Role.OPERATOR)


def always() -> frozenset[str]:
    """Roles that need a second step by the setting of this installation."""
    return BY_SETTING if current_settings().second_step == "required" else frozenset()


def required(db: Session, authority_id: uuid.UUID | None) -> frozenset[str]:
    """Roles that the authority, or the operator (None), has named."""
    return frozenset(db.scalars(select(SecondStepRule.role).where(_of(authority_id))))


def change(
    db: Session, *, authority_id: uuid.UUID | None, roles: Iterable[str], by: MemberLike | None
) -> None:
    """Names the roles that need a second step from now on, and no others. It holds at once: who
    lacks one sets it up before their next page."""
    wanted = frozenset(roles)
    if wanted - {role.value for role in roles_to_choose(authority_id)}:
        raise NotTheirRoleError(_("Choose from the roles on the page."))
    before = required(db, authority_id)
    if wanted == before:
        return
    db.execute(
        delete(SecondStepRule).where(
            _of(authority_id), SecondStepRule.role.in_(sorted(before - wanted))
        )
    )
    db.add_all(
        SecondStepRule(authority_id=authority_id, role=role, since=today())
        for role in sorted(wanted - before)
    )
    record(
        db,
        EventName.SECOND_STEP_REQUIRED,
        by=by,
        authority_id=authority_id,
        roles=sorted(wanted),
    )


def needs_one(db: Session, member: Member) -> bool:
    """Does one of the member's roles need a second step?"""
    seats = _seats(member)
    if any(role in always() for role, _authority_id in seats):
        return True
    rules = select(SecondStepRule.role, SecondStepRule.authority_id).where(
        SecondStepRule.role.in_(sorted({role for role, _authority_id in seats})),
        or_(
            SecondStepRule.authority_id.is_(None),
            SecondStepRule.authority_id.in_({where for _role, where in seats if where}),
        ),
    )
    return any(where is None or (role, where) in seats for role, where in db.execute(rules))


def _seats(member: Member) -> frozenset[tuple[str, uuid.UUID | None]]:
    """The seats of a member, each with the authority whose rules hold for it."""
    return frozenset(
        (
            one.role.value,
            one.school.authority_id if one.school else one.authority_id,
        )
        for one in member.seats
    )


def _of(authority_id: uuid.UUID | None):  # type: ignore[no-untyped-def]
    if authority_id is None:
        return SecondStepRule.authority_id.is_(None)
    return SecondStepRule.authority_id == authority_id
