"""Year bands, for any roll."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from survey.disclosure.tables import Group
from survey.questionnaires.load import load_all
from survey.questionnaires.year_bands import LEAST, YearBands
from survey.releases.tabulation_plan import lattice_of
from tests.examples import OF_A_PROMISE

ROLLS = st.dictionaries(st.integers(7, 13).map(str), st.integers(0, 120), max_size=7)
GATES = st.frozensets(st.integers(7, 13), max_size=3)


@OF_A_PROMISE
@given(ROLLS, GATES)
def test_every_band_is_large_enough_or_the_whole_school(roll, gates):
    found = YearBands.of(roll, gates)
    sizes = [sum(roll[str(year)] for year in band) for band in found.bands]
    assert len(sizes) == 1 or all(size >= LEAST for size in sizes)


@OF_A_PROMISE
@given(ROLLS, GATES)
def test_bands_hold_each_year_on_roll_once_and_in_order(roll, gates):
    found = YearBands.of(roll, gates)
    held = [year for band in found.bands for year in band]
    assert held == sorted(int(year) for year, number in roll.items() if number)


@OF_A_PROMISE
@given(ROLLS, GATES, st.randoms(use_true_random=False))
def test_the_same_roll_in_another_order_gives_the_same_bands(roll, gates, chance):
    lines = list(roll.items())
    chance.shuffle(lines)
    assert YearBands.of(dict(lines), sorted(gates, reverse=True)) == YearBands.of(roll, gates)


@OF_A_PROMISE
@given(ROLLS)
def test_years_that_are_large_enough_all_stay_by_themselves(roll):
    large = {year: number + LEAST for year, number in roll.items()}
    assert not YearBands.of(large).joined


@OF_A_PROMISE
@given(ROLLS, GATES)
def test_no_cut_into_more_bands_is_possible(roll, gates):
    """Taking years from the youngest on and closing a band as soon as it is large enough gives as
    many bands as there can be."""
    most = size = 0
    for year in sorted(roll, key=int):
        size += roll[year]
        if size >= LEAST:
            most, size = most + 1, 0
    assert len(YearBands.of(roll, gates).bands) == max(most, int(any(roll.values())))


@OF_A_PROMISE
@given(ROLLS, GATES)
def test_bands_survive_being_stored(roll, gates):
    found = YearBands.of(roll, gates)
    assert YearBands.from_document(found.to_document()) == found


@OF_A_PROMISE
@given(ROLLS, GATES)
def test_every_student_is_in_one_row_by_year_at_most_and_in_the_whole_school(roll, gates):
    lattice = lattice_of(load_all()["safety", "2026.3"], YearBands.of(roll, gates))
    rows = [group for group in lattice.groups if group.year and not group.gender]
    for cell in lattice.cells:
        assert sum(group.holds(cell) for group in rows) <= 1
        assert Group().holds(cell)


def test_of_equal_cuts_the_one_between_different_questions_is_taken():
    roll = {"7": 20, "8": 20, "9": 20, "10": 20, "11": 20}
    assert YearBands.of(roll, {9}).bands == ((7, 8), (9, 10, 11))
    assert YearBands.of(roll, {10}).bands == ((7, 8, 9), (10, 11))


def test_a_year_that_is_not_taught_joins_nothing():
    assert YearBands.of({"7": 40, "8": 0, "9": 14, "10": 20}).bands == ((7,), (9, 10))


def test_a_school_too_small_for_two_bands_is_one():
    found = YearBands.of({"7": 20, "8": 20})
    assert found.bands == ((7, 8),)
    assert found.is_whole_school
    assert not YearBands.of({"7": 40}).is_whole_school
