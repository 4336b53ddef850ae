"""Facts: everything a reader can learn, in one typed form.

A fact says that a weighted sum of unknown counts is between two whole numbers.  The unknowns
are the true counts of (unit, year, gender, answer); a unit is a school, and a single school is
called ``""``.  A printed figure, a known group size, a percentage without its base, a mean score
and an earlier release all take this form, so that one audit judges them together.  What is hidden
gives no fact, unless the reason printed with it gives information.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from survey.disclosure.figures import (
    Figure,
    HiddenReason,
    ReleasedRow,
    ReleasedTable,
    Status,
    values_behind,
)
from survey.disclosure.policy import Policy, RoundingLevel
from survey.disclosure.tables import Cell, Group, TableError

SCHOOL = ("",)
"""The units of a table of one school."""


class ImpossibleFactError(TableError):
    """A fact nothing can satisfy on its own: its low end is above its high end."""


@dataclass(frozen=True)
class Sum:
    """The number of people of some units and a group who gave one of some answers."""

    group: Group
    answers: frozenset[str]
    units: tuple[str, ...] = SCHOOL

    @property
    def name(self) -> str:
        """A stable name: ``group|answer+answer``, with ``|unit+unit`` where there are units."""
        words = [self.group.key, "+".join(sorted(self.answers))]
        if self.units != SCHOOL:
            words.append("+".join(sorted(self.units)))
        return "|".join(words)


@dataclass(frozen=True)
class Fact:
    """``low <= sum(weight * count) <= high``; an end that is None is open.

    ``room``: how far inside its ends a search for alternative tables should begin.  It is not
    part of the fact."""

    terms: tuple[tuple[int, Sum], ...]
    low: int | None
    high: int | None
    source: str = ""
    room: int = 0

    def __post_init__(self) -> None:
        if not self.terms:
            raise ImpossibleFactError("a fact is about something")
        if self.low is not None and self.high is not None and self.low > self.high:
            raise ImpossibleFactError(f"{self.source or self.terms}: {self.low} > {self.high}")

    @property
    def roomy(self) -> Fact:
        """The fact with its ends moved inwards by its room, as far as an interval remains."""
        low = None if self.low is None else self.low + self.room
        high = None if self.high is None else self.high - self.room
        if not self.room or (low is not None and high is not None and low > high):
            return self
        return replace(self, low=low, high=high)

    @property
    def plain(self) -> Sum | None:
        """The sum of a fact about one unweighted sum; None for any other."""
        if len(self.terms) == 1 and self.terms[0][0] == 1:
            return self.terms[0][1]
        return None


def between(what: Sum, low: int, high: int | None, source: str = "") -> Fact:
    """A simple fact: one sum is between two counts."""
    return Fact(((1, what),), low, high, source)


def exactly(what: Sum, count: int, source: str = "") -> Fact:
    """An exact figure."""
    return between(what, count, count, source)


def rounded(what: Sum, printed: int, rounding: int, at_least: int = 0, source: str = "") -> Fact:
    """A figure printed to the nearest multiple, halves up."""
    low, high = values_behind(printed, rounding, at_least)
    return between(what, low, high, source)


def known_sizes(
    sizes: Mapping[Cell, int], answers: Iterable[str], unit: str = ""
) -> Iterator[Fact]:
    """The attacker has the class list: every finest cell has a known size."""
    whole = frozenset(answers)
    for (year, gender), size in sizes.items():
        yield exactly(Sum(Group(year, gender), whole, (unit,)), size, "known size")


def facts_of(
    table: ReleasedTable,
    policy: Policy,
    sizes: Mapping[Group, int],
    units: tuple[str, ...] = SCHOOL,
) -> Iterator[Fact]:
    """All a released table says to a reader who knows the size of every group.

    Bases are worked out from group sizes and the printed figures left out of them, so they add
    no fact (the verifier checks that they are).  That a row is shown says its base is at least
    the minimum; that one is hidden says it is below, where the group is not too small anyway.
    """
    base = frozenset(table.base)
    for row in table.rows:
        what = Sum(row.group, base, units)
        source = f"{table.key} {row.group.key} base"
        if row.shown:
            yield between(what, policy.minimum_base, None, source)
            yield from _facts_of_row(table, row, policy, units)
        elif row.reason is HiddenReason.BASE_BELOW_MINIMUM:
            least_size = policy.minimum_base + policy.limit(row.rung) - 1
            if sizes.get(row.group, 0) >= least_size:
                yield between(what, 0, policy.minimum_base - 1, source)


def _facts_of_row(
    table: ReleasedTable, row: ReleasedRow, policy: Policy, units: tuple[str, ...]
) -> Iterator[Fact]:
    base = frozenset(table.base)
    where = f"{table.key} {row.group.key}"
    for answer, figure in zip(table.answers, row.cells, strict=True):
        part = frozenset((answer,))
        if part == base:
            continue  # the only answer of a base is printed as the base
        inside = base if answer in base else None
        yield from _facts_of_figure(
            figure, part, inside, row.group, row.rung, policy, units, f"{where} {answer}"
        )
    for box, printed in zip(table.boxes, row.boxes, strict=True):
        of = frozenset(box.of or table.base)
        part = frozenset(box.answers)
        yield from _facts_of_figure(
            printed.figure, part, of, row.group, row.rung, policy, units, f"{where} {box.key}"
        )


def _facts_of_figure(
    figure: Figure,
    part: frozenset[str],
    inside: frozenset[str] | None,
    group: Group,
    rung: RoundingLevel,
    policy: Policy,
    units: tuple[str, ...],
    source: str,
) -> Iterator[Fact]:
    rounding, limit = rung.rounding, policy.limit(rung)
    if inside is None:
        rounding, limit = policy.outside(rung)
    what = Sum(group, part, units)
    rest = None if inside is None else Sum(group, inside - part, units)
    if figure.status is Status.ALL_BUT_FEWER and rest is not None:
        yield between(rest, 0, limit - 1, source)
        return
    if figure.status is Status.FEWER_THAN:
        yield between(what, 0, limit - 1, source)
    elif figure.status is Status.SHOWN and figure.count is not None:
        yield rounded(what, figure.count, rounding, limit, source)
    if figure.status in (Status.FEWER_THAN, Status.SHOWN) and rest is not None:
        # Were the rest under the limit, the figure would read "all but fewer than".
        yield between(rest, limit, None, source)
