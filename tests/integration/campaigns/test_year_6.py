"""A primary school with Year 6: who is asked, and which questions a child of ten sees."""

from __future__ import annotations

import re
import uuid
from dataclasses import replace
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient

from survey.campaigns import access_codes, operations
from survey.campaigns.models import Wave
from survey.campaigns.printing import item_list
from survey.campaigns.printing.context import facts_of
from survey.campaigns.queries import bands_of, draft_of, questionnaire_of
from survey.database import read
from survey.disclosure.tables import Group
from survey.organisations.models import Nation, School
from survey.permissions import Role
from survey.questionnaires import routing
from survey.questionnaires.adapt import Adaptation, adapt, add_item
from survey.questionnaires.check_answers import check
from survey.questionnaires.load import load_all
from survey.questionnaires.model import ItemKind, Text
from survey.releases.tabulation import count
from survey.releases.tabulation_plan import lattice_of, plan
from survey.reports.wording.labels import group_label
from tests.integration.campaigns.schools import CLOSES, KEY, READY, TODAY, start, writing
from tests.integration.campaigns.staff_page import check_page
from tests.integration.organisations.pages import words
from tests.integration.responses.doors import Student, first_of_each
from tests.world import World, sign_in

SAFETY = load_all()["safety", "2026.3"]
EASY = load_all()["easy-read", "2026.2"]
PRIMARY = adapt(SAFETY, Adaptation(), years=[6])
MIDDLE = adapt(SAFETY, Adaptation(), years=[6, 7, 8])


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Pages are the same on both engines."""
    return sqlite_url


def opened(app: Flask, world: World, roll: dict[str, int], year: int | None) -> tuple[str, str]:
    with writing(app) as db:
        db.get_one(School, world.own.school_id).roll = roll
        campaign = start(db, world.own.school_id)
        operations.save_draft(db, campaign=campaign, adaptation=READY, by=None)
        (wave,) = campaign.waves
        operations.launch(db, wave=wave, closes_on=CLOSES, today=TODAY, by=None)
        _batch, (code,) = operations.make_batch(
            db, wave=wave, year=year, label="All", count=1, key=KEY, today=TODAY, by=None
        )
        return code, f"/schools/{wave.school_id}/waves/{wave.wave_id}"


@pytest.mark.parametrize("questionnaire", [PRIMARY, MIDDLE, adapt(EASY, Adaptation(), years=[6])])
@pytest.mark.parametrize("year", [6, None])
def test_a_child_of_ten_sees_nothing_that_was_rated_sensitive(
    questionnaire: object, year: int | None
) -> None:
    asked = routing.shown_items(questionnaire, year, {})  # type: ignore[arg-type]
    assert len(asked) >= 6
    assert max(item.sensitivity for item in asked) <= 1
    everything = routing.shown_items(SAFETY, 7, {})
    assert {item.sensitivity for item in everything} > {0, 1}, "Year 7 is asked more"


def test_older_students_of_the_same_school_are_asked_as_before() -> None:
    for year in (7, 8):
        asked = [item.key for item in routing.shown_items(MIDDLE, year, {})]
        assert asked == [item.key for item in routing.shown_items(SAFETY, year, {})]


def test_the_schools_own_questions_reach_year_6() -> None:
    given = add_item(
        SAFETY,
        Adaptation(),
        section="B",
        theme="PLACE",
        kind=ItemKind.ONE,
        wording=Text.of(dict.fromkeys(SAFETY.languages, "Is the pond safe?")),
        options=tuple(Text.of(dict.fromkeys(SAFETY.languages, one)) for one in ("Yes", "No")),
    )
    (key,) = [one.key for one in given.own_items]
    assert key in [one.key for one in routing.shown_items(adapt(SAFETY, given, years=[6]), 6, {})]
    later = replace(given, own_items=(replace(given.own_items[0], from_year=8),))
    assert key not in [
        one.key for one in routing.shown_items(adapt(SAFETY, later, years=[6]), 6, {})
    ]


@pytest.mark.parametrize("years", [[], [7, 8, 9], [12, 13]])
def test_other_schools_are_not_touched(years: list[int]) -> None:
    assert adapt(SAFETY, Adaptation(), years=years) == adapt(SAFETY, Adaptation())


def test_cards_that_were_printed_before_open_what_they_did() -> None:
    """Codes made with the first layout of year groups."""
    made = {year: access_codes.make_codes(door=77, year=year, count=2, key=KEY, seed="a")
            for year in (None, *range(6, 14))}  # fmt: skip
    for year, codes in made.items():
        for code in codes:
            opened = access_codes.read_code(code, key=KEY)
            assert opened is not None
            assert (opened.door, opened.year) == (77, year)
    assert access_codes.NUMBER_OF_YEAR == {6: 8, 7: 1, 8: 2, 9: 3, 10: 4, 11: 5, 12: 6, 13: 7}


def test_from_roll_to_cards(app: Flask, client: FlaskClient, world: World) -> None:
    sign_in(client, world.email(Role.LEAD))
    client.application.config["WTF_CSRF_ENABLED"] = False
    at = f"/schools/{world.own.school_id}/settings"
    assert "Year 6" in words(client.get(at))
    assert client.post(at, data={"year_6": "58"}).status_code == 302
    with app.app_context():
        roll = read().get_one(School, world.own.school_id).roll
    assert roll == {"6": 58}
    code, wave = opened(app, world, roll, 6)
    page = client.get(f"{wave}/")
    check_page(page.text)
    assert re.search(r'<option value="6">Year 6</option>', page.text)
    assert re.search(r'<option value="6">Year 6</option>', client.get(f"{wave}/more").text)
    pages = "".join(one.text for one in Student(client, code).pages(first_of_each))
    assert 'name="B1"' in pages
    for hidden in ("A1", "C2", "F1.", "H2.", "K1."):
        assert f'name="{hidden}' not in pages, hidden


def test_the_first_question_names_the_year_groups_on_roll(
    app: Flask, client: FlaskClient, world: World
) -> None:
    code, _wave = opened(app, world, {"6": 60, "7": 90, "8": 88}, None)
    first = next(
        p.text for p in Student(client, code).pages(first_of_each) if 'name="A1"' in p.text
    )
    assert re.findall(r"Year \d+", unescape(first)) == ["Year 6", "Year 7", "Year 8"]


def test_parents_read_who_is_asked_what(app: Flask, world: World) -> None:
    _code, at = opened(app, world, {"6": 60, "7": 90}, 6)
    with app.test_request_context():
        wave = read().get_one(Wave, (world.own.school_id, uuid.UUID(at.rsplit("/", 1)[1])))
        told = item_list.items(facts_of(wave, app.extensions["settings"]), "en")
    years = {item["words"]: item["years"] for one in told["sections"] for item in one["items"]}
    assert years["Overall, how safe do you feel at school?"] == "All years"
    assert years["This term, how often has someone treated you this way?"] == "Year 7 and above"


def test_year_6_is_named_in_every_language_of_england_and_wales() -> None:
    option = PRIMARY.by_key["A1"].options[0]
    assert (option.key, option.label.in_language("en")) == ("y6", "Year 6")
    assert option.label.in_language("cy") == "Blwyddyn 6"
    for tag in PRIMARY.languages:
        assert option.label.has(tag)
        assert "6" in option.label.in_language(tag)


def test_it_is_counted_and_reported_as_a_year_group(app: Flask, world: World) -> None:
    answers = [check(MIDDLE, None, {"A1": f"y{6 + n % 3}", "B1": "safe"}) for n in range(90)]
    counted = count(MIDDLE, [*answers, check(MIDDLE, None, {"B1": "safe"})])
    assert counted.lattice.years[0] == "y6"
    tables = {one.key: one for one in counted.tables}
    assert sum(tables["B1"].sizes().values()) == 91
    assert {cell[0] for cell, size in tables["C2"].sizes().items() if size} == {"y7", "y8"}
    with app.test_request_context():
        assert group_label(Group("y6")) == "Year 6"
        assert group_label(Group("y6+y7")) == "Years 6 and 7"
    assert lattice_of(MIDDLE).groups[1] == Group("y6")
    assert {one.from_year for one in plan(MIDDLE)} >= {6, 7}


def test_small_year_groups_are_joined_with_it(app: Flask, world: World) -> None:
    _code, at = opened(app, world, {"6": 16, "7": 15, "8": 40}, 6)
    with app.app_context():
        wave = read().get_one(Wave, (world.own.school_id, uuid.UUID(at.rsplit("/", 1)[1])))
        assert bands_of(wave).joined == ((6, 7),)
        assert questionnaire_of(wave).youngest == 6


@pytest.mark.parametrize("nation", [Nation.SCOTLAND, Nation.NORTHERN_IRELAND])
def test_other_nations_have_no_field_for_it(
    app: Flask, client: FlaskClient, world: World, nation: Nation
) -> None:
    with writing(app) as db:
        db.get_one(School, world.own.school_id).nation = nation
    sign_in(client, world.email(Role.LEAD))
    page = client.get(f"/schools/{world.own.school_id}/settings").text
    assert 'name="year_6"' not in page
    assert 'name="year_7"' in page


def test_a_draft_follows_the_roll(app: Flask, world: World) -> None:
    with writing(app) as db:
        campaign = start(db, world.own.school_id)
        assert draft_of(campaign).youngest == 7
        db.get_one(School, world.own.school_id).roll = {"6": 30, "7": 60}
        assert draft_of(campaign).youngest == 6
