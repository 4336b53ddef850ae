"""What several items say together: all of them, each once, by published share."""

from __future__ import annotations

from dataclasses import replace

import pytest

from survey.disclosure.tables import Group
from survey.reports.school.chapter_overviews import Overviews, read_overviews
from survey.reports.school.report_data import EVERYONE, Line, Measure, ReportData
from tests.unit.reports.samples import sample


@pytest.fixture(scope="module")
def reading() -> ReportData:
    return ReportData(*sample(), "en")


@pytest.fixture(scope="module")
def found(reading: ReportData) -> Overviews:
    return read_overviews(reading)


def test_everything_that_may_have_happened_is_in_one_table(
    reading: ReportData, found: Overviews
) -> None:
    assert found.happened is not None
    lines = found.happened.heat.lines
    carried = {
        table.key
        for table in reading.release.tables
        if any(box.key == "happened" for box in table.boxes)
    }
    assert {line.first.table for line in lines} == carried
    assert len(lines) == len(carried)
    ranks = [line.first.rank for line in lines]
    assert ranks == sorted(ranks, reverse=True)
    for line, theme in zip(lines, found.happened.themes, strict=True):
        assert theme == reading.questionnaire.by_key[line.first.table.partition(".")[0]].themes[0]


def test_year_groups_too_young_for_it_were_not_asked(found: Overviews) -> None:
    assert found.happened is not None
    asked = {
        (share.table, share.group): share.is_asked
        for line in found.happened.heat.lines
        for share in line.shares
    }
    assert not asked["H2.touch", Group(year="y7")]
    assert asked["H2.touch", Group(year="y9")]
    assert asked["F1.names", Group(year="y7")]


def test_grounds_of_discrimination_stand_with_both_of_their_shares(found: Overviews) -> None:
    assert found.grounds is not None
    for line in found.grounds.lines:
        assert isinstance(line.of, Measure)
        tables = [share.table for share in line.shares]
        assert tables == [f"G2:{line.of.key}", f"G1.{line.of.key}"]
        assert [share.answer for share in line.shares] == ["yes", "weekly"]
    assert len(found.grounds.lines) == 6


def test_grounds_of_which_one_item_lacks_some_are_not_put_together(reading: ReportData) -> None:
    sections = tuple(
        replace(
            section,
            items=tuple(
                replace(item, rows=item.rows[1:]) if item.key == "G1" else item
                for item in section.items
            ),
        )
        for section in reading.questionnaire.sections
    )
    less = ReportData(reading.release, replace(reading.questionnaire, sections=sections), "en")
    assert read_overviews(less).grounds is None


def test_low_wellbeing_is_the_lowest_band_of_each_scale(found: Overviews) -> None:
    assert found.low is not None
    assert [line.first.table for line in found.low.lines] == ["O1", "O2", "O3"]
    assert {share.answer for line in found.low.lines for share in line.shares} == {"low"}


def test_the_chain_of_help_reads_from_having_someone_to_what_stops_telling(
    found: Overviews,
) -> None:
    assert [link.item for link in found.chain] == ["L1", "L2", "L4", "L3"]
    leads = {link.item: link.lead.first.table for link in found.chain if link.lead}
    assert leads == {"L1": "@trust", "L2": "@told_adult"}
    for link in found.chain:
        assert all(line.first.group == EVERYONE for line in link.lines)
        named = [line.first.rank for line in link.lines if not line.stands_apart]
        if link.item in ("L2", "L3"):
            assert len(named) == 4
            assert named == sorted(named, reverse=True)


def keys(lines: tuple[Line, ...]) -> list[str]:
    return [line.of.key for line in lines if isinstance(line.of, Measure)]


def test_answers_keep_their_order_and_none_of_them_stands_last(found: Overviews) -> None:
    links = {link.item: link.lines for link in found.chain}
    assert keys(links["L4"]) == ["better", "bit_better", "no_change", "worse"]
    assert keys(links["L2"])[-2:] == ["no_one", "nothing"]


def test_a_questionnaire_of_other_items_has_no_overview() -> None:
    found = read_overviews(ReportData(*sample(("gshs", "2018.1")), "en"))
    assert (found.happened, found.grounds, found.low, found.chain) == (None, None, None, ())


def test_of_a_handful_nothing_is_put_together() -> None:
    found = read_overviews(ReportData(*sample(scale=0.01), "en"))
    assert (found.happened, found.grounds, found.low, found.chain) == (None, None, None, ())


def test_the_easy_read_questionnaire_has_a_short_chain() -> None:
    found = read_overviews(ReportData(*sample(("easy-read", "2026.2")), "en"))
    assert [link.item for link in found.chain] == ["L1", "L4"]
