"""The help desk of the demo's first school: open, with requests that its reading password opens."""

from __future__ import annotations

import uuid
from datetime import date, timedelta

from sqlalchemy.orm import Session

from survey.help_requests import operations, reader_keys
from survey.help_requests.operations import RequestText
from survey.organisations.operations import find_school
from survey.organisations.people import confirm_news
from survey.organisations.seats.operations import seats_at
from survey.settings import current_settings

READING_PASSWORD = "seven quiet otters"  # noqa: S105 - the demo's, printed at its start

CAME: tuple[tuple[int, RequestText, str], ...] = (
    (
        9,
        RequestText("Amina H.", "10C", "Before registration, at the library desk",
              "Somebody keeps sending me pictures", urgent=False),
        "Spoke with Amina on the same day. Her head of year and her parents know.",
    ),
    (1, RequestText("Tom W.", "7A", "In form time, but not in PE", "", urgent=False), ""),
    (
        0,
        RequestText("Zofia K.", "9D", "I am in the art room every lunch",
              "Older students wait for me at the bus stop after school", urgent=True),
        "",
    ),
)  # fmt: skip
"""How many days ago, what was asked, and what was done about it, if anything yet."""


def fill_desk(db: Session, *, school_id: uuid.UUID, today: date) -> None:
    """Makes the key of an open help desk for its lead, and sends three requests."""
    key = operations.box_key(*current_settings().totp_keys)
    seats = seats_at(db, find_school(db, school_id))
    members = [one.member for one in seats]
    lead = next(one for one in members if one.email == "lead@demo.example")
    reader_keys.begin_key(
        db, school_id=school_id, password=READING_PASSWORD, key=key, today=today, by=lead
    )
    keys = reader_keys.open_copies(db, school_id, lead.id, READING_PASSWORD)
    for ago, asked, note in CAME:
        request_id, day = uuid.uuid4(), today - timedelta(days=ago)
        operations.ask(
            db, school_id=school_id, request_id=request_id, asked=asked, key=key, today=day
        )
        if note:
            operations.mark_read(
                db, school_id=school_id, request_id=request_id, key=key, keys=keys, today=day,
                by=lead,
            )  # fmt: skip
            operations.close_request(
                db, school_id=school_id, request_id=request_id, note=note, key=key, keys=keys,
                today=day, by=lead,
            )  # fmt: skip
    for one in seats:
        confirm_news(db, school_id=school_id, by=one)
