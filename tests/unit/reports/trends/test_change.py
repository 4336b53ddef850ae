"""A change is what two releases print, with an interval that holds chance and rounding; judged by
statsmodels, and by trying every count that prints the same."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import cache
from itertools import product
from math import ceil, floor

import numpy as np
import pytest
from statsmodels.stats.proportion import confint_proportions_2indep

from survey.disclosure.figures import HIDDEN, Figure, HiddenReason, Status
from survey.disclosure.policy import Policy, RoundingLevel
from survey.disclosure.protect import protect
from survey.disclosure.release import PARTICIPATION, Release
from survey.disclosure.tables import CountTable, Group, Lattice
from survey.questionnaires.load import load_all
from survey.reports.school.report_data import EVERYONE, ReportData, Share, Tone
from survey.reports.trends.change import (
    ChangeVerdict,
    FigureChange,
    FigureChanges,
    WhyNoVerdict,
    beyond_rounding,
    interval,
    tone_of,
)
from tests.unit.reports.samples import sample

FIVES = Policy(version="sample-1", start=RoundingLevel.BASE_5)
Counts = tuple[int, int, int]
"""Yes, no and skipped."""
TWENTIES = Policy(version="sample-1", start=RoundingLevel.BASE_20)
QUESTIONNAIRE = load_all()["safety-core", "2026.3"]


def print_shares(counts: Sequence[Counts], policy: Policy = FIVES) -> list[Share]:
    """How these counts of yes, no and skipped are printed by the real rules, each as a separate
    group."""
    lattice = Lattice(tuple(f"y{at}" for at in range(len(counts))), ("unsaid",), silent=("unsaid",))
    cells = dict(zip(lattice.cells, counts, strict=True))
    table = CountTable("T", ("yes", "no", "skipped"), ("yes", "no"), (), cells, lattice)
    sizes = {cell: (sum(one),) for cell, one in cells.items()}
    took_part = CountTable(PARTICIPATION, (PARTICIPATION,), (PARTICIPATION,), (), sizes, lattice)
    release = Release({}, policy, lattice, protect(took_part, policy), (protect(table, policy),))
    reading = ReportData(release, QUESTIONNAIRE, "en")
    return [reading.share("T", "yes", Group(year=year)) for year in lattice.years]


def print_share(yes: int, no: int, skipped: int, policy: Policy = FIVES) -> Share:
    return print_shares([(yes, no, skipped)], policy)[0]


def exact(count: int, base: int) -> Share:
    """A share as if nothing were rounded."""
    figure = Figure(Status.SHOWN, count=count, percent=100 * count // base)
    return Share("T", "yes", EVERYONE, figure, base, HiddenReason.NONE, 20, 1, (base, base))


def oracle(before: tuple[int, int], now: tuple[int, int]) -> tuple[float, float]:
    low, high = confint_proportions_2indep(*now, *before, method="newcomb", compare="diff")
    return float(low), float(high)


@pytest.mark.parametrize("before", [(0, 20), (3, 20), (20, 20), (41, 137), (300, 1200), (599, 600)])
@pytest.mark.parametrize("now", [(0, 25), (7, 31), (31, 31), (90, 140), (240, 1190), (2, 900)])
def test_without_rounding_the_interval_is_newcombes(
    before: tuple[int, int], now: tuple[int, int]
) -> None:
    low, high = oracle(before, now)
    expected = max(-100, floor(100 * low + 1e-6)), min(100, ceil(100 * high - 1e-6))
    assert interval(exact(*before), exact(*now)) == expected


@cache
def everything_printed(size: int) -> dict[tuple[Figure, int | None], list[tuple[int, int]]]:
    """By printed figure and base, every count and base of a group of this size that print so."""
    found: dict[tuple[Figure, int | None], list[tuple[int, int]]] = {}
    counts = [(yes, no, size - yes - no) for yes in range(size + 1) for no in range(size + 1 - yes)]
    for (yes, no, _), share in zip(counts, print_shares(counts), strict=True):
        if share.is_shown:
            found.setdefault((share.figure, share.base), []).append((yes, yes + no))
    return found


def test_what_stands_behind_a_figure_is_within_its_room() -> None:
    counts = [(yes, no, 38 - yes - no) for yes in range(39) for no in range(39 - yes)]
    shown = 0
    for (yes, no, _), share in zip(counts, print_shares(counts), strict=True):
        if share.room is not None and share.bases is not None:
            assert share.room[0] <= Fraction(yes, yes + no) <= share.room[1]
            assert share.bases[0] <= yes + no <= share.bases[1]
            shown += 1
    assert shown > 100


CASES = [
    ((20, 11, 2), (8, 27, 3)),
    ((9, 22, 2), (13, 25, 0)),
    ((2, 27, 4), (13, 22, 3)),  # fewer than 5, then a number
    ((31, 1, 1), (20, 15, 3)),  # all but fewer than 5
    ((16, 16, 1), (17, 18, 3)),
    ((5, 27, 1), (30, 6, 2)),
]


@pytest.mark.parametrize(("first", "second"), CASES)
def test_the_interval_is_wider_than_chance_and_no_wider_than_all_that_print_so(
    first: tuple[int, int, int], second: tuple[int, int, int]
) -> None:
    """Between Newcombe's of the printed figures, and the hull of Newcombe's of all counts and bases
    that print so."""
    before, now = print_share(*first), print_share(*second)
    found = interval(before, now)
    assert found is not None
    if before.figure.count is not None and now.figure.count is not None:
        low, high = oracle((before.figure.count, before.base or 0),
                           (now.figure.count, now.base or 0))  # fmt: skip
        assert found[0] <= 100 * low
        assert 100 * high <= found[1]
    pairs = product(before.corners or (), now.corners or ())
    hull = [end for one, other in pairs for end in oracle(one, other)]
    assert found[0] >= floor(100 * min(hull)) - 1
    assert found[1] <= ceil(100 * max(hull)) + 1


@pytest.mark.parametrize(("first", "second"), CASES)
def test_more_than_rounding_means_whatever_counts_print_so(
    first: tuple[int, int, int], second: tuple[int, int, int]
) -> None:
    before, now = print_share(*first), print_share(*second)
    behind_before = everything_printed(sum(first))[before.figure, before.base]
    behind_now = everything_printed(sum(second))[now.figure, now.base]
    ways = {
        np.sign(other[0] * one[1] - one[0] * other[1])
        for one, other in product(behind_before, behind_now)
    }
    assert not beyond_rounding(before, now) or ways in ({1}, {-1})
    assert beyond_rounding(before, now) == beyond_rounding(now, before)
    assert not beyond_rounding(before, before)


def test_a_base_is_bounded_by_how_many_took_part() -> None:
    """By the rounding of the base alone it might be from 23 on; but at least 33 took part, of whom
    fewer than ten did not answer."""
    share = print_share(18, 16, 1)
    assert (share.base, share.bases) == (30, (24, 37))


def change(before: Share | None, now: Share | None, tone: Tone = Tone.ADVERSE) -> FigureChange:
    found = interval(before, now) if before and now else None
    return FigureChange("T", "yes", EVERYONE, tone, before, now, found, None)


HIGH, LOW = print_share(200, 300, 10), print_share(100, 400, 10)


@pytest.mark.parametrize(
    ("before", "now", "tone", "verdict"),
    [
        (HIGH, LOW, Tone.ADVERSE, ChangeVerdict.BETTER),
        (LOW, HIGH, Tone.ADVERSE, ChangeVerdict.WORSE),
        (HIGH, LOW, Tone.GOOD, ChangeVerdict.WORSE),
        (LOW, HIGH, Tone.GOOD, ChangeVerdict.BETTER),
        (LOW, HIGH, Tone.PLAIN, ChangeVerdict.HIGHER),
        (HIGH, LOW, Tone.SECOND, ChangeVerdict.LOWER),
        (HIGH, HIGH, Tone.ADVERSE, ChangeVerdict.UNCLEAR),
    ],
)
def test_a_verdict_follows_from_the_interval_and_from_what_is_good(
    before: Share, now: Share, tone: Tone, verdict: ChangeVerdict
) -> None:
    assert change(before, now, tone).verdict is verdict


def test_what_rounding_alone_may_have_made_is_no_change() -> None:
    first, second = print_share(70, 110, 20, TWENTIES), print_share(110, 70, 20, TWENTIES)
    found = interval(first, second)
    assert found is not None
    assert found[0] > 0
    assert not beyond_rounding(first, second)
    assert change(first, second).verdict is ChangeVerdict.UNCLEAR


def test_a_mark_is_never_given_where_the_printed_interval_holds_nought() -> None:
    for yes in range(100, 200, 5):
        one = change(print_share(yes, 500 - yes, 10), LOW)
        assert one.interval is not None
        low, high = one.interval
        assert one.verdict is ChangeVerdict.UNCLEAR or not low <= 0 <= high


def test_a_stricter_limit_marks_less() -> None:
    one = change(print_share(140, 360, 10), LOW)
    assert one.verdict is ChangeVerdict.BETTER
    assert one.verdict_at(0.0001) is ChangeVerdict.UNCLEAR


def test_a_few_is_compared_as_all_it_may_be() -> None:
    few = print_share(3, 60, 0)
    assert few.figure.status is Status.FEWER_THAN
    assert change(print_share(40, 20, 0), few).verdict is ChangeVerdict.BETTER
    assert change(few, few).verdict is ChangeVerdict.UNCLEAR
    assert change(few, few).points is None


Pair = tuple[Share, Share]
SCHOOLS, YEAR_GROUPS = (400, 1200), (60, 200)
DRAWN = 600


def waves(
    seed: int, sizes: tuple[int, int], moved: float, policy: Policy
) -> list[tuple[Pair, float]]:
    """Figures, each asked twice of different students and printed by the rules, with the true
    change of each: none, or up to `moved`."""
    random = np.random.default_rng(seed)
    drawn: list[list[Counts]] = [[], []]
    truth = []
    for _ in range(DRAWN):
        size, share = int(random.integers(*sizes)), float(random.uniform(0.03, 0.6))
        later = min(0.95, max(0.02, share + float(random.uniform(-moved, moved))))
        truth.append(later - share)
        for wave, true_share in zip(drawn, (share, later), strict=True):
            skipped = int(random.binomial(size, 0.04))
            yes = int(random.binomial(size - skipped, true_share))
            wave.append((yes, size - skipped - yes, skipped))
    printed = (print_shares(wave, policy) for wave in drawn)
    return list(zip(zip(*printed, strict=True), truth, strict=True))


@pytest.mark.parametrize("sizes", [SCHOOLS, YEAR_GROUPS])
@pytest.mark.parametrize("policy", [FIVES, TWENTIES])
def test_how_often_a_mark_appears_where_nothing_changed(
    sizes: tuple[int, int], policy: Policy
) -> None:
    """One in twenty were it chance alone; that it has to be more than rounding makes it less. At a
    stricter limit it is rarer still."""
    found = [change(*pair) for pair, _ in waves(20261127, sizes, 0.0, policy)]
    assert sum(one.verdict is not ChangeVerdict.UNCLEAR for one in found) <= 0.045 * DRAWN
    assert sum(one.verdict_at(0.001) is not ChangeVerdict.UNCLEAR for one in found) <= 0.005 * DRAWN


@pytest.mark.parametrize("sizes", [SCHOOLS, YEAR_GROUPS])
@pytest.mark.parametrize("policy", [FIVES, TWENTIES])
def test_the_interval_holds_the_true_change_nineteen_times_in_twenty(
    sizes: tuple[int, int], policy: Policy
) -> None:
    held = 0
    for pair, true_change in waves(20261128, sizes, 0.2, policy):
        found = interval(*pair)
        assert found is not None
        held += found[0] <= 100 * true_change <= found[1]
    assert held >= 0.95 * DRAWN


def test_a_change_that_is_there_is_mostly_found() -> None:
    treated = [(pair, true) for pair, true in waves(3, SCHOOLS, 0.4, FIVES) if true <= -0.12]
    found = [change(*pair).verdict for pair, _ in treated]
    assert len(found) > 50
    assert found.count(ChangeVerdict.BETTER) >= 0.95 * len(found)


def reading(scale: float = 1.0) -> ReportData:
    return ReportData(*sample(scale=scale), "en")


def test_a_release_is_unchanged_against_itself() -> None:
    changes = FigureChanges(reading(), reading(), 1, 2)
    seen = 0
    for table in changes.now.release.tables:
        for group, answer, figure, _base in table.figures():
            one = changes.change_of(table.key, answer.removeprefix("box:"), group)
            printed = figure.status not in (Status.HIDDEN, Status.IMPLIED)
            if not printed or one.why:
                assert one.verdict is ChangeVerdict.UNSAID
                continue
            assert one.verdict is ChangeVerdict.UNCLEAR
            assert one.points in (0, None)
            seen += 1
    assert seen > 1000


def test_what_is_hidden_in_one_wave_cannot_be_said() -> None:
    group = Group(year="y9")
    one = FigureChanges(reading(0.2), reading(), 1, 2).change_of("B2.toilets", "feel_unsafe", group)
    assert one.why in (WhyNoVerdict.HIDDEN, None)
    hidden = FigureChanges(reading(0.03), reading(), 1, 2).change_of(
        "B2.toilets", "feel_unsafe", group
    )
    assert (hidden.why, hidden.interval, hidden.verdict) == (
        WhyNoVerdict.HIDDEN,
        None,
        ChangeVerdict.UNSAID,
    )


def test_anything_may_be_asked_for() -> None:
    changes = FigureChanges(reading(), reading(), 1, 2)
    for table, answer in (("B2.nowhere", "feel_unsafe"), ("B2.toilets", "nothing"), ("", "")):
        assert changes.change_of(table, answer).verdict is ChangeVerdict.UNSAID


@pytest.mark.parametrize(
    ("table", "answer", "tone"),
    [
        ("B2.toilets", "feel_unsafe", Tone.ADVERSE),
        ("B2.toilets", "away", Tone.PLAIN),
        ("@trust", "yes", Tone.GOOD),
        ("@missed", "yes", Tone.ADVERSE),
        ("@nothing", "yes", Tone.PLAIN),
        ("L3:worse", "yes", Tone.PLAIN),
    ],
)
def test_only_what_is_good_or_bad_can_be_better_or_worse(
    table: str, answer: str, tone: Tone
) -> None:
    assert tone_of(load_all()["safety", "2026.3"], table, answer) is tone


def test_a_figure_without_a_share_has_no_interval() -> None:
    hidden = Share("T", "yes", EVERYONE, HIDDEN, None, HiddenReason.AUDIT, 20, 5)
    assert hidden.corners is None
    assert interval(hidden, HIGH) is None
    assert not beyond_rounding(hidden, HIGH)
