"""Events of the log of who did what, apart from the changes that operations record.

Sign-ins, refusals, changes of a password or a second step, and reading: of reports, comparisons,
requests for help and students' words. Reading follows from the permission that a page asks for, so
that a new page is logged from its first day. Nothing is written for a page of students.

Reading the same thing again on the same day, and being refused the same thing, is one event a day;
a file that is downloaded is an event each time.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock
from typing import Any

from flask import Flask, Response, current_app, g, request
from flask_login import current_user, user_logged_in, user_logged_out
from flask_security.signals import password_changed, tf_disabled, tf_profile_changed
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from survey.audit_log import Event, EventName, record
from survey.database import begin, read
from survey.logs import log
from survey.organisations.accounts import known_browsers, sessions, sign_in_methods
from survey.organisations.models import Member
from survey.permissions import Permission, Person, Role, declared_access, is_own

READING: Mapping[Permission, tuple[EventName, EventName]] = {
    Permission.REPORT_READ: (EventName.REPORT_READ, EventName.REPORT_DOWNLOADED),
    Permission.COMPARISON_READ: (EventName.COMPARISON_READ, EventName.COMPARISON_DOWNLOADED),
    Permission.SHARED_PLACE_SEE: (EventName.COMPARISON_READ, EventName.COMPARISON_DOWNLOADED),
    Permission.HELP_REQUESTS_READ: (
        EventName.HELP_REQUESTS_OPENED,
        EventName.HELP_REQUESTS_OPENED,
    ),
    Permission.TEXTS_REDACT: (EventName.TEXTS_SEEN, EventName.TEXTS_SEEN),
}
"""What opening a page is called, and what downloading a file, by the permission it asks for."""

THINGS = ("wave_id", "programme_id", "number")
"""What an event of reading names: not which text of a student was read, nor which request."""

SEEN_TODAY = "access_log_seen_today"
MOST_REMEMBERED = 20_000


@dataclass(frozen=True)
class AccessEvent:
    """An event to be written. `by` is None if it is not known who did it. `once_since`: not if the
    same happened since then."""

    name: EventName
    where: Person
    by: Person | None
    details: dict[str, Any] = field(default_factory=dict)
    once_since: datetime | None = None

    @property
    def key(self) -> tuple[Any, ...]:
        return (self.name, self.where.id, self.once_since, *sorted(self.details.items()))


class SeenToday:
    """Events of this process that need not be written again."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._keys: set[tuple[Any, ...]] = set()

    def has(self, key: tuple[Any, ...]) -> bool:
        with self._lock:
            return key in self._keys

    def add(self, key: tuple[Any, ...]) -> None:
        with self._lock:
            if len(self._keys) >= MOST_REMEMBERED:
                self._keys.clear()  # the database still knows
            self._keys.add(key)


def init_app(app: Flask) -> None:
    app.extensions[SEEN_TODAY] = SeenToday()
    user_logged_in.connect(_signed_in, app)
    user_logged_out.connect(_signed_out, app)
    password_changed.connect(_password_changed, app)
    tf_profile_changed.connect(_second_step_on, app)
    tf_disabled.connect(_second_step_off, app)
    app.after_request(_write)


def note(name: EventName, member: Any, *, by_them: bool = True, **details: Any) -> None:
    """Writes an event about a member when the request is over."""
    person = Person.of(member)
    _add(AccessEvent(name, person, person if by_them else None, details))


def note_once_an_hour(name: EventName, member: Any, **details: Any) -> None:
    """The same for what someone unknown did to a member's account, once an hour."""
    person = Person.of(member)
    since = sessions.now().replace(minute=0, second=0)
    _add(AccessEvent(name, person, None, {"member": str(person.id)} | details, since))


UNKNOWN = Person(uuid.UUID(int=0), Role.OPERATOR, None, None, None)
"""Where an event belongs when no one is known: to the operators' chain."""


def note_refused_provider(provider: str, reason: str, member: Any | None) -> None:
    """Writes that signing in with a provider was refused, once an hour for each reason."""
    where = Person.of(member) if member is not None else UNKNOWN
    details = {"provider": provider, "reason": reason}
    if member is not None:
        details["member"] = str(where.id)
    since = sessions.now().replace(minute=0, second=0)
    g.write_nevertheless = True  # it is the provider that is away
    _add(AccessEvent(EventName.PROVIDER_REFUSED, where, None, details, since))


def _add(happened: AccessEvent) -> None:
    g.setdefault("happened", []).append(happened)


# What the libraries tell of


def _signed_in(_sender: Flask, user: Member, **_named: Any) -> None:
    if request.endpoint == "security.change_password":  # signs in again by itself
        return
    how = sign_in_methods.current()
    way: dict[str, Any] = {} if how.way is sign_in_methods.Way.PASSWORD else {"way": how.way.value}
    note(EventName.SIGNED_IN, user, second_step=how.step.value, **way)
    g.signed_in = user


def _signed_out(_sender: Flask, user: Any, **_named: Any) -> None:
    if user and user.is_authenticated:
        note(EventName.SIGNED_OUT, user)


def _password_changed(_sender: Flask, user: Member, **_named: Any) -> None:
    user.first_password_until = None
    note(EventName.PASSWORD_CHANGED, user)


def _second_step_on(_sender: Flask, user: Member, **_named: Any) -> None:
    note(EventName.SECOND_STEP_ON, user)


def _second_step_off(_sender: Flask, user: Member, **_named: Any) -> None:
    note(EventName.SECOND_STEP_OFF, user)


# What follows from the answer


def _write(response: Response) -> Response:
    """Writes what happened in this request, once the view has done its part."""
    if response.status_code >= 500 and not g.pop("write_nevertheless", False):
        return response  # the database may be away, and the page that says so must not fail too
    member = g.pop("signed_in", None)
    if member is not None:
        known_browsers.remember(response, member)
    happened = [*g.pop("happened", []), *_from_answer(response)]
    fresh = [one for one in happened if not _was_written(one)]
    if fresh or sessions.has_changes():
        with begin() as db:
            sessions.write_changes(db)
            for one in fresh:
                record(
                    db,
                    one.name,
                    by=one.by,
                    school_id=one.where.school_id,
                    authority_id=one.where.authority_id,
                    **one.details,
                )
                _shorten_first_password(db, one)
        for one in fresh:
            if one.once_since:
                _seen_today().add(one.key)
    _note_page()
    return response


def _shorten_first_password(db: Any, one: AccessEvent) -> None:
    """Once it was used, a first password works for one more hour, to choose another."""
    if one.name is EventName.SIGNED_IN:
        member = db.get(Member, one.where.id)
        if member.first_password_until is not None:
            hour = sessions.now() + FIRST_PASSWORD_AFTER_USE
            member.first_password_until = min(member.first_password_until, hour)


FIRST_PASSWORD_AFTER_USE = sessions.LONGEST / 12


def _from_answer(response: Response) -> list[AccessEvent]:
    """Being refused, and reading."""
    asks_for = declared_access(current_app, request.endpoint) if request.endpoint else None
    if not isinstance(asks_for, Permission) or not current_user.is_authenticated:
        return []
    person = Person.of(current_user)
    since = sessions.now().replace(hour=0, minute=0, second=0)
    named = request.view_args or {}
    if response.status_code == 403 or (
        response.status_code == 404 and not is_own(current_user, named)
    ):
        page = {"page": re.sub("<[^<>]+>", "…", str(request.url_rule)), "method": request.method}
        return [AccessEvent(EventName.ACCESS_REFUSED, person, person, page, since)]
    if response.status_code != 200 or request.method != "GET" or asks_for not in READING:
        return []
    things = {name: str(named[name]) for name in THINGS if name in named}
    read_it, downloaded = READING[asks_for]
    sent_as = response.headers.get("Content-Disposition", "")
    if sent_as.startswith("attachment"):
        file = sent_as.partition('filename="')[2].rstrip('"') or str(request.endpoint)
        return [AccessEvent(downloaded, person, person, things | {"file": file})]
    return [AccessEvent(read_it, person, person, things, since)]


def _was_written(one: AccessEvent) -> bool:
    if one.once_since is None:
        return False
    if _seen_today().has(one.key):
        return True
    query = select(Event.details).where(
        Event.name == one.name,
        Event.at >= one.once_since,
        Event.member_id == one.by.id if one.by else Event.member_id.is_(None),
    )
    if one.by is None:
        query = query.where(
            Event.school_id == one.where.school_id, Event.authority_id == one.where.authority_id
        )
    written = any(details == one.details for details in read().scalars(query))
    if written:
        _seen_today().add(one.key)
    return written


def _note_page() -> None:
    """The session of the member was used."""
    if not sessions.should_note_page():
        return
    try:
        with begin() as db:
            sessions.note_page(db)
    except OperationalError as problem:
        log.warning("session_not_noted", error=problem)  # the next page notes it


def _seen_today() -> SeenToday:
    seen: SeenToday = current_app.extensions[SEEN_TODAY]
    return seen
