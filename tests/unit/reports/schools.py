"""Invented schools with a release each, for comparisons and downloads."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from survey.disclosure.release import Release
from survey.questionnaires.load import load_all
from survey.questionnaires.model import Questionnaire
from survey.reports.publish import publish
from survey.reports.spread import Participant
from survey.reports.tabulate import count
from tests.unit.reports.students import make_students

SAFETY = load_all()["safety", "2026.1"]
YEARS = ("y7", "y8", "y9", "y10", "y11")


@cache
def make_release(students: int, seed: int, questionnaire: Questionnaire = SAFETY) -> Release:
    counted = count(questionnaire, make_students(questionnaire, students, seed, YEARS))
    header = {"title": f"School {seed}", "wave": 1, "roll": 2 * students, "roll_y7": students // 2}
    return publish(counted, header)[0]


def make_school(
    students: int,
    seed: int,
    *,
    name: str | None = None,
    questionnaire: Questionnaire = SAFETY,
) -> Participant:
    release = make_release(students, seed, questionnaire)
    return Participant(release, release.content_hash(), questionnaire, "secondary", name)


def without_row(questionnaire: Questionnaire, item_key: str, row_key: str) -> Questionnaire:
    """The questionnaire of a school that does not have a place."""
    return _changed(
        questionnaire,
        item_key,
        rows=tuple(row for row in questionnaire.by_key[item_key].rows if row.key != row_key),
    )


def from_year(questionnaire: Questionnaire, item_key: str, year: int) -> Questionnaire:
    """The questionnaire of a school that asks an item of fewer years."""
    return _changed(questionnaire, item_key, from_year=year)


def _changed(questionnaire: Questionnaire, item_key: str, **changes: object) -> Questionnaire:
    sections = tuple(
        replace(
            section,
            items=tuple(
                replace(item, **changes) if item.key == item_key else item  # type: ignore[arg-type]
                for item in section.items
            ),
        )
        for section in questionnaire.sections
    )
    return replace(questionnaire, sections=sections)
