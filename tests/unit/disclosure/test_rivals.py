"""The auditor can say no: rules in use today are refused, and known leaks are found."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal

import pytest

from survey.disclosure.audit.attack import SensitiveSum, audit
from survey.disclosure.audit.attacker_knowledge import (
    Fact,
    Sum,
    between,
    exactly,
    known_sizes,
)
from survey.disclosure.audit.constraints import ContradictionError, Unknowns
from survey.disclosure.figures import Status
from survey.disclosure.policy import STANDARD
from survey.disclosure.protect import protect
from survey.disclosure.tables import CountTable, Group
from tests.unit.disclosure.one_table import audit_table, targets_of
from tests.unit.disclosure.rivals import (
    blank_under_five,
    learned,
    mean,
    minimum_base_ten,
    nearest_five_with_percentages,
    share,
)
from tests.unit.disclosure.schools import school

RIVALS: list[Callable[[CountTable], Iterable[Fact]]] = [
    blank_under_five,
    minimum_base_ten,
    nearest_five_with_percentages,
]


@pytest.mark.parametrize("rival", RIVALS)
def test_rules_in_use_today_are_refused(rival: Callable[[CountTable], Iterable[Fact]]) -> None:
    refused = 0
    for number in range(4):
        table = school(number)
        released = protect(table, STANDARD)  # only for the shape of its targets
        sizes = table.sizes()
        facts = [*rival(table), *known_sizes(sizes, table.answers)]
        verdict = audit(
            facts,
            Unknowns(table.answers, {"": sizes}),
            targets_of(released, sizes, STANDARD),
            stop_at_failure=True,
        )
        refused += not verdict.passed
    assert refused == 4


def test_blanked_cells_are_mostly_worked_out() -> None:
    exact, total = learned(school(3), list(blank_under_five(school(3))))
    assert exact > total / 2


def possible(facts: list[Fact], answers: str, people: int, what: Sum) -> tuple[int, ...]:
    """The values a count can have (up to 99 of them) in one group of known size."""
    unknowns = Unknowns(tuple(answers), {"": {("7", "g"): people}})
    verdict = audit(facts, unknowns, (SensitiveSum(what, 99),), small=100)
    return verdict.failures[0][1]


def one(answers: str) -> Sum:
    return Sum(Group(), frozenset(answers))


def test_nought_is_the_sum_of_noughts() -> None:
    facts = [exactly(one("abc"), 0), exactly(one("abcd"), 30)]
    assert possible(facts, "abcd", 30, one("a")) == (0,)


@pytest.mark.parametrize(("second", "third"), [(5, (0, 0)), (3, (1, 1))])
def test_fifteen_with_small_cells_blanked(second: int, third: tuple[int, int]) -> None:
    """15 = 10 + 5 + 0 + 0 and 15 = 10 + 3 + 1 + 1 with 1 to 4 blanked are exact."""
    facts = [exactly(one("abcd"), 15), exactly(one("a"), 10)]
    for name, count in zip("bcd", (second, *third), strict=True):
        facts.append(between(one(name), 1, 4) if 1 <= count <= 4 else exactly(one(name), count))
    if third == (0, 0):
        assert possible(facts, "abcd", 15, one("b")) == (5,)
    else:
        facts.append(exactly(one("cd"), 2))
        assert [possible(facts, "abcd", 15, one(name)) for name in "bcd"] == [(3,), (1,), (1,)]


def test_two_hierarchies_each_safe_alone_give_a_cell_away_together() -> None:
    """The same units grouped in two ways; what one hides next to a, the other shows."""
    one_way = [exactly(one("ab"), 9), exactly(one("c"), 9), exactly(one("d"), 11)]
    other_way = [exactly(one("ac"), 12), exactly(one("b"), 6), exactly(one("d"), 11)]
    people = 40
    assert possible(one_way, "abcdefgh", people, one("a")) == tuple(range(10))
    assert possible(other_way, "abcdefgh", people, one("a")) == tuple(range(13))
    assert possible(one_way + other_way, "abcdefgh", people, one("a")) == (3,)


def test_a_base_of_twenty_beside_one_of_nineteen_gives_an_answer() -> None:
    facts = [exactly(one("ab"), 20), exactly(one("a"), 12)]
    leaver = Sum(Group("7", "b"), frozenset("a"))
    sizes = {("7", "g"): 19, ("7", "b"): 1}
    facts.append(exactly(Sum(Group("7", "g"), frozenset("a")), 11))
    verdict = audit(facts, Unknowns(("a", "b"), {"": sizes}), (SensitiveSum(leaver, 2),))
    assert verdict.failures == ((SensitiveSum(leaver, 2), (1,)),)


def test_a_total_beside_its_largest_part_bounds_the_hidden_part() -> None:
    facts = [exactly(one("ab"), 132), exactly(one("a"), 127)]
    assert possible(facts, "ab", 132, one("b")) == (5,)


def test_percentages_without_a_base_are_facts() -> None:
    facts = [*share(one("a"), one("ab"), Decimal("42.9")), between(one("ab"), 1, 12)]
    assert possible(facts, "abc", 12, one("a")) == (3,)


def test_a_mean_is_a_fact() -> None:
    scores = {"a": 0, "b": 10}
    facts = [*mean(Group(), scores, Decimal("2.5")), exactly(one("ab"), 20)]
    assert possible(facts, "abc", 20, one("b")) == (5,)


def test_figures_that_contradict_each_other_are_refused() -> None:
    with pytest.raises(ContradictionError):
        possible([exactly(one("a"), 3), exactly(one("a"), 4)], "ab", 9, one("a"))
    with pytest.raises(ContradictionError):
        possible([exactly(one("ab"), 3), exactly(one("a"), 4)], "ab", 9, one("b"))


def small_figure() -> tuple[CountTable, Group, str]:
    """A table safe as printed, and one of its "fewer than" figures."""
    for number in range(40):
        table = school(number)
        released = protect(table, STANDARD)
        small = [
            (row.group, answer)
            for row in released.rows
            for answer, cell in zip(table.answers, row.cells, strict=True)
            if cell.status is Status.FEWER_THAN and answer in table.base
        ]
        if small and audit_table(released, table.sizes(), STANDARD)[0].passed:
            return table, *small[0]
    raise AssertionError("no school to test on")


@pytest.mark.parametrize("more", ["exact figure", "percentage from exact counts", "one decimal"])
def test_one_figure_more_than_the_release_is_seen(more: str) -> None:
    """A safe release and one slip in the page: the audit of both together refuses."""
    table, group, answer = small_figure()
    what, whole = Sum(group, frozenset((answer,))), Sum(group, frozenset(table.base))
    count, base = table.count(group, (answer,)), table.count(group, table.base)
    if more == "exact figure":
        facts: list[Fact] = [exactly(what, count)]
    else:
        places = 0 if more.startswith("percentage") else 1
        facts = [*share(what, whole, round(Decimal(100 * count) / base, places))]
        facts.append(exactly(whole, base))
    verdict, _ = audit_table(protect(table, STANDARD), table.sizes(), STANDARD, more=facts)
    assert not verdict.passed
