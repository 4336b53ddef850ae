"""Sex and gender are both asked. Printed by group, one would be crossed with the other: "girls who
use another word" is a handful of students in any school. So gender is printed for the whole school
only, and a reader with the whole report and the size of every group narrows no small count."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from typing import Any

import pytest

from survey.disclosure.certify import certify
from survey.disclosure.policy import STANDARD
from survey.disclosure.release import Release
from survey.disclosure.tables import Group
from survey.disclosure.verify import verify
from survey.questionnaires.gender_question.variants import with_variant
from survey.questionnaires.load import load_all
from survey.questionnaires.model import GENDER_ITEM, SECOND_GENDER_ITEM, Questionnaire
from survey.questionnaires.routing import check
from survey.releases.tabulation import Tabulation, count
from survey.releases.tabulation_plan import NO_BANDS, lattice_of, plan
from tests.attacks.attackers.joint_reader import attack
from tests.attacks.test_report_read_as_a_whole import SEED
from tests.unit.reports.schools import with_sections

BOTH = with_sections(with_variant(load_all()["safety", "2026.3"], "both-2026.1"), "A")
CROSSED = replace(BOTH, crossed=True)
"""With rows by year and sex together, as a school may ask for."""


def students(questionnaire: Questionnaire, number: int, seed: int) -> Tabulation:
    """Nearly all describe themselves by their sex; three in a hundred use another word."""
    draw = random.Random(seed)
    answers = []
    for _ in range(number):
        sex = draw.choices(("girl", "boy", "prefer_not"), (49, 49, 2))[0]
        said = draw.choices((sex, "another", "prefer_not"), (94, 3, 3))[0]
        year = f"y{draw.randint(7, 11)}"
        raw: dict[str, Any] = {"A1": year, GENDER_ITEM: sex, SECOND_GENDER_ITEM: said}
        answers.append(check(questionnaire, None, raw | {"A3": draw.choice(("walk", "car"))}))
    return count(questionnaire, answers)


def released(counted: Tabulation) -> Release:
    release, certificate = certify(
        counted.tables, counted.participation, STANDARD, {}, SEED, questions=counted.questions
    )
    assert verify(release.to_json(), certificate.to_json())
    return release


def rows(release: Release) -> dict[str, bool]:
    """The groups of the table on gender, and whether each is shown."""
    table = next(one for one in release.tables if one.key == SECOND_GENDER_ITEM)
    return {row.group.key: row.shown for row in table.rows}


@pytest.mark.parametrize("questionnaire", [BOTH, CROSSED], ids=["apart", "crossed"])
def test_without_the_rule_gender_is_printed_by_sex(questionnaire: Questionnaire) -> None:
    counted = students(questionnaire, 700, 1)
    open_to_all = tuple(replace(one, whole_only=False) for one in counted.questions)
    shown = rows(released(replace(counted, questions=open_to_all)))
    assert shown["gender=girl"], "the attack: girls by sex, by gender"


@pytest.mark.parametrize("questionnaire", [BOTH, CROSSED], ids=["apart", "crossed"])
@pytest.mark.parametrize("number", [80, 250, 700])
def test_no_figure_combines_sex_and_gender(questionnaire: Questionnaire, number: int) -> None:
    counted = students(questionnaire, number, number)
    release = released(counted)
    assert [key for key, shown in rows(release).items() if shown] in ([], ["all"])
    assert set(release.lattice.genders) == {"girl", "boy", "unsaid"}, "groups are by sex"
    other = next(one for one in release.tables if one.key == "A3")
    if number == 700:
        assert other.row(Group(gender="girl")).shown, "other questions keep their groups"
    sizes = {cell: size for cell, size in counted.participation.sizes().items() if size}
    assert attack(json.loads(release.to_json()), questionnaire, sizes) == []


def test_it_is_not_compared_between_schools_and_makes_no_group() -> None:
    table = next(one for one in plan(BOTH) if one.key == SECOND_GENDER_ITEM)
    assert not table.is_core
    assert all("another" not in (group.gender or "") for group in lattice_of(BOTH, NO_BANDS).groups)
