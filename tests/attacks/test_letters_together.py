"""An authority's analyst tries to tell which school a letter is from what is said of all schools
together: shares by year group, and changes from one survey to the next.

By name the analyst knows the roll of each year group, nearly how many answered, who teaches which
years, and who took part in which survey. Next to a letter the comparison shows shares of the whole
school, and its band. Each figure over schools could join the two.

Its own generator; of the product it uses the bands, the figure and the rule.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment

from survey.disclosure.coalitions import ALIKE, SeenComparison, Tied, cell_of
from survey.disclosure.policy import STANDARD
from survey.reports.comparisons.all_schools.included_schools import (
    BOTH,
    FEW,
    MANY,
    YEARS,
    common_years,
    is_mixed,
    is_of_places,
    taken_in,
    with_years,
)
from survey.reports.comparisons.all_schools.year_group_figures import SchoolPart, together
from survey.reports.comparisons.comparison_document import ComparedSchool, SizeBand
from survey.reports.comparisons.size_bands import bands_of
from tests.attacks.test_letters import mixed, swaps

FIGURES = 100
TRIALS = 40
SHARED = 5
"""Year groups that every school teaches; schools with a sixth form teach two more."""


@dataclass(frozen=True)
class Schools:
    """As generated. `mix`: the share of each year group by name, as rolls tell it; `shares`: what
    each school prints by year group; `whole`: what is next to its letter."""

    roll: np.ndarray
    answered: np.ndarray  # school by year
    mix: np.ndarray
    shares: np.ndarray  # school by year by figure
    whole: np.ndarray  # school by figure
    slope: np.ndarray  # how a figure rises with age
    bands: list[list[int]]

    @property
    def percent(self) -> np.ndarray:
        return self.whole

    @property
    def taught(self) -> list[str]:
        return ["".join(map(str, np.flatnonzero(one))) for one in self.mix]

    def seen(self, number: int = 1) -> SeenComparison[int]:
        groups = {school: str(at) for at, band in enumerate(self.bands) for school in band}
        return SeenComparison("authority", number, groups)


def generate(seed: int, count: int, *, sixth_forms: bool = False) -> Schools:
    draw = np.random.default_rng(seed)
    years = SHARED + 2 * sixth_forms
    size = draw.integers(300, 1500, count)
    roll = draw.uniform(0.85, 1.15, (count, years)) / SHARED * size[:, None]
    if sixth_forms:
        roll[:, SHARED:] *= 0.5
        roll[draw.random(count) < 0.5, SHARED:] = 0
    rate = draw.uniform(0.6, 0.95, (count, 1)) * draw.uniform(0.93, 1.05, (count, years))
    answered = np.round(roll * rate)
    slope = draw.normal(0, 1.5, FIGURES)
    shares = (
        draw.uniform(10, 40, FIGURES)
        + draw.normal(0, 7, (count, 1, FIGURES))
        + slope * (np.arange(years)[:, None] - 2)
        + draw.normal(0, 2, (years, FIGURES))
        + draw.normal(0, 4, (count, years, FIGURES))
    )
    shares = np.clip(np.round(shares), 0, 100)
    total = answered.sum(axis=1)
    whole = np.round((shares * answered[:, :, None]).sum(axis=1) / total[:, None])
    mix = roll / roll.sum(axis=1, keepdims=True)
    return Schools(roll, answered, mix, shares, whole, slope, in_bands(total))


def in_bands(answered: Iterable[float]) -> list[list[int]]:
    numbers = [5 * round(one / 5) for one in answered]
    codes = [f"{at:03}" for at in range(len(numbers))]
    found = bands_of(
        [
            ComparedSchool(code, None, "secondary", SizeBand.UNSAID, (), number)
            for code, number in zip(codes, numbers, strict=True)
        ]
    )
    return [[codes.index(code) for code in band.codes] for band in found]


def weights(schools: Schools) -> np.ndarray:
    found = np.zeros(len(schools.bands and schools.whole), dtype=int)
    for band in schools.bands:
        found[band] = int(schools.answered[band].sum(axis=1).min())
    return found


def shown(schools: Schools, taken: Iterable[int] | None = None) -> np.ndarray:
    """Shares by year group as the product works them out, over these schools."""
    chosen = set(range(len(schools.whole)) if taken is None else taken)
    held = [part for band in schools.bands if (part := sorted(chosen.intersection(band)))]
    weigh = weights(schools)
    order = [school for part in held for school in part]
    scale = weigh[order] / weigh[order].sum()
    found = np.floor(np.tensordot(scale, schools.shares[order, :SHARED], 1) + 0.5)
    parts = [
        SchoolPart(0, len(part), int(weigh[part[0]]), int(schools.shares[part, 0, 0].sum()), 50)
        for part in held
    ]
    told = together(parts, STANDARD)
    assert told is not None
    assert abs(told[0] - found[0, 0]) <= 1, "as the product works it out, but for halves"
    return np.asarray(found)


def by_chance(schools: Schools) -> float:
    return len(schools.bands) / len(schools.whole)


def by_sums(schools: Schools, told: np.ndarray, chance: random.Random) -> float:
    """Letters guessed right by one who takes the shares by year group together to that of all, with
    the rolls and response rates known by name, and looks for the assignment that gives them."""
    total = schools.answered.sum(axis=1)
    weigh = schools.roll.sum(axis=1) * 5 * np.round(20 * total / schools.roll.sum(axis=1)) / 100
    years = (weigh[:, None] * schools.mix).sum(axis=0)
    aim = (years[:, None] * told).sum(axis=0) / years.sum()

    def misfit(found: np.ndarray) -> np.ndarray:
        joined = (weigh[:, None] * schools.whole[found]).sum(axis=-2) / weigh.sum()
        return np.asarray(((joined - aim) ** 2).sum(axis=-1))

    best, least = None, np.inf
    for _start in range(6):
        found = mixed(schools, chance)  # type: ignore[arg-type]
        for _round in range(4):
            for band in schools.bands:
                tries = np.tile(found, (len(band) ** 2, 1))
                tries[:, band] = swaps(found[band])
                found = tries[int(np.argmin(misfit(tries)))]
        if misfit(found) < least:
            best, least = found, float(misfit(found))
    return float(np.mean(best == np.arange(len(schools.whole))))


def by_mix(schools: Schools, rises: np.ndarray, seen: np.ndarray | None = None) -> float:
    """Letters guessed right by one who knows how figures go with age, and by name which year groups
    a school has: more of the older ones should move its shares as `rises` (year by figure) says."""
    expected = schools.mix @ rises
    seen = schools.whole if seen is None else seen
    right = 0
    for band in schools.bands:
        mine = seen[band] - seen[band].mean(axis=0)
        named = expected[band] - expected[band].mean(axis=0)
        cost = ((mine[None] - named[:, None]) ** 2).sum(axis=2)
        right += int((linear_sum_assignment(cost)[1] == np.arange(len(band))).sum())
    return right / len(schools.whole)


def older_too(told: np.ndarray, years: int) -> np.ndarray:
    """Shares of year groups that are not shown, from the line through those that are."""
    slope, start = np.polyfit(np.arange(SHARED), told, 1)
    older = [start + slope * year for year in range(SHARED, years)]
    return np.vstack([told, *older]) if older else told


def general_knowledge(schools: Schools, seed: int) -> np.ndarray:
    """How figures go with age, as other surveys tell: right to about seven tenths."""
    noise = np.random.default_rng(seed).normal(0, 1.05, FIGURES)
    years = np.arange(schools.mix.shape[1])[:, None] - 2
    return np.asarray(years * (0.7 * schools.slope + noise))


def mean(found: list[float]) -> float:
    return 100 * float(np.mean(found))


@pytest.mark.parametrize("count", [8, 12])
def test_sums_by_year_group_tell_letters_and_shares_weighed_by_bands_do_not(count: int) -> None:
    exact, kept, chance = [], [], []
    for seed in range(TRIALS):
        schools = generate(seed, count)
        sums = (schools.shares * schools.answered[:, :, None]).sum(axis=0)
        sums = sums / schools.answered.sum(axis=0)[:, None]
        exact.append(by_sums(schools, sums, random.Random(seed)))
        kept.append(by_sums(schools, shown(schools), random.Random(seed)))
        chance.append(by_chance(schools))
    print(f"{count}: {mean(exact):.0f} % by sums, {mean(kept):.0f} %, {mean(chance):.0f} % chance")
    assert mean(exact) > mean(chance) + 25, "the attack works on sums"
    assert mean(kept) <= mean(chance) + 10


@pytest.mark.parametrize("count", [8, 12, 30])
def test_schools_that_teach_the_same_years_are_not_told_by_their_mix(count: int) -> None:
    right, general, chance = [], [], []
    for seed in range(TRIALS):
        schools = generate(seed, count)
        right.append(by_mix(schools, shown(schools)))
        general.append(by_mix(schools, general_knowledge(schools, seed)))
        chance.append(by_chance(schools))
    print(
        f"{count}: {mean(right):.0f} %, {mean(general):.0f} % without, {mean(chance):.0f} % chance"
    )
    assert mean(right) <= mean(chance) + 10


def of_those_that_teach(schools: Schools) -> np.ndarray:
    """Shares by year group, the older ones over the schools that have them."""
    told, weigh = [*shown(schools)], weights(schools)
    for year in range(SHARED, schools.mix.shape[1]):
        held = np.flatnonzero(schools.mix[:, year])
        scale = weigh[held] / max(1, weigh[held].sum())
        told.append(np.round(scale @ schools.shares[held, year]) if held.size else told[-1])
    return np.vstack(told)


def steepest(schools: Schools, told: np.ndarray, most: int) -> np.ndarray:
    """What a reader learns of the figures that change most with age, if they are those shown: the
    worst that could be chosen."""
    found = np.zeros_like(told)
    chosen = np.argsort(-abs(schools.slope))[:most]
    found[:, chosen] = (told - told.mean(axis=0))[:, chosen]
    return found


@pytest.mark.parametrize("count", [6, 8, 12, MANY])
def test_few_schools_of_which_some_have_a_sixth_form_show_places_in_common_years(
    count: int,
) -> None:
    """Whichever schools they are of, shares by year group say how figures go with age. The reader
    then looks for the sixth forms in every band. Of all figures that finds them, and of a few
    figures too if the older years are shown; of a few figures in the years that all teach it does
    not, and it adds little for a reader who knows from elsewhere how figures go with age."""
    freely, older, kept, both, general, chance = [], [], [], [], [], []
    for seed in range(TRIALS if count == MANY else 7 * TRIALS):
        schools = generate(seed, count, sixth_forms=True)
        years = schools.mix.shape[1]
        told = older_too(shown(schools), years)
        few, known = steepest(schools, told, FEW), 0.7 * general_knowledge(schools, seed)
        freely.append(by_mix(schools, told))
        older.append(by_mix(schools, steepest(schools, of_those_that_teach(schools), FEW)))
        kept.append(by_mix(schools, few))
        both.append(by_mix(schools, np.where(few.any(axis=0), few, known)))
        general.append(by_mix(schools, known))
        chance.append(by_chance(schools))
        taught = {school: frozenset(f"y{year}" for year in one)
                  for school, one in enumerate(schools.taught)}  # fmt: skip
        shared = {f"y{year}" for year in range(SHARED)}
        assert is_of_places(taught) is (is_mixed(taught) and count < MANY)
        assert common_years(taught) == shared if is_mixed(taught) else True
        assert len(with_years(taught, taught)) == count
    print(
        f"{count}: {mean(freely):.0f} % of all figures, {mean(older):.0f} % of few with older"
        f" years, {mean(kept):.0f} % of few, {mean(both):.0f} % of few with general knowledge,"
        f" {mean(general):.0f} % with that alone, {mean(chance):.0f} % chance"
    )
    if count < MANY:
        assert max(mean(freely), mean(older)) > mean(chance) + 10, "the attack works on few schools"
    assert mean(kept) <= mean(chance) + 10
    assert mean(both) <= mean(general) + 5


def test_shares_of_those_that_print_them_tell_who_does_not() -> None:
    """The school with the smallest Year 8 prints none. Who leaves it out of the share shows how far
    it is from the others, in a hundred figures; so its band is left out as a whole."""
    right, chance = [], []
    for seed in range(TRIALS):
        schools = generate(seed, 12)
        hiding = int(np.argmin(schools.answered[:, 1]))
        band = next(one for one in schools.bands if hiding in one)
        others = [one for one in range(12) if one != hiding]
        told = shown(schools)
        told[1] = shown(schools, others)[1]
        off = told[1] - (told[0] + told[2]) / 2
        apart = schools.whole[band] - schools.whole[band].mean(axis=0)
        guess = band[int(np.argmax(-(apart * (off - off.mean())).sum(axis=1)))]
        right.append(float(guess == hiding))
        chance.append(1 / len(band))
    print(f"{mean(right):.0f} % of the schools that hide a year group, {mean(chance):.0f} % chance")
    assert mean(right) > mean(chance) + 12


@pytest.mark.parametrize("count", [8, 12])
def test_shares_weighed_by_year_next_to_letters_would_tell_them(count: int) -> None:
    """Why schools are not compared as if all had the same year groups: the share that is weighed
    so, less the plain one, says how the mix of a letter differs, and that is known by name."""
    right, sixth, chance = [], [], []
    for seed in range(TRIALS):
        for found, has in ((right, False), (sixth, True)):
            schools = generate(seed, count, sixth_forms=has)
            usual = schools.roll[:, :SHARED].sum(axis=0) / schools.roll[:, :SHARED].sum()
            weighed = np.round((schools.shares[:, :SHARED] * usual[:, None]).sum(axis=1))
            rises = general_knowledge(schools, seed)
            found.append(by_mix(schools, rises, schools.whole - weighed))
        chance.append(by_chance(schools))
    print(
        f"{count}: {mean(right):.0f} %, with sixth forms {mean(sixth):.0f} %,"
        f" {mean(chance):.0f} % chance"
    )
    assert max(mean(right), mean(sixth)) > mean(chance) + 10


def change_over(schools: Schools, taken: Iterable[int]) -> np.ndarray:
    held = np.array(sorted(taken))
    weigh = weights(schools)[held]
    return np.round((schools.whole[held] * weigh[:, None]).sum(axis=0) / weigh.sum())


@pytest.mark.parametrize("count", [8, 12, 30])
def test_a_change_over_all_but_one_school_names_that_one(count: int) -> None:
    """One school joined after the first survey. The share of the others in the second one, in whole
    per cent, is right for one letter only. So its band is left out as a whole."""
    right, chance, allowed = [], [], 0
    for seed in range(TRIALS):
        schools = generate(seed, count)
        new = seed % count
        first = SeenComparison("authority", 1, {
            school: band for school, band in schools.seen().groups.items() if school != new
        })  # fmt: skip
        band = next(one for one in schools.bands if new in one)
        told = change_over(schools, set(range(count)) - {new})
        misfit = [
            ((change_over(schools, set(range(count)) - {one}) - told) ** 2).sum() for one in band
        ]
        right.append(float(band[int(np.argmin(misfit))] == new))
        chance.append(1 / len(band))
        both = dict.fromkeys(first.groups, BOTH)
        taken = taken_in([schools.seen(2), first], [], both)
        allowed += bool(taken)
        assert not set(taken) & set(band), "its band is left out"
    print(
        f"{count}: {mean(right):.0f} %, {mean(chance):.0f} % chance; {allowed} have a change left"
    )
    assert mean(right) > 80
    assert allowed > 0 if count == 30 else True


def test_readers_with_two_surveys_and_a_second_comparison_find_no_small_group() -> None:
    """An authority compares two surveys, the second one twice because schools were late, and a
    trust compares some of its schools. With all figures of all schools together in hand, the
    groups of letters that can be told apart are no smaller than five, but where the comparisons
    by themselves tell them apart."""
    made, years = 0, frozenset("789")
    for seed in range(150):
        draw = random.Random(seed)
        size = draw.choice((8, 12, 18, 24, 30))
        bands = {school: str(draw.randrange(1 + size // 12)) for school in range(size)}
        mixes = draw.choice(([years], [years, years | {"12"}]))
        taught = {school: draw.choice(mixes) for school in range(size)}
        gone = set(draw.sample(range(size), draw.choice((0, 0, 1, 6))))
        late = set(draw.sample(range(size), draw.choice((0, 0, 5, 7))))
        first = SeenComparison("authority", 1, {s: bands[s] for s in range(size) if s not in gone})
        second = SeenComparison("authority", 2, {s: bands[s] for s in range(size) if s not in late})
        again = SeenComparison("authority", 102, bands)
        trust = SeenComparison("trust", 1, dict.fromkeys(range(size // 2), "0"))
        figures: list[tuple[SeenComparison[int], Tied[int]]] = []
        for one, half in ((first, ()), (second, ()), (again, (second,))):
            own, among = [one, *half, trust], frozenset(one.groups)
            held = {school: taught[school] for school in one.groups}
            candidates = dict.fromkeys(with_years(held, held), YEARS)
            earlier = [tied for _of, tied in figures]
            figures.append((one, Tied(among, taken_in(own, earlier, candidates))))
            if one.number > 1:
                both = {s: f"{BOTH}.{one.number}" for s in one.groups if s in first.groups}
                earlier = [tied for _of, tied in figures]
                figures.append((one, Tied(among, taken_in([*own, first], earlier, both))))
        made += sum(bool(tied.ties) for _of, tied in figures)
        always = frozenset.intersection(*(tied.among for _of, tied in figures))
        for of in (first, second, again):
            mine = [tied.ties for one, tied in figures if one is of]
            every = [tied.ties for _of, tied in figures]
            for held, ties in ((set(of.groups), mine), (set(of.groups) & always, every)):
                assert_whole(held, [of, trust], ties)
    assert made > 150


def assert_whole(
    held: set[int], comparisons: list[SeenComparison[int]], figures: list[Mapping[int, str]]
) -> None:
    """In each group of letters that readers can tell apart, the figures make one part, or parts of
    at least five."""
    groups: dict[object, Counter[object]] = {}
    for school in held:
        ties = tuple(one.get(school) for one in figures)
        groups.setdefault(cell_of(school, comparisons), Counter())[ties] += 1
    for parts in groups.values():
        assert len(parts) == 1 or min(parts.values()) >= ALIKE


def test_later_figures_are_held_against_earlier_ones() -> None:
    """Two figures that are each fine, and together leave two schools by themselves."""
    one = SeenComparison("authority", 1, dict.fromkeys(range(14), "0"))
    first = taken_in([one], [], dict.fromkeys(range(7), "a") | dict.fromkeys(range(7, 14), "b"))
    assert len(first) == 14
    shifted = dict.fromkeys(range(2, 9), "c") | dict.fromkeys([0, 1, *range(9, 14)], "d")
    assert len(taken_in([one], [], shifted)) == 14
    assert not taken_in([one], [Tied(frozenset(range(14)), first)], shifted)
