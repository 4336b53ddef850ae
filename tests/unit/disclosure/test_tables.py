"""Tables that cannot be true are refused by name, and nothing is published from them."""

from __future__ import annotations

import pytest

from survey.disclosure.certify import certify
from survey.disclosure.policy import STANDARD
from survey.disclosure.tables import (
    BadGroupError,
    BadNameError,
    Box,
    CountNotWholeError,
    CountTable,
    Group,
    GroupOutsideLatticeError,
    Lattice,
    NegativeCountError,
    TableError,
    TotalsDisagreeError,
    UnknownAnswerError,
    WrongShapeError,
)
from tests.unit.disclosure.schools import SEED, counted, took_part

LATTICE = Lattice(("7", "8"), ("girl", "boy"))


@pytest.mark.parametrize(
    "key", ["all", "year=9", "gender=girl", "year=9,gender=girl", "year=unsaid"]
)
def test_a_group_key_reads_back(key: str) -> None:
    assert Group.parse(key).key == key


@pytest.mark.parametrize("key", ["", "year=", "form=9", "year=9,year=9", "gender=girl,year=9"])
def test_a_bad_group_key_is_refused(key: str) -> None:
    with pytest.raises((BadGroupError, BadNameError)):
        Group.parse(key)


def test_groups_of_a_lattice_in_order() -> None:
    assert [group.key for group in LATTICE.groups] == [
        "all",
        "year=7",
        "year=8",
        "gender=girl",
        "gender=boy",
    ]
    assert len(Lattice(("7", "8"), ("girl", "boy"), crossed=True).groups) == 9


@pytest.mark.parametrize(
    ("counts", "error"),
    [
        ({("7", "girl"): (1, -1, 0)}, NegativeCountError),
        ({("7", "girl"): (1, 1.5, 0)}, CountNotWholeError),
        ({("7", "girl"): (1, True, 0)}, CountNotWholeError),
        ({("7", "girl"): (1, 1)}, WrongShapeError),
        ({("9", "girl"): (1, 1, 1)}, GroupOutsideLatticeError),
    ],
)
def test_an_impossible_count_is_refused(
    counts: dict[tuple[str, str], tuple[int, ...]], error: type[TableError]
) -> None:
    with pytest.raises(error):
        counted(counts, lattice=LATTICE)


def test_impossible_shapes_are_refused() -> None:
    def table(answers: tuple[str, ...], base: tuple[str, ...], *boxes: Box) -> CountTable:
        return CountTable("x", answers, base, boxes, {}, LATTICE)

    with pytest.raises(UnknownAnswerError):
        table(("yes", "no"), ("yes", "maybe"))
    with pytest.raises(UnknownAnswerError):
        table(("yes", "no"), ("yes", "no"), Box("all", ("yes", "no")))
    with pytest.raises(BadNameError):
        table(("yes", "yes"), ("yes",))
    with pytest.raises(WrongShapeError):
        table((), ())


def test_totals_that_do_not_add_up_publish_nothing() -> None:
    table = counted({("7", "girl"): (20, 20, 1)})
    short = counted({("7", "girl"): (20, 19, 1)})
    with pytest.raises(TotalsDisagreeError):
        certify([short], took_part(table), STANDARD, {"id": "x"}, SEED)


def test_an_item_not_asked_of_a_year_may_be_empty_there() -> None:
    asked = counted({("7", "girl"): (0, 0, 0), ("8", "girl"): (20, 20, 5)})
    asked.check_sizes({("7", "girl"): 40, ("8", "girl"): 45})
