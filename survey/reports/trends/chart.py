"""The waves of a school side by side: under each label a lane for every wave, the oldest first, and
a line from one to the next, so that it leans the way the figure went.

The latest wave is filled and the earlier ones are hollow, so that they differ without
colour; the lane of a figure that prints no number is hatched like everywhere.
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
    GAP,
    INK,
    LABEL,
    SOFT,
    TRACK,
    Hatch,
    frame,
    hatched,
)
from survey.reports.school.report_data import Tone

LANE = 17
"""Pixels down for each wave."""

LETTERS = 33
"""Characters of a label before it wraps: the verdict is at the end of its line."""

EDGE = 312
"""Pixels across: where the verdict ends."""


@dataclass(frozen=True)
class Lane:
    """One wave: a dot with its interval, a hatch, or words alone where it was not asked so."""

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
        """The chart in Vega-Lite, as plain values."""
        spec = copy.deepcopy(_framed(self.most))
        shapes, spec["height"] = _lay_out(self)
        spec["datasets"] = shapes
        return spec


_Shapes = dict[str, list[dict[str, Any]]]


def _lay_out(chart: WavesChart) -> tuple[_Shapes, int]:
    shapes: _Shapes = {layer["data"]["name"]: [] for layer in _framed(chart.most)["layer"]}
    down = 4
    for number, name in enumerate(chart.waves, start=1):
        is_last = number == len(chart.waves)
        _dot(shapes, 5 * chart.most / TRACK, down + 8, COLOURS[Tone.PLAIN], is_last)
        shapes["key"].append({"y": down + 8, "text": name})
        down += LABEL + 3
    down += 4
    for line in chart.lines:
        shapes["verdict"].append({"y": down + 8, "text": line.verdict, "marked": line.is_marked})
        for words in textwrap.wrap(line.label, LETTERS) or [""]:
            shapes["label"].append({"y": down + 8, "text": words})
            down += LABEL
        down = _lanes(shapes, line, down, chart.most) + GAP
    return shapes, down


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
def _framed(most: int) -> dict[str, Any]:
    """The frame of every chart, with what only this one has: lines between waves, hollow dots, and
    verdicts at the end of labels."""
    spec = copy.deepcopy(frame(most, True))
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
