"""Are the claims of a report true? Schools with a known truth, and what a report would say of them.

Everything is generated here: a school of seven year groups of 130, of whom 80 in 100 answer, in
classes of 26. Answers of one class resemble each other by the stated design effect (a beta-binomial
of that correlation). 15 places and 44 further figures are counted and rounded to the nearest 5,
as a report prints them, and judged by two rules:

- "before": the highest year group is named if its 95 % interval is above that of any other
  year group, each figure judged alone;
- "now": `survey.reports.school.group_claims`, each year group against the rest of the school, all
  figures of a report together.

Run `python -m benchmarks.honesty` (some seconds); `--schools 400` leaves less to chance.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from random import Random

from survey.disclosure.figures import wilson
from survey.reports.school.group_claims import Sample, claims_among, contrast

YEARS, ROLL, ANSWERED, CLASS = 7, 130, 0.8, 26
PLACES, OTHERS = 15, 44
SHARE = 0.2
TRUE_YEAR = 2
"""The year group that differs, in schools where one does."""

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


def figure_of(random: Random, effect: float, shares: list[float]) -> Counts:
    """One figure of a school: each year group's count and base, rounded to the nearest 5."""
    correlation = (effect - 1) / (CLASS * ANSWERED - 1)
    found = []
    for share in shares:
        count = base = 0
        for _class in range(ROLL // CLASS):
            chance = share
            if correlation > 0:
                spread = 1 / correlation - 1
                chance = random.betavariate(share * spread, (1 - share) * spread)
            here = sum(random.random() < ANSWERED for _ in range(CLASS))
            count += sum(random.random() < chance for _ in range(here))
            base += here
        found.append((rounded(count), rounded(base)))
    return found


def rounded(number: int) -> int:
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
            rounded(sum(count for count, _ in counts)), rounded(sum(base for _, base in counts)), 5
        )
        for year, (count, base) in enumerate(counts):
            if one := contrast(Sample(count, base, 5), whole):
                contrasts[at, year] = one
    said = claims_among(contrasts)
    return Named(frozenset(key for key in said if contrasts[key].above > 0))


RULES = {"before": before, "now": now}


def schools(count: int, effect: float, more: float, seed: int) -> Iterator[list[Counts]]:
    """Reports; `more`: how far one year group is above the others at two places."""
    random = Random(seed)
    for _school in range(count):
        figures = []
        for at in range(PLACES + OTHERS):
            shares = [SHARE] * YEARS
            if at < 2:
                shares[TRUE_YEAR] += more
            figures.append(figure_of(random, effect, shares))
        # The three cards are the three places with the highest figures of the whole school.
        order = sorted(range(PLACES), key=lambda at: -sum(count for count, _ in figures[at]))
        yield [figures[at] for at in order] + figures[PLACES:] if not more else figures


def false_claims(count: int, effect: float) -> Mapping[str, tuple[float, float, float]]:
    """Per cent of reports with a false claim: on a place card, at any place, anywhere."""
    found = {rule: [0, 0, 0] for rule in RULES}
    for figures in schools(count, effect, 0.0, seed=round(effect * 100)):
        for rule, judge in RULES.items():
            named = judge(figures)
            found[rule][0] += named.any_place_card()
            found[rule][1] += named.any_at_a_place()
            found[rule][2] += bool(named.pairs)
    return {
        rule: (100 * card / count, 100 * place / count, 100 * anywhere / count)
        for rule, (card, place, anywhere) in found.items()
    }


def power(count: int, effect: float, more: float) -> Mapping[str, float]:
    """Per cent of true differences that are named."""
    found = dict.fromkeys(RULES, 0)
    for figures in schools(count, effect, more, seed=round(effect * 100 + more * 1000)):
        for rule, judge in RULES.items():
            pairs = judge(figures).pairs
            found[rule] += sum((at, TRUE_YEAR) in pairs for at in range(2))
    return {rule: 100 * one / (2 * count) for rule, one in found.items()}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--schools", type=int, default=100)
    count = parser.parse_args().schools
    print(
        f"{count} schools a line; nothing differs between year groups;"
        " per cent of reports that say it does"
    )
    print(
        f"{'design effect':>14} {'rule':>8} {'a place card':>14} {'any place':>11} {'anywhere':>10}"
    )
    for effect in (1.0, 1.5, 2.0):
        for rule, (card, place, anywhere) in false_claims(count, effect).items():
            print(f"{effect:>14} {rule:>8} {card:>14.1f} {place:>11.1f} {anywhere:>10.1f}")
    print("one year group differs at two places; per cent of these that are named")
    print(f"{'design effect':>14} {'rule':>8} {'+10 points':>14} {'+20 points':>11}")
    for effect in (1.0, 1.5, 2.0):
        ten, twenty = power(count, effect, 0.1), power(count, effect, 0.2)
        for rule in RULES:
            print(f"{effect:>14} {rule:>8} {ten[rule]:>14.1f} {twenty[rule]:>11.1f}")


if __name__ == "__main__":
    main()
