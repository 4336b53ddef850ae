"""A lead reads the certificate for how many students of one year used another word for their
gender, or did not say: an exact number, and often under five.

The old counting gives it away; a few students who are counted without their gender, or their year,
hide it. True groups are tried as well: by a reader who knows them, and how many of each were
counted without their gender, and who puts all tables together.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from typing import Any

import pytest

from survey.disclosure.certificate import Certificate
from survey.disclosure.certify import certify
from survey.disclosure.policy import STANDARD
from survey.disclosure.verify import verify
from survey.questionnaires.check_answers import Answers
from survey.questionnaires.model import YEAR_ITEM
from survey.questionnaires.year_bands import YearBands
from survey.releases.tabulation import Tabulation, count
from survey.releases.tabulation_plan import NO_BANDS, UNSAID, cell_of
from tests.attacks.attackers.joint_reader import attack
from tests.unit.reports.schools import SAFETY, from_year, with_sections
from tests.unit.reports.students import make_students

SEED = b"a fixed seed, for attacks only.."
QUESTIONNAIRE = from_year(with_sections(SAFETY, "A", "F"), "F2", 9)
"""With a question that is asked from Year 9 on."""
YEARS = ("y7", "y8", "y9", "y10", "y11")
BANDS = YearBands(((7,), (8, 9), (10, 11)))


def students(number: int, seed: int) -> list[Answers]:
    """Students of a school; a few use another word or do not say, and a few give no year."""
    draw = random.Random(seed)
    found: list[Answers] = []
    for answers in make_students(QUESTIONNAIRE, number, seed, YEARS):
        given = {**answers, "A2": draw.choice(("girl", "boy"))}
        if draw.random() < 0.02:
            given["A2"] = "another"
        if draw.random() < 0.03:
            given.pop("A2", None)
        if draw.random() < 0.01:
            given.pop(YEAR_ITEM, None)
        found.append(given)
    return found


def small_counts(certificate: Certificate) -> set[tuple[tuple[str, str], int]]:
    """What a lead reads in the file: each group of fewer than five with its number."""
    return {
        (cell, size)
        for family in certificate.families
        for cell, size in family.cells
        if 0 < size < STANDARD.small
    }


def certified(counted: Tabulation) -> tuple[dict[str, Any], Certificate]:
    """Few tables do: the groups are the same in all of a kind."""
    tables = [one for one in counted.tables if one.key in ("A3", "F1.names", "F2")]
    release, certificate = certify(
        tables, counted.participation, STANDARD, {}, SEED, questions=counted.questions
    )
    assert verify(release.to_json(), certificate.to_json())
    return json.loads(release.to_json()), certificate


@pytest.mark.parametrize(("number", "bands"), [(420, NO_BANDS), (150, BANDS)])
def test_a_certificate_counts_no_group_of_fewer_than_five(number: int, bands: YearBands) -> None:
    given = students(number, number)
    _, before = certified(count(QUESTIONNAIRE, given, bands))
    assert small_counts(before), "the attack must find something in what was counted before"
    counted = count(QUESTIONNAIRE, given, bands, SEED)
    _, certificate = certified(counted)
    assert small_counts(certificate) == set()
    assert counted.respondents == number
    assert counted.by_year == Counter(cell_of(counted.lattice, one)[0] for one in given)


def test_the_same_answers_in_any_order_are_counted_in_the_same_groups() -> None:
    given = students(160, 3)
    first = count(QUESTIONNAIRE, given, BANDS, SEED)
    random.Random(1).shuffle(given)
    assert count(QUESTIONNAIRE, given, BANDS, SEED) == first
    assert count(QUESTIONNAIRE, given, BANDS, b"another seed") != first


def test_five_stand_for_one_to_five() -> None:
    """Whatever the number of a year was, from one to five, the certificate shows five."""
    everyone = [
        {**one, "A2": "girl" if at % 2 else "boy"} for at, one in enumerate(students(400, 9))
    ]
    shown = set()
    for few in range(1, 6):
        given = [dict(one) for one in everyone]
        for one in [one for one in given if one.get(YEAR_ITEM) == "y8"][:few]:
            del one["A2"]
        sizes = count(QUESTIONNAIRE, given, NO_BANDS, SEED).participation.sizes()
        shown.add(sizes["y8", UNSAID])
    assert shown == {5}


@pytest.mark.parametrize("number", [90, 170])
def test_true_groups_stay_as_open_as_those_that_were_counted(number: int) -> None:
    """The reader knows the true groups and which number of each was counted without a gender."""
    given = students(number, number + 1)
    counted = count(QUESTIONNAIRE, given, BANDS, SEED)
    release, _ = certified(counted)
    plain = count(QUESTIONNAIRE, given, BANDS).participation.sizes()
    sizes: Counter[tuple[str, str]] = Counter()
    for (year, gender), size in counted.participation.sizes().items():
        sizes[year, gender] = size
    for (year, gender), size in plain.items():
        left = size - counted.participation.sizes()[year, gender]
        if gender != UNSAID and year != UNSAID and left > 0:
            moved = min(left, sizes[year, UNSAID])
            sizes[year, f"{gender}*"] += moved
            sizes[year, UNSAID] -= moved
    groups = [f"gender={g}+{g}*" for g in ("girl", "boy")]
    groups += [f"year={y},{group}" for y in YEARS for group in groups]
    known = {cell: size for cell, size in sizes.items() if size}
    assert attack(release, QUESTIONNAIRE, known, more=groups) == []
