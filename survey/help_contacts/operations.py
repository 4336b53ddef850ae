"""Changing help contacts, and their lists for the pages of staff."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from survey.audit_log import EventName, record
from survey.errors import NotThereError, RefusedError
from survey.help_contacts.current import (
    ADDED,
    ALWAYS_SHOWN,
    added,
    checked,
    local_contact,
    rows_of_school,
    shipped,
    worded,
)
from survey.help_contacts.models import NationalContact, SchoolContact, Words
from survey.permissions import MemberLike
from survey.questionnaires.help.contact_expiry import STAYS_FRESH
from survey.questionnaires.help.contacts import NATIONS, HelpContact
from survey.questionnaires.model import Audience

MOST_LOCAL = 6


class NoSuchContactError(NotThereError):
    """There is no such contact."""


class AlwaysShownError(RefusedError):
    """A contact that every survey shows."""


class TooManyContactsError(RefusedError):
    """A school has as many local contacts as fit on a page."""


@dataclass(frozen=True)
class Given:
    """What a form says of a contact. `nations` and `audiences` are for the operator's alone."""

    name: Words
    how: Words
    link: str | None
    nations: tuple[str, ...] = NATIONS
    audiences: tuple[str, ...] = (Audience.STUDENTS.value,)


@dataclass(frozen=True)
class ListedContact:
    """A contact on the page of the operator or of a school."""

    contact: HelpContact
    audiences: tuple[str, ...]
    is_off: bool
    is_shipped: bool
    checked_by: str
    can_be_off: bool

    @property
    def key(self) -> str:
        return self.contact.key

    @property
    def last_checked(self) -> date | None:
        day = self.contact.last_checked
        return date.fromisoformat(day) if day else None

    def is_due(self, today: date) -> bool:
        """Was it last checked too long ago, or never?"""
        last = self.last_checked
        return not self.is_off and (last is None or today - last > STAYS_FRESH)


# The lists of the pages


def national(db: Session) -> tuple[ListedContact, ...]:
    """Every national contact, also those that are off."""
    edits = {one.key: one for one in db.scalars(select(NationalContact))}
    listed = []
    for key, (ships, audiences) in shipped().items():
        edit = edits.get(key)
        contact = checked(worded(ships, edit), edit) if edit else ships
        listed.append(_listed(contact, audiences, edit, is_shipped=True))
    for key, edit in sorted(edits.items()):
        if key not in shipped():
            listed.append(_listed(added(edit), tuple(edit.audiences or ()), edit))
    return tuple(listed)


def _listed(
    contact: HelpContact,
    audiences: tuple[str, ...],
    edit: NationalContact | SchoolContact | None,
    *,
    is_shipped: bool = False,
) -> ListedContact:
    is_checked = edit is not None and edit.checked_on is not None
    by = edit.checker.name if edit is not None and is_checked and edit.checker else ""
    is_off = edit is not None and edit.is_off and contact.key not in ALWAYS_SHOWN
    return ListedContact(
        contact, audiences, is_off, is_shipped, by, contact.key not in ALWAYS_SHOWN
    )


def of_nation(db: Session, school_id: uuid.UUID, nation: str) -> tuple[ListedContact, ...]:
    """The national contacts that students of a school can be shown, and whether it shows them."""
    off = {one.key for one in rows_of_school(db, school_id) if one.is_off}
    return tuple(
        replace(one, is_off=one.key in off and one.can_be_off)
        for one in national(db)
        if not one.is_off
        and nation in one.contact.nations
        and Audience.STUDENTS.value in one.audiences
    )


def local(db: Session, school_id: uuid.UUID) -> tuple[ListedContact, ...]:
    """The contacts that a school added."""
    return tuple(
        _listed(local_contact(one), (Audience.STUDENTS.value,), one)
        for one in rows_of_school(db, school_id)
        if not one.is_off
    )


def due(listed: Iterable[ListedContact], today: date) -> tuple[ListedContact, ...]:
    return tuple(one for one in listed if one.is_due(today))


# Changing the national ones


def find_national(db: Session, key: str) -> ListedContact:
    found = next((one for one in national(db) if one.key == key), None)
    if found is None:
        raise NoSuchContactError(_("There is no such contact."))
    return found


def change_national(
    db: Session, *, key: str | None, given: Given, by: MemberLike | None
) -> NationalContact:
    """Changes a national contact, or adds one without a `key`. Other words were not checked."""
    row = _row(db, key) if key else NationalContact(key=_fresh_key(given.name["en"]))
    if key is None:
        db.add(row)
    before = (row.name, row.how, row.link)
    row.name, row.how, row.link = given.name, given.how, given.link
    row.nations, row.audiences = list(given.nations), list(given.audiences)
    if (row.name, row.how, row.link) != before:
        row.checked_on, row.checked_by, row.checked_how = None, None, ""
    _record(db, EventName.CONTACTS_CHANGED, row.key, by)
    return row


def switch_national(db: Session, *, key: str, off: bool, by: MemberLike | None) -> None:
    _refuse_always(key, off)
    _row(db, key).is_off = off
    _record(db, EventName.CONTACTS_CHANGED, key, by)


def check_national(db: Session, *, key: str, how: str, today: date, by: MemberLike) -> None:
    """Someone has tried a contact today."""
    _note_check(_row(db, key), how, today, by)
    _record(db, EventName.CONTACTS_CHECKED, key, by)


def _row(db: Session, key: str) -> NationalContact:
    """What was changed about a contact; a new row for a shipped one that no one changed."""
    find_national(db, key)
    row = db.get(NationalContact, key, with_for_update=True)
    if row is None:
        row = NationalContact(key=key, is_off=False, checked_how="")
        db.add(row)
    return row


def _fresh_key(name: str) -> str:
    bare = re.sub(r"[^a-z0-9]+", "_", name.casefold()).strip("_")[:24]
    return f"{ADDED}{bare or 'contact'}_{uuid.uuid4().hex[:6]}"


# Changing those of a school


def switch_for_school(
    db: Session, *, school_id: uuid.UUID, key: str, off: bool, by: MemberLike
) -> None:
    """Sets whether a school shows a national contact."""
    _refuse_always(key, off)
    find_national(db, key)
    row = db.get(SchoolContact, (school_id, key))
    if off and row is None:
        db.add(SchoolContact(school_id=school_id, key=key, is_off=True, checked_how=""))
    if not off and row is not None:
        db.delete(row)
    _record(db, EventName.CONTACTS_CHANGED, key, by, school_id)


def find_local(db: Session, school_id: uuid.UUID, key: str) -> SchoolContact:
    row = db.get(SchoolContact, (school_id, key))
    if row is None or row.is_off:
        raise NoSuchContactError(_("There is no such contact."))
    return row


def change_local(
    db: Session, *, school_id: uuid.UUID, key: str | None, given: Given, by: MemberLike
) -> SchoolContact:
    """Changes a local contact, or adds one without a `key`."""
    if key is None:
        if len(local(db, school_id)) >= MOST_LOCAL:
            raise TooManyContactsError(
                _("A school can add up to %(most)s contacts. Remove one first.", most=MOST_LOCAL)
            )
        row = SchoolContact(school_id=school_id, key=_fresh_key(given.name["en"]), is_off=False)
        db.add(row)
    else:
        row = find_local(db, school_id, key)
    if (row.name, row.how, row.link) != (given.name, given.how, given.link):
        row.checked_on, row.checked_by, row.checked_how = None, None, ""
    row.name, row.how, row.link = given.name, given.how, given.link
    _record(db, EventName.CONTACTS_CHANGED, row.key, by, school_id)
    return row


def remove_local(db: Session, *, school_id: uuid.UUID, key: str, by: MemberLike) -> None:
    db.delete(find_local(db, school_id, key))
    _record(db, EventName.CONTACTS_CHANGED, key, by, school_id)


def check_local(
    db: Session, *, school_id: uuid.UUID, key: str, how: str, today: date, by: MemberLike
) -> None:
    _note_check(find_local(db, school_id, key), how, today, by)
    _record(db, EventName.CONTACTS_CHECKED, key, by, school_id)


def _note_check(
    row: NationalContact | SchoolContact, how: str, today: date, by: MemberLike
) -> None:
    row.checked_on, row.checked_by, row.checked_how = today, by.id, " ".join(how.split())


def _refuse_always(key: str, off: bool) -> None:
    if off and key in ALWAYS_SHOWN:
        raise AlwaysShownError(_("Every survey shows this contact. It cannot be switched off."))


def _record(
    db: Session,
    name: EventName,
    key: str,
    by: MemberLike | None,
    school_id: uuid.UUID | None = None,
) -> None:
    record(db, name, by=by, school_id=school_id, contact=key)
