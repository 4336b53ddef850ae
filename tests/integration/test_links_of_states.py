"""No seat is shown a link that it may not follow: in a school that has nothing yet, with a survey
that is closed, and with a report that was withdrawn. The ordinary walk is in `test_links`."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from flask import Flask

from survey.campaigns.lifecycle import archive
from survey.campaigns.models import Campaign, Programme
from survey.campaigns.queries import find_wave
from survey.database import begin
from survey.organisations.models import Authority, Nation, School
from survey.permissions import Role
from survey.releases import operations as releases
from tests.browser import staff_pages
from tests.integration.test_links import ENDING, met_by
from tests.seats import seated, with_every_seat
from tests.world import World, _hashed

pytestmark = pytest.mark.slow
CLOSED_ON = date(2026, 11, 2)
AT_SCHOOL = (Role.LEAD, Role.DEPUTY, Role.HEAD, Role.GOVERNOR, Role.COORDINATOR)


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


def dead_links(app: Flask, world: World, roles: tuple[Role, ...]) -> set[str]:
    files = {rule.endpoint for rule in app.url_map.iter_rules() if ENDING.search(rule.rule)}
    dead: set[str] = set()
    for role in roles:
        assert len(met_by(app, world, role, files, dead)) > 10, role
    return dead


def test_every_seat_follows_its_links_after_the_close_and_after_a_withdrawal(
    app: Flask, world: World
) -> None:
    with app.app_context():
        world = with_every_seat(world)
    ids = world.own.school_id, world.own.wave_id
    with app.app_context():
        staff_pages._answer(app, *ids)
        with begin() as db:
            releases.close(db, wave=find_wave(db, *ids), by=None, today=CLOSED_ON)
    assert dead_links(app, world, tuple(Role)) == set()
    with app.app_context():
        for step in (staff_pages.agree_first, releases.make):
            with begin() as db:
                step(db, wave=find_wave(db, *ids), by=None, today=CLOSED_ON)
        with begin() as db:
            wave = find_wave(db, *ids)
            releases.withdraw(db, wave=wave, notice="A mistake", by=None, today=CLOSED_ON)
    assert dead_links(app, world, tuple(Role)) == set()


def test_every_seat_of_a_school_without_anything_follows_its_links(
    app: Flask, world: World
) -> None:
    with app.app_context(), begin() as db:
        authority = Authority(name="Empty Council", nation=Nation.ENGLAND)
        db.add(authority)
        db.flush()
        own = authority.authority_id
        school = School(name="Empty High", nation=Nation.ENGLAND, roll={}, authority_id=own)
        db.add(school)
        db.flush()
        here = [(role, {"school_id": school.school_id}) for role in AT_SCHOOL]
        for role, at in (*here, (Role.ANALYST, {"authority_id": own})):
            email = f"{role}@empty.test"
            member = seated(role, email, name=str(role), since=CLOSED_ON, **at)
            member.password = _hashed()
            db.add(member)
    emails = {role: f"{role}@empty.test" for role in (*AT_SCHOOL, Role.ANALYST)}
    empty = replace(world, own=replace(world.own, email=emails))
    assert dead_links(app, empty, (*AT_SCHOOL, Role.ANALYST)) == set()


def test_every_seat_follows_its_links_once_all_is_in_the_archive(app: Flask, world: World) -> None:
    """What is archived stays readable, and both archives lead back out."""
    with app.app_context():
        world = with_every_seat(world)
        own = world.own
        ids = own.school_id, own.wave_id
        staff_pages._answer(app, *ids)
        for step in (releases.close, staff_pages.agree_first, releases.make):
            with begin() as db:
                step(db, wave=find_wave(db, *ids), by=None, today=CLOSED_ON)
        with begin() as db:
            campaign = db.get_one(Campaign, (own.school_id, own.campaign_id))
            archive.archive_campaign(db, campaign=campaign, by=None, today=CLOSED_ON)
            programme = db.get_one(Programme, (own.authority_id, own.programme_id))
            archive.archive_programme(db, programme=programme, by=None, today=CLOSED_ON)
    assert dead_links(app, world, tuple(Role)) == set()
    lead, analyst = (met_by(app, world, role, set(), set()) for role in (Role.LEAD, Role.ANALYST))
    assert {"campaigns.unarchive_campaign", "campaigns.wave"} <= lead
    assert any(one.startswith("reports.") for one in lead), "the report is still read"
    assert {"campaigns.unarchive_programme", "campaigns.programme"} <= analyst
