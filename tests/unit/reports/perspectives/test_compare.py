"""Places as students, staff and parents name them: matched by identity, in the students' order."""

from __future__ import annotations

from dataclasses import replace

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
from survey.reports.school.report_data import Reading
from tests.unit.reports.adults import PARENTS, STAFF, UNWATCHED, WORRY, adults, pulse
from tests.unit.reports.samples import sample

STUDENTS, BY_PARENTS, BY_STAFF = Audience


@pytest.fixture(scope="module")
def readings() -> dict[Audience, Reading]:
    return {
        STUDENTS: Reading(*sample(), "en"),
        BY_PARENTS: Reading(*pulse("parents"), "en"),
        BY_STAFF: Reading(*pulse("staff"), "en"),
    }


@pytest.fixture(scope="module")
def voices(readings: dict[Audience, Reading]) -> dict[str, PlaceVoices]:
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
    readings: dict[Audience, Reading], voices: dict[str, PlaceVoices]
) -> None:
    asked = [place.key for place in readings[STUDENTS].questionnaire.places]
    order = [(-one.shares[STUDENTS].rank, asked.index(key)) for key, one in voices.items()]
    assert order == sorted(order)
    assert len(voices) == len(asked)


def test_the_first_three_of_an_audience_count_ties_and_no_fewer_than(
    voices: dict[str, PlaceVoices],
) -> None:
    first = {key for key, one in voices.items() if BY_PARENTS in one.first_for}
    assert first == {"stops", "transport", "parks"}
    assert {key for key, one in voices.items() if BY_STAFF in one.first_for} == {
        "corridors", "outdoors", "canteen",
    }  # fmt: skip
    assert voices["gates"].shares[BY_PARENTS].figure.limit is not None
    assert BY_PARENTS not in voices["gates"].first_for


def test_gaps_are_where_one_side_puts_first_what_the_other_does_not(
    voices: dict[str, PlaceVoices],
) -> None:
    gaps = read_gaps(tuple(voices.values()))
    for label in gaps.both + gaps.students_only:
        assert any(one.label == label and STUDENTS in one.first_for for one in voices.values())
    assert "Toilets" in gaps.students_only
    assert "Bus stops or stations" in gaps.both
    assert "Playground, field or outdoor areas" in gaps.adults_only
    assert not set(gaps.both) & set(gaps.students_only) & set(gaps.adults_only)


def test_students_alone_have_no_gaps(readings: dict[Audience, Reading]) -> None:
    alone = read_voices({STUDENTS: readings[STUDENTS]})
    assert {frozenset(one.shares) for one in alone} == {frozenset({STUDENTS})}
    assert read_gaps(alone) == Gaps((), (), ())


def test_a_place_only_adults_were_asked_about_stands_last(
    readings: dict[Audience, Reading],
) -> None:
    release, questionnaire = sample()
    tables = tuple(table for table in release.tables if table.key != "B2.canteen")
    without = Reading(replace(release, tables=tables), questionnaire, "en")
    found = read_voices({STUDENTS: without, BY_STAFF: readings[BY_STAFF]})
    assert found[-1].key == "canteen"
    assert set(found[-1].shares) == {BY_STAFF}
    assert "canteen" not in " ".join(read_gaps(found).adults_only).lower()
