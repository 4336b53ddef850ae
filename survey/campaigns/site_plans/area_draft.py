"""An area while it is being drawn: corners so far, one step at a time.

Pure. Nothing of it is kept on the server: the page carries it, like a student's page its answers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from survey.campaigns.site_plans.areas import MOST_CORNERS, Corner

CORNERS = re.compile(r"[0-9]{1,5},[0-9]{1,5}(?: [0-9]{1,5},[0-9]{1,5})*")
WHOLE, LAST = "whole", "last"


class DraftShape(StrEnum):
    RECTANGLE = "rectangle"  # two opposite corners
    FREE = "free"  # corner by corner


@dataclass(frozen=True)
class Sketch:
    """What was put down so far, on a picture of `width` by `height`."""

    shape: DraftShape
    corners: tuple[Corner, ...]
    width: int
    height: int

    @property
    def outline(self) -> tuple[Corner, ...]:
        """The corners of the area as it would be kept."""
        if self.shape is DraftShape.RECTANGLE and len(self.corners) == 2:
            (left, top), (right, bottom) = self.corners
            return (left, top), (right, top), (right, bottom), (left, bottom)
        return self.corners

    def within(self, corner: Corner) -> Corner:
        """The spot of the picture nearest to it."""
        return min(max(corner[0], 0), self.width), min(max(corner[1], 0), self.height)


def read_corners(text: str) -> tuple[Corner, ...] | None:
    """Corners as `write_corners` wrote them; None for anything else."""
    if not text:
        return ()
    if not CORNERS.fullmatch(text) or text.count(" ") > MOST_CORNERS:
        return None
    pairs = (pair.split(",") for pair in text.split(" "))
    return tuple((int(x), int(y)) for x, y in pairs)


def write_corners(corners: tuple[Corner, ...]) -> str:
    return " ".join(f"{x},{y}" for x, y in corners)


def put(sketch: Sketch, corner: Corner) -> Sketch:
    """One corner more. A rectangle that has both gets its second one moved."""
    kept = sketch.corners[:1] if sketch.shape is DraftShape.RECTANGLE else sketch.corners
    return replace(sketch, corners=(*kept, sketch.within(corner)))


def undo(sketch: Sketch) -> Sketch:
    """Without the corner that came last."""
    return replace(sketch, corners=sketch.corners[:-1])


def clear(sketch: Sketch) -> Sketch:
    return replace(sketch, corners=())


def shaped(sketch: Sketch, shape: DraftShape) -> Sketch:
    """The same as another shape: a rectangle becomes its four corners, other corners the
    rectangle around them."""
    if shape is sketch.shape:
        return sketch
    if shape is DraftShape.FREE:
        return replace(sketch, shape=shape, corners=sketch.outline)
    if len(sketch.corners) < 2:
        return replace(sketch, shape=shape)
    xs, ys = zip(*sketch.corners, strict=True)
    return replace(sketch, shape=shape, corners=((min(xs), min(ys)), (max(xs), max(ys))))


def nudge(sketch: Sketch, which: str, by: Corner) -> Sketch:
    """With one corner moved, or all of them; what would leave the picture stops at its edge."""
    if not sketch.corners:
        return sketch
    if which == WHOLE:
        return _shift(sketch, by)
    at = int(which) - 1 if which.isdecimal() else len(sketch.corners) - 1
    if not 0 <= at < len(sketch.corners):
        return sketch
    x, y = sketch.corners[at]
    moved = sketch.within((x + by[0], y + by[1]))
    return replace(sketch, corners=(*sketch.corners[:at], moved, *sketch.corners[at + 1 :]))


def _shift(sketch: Sketch, by: Corner) -> Sketch:
    """Moved as a whole, no farther than the picture goes, so that it keeps its shape."""
    xs, ys = zip(*sketch.corners, strict=True)
    dx = min(max(by[0], -min(xs)), sketch.width - max(xs))
    dy = min(max(by[1], -min(ys)), sketch.height - max(ys))
    return replace(sketch, corners=tuple((x + dx, y + dy) for x, y in sketch.corners))


WAYS: Mapping[str, Corner] = {"left": (-1, 0), "right": (1, 0), "up": (0, -1), "down": (0, 1)}

DEEDS: Mapping[str, Callable[[Sketch], Sketch]] = {"undo": undo, "clear": clear}
"""Buttons that need nothing but the sketch."""
