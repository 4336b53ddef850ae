"""Sessions of members, kept on the server: signing out ends one permanently.

The cookie holds a random token, and the database its hash. A session ends when the member signs
out, here or from another browser, when they change their password elsewhere, when their account is
renewed or closed, when their last seat ends, after the minutes without a page that the settings
say, and after twelve hours.
"""

from __future__ import annotations

import hashlib
import secrets
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Flask, g, request, session
from flask_login import user_logged_in, user_logged_out
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from survey.database import read
from survey.organisations import current_seat
from survey.organisations.accounts import sign_in_methods
from survey.organisations.models import Member, StaffSession
from survey.settings import current_settings

TOKEN = "token"  # noqa: S105 - the name of a key
LONGEST = timedelta(hours=12)
SEEN_EVERY = timedelta(minutes=5)
"""How exactly the last page is noted: a write for each page would be too many."""


@dataclass(frozen=True)
class _Begun:
    """A session to be written once the view has done its part."""

    token: str
    member_id: uuid.UUID
    replaces: str | None
    way: str
    has_second_step: bool


def init_app(app: Flask) -> None:
    user_logged_in.connect(_begin, app)
    user_logged_out.connect(_end, app)
    manager = app.extensions["security"].login_manager
    find: Callable[[str], Member | None] = manager.user_callback

    def find_with_session(user_id: str) -> Member | None:
        member = find(user_id)
        has_session = member is not None and _current(member)
        return member if member and has_session and current_seat.choose(member) else None

    manager.user_loader(find_with_session)


def now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0, tzinfo=None)


def _begin(_sender: Flask, user: Member, **_named: Any) -> None:
    replaces = session.get(TOKEN)
    session.pop(current_seat.SEAT, None)  # perhaps that of the person who used this browser before
    session[TOKEN] = secrets.token_urlsafe(32)
    if request.endpoint == "security.change_password":  # signs in again by itself
        by_password = sign_in_methods.Way.PASSWORD.value, False
        way, has_second_step = g.get("staff_session_how", by_password)
    else:
        now_in = sign_in_methods.current()
        way, has_second_step = now_in.way.value, now_in.has_second_step
        sign_in_methods.signing_in(now_in.way, now_in.step)  # for the access log, later on
        sign_in_methods.forget_first()
    g.begun_session = _Begun(session[TOKEN], user.id, replaces, way, has_second_step)


def _end(_sender: Flask, **_named: Any) -> None:
    token = session.pop(TOKEN, None)
    if token:
        g.ended_session = token


def _hashed(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _current(member: Member) -> StaffSession | None:
    """The session of this browser, if it is the member's and has not ended."""
    token = session.get(TOKEN)
    if not isinstance(token, str):
        return None
    found = read().scalar(
        select(StaffSession).where(
            StaffSession.token_hash == _hashed(token), StaffSession.member_id == member.id
        )
    )
    if found is None or _is_over(found):
        return None
    g.staff_session_id = found.session_id
    g.staff_session_seen = found.seen_at
    g.staff_session_how = found.way, found.has_second_step
    return found


def current_way() -> str:
    """How the member began this session."""
    return str(g.get("staff_session_how", (sign_in_methods.Way.PASSWORD.value, False))[0])


def current_has_second_step() -> bool:
    """Did the member take a second step to begin this session, here or at a provider?"""
    return bool(g.get("staff_session_how", ("", False))[1])


def _is_over(one: StaffSession) -> bool:
    at = now()
    is_of_a_wrong_clock = one.began_at > at + SEEN_EVERY
    return (
        is_of_a_wrong_clock
        or at >= one.began_at + LONGEST
        or at >= one.seen_at + _idle() + SEEN_EVERY
    )


def _idle() -> timedelta:
    settings = current_settings()
    return timedelta(minutes=settings.session_minutes)


def has_changes() -> bool:
    return bool(g.get("begun_session") or g.get("ended_session"))


def write_changes(db: Session) -> None:
    """Writes the session that began with this request, and removes the one that ended."""
    ended: str | None = g.pop("ended_session", None)
    begun: _Begun | None = g.pop("begun_session", None)
    for token in (ended, begun.replaces if begun else None):
        if token:
            db.execute(delete(StaffSession).where(StaffSession.token_hash == _hashed(token)))
    if begun is None:
        return
    forget_old(db, begun.member_id)
    at = now()
    db.add(
        StaffSession(
            token_hash=_hashed(begun.token),
            member_id=begun.member_id,
            began_at=at,
            seen_at=at,
            browser=browser_named(request.headers.get("User-Agent", "")),
            way=begun.way,
            has_second_step=begun.has_second_step,
        )
    )


def forget_old(db: Session, member_id: uuid.UUID | None = None) -> None:
    """Removes sessions that ended by themselves, of one member or of all."""
    at = now()
    query = delete(StaffSession).where(
        (StaffSession.began_at <= at - LONGEST)
        | (StaffSession.seen_at <= at - _idle() - SEEN_EVERY)
    )
    db.execute(query if member_id is None else query.where(StaffSession.member_id == member_id))


def should_note_page() -> bool:
    seen: datetime | None = g.get("staff_session_seen")
    return seen is not None and now() >= seen + SEEN_EVERY


def note_page(db: Session) -> None:
    """The member has opened a page in this session."""
    db.execute(
        update(StaffSession)
        .where(StaffSession.session_id == g.staff_session_id)
        .values(seen_at=now())
    )


@dataclass(frozen=True)
class Open:
    """A session as the page of the account shows it."""

    session_id: uuid.UUID
    browser: str
    began_at: datetime
    seen_at: datetime
    way: str
    has_second_step: bool
    is_this: bool


def open_sessions(db: Session, member_id: uuid.UUID) -> Sequence[Open]:
    """Where the member is signed in, this browser first."""
    found = db.scalars(
        select(StaffSession)
        .where(StaffSession.member_id == member_id)
        .order_by(StaffSession.seen_at.desc(), StaffSession.session_id)
    )
    here: uuid.UUID | None = g.get("staff_session_id")
    rows = [
        Open(
            one.session_id,
            one.browser,
            one.began_at,
            one.seen_at,
            one.way,
            one.has_second_step,
            one.session_id == here,
        )
        for one in found
        if not _is_over(one)
    ]
    return sorted(rows, key=lambda one: not one.is_this)


def end_sessions(db: Session, member_id: uuid.UUID, *, only: uuid.UUID | None = None) -> int:
    """Ends the member's sessions in other browsers, or only one of them; says how many."""
    query = delete(StaffSession).where(
        StaffSession.member_id == member_id,
        StaffSession.session_id != g.get("staff_session_id"),
    )
    if only is not None:
        query = query.where(StaffSession.session_id == only)
    return int(db.execute(query).rowcount)  # type: ignore[attr-defined]


def end_all(db: Session, member_id: uuid.UUID) -> None:
    """Ends every session of a member whose account is renewed or closed."""
    db.execute(delete(StaffSession).where(StaffSession.member_id == member_id))


BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("CriOS/", "Chrome"),
    ("Safari/", "Safari"),
)
SYSTEMS = (
    ("Windows", "Windows"),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("CrOS", "Chromebook"),
    ("Macintosh", "Mac"),
    ("Linux", "Linux"),
)


def browser_named(agent: str) -> str:
    """The kind of browser and of device, like "Firefox, Windows"; empty if it is not known."""
    found = (
        next((name for mark, name in names if mark in agent), "") for names in (BROWSERS, SYSTEMS)
    )
    return ", ".join(filter(None, found))
