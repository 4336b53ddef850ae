"""A reader of a report with year bands, who knows each year of a band and puts all tables together.

A band is printed as one; the reader knows how many of each of its years took part, and which
questions were asked of some of them only. Single years of a band must stay as open as the band.
"""

from __future__ import annotations

import json
import random
from functools import cache

import pytest

from survey.demo.gshs_records import read_records
from survey.disclosure.certificate import Certificate
from survey.disclosure.certify import certify
from survey.disclosure.policy import STANDARD
from survey.disclosure.tables import BadNameError, Cell, Lattice
from survey.disclosure.verify import Rejected, verify
from survey.questionnaires.load import load_all
from survey.questionnaires.model import YEAR_ITEM
from survey.questionnaires.routing import check
from survey.questionnaires.year_bands import YearBands
from survey.releases.tabulation import Tabulation, count
from tests.attacks.attackers.joint_reader import attack
from tests.attacks.test_report_read_as_a_whole import RECORDS, SEED, needs_records, released
from tests.unit.reports.schools import SAFETY, from_year, with_sections
from tests.unit.reports.students import make_students

BANDS = YearBands(((7,), (8, 9), (10, 11)))
YEARS = ("y7", "y8", "y9", "y10", "y11")
GATED = from_year(with_sections(SAFETY, "A", "F"), "F3", 9)
"""A question is asked of all; what waits for it from Year 9 on, within a band."""


def gated(students: int = 80) -> Tabulation:
    return count(GATED, make_students(GATED, students, 11, YEARS), BANDS)


@cache
def certified(students: int) -> tuple[str, Certificate, dict[Cell, int]]:
    """The release, its certificate and how many are in each group."""
    counted = gated(students)
    release, certificate = certify(
        counted.tables, counted.participation, STANDARD, {}, SEED, questions=counted.questions
    )
    assert verify(release.to_json(), certificate.to_json())
    sizes = {cell: size for cell, size in counted.participation.sizes().items() if size}
    return release.to_json(), certificate, sizes


@pytest.mark.parametrize("students", [80, pytest.param(170, marks=pytest.mark.slow)])
def test_a_band_with_an_age_gate_between_a_question_and_what_waits_for_it(students: int) -> None:
    release, _certificate, sizes = certified(students)
    assert attack(json.loads(release), GATED, sizes) == []


def test_such_a_family_keeps_the_years_of_the_band_apart_and_others_do_not() -> None:
    _release, certificate, _sizes = certified(80)
    cells = {
        family.tables[0]: tuple(dict.fromkeys(year for (year, _gender), _size in family.cells))
        for family in certificate.families
    }
    apart = {"y8", "y9", "y10+y11"}
    assert any(apart <= set(years) for years in cells.values())
    assert any({"y8+y9", "y10+y11"} <= set(years) for years in cells.values())
    assert not any(
        apart & set(years) > {"y10+y11"} and "y8+y9" in years for years in cells.values()
    )


@needs_records
@pytest.mark.slow
@pytest.mark.parametrize("students", [70, 120])
def test_a_small_school_with_bands_of_real_records(students: int) -> None:
    questionnaire = load_all()["gshs", "2018.1"]
    drawn = random.Random(students).sample(read_records(RECORDS).records, students)
    answers = [check(questionnaire, None, record.raw) for record in drawn]
    bands = YearBands(((7, 8), (9,), (10, 11), (12, 13)))
    release, sizes = released(count(questionnaire, answers, bands))
    assert any(
        row["shown"] and "+" in row["group"] for table in release["tables"] for row in table["rows"]
    )
    assert attack(release, questionnaire, sizes) == []


@needs_records
@pytest.mark.slow
@pytest.mark.parametrize("seed", range(24))
def test_schools_of_30_to_100_on_roll_with_their_own_bands(seed: int) -> None:
    """As launched: the bands follow from the roll, and 88 of 100 answer. Rows that rounding to the
    nearest 20 would hide are rounded to 10 next to rows that are rounded to 20."""
    draw = random.Random(seed)
    questionnaire = load_all()["gshs", "2018.1"]
    drawn = draw.sample(read_records(RECORDS).records, draw.randint(30, 100))
    answers = [check(questionnaire, None, record.raw) for record in drawn]
    years = [str(one[YEAR_ITEM]).removeprefix("y") for one in answers if YEAR_ITEM in one]
    bands = YearBands.of({year: years.count(year) for year in years})
    given = [one for one in answers if draw.random() < 0.88]
    release, sizes = released(count(questionnaire, given, bands, SEED))
    assert attack(release, questionnaire, sizes) == []


@pytest.mark.parametrize(
    "years",
    [
        ["y7", "y7+y8"],
        ["y7", "y8", "y8+y7"],
        ["y7", "y8", "y9", "y7+y8", "y8+y9"],
        ["y7", "y8", "y7+y8+y9"],
        ["y7", "y8", "y7+"],
    ],
)
def test_a_lattice_with_bands_that_are_none_is_refused(years: list[str]) -> None:
    with pytest.raises(BadNameError):
        Lattice(tuple(years), ("girl",), silent=("y7", "y8", "y9"))
    counted = gated()
    release, certificate = certify(
        counted.tables[:1], counted.participation, STANDARD, {}, SEED, questions=counted.questions
    )
    forged = json.loads(release.to_json())
    forged["lattice"]["years"] = [*years, "unsaid"]
    with pytest.raises(Rejected):
        verify(json.dumps(forged), certificate.to_json())
