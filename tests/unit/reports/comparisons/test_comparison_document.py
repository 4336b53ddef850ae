"""The comparison as a document: exact there and back, and refused where it cannot be."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from survey.reports.comparisons.comparison_document import (
    Comparison,
    Printed,
    SchoolFigure,
    UnreadableComparisonError,
)
from tests.unit.reports.comparisons.example_comparison import EXAMPLE, SCHOOLS, TOILETS


def test_a_comparison_survives_writing_and_reading():
    again = Comparison.from_json(EXAMPLE.to_json())
    assert again == EXAMPLE
    assert again.to_json() == EXAMPLE.to_json()
    assert again.content_hash() == EXAMPLE.content_hash()


def test_a_figure_is_found_by_table_and_answer():
    assert EXAMPLE.figure("B2.toilets", "feel_unsafe") is TOILETS
    assert EXAMPLE.figure("B2.toilets", "feel_safe") is None


def test_a_share_that_is_not_printed_still_has_a_place():
    few = SchoolFigure("A", Printed.FEWER_THAN, 50, limit=5, under=10, low=0, high=20)
    most = SchoolFigure("A", Printed.ALL_BUT_FEWER, 50, limit=5, at_least=90, low=80, high=100)
    assert (few.place, most.place) == (5, 95)
    assert SchoolFigure("A", Printed.HIDDEN).place is None


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: SchoolFigure("A", Printed.SHOWN, 50, count=10),
        lambda: SchoolFigure("A", Printed.HIDDEN, base=50),
        lambda: SchoolFigure("A", Printed.HIDDEN, count=0, percent=0),
        lambda: SchoolFigure("A", Printed.SHOWN, None, count=10, percent=20, low=1, high=2),
        lambda: replace(EXAMPLE, schools=(SCHOOLS[0], *SCHOOLS[:4])),
        lambda: replace(EXAMPLE, schools=tuple(reversed(SCHOOLS))),
        lambda: replace(EXAMPLE, figures=(TOILETS, TOILETS)),
        lambda: Comparison.from_json("[]"),
        lambda: Comparison.from_json(json.dumps(json.loads(EXAMPLE.to_json()) | {"format": "x"})),
        lambda: Comparison.from_json(EXAMPLE.to_json().replace('"shown"', '"x"')),
    ],
)
def test_what_cannot_be_is_refused(wrong):
    with pytest.raises(UnreadableComparisonError):
        wrong()
