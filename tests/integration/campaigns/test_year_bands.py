"""A small school from launch to report: its year groups are shown together, and only there."""

from __future__ import annotations

import json
import random
import re
from collections import Counter
from datetime import date
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient

from survey.campaigns import operations
from survey.campaigns.models import Campaign, Wave
from survey.campaigns.queries import bands_of
from survey.campaigns.states import WaveState
from survey.database import begin, read
from survey.disclosure.release import Release
from survey.disclosure.verify import verify
from survey.organisations.models import School
from survey.permissions import Role
from survey.questionnaires.load import load_all
from survey.questionnaires.year_bands import YearBands
from survey.releases import operations as release_operations
from survey.responses.models import Response
from tests.integration.reports.schools import CORE
from tests.two_people import agree
from tests.unit.reports.students import answer_at_random
from tests.world import World, sign_in

ROLL = {"7": 14, "8": 16, "9": 30, "10": 13, "11": 17}
OPENS, CLOSES = date(2026, 10, 5), date(2026, 10, 23)


def small_school(db, world: World, roll: dict[str, int]) -> Wave:  # type: ignore[no-untyped-def]
    """The world's school with this roll, its wave back to a draft."""
    own = world.own
    db.get_one(School, own.school_id).roll = roll
    wave = db.get_one(Wave, (own.school_id, own.wave_id))
    wave.state, wave.questionnaire_hash, wave.opened_on = WaveState.DRAFT, None, None
    campaign = db.get_one(Campaign, (own.school_id, own.campaign_id))
    template = load_all()["safety-core", "2026.3"]
    campaign.template_key, campaign.template_version = template.key, template.version
    campaign.authority_id = campaign.programme_id = None
    return wave


def answer(db, wave: Wave) -> None:  # type: ignore[no-untyped-def]
    """Nine in ten of each year, to three sections."""
    chance = random.Random(4)
    for year, number in ROLL.items():
        for at in range(round(0.95 * number)):
            gender = ("girl", "boy")[at % 2]
            given = answer_at_random(CORE, chance, year=f"y{year}", gender=gender)
            db.add(
                Response(school_id=wave.school_id, wave_id=wave.wave_id, answers=json.dumps(given))
            )


@pytest.fixture
def launched(app: Flask, world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """Launched, answered and closed; of a short questionnaire, so that it is quickly certified."""
    from survey.campaigns import queries as campaign_queries

    monkeypatch.setattr(campaign_queries, "draft_of", lambda _campaign: CORE)
    monkeypatch.setattr(operations, "draft_of", lambda _campaign: CORE)
    monkeypatch.setattr(operations, "missing_before_launch", lambda _campaign: ())
    with app.test_request_context():
        with begin() as db:
            wave = small_school(db, world, ROLL)
            operations.launch(db, wave=wave, closes_on=CLOSES, today=OPENS, by=None)
            answer(db, wave)
        with begin() as db:
            wave = db.get_one(Wave, (world.own.school_id, world.own.wave_id))
            release_operations.close(db, wave=wave, today=CLOSES, by=None)
    return world


def test_from_launch_to_report(app: Flask, client: FlaskClient, launched: World) -> None:
    own = launched.own
    with app.test_request_context():
        wave = read().get_one(Wave, (own.school_id, own.wave_id))
        assert bands_of(wave) == YearBands(((7, 8), (9,), (10, 11)))
        with begin() as db:
            # A roll that is changed later changes no band.
            db.get_one(School, own.school_id).roll = {"7": 200, "8": 200}
            found = db.get_one(Wave, (own.school_id, own.wave_id))
            agree(db, found)
            stored = release_operations.make(db, wave=found, by=None, today=CLOSES)
            document, certificate = stored.document, stored.certificate
    made = Release.from_json(document)
    rows = {row.group.key: row for row in made.participation.rows}
    years = [key for key in rows if key.startswith("year")]
    assert years == ["year=y7+y8", "year=y9", "year=y10+y11", "year=y12", "year=y13"]
    assert [key for key in years if rows[key].shown] == years[:3]
    assert certificate is not None
    assert verify(document, certificate)
    shown = Counter(row.group.key for t in made.tables for row in t.rows if row.shown)
    assert shown["year=y7+y8"] > 10  # by themselves neither year would have a row

    sign_in(client, launched.email(Role.LEAD))
    at = f"/schools/{own.school_id}/waves/{own.wave_id}/report/"
    page = client.get(at)
    assert page.status_code == 200, page.text[:300]
    words = unescape(re.sub(r"<[^>]+>", " ", page.text))
    assert "Years 7 and 8" in words
    assert "Years 10 and 11" in words
    assert "shown together, because one by itself would be too small" in words
    assert not re.search(r"\bYear (7|8|10|11)\b", words)


@pytest.fixture
def lead(client: FlaskClient, world: World) -> FlaskClient:
    sign_in(client, world.email(Role.LEAD))
    return client


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("roll", "said"),
    [
        (ROLL, "Years 7 and 8"),
        ({}, "How many students are in each year group?"),
        ({"7": 25, "8": 26}, "All year groups together"),
        ({"7": 20, "8": 20, "9": 12, "10": 20}, "Years 9 and 10"),
    ],
)
def test_the_launch_page_and_the_draft_say_which_years_are_shown_together(
    app: Flask, lead: FlaskClient, world: World, roll: dict[str, int], said: str
) -> None:
    own = world.own
    with app.test_request_context(), begin() as db:
        small_school(db, world, roll)
        db.get_one(Campaign, (own.school_id, own.campaign_id)).adaptation = {}
    draft = lead.get(f"/schools/{own.school_id}/campaigns/{own.campaign_id}/draft/")
    assert draft.status_code == 200
    assert said in unescape(draft.text)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_school_of_large_years_reads_nothing_of_it(
    app: Flask, lead: FlaskClient, world: World
) -> None:
    own = world.own
    with app.test_request_context(), begin() as db:
        small_school(db, world, {str(year): 180 for year in range(7, 12)})
    draft = lead.get(f"/schools/{own.school_id}/campaigns/{own.campaign_id}/draft/")
    assert "together" not in draft.text
