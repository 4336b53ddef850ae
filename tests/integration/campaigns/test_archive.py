"""Surveys and programmes that are over leave the start page, and nothing of them is lost."""

from __future__ import annotations

import pytest
from flask import Flask

from survey.campaigns import operations
from survey.campaigns.errors import ArchivedError
from survey.campaigns.models import Campaign, Wave
from survey.campaigns.queries import find_programme
from survey.campaigns.states import WaveState
from survey.database import begin, today
from survey.permissions import Role
from tests.integration.organisations.pages import without_forgery_check, words
from tests.world import World, sign_in


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


def set_state(app: Flask, world: World, state: WaveState) -> None:
    with app.app_context(), begin() as db:
        wave = db.get_one(Wave, (world.own.school_id, world.own.wave_id))
        wave.state, wave.closed_on = state, today()


def test_a_survey_goes_into_the_archive_once_it_is_over(app: Flask, world: World) -> None:
    lead = app.test_client()
    sign_in(lead, world.own.email[Role.LEAD])
    without_forgery_check(lead)
    start = f"/schools/{world.own.school_id}/"
    put = f"{start}campaigns/{world.own.campaign_id}/archive"
    answer = lead.post(put)
    assert answer.status_code == 409, "students are answering"
    assert "This survey is not over" in words(answer)
    set_state(app, world, WaveState.RELEASED)
    wave = f'href="{start}waves/{world.own.wave_id}/"'
    assert wave in lead.get(start).text
    assert f'href="{start}archive"' in lead.get(start).text
    assert put in lead.get(f"{start}archive").text
    assert lead.post(put).status_code == 302
    assert wave not in lead.get(start).text
    assert wave in lead.get(f"{start}archive").text, "its pages are still there"
    with app.app_context(), begin() as db:
        campaign = db.get_one(Campaign, (world.own.school_id, world.own.campaign_id))
        with pytest.raises(ArchivedError):
            operations.next_wave(db, campaign=campaign, by=None)
    lead.post(f"{start}campaigns/{world.own.campaign_id}/unarchive")
    assert wave in lead.get(start).text


def test_a_programme_goes_into_the_archive_once_no_school_is_at_work(
    app: Flask, world: World
) -> None:
    analyst = app.test_client()
    sign_in(analyst, world.own.email[Role.ANALYST])
    without_forgery_check(analyst)
    start = f"/authorities/{world.own.authority_id}/"
    programme = f"{start}programmes/{world.own.programme_id}/"
    answer = analyst.post(f"{programme}archive")
    assert answer.status_code == 409
    assert "so the programme is not over" in words(answer)
    set_state(app, world, WaveState.RELEASED)
    assert analyst.post(f"{programme}archive").status_code == 302
    assert f'href="{programme}"' not in analyst.get(start).text
    assert f'href="{programme}"' in analyst.get(f"{start}archive").text
    assert analyst.get(programme).status_code == 200
    with app.app_context(), begin() as db:
        found = find_programme(db, world.own.authority_id, world.own.programme_id)
        with pytest.raises(ArchivedError):
            operations.invite(db, programme=found, school_id=world.own.school_id, by=None)
    analyst.post(f"{programme}unarchive")
    assert f'href="{programme}"' in analyst.get(start).text
