"""The shades outside a page are those of the style sheet."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import survey.reports
from survey.colours import FIXED
from survey.reports.charts.heat_shades import DARK_FROM, SHADES, shade_at
from survey.reports.school.report_data import Tone

STATIC = Path(survey.reports.__file__).parents[1] / "static"


@pytest.mark.parametrize("tone", Tone)
def test_shades_are_those_of_the_pages(tone: Tone) -> None:
    sheet = (STATIC / "colours.css").read_text(encoding="utf-8")
    (rule,) = re.findall(rf"^\.heat-{tone} \{{([^}}]*)\}}", sheet, re.M)
    assert tuple(re.findall(r"--s\d: (#[0-9a-f]{6})", rule)) == SHADES[tone]


def test_words_turn_white_where_they_do_on_the_pages() -> None:
    sheet = (STATIC / "reports.css").read_text(encoding="utf-8")
    (rule,) = re.findall(r"^(\.heat-[^{\n]*)\{ color: var\(--on-shade\); \}", sheet, re.M)
    assert {int(step) for step in re.findall(r"heat-(\d)", rule)} == set(range(DARK_FROM, 6))
    assert {shade_at(step, Tone.GOOD).words for step in range(DARK_FROM)} == {FIXED["on-tint"]}
