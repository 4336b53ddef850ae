"""The log of events is a chain: what is changed in it afterwards is found."""

from __future__ import annotations

import hashlib
import json
import threading
import uuid

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.orm import Session

from survey.audit_log import EventName, record
from survey.database import begin, read
from survey.organisations.access_log import chain

SCHOOL, OTHER = uuid.UUID(int=7), uuid.UUID(int=8)


@pytest.fixture
def here(app: Flask) -> Flask:
    with app.app_context():
        for number in range(4):
            with begin() as db:
                record(db, EventName.WAVE_CLOSED, by=None, school_id=SCHOOL, number=number)
                record(db, EventName.SCHOOL_CHANGED, by=None, school_id=OTHER)
        yield app


def test_each_school_has_a_chain_of_its_own(here: Flask) -> None:
    found = chain.entries(read(), SCHOOL)
    assert [one.number for one in found] == [4, 3, 2, 1]
    assert [one.event.details["number"] for one in found] == [3, 2, 1, 0]
    assert chain.last_link(read(), SCHOOL) == (4, found[0].link_hash)
    assert chain.first_broken(read(), SCHOOL) is None
    assert chain.first_broken(read(), OTHER) is None
    assert chain.first_broken(read(), uuid.UUID(int=9)) is None


def test_the_hash_can_be_worked_out_by_anybody(here: Flask) -> None:
    before = bytes(32)
    for entry in reversed(chain.entries(read(), SCHOOL)):
        happened = entry.event
        details = json.dumps(happened.details, sort_keys=True, ensure_ascii=False)
        said = f"{SCHOOL}|{entry.number}|{happened.at.isoformat()}|wave.closed||{details}"
        before = hashlib.sha256(before + said.encode()).digest()
        assert entry.link_hash == before


WITHOUT_TRIGGERS = {
    "sqlite": [
        f"DROP TRIGGER {table}_no_{way}"
        for table in ("event", "event_link")
        for way in ("update", "delete", "replace")
    ],
    "postgresql": [
        f"ALTER TABLE {table} DISABLE TRIGGER USER" for table in ("event", "event_link")
    ],
}
SECOND = "(SELECT event_id FROM event_link WHERE number = 2 AND scope_id = :school)"
LAST = "(SELECT event_id FROM event_link WHERE number = 4 AND scope_id = :school)"


@pytest.mark.parametrize(
    ("statements", "found"),
    [
        ([f"UPDATE event SET name = 'wave.launched' WHERE event_id = {SECOND}"], 2),
        ([f"UPDATE event SET details = '{{\"number\": 9}}' WHERE event_id = {LAST}"], 4),
        (["DELETE FROM event_link WHERE number = 2 AND scope_id = :school"], 2),
        (["DELETE FROM event_link WHERE number = 4 AND scope_id = :school"], 4),
        (["UPDATE event_chain SET number = 3 WHERE scope_id = :school"], 5),
        (["UPDATE event_link SET number = 9 WHERE number = 4 AND scope_id = :school"], 4),
    ],
)
def test_whoever_gets_past_the_triggers_breaks_the_chain(
    here: Flask, statements: list[str], found: int
) -> None:
    dialect = read().get_bind().dialect.name
    school = SCHOOL.hex if dialect == "sqlite" else SCHOOL
    with begin() as db:
        for statement in WITHOUT_TRIGGERS[dialect]:
            db.execute(text(statement))
        for statement in statements:
            db.execute(text(statement), {"school": school} if ":school" in statement else {})
    assert chain.first_broken(read(), SCHOOL) == found
    assert chain.first_broken(read(), OTHER) is None


def test_an_event_slipped_in_without_a_link_is_found(here: Flask) -> None:
    with begin() as db:
        record(db, EventName.WAVE_LAUNCHED, by=None, school_id=SCHOOL)
        db.info.pop("events_to_link")
    assert chain.first_broken(read(), SCHOOL) == 5


def test_what_was_rolled_back_leaves_no_gap(here: Flask) -> None:
    def fail() -> None:
        with begin() as db:
            record(db, EventName.WAVE_LAUNCHED, by=None, school_id=SCHOOL)
            db.flush()
            raise ZeroDivisionError

    def fail_inside(db: Session) -> None:
        with db.begin_nested():
            record(db, EventName.WAVE_CLOSED, by=None, school_id=SCHOOL, number=8)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with begin() as db:
        record(db, EventName.WAVE_LAUNCHED, by=None, school_id=SCHOOL)
        with pytest.raises(ZeroDivisionError):
            fail_inside(db)
    assert [one.number for one in chain.entries(read(), SCHOOL)] == [5, 4, 3, 2, 1]
    assert chain.first_broken(read(), SCHOOL) is None


def test_events_at_the_same_time_get_a_number_each(here: Flask) -> None:
    def write() -> None:
        with here.app_context():
            for _time in range(5):
                with begin() as db:
                    record(db, EventName.SCHOOL_CHANGED, by=None, school_id=OTHER)
                    record(db, EventName.SCHOOL_CHANGED, by=None, school_id=SCHOOL)

    read().rollback()
    threads = [threading.Thread(target=write) for _n in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for school in (SCHOOL, OTHER):
        assert chain.last_link(read(), school)[0] == 4 + 15
        assert chain.first_broken(read(), school) is None
