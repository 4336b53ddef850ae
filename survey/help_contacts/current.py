"""The help contacts that students and adults are shown.

Everyone is shown the current contacts. The questionnaire of a launched survey is frozen with the
contacts of that day, but its pages and papers show their current versions (`as_now`), so that an
old number is not shown until the survey ends.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import replace
from functools import cache

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey.help_contacts.models import NationalContact, SchoolContact
from survey.questionnaires.help.contacts import NATIONS, HelpContact
from survey.questionnaires.load import load_all
from survey.questionnaires.model import Audience, Questionnaire
from survey.questionnaires.multilingual_text import Text

ALWAYS_SHOWN = frozenset({"emergency", "childline"})
"""Contacts that cannot be switched off, so that help can be reached at any hour in every nation."""
ADDED = "own_"
"""The prefix of the keys of added contacts. No shipped contact has it."""


def with_contacts(
    db: Session, template: Questionnaire, school_id: uuid.UUID | None
) -> Questionnaire:
    """A template with the current contacts, of a school or in general."""
    contacts = contacts_of(db, template.help, template.audience, school_id)
    if contacts == template.help:
        return template
    return _kept(_Held(template), contacts)


def contacts_of(
    db: Session,
    ships: tuple[HelpContact, ...],
    audience: Audience,
    school_id: uuid.UUID | None,
) -> tuple[HelpContact, ...]:
    """The current versions of these contacts."""
    edits = {one.key: one for one in db.scalars(select(NationalContact))}
    found = [_edited(one, edits.get(one.key)) for one in ships]
    known = {one.key for one in ships} | set(shipped())
    more = [
        added(one)
        for one in sorted(edits.values(), key=lambda one: one.key)
        if one.key not in known and not one.is_off and audience.value in (one.audiences or ())
    ]
    shown = [one for one in (*found, *more) if one is not None]
    if school_id is None:
        return tuple(shown)
    own = {one.key: one for one in rows_of_school(db, school_id)}
    off = {one.key for one in own.values() if one.is_off} - ALWAYS_SHOWN
    is_for_students = audience is Audience.STUDENTS
    local = [local_contact(one) for one in own.values() if not one.is_off and is_for_students]
    return (*(one for one in shown if one.key not in off), *local)


def as_now(
    db: Session,
    frozen: tuple[HelpContact, ...],
    audience: Audience,
    school_id: uuid.UUID,
) -> tuple[HelpContact, ...]:
    """The current contacts of a launched survey: with their current words, without those that were
    switched off or removed, and with those that were added. People of the school are not
    included."""
    ships = _shipped_to(audience)
    found = (ships.get(one.key, one) for one in frozen if not _is_added(one.key))
    return contacts_of(db, tuple(found), audience, school_id)


def _is_added(key: str) -> bool:
    """Whether the key belongs to a contact that the operator or a school added."""
    return key.startswith(ADDED)


@cache
def _shipped_to(audience: Audience) -> Mapping[str, HelpContact]:
    """The shipped contacts for an audience, in the words of its newest template."""
    templates = sorted(load_all().values(), key=lambda one: (one.version, one.key))
    return {one.key: one for each in templates if each.audience is audience for one in each.help}


class _Held:
    """A template that is hashed by identity, because its content is long."""

    def __init__(self, template: Questionnaire) -> None:
        self.template = template

    def __hash__(self) -> int:
        return id(self.template)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Held) and other.template is self.template


MOST_KEPT = 64
_made: dict[tuple[_Held, tuple[HelpContact, ...]], Questionnaire] = {}


def _kept(held: _Held, contacts: tuple[HelpContact, ...]) -> Questionnaire:
    """Cached, because a page needs it many times."""
    if (held, contacts) not in _made:
        if len(_made) >= MOST_KEPT:
            _made.clear()
        _made[held, contacts] = replace(held.template, help=contacts)
    return _made[held, contacts]


def _edited(one: HelpContact, edit: NationalContact | None) -> HelpContact | None:
    if edit is None:
        return one
    if edit.is_off and one.key not in ALWAYS_SHOWN:
        return None
    return checked(worded(one, edit), edit)


def worded(one: HelpContact, edit: NationalContact) -> HelpContact:
    return replace(
        one,
        name=Text.of(edit.name) if edit.name else one.name,
        how=Text.of(edit.how) if edit.how else one.how,
        link=(edit.link or None) if edit.name else one.link,
        nations=tuple(edit.nations) if edit.nations else one.nations,
    )


def checked(one: HelpContact, edit: NationalContact | SchoolContact) -> HelpContact:
    if edit.checked_on is None:
        return one
    return replace(one, last_checked=edit.checked_on.isoformat(), checked=edit.checked_how)


NOT_YET = "Not checked yet."


def added(edit: NationalContact) -> HelpContact:
    bare = HelpContact(
        key=edit.key,
        name=Text.of(edit.name or {}),
        how=Text.of(edit.how or {}),
        nations=tuple(edit.nations or NATIONS),
        checked=NOT_YET,
        link=edit.link,
    )
    return checked(bare, edit)


def local_contact(own: SchoolContact) -> HelpContact:
    bare = HelpContact(
        key=own.key,
        name=Text.of(own.name or {}),
        how=Text.of(own.how or {}),
        nations=NATIONS,
        checked=NOT_YET,
        link=own.link,
    )
    return checked(bare, own)


@cache
def shipped() -> Mapping[str, tuple[HelpContact, tuple[str, ...]]]:
    """Every shipped contact, with its audiences."""
    found: dict[str, HelpContact] = {}
    audiences: dict[str, list[str]] = {}
    for template in sorted(load_all().values(), key=lambda one: (one.key, one.version)):
        for one in template.help:
            found[one.key] = one
            if template.audience.value not in audiences.setdefault(one.key, []):
                audiences[one.key].append(template.audience.value)
    return {key: (found[key], tuple(audiences[key])) for key in found}


def rows_of_school(db: Session, school_id: uuid.UUID) -> list[SchoolContact]:
    query = select(SchoolContact).where(SchoolContact.school_id == school_id)
    return list(db.scalars(query.order_by(SchoolContact.key)))
