"""Rules R2 to R5: what is printed in the place of a count."""

from __future__ import annotations

import pytest

from survey.disclosure.figures import (
    HIDDEN,
    Figure,
    HiddenReason,
    ImpossibleFigureError,
    Status,
    round_to,
    values_behind,
    wilson,
)
from survey.disclosure.policy import STANDARD, RoundingLevel
from survey.disclosure.protect import protect, withhold
from survey.disclosure.tables import Box, Group, Lattice
from tests.unit.disclosure.policies import TENS
from tests.unit.disclosure.schools import counted, school

ALL = Group()


def figures(*counts: int, rung: RoundingLevel = RoundingLevel.BASE_5) -> list[str]:
    """The printed row of one group, as a reader sees it."""
    answers = (*"abcdefgh"[: len(counts) - 1], "skipped")
    row = protect(counted({("7", "girl"): counts}, answers), STANDARD, rung).row(ALL)
    words = []
    for figure in row.cells:
        if figure.status is Status.SHOWN:
            words.append(str(figure.count))
        elif figure.status is Status.FEWER_THAN:
            words.append(f"<{figure.limit}")
        elif figure.status is Status.ALL_BUT_FEWER:
            words.append(f"all but <{figure.limit}")
        elif figure.status is Status.IMPLIED:
            words.append("in the sums")
        else:
            words.append("hidden")
    return words


def test_counts_are_printed_to_the_nearest_five_and_small_ones_not_at_all() -> None:
    assert figures(0, 4, 5, 7, 8, 12, 13, 3) == ["<5", "<5", "5", "5", "10", "10", "15", "<10"]


def test_nought_looks_like_four() -> None:
    assert figures(30, 20, 0, 0) == figures(30, 20, 4, 4)


def test_when_all_but_a_few_agree_nobody_is_counted() -> None:
    assert figures(40, 0, 0, 0) == ["all but <5", "<5", "<5", "<10"]
    assert figures(36, 4, 0, 0) == ["all but <5", "<5", "<5", "<10"]
    assert figures(35, 5, 0, 0) == ["35", "5", "<5", "<10"]


def test_of_two_answers_that_make_up_the_base_the_first_is_printed() -> None:
    """ "No" next to "yes" would count those who skipped."""
    assert figures(40, 0, 0) == ["all but <5", "in the sums", "<10"]
    assert figures(0, 40, 0) == ["<5", "in the sums", "<10"]
    assert figures(20, 40, 12) == ["20", "in the sums", "10"]


SCALE = ("safe", "middle", "unsafe", "very_unsafe", "skipped")


def printed_answers(boxes: tuple[Box, ...], group: Group) -> set[str]:
    counts = {(year, "girl"): (40, 30, 20, 10, 5) for year in ("7", "8")}
    row = protect(counted(counts, SCALE, boxes=boxes), STANDARD).row(group)
    return {
        answer
        for answer, figure in zip(SCALE, row.cells, strict=True)
        if figure.status is not Status.IMPLIED
    }


@pytest.mark.parametrize(
    ("boxes", "by_group"),
    [
        ((), set(SCALE)),
        ((Box("unsafe", ("unsafe", "very_unsafe")),), {"safe", "middle", "skipped"}),
        # A box and the one answer left over make up the base: one of the two is enough.
        ((Box("not_safe", ("middle", "unsafe", "very_unsafe")),), {"skipped"}),
    ],
)
def test_rows_by_group_print_sums_and_the_whole_school_each_answer(
    boxes: tuple[Box, ...], by_group: set[str]
) -> None:
    assert printed_answers(boxes, ALL) == set(SCALE)
    assert printed_answers(boxes, Group("7")) == by_group


def test_which_answers_are_left_to_the_sums_says_nothing_of_the_counts() -> None:
    box = (Box("unsafe", ("unsafe", "very_unsafe")),)
    patterns = set()
    for counts in ((90, 0, 0, 0, 5), (0, 0, 0, 90, 5), (20, 30, 20, 20, 0), (25, 0, 25, 0, 45)):
        row = protect(counted({("7", "g"): counts}, SCALE, boxes=box), STANDARD).row(Group("7"))
        patterns.add(tuple(figure.status is Status.IMPLIED for figure in row.cells))
    assert patterns == {(False, False, True, True, False)}


def test_those_who_do_not_say_have_no_row_and_are_counted_in_the_whole_school() -> None:
    cells = [(year, gender) for year in ("7", "unsaid") for gender in ("girl", "unsaid")]
    lattice = Lattice(("7", "unsaid"), ("girl", "unsaid"), crossed=True, silent=("unsaid",))
    table = counted(dict.fromkeys(cells, (30, 20, 10, 2)), tuple("abcd"), lattice=lattice)
    released = protect(table, STANDARD)
    assert [row.group.key for row in released.rows] == [
        "all", "year=7", "gender=girl", "year=7,gender=girl",
    ]  # fmt: skip
    assert released.row(ALL).cells[0].count == 120


@pytest.mark.parametrize(
    ("skipped", "rung", "said"),
    [
        (0, RoundingLevel.BASE_5, "<10"),
        (9, RoundingLevel.BASE_5, "<10"),
        (10, RoundingLevel.BASE_5, "10"),
        (14, RoundingLevel.BASE_5, "10"),
        (15, RoundingLevel.BASE_5, "20"),
        (15, RoundingLevel.BASE_10, "20"),
        (29, RoundingLevel.BASE_20, "20"),
        (30, RoundingLevel.BASE_20, "40"),
    ],
)
def test_no_answer_is_rounded_to_tens_or_more(skipped: int, rung: RoundingLevel, said: str) -> None:
    assert figures(40, 30, 20, skipped, rung=rung)[-1] == said


def test_coarser_rungs() -> None:
    assert figures(40, 6, 4, 15, rung=RoundingLevel.BASE_10) == ["40", "10", "<5", "20"]
    assert figures(40, 9, 29, 31, rung=RoundingLevel.BASE_20) == ["40", "<10", "20", "40"]
    assert figures(40, 9, 29, 31, rung=RoundingLevel.NOTHING) == ["hidden"] * 4


def test_a_group_without_room_for_the_skips_is_hidden_whoever_skipped() -> None:
    assert figures(12, 11, 0) == figures(10, 10, 3) == ["hidden"] * 3
    assert figures(12, 12, 0) == ["10", "in the sums", "<10"]
    # Ten of thirty answered: the base is below the minimum, and the row says so.
    row = protect(counted({("7", "girl"): (5, 5, 20)}), STANDARD).row(ALL)
    assert (row.shown, row.base, row.reason) == (False, None, HiddenReason.BASE_BELOW_MINIMUM)
    assert set(row.cells) == {HIDDEN}


def test_the_base_tells_nothing_the_figures_do_not() -> None:
    """Rows of one size with the same printed skips, "fewer than 10", have the same base."""
    bases = {
        protect(counted({("7", "girl"): (60 - n, 40, n)}), STANDARD).row(ALL).base
        for n in range(10)
    }
    assert bases == {95}


def test_percentages_come_from_the_printed_figures() -> None:
    for rung in (RoundingLevel.BASE_5, RoundingLevel.BASE_10, RoundingLevel.BASE_20):
        for row in protect(school(1), STANDARD, rung).rows:
            for figure in row.cells[:-1]:
                if figure.status is Status.SHOWN:
                    assert figure.count is not None
                    assert row.base is not None
                    near = (200 * figure.count + row.base) // (2 * row.base)
                    assert figure.percent in (near, min(near, figure.percent or 0))
            assert row.cells[-1].percent is None, "skipped is not a share of those who answered"


@pytest.mark.parametrize(
    "rung", [RoundingLevel.BASE_5, RoundingLevel.BASE_10, RoundingLevel.BASE_20]
)
def test_under_and_at_least_are_true(rung: RoundingLevel) -> None:
    told = set()
    for yes, no in (*((few, 60) for few in range(121)), *((60, few) for few in range(60))):
        for skipped in (0, 4, 5, 9, 14):
            row = protect(counted({("7", "g"): (yes, no, skipped)}), STANDARD, rung).row(ALL)
            if not row.shown:
                continue
            truth = 100 * yes / (yes + no)
            figure = row.cells[0]
            if figure.under is not None:
                assert truth < figure.under
                told.add("under")
            if figure.at_least is not None:
                assert truth >= figure.at_least
                told.add("at least")
    assert told == {"under", "at least"}


def test_a_box_is_over_its_own_base() -> None:
    unsafe = Box("unsafe", ("unsafe", "very_unsafe"), ("safe", "unsafe", "very_unsafe"))
    answers = ("safe", "unsafe", "very_unsafe", "dont_go", "skipped")
    table = counted({("7", "girl"): (50, 6, 7, 30, 2)}, answers, boxes=(unsafe,))
    box = protect(table, STANDARD).row(ALL).boxes[0]
    assert (box.figure.count, box.of_base, box.figure.percent) == (15, 60, 25)
    nobody_goes = counted({("7", "girl"): (5, 6, 2, 80, 2)}, answers, boxes=(unsafe,))
    box = protect(nobody_goes, STANDARD).row(ALL).boxes[0]
    assert (box.figure, box.of_base) == (HIDDEN, None)


def test_rounding_and_what_stands_behind_it_agree() -> None:
    for rung in (RoundingLevel.BASE_5, RoundingLevel.BASE_10, RoundingLevel.BASE_20):
        limit = STANDARD.limit(rung)
        for count in range(limit, 200):
            low, high = values_behind(round_to(count, rung.rounding), rung.rounding, limit)
            assert low <= count <= high
            printed = round_to(count, rung.rounding)
            assert all(round_to(n, rung.rounding) == printed for n in range(low, high + 1))


def test_figures_cannot_be_built_wrong() -> None:
    for wrong in (
        {"status": "hidden", "count": 0},
        {"status": "shown"},
        {"status": "shown", "count": -5},
        {"status": "fewer_than", "limit": 5, "count": 3},
        {"status": "shown", "count": 5, "percent": 101},
    ):
        with pytest.raises(ImpossibleFigureError):
            Figure(**wrong)  # type: ignore[arg-type]


def test_wilson_is_worked_out_from_the_printed_figures() -> None:
    assert wilson(50, 100) == (40, 60)
    assert wilson(0, 20) == (0, 17)
    assert wilson(20, 20) == (83, 100)
    with pytest.raises(ImpossibleFigureError):
        wilson(1, 0)


def test_a_withheld_table_prints_nothing_and_ten_everywhere_nothing_finer() -> None:
    table = school(1)
    assert not any(row.shown for row in withhold(table, HiddenReason.AUDIT).rows)
    tens = protect(table, TENS)
    assert tens.rung is RoundingLevel.BASE_10
    assert all(f.count is None or f.count % 10 == 0 for _, _, f, _ in tens.figures())
