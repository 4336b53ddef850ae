"""A chart with a lane for each survey below each label, the oldest first, and a line from lane to
lane that leans in the direction of the change.

The latest wave is filled and the earlier ones are hollow, so that they differ without colour; the
lane of a figure that prints no number is hatched like everywhere.
"""

from __future__ import annotations

import copy
import textwrap
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any

from survey import colours
from survey.reports.charts.dot_chart import (
    COLOURS,
    FRAMES,
    GAP,
    INK,
    LABEL,
    LAYERS,
    SOFT,
    TRACK,
    Hatch,
    axis_title,
    frame,
    hatched,
)
from survey.reports.school.report_data import Tone

LANE = 17
"""Pixels down for each wave."""

LETTERS = 40
"""Characters of a label and, on its first line, of the verdict at the end of it."""

ADDED = ("link", "ring", "earlier", "verdict")
"""Layers that only this chart has."""

EDGE = 312
"""Pixels across: where the verdict ends."""


@dataclass(frozen=True)
class Lane:
    """The lane of one survey: a dot with its interval, a hatch, or only words if it was not
    asked."""

    words: str
    at: int | None = None
    interval: tuple[int, int] | None = None
    hatch: Hatch | None = None


@dataclass(frozen=True)
class WavesLine:
    """`verdict` in a word or two, bold where it is a mark."""

    label: str
    tone: Tone
    lanes: tuple[Lane, ...]
    verdict: str
    is_marked: bool


@dataclass(frozen=True)
class WavesChart:
    """`waves` are their names, the oldest first. The axis runs from 0 to `most` per cent."""

    key: str
    title: str
    description: str
    waves: tuple[str, ...]
    lines: tuple[WavesLine, ...]
    most: int

    def specification(self) -> dict[str, Any]:
        """What `framed` makes into Vega-Lite, as plain values."""
        shapes, height = _lay_out(self)
        frame = ["waves", self.most, axis_title(True)]
        return {"frame": frame, "height": height, "datasets": shapes}


_Shapes = dict[str, list[dict[str, Any]]]


def _lay_out(chart: WavesChart) -> tuple[_Shapes, int]:
    shapes: _Shapes = {name: [] for name in (*LAYERS, *ADDED)}
    down = 4
    for number, name in enumerate(chart.waves, start=1):
        is_last = number == len(chart.waves)
        _dot(shapes, 5 * chart.most / TRACK, down + 8, SOFT, is_last)
        shapes["key"].append({"y": down + 8, "text": name})
        down += LABEL + 3
    down += 4
    for line in chart.lines:
        shapes["verdict"].append({"y": down + 8, "text": line.verdict, "marked": line.is_marked})
        for words in beside(line.label, line.verdict):
            shapes["label"].append({"y": down + 8, "text": words})
            down += LABEL
        down = _lanes(shapes, line, down, chart.most) + GAP
    return shapes, down


def beside(label: str, verdict: str) -> list[str]:
    """The lines of a label whose first one leaves room for the verdict at its end. Where not even
    the first word fits next to it, the label begins under the verdict."""
    taken = min(len(verdict) + 2, LETTERS)
    lines = textwrap.wrap(label, LETTERS, initial_indent=" " * taken, break_long_words=False)
    if not lines:
        return [""]
    first = lines[0].strip()
    if taken + len(first) > LETTERS:
        return ["", *textwrap.wrap(label, LETTERS)]
    return [first, *lines[1:]]


def _lanes(shapes: _Shapes, line: WavesLine, down: int, most: int) -> int:
    colour = COLOURS[line.tone]
    heights = [down + LANE // 2 + at * LANE for at in range(len(line.lanes))]
    dots = [(lane.at, y) for lane, y in zip(line.lanes, heights, strict=True)]
    for (x, y), (x2, y2) in pairwise(dots):
        if x is not None and x2 is not None:
            shapes["link"].append({"x": x, "x2": x2, "y": y, "y2": y2, "colour": colour})
    for lane, y in zip(line.lanes, heights, strict=True):
        is_last = lane is line.lanes[-1]
        shapes["value" if is_last else "earlier"].append({"y": y, "text": lane.words})
        if lane.interval or lane.hatch:
            shapes["rail"].append({"x": 0, "x2": most, "y": y})
        if lane.interval:
            low, high = lane.interval
            shapes["interval"].append({"x": low, "x2": high, "y": y, "colour": colour})
        if lane.hatch:
            hatched(shapes, lane.hatch, y, most)
        if lane.at is not None:
            _dot(shapes, lane.at, y, colour, is_last)
    return down + LANE * len(line.lanes)


def _dot(shapes: _Shapes, x: float, y: float, colour: str, is_last: bool) -> None:
    layer = "point" if is_last else "ring"
    shapes[layer].append({"x": x, "y": y, "colour": colour, "shape": "circle"})


@cache
def _framed(most: int, title: str) -> dict[str, Any]:
    """The frame of every chart, with what only this one has: lines between waves, hollow dots, and
    verdicts at the end of labels."""
    spec = copy.deepcopy(frame(most, True, title))
    layers = {layer["data"]["name"]: layer for layer in spec["layer"]}
    across, height = layers["point"]["encoding"]["x"], layers["point"]["encoding"]["y"]
    plain = {"field": "colour", "type": "nominal", "scale": None}
    ring = copy.deepcopy(layers["point"])
    ring["data"] = {"name": "ring"}
    ring["mark"] |= {"fill": colours.STAFF["paper"], "strokeWidth": 2, "size": 70}
    ring["encoding"] = {"x": across, "y": height, "stroke": plain}
    link = {
        "data": {"name": "link"},
        "mark": {"type": "rule", "strokeWidth": 1.5, "opacity": 0.7},
        "encoding": {
            **{"x": across, "x2": {"field": "x2"}, "y": height, "y2": {"field": "y2"}},
            "color": plain,
        },
    }
    earlier = copy.deepcopy(layers["value"])
    earlier["data"] = {"name": "earlier"}
    earlier["mark"] |= {"fontWeight": 400, "color": SOFT}
    verdict = copy.deepcopy(layers["value"])
    verdict["data"] = {"name": "verdict"}
    verdict["mark"] |= {"align": "right", "fontWeight": {"expr": "datum.marked ? 700 : 400"}}
    verdict["encoding"]["x"] = {"value": EDGE}
    verdict["encoding"]["color"] = {
        "condition": {"test": "datum.marked", "value": INK},
        "value": SOFT,
    }
    order = [layer["data"]["name"] for layer in spec["layer"]]
    spec["layer"][order.index("point") : order.index("point")] = [link, ring]
    spec["layer"] += [earlier, verdict]
    return spec


FRAMES["waves"] = _framed
