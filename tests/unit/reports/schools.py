"""Invented schools with a release each, for comparisons and downloads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache

from survey.disclosure.figures import HiddenReason
from survey.disclosure.policy import Policy
from survey.disclosure.protect import protect
from survey.disclosure.release import Release
from survey.questionnaires.load import load_all
from survey.questionnaires.model import Questionnaire, QuestionRole
from survey.releases.tabulation import Tabulation, count
from survey.reports.comparisons.build_comparison import Participant
from tests.unit.disclosure.policies import TENS
from tests.unit.reports.students import make_students

SAFETY = load_all()["safety", "2026.3"]
YEARS = ("y7", "y8", "y9", "y10", "y11")


def print_release(
    counted: Tabulation, header: Mapping[str, str | int], policy: Policy = TENS
) -> Release:
    """What is printed of these counts at the policy's own rounding. It is not audited, which takes
    its time: the tests of what is made of a release need none that may be published."""
    only = (
        HiddenReason.SURVEY_TOO_SMALL if counted.respondents < policy.whole_school_under else None
    )
    return Release(
        header,
        policy,
        counted.lattice,
        protect(counted.participation, policy, only_whole=only),
        tuple(protect(table, policy, only_whole=only) for table in counted.tables),
    )


@cache
def make_release(students: int, seed: int, questionnaire: Questionnaire = SAFETY) -> Release:
    counted = count(questionnaire, make_students(questionnaire, students, seed, YEARS))
    header = {"title": f"School {seed}", "wave": 1, "roll": 2 * students, "roll_y7": students // 2}
    return print_release(counted, header)


def make_school(
    students: int,
    seed: int,
    *,
    name: str | None = None,
    questionnaire: Questionnaire = SAFETY,
) -> Participant:
    release = make_release(students, seed, questionnaire)
    return Participant(release, release.content_hash(), questionnaire, "secondary", name)


def with_sections(questionnaire: Questionnaire, *letters: str) -> Questionnaire:
    """The questionnaire cut down to a few of its sections, so that it is quickly certified. What is
    said of items that are gone goes with them."""
    sections = tuple(one for one in questionnaire.sections if one.key in letters)
    assert len(sections) == len(letters)
    kept = {item.key for section in sections for item in section.items}
    indicators = tuple(one for one in questionnaire.indicators if kept.issuperset(one.items))
    definitions = tuple(one for one in questionnaire.definitions if kept.issuperset(one.items))
    return replace(questionnaire, sections=sections, indicators=indicators, definitions=definitions)


def without_row(questionnaire: Questionnaire, item_key: str, row_key: str) -> Questionnaire:
    """The questionnaire of a school that does not have a place."""
    rows = tuple(row for row in questionnaire.by_key[item_key].rows if row.key != row_key)
    waiting = {
        one.key for one in questionnaire.asked if one.rows_if and one.rows_if.item == item_key
    }
    return _changed(questionnaire, {item_key, *waiting}, rows=rows)


def from_year(questionnaire: Questionnaire, item_key: str, year: int) -> Questionnaire:
    """The questionnaire of a school that asks an item of fewer years."""
    return _changed(questionnaire, {item_key}, from_year=year)


def without_none(questionnaire: Questionnaire, item_key: str) -> Questionnaire:
    """The questionnaire of a school that asked before "None of these" was offered."""
    options = questionnaire.by_key[item_key].options
    kept = tuple(option for option in options if option.role is not QuestionRole.NONE)
    return _changed(questionnaire, {item_key}, options=kept)


def _changed(questionnaire: Questionnaire, keys: set[str], **changes: object) -> Questionnaire:
    sections = tuple(
        replace(
            section,
            items=tuple(
                replace(item, **changes) if item.key in keys else item  # type: ignore[arg-type]
                for item in section.items
            ),
        )
        for section in questionnaire.sections
    )
    return replace(questionnaire, sections=sections)
