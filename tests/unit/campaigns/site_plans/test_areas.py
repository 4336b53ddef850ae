"""Which area a spot means, judged by a second method that shares no step with the first."""

from __future__ import annotations

from fractions import Fraction
from math import atan2, hypot, pi

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from survey.campaigns.site_plans.areas import (
    MOST_CORNERS,
    Fault,
    PlanArea,
    distance,
    fault_of,
    holds,
    label_spot,
    nearest,
    scaled,
)

SIDE = 40
spots = st.tuples(st.integers(0, SIDE), st.integers(0, SIDE))
SQUARE = ((10, 10), (30, 10), (30, 30), (10, 30))
# A "C" that opens to the right.
BAY = ((0, 0), (30, 0), (30, 8), (8, 8), (8, 22), (30, 22), (30, 30), (0, 30))


@st.composite
def polygons(draw: st.DrawFn) -> tuple[tuple[int, int], ...]:
    """Simple ones of any turn: corners sorted by angle about a middle, some pulled inwards."""
    corners = draw(st.lists(spots, min_size=3, max_size=9, unique=True))
    middle = draw(spots)
    by_angle = {atan2(y - middle[1] - 0.25, x - middle[0] - 0.35): (x, y) for x, y in corners}
    found = tuple(by_angle[angle] for angle in sorted(by_angle))
    assume(fault_of(found, width=SIDE, height=SIDE) is None)
    return found[::-1] if draw(st.booleans()) else found


def on_edge(corners: tuple[tuple[int, int], ...], spot: tuple[int, int]) -> bool:
    return exact_distance_squared(corners, spot) == 0


def winding(corners: tuple[tuple[int, int], ...], spot: tuple[int, int]) -> int:
    """How often the outline goes round the spot: the angles to its corners, added up."""
    total = 0.0
    for at, (ax, ay) in enumerate(corners):
        bx, by = corners[at - 1]
        turn = atan2(ay - spot[1], ax - spot[0]) - atan2(by - spot[1], bx - spot[0])
        while turn > pi:
            turn -= 2 * pi
        while turn < -pi:
            turn += 2 * pi
        total += turn
    return round(total / (2 * pi))


def exact_distance_squared(corners: tuple[tuple[int, int], ...], spot: tuple[int, int]) -> Fraction:
    """The nearest of: all corners, and the feet of the perpendiculars that lie on an edge."""
    found = []
    for at, (ax, ay) in enumerate(corners):
        bx, by = corners[at - 1]
        found.append(Fraction((ax - spot[0]) ** 2 + (ay - spot[1]) ** 2))
        length = (bx - ax) ** 2 + (by - ay) ** 2
        part = Fraction((spot[0] - ax) * (bx - ax) + (spot[1] - ay) * (by - ay), length)
        if 0 <= part <= 1:
            foot = ax + part * (bx - ax), ay + part * (by - ay)
            found.append((foot[0] - spot[0]) ** 2 + (foot[1] - spot[1]) ** 2)
    return min(found)


@given(polygons(), spots)
def test_a_spot_is_inside_where_the_outline_winds_round_it(
    corners: tuple[tuple[int, int], ...], spot: tuple[int, int]
) -> None:
    assert holds(corners, spot) == (on_edge(corners, spot) or winding(corners, spot) != 0)


@given(polygons(), spots)
def test_the_distance_is_the_one_worked_out_in_fractions(
    corners: tuple[tuple[int, int], ...], spot: tuple[int, int]
) -> None:
    assert distance(corners, spot) == pytest.approx(
        float(exact_distance_squared(corners, spot)) ** 0.5
    )


@given(st.lists(polygons(), min_size=1, max_size=4), spots)
def test_no_area_is_nearer_than_the_nearest(
    outlines: list[tuple[tuple[int, int], ...]], spot: tuple[int, int]
) -> None:
    areas = [PlanArea(f"p{number}", corners) for number, corners in enumerate(outlines)]
    found = nearest(areas, spot)
    assert found is not None

    def away(area: PlanArea) -> Fraction:
        inside = winding(area.corners, spot) != 0
        return Fraction(0) if inside else exact_distance_squared(area.corners, spot)

    assert float(away(found)) == pytest.approx(float(min(away(area) for area in areas)))


def test_of_areas_that_hold_a_spot_the_smallest_is_meant() -> None:
    hall, kiosk = PlanArea("hall", ((0, 0), (40, 0), (40, 40), (0, 40))), PlanArea("kiosk", SQUARE)
    assert nearest([hall, kiosk], (15, 15)) is kiosk
    assert nearest([kiosk, hall], (5, 5)) is hall
    assert nearest([], (5, 5)) is None


def test_a_tie_goes_to_what_was_drawn_first() -> None:
    left, right = (
        PlanArea("left", ((0, 0), (8, 0), (8, 9))),
        PlanArea("right", ((32, 0), (24, 0), (24, 9))),
    )
    assert nearest([left, right], (16, 4)) is left
    assert nearest([right, left], (16, 4)) is right


def test_the_gap_of_a_bay_is_not_inside() -> None:
    assert not holds(BAY, (20, 15))
    assert holds(BAY, (20, 4))
    assert holds(BAY, (30, 30))


@pytest.mark.parametrize(
    ("corners", "fault"),
    [
        (SQUARE, None),
        (BAY, None),
        (SQUARE[:2], Fault.TOO_FEW),
        (tuple((at, at * at % 37) for at in range(MOST_CORNERS + 1)), Fault.TOO_MANY),
        (((0, 0), (41, 0), (0, 20)), Fault.OUTSIDE),
        (((-1, 0), (20, 0), (0, 20)), Fault.OUTSIDE),
        (((0, 0), (7, 0), (7, 30)), Fault.TOO_SMALL),
        (((0, 0), (20, 20), (20, 0), (0, 20)), Fault.CROSSES),
        (((0, 0), (20, 0), (20, 20), (0, 0), (0, 20)), Fault.CROSSES),
        (((0, 0), (20, 0), (10, 0), (10, 20)), Fault.CROSSES),
        (((0, 0), (20, 0), (20, 20), (10, 0), (0, 20)), Fault.CROSSES),
    ],
)
def test_what_makes_no_area_is_said(
    corners: tuple[tuple[int, int], ...], fault: Fault | None
) -> None:
    assert fault_of(corners, width=SIDE, height=SIDE) is fault


@given(polygons())
def test_a_number_stands_inside_its_area(corners: tuple[tuple[int, int], ...]) -> None:
    spot = label_spot(corners)
    assert spot in corners or holds(corners, spot)


def test_a_number_keeps_clear_of_the_edges_where_there_is_room() -> None:
    room = ((100, 100), (400, 100), (400, 300), (100, 300))
    spot = label_spot(room)
    assert distance(room, spot) >= 26
    assert hypot(spot[0] - 100, spot[1] - 100) < hypot(spot[0] - 400, spot[1] - 300)


def test_areas_follow_a_picture_of_another_size() -> None:
    (moved,) = scaled([PlanArea("gates", SQUARE)], before=(40, 40), now=(80, 20))
    assert moved.corners == ((20, 5), (60, 5), (60, 15), (20, 15))
