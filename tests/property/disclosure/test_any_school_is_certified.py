"""Schools of every shape: what their reports print is certified or hidden, and the verifier agrees
with the audit. A refusal is final for a school, as the draw of its report is always the same."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from survey.demo.simulated_students import SchoolEffect, draw_answers, draw_student
from survey.disclosure.certify import certify
from survey.disclosure.policy import STANDARD
from survey.disclosure.verify import verify
from survey.questionnaires.load import load_all
from survey.questionnaires.routing import check
from survey.questionnaires.year_bands import YearBands
from survey.releases.tabulation import Tabulation, count
from survey.releases.tabulation_plan import NO_BANDS

TEMPLATES = [("safety", "2026.3"), ("safety-core", "2026.3"), ("staff-pulse", "2026.1")]
YEARS = [(9,), (7, 8), (8, 9, 10), (7, 8, 9, 10, 11), (7, 8, 9, 10, 11, 12, 13)]
BANDS = [NO_BANDS, NO_BANDS, YearBands(((7, 8), (9,), (10, 11), (12, 13)))]


def answers(draw: random.Random, name: tuple[str, str], years: tuple[int, ...]) -> Iterator[Any]:
    """Students who answer like those of the demo, like each other, or in turn through all answers:
    then all counts are about the same."""
    questionnaire = load_all()[name]
    effect = SchoolEffect(draw.gauss(0, 0.5), {"toilets": draw.random()}, "lunch")
    manner = draw.choice(["demo", "demo", "alike", "any", "half say nothing"])
    weights = [draw.choice((1, 1, 4)) for _ in years]
    one = draw_answers(questionnaire, draw_student(years[0], draw), effect, draw)
    for _ in range(draw.choice((12, 19, 20, 25, 31, 40, 55, 60, 61, 80, 120))):
        year = draw.choices(years, weights)[0]
        raw = draw_answers(questionnaire, draw_student(year, draw), effect, draw)
        raw = {key: answer for key, answer in raw.items() if key in questionnaire.by_key}
        if manner == "alike" and draw.random() < 0.9:
            raw = {key: answer for key, answer in one.items() if key in questionnaire.by_key}
        if manner == "any":
            for item in questionnaire.asked:
                if raw.get(item.key) in item.answers and draw.random() < 0.9:
                    raw[item.key] = draw.choice(item.answers)
        if manner == "half say nothing" and draw.random() < 0.5:
            raw = {}
        yield raw


def school(seed: int) -> Tabulation:
    draw = random.Random(seed)
    name = draw.choice(TEMPLATES)
    questionnaire = load_all()[name]
    if name[0] == "safety" and draw.random() < 0.2:
        questionnaire = replace(questionnaire, crossed=True)
    drawn = list(answers(draw, name, draw.choice(YEARS)))
    bands = draw.choice(BANDS) if name[0] != "staff-pulse" else NO_BANDS
    checked = [check(questionnaire, None, raw) for raw in drawn]
    return count(questionnaire, checked, bands, draw.randbytes(32))


def is_certified(seed: int) -> None:
    counted = school(seed)
    release, certificate = certify(
        counted.tables,
        counted.participation,
        STANDARD,
        {},
        random.Random(seed).randbytes(32),
        questions=counted.questions,
    )
    assert verify(release.to_json(), certificate.to_json())


def test_a_school_of_some_shape_is_certified() -> None:
    is_certified(1)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2, 300))
def test_schools_of_every_shape_are_certified(seed: int) -> None:
    is_certified(seed)
