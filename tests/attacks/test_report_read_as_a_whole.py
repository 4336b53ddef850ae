"""A reader of one report, who puts all its tables together.

Each table was once certified by itself, while one answer went into several: such a reader narrowed
small counts in releases that the verifier accepted (the first test keeps two of those). Tables
that share answers are now audited as one.
"""

from __future__ import annotations

import gzip
import json
import os
import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from survey.demo.gshs_records import read_records
from survey.demo.simulated_students import SchoolEffect, draw_answers, draw_student
from survey.disclosure.certify import certify
from survey.disclosure.policy import STANDARD
from survey.disclosure.sources import check_sources, families
from survey.disclosure.verify import verify
from survey.questionnaires.load import load_all
from survey.questionnaires.routing import check
from survey.questionnaires.year_bands import YearBands
from survey.releases.tabulation import Tabulation, count
from survey.releases.tabulation_plan import NO_BANDS, plan, questions_of
from tests.attacks.attackers.joint_reader import attack

FORMAT_1 = Path(__file__).parents[1] / "unit" / "disclosure" / "format_1"
RECORDS = Path(
    os.environ.get("RECORDS")
    or Path(__file__).parents[3] / "shared" / "data" / "gshs_argentina_2018.csv"
)
needs_records = pytest.mark.skipif(not RECORDS.exists(), reason="the real records are not here")
SEED = b"a fixed seed, for attacks only.."


def released(counted: Tabulation, seed: bytes = SEED) -> tuple[dict[str, Any], Any]:
    release, certificate = certify(
        counted.tables, counted.participation, STANDARD, {}, seed, questions=counted.questions
    )
    assert verify(release.to_json(), certificate.to_json())
    sizes = {cell: size for cell, size in counted.participation.sizes().items() if size}
    return json.loads(release.to_json()), sizes


def invented(template: tuple[str, str], students: int, seed: int) -> Tabulation:
    questionnaire = load_all()[template]
    draw = random.Random(seed)
    effect = SchoolEffect(draw.gauss(0, 0.3), {"toilets": 0.8}, "lunch")
    years = draw.choices(range(7, 14), (10, 10, 10, 10, 10, 4, 4), k=students)
    drawn = (draw_answers(questionnaire, draw_student(year, draw), effect, draw) for year in years)
    return count(questionnaire, (check(questionnaire, None, one) for one in drawn))


def real(students: int, seed: int) -> Tabulation:
    """Students of the real records, drawn at random: the file names no schools."""
    questionnaire = load_all()["gshs", "2018.1"]
    drawn = random.Random(seed).sample(read_records(RECORDS).records, students)
    return count(questionnaire, (check(questionnaire, None, record.raw) for record in drawn))


def test_the_attacker_breaches_a_release_of_tables_certified_one_by_one() -> None:
    release, certificate = (
        json.loads(gzip.decompress((FORMAT_1 / f"gshs.{name}.json.gz").read_bytes()))
        for name in ("release", "certificate")
    )
    sizes = {}
    for entry in certificate["tables"]:
        for name, size in entry["cells"]:
            year, gender = (part.partition("=")[2] for part in name.split(","))
            sizes[year, gender] = size
    found = attack(release, load_all()["gshs", "2018.1"], sizes)
    assert len(found) == 27
    assert {one.table for one in found} >= {"C2", "@missed", "N2", "O4"}


@needs_records
@pytest.mark.parametrize("students", [60, 90, 145])
def test_a_small_school_of_real_records_read_as_a_whole(students: int) -> None:
    release, sizes = released(real(students, students))
    assert attack(release, load_all()["gshs", "2018.1"], sizes) == []


def test_a_staff_survey_read_as_a_whole() -> None:
    questionnaire = load_all()["staff-pulse", "2026.1"]
    draw = random.Random(4)
    drawn = []
    for _ in range(64):
        ticks = [o.key for o in questionnaire.by_key["S1"].options if o.role == "answer"]
        raw: dict[str, Any] = {"S5": draw.choice(["agree_lot", "agree", "disagree"])}
        raw["S1"] = draw.sample(ticks, draw.randint(1, 3)) if draw.random() < 0.8 else ["none"]
        drawn.append(check(questionnaire, None, raw if draw.random() < 0.95 else {}))
    release, sizes = released(count(questionnaire, drawn))
    assert attack(release, questionnaire, sizes) == []


@pytest.mark.slow
@pytest.mark.parametrize("students", [80, 150, 600])
@pytest.mark.parametrize("template", [("safety", "2026.3"), ("safety-core", "2026.3")])
def test_a_school_that_asked_the_whole_template(template: tuple[str, str], students: int) -> None:
    release, sizes = released(invented(template, students, 7))
    assert attack(release, load_all()[template], sizes) == []


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["plain", "bands", "crossed"])
@pytest.mark.parametrize("students", [600, 1000, 1500])
def test_a_large_school_that_asked_the_whole_template(students: int, kind: str) -> None:
    """As it is published, with a few students counted without their gender; with years joined, or
    with rows by year and gender together."""
    questionnaire = load_all()["safety", "2026.3"]
    if kind == "crossed":
        questionnaire = replace(questionnaire, crossed=True)
    bands = YearBands(((7, 8), (9,), (10, 11), (12, 13))) if kind == "bands" else NO_BANDS
    draw = random.Random(7)
    effect = SchoolEffect(draw.gauss(0, 0.3), {"toilets": 0.8}, "lunch")
    years = draw.choices(range(7, 14), (10, 10, 10, 10, 10, 4, 4), k=students)
    drawn = [draw_answers(questionnaire, draw_student(year, draw), effect, draw) for year in years]
    answers = [check(questionnaire, None, one) for one in drawn]
    release, sizes = released(count(questionnaire, answers, bands, SEED))
    assert attack(release, questionnaire, sizes) == []


@needs_records
@pytest.mark.slow
@pytest.mark.parametrize("seed", range(24))
def test_schools_of_real_records_small_and_large(seed: int) -> None:
    students = random.Random(seed).randint(*((48, 145) if seed < 14 else (600, 1500)))
    release, sizes = released(real(students, seed))
    assert attack(release, load_all()["gshs", "2018.1"], sizes) == []


@pytest.mark.parametrize("template", list(load_all()))
def test_no_answer_goes_into_two_audits(template: tuple[str, str]) -> None:
    questionnaire = load_all()[template]
    tables = plan(questionnaire)
    questions = {one.key: one for one in questions_of(questionnaire)}
    sources = {one.key: one.source for one in tables}
    check_sources(sources, {key: replace(one, years=("all",)) for key, one in questions.items()})
    parts: dict[tuple[str, str | None], set[int]] = {}
    for number, keys in enumerate(families(sources, questions)):
        for key in keys:
            source, kind = sources[key], questions[sources[key].question].kind
            rows = [one.part for one in sources.values() if one.question == source.question]
            for part in rows if source.is_any or kind != "grid" else [source.part]:
                parts.setdefault((source.question, part), set()).add(number)
    assert parts
    assert all(len(numbers) == 1 for numbers in parts.values())
    for item in questionnaire.asked:
        if item.show_if:
            waits = {n for (q, _), ns in parts.items() for n in ns if q == item.key}
            asked = {n for (q, _), ns in parts.items() for n in ns if q == item.show_if.item}
            assert waits == asked
        for row in item.rows if item.rows_if else ():
            assert parts[item.key, row.key] == parts[item.rows_if.item, row.key]
