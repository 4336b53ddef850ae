"""Readers of several comparisons over the same schools put them together.

Each reader has a comparison under letters and knows by name which schools are in it and about how
many answered in each. A school's figures are the same numbers in every comparison, because they are
of one report. So the attacker finds each letter of one comparison in the other by its figures, and
guesses among the schools that are, by name, in the same comparisons and bands.

Its own generator; of the product it uses the bands and the rule.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

import numpy as np
import pytest

from survey.disclosure.coalitions import ALIKE, NAMED, SeenComparison, Tied, keeps_figures, splits
from survey.reports.comparisons.comparison_document import ComparedSchool, SizeBand
from survey.reports.comparisons.size_bands import bands_of

FIGURES = 100
TRIALS = 40


@dataclass(frozen=True)
class Reader:
    """A comparison as its reader holds it: the letters' figures in a shuffled order, and by name
    the band of each school. `letters[i]` is the school that letter i is; the reader lacks that."""

    letters: list[int]
    figures: np.ndarray
    band: dict[int, int]

    def seen(self, name: str, number: int = 1) -> SeenComparison[int]:
        return SeenComparison(name, number, {school: str(at) for school, at in self.band.items()})


def schools(seed: int, count: int) -> tuple[list[int], np.ndarray]:
    """How many answered in each school, and its published figures."""
    draw = np.random.default_rng(seed)
    responded = [5 * round(n / 5) for n in draw.integers(200, 1300, count)]
    usual = draw.uniform(5, 45, FIGURES)
    figures = np.clip(np.round(usual + draw.normal(0, 7, (count, FIGURES))), 0, 100)
    return responded, figures


def reader(
    chosen: list[int],
    responded: list[int],
    figures: np.ndarray,
    draw: random.Random,
    others: tuple[Reader, ...] = (),
    elsewhere: list[int] | None = None,
) -> Reader:
    """With `others`, bands as the product makes them after comparisons of other readers; with
    `elsewhere`, as it makes them where these schools take part in a survey of another reader."""
    letters = draw.sample(chosen, len(chosen))
    codes = {f"{school:03}": school for school in chosen}
    compared = [
        ComparedSchool(code, None, "secondary", SizeBand.UNSAID, (), responded[school])
        for code, school in codes.items()
    ]
    before = {code: tuple(one.band.get(school) for one in others) for code, school in codes.items()}
    beside = {code: school in elsewhere for code, school in codes.items()} if elsewhere else None
    found = bands_of(compared, before if others else None, beside)
    band = {codes[code]: one.at for one in found for code in one.codes}
    return Reader(letters, figures[letters], band)


def alone(one: Reader) -> float:
    """Letters that the best guess of one reader names: one of each band, whatever its size."""
    return len(set(one.band.values())) / len(one.letters)


def together(one: Reader, others: list[Reader], draw: random.Random) -> float:
    """Letters of `one` that the best guess names rightly with the comparisons of the others."""
    right = 0
    for at, school in enumerate(one.letters):
        linked = [match(one.figures[at], other) for other in others]
        bands = [None if found is None else band_of(found, other) for found, other in zip(linked, others, strict=True)]  # fmt: skip  # noqa: E501
        possible = [
            name
            for name in one.band
            if one.band[name] == one.band[school]
            and [other.band.get(name) for other in others] == bands
        ]
        right += draw.choice(possible) == school
    return right / len(one.letters)


def match(figures: np.ndarray, other: Reader) -> int | None:
    """The letter of another comparison that has the same figures."""
    far = np.abs(other.figures - figures).sum(axis=1)
    at = int(np.argmin(far))
    return at if far[at] == 0 else None


def band_of(letter: int, other: Reader) -> int:
    """The band of a letter, which its reader sees."""
    return other.band[other.letters[letter]]


SETS = {
    "one school differs": (range(12), [*range(11), 12]),
    "one school more": (range(12), range(13)),
    "four of six in common": (range(12), [0, 1, 2, 3, 12, 13]),
    "a trust of five in an authority": (range(12), range(5)),
    "half in common": (range(12), range(6, 18)),
    "the same schools": (range(12), range(12)),
    "nothing in common": (range(12), range(12, 20)),
}
MAY = {"half in common", "a trust of five in an authority", "the same schools", "nothing in common"}


@pytest.mark.parametrize("name", SETS)
def test_two_readers_together_name_no_letter_better_than_one_alone(name: str) -> None:
    first, second = (list(one) for one in SETS[name])
    freely, joined, chances, allowed = [], [], [], 0
    for seed in range(TRIALS):
        draw = random.Random(seed)
        responded, figures = schools(seed, 20)
        one = reader(first, responded, figures, draw)
        free = reader(second, responded, figures, draw)
        freely.append(max(gain(one, free, draw), gain(free, one, draw)))
        one = reader(first, responded, figures, draw, elsewhere=second)
        other = reader(second, responded, figures, draw, (one,))
        if splits([one.seen("first")], other.seen("second")):
            continue
        allowed += 1
        joined += [together(one, [other], draw), together(other, [one], draw)]
        chances += [max(alone(one), alone(other))] * 2
    print(f"{name}: {100 * np.mean(freely):.0f} points gained without the rule; {allowed} allowed")
    if allowed:
        print(f"   {100 * np.mean(joined):.0f} % right, {100 * np.mean(chances):.0f} % by chance")
        assert np.mean(joined) <= np.mean(chances) + 0.1
    if name not in MAY:
        assert allowed == 0
        assert np.mean(freely) > 0.05, "the attack works without the rule"
    else:
        assert allowed > 0


def gain(one: Reader, other: Reader, draw: random.Random) -> float:
    return together(one, [other], draw) - alone(one)


def test_bands_made_apart_name_letters_and_bands_made_together_do_not() -> None:
    """The same schools, but others had answered more by the second survey: where its bands are cut
    elsewhere, schools between the two cuts are named."""
    apart, refused = [], 0
    for seed in range(TRIALS):
        draw = random.Random(seed)
        responded, figures = schools(seed, 18)
        later = [max(200, n + draw.randrange(-200, 200)) for n in responded]
        everyone = list(range(18))
        one = reader(everyone, responded, figures, draw)
        free = reader(everyone, later, figures, draw)
        apart.append(gain(one, free, draw))
        refused += bool(splits([one.seen("first")], free.seen("second")))
        joined = reader(everyone, later, figures, draw, (one,))
        assert not splits([one.seen("first")], joined.seen("second"))
    assert np.mean(apart) > 0.1
    assert refused > TRIALS / 2


def test_a_third_reader_is_held_against_both_others() -> None:
    """Two comparisons that are open to each other, and a third that is open to each alone."""
    group = dict.fromkeys(range(20), "0")
    first = SeenComparison("first", 1, group)
    second = SeenComparison("second", 1, dict.fromkeys(range(10), "0"))
    third = SeenComparison("third", 1, dict.fromkeys([*range(5, 15)], "0"))
    assert not splits([first], second)
    assert not splits([first], third)
    assert not splits([second], third)
    assert splits([first, second], SeenComparison("third", 1, dict.fromkeys([*range(7, 17)], "0")))


def test_a_school_that_is_named_to_one_reader_is_named_to_all() -> None:
    first = SeenComparison("first", 1, dict.fromkeys(range(9), "0"))
    named = SeenComparison("second", 1, {**dict.fromkeys(range(4), NAMED), 9: NAMED})
    assert not splits([first], named), "five are left without a name"
    more = SeenComparison("second", 1, {**dict.fromkeys(range(5), NAMED), 9: NAMED})
    (found,) = splits([first], more)
    assert found.parts == (frozenset({5, 6, 7, 8}),)


def test_figures_of_one_reader_count_for_the_letters_of_another() -> None:
    """A trust says by name which schools share a place; the authority has their letters."""
    authority = SeenComparison("authority", 1, dict.fromkeys(range(12), "0"))
    trust = SeenComparison("trust", 1, dict.fromkeys(range(6), "0"))
    assert not splits([authority], trust)

    def stops(of: SeenComparison[int], schools: int) -> Tied[int]:
        return Tied(frozenset(of.groups), dict.fromkeys(range(schools), "stops"))

    assert keeps_figures([authority, trust], [], stops(authority, 6))
    assert keeps_figures([authority, trust], [stops(trust, 6)], stops(authority, 12))
    assert not keeps_figures([authority, trust], [], stops(authority, 5))
    # Alone it is fine for the authority: five and seven. With the trust it leaves one school.
    assert keeps_figures([authority], [], stops(authority, 5))
    # A figure that was made before the trust compares its schools counts too.
    assert splits([authority], trust, [dict.fromkeys(range(1, 7), "stops")])


def test_two_comparisons_are_the_same_whichever_school_of_a_cell_has_which_letter() -> None:
    """No attack can tell assignments apart that give exactly the same view."""
    responded, figures = schools(3, 18)
    draw = random.Random(3)
    one = reader(list(range(12)), responded, figures, draw, elsewhere=list(range(6, 18)))
    other = reader(list(range(6, 18)), responded, figures, draw, (one,))
    cells: dict[object, list[int]] = {}
    for school in range(18):
        cells.setdefault((one.band.get(school), other.band.get(school)), []).append(school)
    for cell in cells.values():
        turned = dict(zip(cell, [*cell[1:], cell[0]], strict=True))
        for view in (one, other):
            names = [turned.get(school, school) for school in view.letters]
            assert {view.band[name] for name in names if name in cell} <= {
                view.band[name] for name in view.letters if name in cell
            }
            assert set(names) == set(view.letters)


def test_the_rule_needs_five() -> None:
    group = SeenComparison("first", 1, dict.fromkeys(range(12), "0"))
    for shared in range(1, 12):
        new = SeenComparison("second", 1, {**dict.fromkeys(range(shared), "0"), **dict.fromkeys(range(50, 56), "0")})  # fmt: skip  # noqa: E501
        is_open = ALIKE <= shared <= 12 - ALIKE
        assert bool(splits([group], new)) is not is_open, shared
