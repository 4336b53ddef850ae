"""An authority's pages: a programme over schools, and how far each is."""

from __future__ import annotations

import uuid

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete, select

from survey.actions.shared_places.models import PartnerAction, SharedPlace, SharedPlaceSchool
from survey.campaigns import operations
from survey.campaigns.models import Campaign, Programme
from survey.campaigns.readers.models import Invitation, JoinedSurvey
from survey.database import read, today
from survey.organisations.models import Nation, Phase
from survey.organisations.operations import add_school
from survey.permissions import Role
from tests.integration.campaigns.schools import READY, words, writing
from tests.integration.campaigns.staff_page import check_page
from tests.world import World, sign_in


@pytest.fixture
def analyst(client: FlaskClient, world: World) -> FlaskClient:
    sign_in(client, world.own.email[Role.ANALYST])
    return client


def add(app: Flask, world: World, name: str) -> uuid.UUID:
    with writing(app) as db:
        school = add_school(
            db,
            name=name,
            nation=Nation.ENGLAND,
            phase=Phase.SECONDARY,
            roll={"7": 150},
            authority_id=world.own.authority_id,
            by=None,
        )
        return school.school_id


def programme_address(world: World, part: str = "") -> str:
    side = world.own
    return f"/authorities/{side.authority_id}/programmes/{side.programme_id}/{part}"


def test_analyst_starts_a_programme_and_settles_it_before_inviting(
    app: Flask, analyst: FlaskClient, world: World
) -> None:
    at = f"/authorities/{world.own.authority_id}/programmes/new"
    check_page(analyst.get(at).text)
    started = analyst.post(at, data={"template": "safety 2026.3", "title": "Safer Northmoor"})
    assert started.status_code == 302
    page = analyst.get(started.headers["Location"]).text
    check_page(page)
    assert "Choose the shared questions: they can be changed until" in page
    page = analyst.get(f"{started.headers['Location']}invite").text
    check_page(page)
    assert "Northmoor High School" in page
    assert "Southwold" not in page
    check_page(analyst.get(f"/authorities/{world.own.authority_id}/").text)


def test_inviting_starts_a_draft_at_the_school(
    app: Flask, analyst: FlaskClient, world: World
) -> None:
    school_id = add(app, world, "Aldergate Academy")
    at = programme_address(world, "invite")
    none = analyst.post(at, data={})
    assert none.status_code == 200
    check_page(none.text)
    assert "Choose at least one school." in none.text
    assert analyst.post(at, data={"schools": [str(school_id)], "knowing": "y"}).status_code == 302
    page = words(analyst.get(programme_address(world)).text)
    assert "Aldergate Academy Invited" in page
    assert "Northmoor High School Students are answering" in page
    with writing(app) as db:
        found = db.scalars(select(Campaign).where(Campaign.school_id == school_id)).one()
        assert found.programme_id == world.own.programme_id
    assert "All schools that answer to you are invited." in analyst.get(at).text


def test_school_of_another_authority_can_not_be_invited(
    app: Flask, analyst: FlaskClient, world: World
) -> None:
    add(app, world, "Aldergate Academy")
    at = programme_address(world, "invite")
    answer = analyst.post(at, data={"schools": [str(world.other.school_id)]})
    assert answer.status_code == 200
    with writing(app) as db:
        taken = select(Campaign).where(
            Campaign.school_id == world.other.school_id,
            Campaign.programme_id == world.own.programme_id,
        )
        assert db.scalar(taken) is None


def test_authority_sees_states_and_the_coarse_counter_while_a_wave_is_open(
    app: Flask, analyst: FlaskClient, world: World
) -> None:
    """The very number that the school sees: rounded down to ten, moved once a day at most."""
    key = world.own.school_id, world.own.wave_id

    def page() -> str:
        sent = analyst.get(programme_address(world)).text
        check_page(sent)
        return words(sent)

    assert "Northmoor High School Students are answering" in page()
    assert "answered" not in page().split("Northmoor High School Students are answering")[1][:30]
    with writing(app) as db:
        wave = operations.find_wave(db, *key)
        wave.counter, wave.counter_on = 0, today()
    assert "Northmoor High School Students are answering fewer than 10 answered" in page()
    with writing(app) as db:
        operations.find_wave(db, *key).counter = 130
    assert "Northmoor High School Students are answering about 130 answered" in page()
    with writing(app) as db:
        operations.close(db, wave=operations.find_wave(db, *key), today=today(), by=None)
    assert "130" not in page()
    assert "Northmoor High School Closed" in page()
    start = analyst.get(f"/authorities/{world.own.authority_id}/").text
    check_page(start)
    with app.app_context():
        opened = operations.find_wave(read(), *key).opened_on
    assert opened is not None
    month = f"{opened:%B %Y}"
    assert f"{month} 0 1 0 Not compared yet" in words(start)
    # Where only some schools have opened it, every page still calls it by that month.
    chosen = {"schools": [str(add(app, world, "Aldergate Academy"))], "knowing": "y"}
    analyst.post(programme_address(world, "invite"), data=chosen)
    start = analyst.get(f"/authorities/{world.own.authority_id}/").text
    for text in (words(start), page()):
        assert month in text
        assert "urvey 1" not in text
    aside = analyst.get(programme_address(world, f"waves/1/invited/{world.own.school_id}/aside"))
    assert f"The comparison of {month} is made without this school." in words(aside.text)


def test_a_draft_that_was_changed_is_being_adapted(
    app: Flask, analyst: FlaskClient, world: World
) -> None:
    school_id = add(app, world, "Aldergate Academy")
    chosen = {"schools": [str(school_id)], "knowing": "y"}
    analyst.post(programme_address(world, "invite"), data=chosen)
    with writing(app) as db:
        campaign = db.scalars(select(Campaign).where(Campaign.school_id == school_id)).one()
        operations.save_draft(db, campaign=campaign, adaptation=READY, by=None)
    assert "Aldergate Academy Adapting" in words(analyst.get(programme_address(world)).text)


def test_programme_of_another_authority_is_not_there(analyst: FlaskClient, world: World) -> None:
    at = f"/authorities/{world.own.authority_id}/programmes/{world.other.programme_id}/"
    assert analyst.get(at).status_code == 404
    assert analyst.get(f"{at}invite").status_code == 404


def test_authority_without_programmes_is_told_what_to_do(
    app: Flask, analyst: FlaskClient, world: World
) -> None:
    with writing(app) as db:
        programme = db.scalars(
            select(Programme).where(Programme.programme_id == world.own.programme_id)
        ).one()
        for campaign in db.scalars(
            select(Campaign).where(Campaign.programme_id == programme.programme_id)
        ):
            campaign.authority_id = campaign.programme_id = None
        here = world.own.authority_id
        for table in (PartnerAction, SharedPlaceSchool, SharedPlace, Invitation, JoinedSurvey):
            db.execute(delete(table).where(table.authority_id == here))
        db.flush()  # the programme goes after nothing points to it
        db.delete(programme)
    page = analyst.get(f"/authorities/{world.own.authority_id}/").text
    check_page(page)
    assert "See where students feel unsafe, across your schools" in page
