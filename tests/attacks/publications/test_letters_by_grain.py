"""A reader who works out from a hundred shares next to a letter how many answered there.

A printed count is a multiple of five, so of 85 answers there are shares of 6, 12, 18 and 24 per
cent, and none between. By name the reader knows the roll and the response rate to the nearest 5 %.
Its own generator; of the product it uses the bands and what is shown next to a letter. The reader
even knows how shares are spread in general, and how often each is shown for a number of answers.
"""

from __future__ import annotations

import random
from functools import lru_cache
from hashlib import sha256

import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment

from survey.reports.comparisons.blurred_shares import WIDTH, as_shown
from survey.reports.comparisons.build_comparison import shuffled
from survey.reports.comparisons.comparison_document import (
    ComparedFigure,
    ComparedSchool,
    Comparison,
    Printed,
    SchoolFigure,
    SizeBand,
)
from survey.reports.comparisons.size_bands import bands_of

FIGURES = 100
SAMPLES = 24


def shares(answered: int, usual: np.ndarray, draw: np.random.Generator) -> np.ndarray:
    """Printed counts, 0 for "fewer than 5", and the bases they are printed with."""
    share = np.clip(usual + draw.normal(0, 0.07, len(usual)), 0.01, 0.9)
    skipped = draw.binomial(answered, draw.uniform(0.01, 0.06, len(usual)))
    out = np.where(skipped < 10, 4, 10 * np.round(skipped / 10)).astype(int)
    base = np.maximum(5, 5 * ((answered - out + 2) // 5))
    count = draw.binomial(answered - skipped, share)
    return np.array([np.where(count < 5, 0, 5 * ((count + 2) // 5)), base])


def percents(printed: np.ndarray, least: int, moved: np.ndarray | float = 0.0) -> np.ndarray:
    """What is next to a letter: 0 for a small share, or the share in whole per cent and 1."""
    count, base = printed
    percent = np.clip(np.floor(100 * (count + moved) / base + 0.5), 0, 100).astype(int)
    is_small = count == 0 if isinstance(moved, float) else percent < -(-500 // least)
    return np.where((count == 0) | is_small, 0, percent + 1)


@lru_cache(maxsize=4096)
def likely(answered: int, least: int, is_moved: bool) -> np.ndarray:
    """How likely each share is of a school where so many answered, as logarithms."""
    draw = np.random.default_rng(answered)
    seen = np.zeros(102)
    for _ in range(SAMPLES):
        printed = shares(answered, draw.uniform(0.03, 0.45, FIGURES * 5), draw)
        moved = draw.uniform(-WIDTH / 2, WIDTH / 2, FIGURES * 5) if is_moved else 0.0
        seen += np.bincount(percents(printed, least, moved), minlength=102)
    return np.asarray(np.log((seen + 0.3) / (seen + 0.3).sum()))


def compared(answered: list[int], seed: int) -> tuple[list[np.ndarray], Comparison]:
    """What each school prints, by letter, and the comparison that is made of it."""
    draw = np.random.default_rng(seed)
    usual = draw.uniform(0.03, 0.45, FIGURES)
    printed = [shares(number, usual, draw) for number in answered]
    releases = [sha256(f"{seed} {at}".encode()).hexdigest() for at in range(len(answered))]
    codes = [f"{at:02}" for at in range(len(answered))]
    figures = []
    for at in range(FIGURES):
        found = []
        for code, (count, base) in zip(codes, (one[:, at] for one in printed), strict=True):
            if count:
                percent = int((200 * count + base) // (2 * base))
                found.append(SchoolFigure(code, Printed.SHOWN, int(base), int(count), percent,
                                          low=0, high=100))  # fmt: skip
            else:
                found.append(SchoolFigure(code, Printed.FEWER_THAN, int(base), limit=5, under=9,
                                          low=0, high=100))  # fmt: skip
        figures.append(ComparedFigure(f"B{at}", "yes", tuple(found), len(found), 9, 9, 9, 9, 99))
    schools = tuple(
        ComparedSchool(code, None, "secondary", SizeBand.UNSAID, (), 5 * round(number / 5))
        for code, number in zip(codes, answered, strict=True)
    )
    order = tuple(sorted(releases, key=shuffled(releases).index))
    return printed, Comparison({}, order, schools, tuple(figures), ())


def right(seed: int, count: int, low: int, high: int) -> tuple[float, float, float]:
    """Letters guessed right by the printed shares, by those that are shown, and by chance."""
    draw = random.Random(seed)
    roll = [draw.randrange(low, high) for _ in range(count)]
    answered = [round(one * draw.uniform(0.6, 0.95)) for one in roll]
    printed, comparison = compared(answered, seed)
    bands = bands_of(comparison.schools)
    figures = as_shown(comparison, bands)
    hits = {False: 0, True: 0}
    for band in bands:
        held = [int(code) for code in band.codes]
        least = 10 * ((min(answered[one] for one in held) - 5) // 10)
        shown = {
            True: [[0 if (p := f.schools[one].percent) is None else p + 1 for f in figures]
                   for one in held],
            False: [percents(printed[one], least) for one in held],
        }  # fmt: skip
        for is_moved, letters in shown.items():
            cost = np.zeros((len(held), len(held)))
            for row, school in enumerate(held):
                known = roll[school] * 5 * round(20 * answered[school] / roll[school]) / 100
                about = range(int(known - roll[school] / 40), int(known + roll[school] / 40) + 6, 5)
                tables = np.array([likely(5 * (n // 5), least, is_moved) for n in about if n > 20])
                for column, letter in enumerate(letters):
                    cost[row, column] = -tables[:, letter].sum(axis=1).max()
            hits[is_moved] += int((linear_sum_assignment(cost)[1] == np.arange(len(held))).sum())
    return hits[False] / count, hits[True] / count, len(bands) / count


@pytest.mark.parametrize(
    ("count", "low", "high", "trials"),
    [(8, 300, 1500, 6), *(pytest.param(*one, 40, marks=pytest.mark.slow)
                          for one in ((8, 60, 300), (8, 300, 1500), (12, 100, 900)))],
)  # fmt: skip
def test_shares_next_to_letters_do_not_say_how_many_answered(
    count: int, low: int, high: int, trials: int
) -> None:
    found = np.array([right(seed, count, low, high) for seed in range(trials)])
    printed, shown, chance = 100 * found.mean(axis=0)
    print(f"{count} schools of {low} to {high}: {printed:.0f} % by printed shares, {shown:.0f} %"
          f" by what is shown, {chance:.0f} % by chance")  # fmt: skip
    assert printed > chance + 25, "the attack works on printed shares"
    assert shown <= chance + (10 if trials > 10 else 16), "few trials: within what luck explains"


def test_a_share_is_moved_the_same_way_each_time_and_only_a_little() -> None:
    _printed, comparison = compared([85, 120, 140, 150, 160], 3)
    bands = bands_of(comparison.schools)
    once, again = as_shown(comparison, bands), as_shown(comparison, bands)
    assert once == again
    for figure, before in zip(once, comparison.figures, strict=True):
        for one, was in zip(figure.schools, before.schools, strict=True):
            if one.percent is not None and was.percent is not None and was.base is not None:
                assert abs(one.percent - was.percent) <= 100 * WIDTH / 2 / was.base + 1
            assert one.base == was.base
