"""A reader who lists what one student can have given, question by question, and believes nothing
that is said of tables that share answers: nothing in a report is narrowed for this one either."""

from __future__ import annotations

import json
import random
from dataclasses import replace

import pytest

from survey.demo.simulated_students import SchoolEffect, draw_answers, draw_student
from survey.questionnaires.document import to_document
from survey.questionnaires.load import load_all
from survey.questionnaires.model import Item, Questionnaire
from survey.questionnaires.routing import check
from survey.questionnaires.year_bands import YearBands
from survey.releases.tabulation import Tabulation, count
from survey.releases.tabulation_plan import NO_BANDS
from tests.attacks.attackers.pattern_reader import attack
from tests.attacks.test_report_read_as_a_whole import released
from tests.unit.reports.schools import with_sections

ROWS, OPTIONS = 2, 4
"""Rows of a grid and options of a tick-all question that are kept: all patterns can be listed."""
EASY, SAFETY = ("easy-read", "2026.2"), ("safety", "2026.3")


def shortened(template: tuple[str, str], *sections: str) -> Questionnaire:
    """A questionnaire with the gates, grids, tick-all questions and indicators of the template,
    and few rows and options of each."""
    asked = with_sections(load_all()[template], "A", *sections)
    kept = tuple(
        replace(section, items=tuple(_shortened(item, asked) for item in section.items))
        for section in asked.sections
    )
    return replace(asked, sections=kept)


def _shortened(item: Item, asked: Questionnaire) -> Item:
    gates = [one.show_if.options for one in asked.items if one.show_if]
    tied = {option for options in gates for option in options}
    tied |= {option for one in asked.indicators for option in one.yes}
    if item.kind == "several":
        first = [one for one in item.options if one.key in tied]
        others = [one for one in item.options if one not in first and one.role == "answer"]
        alone = [one for one in item.options if one.role != "answer" and one not in first]
        chosen = [*first, *others][:OPTIONS] + alone
        options = tuple(one for one in item.options if one in chosen)
        most = item.most and min(item.most, 2)
        return replace(item, options=options, most=most, places=None)
    return replace(item, rows=item.rows[:ROWS], places=None) if item.rows else item


def school(asked: Questionnaire, students: int, seed: int, bands: bool) -> Tabulation:
    draw = random.Random(seed)
    effect = SchoolEffect(draw.gauss(0, 0.4), {}, "lunch")
    years = draw.choices((7, 8, 9), (5, 4, 3), k=students)
    drawn = (draw_answers(asked, draw_student(year, draw), effect, draw) for year in years)
    answers = (
        check(asked, None, {key: raw for key, raw in one.items() if key[:2] in asked.by_key})
        for one in drawn
    )
    roll = {str(year): years.count(year) + 4 for year in (7, 8, 9)}
    return count(asked, answers, YearBands.of(roll) if bands else NO_BANDS, bytes([seed]) * 32)


QUICK = [(SAFETY, ("K",), 60, True)]
SLOW = [
    (template, sections, students, crossed)
    for template, sections in (
        (SAFETY, ("D",)), (SAFETY, ("F",)), (SAFETY, ("K", "L")), (EASY, ("C", "D", "F"))
    )
    for students, crossed in ((31, False), (60, False), (80, True), (150, False))
]  # fmt: skip


@pytest.mark.parametrize(
    ("template", "sections", "students", "crossed"),
    [*QUICK, *(pytest.param(*one, marks=pytest.mark.slow) for one in SLOW)],
)
def test_nothing_is_narrowed(
    template: tuple[str, str], sections: tuple[str, ...], students: int, crossed: bool
) -> None:
    asked = replace(shortened(template, *sections), crossed=crossed)
    counted = school(asked, students, students % 250, bands=not crossed)
    release, sizes = released(counted)
    assert attack(release, json.loads(json.dumps(to_document(asked))), sizes) == []


def test_this_reader_finds_a_count_that_is_given_away() -> None:
    """A printed figure that is finer than the rules allow is found, so the test above can fail."""
    asked = shortened(SAFETY, "F")
    counted = school(asked, 80, 5, bands=False)
    release, sizes = released(counted)
    table = next(one for one in release["tables"] if one["key"].startswith("F1."))
    row = table["rows"][0]
    answer = next(one for one in table["answers"] if row["cells"][one].get("count"))
    row["cells"][answer] = {"status": "fewer_than", "limit": 2, "under": 3}
    row["boxes"] = {key: {"status": "hidden"} for key in row["boxes"]}
    row["cells"] = {key: row["cells"][answer] if key == answer else {"status": "implied"}
                    for key in row["cells"]}  # fmt: skip
    document = json.loads(json.dumps(to_document(asked)))
    release["tables"] = [table]
    release["questions"] = [one for one in release["questions"] if one["key"] == "F1"]
    narrow = [one for one in attack(release, document, sizes) if one.answers == answer]
    assert any(one.high <= 4 for one in narrow)
