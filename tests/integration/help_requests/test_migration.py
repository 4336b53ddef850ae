"""Requests of before there were keys go into boxes, and back, with every word and every day."""

from __future__ import annotations

import json
import secrets
import uuid
from datetime import date

import sqlalchemy as sa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from flask import Flask

from survey.app import alembic
from survey.database import begin, database, read
from survey.help_requests import operations
from survey.help_requests.encryption import key_from
from survey.help_requests.operations import RequestText, box_key
from survey.organisations.models import HelpDesk, Member
from survey.permissions import Role
from tests.world import World

OLD = b"survey: words of help requests, 1"
REQUESTS = sa.table(
    "help_request",
    *(sa.column(name, sa.Uuid()) for name in ("school_id", "request_id", "read_by", "closed_by")),
    *(sa.column(name, sa.Date()) for name in ("arrived_on", "read_on", "closed_on")),
    sa.column("urgent", sa.Boolean()),
    sa.column("sealed", sa.LargeBinary()),
    sa.column("sealed_note", sa.LargeBinary()),
)
DAY = date(2026, 11, 9)


def sealed(app: Flask, words: str, at: tuple[uuid.UUID, uuid.UUID], part: bytes) -> bytes:
    """As it was done then."""
    nonce, key = secrets.token_bytes(12), key_from(app.extensions["settings"].totp_key, OLD)
    place = at[0].bytes + at[1].bytes + part
    return nonce + AESGCM(key).encrypt(nonce, words.encode(), place)


def old_row(
    app: Flask, school_id: uuid.UUID, asked: RequestText, lead: uuid.UUID, note: str
) -> dict:  # type: ignore[type-arg]
    at = school_id, uuid.uuid4()
    words = json.dumps(asked.__dict__, ensure_ascii=False)
    done = {"read_on": DAY, "read_by": lead, "closed_on": DAY, "closed_by": lead}
    return {
        "school_id": school_id,
        "request_id": at[1],
        "arrived_on": DAY,
        "urgent": asked.urgent,
        "sealed": sealed(app, words, at, b"asked"),
        "sealed_note": sealed(app, note, at, b"note") if note else None,
        **(done if note else dict.fromkeys(done)),
    }


def test_requests_of_before_keep_their_words_their_days_and_their_notes(
    app: Flask, world: World
) -> None:
    school_id = world.own.school_id
    with app.app_context():
        lead = read().query(Member).filter_by(email=world.own.email[Role.LEAD]).one().id
        read().rollback()
        alembic.downgrade("0012")
        wrote = {f"Student {n}": n for n in range(20)}
        rows = [
            old_row(
                app,
                school_id,
                RequestText(name, "8B", 'At "lunch"\nby the door', "ਪੰਜਾਬੀ 🙂", urgent=n % 2 == 0),
                lead,
                "Spoke with them." if n % 3 == 0 else "",
            )
            for name, n in wrote.items()
        ]
        with begin() as db:
            db.execute(sa.insert(REQUESTS), rows)
            lost = rows[0] | {"request_id": uuid.uuid4(), "sealed": b"under another key"}
            db.execute(sa.insert(REQUESTS), [lost])

        alembic.upgrade()
        key = box_key(app.extensions["settings"].totp_key)
        assert read().get_one(HelpDesk, school_id).key_number == 0
        found = operations.inbox(read(), school_id, key=key, keys={})
        assert len(found) == 21
        by_name = {one.asked.name: one for one in found if one.asked}
        for name, n in wrote.items():
            one = by_name[name]
            assert one.asked == RequestText(
                name, "8B", 'At "lunch"\nby the door', "ਪੰਜਾਬੀ 🙂", urgent=n % 2 == 0
            )
            assert one.request.arrived_on == DAY
            assert (one.request.closed_on, one.request.closed_by, one.note) == (
                (DAY, lead, "Spoke with them.") if n % 3 == 0 else (None, None, None)
            )
        assert "–" in by_name, "words of a lost key say so, and its days stay"
        read().rollback()

        alembic.downgrade("0012")
        with database.engine.connect() as connection:
            back = connection.execute(sa.select(REQUESTS)).mappings().all()
        assert len(back) == 21
        assert {row["urgent"] for row in back} == {True, False}
        alembic.upgrade()
        again = operations.inbox(read(), school_id, key=key, keys={})
        assert {(o.request, o.asked, o.note) for o in again} == {
            (o.request, o.asked, o.note) for o in found
        }
        read().rollback()


def test_a_desk_that_was_closed_takes_nothing_until_it_has_a_key(app: Flask, world: World) -> None:
    with app.app_context():
        with begin() as db:
            db.get_one(HelpDesk, world.other.school_id).is_open = False
        alembic.downgrade("0012")
        alembic.upgrade()
        numbers = {desk.school_id: desk.key_number for desk in read().query(HelpDesk)}
        read().rollback()
    assert numbers == {world.own.school_id: 0, world.other.school_id: None}
