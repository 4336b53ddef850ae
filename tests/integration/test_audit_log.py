"""What staff did is written once, with the change, and never altered."""

from __future__ import annotations

import uuid
from datetime import datetime

import pytest
from flask import Flask
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from survey.audit_log import Event, EventName, record
from survey.database import begin, read
from survey.organisations.models import Member
from survey.permissions import Role
from tests.world import World

SCHOOL = uuid.UUID(int=7)


@pytest.fixture
def here(app: Flask) -> Flask:
    with app.app_context():
        with begin() as db:
            record(db, EventName.WAVE_CLOSED, by=None, school_id=SCHOOL, number=1)
        yield app


def test_an_event_says_what_by_whom_where_and_when(app: Flask, world: World) -> None:
    with app.app_context():
        wave_id = uuid.uuid4()
        with begin() as db:
            lead = db.scalar(select(Member).where(Member.email == world.email(Role.LEAD)))
            assert lead is not None
            record(
                db,
                EventName.WAVE_LAUNCHED,
                by=lead,
                school_id=world.own.school_id,
                wave_id=wave_id,
                number=1,
            )
            lead_id = lead.id
        launched = select(Event).where(Event.name == EventName.WAVE_LAUNCHED)
        event = read().scalars(launched).one()
        assert event.member_id == lead_id
        assert (event.school_id, event.authority_id) == (world.own.school_id, None)
        assert event.details == {"wave_id": str(wave_id), "number": 1}
        assert isinstance(event.at, datetime)
        assert event.at.microsecond == 0


def test_the_command_line_acts_for_no_member(here: Flask) -> None:
    assert read().scalars(select(Event)).one().member_id is None


def test_an_event_goes_when_the_change_beside_it_fails(app: Flask) -> None:
    def change_and_fail() -> None:
        with begin() as db:
            record(db, EventName.SCHOOL_CHANGED, by=None, school_id=SCHOOL)
            db.flush()
            raise ZeroDivisionError

    with app.app_context():
        with pytest.raises(ZeroDivisionError):
            change_and_fail()
        assert read().scalar(select(func.count()).select_from(Event)) == 0


def test_every_event_has_a_name_that_fits_and_is_of_its_own() -> None:
    assert len({name.value for name in EventName}) == len(EventName)
    longest = Event.__table__.c.name.type.length  # type: ignore[attr-defined]
    assert all(len(name.value) <= longest for name in EventName)


TAMPERING = {
    "update": "UPDATE event SET name = 'wave.launched'",
    "update-one": "UPDATE event SET details = '{}' WHERE school_id IS NOT NULL",
    "delete": "DELETE FROM event",
    "delete-one": "DELETE FROM event WHERE school_id IS NOT NULL",
}
BY_ENGINE = {
    "sqlite": {
        "replace": "INSERT OR REPLACE INTO event SELECT event_id, at, 'wave.launched',"
        " member_id, school_id, authority_id, details FROM event",
        "upsert": "INSERT INTO event SELECT event_id, at, name, member_id, school_id,"
        " authority_id, details FROM event WHERE true"
        " ON CONFLICT (event_id) DO UPDATE SET name = 'wave.launched'",
    },
    "postgresql": {
        "truncate": "TRUNCATE event CASCADE",
        "upsert": "INSERT INTO event SELECT * FROM event"
        " ON CONFLICT (event_id) DO UPDATE SET name = 'wave.launched'",
    },
}


def test_the_database_refuses_to_alter_or_remove_an_event(
    here: Flask, subtests: pytest.Subtests
) -> None:
    engine = read().get_bind().dialect.name
    before = read().execute(text("SELECT * FROM event")).all()
    for way, statement in (TAMPERING | BY_ENGINE[engine]).items():
        with subtests.test(way):
            with pytest.raises(DBAPIError, match="events are append-only"), begin() as db:
                db.execute(text(statement))
            assert read().execute(text("SELECT * FROM event")).all() == before
