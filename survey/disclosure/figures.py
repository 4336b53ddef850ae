"""Published figures: what a reader sees, and nothing else.

A figure is a status and the numbers that status prints; whatever is not printed is ``None``.
Percentages, bounds and intervals are worked out here from the rounded figures alone (rule R5),
so that any holder of the release can work them out again and learns nothing from them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from math import sqrt

from survey.disclosure.policy import Policy, RoundingLevel
from survey.disclosure.sources import Source
from survey.disclosure.tables import Box, Group, TableError, check_shape


class ImpossibleFigureError(TableError):
    """A figure whose numbers do not fit its status."""


class Status(StrEnum):
    """What is printed in the place of a count."""

    SHOWN = "shown"
    FEWER_THAN = "fewer_than"
    ALL_BUT_FEWER = "all_but_fewer"
    IMPLIED = "implied"
    HIDDEN = "hidden"


class HiddenReason(StrEnum):
    """Why a table or a row is suppressed, or coarser than the finest rounding level."""

    NONE = "none"
    POLICY = "policy"
    BASE_BELOW_MINIMUM = "base_below_minimum"
    AUDIT = "audit"
    WHOLE_SCHOOL_ONLY = "whole_school_only"
    SURVEY_TOO_SMALL = "survey_too_small"


def round_to(count: int, rounding: int) -> int:
    """The nearest multiple, halves up.  A fixed map: the same count, the same figure."""
    return (count + rounding // 2) // rounding * rounding


def values_behind(printed: int, rounding: int, at_least: int) -> tuple[int, int]:
    """Lowest and highest count that print as ``printed``, knowing the count is ``at_least``."""
    return max(at_least, printed - rounding // 2), printed + (rounding - 1) // 2


@dataclass(frozen=True)
class Figure:
    """One printed count.  Raises :class:`ImpossibleFigureError`.

    ``count``     the rounded count (status shown);
    ``percent``   whole per cent of the rounded base, or None where no percentage is printed;
    ``limit``     the n of "fewer than n" and "all but fewer than n";
    ``under``     for fewer_than: the share is under this many per cent;
    ``at_least``  for all_but_fewer: the share is at least this many per cent.
    """

    status: Status
    count: int | None = None
    percent: int | None = None
    limit: int | None = None
    under: int | None = None
    at_least: int | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "status", Status(self.status))
        needed, allowed = _FIELDS[self.status]
        given = {
            name
            for name in ("count", "percent", "limit", "under", "at_least")
            if getattr(self, name) is not None
        }
        if not needed <= given <= needed | allowed:
            raise ImpossibleFigureError(f"a {self.status} figure cannot hold {sorted(given)}")
        for name in given:
            number = getattr(self, name)
            if not isinstance(number, int) or isinstance(number, bool) or number < 0:
                raise ImpossibleFigureError(f"{name} {number!r} is not a whole number from nought")
            if name in ("percent", "under", "at_least") and number > 100:
                raise ImpossibleFigureError(f"{name} {number} is more than a hundred")


_FIELDS: dict[Status, tuple[set[str], set[str]]] = {
    Status.SHOWN: ({"count"}, {"percent"}),
    Status.FEWER_THAN: ({"limit"}, {"under"}),
    Status.ALL_BUT_FEWER: ({"limit"}, {"at_least"}),
    Status.IMPLIED: (set(), set()),
    Status.HIDDEN: (set(), set()),
}

HIDDEN = Figure(Status.HIDDEN)
IMPLIED = Figure(Status.IMPLIED)
"""For an answer that a row does not print separately: a fixed rule, which gives no information."""


@dataclass(frozen=True)
class ReleasedBox:
    """A printed sum of answers; ``of_base`` is the rounded count its percentage is over."""

    key: str
    figure: Figure
    of_base: int | None

    def __post_init__(self) -> None:
        if (self.of_base is None) != (self.figure.status is Status.HIDDEN):
            raise ImpossibleFigureError(f"box {self.key!r} prints a figure or its base, not both")


@dataclass(frozen=True)
class ReleasedRow:
    """One group's figures: ``cells`` follow the table's answers, ``boxes`` its boxes."""

    group: Group
    shown: bool
    rung: RoundingLevel
    reason: HiddenReason
    base: int | None
    cells: tuple[Figure, ...]
    boxes: tuple[ReleasedBox, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "rung", RoundingLevel(self.rung))
        object.__setattr__(self, "reason", HiddenReason(self.reason))
        if self.shown != (self.base is not None):
            raise ImpossibleFigureError(f"row {self.group.key!r}: shown with its base, or neither")
        if not self.shown and (
            self.reason is HiddenReason.NONE
            or any(
                figure.status is not Status.HIDDEN
                for figure in (*self.cells, *(box.figure for box in self.boxes))
            )
        ):
            raise ImpossibleFigureError(f"row {self.group.key!r}: hidden is wholly hidden, and why")
        if self.shown and any(cell.status is Status.HIDDEN for cell in self.cells):
            raise ImpossibleFigureError(f"row {self.group.key!r}: a shown row shows every cell")


@dataclass(frozen=True)
class ReleasedTable:
    """A protected table: one row per group of the breakdown, in its order.

    ``rung`` is the coarsest rounding level of any printed row; ``reason`` says why it is not the
    finest; ``source`` is what it is made of (None in releases of the first format).
    """

    key: str
    answers: tuple[str, ...]
    base: tuple[str, ...]
    boxes: tuple[Box, ...]
    rung: RoundingLevel
    reason: HiddenReason
    rows: tuple[ReleasedRow, ...]
    source: Source | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "rung", RoundingLevel(self.rung))
        object.__setattr__(self, "reason", HiddenReason(self.reason))
        check_shape(self.key, self.answers, self.base, self.boxes)
        if len({row.group for row in self.rows}) != len(self.rows):
            raise ImpossibleFigureError(f"table {self.key!r} prints a group twice")
        for row in self.rows:
            if len(row.cells) != len(self.answers) or tuple(box.key for box in row.boxes) != tuple(
                box.key for box in self.boxes
            ):
                raise ImpossibleFigureError(f"row {row.group.key!r} of {self.key!r} is misshapen")

    def row(self, group: Group) -> ReleasedRow:
        """The row of a group.  Raises KeyError for a group the table does not hold."""
        for row in self.rows:
            if row.group == group:
                return row
        raise KeyError(group.key)

    def figures(self) -> Iterator[tuple[Group, str, Figure, int | None]]:
        """Every figure: group, answer or ``box:`` and key, figure, base of its percentage."""
        for row in self.rows:
            for answer, figure in zip(self.answers, row.cells, strict=True):
                yield row.group, answer, figure, row.base if answer in self.base else None
            for box in row.boxes:
                yield row.group, f"box:{box.key}", box.figure, box.of_base


def base_slack(left_out: int, rung: RoundingLevel, policy: Policy) -> int:
    """How far a printed base may be from the true one: half a multiple for its own rounding,
    and as much as the rounding of each printed figure left out of it."""
    return rung.rounding // 2 + policy.outside(rung)[0] // 2 * left_out


def percent_of(count: int, base: int, left_out: int, rung: RoundingLevel, policy: Policy) -> int:
    """Whole per cent of rounded figures, halves up.

    Held away from 100 by as much as the release itself implies: had fewer than the limit given
    another answer, the figure would read "all but fewer than", so a plain count never means all.
    """
    limit = policy.limit(rung)
    most = base + base_slack(left_out, rung, policy)
    return min((200 * count + base) // (2 * base), 100 * (most - limit) // most)


def under_percent(base: int, left_out: int, rung: RoundingLevel, policy: Policy) -> int:
    """The x of "under x %", printed with "fewer than n": n of the rounded base, rounded up.

    Raised where the true base may be so far below the printed one that the words would be false.
    """
    limit = policy.limit(rung)
    least = max(policy.minimum_base, base - base_slack(left_out, rung, policy))
    return min(100, max(-(-100 * limit // base), 100 * (limit - 1) // least + 1))


def wilson(count: int, base: int) -> tuple[int, int]:
    """Wilson 95 % interval of a share, in whole per cent rounded outwards, from rounded figures.

    Raises :class:`ImpossibleFigureError` when count and base cannot belong together.  A rounded
    count may be a little above its rounded base; it is then taken as all of it.
    """
    if base <= 0 or count < 0:
        raise ImpossibleFigureError(f"no interval for {count} of {base}")
    z2 = 3.841458820694124  # the square of the normal quantile for 95 %
    share = min(1.0, count / base)
    middle = (share + z2 / (2 * base)) / (1 + z2 / base)
    half = sqrt(z2 * (share * (1 - share) / base + z2 / (4 * base * base))) / (1 + z2 / base)
    low, high = 100 * (middle - half), 100 * (middle + half)
    # A floating-point error must not move a bound by a whole point.
    return max(0, int(low + 1e-9)), min(100, -int(-(high - 1e-9) // 1))
