"""An authority's analyst tries to tell which school a letter is.

Next to a letter the comparison shows the school's share of each place and its band. By name the
analyst knows the roll and the response rate to the nearest 5 %, so nearly how many answered. Shared
places give a figure over schools by name. The best guess is the assignment of names to letters,
within bands, under which the figures come out nearest to those shown.

Its own generator; of the product it uses the bands and the figure, and, for what was shown before,
the sum as it was.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations, product

import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment

from survey.disclosure.coalitions import ALIKE, SeenComparison, Tied, keeps_figures
from survey.disclosure.figures import Figure, HiddenReason, Status
from survey.disclosure.policy import STANDARD
from survey.reports.comparisons.comparison_document import (
    ComparedFigure,
    ComparedSchool,
    Printed,
    SchoolFigure,
    SizeBand,
)
from survey.reports.comparisons.named_figures_and_letters import share_of, weigh
from survey.reports.comparisons.size_bands import Band, bands_of
from survey.reports.comparisons.statistics.funnel_limits import read_funnel
from survey.reports.school.report_data import EVERYONE, Share

TRIALS = 60
STARTS = 8


@dataclass(frozen=True)
class Authority:
    """Schools as generated; `letters[i]` is the school that letter i is."""

    roll: list[int]
    responded: list[int]
    percent: np.ndarray  # school by place
    base: np.ndarray
    count: np.ndarray
    bands: list[list[int]]
    weights: list[int]


def generate(seed: int, schools: int, places: int) -> Authority:
    draw = random.Random(seed)
    roll = [draw.randrange(300, 1500) for _ in range(schools)]
    responded = [5 * round(n * draw.uniform(0.6, 0.95) / 5) for n in roll]
    usual = [draw.uniform(0.1, 0.4) for _ in range(places)]
    base = np.zeros((schools, places), dtype=int)
    count = np.zeros((schools, places), dtype=int)
    for school, place in product(range(schools), range(places)):
        base[school, place] = 5 * round(responded[school] * draw.uniform(0.85, 0.97) / 5)
        share = min(0.9, max(0.03, usual[place] + draw.gauss(0, 0.07)))
        count[school, place] = 5 * round(base[school, place] * share / 5)
    codes = [f"{at:02}" for at in range(schools)]
    compared = [
        ComparedSchool(code, None, "secondary", SizeBand.UNSAID, (), number)
        for code, number in zip(codes, responded, strict=True)
    ]
    found = bands_of(compared)
    weights = weigh(found, dict(zip(codes, responded, strict=True)))
    percent = (200 * count + base) // (2 * base)
    bands = [[codes.index(code) for code in band.codes] for band in found]
    return Authority(roll, responded, percent, base, count, bands, [weights[c] for c in codes])


def known_bases(authority: Authority) -> np.ndarray:
    """What the analyst knows of each name: its roll, times its response rate to the nearest 5 %."""
    rates = [
        5 * round(20 * n / roll)
        for n, roll in zip(authority.responded, authority.roll, strict=True)
    ]
    return np.array([roll * rate / 100 for roll, rate in zip(authority.roll, rates, strict=True)])


def guess(authority: Authority, shown: np.ndarray, chance: random.Random) -> float:
    """The share of letters guessed right: band by band the assignment that fits best, the others
    held at the best so far, until nothing improves, from several starts."""
    weights = known_bases(authority)

    def misfit(found: np.ndarray) -> np.ndarray:
        shares = authority.percent[found]  # assignment by name by place
        told = (weights[:, None] * shares).sum(axis=-2) / weights.sum()
        return np.asarray(((told - shown) ** 2).sum(axis=-1))

    def improve(best: np.ndarray) -> np.ndarray:
        for _round in range(4):
            for band in authority.bands:
                tries = list(permutations(best[band])) if len(band) <= 6 else swaps(best[band])
                found = np.tile(best, (len(tries), 1))
                found[:, band] = tries
                chosen = found[int(np.argmin(misfit(found)))]
                best = chosen if misfit(chosen) < misfit(best) - 1e-12 else best
        return best

    found = [improve(mixed(authority, chance)) for _start in range(STARTS)]
    best = min(found, key=lambda one: float(misfit(one)))
    return float(np.mean(best == np.arange(len(best))))


def mixed(authority: Authority, chance: random.Random) -> np.ndarray:
    """Any assignment of names to letters, within bands."""
    order = np.arange(len(authority.roll))
    for band in authority.bands:
        order[band] = chance.sample(band, len(band))
    return order


def swaps(band: np.ndarray) -> list[tuple[int, ...]]:
    found = []
    for one, other in product(range(len(band)), repeat=2):
        changed = band.copy()
        changed[[one, other]] = changed[[other, one]]
        found.append(tuple(changed))
    return found


def by_chance(authority: Authority) -> float:
    """Of each band one letter is right on average, whatever its size."""
    return len(authority.bands) / len(authority.roll)


def sums(authority: Authority) -> np.ndarray:
    """As shared places showed it: the sum of counts, of the sum of bases."""
    return 100 * authority.count.sum(axis=0) / authority.base.sum(axis=0)


def shares(authority: Authority) -> np.ndarray:
    """As shared places show it."""
    return np.array([together(authority, place) for place in range(authority.percent.shape[1])])


def together(authority: Authority, place: int) -> int:
    given = [
        (printed(authority, school, place), authority.weights[school])
        for school in range(len(authority.roll))
    ]
    share = share_of(given, STANDARD)
    assert share is not None
    return share


def printed(authority: Authority, school: int, place: int) -> Share:
    figure = Figure(
        Status.SHOWN,
        count=int(authority.count[school, place]),
        percent=int(authority.percent[school, place]),
    )
    base = int(authority.base[school, place])
    return Share("D1", "feel_unsafe", EVERYONE, figure, base, HiddenReason.NONE, 20, 5)


def told(shown, schools: int, places: int) -> tuple[float, float]:
    """(letters guessed right, by chance) in per cent, over many authorities."""
    right, chance = [], []
    for seed in range(TRIALS):
        authority = generate(seed, schools, places)
        right.append(guess(authority, shown(authority), random.Random(seed)))
        chance.append(by_chance(authority))
    return 100 * float(np.mean(right)), 100 * float(np.mean(chance))


@pytest.mark.parametrize("schools", [8, 12])
@pytest.mark.parametrize("places", [1, 3, 5, 7])
def test_sums_of_counts_told_letters(schools: int, places: int):
    """The attack works on what was shown: without that, the next test would say nothing."""
    right, chance = told(sums, schools, places)
    print(f"{schools} schools, sums of {places}: {right:.0f} % right, {chance:.0f} % by chance")
    assert right > chance + (25 if places >= 5 else 0)


@pytest.mark.parametrize("schools", [8, 12])
@pytest.mark.parametrize("places", [1, 3, 5, 7])
def test_shares_weighed_by_bands_tell_no_letter(schools: int, places: int):
    right, chance = told(shares, schools, places)
    print(f"{schools} schools, {places} places: {right:.0f} % right, {chance:.0f} % by chance")
    assert right <= chance + 10


def test_the_figure_is_the_same_whichever_school_of_a_band_has_which_letter():
    """No attack can tell assignments apart that give exactly the same figures."""
    authority = generate(1, 8, 7)
    before = shares(authority)
    for band in authority.bands:
        turned = [*band[1:], band[0]]
        for field in (authority.count, authority.base, authority.percent):
            field[band] = field[turned]
    assert (shares(authority) == before).all()


def test_figures_over_some_schools_leave_groups_to_guess_in():
    """The schools of a figure are named. However many figures are made, as long as
    the rule allows them, the best guess is at most 10 points above chance."""
    for seed in range(200):
        draw = random.Random(seed)
        schools = {uuid.UUID(int=at): draw.randrange(3) for at in range(40)}
        compared = SeenComparison("", 1, {school: str(band) for school, band in schools.items()})
        allowed: list[dict[uuid.UUID, str]] = []
        for _place in range(7):
            by_band = {band: draw.choice(("", "stops", "parks")) for band in range(3)}
            ties = {}
            for one, band in schools.items():
                key = by_band[band] if draw.random() < 0.9 else draw.choice(("", "stops"))
                if key:
                    ties[one] = key
            among = frozenset(schools)
            if keeps_figures([compared], [Tied(among, one) for one in allowed], Tied(among, ties)):
                allowed.append(ties)
        groups: dict[tuple[object, ...], int] = {}
        for one, band in schools.items():
            name = (band, *(ties.get(one) for ties in allowed))
            groups[name] = groups.get(name, 0) + 1
        bands = set(schools.values())
        assert len(groups) / len(schools) <= len(bands) / len(schools) + 0.1


def later(authority: Authority, seed: int, before: bool) -> Authority:
    """The same schools a year later: others answered, figures moved a little, letters are new. With
    `before` the bands are made as the product makes them after an earlier comparison."""
    draw = random.Random(1000 + seed)
    responded = [5 * round(n * draw.uniform(0.6, 0.95) / 5) for n in authority.roll]
    noise = np.random.default_rng(seed).normal(0, 3, authority.percent.shape)
    percent = np.clip(np.round(authority.percent + noise), 0, 100)
    codes = [f"{at:02}" for at in range(len(responded))]
    compared = [
        ComparedSchool(code, None, "secondary", SizeBand.UNSAID, (), number)
        for code, number in zip(codes, responded, strict=True)
    ]
    held = {codes[at]: (number,) for number, band in enumerate(authority.bands) for at in band}
    bands = [
        [codes.index(code) for code in band.codes]
        for band in bands_of(compared, held if before else None)
    ]
    return Authority(authority.roll, responded, percent, authority.base, authority.count, bands, [])


def followed(first: Authority, second: Authority, draw: random.Random) -> float:
    """Letters guessed right by a reader who follows each letter from one survey to the next by its
    figures, and knows by name in which band each school was in both."""
    letters = draw.sample(range(len(first.roll)), len(first.roll))
    far = np.abs(first.percent[:, None] - second.percent[letters][None]).sum(axis=2)
    _same, at = linear_sum_assignment(far)
    linked = [letters[one] for one in at]  # by letter of the first survey, that of the second

    def bands(one: int, other: int) -> tuple[int, int]:
        return tuple(
            next(at for at, band in enumerate(authority.bands) if school in band)
            for authority, school in ((first, one), (second, other))
        )

    names: dict[tuple[int, int], list[int]] = {}
    for school in range(len(first.roll)):
        names.setdefault(bands(school, school), []).append(school)
    right = [draw.choice(names.get(bands(one, linked[one]), [-1])) == one for one in range(len(at))]
    return float(np.mean(right))


@pytest.mark.parametrize("schools", [8, 12, 30])
def test_letters_followed_over_two_surveys(schools: int):
    """Bands made again each time named the schools that changed band between two surveys."""
    found: dict[bool, list[float]] = {True: [], False: []}
    chance = []
    for seed in range(TRIALS):
        first = generate(seed, schools, 40)
        chance.append(by_chance(first))
        for before, told_right in found.items():
            second = later(first, seed, before)
            told_right += [followed(first, second, random.Random(at)) for at in range(20)]
    anew, joined = (100 * float(np.mean(found[before])) for before in (False, True))
    by_luck = 100 * float(np.mean(chance))
    print(f"{schools} schools: {anew:.0f} % with new bands, {joined:.0f} %, {by_luck:.0f} % chance")
    assert joined <= by_luck + 10
    assert anew > joined + 5, "the attack works on bands that are made anew"


def test_later_bands_only_join_earlier_ones():
    for seed in range(40):
        first = generate(seed, 24, 1)
        second = later(first, seed, before=True)
        for band in first.bands:
            assert len([one for one in second.bands if set(one) & set(band)]) == 1


def test_one_school_more_or_less_is_refused():
    schools = [uuid.UUID(int=at) for at in range(2 * ALIKE)]
    compared = [SeenComparison("", 1, dict.fromkeys(schools, "0"))]

    def taking(held: Sequence[uuid.UUID]) -> Tied[uuid.UUID]:
        return Tied(frozenset(schools), dict.fromkeys(held, "stops"))

    half, shifted = taking(schools[:ALIKE]), taking(schools[1 : ALIKE + 1])
    assert keeps_figures(compared, [taking(schools)], half)
    assert not keeps_figures(compared, [], taking(schools[: ALIKE - 1]))
    assert keeps_figures(compared, [], shifted)
    assert not keeps_figures(compared, [half], shifted)


def test_a_school_that_joined_is_in_the_figures_of_the_next_survey():
    """All eight schools of a band share a place; a ninth joins. A figure over all letters of a band
    follows from the letters alone, so the next one may take in nine, and may not leave out one."""
    first = SeenComparison("", 1, dict.fromkeys(range(8), "0"))
    second = SeenComparison("", 2, dict.fromkeys(range(9), "0"))
    before = Tied(frozenset(range(8)), dict.fromkeys(range(8), "stops"))
    everyone = Tied(frozenset(range(9)), dict.fromkeys(range(9), "stops"))
    assert keeps_figures([first, second], [before], everyone)
    without = Tied(frozenset(range(9)), dict.fromkeys(range(8), "stops"))
    assert not keeps_figures([first, second], [before], without)
    # One school left as well: it is none that the second figure leaves out.
    moved = SeenComparison("", 2, dict.fromkeys(range(1, 9), "0"))
    of_moved = Tied(frozenset(range(1, 9)), dict.fromkeys(range(1, 9), "stops"))
    assert keeps_figures([first, moved], [before], of_moved)


def test_figures_of_two_surveys_single_out_no_school_that_is_in_both():
    """Of ten schools the first leaves, and another joins. Each figure takes in five and leaves
    five; together they would leave one school by itself among those in both surveys."""
    first = SeenComparison("", 1, dict.fromkeys(range(10), "0"))
    second = SeenComparison("", 2, dict.fromkeys(range(1, 11), "0"))
    early = Tied(frozenset(range(10)), dict.fromkeys(range(5), "stops"))
    late = Tied(frozenset(range(1, 11)), dict.fromkeys(range(6, 11), "stops"))
    assert keeps_figures([first], [], early)
    assert keeps_figures([second], [], late)
    assert not keeps_figures([first, second], [early], late)


PLACES = 15
LACKS = 0.1
"""How likely a school does not have a place."""


def of_places(authority: Authority, seed: int) -> tuple[np.ndarray, list[tuple[str, ...]]]:
    """Which places each school has, and what is next to the letters: of each place, the letters
    that have a share."""
    has = np.random.default_rng(seed).random((len(authority.roll), PLACES)) >= LACKS
    codes = [f"{at:02}" for at in range(len(authority.roll))]
    bands = [Band(at, None, None, tuple(codes[one] for one in held), (None,) * len(held))
             for at, held in enumerate(authority.bands)]  # fmt: skip
    given = []
    for place in range(PLACES):
        found = [
            SchoolFigure(code, Printed.SHOWN, 100, 20, 20, low=0, high=100)
            if has[school, place]
            else SchoolFigure(code, Printed.NOT_ASKED)
            for school, code in enumerate(codes)
        ]
        number = int(has[:, place].sum())
        figure = ComparedFigure("D1", "feel_unsafe", tuple(found), number, 20, 20, 20, 20, 100)
        standings = read_funnel(figure, bands).standings
        given.append(tuple(one.school for one in standings if one.is_given))
    return has, given


@pytest.mark.parametrize("schools", [8, 12, 30])
def test_who_knows_which_places_each_school_has_tells_no_letter(schools: int) -> None:
    """Within its band a letter is the school whose places are those that have a share."""
    right, before, chance = [], [], []
    for seed in range(TRIALS):
        authority = generate(seed, schools, 1)
        has, given = of_places(authority, seed)
        codes = [f"{at:02}" for at in range(schools)]
        shown = np.array([[code in one for one in given] for code in codes])
        for seen, found in ((shown, right), (has, before)):
            hits = 0.0
            for band in authority.bands:
                for letter in band:
                    alike = [one for one in band if (has[one] == seen[letter]).all()] or band
                    hits += (letter in alike) / len(alike)
            found.append(hits / schools)
        chance.append(by_chance(authority))
    told, was, luck = (100 * float(np.mean(one)) for one in (right, before, chance))
    print(f"{schools} schools: {was:.0f} % by places, {told:.0f} % now, {luck:.0f} % by chance")
    assert was > luck + 30, "the attack works on what was shown"
    assert told <= luck + 10
