"""Places as students, staff and parents name them: matched by identity, in the students' order."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from survey.disclosure.certificate import Certificate
from survey.disclosure.certify import certify
from survey.disclosure.policy import STANDARD
from survey.disclosure.tables import Group
from survey.disclosure.verify import Rejected, verify
from survey.questionnaires.model import Audience
from survey.releases.tabulation import count
from survey.releases.tabulation_plan import lattice_of
from survey.reports.perspectives.compare import Gaps, PlaceVoices, read_gaps, read_voices
from survey.reports.school.report_data import ReportData
from tests.unit.reports.adults import PARENTS, STAFF, UNWATCHED, WORRY, adults, pulse
from tests.unit.reports.samples import sample
from tests.unit.reports.schools import print_release

STUDENTS, BY_PARENTS, BY_STAFF = Audience


@pytest.fixture(scope="module")
def readings() -> dict[Audience, ReportData]:
    return {
        STUDENTS: ReportData(*sample(), "en"),
        BY_PARENTS: ReportData(*pulse("parents"), "en"),
        BY_STAFF: ReportData(*pulse("staff"), "en"),
    }


@pytest.fixture(scope="module")
def voices(readings: dict[Audience, ReportData]) -> dict[str, PlaceVoices]:
    return {one.key: one for one in read_voices(readings)}


# One group, from counts to a certificate


@pytest.mark.parametrize(("questionnaire", "named"), [(PARENTS, WORRY), (STAFF, UNWATCHED)])
@pytest.mark.parametrize("people", [24, 60])
def test_a_release_of_one_group_is_certified_and_verified(
    questionnaire, named: dict[str, int], people: int
) -> None:  # type: ignore[no-untyped-def]
    counted = count(questionnaire, adults(questionnaire, people, named))
    assert lattice_of(questionnaire).groups == (Group(),)
    release, certificate = certify(
        counted.tables,
        counted.participation,
        STANDARD,
        {"wave": 1},
        bytes(32),
        questions=counted.questions,
    )
    assert {row.group for table in release.tables for row in table.rows} == {Group()}
    assert any(row.shown for table in release.tables for row in table.rows)
    assert verify(release.to_json(), certificate.to_json())
    other = Certificate(release.content_hash(), certificate.families[1:])
    with pytest.raises(Rejected):
        verify(release.to_json(), other.to_json())


def test_of_under_twenty_nothing_is_said() -> None:
    counted = count(STAFF, adults(STAFF, 19, UNWATCHED))
    release, certificate = certify(
        counted.tables,
        counted.participation,
        STANDARD,
        {"wave": 1},
        bytes(32),
        questions=counted.questions,
    )
    assert not any(row.shown for table in release.tables for row in table.rows)
    assert not release.participation.rows[0].shown
    assert certificate.families == ()


# Side by side


def test_a_place_has_the_share_of_each_who_was_asked_about_it(
    voices: dict[str, PlaceVoices],
) -> None:
    toilets, stops = voices["toilets"], voices["stops"]
    assert {one: share.table for one, share in toilets.shares.items()} == {
        STUDENTS: "B2.toilets", BY_PARENTS: "Q3:toilets", BY_STAFF: "S1:toilets",
    }  # fmt: skip
    assert set(stops.shares) == {STUDENTS, BY_PARENTS}
    assert toilets.shares[STUDENTS].answer == "feel_unsafe"
    assert stops.shares[BY_PARENTS].figure.percent == 60
    assert toilets.is_inside
    assert not stops.is_inside


def test_they_stand_by_the_students_share_with_ties_as_asked(
    readings: dict[Audience, ReportData], voices: dict[str, PlaceVoices]
) -> None:
    asked = [place.key for place in readings[STUDENTS].questionnaire.places]
    order = [(-one.shares[STUDENTS].rank, asked.index(key)) for key, one in voices.items()]
    assert order == sorted(order)
    assert len(voices) == len(asked)


def test_a_cell_is_as_dark_as_its_place_in_its_column(voices: dict[str, PlaceVoices]) -> None:
    """Shares of different questions have no size in common; "fewer than" has no place at all."""
    parents = {key: one.steps.get(BY_PARENTS) for key, one in voices.items()}
    assert (parents["stops"], parents["transport"], parents["parks"]) == (5, 4, 3)
    assert voices["gates"].shares[BY_PARENTS].figure.limit is not None
    assert parents["gates"] is None


def test_views_differ_only_where_both_are_clear(voices: dict[str, PlaceVoices]) -> None:
    gaps = read_gaps(tuple(voices.values()))
    by_label = {one.label: one for one in voices.values()}
    assert any(one.label == "Toilets" and one.adults is BY_STAFF for one in gaps.apart)
    for apart in gaps.apart:
        place = by_label[apart.label]
        for other in map(by_label.__getitem__, apart.others):
            assert place.shares[STUDENTS].is_clearly_above(other.shares[STUDENTS])
            assert other.shares[apart.adults].is_clearly_above(place.shares[apart.adults])
            assert place.shares[apart.adults].figure.percent is not None
    assert "Bus stops or stations" in gaps.both


@pytest.mark.parametrize("people", [25, 40, 80])
def test_one_true_order_is_no_disagreement(
    readings: dict[Audience, ReportData], people: int
) -> None:
    """Adults name places in the students' own order, as chance has it: hardly a gap is named, and
    never for a place of which their figure is hidden or "fewer than"."""
    order = [one.key for one in read_voices({STUDENTS: readings[STUDENTS]})]
    chances = {key: max(0.02, 0.5 - 0.035 * at) for at, key in enumerate(order)}
    found = 0
    for seed in range(20):
        random = Random(seed)
        named = {
            key: sum(random.random() < chance for _ in range(people))
            for key, chance in chances.items()
        }
        staff = print_release(count(STAFF, adults(STAFF, people, named)), {"wave": 1})
        both = {STUDENTS: readings[STUDENTS], BY_STAFF: ReportData(staff, STAFF, "en")}
        found += bool(read_gaps(read_voices(both)).apart)
    assert found <= 1


def test_a_place_that_only_students_were_asked_about_is_no_gap(
    readings: dict[Audience, ReportData],
) -> None:
    """Staff are asked of places at school; what students fear outside says nothing of them."""
    found = read_voices({STUDENTS: readings[STUDENTS], BY_STAFF: readings[BY_STAFF]})
    gaps = read_gaps(found)
    outside = {one.label for one in found if BY_STAFF not in one.shares}
    assert "Bus stops or stations" in outside
    assert not outside & {name for one in gaps.apart for name in (one.label, *one.others)}


def test_students_alone_have_no_gaps(readings: dict[Audience, ReportData]) -> None:
    alone = read_voices({STUDENTS: readings[STUDENTS]})
    assert {frozenset(one.shares) for one in alone} == {frozenset({STUDENTS})}
    assert read_gaps(alone) == Gaps()


def test_a_place_only_adults_were_asked_about_stands_last(
    readings: dict[Audience, ReportData],
) -> None:
    release, questionnaire = sample()
    tables = tuple(table for table in release.tables if table.key != "B2.canteen")
    without = ReportData(replace(release, tables=tables), questionnaire, "en")
    found = read_voices({STUDENTS: without, BY_STAFF: readings[BY_STAFF]})
    assert found[-1].key == "canteen"
    assert set(found[-1].shares) == {BY_STAFF}
    assert "canteen" not in " ".join(one.label for one in read_gaps(found).apart).lower()
