"""Questions in a school's own words: they cannot be launched before a second person has read
them."""

from __future__ import annotations

import re
import uuid

import pytest
from flask import Flask
from flask.testing import FlaskClient

from survey.campaigns import operations, own_question_approval
from survey.campaigns.errors import DraftNotReadyError
from survey.campaigns.models import Campaign, Wave
from survey.campaigns.queries import adaptation_of, template_of
from survey.campaigns.states import WaveState
from survey.database import read
from survey.permissions import Role
from survey.questionnaires import adapt
from survey.questionnaires.model import ItemKind, Text
from tests.integration.campaigns.schools import CLOSES, READY, TODAY, start, words, writing
from tests.world import World, sign_in

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def with_question(asked: str):  # type: ignore[no-untyped-def]
    def change(campaign: Campaign) -> adapt.Adaptation:
        return adapt.add_item(
            template_of(campaign), adaptation_of(campaign), section="B", theme="PLACE",
            kind=ItemKind.ONE, wording=Text.of({"en": asked}),
            options=(Text.of({"en": "Yes"}), Text.of({"en": "No"})),
        )  # fmt: skip

    return change


@pytest.fixture
def wave(app: Flask, world: World) -> tuple[uuid.UUID, uuid.UUID]:
    """A draft that is ready, with a question of the school's own."""
    with writing(app) as db:
        campaign = start(db, world.own.school_id)
        operations.save_draft(db, campaign=campaign, adaptation=READY, by=None)
        operations.save_draft(
            db, campaign=campaign, adaptation=with_question("Is the pond safe?")(campaign), by=None
        )
        return campaign.school_id, campaign.waves[0].wave_id


def launch(app: Flask, wave: tuple[uuid.UUID, uuid.UUID]) -> None:
    with writing(app) as db:
        found = db.get_one(Wave, wave)
        operations.launch(db, wave=found, closes_on=CLOSES, today=TODAY, by=None)


def test_it_takes_a_second_person(
    app: Flask, client: FlaskClient, world: World, wave: tuple[uuid.UUID, uuid.UUID]
) -> None:
    with pytest.raises(DraftNotReadyError):
        launch(app, wave)
    at = f"/schools/{wave[0]}/waves/{wave[1]}"
    sign_in(client, world.email(Role.LEAD))
    page = words(client.get(f"{at}/launch").text)
    assert "Is the pond safe?" in page
    assert "A second person has to read the questions in your own words." in page
    assert client.post(f"{at}/own-questions").status_code == 302
    with pytest.raises(DraftNotReadyError):  # asking is not enough
        launch(app, wave)
    request_page = f"/schools/{wave[0]}/requests/{_request(app, wave)}"
    assert "own request" in words(client.get(request_page).text)

    client = app.test_client()
    sign_in(client, world.email(Role.COORDINATOR))
    start_page = client.get(f"/schools/{wave[0]}/").text
    assert request_page in start_page
    shown = client.get(request_page).text
    assert "Is the pond safe?" in words(shown)
    seen = re.search(r'name="seen" value="([0-9a-f]{64})"', shown)
    assert seen is not None
    given = {"checked": "y", "seen": seen[1]}
    assert client.post(f"{request_page}/approve", data=given).status_code == 302
    launch(app, wave)
    with app.test_request_context():
        assert read().get_one(Wave, wave).state is WaveState.OPEN


def test_words_that_changed_are_read_again(
    app: Flask, client: FlaskClient, world: World, wave: tuple[uuid.UUID, uuid.UUID]
) -> None:
    at = f"/schools/{wave[0]}/waves/{wave[1]}"
    sign_in(client, world.email(Role.LEAD))
    client.post(f"{at}/own-questions")
    request_page = f"/schools/{wave[0]}/requests/{_request(app, wave)}"
    client = app.test_client()
    sign_in(client, world.email(Role.COORDINATOR))
    seen = re.search(r'name="seen" value="(\w+)"', client.get(request_page).text)
    assert seen is not None
    with writing(app) as db:
        campaign = db.get_one(Wave, wave).campaign
        changed = with_question("Is the new path safe?")(campaign)
        operations.save_draft(db, campaign=campaign, adaptation=changed, by=None)
    given = {"checked": "y", "seen": seen[1]}
    answer = client.post(f"{request_page}/approve", data=given)
    assert answer.status_code == 200
    assert "The questions have changed since you opened the page." in words(answer.text)
    assert "Is the new path safe?" in words(answer.text)
    with pytest.raises(DraftNotReadyError):
        launch(app, wave)
    seen = re.search(r'name="seen" value="(\w+)"', client.get(request_page).text)
    assert seen is not None
    client.post(f"{request_page}/approve", data={"checked": "y", "seen": seen[1]})
    with writing(app) as db:  # agreed to, and changed afterwards
        campaign = db.get_one(Wave, wave).campaign
        assert not own_question_approval.wait(campaign)
        changed = with_question("Is the old path safe?")(campaign)
        operations.save_draft(db, campaign=campaign, adaptation=changed, by=None)
        assert own_question_approval.wait(campaign)


def test_a_survey_in_the_template_s_words_waits_for_nobody(app: Flask, world: World) -> None:
    with writing(app) as db:
        campaign = start(db, world.own.school_id)
        older = adapt.raise_gate(template_of(campaign), READY, item="H1", from_year=9)
        operations.save_draft(db, campaign=campaign, adaptation=older, by=None)
        assert own_question_approval.own_words(campaign) == ()
        reworded = adapt.reword(
            template_of(campaign), READY, item="B5",
            wording=Text.of({"en": "Where at school do you feel best? Pick up to two."}),
        )  # fmt: skip
        operations.save_draft(db, campaign=campaign, adaptation=reworded, by=None)
        assert [item.key for item in own_question_approval.own_words(campaign)] == ["B5"]


def _request(app: Flask, wave: tuple[uuid.UUID, uuid.UUID]) -> uuid.UUID:
    with app.test_request_context():
        found = own_question_approval.request_of(read(), read().get_one(Wave, wave))
        assert found is not None
        return found.approval_id
