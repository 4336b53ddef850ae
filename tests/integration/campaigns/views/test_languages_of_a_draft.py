"""A new draft is in English, and a renamed place says which languages still call it otherwise."""

from __future__ import annotations

import uuid
from dataclasses import replace
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from survey.campaigns import operations
from survey.campaigns.models import Campaign
from survey.campaigns.queries import adaptation_of, draft_of, latest_wave, template_of
from survey.database import read
from survey.organisations.models import Nation, School
from survey.permissions import Role
from survey.questionnaires import adapt
from survey.questionnaires.model import Inside, Text
from tests.integration.campaigns.schools import READY, start, words, writing
from tests.world import World, sign_in

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def lead(client: FlaskClient, world: World) -> FlaskClient:
    sign_in(client, world.email(Role.LEAD))
    return client


@pytest.mark.parametrize(
    ("nation", "languages"), [(Nation.ENGLAND, ("en",)), (Nation.WALES, ("en", "cy"))]
)
def test_a_new_draft_is_in_english_and_in_wales_in_welsh(
    app: Flask, lead: FlaskClient, world: World, nation: Nation, languages: tuple[str, ...]
) -> None:
    with writing(app) as db:
        db.get_one(School, world.own.school_id).nation = nation
    given = {"title": "New", "template": "safety 2026.3", "number": str(uuid.uuid4())}
    lead.post(f"/schools/{world.own.school_id}/campaigns/new", data=given)
    with app.test_request_context():
        campaign = read().scalars(select(Campaign).where(Campaign.title == "New")).one()
        assert draft_of(campaign).languages == languages


def test_a_place_renamed_in_one_language_is_pointed_out(
    app: Flask, lead: FlaskClient, world: World
) -> None:
    with writing(app) as db:
        campaign = start(db, world.own.school_id)
        template = template_of(campaign)
        wanted = adapt.offer_languages(template, READY, languages=("en", "pl", "cy"))
        toilets = template.place("toilets")
        assert toilets is not None
        label = Text.of(
            {**dict(toilets.label.by_language), "en": "Gym toilets", "cy": "Toiledau’r gampfa"}
        )
        wanted = replace(wanted, place_labels={"toilets": label})
        wanted = adapt.add_place(
            template, wanted, label=Text.of({"en": "The pond"}), inside=Inside.INSIDE
        )
        operations.save_draft(db, campaign=campaign, adaptation=wanted, by=None)
        wave = latest_wave(campaign)
        at = f"/schools/{wave.school_id}"
        draft, launch = f"{at}/campaigns/{campaign.campaign_id}/draft", f"{at}/waves/{wave.wave_id}"
    places = unescape(words(lead.get(f"{draft}/places").text))
    assert "1 does not match" in places  # the toilets in Polish
    assert "2 do not match" in places  # the pond in both
    said = unescape(words(lead.get(f"{launch}/launch").text))
    assert "Gym toilets: Polski" in said
    assert "The pond: Polski, Cymraeg" in said
    with writing(app) as db:
        campaign = db.get_one(Campaign, (world.own.school_id, uuid.UUID(draft.split("/")[4])))
        only_english = adapt.offer_languages(
            template_of(campaign), adaptation_of(campaign), languages=("en",)
        )
        operations.save_draft(db, campaign=campaign, adaptation=only_english, by=None)
    assert "does not match" not in lead.get(f"{draft}/places").text
    assert "another name in some languages" not in lead.get(f"{launch}/launch").text


def test_errors_that_sound_alike_name_their_fields(lead: FlaskClient, world: World) -> None:
    at = f"/schools/{world.own.school_id}/settings"
    page = lead.post(at, data={"year_7": "many", "year_8": "some", "year_9": "180"})
    said = unescape(words(page.text))
    assert "Year 7: Write a whole number, like 180." in said
    assert "Year 8: Write a whole number, like 180." in said
