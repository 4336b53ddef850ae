"""The pages that close, release, withdraw and compare: they say what will happen, then do it."""

from __future__ import annotations

import json
import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from survey.access import Role
from survey.campaigns.models import Wave
from survey.campaigns.states import WaveState
from survey.db import begin, read
from survey.questionnaires.load import load_all
from survey.reports.models import StoredRelease
from survey.responses.models import Response
from tests.integration.reports.schools import YEARS
from tests.unit.reports.students import make_students
from tests.world import TEMPLATE, Side, World, sign_in


def path(side: Side, what: str) -> str:
    return f"/schools/{side.school_id}/waves/{side.wave_id}/{what}"


def answer(app: Flask, side: Side, students: int) -> None:
    with app.app_context(), begin() as db:
        db.add_all(
            Response(school_id=side.school_id, wave_id=side.wave_id, answers=json.dumps(one))
            for one in make_students(load_all()[TEMPLATE], students, 4, YEARS)
        )


def state(app: Flask, side: Side) -> WaveState:
    with app.app_context():
        wave = read().get(Wave, (side.school_id, side.wave_id))
        assert wave is not None
        return wave.state


@pytest.fixture
def lead(client: FlaskClient, world: World) -> FlaskClient:
    sign_in(client, world.email(Role.LEAD))
    return client


def test_a_lead_closes_releases_and_withdraws(app: Flask, lead: FlaskClient, world: World):
    answer(app, world.own, 60)

    page = lead.get(path(world.own, "close"))
    assert page.status_code == 200
    assert "cannot be opened again" in page.text
    assert lead.post(path(world.own, "close")).status_code == 302
    assert state(app, world.own) is WaveState.CLOSED
    assert lead.get(path(world.own, "close")).status_code == 409

    page = lead.get(path(world.own, "release"))
    assert page.status_code == 200
    assert "for each of 7 year groups" in page.text
    made = lead.post(path(world.own, "release"))
    assert made.status_code == 302
    assert made.location.startswith(f"/schools/{world.own.school_id}/waves/")
    assert state(app, world.own) is WaveState.RELEASED

    assert lead.get(path(world.own, "withdraw")).status_code == 200
    empty = lead.post(path(world.own, "withdraw"), data={"notice": " "})
    assert empty.status_code == 200
    assert "Say why" in empty.text
    notice = {"notice": "Two classes were missing."}
    assert lead.post(path(world.own, "withdraw"), data=notice).status_code == 302
    assert lead.get(path(world.own, "withdraw")).status_code == 409


def test_the_page_before_a_release_gives_no_count_away(app: Flask, lead: FlaskClient, world: World):
    answer(app, world.own, 47)
    lead.post(path(world.own, "close"))
    main = lead.get(path(world.own, "release")).text.split("<main", 1)[1]
    assert "whole school, and no year group" in main
    assert not re.search(r"\b47\b", main)


def test_where_too_few_answered_no_button_offers_a_report(
    app: Flask, lead: FlaskClient, world: World
):
    answer(app, world.own, 19)
    lead.post(path(world.own, "close"))
    page = lead.get(path(world.own, "release"))
    assert "There can be no report" in page.text
    assert "Make the report</button>" not in page.text
    assert lead.post(path(world.own, "release")).status_code == 409


@pytest.mark.parametrize("what", ["release", "withdraw"])
def test_pages_that_come_too_early_say_so(lead: FlaskClient, world: World, what: str):
    assert lead.get(path(world.own, what)).status_code == {"release": 409, "withdraw": 404}[what]


def test_a_second_release_is_refused_on_the_page(app: Flask, lead: FlaskClient, world: World):
    answer(app, world.own, 60)
    lead.post(path(world.own, "close"))
    lead.post(path(world.own, "release"))
    with app.app_context():
        before = read().get(StoredRelease, (world.own.school_id, world.own.wave_id)).document
    refused = lead.post(path(world.own, "release"))
    assert refused.status_code == 409
    assert "released once" in refused.text
    with app.app_context():
        after = read().get(StoredRelease, (world.own.school_id, world.own.wave_id)).document
    assert after == before


@pytest.mark.parametrize("what", ["close", "release", "withdraw"])
def test_a_coordinator_may_not_and_another_school_is_not_there(
    client: FlaskClient, world: World, what: str
):
    sign_in(client, world.email(Role.COORDINATOR))
    assert client.post(path(world.own, what)).status_code == 403
    assert client.post(path(world.other, what)).status_code == 404


def test_an_analyst_sees_what_is_missing(client: FlaskClient, world: World):
    sign_in(client, world.email(Role.ANALYST))
    own = world.own
    address = f"/authorities/{own.authority_id}/programmes/{own.programme_id}/waves/1/compare"
    page = client.get(address)
    assert page.status_code == 200
    assert "Northmoor High School" in page.text
    assert "at least 5" in page.text
    assert "<form" not in page.text.split("<main", 1)[1]
    assert client.post(address).status_code == 409
