"""Funnel plots, whole and as small multiples, and a chart of schools in which one finds itself.
They are drawn as `charts` are.

Across a funnel are the bands of how many answered, each as wide as the others, and in a band its
schools in the order of their letters: where a dot is in its band says nothing. Up is the share.
Shaded are, from the inside out, what chance alone explains, the 95 % and the 99.8 % limits.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any

from survey import colours
from survey.reports.charts.accessible_svg import HATCH
from survey.reports.charts.dot_chart import COLOURS, FRAMES, INK, SOFT, Chart, layered
from survey.reports.school.report_data import Tone

HATCHED = 16
"""Pixels: the height of every hatched mark."""

WHITE = colours.STAFF["paper"]
SHADES = {
    "wide": colours.FIXED["usual-wide"],
    "usual": colours.FIXED["usual"],
    "chance": colours.FIXED["usual-chance"],
}
"""The stretches of a funnel, outermost first. Each is edged by a line, so they hold in grey."""


class FunnelZone(StrEnum):
    """At which end of the axis a school is hatched that prints no share."""

    FOOT = "foot"  # fewer than
    TOP = "top"  # all but fewer than


@dataclass(frozen=True)
class Dot:
    """A school: its letter, its share or the end it is hatched at, and whether it is apart."""

    letter: str
    at: int | None
    hatch: FunnelZone | None = None
    is_apart: bool = False


@dataclass(frozen=True)
class FunnelColumn:
    """A band of schools with its limits, all in whole per cent."""

    words: str
    wide: tuple[int, int]
    usual: tuple[int, int]
    chance: tuple[int, int]
    dots: tuple[Dot, ...]


@dataclass(frozen=True)
class FunnelChart:
    """What is drawn. `key` is unique on a page; the axis runs from 0 to `most` per cent."""

    key: str
    title: str
    description: str
    columns: tuple[FunnelColumn, ...]
    middle: int
    most: int
    tone: Tone
    is_small: bool = False

    def specification(self) -> dict[str, Any]:
        """What `framed` makes into Vega-Lite, as plain values."""
        shapes = _lay_out(self, SMALL if self.is_small else LARGE)
        return {"frame": ["funnel", self.most, self.is_small], "datasets": shapes}


@dataclass(frozen=True)
class OwnChart:
    """A chart of spreads with a school's own share marked on each line that gives it one."""

    chart: Chart
    own: tuple[int | None, ...]

    @property
    def key(self) -> str:
        return self.chart.key

    @property
    def title(self) -> str:
        return self.chart.title

    @property
    def description(self) -> str:
        return self.chart.description

    def specification(self) -> dict[str, Any]:
        """How far down a line is, its median says."""
        spec = self.chart.specification()
        shapes = spec["datasets"]
        look = {"colour": COLOURS[Tone.PLAIN], "shape": "diamond"}
        for at, tick in zip(self.own, shapes["tick"], strict=True):
            if at is not None:
                shapes["point"].append({"x": at, "y": (tick["y"] + tick["y2"]) / 2, **look})
        return spec


@dataclass(frozen=True)
class _Size:
    """Pixels."""

    width: int
    height: int
    left: int
    bottom: int
    dot: int
    ticks: int


LARGE = _Size(width=320, height=230, left=42, bottom=26, dot=110, ticks=4)
SMALL = _Size(width=132, height=74, left=34, bottom=6, dot=30, ticks=2)
TOP = 8


def _lay_out(chart: FunnelChart, size: _Size) -> dict[str, list[dict[str, Any]]]:
    shapes: dict[str, list[dict[str, Any]]] = {name: [] for name in LAYERS}
    across = size.width / max(1, len(chart.columns))
    for number, column in enumerate(chart.columns):
        start, end = number * across, (number + 1) * across
        for name in SHADES:
            low, high = getattr(column, name)
            shapes[name].append({"x": start, "x2": end, "y": low, "y2": high})
            if name != "chance":
                edge = {"x": start, "x2": end}
                shapes[f"{name}-edge"] += [{**edge, "y": low}, {**edge, "y": high}]
        if number:
            shapes["border"].append({"x": start, "y": 0, "y2": chart.most})
        shapes["band"].append({"x": (start + end) / 2, "text": column.words})
        step = across / (len(column.dots) + 1)
        for at, dot in enumerate(column.dots, start=1):
            _dot(shapes, chart, size, dot, start + at * step)
    shapes["middle"].append({"x": 0, "x2": size.width, "y": chart.middle})
    return shapes


def _dot(
    shapes: dict[str, list[dict[str, Any]]], chart: FunnelChart, size: _Size, dot: Dot, x: float
) -> None:
    at: float | None = dot.at
    if at is None:
        high = HATCHED * chart.most / size.height
        low = chart.most - high if dot.hatch is FunnelZone.TOP else 0
        shapes["hatch"].append({"x": x - 5, "x2": x + 5, "y": low, "y2": low + high})
        # The letter is next to the hatch, on the side of the middle.
        beside = 26 * chart.most / size.height
        at = low - beside if dot.hatch is FunnelZone.TOP else low + high
    else:
        name = "apart" if dot.is_apart else "dot"
        shapes[name].append({"x": x, "y": at, "colour": COLOURS[chart.tone]})
    if not chart.is_small:
        shapes["bold" if dot.is_apart else "letter"].append({"x": x, "y": at, "text": dot.letter})


LAYERS = (
    "wide", "usual", "chance", "border", "wide-edge", "usual-edge", "middle", "hatch", "dot",
    "apart", "letter", "bold", "band",
)  # fmt: skip
"""From back to front."""


@cache
def _frame(most: int, is_small: bool) -> dict[str, Any]:
    """The specification without its shapes: built and checked once for an axis."""
    import altair as alt  # in a process that draws: it takes 20 MB

    size = SMALL if is_small else LARGE
    x = alt.X("x:Q", scale=alt.Scale(domain=[0, size.width], nice=False, zero=True), axis=None)
    y = alt.Y(
        "y:Q",
        scale=alt.Scale(domain=[0, most], nice=False),
        axis=alt.Axis(
            values=[most * step / size.ticks for step in range(size.ticks + 1)],
            labelExpr="datum.value + '%'",
            title=None,
        ),
    )
    colour = alt.Color("colour:N", scale=None)

    def on(name: str) -> alt.Chart:
        return alt.Chart(alt.NamedData(name=name))

    def edge(name: str, dash: list[int]) -> alt.Chart:
        rule = on(name).mark_rule(color=SOFT, strokeWidth=1.2, strokeDash=dash)
        drawn: alt.Chart = rule.encode(x=x, x2="x2:Q", y=y)
        return drawn

    def letter(name: str, *, bold: bool) -> alt.Chart:
        text = on(name).mark_text(dy=-13, fontSize=12.5, fontWeight=700 if bold else 400, color=INK)
        drawn: alt.Chart = text.encode(x=x, y=y, text="text:N")
        return drawn

    boxed = {"x": x, "x2": "x2:Q", "y": y, "y2": "y2:Q"}
    point: dict[str, Any] = {
        "filled": True,
        "stroke": WHITE,
        "strokeWidth": 1,
        "opacity": 1,
    }
    layers = {
        **{name: on(name).mark_rect(color=fill).encode(**boxed) for name, fill in SHADES.items()},
        "border": on("border").mark_rule(color=WHITE, strokeWidth=2).encode(x=x, y=y, y2="y2:Q"),
        "wide-edge": edge("wide-edge", [1, 0]),
        "usual-edge": edge("usual-edge", [5, 3]),
        "middle": on("middle").mark_rule(color=INK, strokeWidth=1.5).encode(x=x, x2="x2:Q", y=y),
        "hatch": on("hatch")
        .mark_rect(fill=f"url(#{HATCH})", stroke=SOFT, strokeWidth=1)
        .encode(**boxed),
        "dot": on("dot").mark_point(size=size.dot, **point).encode(x=x, y=y, fill=colour),
        "apart": on("apart")
        .mark_point(size=size.dot * 1.7, shape="diamond", **point)
        .encode(x=x, y=y, fill=colour),
        "letter": letter("letter", bold=False),
        "bold": letter("bold", bold=True),
        "band": on("band")
        .mark_text(baseline="middle", fontSize=12.5, color=INK)
        .encode(x=x, y=alt.value(size.height + 15), text="text:N"),
    }
    large = ("letter", "bold", "band")
    shown = [name for name in LAYERS if not (is_small and name in large)]
    padding = {"left": size.left, "right": 4, "top": TOP, "bottom": size.bottom}
    return layered([layers[name] for name in shown], size.width, size.height, padding)


FRAMES["funnel"] = _frame
