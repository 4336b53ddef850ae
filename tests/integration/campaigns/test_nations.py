"""Year groups as each nation calls them, on every page that speaks of them, and gates by age."""

from __future__ import annotations

import re
import uuid
from html import unescape
from types import SimpleNamespace

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from survey.app import alembic
from survey.campaigns import operations
from survey.campaigns.models import Campaign, PrintDetails, Programme, Wave
from survey.campaigns.printing import cards
from survey.campaigns.queries import questionnaire_of
from survey.database import begin
from survey.disclosure.tables import Group
from survey.organisations.models import Authority, Nation, School
from survey.permissions import Role
from survey.questionnaires import adapt
from survey.questionnaires.load import load_all
from survey.reports.wording.labels import group_label
from survey.year_groups.values import YearGroup, YearNaming
from survey.year_groups.wording import named_as
from tests.integration.campaigns.schools import CLOSES, KEY, READY, TODAY, start, writing
from tests.integration.responses.doors import Student, first_of_each
from tests.world import World, sign_in

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

NAMES = {
    Nation.ENGLAND: [f"Year {number}" for number in range(7, 14)],
    Nation.WALES: [f"Year {number}" for number in range(7, 14)],
    Nation.SCOTLAND: [f"S{number}" for number in range(1, 7)],
    Nation.NORTHERN_IRELAND: [f"Year {number}" for number in range(8, 15)],
}
every_nation = pytest.mark.parametrize("nation", NAMES, ids=[one.value for one in NAMES])
NAME = re.compile(r"\bYears? (?:S?\d+)(?: (?:to|and) S?\d+)?|\bS[1-6]\b")


def move(app: Flask, world: World, nation: Nation) -> None:
    with writing(app) as db:
        db.get_one(School, world.own.school_id).nation = nation
        db.get_one(Authority, world.own.authority_id).nation = nation


def opened(app: Flask, world: World, year: int | None, template: str = "safety") -> tuple[str, str]:
    """A survey that runs, and a code of it."""
    with writing(app) as db:
        campaign = start(db, world.own.school_id, template)
        operations.save_draft(db, campaign=campaign, adaptation=READY, by=None)
        (wave,) = campaign.waves
        operations.launch(db, wave=wave, closes_on=CLOSES, today=TODAY, by=None)
        _batch, (code,) = operations.make_batch(
            db, wave=wave, year=year, label="All", count=1, key=KEY, today=TODAY, by=None
        )
        return code, f"/schools/{wave.school_id}/waves/{wave.wave_id}"


def names(html: str) -> list[str]:
    """The year groups that a page speaks of, each once."""
    words = unescape(re.sub(r"<[^>]+>", "\n", html))
    return list(dict.fromkeys(NAME.findall(words)))


@every_nation
def test_settings_cards_and_the_first_question(
    app: Flask, client: FlaskClient, world: World, nation: Nation
) -> None:
    move(app, world, nation)
    code, wave = opened(app, world, None)
    student = Student(client, code)
    first = next(page.text for page in student.pages(first_of_each) if 'name="A1"' in page.text)
    assert names(first) == NAMES[nation]

    sign_in(client, world.email(Role.LEAD))
    settings = client.get(f"/schools/{world.own.school_id}/settings").text
    younger = ["Year 6"] if nation in (Nation.ENGLAND, Nation.WALES) else []
    assert names(settings[settings.index("Students on roll") :]) == younger + NAMES[nation]
    page = client.get(f"{wave}/").text
    form = page[page.index('name="year"') :]
    assert names(form)[: len(NAMES[nation])] == NAMES[nation]
    given = set(names(page))
    assert given <= set(NAMES[nation]), given


@every_nation
def test_the_draft_and_an_own_question_offer_the_year_groups(
    app: Flask, client: FlaskClient, world: World, nation: Nation
) -> None:
    move(app, world, nation)
    with writing(app) as db:
        school_id = world.own.school_id
        draft = f"/schools/{school_id}/campaigns/{start(db, school_id).campaign_id}"
    sign_in(client, world.email(Role.LEAD))
    own = client.get(f"{draft}/draft/sections/B/add").text
    assert set(names(own)) == set(NAMES[nation])
    for at in ("draft/", "draft/sections/H", "draft/sections/I", "preview"):
        page = client.get(f"{draft}/{at}")
        assert page.status_code == 200, at
        assert set(names(page.text)) <= set(NAMES[nation]), at


@pytest.mark.parametrize(
    ("nation", "year", "let_in"),
    [
        (Nation.NORTHERN_IRELAND, 7, False),  # Year 8: aged 11
        (Nation.NORTHERN_IRELAND, 8, False),  # Year 9: aged 12
        (Nation.NORTHERN_IRELAND, 9, True),  # Year 10: aged 13
        (Nation.SCOTLAND, 8, False),  # S2: from twelve and a half
        (Nation.SCOTLAND, 9, True),  # S3: from thirteen and a half
        (Nation.ENGLAND, 8, False),
        (Nation.ENGLAND, 9, True),
    ],
)
def test_sensitive_questions_are_for_thirteen_and_over(
    app: Flask, client: FlaskClient, world: World, nation: Nation, year: int, let_in: bool
) -> None:
    assert YearGroup(9).youngest_age == 13
    move(app, world, nation)
    code, _wave = opened(app, world, year)
    pages = "".join(page.text for page in Student(client, code).pages(first_of_each))
    assert ('name="H2.' in pages) is let_in


@every_nation
def test_cards_and_the_list_for_parents_say_the_names(
    app: Flask, client: FlaskClient, world: World, nation: Nation
) -> None:
    move(app, world, nation)
    _code, at = opened(app, world, 9)
    school_id, wave_id = map(uuid.UUID, at.split("/")[2::2])
    with writing(app) as db:
        wave = db.get_one(Wave, (school_id, wave_id))
        db.add(PrintDetails(school_id=school_id, wave_id=wave_id, items_word="all"))
        sheet = SimpleNamespace(languages=("en",), questionnaire=questionnaire_of(wave))
        assert [one["words"] for one in cards.whose(sheet, 9)] == [NAMES[nation][2]]
    parents = names(client.get("/parents/all").text)
    assert parents[-1] in NAMES[nation][2:]
    assert {NAMES[nation][2]} <= set(parents) <= set(NAMES[nation])


@every_nation
def test_a_report_says_the_names(app: Flask, nation: Nation) -> None:
    with app.test_request_context(), named_as(YearNaming.of_nation(nation)):
        assert group_label(Group("y9")) == NAMES[nation][2]
        pair, three = group_label(Group("y7+y8")), group_label(Group("y8+y9+y10"))
    first, second, third, fourth = NAMES[nation][:4]
    if nation is Nation.SCOTLAND:
        assert (pair, three) == ("S1 and S2", "S2 to S4")
    else:
        bare = [name.removeprefix("Year ") for name in (first, second, third, fourth)]
        assert (pair, three) == (f"Years {bare[0]} and {bare[1]}", f"Years {bare[1]} to {bare[3]}")


def test_names_are_in_every_language_and_keys_stay(app: Flask) -> None:
    template = load_all()["safety", "2026.3"]
    for naming in YearNaming:
        asked = adapt.adapt(template, READY, naming).by_key["A1"]
        assert [option.key for option in asked.options] == [one.key for one in naming.groups]
        for option, group in zip(asked.options, naming.groups, strict=True):
            for tag in template.languages:
                assert option.label.has(tag)
                assert group.in_nation(naming) in option.label.in_language(tag)


def test_rolls_and_drafts_of_before_move(app: Flask, world: World) -> None:
    """Rolls that went by England's labels keep their students under the nation's own."""
    with app.app_context():
        alembic.downgrade(alembic.script_directory.get_revision("0023").down_revision)
        with begin() as db:  # by tables: the schools of that time lack columns of today
            for school_id, nation, roll in (
                (world.own.school_id, Nation.NORTHERN_IRELAND, {"8": 90, "9": 80, "13": 30}),
                (world.other.school_id, Nation.SCOTLAND, {"7": 90, "12": 20, "13": 30}),
            ):
                school = School.__table__
                values = {"nation": nation, "roll": roll}
                db.execute(update(school).where(school.c.school_id == school_id).values(values))
            assert set(db.scalars(select(Campaign.template_version))) >= {"2026.1"}
        alembic.upgrade()
        with begin() as db:
            assert db.get_one(School, world.own.school_id).roll == {"7": 90, "8": 80, "12": 30}
            assert db.get_one(School, world.other.school_id).roll == {"7": 90, "12": 50}
            assert {one.template_version for one in db.query(Campaign)} == {"2026.3"}
            assert {one.template_version for one in db.query(Programme)} == {"2026.3"}
