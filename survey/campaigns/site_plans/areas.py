"""Areas of a plan, and which of them a spot belongs to.

Pure and in whole numbers: corners are pixels of the stored picture, from its top left.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from itertools import combinations
from math import hypot, inf

FEWEST_CORNERS, MOST_CORNERS = 3, 24
MOST_AREAS = 40
SMALLEST_SPAN = 8
"""Pixels that an area must be wide and high: a smaller one cannot be hit with a finger."""

Corner = tuple[int, int]
Edge = tuple[Corner, Corner]


class Fault(StrEnum):
    """Why some corners make no area."""

    TOO_FEW = "too_few"
    TOO_MANY = "too_many"
    OUTSIDE = "outside"
    TOO_SMALL = "too_small"
    CROSSES = "crosses"


@dataclass(frozen=True)
class PlanArea:
    """A place on the plan. A place may have several: two staircases, toilets on two floors."""

    place: str
    corners: tuple[Corner, ...]

    @property
    def edges(self) -> Iterator[Edge]:
        return edges_of(self.corners)

    @property
    def size(self) -> int:
        """Twice the pixels it covers."""
        return abs(sum(ax * by - bx * ay for (ax, ay), (bx, by) in self.edges))

    @cached_property
    def label_spot(self) -> Corner:
        """Where its number is."""
        return label_spot(self.corners)


def edges_of(corners: Sequence[Corner]) -> Iterator[Edge]:
    """From each corner to the next, and from the last to the first."""
    return zip(corners, (*corners[1:], *corners[:1]), strict=True)


def fault_of(corners: Sequence[Corner], *, width: int, height: int) -> Fault | None:
    """What keeps these corners from being an area of a picture of that size."""
    if len(corners) < FEWEST_CORNERS:
        return Fault.TOO_FEW
    if len(corners) > MOST_CORNERS:
        return Fault.TOO_MANY
    if any(not (0 <= x <= width and 0 <= y <= height) for x, y in corners):
        return Fault.OUTSIDE
    xs, ys = zip(*corners, strict=True)
    if max(xs) - min(xs) < SMALLEST_SPAN or max(ys) - min(ys) < SMALLEST_SPAN:
        return Fault.TOO_SMALL
    if _crosses(corners):
        return Fault.CROSSES
    return None


def _crosses(corners: Sequence[Corner]) -> bool:
    """Do two edges that are no neighbours touch, or two corners coincide?"""
    if len(set(corners)) != len(corners):
        return True
    edges = list(edges_of(corners))
    return any(
        _meet(*one, *other) for one, other in combinations(edges, 2) if not set(one) & set(other)
    ) or any(_folds_back(*one, other) for one, other in edges_of_edges(edges))


def edges_of_edges(edges: Sequence[Edge]) -> Iterator[tuple[Edge, Corner]]:
    """Each edge with the corner that the next one leads to."""
    return ((edge, edges[(at + 1) % len(edges)][1]) for at, edge in enumerate(edges))


def _turn(a: Corner, b: Corner, c: Corner) -> int:
    """Which way a → b → c turns: above 0, below 0, or straight."""
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def _between(a: Corner, b: Corner, c: Corner) -> bool:
    """Is c, a point on the line through a and b, between them?"""
    return min(a[0], b[0]) <= c[0] <= max(a[0], b[0]) and min(a[1], b[1]) <= c[1] <= max(a[1], b[1])


def _folds_back(a: Corner, b: Corner, c: Corner) -> bool:
    """Does b → c run back along a → b?"""
    back = (b[0] - a[0]) * (c[0] - b[0]) + (b[1] - a[1]) * (c[1] - b[1])
    return _turn(a, b, c) == 0 and back < 0


def _meet(a: Corner, b: Corner, c: Corner, d: Corner) -> bool:
    turns = _turn(a, b, c), _turn(a, b, d), _turn(c, d, a), _turn(c, d, b)
    if turns[0] * turns[1] < 0 and turns[2] * turns[3] < 0:
        return True
    ends = ((a, b, c), (a, b, d), (c, d, a), (c, d, b))
    return any(turn == 0 and _between(*end) for turn, end in zip(turns, ends, strict=True))


def holds(corners: Sequence[Corner], spot: Corner) -> bool:
    """Does the spot lie in the area, or on its edge?"""
    _x, y = spot
    inside = False
    for a, b in edges_of(corners):
        turn = _turn(a, b, spot)
        if turn == 0 and _between(a, b, spot):
            return True
        if (a[1] > y) != (b[1] > y) and (turn > 0) == (b[1] > a[1]):
            inside = not inside
    return inside


def distance(corners: Sequence[Corner], spot: Corner) -> float:
    """Pixels from the spot to the nearest edge."""
    return min((_to_edge(spot, *edge) for edge in edges_of(corners)), default=inf)


def _to_edge(spot: Corner, a: Corner, b: Corner) -> float:
    dx, dy = b[0] - a[0], b[1] - a[1]
    along = (spot[0] - a[0]) * dx + (spot[1] - a[1]) * dy
    part = min(1.0, max(0.0, along / (dx * dx + dy * dy))) if (dx or dy) else 0.0
    return hypot(spot[0] - a[0] - part * dx, spot[1] - a[1] - part * dy)


def nearest(areas: Sequence[PlanArea], spot: Corner) -> PlanArea | None:
    """The area a spot means: the smallest that holds it, else the one whose edge is nearest. What
    was drawn first wins a tie."""
    holding = [area for area in areas if holds(area.corners, spot)]
    if holding:
        return min(holding, key=lambda area: area.size)
    return min(areas, key=lambda area: distance(area.corners, spot), default=None)


def scaled(areas: Sequence[PlanArea], *, before: Corner, now: Corner) -> tuple[PlanArea, ...]:
    """The areas on a picture of another size."""
    return tuple(
        PlanArea(
            area.place,
            tuple((x * now[0] // before[0], y * now[1] // before[1]) for x, y in area.corners),
        )
        for area in areas
    )


STEPS = 24
"""Spots tried in each direction for a label."""
CLEARANCE = 26
"""Pixels that a label wants around it."""


def label_spot(corners: Sequence[Corner]) -> Corner:
    """Where a number is placed well: inside, clear of the edges if there is room, and towards the
    top left. The middle is where a plan often has words."""
    xs, ys = zip(*corners, strict=True)
    left, top, wide, high = min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys)
    tried = (
        (left + wide * right // STEPS, top + high * down // STEPS)
        for down in range(1, STEPS)
        for right in range(1, STEPS)
    )
    clear = {spot: distance(corners, spot) for spot in tried if holds(corners, spot)}
    if not clear:
        return corners[0]
    enough = min(CLEARANCE, max(clear.values()))
    return min(
        (spot for spot, room in clear.items() if room >= enough),
        key=lambda spot: (spot[0] + spot[1], spot),
    )
