"""Several schools next to each other, from what each of them prints."""

from __future__ import annotations

import statistics
from dataclasses import replace
from functools import cache

import pytest

from survey.disclosure.tables import Group
from survey.disclosure.verify_comparison import verify_comparison
from survey.questionnaires.year_bands import YearBands
from survey.releases.tabulation import count
from survey.reports.comparisons.build_comparison import (
    Participant,
    compare,
    is_too_large,
    letters,
    own_letter,
    quartile,
    shuffled,
    size_of,
)
from survey.reports.comparisons.comparison_document import (
    Comparison,
    LeftOutReason,
    OutlierDirection,
    Printed,
    SizeBand,
)
from tests.unit.disclosure.policies import TENS
from tests.unit.reports.schools import (
    SAFETY,
    YEARS,
    from_year,
    make_school,
    print_release,
    with_sections,
    without_none,
    without_row,
)
from tests.unit.reports.students import make_students

HEADER = {"title": "Northmoor safety survey", "wave": 1}


def compared(*schools: Participant) -> Comparison:
    return compare(schools, SAFETY, TENS, HEADER)


@cache
def five() -> tuple[Participant, ...]:
    sizes = (180, 220, 240, 260, 280)
    return tuple(make_school(size, seed) for seed, size in enumerate(sizes, start=10))


def printed_by(schools, comparison, table: str, box: str) -> dict[str, tuple]:
    """What each release itself prints, by the letter its school got."""
    by_hash = {one.release_hash: one.release for one in schools}
    bases = {release.participation.row(Group()).base: release for release in by_hash.values()}
    found = {}
    for school in comparison.schools:
        row = bases[school.responded].table(table).row(Group())
        figure = next(one for one in row.boxes if one.key == box)
        found[school.code] = (figure.of_base, figure.figure.count, figure.figure.percent)
    return found


def test_every_school_figure_is_one_that_its_own_release_prints():
    comparison = compared(*five())
    figure = comparison.figure("B2.toilets", "feel_unsafe")
    assert figure is not None
    told = {one.school: (one.base, one.count, one.percent) for one in figure.schools}
    assert told == printed_by(five(), comparison, "B2.toilets", "feel_unsafe")


def test_median_and_quartiles_are_of_the_printed_shares():
    figure = compared(*five()).figure("B2.toilets", "feel_unsafe")
    assert figure is not None
    shares = [one.percent for one in figure.schools]
    lower, median, upper = statistics.quantiles(shares, n=4, method="inclusive")
    assert abs(figure.lower_quartile - lower) <= 0.5
    assert abs(figure.median - median) <= 0.5
    assert abs(figure.upper_quartile - upper) <= 0.5
    assert figure.given == 5


def test_the_middle_is_the_share_of_all_students_together():
    figure = compared(*five()).figure("B2.toilets", "feel_unsafe")
    assert figure is not None
    assert figure.base == sum(one.base for one in figure.schools)
    exact = 100 * sum(one.count for one in figure.schools) / figure.base
    assert abs(figure.middle - exact) <= 0.5


def test_a_school_is_apart_only_if_its_whole_interval_is():
    for figure in compared(*five()).figures:
        for one in figure.schools:
            if one.is_given:
                above = one.low > figure.middle and one.base >= 30
                below = one.high < figure.middle and one.base >= 30
                wanted = (
                    OutlierDirection.ABOVE if above else OutlierDirection.BELOW if below else None
                )
                assert one.apart is wanted


def test_only_core_is_compared_and_nothing_about_a_single_student_group():
    comparison = compared(*five())
    items = {figure.table.partition(".")[0].partition(":")[0] for figure in comparison.figures}
    assert {"B1", "B2", "D1", "F1", "@harm_any"} <= items
    assert ("L1", "@trust") in {(figure.table, figure.answer) for figure in comparison.figures}
    optional = {item.key for item in SAFETY.items if not item.core}
    assert not items & optional
    assert not items & {"A1", "A2"}


def test_four_schools_are_too_few_for_any_figure():
    comparison = compared(*five()[:4])
    assert comparison.figures == ()
    assert {one.reason for one in comparison.left_out} == {LeftOutReason.TOO_FEW_SCHOOLS}


def test_a_figure_in_which_one_school_weighs_too_much_is_left_out():
    small = [make_school(60, seed) for seed in range(20, 24)]
    comparison = compared(*small, make_school(600, 24))
    assert comparison.figure("B1", "feel_unsafe") is None
    assert LeftOutReason.SCHOOL_TOO_LARGE in {one.reason for one in comparison.left_out}


@pytest.mark.parametrize(
    ("bases", "too_large"),
    [((60, 10, 10, 10, 10), False), ((61, 10, 10, 10, 9), True), ((20,) * 5, False)],
)
def test_too_large_begins_above_sixty_per_cent(bases, too_large):
    assert is_too_large(bases, TENS) is too_large


def test_a_place_a_school_does_not_have_is_not_asked_there():
    lacking = make_school(90, 30, questionnaire=without_row(SAFETY, "B2", "library"))
    comparison = compared(*five(), lacking)
    figure = comparison.figure("B2.library", "feel_unsafe")
    assert figure is not None
    assert [one.printed for one in figure.schools].count(Printed.NOT_ASKED) == 1
    assert figure.given == 5
    assert compared(*five()[:4], lacking).figure("B2.library", "feel_unsafe") is None


def test_an_item_asked_of_other_years_is_not_set_beside_the_rest():
    raised = make_school(150, 31, questionnaire=from_year(SAFETY, "H2", 10))
    comparison = compared(*five(), raised)
    figure = comparison.figure("H2.comments", "happened")
    assert figure is not None
    assert [one.printed for one in figure.schools].count(Printed.ASKED_OTHERWISE) == 1


def test_a_list_without_none_of_these_is_not_set_beside_one_that_has_it():
    old = make_school(150, 31, questionnaire=without_none(SAFETY, "D2"))
    comparison = compared(*five(), old)
    figure = comparison.figure("D2:lighting", "yes")
    assert figure is not None
    assert [one.printed for one in figure.schools].count(Printed.ASKED_OTHERWISE) == 1


def test_letters_follow_no_order_that_says_anything():
    schools = five()
    comparison = compared(*schools)
    assert [one.code for one in comparison.schools] == list("ABCDE")
    assert compared(*reversed(schools)) == comparison
    by_size = sorted(one.responded for one in comparison.schools)
    other = compared(*schools, make_school(200, 40))
    orders = {
        tuple(one.responded for one in made.schools if one.responded in by_size)
        for made in (comparison, other, compared(*schools, make_school(210, 41)))
    }
    assert len(orders) > 1  # another set of releases, another order


def test_only_a_school_that_agreed_has_a_name():
    named = [replace(one, name="Northmoor High School") if at == 2 else one
             for at, one in enumerate(five())]  # fmt: skip
    names = [one.name for one in compared(*named).schools]
    assert names.count("Northmoor High School") == 1
    assert names.count(None) == 4


def test_same_releases_same_bytes():
    one, two = compared(*five()), compared(*five())
    assert one.to_json() == two.to_json()
    assert Comparison.from_json(one.to_json()) == one
    hashes = {school.release_hash for school in five()}
    assert set(one.releases) == hashes


@pytest.mark.parametrize(
    ("roll", "size"),
    [
        (0, SizeBand.UNSAID),
        (599, SizeBand.UNDER_600),
        (600, SizeBand.TO_1000),
        (1000, SizeBand.TO_1000),
        (1001, SizeBand.TO_1500),
        (1500, SizeBand.TO_1500),
        (1501, SizeBand.OVER_1500),
    ],
)
def test_bands_of_size(roll, size):
    assert size_of(roll) is size


def test_letters_go_on_after_z():
    assert [letters(at) for at in (0, 25, 26, 51, 52, 701, 702)] == [
        "A", "Z", "AA", "AZ", "BA", "ZZ", "AAA",
    ]  # fmt: skip


def test_quartiles_between_neighbours():
    """
    values            quarter   half   three quarters
    10 20 30 40 50         20     30               40
    10 20 30 40            18     25               33   (17.5, 25, 32.5, halves up)
    """
    assert [quartile((10, 20, 30, 40, 50), which) for which in (1, 2, 3)] == [20, 30, 40]
    assert [quartile((10, 20, 30, 40), which) for which in (1, 2, 3)] == [18, 25, 33]


def test_a_hidden_row_is_said_to_be_hidden():
    tiny = make_school(21, 50)  # too few that a row could hide how many skipped
    comparison = compared(*five(), tiny)
    figure = comparison.figure("B1", "feel_unsafe")
    assert figure is not None
    assert [one.printed for one in figure.schools].count(Printed.HIDDEN) == 1
    assert [one.responded for one in comparison.schools].count(None) == 1


def test_its_letter_is_the_one_that_the_comparison_gave_it() -> None:
    hashes = [f"{n:03}" for n in range(40)]
    given = {name: letters(at) for at, name in enumerate(shuffled(hashes))}
    assert {name: own_letter(hashes, name) for name in hashes} == given
    assert own_letter(hashes, "other") is None


def test_schools_that_join_year_groups_are_compared_and_the_verifier_agrees():
    short, bands = with_sections(SAFETY, "A", "B"), YearBands(((7,), (8,), (9,), (10, 11)))
    schools = []
    for seed, size in enumerate((180, 220, 240, 260, 280), start=10):
        counted = count(short, make_students(short, size, seed, YEARS), bands)
        release = print_release(counted, {"title": "t", "wave": 1, "roll": 2 * size})
        assert "y10+y11" in release.lattice.years
        schools.append(Participant(release, release.content_hash(), short, "secondary", None))
    comparison = compare(schools, short, TENS, HEADER)
    assert all({"y10", "y11"} <= set(one.years) for one in comparison.schools)
    assert not any("+" in year for one in comparison.schools for year in one.years)
    assert verify_comparison(comparison.to_json(), [one.release.to_json() for one in schools])
