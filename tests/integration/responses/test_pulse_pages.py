"""A parent and a member of staff on their phones: the same walk, in words for adults."""

from __future__ import annotations

import json
import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from survey.campaigns import adult_surveys, operations
from survey.campaigns.access_codes import read_code
from survey.campaigns.operations import wave_of_door
from survey.database import read
from survey.questionnaires.model import Audience
from tests.integration.campaigns.schools import CLOSES, KEY, READY, TODAY, writing
from tests.integration.responses.doors import Student, first_of_each, rows
from tests.integration.responses.page_checks import check_page
from tests.world import World

ADULTS = (Audience.PARENTS, Audience.STAFF)
FOR_STUDENTS = (
    "where you feel safe", "My parent or carer", "tell an adult you trust", "adult in the room",
    "Nobody will be cross", "students answered", "Ask an adult to get in touch", "under 19",
)  # fmt: skip


@pytest.fixture(autouse=True)
def _this_week(monkeypatch: pytest.MonkeyPatch) -> None:
    for room in ("survey.responses.views", "survey.campaigns.views.waves"):
        monkeypatch.setattr(f"{room}.today", lambda: TODAY)


def codes_of(app: Flask, world: World, audience: Audience, count: int = 1) -> list[str]:
    """Codes of an open pulse of the school that has a page for asking an adult."""
    with writing(app) as db:
        school_id = world.own.school_id
        campaign = adult_surveys.start_pulse(db, school_id=school_id, audience=audience, by=None)
        operations.save_draft(db, campaign=campaign, adaptation=READY, by=None)
        (wave,) = campaign.waves
        operations.launch(db, wave=wave, closes_on=CLOSES, today=TODAY, by=None)
        _batch, codes = operations.make_batch(
            db, wave=wave, year=None, label="All", count=count, key=KEY, today=TODAY, by=None
        )
        return list(codes)


def opening(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


@pytest.mark.parametrize(
    ("audience", "asks", "items"),
    [(Audience.PARENTS, "which places worry you for your child", "QQQQQQ"),
     (Audience.STAFF, "what you see at work", "SSSSSSSS")],
)  # fmt: skip
def test_the_whole_walk_of_an_adult(
    app: Flask, client: FlaskClient, world: World, audience: Audience, asks: str, items: str
) -> None:
    (code,) = codes_of(app, world, audience)
    adult = Student(client, code)
    assert asks in opening(adult.html)
    met = []
    for page in adult.pages(first_of_each):
        check_page(page.text)
        met.append(page.text)
    adult.press("send")
    met.append(adult.html)
    assert adult.heading == "Thank you"
    said = opening(" ".join(met))
    for words in FOR_STUDENTS:
        assert words not in said, words
    assert "0808 800 5000" in said
    (kept,) = rows(app, "response")
    answers = json.loads(str(kept["answers"]))
    assert "".join(key[0] for key in answers) == items
    assert not {"A1", "A2"} & set(answers)
    again = Student(client, code)
    again.walk_to_send(first_of_each)
    again.press("send")
    assert again.page.status_code == 409
    assert "ask the school for another card" in opening(again.html)


def test_a_parent_may_say_no_and_is_sent_nowhere_else(
    app: Flask, client: FlaskClient, world: World
) -> None:
    (code,) = codes_of(app, world, Audience.PARENTS)
    adult = Student(client, code)
    adult.press("next")
    assert adult.at == "assent"
    assert {value for _name, value in adult.form.buttons} & {"no", "parent"} == {"no"}
    adult.press("no")
    assert adult.heading == "That is fine"
    assert rows(app, "response") == []


def test_places_are_those_of_the_school_and_all_may_be_ticked(
    app: Flask, client: FlaskClient, world: World
) -> None:
    (code,) = codes_of(app, world, Audience.PARENTS)
    adult = Student(client, code)
    seen = ""
    for page in adult.pages(lambda form: {"Q3": [*form.choices.get("Q3", [])[:15]]}):
        seen = page.text if 'name="Q3"' in page.text else seen
    adult.press("send")
    (kept,) = rows(app, "response")
    with app.app_context():
        wave = wave_of_door(read(), read_code(code, key=KEY).door)  # type: ignore[union-attr]
        assert wave is not None
        places = operations.questionnaire_of(wave).by_key["Q3"].options
    shown = re.findall(r'name="Q3" value="(\d\d)"[^>]*><span>([^<]+)<', seen)
    assert shown[:15] == [
        (f"{number:02d}", dict(one.label.by_language)["en"])
        for number, one in enumerate(places[:15], 1)
    ]
    assert json.loads(str(kept["answers"]))["Q3"] == [one.key for one in places[:15]]


@pytest.mark.parametrize("audience", ADULTS)
def test_help_page_speaks_to_adults(
    app: Flask, client: FlaskClient, world: World, audience: Audience
) -> None:
    (code,) = codes_of(app, world, audience)
    adult = Student(client, code)
    adult.press("help")
    check_page(adult.html)
    said = opening(adult.html)
    assert "If you are worried about a child" in said
    assert said.index("999") < said.index("0808 800 5000") < said.index("116 123")
    assert ("08000 562 561" in said) is (audience is Audience.STAFF)
    assert ("0800 1111" in said) is (audience is Audience.PARENTS)
