"""Figures next to each other do not contradict each other, whatever was counted.

Over all tables of two and three answers, of groups of every small size, at every rounding."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import product

import pytest

from survey.disclosure.figures import Figure, HiddenReason, Status
from survey.disclosure.policy import Policy, RoundingLevel
from survey.disclosure.protect import protect
from survey.disclosure.release import PARTICIPATION
from survey.disclosure.tables import Box, CountTable, Lattice
from survey.reports.school.panels_and_blocks import EVERYONE, Share
from survey.reports.school.report_data import printed_shares
from survey.reports.school.rounding_bounds import size_behind
from survey.reports.school.rounding_consistency import agree, disagrees
from survey.reports.wording.figures import count_words, interval_words, share_words

RUNGS = (RoundingLevel.BASE_5, RoundingLevel.BASE_10, RoundingLevel.BASE_20)
LATTICE = Lattice(years=("y7",), genders=("girl",))
CELL = ("y7", "girl")
SIZES = (*range(20, 40, 3), 59, 60, 61, 80, 101, 320)


@cache
def policy(rung: RoundingLevel) -> Policy:
    return Policy(version="agree-1", start=rung)


def shares(
    counts: tuple[int, ...], answers: tuple[str, ...], rung: RoundingLevel
) -> Iterator[Share]:
    """The whole school's figures of one table, the last answer outside the base."""
    base = answers[:-1]
    boxes = (Box("sum", answers[:2], answers[:3]),) if len(base) > 3 else ()
    took = CountTable(
        PARTICIPATION, (PARTICIPATION,), (PARTICIPATION,), (), {CELL: (sum(counts),)}, LATTICE
    )
    sizes = {row.group: size_behind(row) for row in protect(took, policy(rung)).rows}
    table = protect(CountTable("T", answers, base, boxes, {CELL: counts}, LATTICE), policy(rung))
    for share in printed_shares(table, sizes, policy(rung)):
        if share.group == EVERYONE and share.is_shown and share.base is not None:
            yield share


def is_sound(share: Share) -> None:
    figure = share.figure
    if figure.count is None or figure.percent is None:
        return
    assert share.base is not None
    assert figure.count <= share.base, share
    assert abs(100 * figure.count / share.base - figure.percent) <= 1, share
    assert share.interval is not None
    assert share.interval[0] <= figure.percent <= share.interval[1], share
    assert share.bases is not None
    assert share.bases[0] - 10 <= share.base <= max(share.bases[1], share.base)


@pytest.mark.parametrize("rung", RUNGS)
def test_every_small_table_agrees_with_itself(rung: RoundingLevel):
    """Yes and no next to those who skipped; and a place: unsafe, unsafe, safe, away, skipped."""
    for size in SIZES:
        for yes in range(0, size + 1, 1 if size < 70 else 3):
            for skipped in {0, 1, 4, 9, size // 4, size // 2}:
                if yes + skipped <= size:
                    counts = yes, size - yes - skipped, skipped
                    for share in shares(counts, ("yes", "no", "skipped"), rung):
                        is_sound(share)
        for parts in product((0, 3, size // 8, size // 3), repeat=3):
            away = size - sum(parts) - 2
            if away >= 0:
                answers = ("unsafe", "very_unsafe", "safe", "away", "skipped")
                for share in shares((*parts, away, 2), answers, rung):
                    is_sound(share)


def test_all_of_sixty_is_not_87_per_cent():
    """Printed as 60 of 60 and 87 % at the coarsest rounding: the base may be up to 80."""
    assert agree(60, 60, 87, (50, 69), (40, 80)) == (65, 75)
    assert agree(30, 60, 50, (28, 32), (55, 65)) == (30, 60)
    count, base = agree(60, 40, 85, (50, 69), (40, 80))
    assert count <= base
    assert round(100 * count / base) == 85


def test_a_share_above_nothing_is_not_said_to_be_nothing():
    found = list(shares((6, 1300, 0), ("yes", "no", "skipped"), RoundingLevel.BASE_5))
    (yes,) = (one for one in found if one.answer == "yes")
    assert yes.figure.percent == 0
    assert share_words(yes) == "under 1%"
    assert count_words(yes) == "5 of 1300"
    assert interval_words(yes).startswith("0 to ")


def of(percent: int, count: int, base: int) -> Share:
    figure = Figure(Status.SHOWN, count=count, percent=percent)
    return Share("T", "yes", EVERYONE, figure, base, HiddenReason.NONE, 20, 5, (base, base))


def few(limit: int, base: int) -> Share:
    figure = Figure(Status.FEWER_THAN, limit=limit, under=100 * limit // base)
    return Share("T", "yes", EVERYONE, figure, base, HiddenReason.NONE, 20, 5, (base, base))


def test_a_whole_outside_its_parts_is_seen():
    """ "Dark or run-down": the whole school 13 %, every year group 17 %. And "Girls: 10 of 320"
    under "whole school: fewer than 10"."""
    years = [of(17, 25, 150), of(17, 20, 120)]
    assert disagrees(of(13, 35, 270), years, [])
    assert disagrees(of(20, 55, 270), years, [])
    assert not disagrees(of(17, 45, 270), years, [])
    assert not disagrees(of(13, 35, 270), [], [])
    assert disagrees(few(10, 640), [], [of(3, 10, 320)])
    assert not disagrees(few(15, 640), [], [of(3, 10, 320)])
