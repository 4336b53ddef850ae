"""The statements: four areas of five, each with its own key that says nothing twice."""

from __future__ import annotations

import re

import pytest

from survey.self_assessment.models import Light
from survey.self_assessment.operations import (
    ComparedStatement,
    StatementAnswer,
    count_steps,
    lights,
)
from survey.self_assessment.statements import AREAS, KEYS

RED, AMBER, GREEN = Light


def test_four_areas_of_five_statements() -> None:
    assert [area.key for area in AREAS] == ["systems", "prevention", "assessment", "response"]
    assert [len(area.statements) for area in AREAS] == [5, 5, 5, 5]
    assert len(set(KEYS)) == 20


def test_a_statement_says_one_thing_in_a_sentence() -> None:
    for area in AREAS:
        for statement in area.statements:
            words = str(statement.words)
            assert words.endswith("."), statement.key
            assert words.count(".") == 1, statement.key
            assert len(words.split()) <= 32, statement.key
            assert not re.search(r"\b(flag|score|rank|monitor)", words), statement.key


@pytest.mark.parametrize(
    ("before", "after", "step"),
    [
        (RED, GREEN, 2), (AMBER, GREEN, 1), (GREEN, RED, -2), (AMBER, AMBER, 0),
        (None, GREEN, None), (GREEN, None, None),
    ],
)  # fmt: skip
def test_a_step_is_up_down_level_or_unknown(
    before: Light | None, after: Light | None, step: int | None
) -> None:
    one = ComparedStatement(AREAS[0].statements[0], StatementAnswer(before), StatementAnswer(after))
    assert one.step == step


def test_steps_are_counted_both_ways() -> None:
    steps = ((RED, GREEN), (RED, AMBER), (GREEN, RED), (RED, RED), (None, RED))
    lines = tuple(
        ComparedStatement(AREAS[0].statements[0], StatementAnswer(a), StatementAnswer(b))
        for a, b in steps
    )
    assert count_steps([(AREAS[0], lines)]) == (2, 1)


def test_lights_of_an_area_are_counted() -> None:
    given = dict(zip(KEYS, (RED, GREEN, GREEN, None, AMBER, RED), strict=False))
    said = {key: StatementAnswer(given.get(key)) for key in KEYS}
    assert lights(AREAS[0], said) == {RED: 1, AMBER: 1, GREEN: 2}
    assert lights(AREAS[1], said) == {RED: 1, AMBER: 0, GREEN: 0}
