"""The question about sex or gender: dated variants, chosen by an authority or a school."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient

from survey.campaigns import operations
from survey.campaigns.models import Programme, Wave
from survey.campaigns.queries import (
    draft_of,
    locked_by_authority,
    programme_template,
    questionnaire_of,
)
from survey.database import read
from survey.disclosure.tables import Group
from survey.organisations.models import Authority, School
from survey.questionnaires.document import canonical, content_hash, from_document, to_document
from survey.questionnaires.gender_question.variants import AS_TEMPLATE, VARIANTS, with_variant
from survey.questionnaires.load import load_all
from survey.questionnaires.model import GENDER_ITEM, SECOND_GENDER_ITEM, QuestionnaireError
from survey.reports.comparisons.build_comparison import compare
from survey.reports.trends.comparability import Alike
from tests.integration.campaigns.schools import CLOSES, KEY, READY, TODAY, start, writing
from tests.integration.responses.doors import Student, first_of_each
from tests.unit.disclosure.policies import TENS
from tests.unit.reports.schools import SAFETY, make_school
from tests.world import World

GENDER, SEX = "Which of these describes you?", "What is your sex?"


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Pages are the same on both engines."""
    return sqlite_url


def decide(app: Flask, world: World, authority: str | None, school: str | None = None) -> None:
    with writing(app) as db:
        db.get_one(Authority, world.own.authority_id).gender_question = authority
        db.get_one(School, world.own.school_id).gender_question = school


def opened(app: Flask, world: World) -> tuple[str, Wave]:
    with writing(app) as db:
        campaign = start(db, world.own.school_id)
        operations.save_draft(db, campaign=campaign, adaptation=READY, by=None)
        (wave,) = campaign.waves
        operations.launch(db, wave=wave, closes_on=CLOSES, today=TODAY, by=None)
        _batch, (code,) = operations.make_batch(
            db, wave=wave, year=9, label="All", count=1, key=KEY, today=TODAY, by=None
        )
        return code, wave


@pytest.mark.parametrize("named", [key for key, one in load_all().items() if "A2" in one.by_key])
def test_templates_ask_the_variant_that_they_say(named: tuple[str, str]) -> None:
    template = load_all()[named]
    assert template.gender_question == AS_TEMPLATE
    (item,) = VARIANTS[AS_TEMPLATE].items
    theirs = template.by_key[GENDER_ITEM]
    assert replace(theirs, source=None) == replace(
        item,
        wording=item.wording.only(template.languages),
        options=tuple(
            replace(one, label=one.label.only(template.languages)) for one in item.options
        ),
    )


@pytest.mark.parametrize("key", VARIANTS)
def test_a_variant_goes_through_a_document(key: str) -> None:
    asked = with_variant(SAFETY, key)
    assert asked.gender_question == key
    assert from_document(json.loads(canonical(asked))) == asked
    assert [
        item.key for item in asked.items if item.key not in (GENDER_ITEM, SECOND_GENDER_ITEM)
    ] == [item.key for item in SAFETY.items if item.key != GENDER_ITEM]


def test_a_document_of_before_asks_about_gender() -> None:
    old = to_document(SAFETY)
    del old["gender_question"]
    assert from_document(old) == SAFETY
    assert content_hash(from_document(old)) == content_hash(SAFETY)


def test_there_is_no_other_variant() -> None:
    with pytest.raises(QuestionnaireError):
        with_variant(SAFETY, "sex-1999.1")
    staff = load_all()["staff-pulse", "2026.1"]
    assert with_variant(staff, "sex-2026.1") is staff, "adults are not asked"


@pytest.mark.parametrize(
    ("authority", "school", "asked"),
    [
        (None, None, [GENDER]),
        (None, "sex-2026.1", [SEX]),
        ("sex-2026.1", "gender-2026.1", [SEX]),
        ("both-2026.1", None, [SEX, GENDER]),
    ],
)
def test_a_survey_asks_the_variant_of_its_authority(
    app: Flask,
    client: FlaskClient,
    world: World,
    authority: str | None,
    school: str | None,
    asked: list[str],
) -> None:
    decide(app, world, authority, school)
    code, wave = opened(app, world)
    decide(app, world, "gender-2026.1")  # a survey that is open keeps what it asks
    pages = "".join(page.text for page in Student(client, code).pages(first_of_each))
    assert [words for words in (SEX, GENDER) if words in pages] == asked
    with app.app_context():
        frozen = questionnaire_of(read().merge(wave))
        assert (SECOND_GENDER_ITEM in frozen.by_key) is (len(asked) == 2)


def test_a_programme_shows_the_variant_of_its_authority(app: Flask, world: World) -> None:
    decide(app, world, "both-2026.1")
    with writing(app) as db:
        programme = db.get_one(Programme, (world.own.authority_id, world.own.programme_id))
        assert SECOND_GENDER_ITEM in programme_template(programme).by_key
        campaign = start(db, world.own.school_id)
        assert draft_of(campaign).gender_question == "both-2026.1"
        assert not locked_by_authority(campaign) & {GENDER_ITEM, SECOND_GENDER_ITEM}


def test_over_time_girls_are_compared_with_girls_only_where_the_same_was_asked() -> None:
    gender, sex = SAFETY, with_variant(SAFETY, "sex-2026.1")
    both = with_variant(SAFETY, "both-2026.1")
    assert Alike(gender, gender).same_genders
    assert Alike(sex, sex).same_genders
    assert not Alike(gender, sex).same_genders
    assert not Alike(sex, gender).same_genders
    assert not Alike(gender, both).same_genders
    assert Alike(sex, both).same_genders, "the question that makes the groups is the same"
    for one in ("B1", "B2.toilets"):
        assert Alike(gender, sex).of(one).relation == "same", "the whole school is compared"


def test_schools_with_other_variants_are_compared_as_whole_schools_and_in_no_split() -> None:
    asked = [SAFETY, with_variant(SAFETY, "sex-2026.1"), with_variant(SAFETY, "both-2026.1")]
    schools = [make_school(400, seed, questionnaire=asked[seed % len(asked)]) for seed in range(6)]
    made = compare(schools, asked[2], TENS, {})
    found = {one.table: one for one in made.figures}
    assert found["B2.toilets"].given == 6, "whole-school figures hold all schools"
    assert not {one for one in found if one in (GENDER_ITEM, SECOND_GENDER_ITEM)}
    assert not {one.table for one in made.left_out} & {GENDER_ITEM, SECOND_GENDER_ITEM}
    assert Group(gender="girl") in schools[0].release.lattice.groups, "each school has its own"
    assert "girl" not in made.to_json()
