"""The easy-read survey: chosen like any other, one item a page, a picture next to each word."""

from __future__ import annotations

import gzip
import json
import re
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from survey.campaigns import operations
from survey.campaigns.models import Wave
from survey.campaigns.states import WaveState
from survey.database import read
from survey.permissions import Role
from survey.questionnaires.load import load_all
from survey.releases.sums_of_answers import FEEL_UNSAFE, boxes_of
from tests.integration.campaigns.schools import CLOSES, KEY, READY, TODAY, start, writing
from tests.integration.responses.doors import Student, first_of_each, rows
from tests.integration.responses.page_checks import check_page
from tests.world import World, sign_in

EASY = load_all()["easy-read", "2026.2"]
LATER_PAGE_BYTES = 10 * 1024
SYMBOL = re.compile(r"<svg class=\"sym [^>]*>")


@pytest.fixture
def codes(app: Flask, world: World) -> tuple[str, ...]:
    """Codes of an easy-read survey that runs together with the main one of the school."""
    with writing(app) as db:
        campaign = start(db, world.own.school_id, "easy-read")
        operations.save_draft(db, campaign=campaign, adaptation=READY, by=None)
        (wave,) = campaign.waves
        operations.launch(db, wave=wave, closes_on=CLOSES, today=TODAY, by=None)
        _batch, made = operations.make_batch(
            db, wave=wave, year=None, label="All", count=3, key=KEY, today=TODAY, by=None
        )
    return made


def test_ten_pages_with_pictures_each_small(
    app: Flask, client: FlaskClient, codes: tuple[str, ...]
) -> None:
    student = Student(client, codes[0])
    asked = []
    for page in student.pages(first_of_each):
        html = page.get_data(as_text=True)
        check_page(html)
        assert len(gzip.compress(page.get_data(), 6)) + len(str(page.headers)) <= LATER_PAGE_BYTES
        if student.form.choices:
            asked.append(html)
    assert len(asked) == 10
    for html in asked[1:]:  # the year groups are numbers
        labels = re.findall(r'<label class="([a-z ]*)">', html)
        options = [kind for kind in labels if kind not in ("open", "progress")]
        assert len(options) == len(SYMBOL.findall(html)) - rows_with_picture(html)
        for found in SYMBOL.findall(html):
            assert 'aria-hidden="true"' in found
            assert 'focusable="false"' in found
    assert student.press("send").status_code == 200
    [kept] = rows(app, "response")
    answers = json.loads(str(kept["answers"]))
    assert (answers["A1"], answers["B1"], answers["B2"]["toilets"]) == ("y7", "safe", "safe")


def rows_with_picture(html: str) -> int:
    return html.count('<legend class="pic">')


def test_every_picture_has_its_words(client: FlaskClient, codes: tuple[str, ...]) -> None:
    for page in Student(client, codes[0]).pages():
        html = page.get_data(as_text=True)
        for shown in re.findall(r"<span><svg class=\"sym.*?</svg>(.*?)</span>", html):
            assert shown.strip()
        for shown in re.findall(r'<legend class="pic"><svg.*?</svg>(.*?)</legend>', html):
            assert shown.strip()


def test_it_runs_beside_the_main_survey(
    app: Flask, client: FlaskClient, world: World, codes: tuple[str, ...]
) -> None:
    with app.app_context():
        waves = read().scalars(select(Wave).where(Wave.school_id == world.own.school_id)).all()
        states = [wave.state for wave in waves]
        keys = {wave.campaign.template_key for wave in waves}
    assert states == [WaveState.OPEN, WaveState.OPEN]
    assert keys == {"safety", "easy-read"}


def test_a_lead_may_choose_it(client: FlaskClient, world: World) -> None:
    sign_in(client, world.email(Role.LEAD))
    page = client.get(f"/schools/{world.own.school_id}/campaigns/new").get_data(as_text=True)
    assert "Feeling safe: easy read" in page
    assert "10 questions" in page


def test_a_place_that_a_school_renames_keeps_its_picture(app: Flask) -> None:
    from survey.questionnaires.adapt import adapt, add_place
    from survey.questionnaires.model import Inside, Text

    renamed = replace(READY, place_labels={"toilets": Text.of({"en": "The loos"})})
    own = add_place(EASY, renamed, label=Text.of({"en": "The hut"}), inside=Inside.INSIDE)
    by_key = {row.key: row for row in adapt(EASY, own).by_key["B2"].rows}
    assert (by_key["toilets"].symbol, by_key["own_the_hut"].symbol) == ("toilets", None)


def test_its_report_is_its_own_and_speaks_of_what_is_not_safe() -> None:
    """Three faces are summed by themselves; nothing sums them with the five of the core."""
    core = load_all()["safety-core", "2026.3"]
    [easy] = [box for box in boxes_of(EASY.by_key["B2"]) if box.key == FEEL_UNSAFE]
    [five] = [box for box in boxes_of(core.by_key["B2"]) if box.key == FEEL_UNSAFE]
    assert easy.answers == ("unsafe",)
    assert five.answers == ("unsafe", "very_unsafe")
