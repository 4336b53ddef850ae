"""A change is what two releases print, with an interval that holds chance and rounding; judged by
statsmodels, and by trying every count that prints the same."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cache
from itertools import product

import numpy as np
import pytest
from statsmodels.stats.proportion import confint_proportions_2indep

from survey.disclosure.figures import HIDDEN, Figure, Reason, Status
from survey.disclosure.policy import Policy, Rung
from survey.disclosure.protect import protect
from survey.disclosure.release import PARTICIPATION, Release
from survey.disclosure.tables import CountTable, Group, Lattice
from survey.questionnaires.load import load_all
from survey.reports.change import (
    Change,
    Changes,
    Verdict,
    Why,
    behind,
    interval,
    newcombe,
    tone_of,
)
from survey.reports.reading import EVERYONE, Reading, Share, Tone
from tests.unit.reports.samples import sample

Z95 = 1.959963984540054
FIVES = Policy(version="sample-1", start=Rung.BASE_5)
ALONE = Lattice(("y7",), ("unsaid",))
QUESTIONNAIRE = load_all()["safety-core", "2026.1"]


def print_share(yes: int, no: int, skipped: int, policy: Policy = FIVES) -> Share:
    """How these counts are printed, by the real rules."""
    counts = {("y7", "unsaid"): (yes, no, skipped)}
    table = CountTable("T", ("yes", "no", "skipped"), ("yes", "no"), (), counts, ALONE)
    size = {("y7", "unsaid"): (yes + no + skipped,)}
    took_part = CountTable(PARTICIPATION, (PARTICIPATION,), (PARTICIPATION,), (), size, ALONE)
    release = Release({}, policy, ALONE, protect(took_part, policy), (protect(table, policy),))
    return Reading(release, QUESTIONNAIRE, "en").share("T", "yes")


def oracle(before: tuple[int, int], now: tuple[int, int]) -> tuple[float, float]:
    low, high = confint_proportions_2indep(*now, *before, method="newcomb", compare="diff")
    return float(low), float(high)


@pytest.mark.parametrize("before", [(0, 20), (3, 20), (20, 20), (41, 137), (300, 1200), (599, 600)])
@pytest.mark.parametrize("now", [(0, 25), (7, 31), (31, 31), (90, 140), (240, 1190), (2, 900)])
def test_chance_is_newcombes(before: tuple[int, int], now: tuple[int, int]) -> None:
    assert newcombe(before, now, Z95) == pytest.approx(oracle(before, now), abs=1e-6)


@cache
def everything_printed(size: int) -> dict[tuple[Figure, int | None], list[tuple[int, int]]]:
    """By printed figure and base, every count and base of a group of this size that print so."""
    found: dict[tuple[Figure, int | None], list[tuple[int, int]]] = {}
    for yes in range(size + 1):
        for no in range(size + 1 - yes):
            share = print_share(yes, no, size - yes - no)
            if share.is_shown:
                found.setdefault((share.figure, share.base), []).append((yes, yes + no))
    return found


@pytest.mark.parametrize("size", [33, 40])
def test_what_stands_behind_a_figure_is_every_count_that_prints_so(size: int) -> None:
    for (figure, base), pairs in everything_printed(size).items():
        share = replace(print_share(10, 20, 10), figure=figure, base=base)
        found = behind(share)
        assert found is not None
        low, high = (count / of for count, of in (found.lowest, found.highest))
        assert all(low <= count / of <= high for count, of in pairs)


def hull(
    first: Iterable[tuple[int, int]], second: Iterable[tuple[int, int]]
) -> tuple[float, float]:
    ends = [oracle(before, now) for before, now in product(set(first), set(second))]
    return min(low for low, _ in ends), max(high for _, high in ends)


CASES = [
    ((20, 12, 3), (8, 24, 1)),
    ((9, 22, 2), (15, 25, 0)),
    ((2, 27, 4), (13, 24, 3)),  # fewer than 5, then a number
    ((31, 1, 1), (20, 17, 3)),  # all but fewer than 5
    ((16, 16, 1), (17, 18, 5)),
]


@pytest.mark.parametrize(("first", "second"), CASES)
def test_the_interval_holds_that_of_every_pair_of_counts_that_print_so(
    first: tuple[int, int, int], second: tuple[int, int, int]
) -> None:
    before, now = print_share(*first), print_share(*second)
    behind_first = everything_printed(sum(first))[before.figure, before.base]
    behind_second = everything_printed(sum(second))[now.figure, now.base]
    lowest, highest = hull(behind_first, behind_second)
    found = interval(before, now)
    assert found is not None
    assert found[0] <= 100 * lowest
    assert 100 * highest <= found[1]


def test_rounding_adds_little_where_many_answered() -> None:
    low, high = oracle((300, 900), (200, 880))
    found = interval(print_share(300, 600, 20), print_share(200, 680, 20))
    assert found is not None
    assert 0 <= 100 * low - found[0] < 3
    assert 0 <= found[1] - 100 * high < 3


def test_the_corners_are_the_ends_over_all_counts_and_bases() -> None:
    """Monotone in both shares, tried over a whole box of counts and bases."""
    firsts, seconds = (
        list(product(range(20, 25), range(60, 75))),
        list(product(range(8, 13), range(55, 70))),
    )
    ends = [newcombe(before, now, Z95) for before, now in product(firsts, seconds)]
    assert min(low for low, _ in ends) == newcombe((24, 60), (8, 69), Z95)[0]
    assert max(high for _, high in ends) == newcombe((20, 74), (12, 55), Z95)[1]


def change(before: Share | None, now: Share | None, tone: Tone = Tone.ADVERSE) -> Change:
    found = interval(before, now) if before and now else None
    return Change("T", "yes", EVERYONE, tone, before, now, found, None)


HIGH, LOW = print_share(200, 300, 10), print_share(100, 400, 10)


@pytest.mark.parametrize(
    ("before", "now", "tone", "verdict"),
    [
        (HIGH, LOW, Tone.ADVERSE, Verdict.BETTER),
        (LOW, HIGH, Tone.ADVERSE, Verdict.WORSE),
        (HIGH, LOW, Tone.GOOD, Verdict.WORSE),
        (LOW, HIGH, Tone.GOOD, Verdict.BETTER),
        (LOW, HIGH, Tone.PLAIN, Verdict.HIGHER),
        (HIGH, LOW, Tone.SECOND, Verdict.LOWER),
        (HIGH, HIGH, Tone.ADVERSE, Verdict.UNCLEAR),
    ],
)
def test_a_verdict_follows_from_the_interval_and_from_what_is_good(
    before: Share, now: Share, tone: Tone, verdict: Verdict
) -> None:
    assert change(before, now, tone).verdict is verdict


def test_a_difference_within_rounding_is_no_change_however_many_answered() -> None:
    # 40 of 60 000 may be 38, and 45 may be 43.
    many = replace(HIGH, base=3000)
    first, second = (
        replace(many, figure=Figure(Status.SHOWN, count=count, percent=percent))
        for count, percent in ((1500, 50), (1540, 51))
    )
    assert change(first, second).verdict is Verdict.UNCLEAR


def test_a_mark_is_never_given_where_the_printed_interval_holds_nought() -> None:
    for yes in range(100, 200, 5):
        one = change(print_share(yes, 500 - yes, 10), LOW)
        assert one.interval is not None
        low, high = one.interval
        assert (one.verdict is Verdict.UNCLEAR) is (low <= 0 <= high)


def test_a_stricter_limit_marks_less() -> None:
    one = change(print_share(140, 360, 10), LOW)
    assert one.verdict is Verdict.BETTER
    assert one.verdict_at(0.0001) is Verdict.UNCLEAR


def test_a_few_is_compared_as_all_it_may_be() -> None:
    few = print_share(3, 60, 0)
    assert few.figure.status is Status.FEWER_THAN
    assert change(print_share(40, 20, 0), few).verdict is Verdict.BETTER
    assert change(few, few).verdict is Verdict.UNCLEAR
    assert change(few, few).points is None


def test_how_often_a_mark_appears_where_nothing_changed() -> None:
    """Whole schools and year groups, each figure drawn twice from one share, printed by the rules.
    Without rounding it would be one in twenty."""
    random, marked = np.random.default_rng(20261127), {True: [], False: []}  # type: ignore[var-annotated]
    for is_school, _ in product((True, False), range(400)):
        size = int(random.integers(500, 1200) if is_school else random.integers(60, 200))
        share = float(random.uniform(0.03, 0.6))
        pair = []
        for _wave in range(2):
            skipped = int(random.binomial(size, 0.04))
            yes = int(random.binomial(size - skipped, share))
            pair.append(print_share(yes, size - skipped - yes, skipped))
        verdict = change(*pair).verdict
        marked[is_school].append(verdict in (Verdict.BETTER, Verdict.WORSE))
    assert np.mean(marked[True]) <= 0.03
    assert np.mean(marked[False]) <= 0.01


def reading(scale: float = 1.0) -> Reading:
    return Reading(*sample(scale=scale), "en")


def test_a_release_is_unchanged_against_itself() -> None:
    changes = Changes(reading(), reading(), 1, 2)
    seen = 0
    for table in changes.now.release.tables:
        for group, answer, figure, _base in table.figures():
            one = changes.change_of(table.key, answer.removeprefix("box:"), group)
            printed = figure.status not in (Status.HIDDEN, Status.IMPLIED)
            if not printed or one.why:
                assert one.verdict is Verdict.UNSAID
                continue
            assert one.verdict is Verdict.UNCLEAR
            assert one.points in (0, None)
            seen += 1
    assert seen > 1000


def test_what_is_hidden_in_one_wave_cannot_be_said() -> None:
    group = Group(year="y9")
    one = Changes(reading(0.2), reading(), 1, 2).change_of("B2.toilets", "feel_unsafe", group)
    assert one.why in (Why.HIDDEN, None)
    hidden = Changes(reading(0.03), reading(), 1, 2).change_of("B2.toilets", "feel_unsafe", group)
    assert (hidden.why, hidden.interval, hidden.verdict) == (Why.HIDDEN, None, Verdict.UNSAID)


def test_anything_may_be_asked_for() -> None:
    changes = Changes(reading(), reading(), 1, 2)
    for table, answer in (("B2.nowhere", "feel_unsafe"), ("B2.toilets", "nothing"), ("", "")):
        assert changes.change_of(table, answer).verdict is Verdict.UNSAID


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
    assert tone_of(load_all()["safety", "2026.1"], table, answer) is tone


def test_a_figure_without_a_share_has_nothing_behind_it() -> None:
    assert behind(Share("T", "yes", EVERYONE, HIDDEN, None, Reason.AUDIT, 20, 5)) is None


def test_above_leaves_room_for_every_count_that_prints_so() -> None:
    """Sentences that call one group higher than another rest on the same counts."""

    def pairs() -> Iterator[tuple[Share, list[tuple[int, int]]]]:
        for (figure, base), counted in everything_printed(40).items():
            yield replace(print_share(10, 20, 10), figure=figure, base=base), counted

    for share, counted in pairs():
        room = share.room
        assert room is not None
        assert all(room[0] <= count / of <= room[1] for count, of in counted if of)
