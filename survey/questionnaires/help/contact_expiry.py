"""Contacts that are due to be checked again: a number that rings nowhere is worse than none."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from survey.questionnaires.help.contacts import HelpContact

STAYS_FRESH = timedelta(days=180)


@dataclass(frozen=True)
class Due:
    """A contact to check; `last_checked` is None if it never was."""

    contact: HelpContact
    last_checked: date | None


def due(contacts: Iterable[HelpContact], *, nation: str, today: date) -> tuple[Due, ...]:
    """The contacts shown in `nation` that were last checked more than 180 days ago, or never; each
    once, the longest ago first."""
    found = {
        contact.key: Due(contact, checked)
        for contact in contacts
        if nation in contact.nations and not contact.own
        if (checked := _day(contact)) is None or today - checked > STAYS_FRESH
    }
    return tuple(sorted(found.values(), key=lambda one: one.last_checked or date.min))


def _day(contact: HelpContact) -> date | None:
    return date.fromisoformat(contact.last_checked) if contact.last_checked else None
