"""What pages say of a day, an hour or a wait, and what happens then."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, tzinfo

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_babel import format_datetime
from limits import parse
from sqlalchemy import select, update

from survey import audit_log
from survey import database as days
from survey.audit_log import EventName, record
from survey.database import begin, read
from survey.jobs import schedule
from survey.organisations import people
from survey.organisations.accounts import guess_limits, sessions
from survey.organisations.models import Member, Membership, School, StaffSession
from survey.permissions import Role
from survey.retention import operations as retention
from tests.integration.organisations.pages import try_sign_in, turn_second_step_on, words
from tests.world import World, sign_in


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


def test_a_session_of_a_person_who_does_not_come_back_is_forgotten_in_the_night(
    app: Flask, client: FlaskClient, world: World
) -> None:
    """Their data says that where they were signed in is kept until the night after."""
    sign_in(client, world.email(Role.LEAD))
    with app.app_context(), begin() as db:
        assert db.scalars(select(StaffSession)).all()
        long_ago = sessions.now() - sessions.LONGEST
        db.execute(update(StaffSession).values(began_at=long_ago, seen_at=long_ago))
    with app.app_context():
        retention._forget(app.extensions["settings"], days.today())
        assert read().scalars(select(StaffSession)).all() == []


def test_who_used_up_the_codes_of_a_day_is_not_told_to_wait_a_quarter_of_an_hour(
    client: FlaskClient, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guess_limits, "CODES_A_DAY", parse("4 per day"))
    try_sign_in(client, world.email(Role.LEAD))
    phone = turn_second_step_on(client)
    client.post("/sign-out")
    try_sign_in(client, world.email(Role.LEAD))
    for _try in range(4):
        client.post("/sign-in/code", data={"code": phone.wrong_code()})
    said = words(client.post("/sign-in/code", data={"code": phone.wrong_code()}))
    assert "in a day. Wait until tomorrow" in said
    assert "quarter of an hour" not in said


JUST_AFTER_MIDNIGHT = datetime(2026, 7, 1, 23, 30)  # noqa: DTZ001  as the column holds it: UTC
"""At the schools it is the second of July."""


def test_what_happens_after_midnight_in_summer_is_of_that_day(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Clock(datetime):
        @classmethod
        def now(cls, _tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return JUST_AFTER_MIDNIGHT

    monkeypatch.setattr(audit_log, "datetime", Clock)
    with app.test_request_context(), begin() as db:
        db.execute(update(Membership).values(since=date(2026, 7, 2)))
        school = db.get_one(School, world.own.school_id)
        coordinator = db.scalars(
            select(Member).where(Member.email == world.email(Role.COORDINATOR))
        ).one()
        record(
            db,
            EventName.MEMBER_ADDED,
            by=None,
            school_id=school.school_id,
            member=str(coordinator.id),
            role="coordinator",
        )
        db.flush()
        lead = db.scalars(select(Member).where(Member.email == world.email(Role.LEAD))).one()
        (seat,) = lead.seats
        assert [one.day for one in people.news(db, member=seat)] == [date(2026, 7, 2)]
        db.rollback()


def test_times_are_shown_as_the_clocks_of_the_schools_say(app: Flask) -> None:
    """Such as when someone signed in, on their page of sessions."""
    with app.test_request_context():
        assert format_datetime(JUST_AFTER_MIDNIGHT, "d MMM y, HH:mm") == "2 Jul 2026, 00:30"


NIGHTS = {
    "the clocks go forward": datetime(2026, 3, 29, 1, 45, tzinfo=UTC),
    "the clocks go back": datetime(2026, 10, 25, 2, 45, tzinfo=UTC),
    "a leap day": datetime(2028, 2, 29, 2, 45, tzinfo=UTC),
    "the end of a year": datetime(2026, 12, 31, 2, 45, tzinfo=UTC),
}


@pytest.mark.parametrize("at", NIGHTS.values(), ids=NIGHTS)
def test_the_upkeep_is_due_once_in_each_night(at: datetime) -> None:
    plain = at.replace(tzinfo=None)
    due = schedule._latest(plain)
    local = due.replace(tzinfo=UTC).astimezone(days.SCHOOL_TIME)
    assert (local.hour, local.minute) == (2, 30)
    assert local.date() == at.astimezone(days.SCHOOL_TIME).date()
    before = schedule._latest(plain - timedelta(hours=2))
    assert timedelta(hours=22) < due - before < timedelta(hours=26)


LAST_MOMENTS = [
    # the last day, a moment when it still is that day, and one when it is over
    (date(2026, 10, 25), datetime(2026, 10, 25, 23, 59, tzinfo=UTC), timedelta(minutes=1)),
    (date(2026, 10, 24), datetime(2026, 10, 24, 22, 59, tzinfo=UTC), timedelta(minutes=1)),
    (date(2026, 3, 28), datetime(2026, 3, 28, 23, 59, tzinfo=UTC), timedelta(minutes=1)),
    (date(2026, 3, 29), datetime(2026, 3, 29, 22, 59, tzinfo=UTC), timedelta(minutes=1)),
    (date(2028, 2, 29), datetime(2028, 2, 29, 23, 59, tzinfo=UTC), timedelta(minutes=1)),
    (date(2026, 12, 31), datetime(2026, 12, 31, 23, 59, tzinfo=UTC), timedelta(minutes=1)),
]


@pytest.mark.parametrize(("last_day", "moment", "later"), LAST_MOMENTS)
def test_a_last_day_ends_at_midnight_at_the_school(
    last_day: date, moment: datetime, later: timedelta, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [moment]

    class Clock(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return now[0].astimezone(tz)

    monkeypatch.setattr(days, "datetime", Clock)
    assert days.today() == last_day
    now[0] = moment + later
    assert days.today() == last_day + timedelta(days=1)
