"""Staff hear of contacts that were last checked over 180 days ago."""

from __future__ import annotations

from datetime import date, timedelta
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient

from survey.campaigns import operations
from survey.permissions import Role
from survey.questionnaires.load import load_all
from tests.integration.campaigns.schools import READY, start, words, writing
from tests.integration.campaigns.staff_page import check_page
from tests.world import World, sign_in

CHECKED = date(2026, 11, 23)
"""When the emergency numbers were last checked."""


def set_day(monkeypatch: pytest.MonkeyPatch, day: date) -> None:
    for module in ("school", "waves"):
        monkeypatch.setattr(f"survey.campaigns.views.{module}.today", lambda: day)


def pages(app: Flask, client: FlaskClient, world: World) -> list[str]:
    """The start page, and the launch of a draft that is ready."""
    with writing(app) as db:
        campaign = start(db, world.own.school_id)
        operations.save_draft(db, campaign=campaign, adaptation=READY, by=None)
        wave_id = campaign.waves[0].wave_id
    school = f"/schools/{world.own.school_id}/"
    found = [
        client.get(at).get_data(as_text=True) for at in (school, f"{school}waves/{wave_id}/launch")
    ]
    for html in found:
        check_page(html)
    return [unescape(words(html)).replace(" :", ":") for html in found]


@pytest.mark.parametrize("role", [Role.LEAD, Role.COORDINATOR])
@pytest.mark.parametrize(("days", "is_due"), [(180, False), (181, True)])
def test_the_warning_comes_on_the_hundred_and_eighty_first_day(
    app: Flask,
    client: FlaskClient,
    world: World,
    monkeypatch: pytest.MonkeyPatch,
    role: Role,
    days: int,
    is_due: bool,
) -> None:
    set_day(monkeypatch, CHECKED + timedelta(days=days))
    sign_in(client, world.email(role))
    for page in pages(app, client, world):
        assert "contacts for students are due for a check" in page
        assert ("Emergency: Call 999" in page) is is_due
        assert ("Last checked on 23 Nov 2026." in page) is is_due
        assert "Shout: Text SHOUT to 85258, day or night. Never checked." in page
        assert "help@survey.test" in page, "who is told when one is wrong"


def test_contacts_of_other_nations_are_not_our_work(
    app: Flask, client: FlaskClient, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_day(monkeypatch, CHECKED + timedelta(days=400))
    sign_in(client, world.email(Role.LEAD))
    shown = {one.key for one in load_all()["safety", "2026.3"].help if "england" in one.nations}
    assert "meic" not in shown
    for page in pages(app, client, world):
        assert "Meic" not in page
        assert "Lifeline: Call" not in page


def test_a_school_without_an_open_survey_or_draft_is_left_alone(
    app: Flask, client: FlaskClient, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_day(monkeypatch, CHECKED + timedelta(days=400))
    with writing(app) as db:
        wave = operations.find_wave(db, world.own.school_id, world.own.wave_id)
        operations.close(db, wave=wave, today=CHECKED, by=None)
    sign_in(client, world.email(Role.LEAD))
    page = client.get(f"/schools/{world.own.school_id}/").get_data(as_text=True)
    assert "due for a check" not in page
