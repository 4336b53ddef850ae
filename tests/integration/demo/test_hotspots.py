"""What the demo plants is what its reports find: two hotspots in every school, and that the one
which was treated got better and the other did not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from random import Random

import pytest

from survey.demo.surveys import (
    SCHOOLS,
    TEMPLATE,
    DemoSchool,
    draw_school,
    effect_of,
    treated,
)
from survey.disclosure.certify import certify
from survey.disclosure.policy import STANDARD
from survey.disclosure.release import Release
from survey.questionnaires.check_answers import check
from survey.questionnaires.load import load_all
from survey.questionnaires.model import Questionnaire
from survey.releases.tabulation import Tabulation, count
from survey.reports.school.report_data import ReportData
from survey.reports.school.summary import Opening, read_opening
from survey.reports.trends.change import ChangeVerdict, FigureChanges
from survey.reports.trends.latest_changes import read_since
from survey.reports.trends.over_time import read_over_time
from tests.unit.reports.schools import print_release

ASKED = {"A1", "A2", "B2", "D1"}
"""Year, gender, and how safe each place feels: few tables, so that they are quickly certified."""


@cache
def questionnaire() -> Questionnaire:
    whole = load_all()[TEMPLATE]
    sections = tuple(
        replace(section, items=tuple(item for item in section.items if item.key in ASKED))
        for section in whole.sections
        if any(item.key in ASKED for item in section.items)
    )
    return replace(whole, sections=sections, indicators=(), definitions=())


@dataclass(frozen=True)
class TwoWaves:
    school: DemoSchool
    counted: tuple[Tabulation, Tabulation]

    def changes(self, releases: Iterator[Release]) -> FigureChanges:
        before, now = (ReportData(release, questionnaire(), "en") for release in releases)
        return FigureChanges(before, now, 1, 2)


@cache
def two_waves(at: int) -> TwoWaves:
    """A school of the demo, its students drawn as the demo draws them."""
    school, random = SCHOOLS[at], Random(f"hotspots {at}")
    first = effect_of(school, random)
    counted = [
        count(
            questionnaire(),
            (
                check(questionnaire(), None, raw)
                for raw in draw_school(school, questionnaire(), effect, random)
            ),
        )
        for effect in (first, treated(first, school, random))
    ]
    return TwoWaves(school, (counted[0], counted[1]))


def table_of(place: str) -> str:
    inside = {row.key for row in questionnaire().by_key["B2"].rows}
    return f"{'B2' if place in inside else 'D1'}.{place}"


def found(opening: Opening) -> set[str]:
    """The places that the first screen names: three, those close behind them, and the highest on
    the other side of the gates."""
    near = (*opening.places, *opening.near_places)
    return {one.table for one in near} | ({opening.elsewhere.table} if opening.elsewhere else set())


def check_hotspots(changes: FigureChanges, school: DemoSchool) -> None:
    cured, left = (table_of(place) for place in school.hotspots)
    assert {cured, left} <= found(read_opening(changes.before))
    assert changes.change_of(cured, "feel_unsafe").verdict is ChangeVerdict.BETTER
    assert changes.change_of(left, "feel_unsafe").verdict is not ChangeVerdict.BETTER
    since = read_since(read_over_time([changes]))
    said = {one.change.table: one.change.verdict for one in (*since.stood_out, *since.better)}
    assert said[cured] is ChangeVerdict.BETTER
    assert said.get(left) is not ChangeVerdict.BETTER


@pytest.mark.parametrize("at", range(len(SCHOOLS)))
def test_the_hotspots_of_every_school_are_found_and_only_the_treated_one_got_better(
    at: int,
) -> None:
    both = two_waves(at)
    printed = (print_release(one, {"wave": 1}, STANDARD) for one in both.counted)
    check_hotspots(both.changes(printed), both.school)


def test_they_are_found_in_certified_releases() -> None:
    """As coarse as the audit makes them. Six places only: it takes its time."""
    both = two_waves(0)
    places = {
        table_of(one) for one in (*both.school.hotspots, "corridors", "gates", "parks", "town")
    }
    kept = (
        replace(one, tables=tuple(table for table in one.tables if table.key in places))
        for one in both.counted
    )
    made = (
        certify(
            one.tables,
            one.participation,
            STANDARD,
            {"wave": number},
            bytes(32),
            questions=one.questions,
        )[0]
        for number, one in enumerate(kept, start=1)
    )
    check_hotspots(both.changes(made), both.school)
