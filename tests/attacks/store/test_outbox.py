"""A thief of the outbox, of a copy or of a backup of it: when did a student ask for help?

Before, each message held the second in plain, in the head of what was sealed; a message that could
not be sent said when it was tried and how often; and the place of its row, between messages whose
times are on record, said the rest.
"""

from __future__ import annotations

import base64
import binascii
import time
import uuid
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select, text

from survey.database import begin, database, today
from survey.help_requests import notices
from survey.mail import outbox, sending
from survey.mail.kinds import MailKind
from survey.mail.models import MailState, OutMail
from survey.organisations.models import DeskKeyCopy, Member
from tests.attacks.test_help_requests import send as ask
from tests.conftest import settings_for
from tests.ports import free_port
from tests.world import World

NEAR = 60
"""Seconds: a number so near the present is a time."""


@pytest.fixture
def settings(database_url: str):  # type: ignore[no-untyped-def]
    return settings_for(
        database_url,
        mail_server=f"127.0.0.1:{free_port()}",  # where no one answers
        mail_security="none",
        mail_from="surveys@survey.test",
    )


def times_in(data: bytes) -> list[int]:
    """Every number of 4 or 8 bytes in these bytes, or in what they spell, that is about now."""
    now, held = int(time.time()), [data]
    for read in (base64.urlsafe_b64decode, base64.b64decode, binascii.unhexlify):
        try:
            held.append(read(data))
        except ValueError:
            continue
    return [
        number // scale
        for one in held
        for width, scale in ((4, 1), (8, 1), (8, 1000), (8, 10**6))
        for at in range(len(one) - width + 1)
        for order in ("big", "little")
        if abs((number := int.from_bytes(one[at : at + width], order)) // scale - now) < NEAR
    ]


def rows(app: Flask) -> list[dict[str, object]]:
    with app.app_context(), database.engine.connect() as connection:
        found = connection.execute(text("SELECT * FROM out_mail")).mappings()
        return [dict(one) for one in found]


def times_of(row: dict[str, object]) -> list[object]:
    """What a row says of a time, apart from a day."""
    said: list[object] = [row["next_try"]] if row["next_try"] else []
    for value in row.values():
        if isinstance(value, bytes | memoryview):
            said += times_in(bytes(value))
    return said


def test_the_attack_reads_the_token_of_before() -> None:
    from cryptography.fernet import Fernet

    assert times_in(Fernet(Fernet.generate_key()).encrypt(b"/staff"))


def test_a_message_about_a_request_holds_no_time(app: Flask, world: World) -> None:
    ask(app.test_client(), world.own, "Robin Someone")
    [row] = rows(app)
    assert times_of(row) == []


def test_nor_does_one_that_could_not_be_sent(app: Flask, world: World) -> None:
    """Neither when it was tried nor how often, and still it is tried again, though not at once."""
    ask(app.test_client(), world.own, "Robin Someone")
    for _try in range(3):
        with app.app_context():
            assert sending.deliver().sent == 0
        [row] = rows(app)
        assert times_of(row) == []
        assert (row["state"], row["tries"]) == (MailState.WAITING, 0)
        assert row["problem"], "what is wrong is said"
    with app.app_context():
        assert sending._claim() == [], "it rests in this process"
        sending._rests.until.clear()
        [claimed] = sending._claim()
        sending._give_back(claimed)
    assert times_of(rows(app)[0]) == []


def test_a_claim_that_was_given_up_leaves_no_time(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask(app.test_client(), world.own, "Robin Someone")
    monkeypatch.setattr(sending, "CLAIM_HOLDS", -sending.CLAIM_HOLDS)
    with app.app_context():
        assert sending._claim()
        sending._give_up_claims()
    [row] = rows(app)
    assert (row["state"], times_of(row)) == (MailState.FAILED, [])


def test_the_order_of_rows_tells_nothing(app: Flask, world: World, tmp_path: Path) -> None:
    """Requests between messages whose time is on record: invitations, whose events have seconds."""
    written: list[uuid.UUID] = []
    with app.app_context():
        reader = database.session.scalars(
            select(DeskKeyCopy.member_id).where(DeskKeyCopy.school_id == world.own.school_id)
        ).first()
        others = [one for one in database.session.scalars(select(Member.id)).all() if one != reader]
        for number in range(12):
            member_id = others[number % len(others)]
            with begin() as db:
                if number % 4 == 2:
                    notices.write(db, world.own.school_id, 1, today())
                outbox.put(
                    db, kind=MailKind.INVITATION, member_id=member_id, about=str(number), path="/x"
                )
            with begin() as db:
                there = set(db.scalars(select(OutMail.mail_id)))
            written += sorted(there - set(written))
    lain = [uuid.UUID(str(row["mail_id"])) for row in rows(app)]
    assert len(lain) == len(written) > 12
    if database_is_sqlite(app):
        assert lain == sorted(lain), "in the order of random numbers"
        with app.app_context(), database.engine.connect() as connection:
            sql = connection.scalar(text("SELECT sql FROM sqlite_master WHERE name = 'out_mail'"))
        assert "WITHOUT ROWID" in str(sql), "and no number counts them"


def database_is_sqlite(app: Flask) -> bool:
    return str(app.extensions["settings"].database_url).startswith("sqlite")
