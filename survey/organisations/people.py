"""The people of a school: who works there, who reads requests for help, and what changed about it.

An account that the operator opened or renewed is seen here by everyone at the school, and each
member confirms to have seen it.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from flask import flash, redirect, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from survey.audit_log import Event, EventName, record
from survey.database import begin
from survey.organisations.blueprint import bp
from survey.organisations.help_desk import find_desk
from survey.organisations.models import CopyKind, DeskKeyCopy, Member, Membership
from survey.organisations.operations import find_school
from survey.organisations.seats.operations import last_seat_at, seats_at
from survey.permissions import MemberLike, Permission, current_member, requires

SAID: Mapping[EventName, LazyString] = {
    EventName.MEMBER_ADDED: _l("%(name)s was given a seat here."),
    EventName.MEMBER_CONFIRMED: _l("%(by)s confirmed who %(name)s is."),
    EventName.MEMBER_REMOVED: _l("The seat of %(name)s here was taken away."),
    EventName.MEMBER_RENEWED: _l(
        "The account of %(name)s was renewed: it has a new password, and the second step is off."
    ),
    EventName.SECOND_STEP_RESET: _l("%(by)s turned the second step of %(name)s off."),
    EventName.MEMBER_CLOSED: _l("The account of %(name)s was closed."),
    EventName.DESK_KEY_MADE: _l("%(by)s made a new key for requests for help."),
    EventName.DESK_KEY_CANCELLED: _l("%(by)s stopped a new key for requests for help."),
    EventName.DESK_SHEET_MADE: _l("%(by)s made a new recovery sheet."),
    EventName.DESK_READER_INVITED: _l("%(by)s gave %(name)s a code to read requests for help."),
    EventName.DESK_READER_ADDED: _l("%(name)s can read requests for help now."),
    EventName.DESK_READER_REMOVED: _l("%(name)s cannot read requests for help any more."),
}
"""The events that members of a school see, in words."""


@dataclass(frozen=True)
class SchoolPerson:
    """`renewed_on` is the day the operator last gave a new password; `reads_since` is since when
    they can open requests for help, if they can."""

    seat: Membership
    renewed_on: date | None
    reads_since: date | None


@dataclass(frozen=True)
class News:
    event_id: uuid.UUID
    day: date
    says: str
    by: str


def people_of(db: Session, school_id: uuid.UUID) -> list[SchoolPerson]:
    """Open accounts of a school, by name."""
    desk = find_desk(db, school_id)
    renewed = {e.details["member"]: e.day for e in _events(db, school_id, RENEWALS)}
    reading: dict[uuid.UUID | None, date] = {}
    if desk is not None:
        copies = select(DeskKeyCopy).where(
            DeskKeyCopy.school_id == school_id,
            DeskKeyCopy.number == desk.key_number,
            DeskKeyCopy.kind == CopyKind.READER,
        )
        reading = {copy.member_id: copy.since for copy in db.scalars(copies)}
    return [
        SchoolPerson(one, renewed.get(str(one.member_id)), reading.get(one.member_id))
        for one in seats_at(db, find_school(db, school_id))
    ]


RENEWALS = frozenset({EventName.MEMBER_RENEWED})


def history(db: Session, school_id: uuid.UUID) -> list[News]:
    """Everything of the kind, the newest first."""
    return _told(db, list(reversed(_events(db, school_id, frozenset(SAID)))))


def news(db: Session, *, member: MemberLike) -> list[News]:
    """What happened at the member's school since their account was opened, that someone else did
    and that they have not confirmed."""
    seat = last_seat_at(db, member.school_id, member.id) if member.school_id else None
    if seat is None or seat.school_id is None:
        return []
    seen = {
        event_id
        for event in _events(db, seat.school_id, frozenset({EventName.NEWS_SEEN}))
        if event.member_id == member.id
        for event_id in event.details["events"]
    }
    fresh = [
        event
        for event in _events(db, seat.school_id, frozenset(SAID))
        if event.member_id != member.id
        and event.day >= seat.since
        and str(event.event_id) not in seen
        and not _opens(event, seat)
    ]
    return _told(db, fresh)


def confirm_news(db: Session, *, school_id: uuid.UUID, by: MemberLike) -> None:
    """The member has seen what `news` said."""
    ids = [str(one.event_id) for one in news(db, member=by)]
    if ids:
        record(db, EventName.NEWS_SEEN, by=by, school_id=school_id, events=ids)


def _opens(event: Event, seat: Membership) -> bool:
    """Does it say that the member was given their own seat?"""
    return event.name is EventName.MEMBER_ADDED and event.details["member"] == str(seat.member_id)


def _events(db: Session, school_id: uuid.UUID, names: frozenset[EventName]) -> list[Event]:
    query = select(Event).where(Event.school_id == school_id, Event.name.in_(sorted(names)))
    return list(db.scalars(query.order_by(Event.at, Event.event_id)))


def _told(db: Session, events: list[Event]) -> list[News]:
    names = {str(id_): name for id_, name in db.execute(select(Member.id, Member.name))}
    return [_news(event, names) for event in events]


def _news(event: Event, names: Mapping[str, str]) -> News:
    by = names.get(str(event.member_id), _("the operator"))
    name = names.get(str(event.details.get("member")), "–")
    return News(event.event_id, event.day, str(SAID[event.name]) % {"name": name, "by": by}, by)


@bp.post("/schools/<uuid:school_id>/people/seen")
@requires(Permission.SCHOOL_SEE)
def news_seen(school_id: uuid.UUID) -> Response:
    with begin() as db:
        confirm_news(db, school_id=school_id, by=current_member())
    flash(_("Thank you. It is recorded that you have seen this."))
    return redirect(url_for("campaigns.school", school_id=school_id))
