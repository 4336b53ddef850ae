"""Which figures come on the plan: those of the block it belongs to, of places at school."""

from __future__ import annotations

import pytest

from survey.campaigns.site_plans.areas import PlanArea
from survey.campaigns.site_plans.operations import Plan, places_on_plan
from survey.reports.school.question_blocks import read_blocks
from survey.reports.school.report_data import Measure, ReportData
from survey.reports.school.site_plan_figures import read_on_plan
from tests.unit.reports.samples import sample

ROOM = ((0, 0), (50, 0), (50, 50), (0, 50))


def plan(*places: str) -> Plan:
    return Plan("0" * 64, 720, 560, tuple(PlanArea(place, ROOM) for place in places))


@pytest.fixture(scope="module")
def reading() -> ReportData:
    release, questionnaire = sample(("safety", "2026.3"), 1.0)
    return ReportData(release, questionnaire, "en")


def test_every_item_that_names_places_at_school_gets_the_plan(reading: ReportData) -> None:
    blocks = read_blocks(reading)
    found = read_on_plan(blocks, reading.questionnaire, plan("toilets", "toilets", "gates"))
    assert {"B2", "B3", "F3"} <= set(found)
    assert not {"D1", "B4", "A2"} & set(found)
    at_school = set(places_on_plan(reading.questionnaire))
    for one in found.values():
        keys = [place.line.of.key for place in one.places if isinstance(place.line.of, Measure)]
        assert set(keys) <= at_school, "nothing outside school, and no “none of these”"
        assert {place.line.of.key for place in one.drawn} == {"toilets", "gates"}  # type: ignore[union-attr]
        assert [place.number for place in one.drawn] == [1, 2]
        ranks = [place.line.first.rank for place in one.drawn]
        assert ranks == sorted(ranks, reverse=True)


def test_its_figures_are_those_of_the_block(reading: ReportData) -> None:
    blocks = {block.key: block for block in read_blocks(reading)}
    found = read_on_plan(list(blocks.values()), reading.questionnaire, plan("toilets"))
    for key, one in found.items():
        shown = {line for panel in blocks[key].panels for line in panel.lines}
        assert {place.line for place in one.places} <= shown


@pytest.mark.parametrize("drawn", [None, plan(), plan("pond")])
def test_without_a_place_that_is_asked_about_there_is_nothing_to_colour(
    reading: ReportData, drawn: Plan | None
) -> None:
    assert read_on_plan(read_blocks(reading), reading.questionnaire, drawn) == {}
