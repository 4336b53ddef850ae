"""Are the claims of a report true? Schools with a known truth, and what a report would say of them.

Everything is generated here, in four ways (`SCHOOLS`): every share the same; shares of all sizes;
rare ones, where a count under 5 is not printed; and a few classes that differ from all others.
Answers of one class resemble each other by the stated design effect. Counts and bases are rounded
to the nearest 5, as a report prints them, and judged by two rules:

- "before": the highest year group is named if its 95 % interval is above that of any other
  year group, each figure judged alone;
- "now": `survey.reports.school.group_claims`, each year group against the rest of the school, all
  figures of a report together.

Further tables: who answers (a plain share of the whole school against one weighed by the roll, and
changes marked where only the mix of year groups changed), and three views of places that students
and staff put in the same true order.

Run `python -m benchmarks.honesty` (a minute); `--schools 4000` leaves less to chance (the standard
error of 5 % is then 0.34) and takes ten. `--claims` makes the first two tables alone.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from random import Random
from typing import TypeVar

import numpy as np

from survey.disclosure.figures import Figure, HiddenReason, Status, wilson
from survey.reports.school.group_claims import Sample, claims_among, contrast
from survey.reports.school.non_response import RollPart, Weighed, weigh
from survey.reports.school.panels_and_blocks import EVERYONE, Share
from survey.reports.trends.change import USUAL, OnOneRoll, direction, interval

YEARS, ROLL, ANSWERED, CLASS = 7, 130, 0.8, 26
PLACES = 15
TRUE_YEAR = 2
"""The year group that differs, in schools where one does."""

FEWEST = 5
"""Counts under it are not printed."""


@dataclass(frozen=True)
class Kind:
    """A kind of school. `shares`: between which the share of each figure is, the same in all year
    groups; `apart`: the share of classes that differ from all others, or 0 where all classes
    differ a little (a beta-binomial distribution)."""

    name: str
    shares: tuple[float, float]
    classes: int
    size: int
    answered: float = 1.0
    figures: int = 60
    apart: float = 0.0


SCHOOLS = (
    Kind("one share", (0.2, 0.2), classes=ROLL // CLASS, size=CLASS, answered=ANSWERED, figures=59),
    Kind("all shares", (0.05, 0.5), classes=6, size=21),
    Kind("rare", (0.02, 0.2), classes=6, size=21),
    Kind("few classes", (0.05, 0.5), classes=6, size=21, apart=0.1),
)

Counts = list[tuple[int, int]]
"""(count, base) of each year group, rounded."""


@dataclass(frozen=True)
class Named:
    """What one rule names in one report: (figure, year group) pairs."""

    pairs: frozenset[tuple[int, int]]

    def any_place_card(self) -> bool:
        return any(figure < 3 for figure, _year in self.pairs)

    def any_at_a_place(self) -> bool:
        return any(figure < PLACES for figure, _year in self.pairs)


N = TypeVar("N", int, np.ndarray)


def rounded(number: N) -> N:
    return (number + 2) // 5 * 5


def before(figures: list[Counts]) -> Named:
    """The highest year group, where its interval is above that of any other."""
    found = set()
    for at, counts in enumerate(figures):
        worst = max(range(YEARS), key=lambda year: counts[year][0] / counts[year][1])
        low = wilson(*counts[worst])[0]
        if any(low > wilson(*one)[1] for one in counts):
            found.add((at, worst))
    return Named(frozenset(found))


def now(figures: list[Counts]) -> Named:
    """Each year group against the rest, all figures of the report together."""
    contrasts = {}
    for at, counts in enumerate(figures):
        whole = Sample(
            rounded(sum(count for count, _ in counts)),
            rounded(sum(base for _, base in counts)), 5, 5
        )  # fmt: skip
        for year, (count, base) in enumerate(counts):
            if count >= FEWEST and (one := contrast(Sample(count, base, 5, 5), whole)):
                contrasts[at, year] = one
    return Named(claims_among(contrasts))


RULES = {"before": before, "now": now}

BATCH = 50
"""Schools that are drawn at once."""


def schools(
    kind: Kind, count: int, effect: float, more: float, seed: int
) -> Iterator[list[Counts]]:
    """Reports; `more`: how far one year group is above the others at two places."""
    random = np.random.default_rng(seed)
    for _batch in range(0, count, BATCH):
        counts, bases = drawn_reports(random, kind, effect, more)
        for report in range(BATCH):
            figures = [
                list(zip(ours.tolist(), bases[report].tolist(), strict=True))
                for ours in counts[report]
            ]
            # The three cards are the three places with the highest figures of the whole school.
            if not more:
                order = sorted(range(PLACES), key=lambda at: -sum(one for one, _ in figures[at]))
                figures[:PLACES] = [figures[at] for at in order]
            yield figures


def drawn_reports(
    random: np.random.Generator, kind: Kind, effect: float, more: float
) -> tuple[np.ndarray, np.ndarray]:
    """Rounded counts by school, figure and year group, and the bases by school and year group."""
    shape = (BATCH, kind.figures, YEARS, kind.classes)
    share = np.repeat(random.uniform(*kind.shares, shape[:2])[..., None], YEARS, 2)
    share[:, :2, TRUE_YEAR] = np.minimum(0.95, share[:, :2, TRUE_YEAR] + more)
    share = np.broadcast_to(share[..., None], shape)
    people = random.binomial(kind.size, kind.answered, (BATCH, 1, YEARS, kind.classes))
    alike = (effect - 1) / (kind.size * kind.answered - 1)
    chances = share
    if alike and kind.apart:
        apart = kind.apart
        step = np.sqrt(alike * share * (1 - share) / (apart * (1 - apart)))
        is_apart = random.random(shape) < apart
        chances = np.clip(share + np.where(is_apart, 1 - apart, -apart) * step, 0, 1)
    elif alike:
        spread = 1 / alike - 1
        chances = random.beta(share * spread, (1 - share) * spread)
    counts = random.binomial(np.broadcast_to(people, shape), chances).sum(axis=3)
    return rounded(counts), rounded(people.sum(axis=3)[:, 0])


def false_claims(kind: Kind, count: int, effect: float) -> Mapping[str, tuple[float, ...]]:
    """Per cent of reports with a false claim: on a place card, at any place, anywhere."""
    found = {rule: [0, 0, 0] for rule in RULES}
    for figures in schools(kind, count, effect, 0.0, seed=round(effect * 100)):
        for rule, judge in RULES.items():
            named = judge(figures)
            found[rule][0] += named.any_place_card()
            found[rule][1] += named.any_at_a_place()
            found[rule][2] += bool(named.pairs)
    return {rule: tuple(100 * one / count for one in numbers) for rule, numbers in found.items()}


def power(kind: Kind, count: int, effect: float, more: float) -> Mapping[str, float]:
    """Per cent of true differences that are named."""
    found = dict.fromkeys(RULES, 0)
    for figures in schools(kind, count, effect, more, seed=round(effect * 100 + more * 1000)):
        for rule, judge in RULES.items():
            pairs = judge(figures).pairs
            found[rule] += sum((at, TRUE_YEAR) in pairs for at in range(2))
    return {rule: 100 * one / (2 * count) for rule, one in found.items()}


UNEVEN = (0.95, 0.9, 0.85, 0.75, 0.6, 0.45, 0.3)
"""How many of each year group answer, the youngest first."""

EVEN = (0.8,) * YEARS
FALLING = (0.35, 0.3, 0.25, 0.2, 0.15, 0.12, 0.1)
"""A share that falls with age."""


def drawn(random: Random, effect: float, answered: tuple[float, ...]) -> list[RollPart]:
    """A figure of a school as printed, by year group, where so many of each answer."""
    correlation = max((effect - 1) / (CLASS * ANSWERED - 1), 1e-9)
    spread = 1 / correlation - 1
    found = []
    for share, part in zip(FALLING, answered, strict=True):
        count = base = 0
        for _class in range(ROLL // CLASS):
            chance = random.betavariate(share * spread, (1 - share) * spread)
            here = sum(random.random() < part for _ in range(CLASS))
            count += sum(random.random() < chance for _ in range(here))
            base += here
        found.append(
            RollPart(ROLL, rounded(count), max(5, rounded(base)), max(5, rounded(base)), 5)
        )
    return found


def whole(parts: list[RollPart]) -> Share:
    """The figure of the whole school as a report prints it."""
    count, base = (rounded(round(sum(getattr(one, name) for one in parts)))
                   for name in ("count", "base"))  # fmt: skip
    figure = Figure(Status.SHOWN, count=count, percent=round(100 * count / base))
    return Share("T", "yes", EVERYONE, figure, base, HiddenReason.NONE, 20, 5, (base - 5, base + 5))


def who_answers(count: int, effect: float) -> tuple[float, float, float, float]:
    """Mean error of the plain and of the weighed share, in points; and per cent of figures marked
    as changed by the plain rule and on one roll, where only the mix of year groups changed."""
    random, truth = Random(round(effect * 100) + 7), sum(FALLING) / YEARS
    errors, marks = [0.0, 0.0], [0, 0]
    for _school in range(10 * count):
        before, now = drawn(random, effect, EVEN), drawn(random, effect, UNEVEN)
        both = [whole(before), whole(now)]
        weighed = [Weighed(*weigh(one), share.figure.percent or 0)
                   for one, share in zip((before, now), both, strict=True)]  # fmt: skip
        errors[0] += abs((both[1].figure.percent or 0) - 100 * truth)
        errors[1] += abs(100 * weighed[1].share - 100 * truth)
        plain = direction(*both, interval(*both)) != 0
        rolled = OnOneRoll(*weighed)
        low, high = rolled.interval(USUAL)
        marks[0] += plain
        marks[1] += (low > 0 or high < 0) if rolled.matters else plain
    runs = 10 * count
    return (*(one / runs for one in errors), *(100 * one / runs for one in marks))


def same_order(count: int, staff: int) -> tuple[float, float]:
    """Per cent of pages that name a disagreement where students and staff have one true order:
    by the first three of each, as before, and where both are clear, as now."""
    random, found = Random(staff), [0, 0]
    for _page in range(4 * count):
        shares = {}
        for who, people in (("students", 700), ("staff", staff)):
            for at in range(8):
                true = 0.3 - 0.03 * at
                named = sum(random.random() < true for _ in range(people))
                shares[who, at] = _printed(named, people)
        first = [_first(shares, who) for who in ("students", "staff")]
        found[0] += first[0] != first[1]
        found[1] += any(
            shares["students", one].is_clearly_above(shares["students", other])
            and shares["staff", other].is_clearly_above(shares["staff", one])
            for one in range(8)
            for other in range(8)
            if {shares["staff", one].figure.status, shares["staff", other].figure.status}
            == {Status.SHOWN}
        )
    return 100 * found[0] / (4 * count), 100 * found[1] / (4 * count)


def _printed(named: int, people: int) -> Share:
    base = rounded(people)
    figure = Figure(Status.SHOWN, count=rounded(named), percent=round(100 * rounded(named) / base))
    if named < 5:
        figure = Figure(Status.FEWER_THAN, limit=5, under=-(-500 // base))
    return Share("T", "yes", EVERYONE, figure, base, HiddenReason.NONE, 20, 5, (base - 2, base + 2))


def _first(shares: Mapping[tuple[str, int], Share], who: str) -> frozenset[int]:
    ranks = {at: shares[who, at].rank for at in range(8)}
    return frozenset(
        at
        for at, rank in ranks.items()
        if rank >= 0 and sum(other > rank for other in ranks.values()) < 3
    )


def print_claims(count: int, effects: tuple[float, ...]) -> None:
    print(f"{count} schools a line; nothing differs between year groups;")
    print("per cent of reports that say it does")
    print(f"{'schools':>12} {'effect':>7} {'rule':>8} {'a place card':>14}", end="")
    print(f" {'any place':>11} {'anywhere':>10}")
    for kind in SCHOOLS:
        for effect in effects:
            for rule, (card, place, anywhere) in false_claims(kind, count, effect).items():
                print(f"{kind.name:>12} {effect:>7} {rule:>8} {card:>14.1f}", end="")
                print(f" {place:>11.1f} {anywhere:>10.1f}", flush=True)
    print("one year group differs at two places; per cent of these that are named")
    print(f"{'schools':>12} {'effect':>7} {'rule':>8} {'+10 points':>12} {'+20':>7} {'+30':>7}")
    for kind in SCHOOLS:
        for effect in effects:
            found = [power(kind, max(BATCH, count // 4), effect, more) for more in (0.1, 0.2, 0.3)]
            for rule in RULES:
                print(f"{kind.name:>12} {effect:>7} {rule:>8} {found[0][rule]:>12.1f}", end="")
                print(f" {found[1][rule]:>7.1f} {found[2][rule]:>7.1f}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--schools", type=int, default=100)
    parser.add_argument("--claims", action="store_true")
    parser.add_argument("--effects", type=float, nargs="+", default=[1.0, 1.5, 2.0])
    asked = parser.parse_args()
    count = -(-asked.schools // BATCH) * BATCH
    print_claims(count, tuple(asked.effects))
    if asked.claims:
        return
    print("95 % of the youngest answer and 30 % of the oldest: mean error of a share in points;")
    print("80 % of all answered before and nothing changed: per cent of figures marked")
    print(f"{'design effect':>14} {'plain':>8} {'weighed':>14} {'plain':>11} {'one roll':>10}")
    for effect in (1.0, 1.5, 2.0):
        plain, on_roll, before_marks, marks = who_answers(count, effect)
        print(f"{effect:>14} {plain:>8.1f} {on_roll:>14.1f} {before_marks:>11.1f} {marks:>10.1f}")
    print("students and staff have one true order of places: per cent of pages that say otherwise")
    print(f"{'staff':>14} {'before':>8} {'now':>14}")
    for staff in (25, 40, 80):
        old, new = same_order(count, staff)
        print(f"{staff:>14} {old:>8.1f} {new:>14.1f}")


if __name__ == "__main__":
    main()
