"""The page of a place holds everything the release has of it, and nothing of another."""

from __future__ import annotations

import pytest

from survey.questionnaires.model import ItemKind
from survey.questionnaires.table_key import TableKey
from survey.reports.school.place_profiles import PlacePage, place_grids, read_places
from survey.reports.school.report_data import EVERYONE, Line, Measure, ReportData
from survey.reports.wording import places as places_wording
from tests.unit.reports.samples import sample


@pytest.fixture(scope="module")
def reading() -> ReportData:
    return ReportData(*sample(), "en")


@pytest.fixture(scope="module")
def places(reading: ReportData) -> dict[str, PlacePage]:
    return {place.key: place for place in read_places(reading)}


def lines_of(place: PlacePage) -> list[Line]:
    found = [line for panel in place.panels for line in panel.lines]
    found += place.when.lines if place.when else ()
    return [*found, *(place.mentions.lines if place.mentions else ())]


def test_there_is_a_page_for_each_place_in_school_and_outside(
    reading: ReportData, places: dict[str, PlacePage]
) -> None:
    asked = {one.key: one for one in reading.questionnaire.places}
    assert set(places) == set(asked)
    for key, place in places.items():
        assert place.label == reading.words(asked[key].label)
        assert place.is_inside is (asked[key].inside == "inside")
        assert place.item == ("B2" if place.is_inside else "D1")


def test_every_table_of_a_place_is_on_its_page_and_none_of_another(
    reading: ReportData, places: dict[str, PlacePage]
) -> None:
    for key, place in places.items():
        told = {share.table for line in lines_of(place) for share in line.shares}
        of_it = {
            table.key
            for table in reading.release.tables
            if table.key.replace(":", ".").rpartition(".")[2] == key
        }
        few = {key for key in of_it if TableKey(key).item in ("B2a", "D1a") and not place.when}
        assert place.is_asked_when
        assert told == of_it - few


def test_who_stays_away_is_no_part_of_how_safe_it_feels(places: dict[str, PlacePage]) -> None:
    for place in places.values():
        assert place.away is not None
        everyone = next(line.first for line in place.away.lines if line.of == EVERYONE)
        assert everyone.answer == "away"
        assert everyone.base is not None
        assert place.unsafe.base is not None
        assert place.unsafe.base < everyone.base


def test_a_place_stands_apart_from_another_only_if_it_clearly_does(
    reading: ReportData, places: dict[str, PlacePage]
) -> None:
    for place in places.values():
        others = {one.label: one for one in places.values() if one.item == place.item}
        del others[place.label]
        assert {*place.clearly_above, *place.clearly_below, *place.close_to} == set(others)
        for label in place.clearly_above:
            assert place.unsafe.is_clearly_above(others[label].unsafe)
        for label in place.clearly_below:
            assert others[label].unsafe.is_clearly_above(place.unsafe)
        for label in place.close_to:
            assert not place.unsafe.is_clearly_above(others[label].unsafe)
            assert not others[label].unsafe.is_clearly_above(place.unsafe)
    said = places_wording.beside_the_others(places["toilets"])
    assert said == ("It feels clearly less safe than every other place in this chapter.",)
    below = "; ".join(places["canteen"].clearly_below)
    assert "Corridors and stairs; Toilets" in below
    assert f"It feels clearly safer than: {below}." in " ".join(
        places_wording.beside_the_others(places["canteen"])
    )


def test_why_and_when_are_of_all_places_together(places: dict[str, PlacePage]) -> None:
    inside, outside = places["toilets"], places["parks"]
    assert [one.item for one in inside.reasons] == ["B4"]
    assert [one.item for one in outside.reasons] == ["D2"]
    assert [one.item for one in inside.times] == ["C1"]
    for one in (*inside.reasons, *outside.reasons, *inside.times):
        assert len(one.lines) == 3
        ranks = [line.first.rank for line in one.lines]
        assert ranks == sorted(ranks, reverse=True)
        assert all(line.first.group == EVERYONE for line in one.lines)
        assert all(isinstance(line.of, Measure) and line.of.key != "none" for line in one.lines)


def test_a_place_of_a_small_school_says_that_it_is_hidden() -> None:
    for place in read_places(ReportData(*sample(scale=0.03), "en")):
        assert (place.standing is None) is not place.unsafe.is_shown
        assert place.clearly_above == () or place.unsafe.is_shown


def test_a_questionnaire_without_places_has_no_page() -> None:
    reading = ReportData(*sample(("gshs", "2018.1")), "en")
    assert read_places(reading) == ()
    assert list(place_grids(reading)) == []


def test_the_easy_read_questionnaire_has_its_places_too() -> None:
    reading = ReportData(*sample(("easy-read", "2026.2")), "en")
    grids = [one for one in reading.questionnaire.items if one.kind is ItemKind.GRID]
    assert len(read_places(reading)) == sum(len(one.rows) for one in grids)


def test_charts_of_a_place_have_names_of_their_own(places: dict[str, PlacePage]) -> None:
    panels = [(place, panel) for place in places.values() for panel in place.panels]
    assert len({panel.key for _place, panel in panels}) == len(panels)
    titles = {places_wording.panel_title(place, panel) for place, panel in panels}
    assert len(titles) == len(panels)
    assert "Toilets: every answer" in titles
    assert "Toilets: Feel unsafe or very unsafe" in titles
