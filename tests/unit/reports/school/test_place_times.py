"""When a place feels least safe, as a report reads and says it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from flask import Flask

from survey.disclosure.release import Release
from survey.questionnaires.model import Item
from survey.reports.school.place_times import TimesOfPlace, times_of_place
from survey.reports.school.question_blocks import read_blocks
from survey.reports.school.report_data import Line, Measure, ReportData
from survey.reports.wording.findings import times_sentence
from tests.unit.reports.samples import sample


@pytest.fixture(scope="module")
def reading() -> ReportData:
    return ReportData(*sample(scale=0.6, base=5), "en")


def of(reading: ReportData, item: str = "B2a") -> Item:
    return reading.questionnaire.by_key[item]


def test_times_are_ranked_by_what_is_published(reading: ReportData) -> None:
    found = times_of_place(reading, "corridors")
    assert found is not None
    ranks = [line.first.rank for line in found.lines]
    assert ranks == sorted(ranks, reverse=True)
    assert {line.first.table for line in found.lines} == {"B2a.corridors"}
    assert all(not found.first.first.is_clearly_above(line.first) for line in found.near)


def test_only_the_whole_school_has_times(reading: ReportData) -> None:
    for item in (of(reading), of(reading, "D1a")):
        for row in item.rows:
            table = reading.table(item.row_key(row.key))
            assert table is not None
            assert [one.group.key for one in table.rows if one.shown] in (["all"], [])


def test_they_are_a_table_of_places_by_times(reading: ReportData) -> None:
    (block,) = [one for one in read_blocks(reading) if one.key == "B2a"]
    (heat,) = block.heats
    assert heat.is_by_time
    assert not block.panels
    assert [one.key for one in heat.groups if isinstance(one, Measure)] == list(of(reading).answers)
    shown = {line.of.key for line in heat.lines if isinstance(line.of, Measure)}
    assert len(shown) + len(block.too_few) == len(of(reading).rows)


def test_a_release_without_them_is_read_as_before(reading: ReportData) -> None:
    release: Release = reading.release
    older = tuple(t for t in release.tables if not t.key.startswith(("B2a", "D1a")))
    sections = tuple(
        replace(one, items=tuple(item for item in one.items if item.rows_if is None))
        for one in reading.questionnaire.sections
    )
    before = ReportData(
        replace(release, tables=older), replace(reading.questionnaire, sections=sections), "en"
    )
    assert times_of_place(before, "corridors") is None
    assert not [one for one in read_blocks(before) if one.key in ("B2a", "D1a")]


def times(found: TimesOfPlace, named: int) -> TimesOfPlace:
    return replace(found, near=found.lines[1:named])


def test_what_is_said_of_them(app: Flask, reading: ReportData) -> None:
    found = times_of_place(reading, "corridors")
    assert found is not None
    lines = tuple(line for line in found.lines if line.of.key != "any_time")  # type: ignore[union-attr]
    found = replace(found, lines=lines)
    first: Line = lines[0]
    label = str(first.of.label).lower()  # type: ignore[union-attr]
    with app.test_request_context():
        said = times_sentence(times(found, 1))
        assert said.startswith(f"Least safe: {label}, named by ")
        assert f"{first.first.figure.percent}% of {first.first.base} who feel unsafe" in said
        assert "too close to tell apart" in times_sentence(times(found, 2))
        assert times_sentence(times(found, 7)).startswith("No time of day clearly stands out")
