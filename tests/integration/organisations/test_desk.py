"""The start page of a school: what waits, with the days it is late, and the last report."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from survey.database import begin, read
from survey.free_text.decisions import read_by
from survey.organisations.models import Member
from survey.permissions import Role
from survey.releases.models import StoredRelease
from survey.start_page.duties import Desk, Duty, Weight, duties_of, reports_of
from tests.integration.free_text.review_pages import (
    CLOSED,
    agree,
    close,
    find_wave,
    open_room,
    write,
)
from tests.integration.reports.school.test_views import publish
from tests.integration.reports.waves import add_wave
from tests.unit.reports.samples import sample
from tests.world import OPENED, Side, World, sign_in

DUE = date(2026, 12, 18)
"""When the action of the world is due."""


@pytest.fixture
def side(app: Flask, world: World) -> Iterator[Side]:
    with app.test_request_context():
        yield world.own


def at_desk(side: Side, role: Role = Role.LEAD, today: date = OPENED) -> Desk:
    read().rollback()  # what was written since is seen
    member = read().scalars(select(Member).where(Member.email == side.email[role])).one()
    return Desk(read(), side.school_id, member, today)


def weights(duties: tuple[Duty, ...]) -> list[Weight]:
    return [one.weight for one in duties]


def test_what_waits_is_there_in_the_order_of_its_weight(side: Side) -> None:
    asked, waiting, action = duties_of(at_desk(side, today=DUE - timedelta(days=14)))
    assert "asks an adult" in asked.title
    assert asked.address.endswith("/help-requests/")
    assert waiting.weight is Weight.SOMEBODY_WAITS
    assert str(side.approval_id) in waiting.address
    assert (action.weight, action.days_late, action.due_on) == (Weight.DUE, 0, DUE)
    assert "Nobody avoids the toilets at break" in action.says
    assert str(side.action_id) in action.address


def test_an_action_is_there_from_two_weeks_before_and_says_how_late_it_is(side: Side) -> None:
    early = duties_of(at_desk(side, today=DUE - timedelta(days=15)))
    assert not [one for one in early if one.due_on == DUE]
    late = duties_of(at_desk(side, today=DUE + timedelta(days=3)))
    (action,) = [one for one in late if one.due_on == DUE]
    assert (action.weight, action.days_late) == (Weight.LATE, 3)
    assert weights(late) == sorted(weights(late))


def test_unread_texts_say_how_many_days_they_are_late(side: Side) -> None:
    write(side, 22)
    close(side)
    agree(side)
    open_room(side)
    until = read_by(CLOSED)
    found = duties_of(at_desk(side, today=until + timedelta(days=5)))
    (texts,) = [one for one in found if one.weight is Weight.STUDENT_AT_RISK]
    assert (texts.days_late, texts.due_on) == (5, until)
    assert texts.title == "22 texts are unread"


def test_a_coordinator_sees_neither_requests_nor_texts_nor_reports(app: Flask, side: Side) -> None:
    write(side, 22)
    publish(app, side, *sample())
    found = at_desk(side, Role.COORDINATOR, today=DUE + timedelta(days=30))
    assert not {Weight.STUDENT_ASKS, Weight.STUDENT_AT_RISK, Weight.LATE} & set(
        weights(duties_of(found))
    )
    assert reports_of(found) == ()


def test_the_last_report_is_the_newest_that_was_not_withdrawn(
    app: Flask, world: World, side: Side
) -> None:
    assert reports_of(at_desk(side)) == ()
    publish(app, side, *sample())
    second = add_wave(app, side, 2)
    publish(app, second, *sample())
    (report,) = reports_of(at_desk(side))
    assert str(second.wave_id) in report.address
    assert report.links[0].label == "What got better or worse"
    with begin() as db:
        stored = db.get_one(StoredRelease, (side.school_id, second.wave_id))
        stored.withdrawn_on, stored.notice = OPENED, "Counted twice"
    (report,) = reports_of(at_desk(side))
    assert str(side.wave_id) in report.address
    assert report.month == find_wave(read(), side.school_id, side.wave_id).opened_on


def test_the_page_shows_the_duties_and_the_report_with_its_month(app: Flask, world: World) -> None:
    publish(app, world.own, *sample())
    client = app.test_client()
    sign_in(client, world.email(Role.LEAD))
    page = client.get(f"/schools/{world.own.school_id}/").text
    assert "Read the report of October 2026" in page
    assert "1 student asks an adult to get in touch" in page
    assert "Next survey" in page
