"""An area while it is drawn, step by step."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from survey.campaigns.site_plans.area_draft import (
    LAST,
    WHOLE,
    DraftShape,
    Sketch,
    clear,
    nudge,
    put,
    read_corners,
    shaped,
    undo,
    write_corners,
)
from survey.campaigns.site_plans.areas import MOST_CORNERS
from survey.campaigns.site_plans.image_clicks import spot_pressed

corner = st.tuples(st.integers(0, 99_999), st.integers(0, 99_999))


def free(*corners: tuple[int, int]) -> Sketch:
    return Sketch(DraftShape.FREE, corners, 100, 80)


def rectangle(*corners: tuple[int, int]) -> Sketch:
    return Sketch(DraftShape.RECTANGLE, corners, 100, 80)


@given(st.lists(corner, max_size=MOST_CORNERS).map(tuple))
def test_corners_come_back_as_they_were_carried(corners: tuple[tuple[int, int], ...]) -> None:
    assert read_corners(write_corners(corners)) == corners


@pytest.mark.parametrize(
    "text", ["1", "1,2,3", "a,b", "1,2  3,4", "1,2 ", "-1,2", "1,2;3,4", "1.5,2", "9" * 7 + ",1",
             " ".join(["1,1"] * (MOST_CORNERS + 2)), "１,２"],
)  # fmt: skip
def test_what_no_page_of_ours_carried_is_no_corners(text: str) -> None:
    assert read_corners(text) is None


def test_a_rectangle_is_two_corners_and_a_third_moves_the_second() -> None:
    drawn = put(put(rectangle(), (10, 10)), (50, 40))
    assert drawn.outline == ((10, 10), (50, 10), (50, 40), (10, 40))
    assert put(drawn, (60, 70)).outline == ((10, 10), (60, 10), (60, 70), (10, 70))


def test_undo_takes_the_last_corner_and_stops_at_none() -> None:
    assert undo(free((1, 1), (2, 2))).corners == ((1, 1),)
    assert undo(free()).corners == ()
    assert clear(free((1, 1), (2, 2))).corners == ()


def test_another_shape_keeps_what_was_drawn() -> None:
    assert shaped(rectangle((10, 10), (50, 40)), DraftShape.FREE).corners == (
        (10, 10), (50, 10), (50, 40), (10, 40),
    )  # fmt: skip
    assert shaped(free((10, 40), (50, 10), (30, 60)), DraftShape.RECTANGLE).corners == (
        (10, 10), (50, 60),
    )  # fmt: skip
    assert shaped(free((10, 40)), DraftShape.RECTANGLE).corners == ((10, 40),)


def test_corners_are_moved_one_by_one_or_together_and_stay_on_the_picture() -> None:
    drawn = free((10, 10), (50, 10), (50, 40))
    assert nudge(drawn, LAST, (0, 20)).corners[2] == (50, 60)
    assert nudge(drawn, "1", (-80, 5)).corners == ((0, 15), (50, 10), (50, 40))
    assert nudge(drawn, WHOLE, (80, -20)).corners == ((60, 0), (100, 0), (100, 30))
    assert nudge(drawn, "9", (1, 1)) == drawn
    assert nudge(free(), LAST, (1, 1)) == free()


@pytest.mark.parametrize(
    ("fields", "spot"),
    [
        ({"spot288.x": "144", "spot288.y": "100"}, (360, 250)),
        ({"spot640.x": "320", "spot640.y": "10"}, (360, 11)),
        ({"spot288.x": "288", "spot288.y": "999"}, (720, 400)),
        ({"spot288.x": "0", "spot288.y": "0"}, None),  # a key, not a finger
        ({"spot288.x": "1e3", "spot288.y": "2"}, None),
        ({"spot300.x": "3", "spot300.y": "2"}, None),
        ({}, None),
    ],
)
def test_a_press_is_read_in_pixels_of_the_picture(
    fields: dict[str, str], spot: tuple[int, int] | None
) -> None:
    assert spot_pressed(fields, width=720, height=400, shown=(288, 640)) == spot
