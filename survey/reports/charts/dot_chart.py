"""Charts of published figures, drawn on the server as SVG.

The module places a chart line by line, in pixels down and in its own unit across, makes it into a
specification with Altair and draws it with vl-convert. Labels are above their line, so that a chart
of 320 pixels is readable on a phone and next to its table on a desktop. A figure that is not
printed as a number is hatched at one fixed length: the length has no meaning.
"""

from __future__ import annotations

import copy
import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol
from xml.sax.saxutils import escape, quoteattr

from flask_babel import gettext

from survey import colours
from survey.logs import log
from survey.rendering.renderer import NotDrawnError, renderer
from survey.reports.charts.accessible_svg import HATCH, SVG, accessible
from survey.reports.charts.stored_charts import NotYetDrawnError, WantedChart, name_of, svg_of
from survey.reports.school.report_data import Tone

if TYPE_CHECKING:
    import altair as alt

WIDTH, TRACK, LEFT, BOTTOM = 320, 226, 8, 38
"""Pixels: the whole, the part of it that the axis spans, and the margins for the axis labels."""

LABEL, MARK, GAP = 16, 17, 7
"""Pixels down: a line of label, a mark, and the space between lines."""

HATCHED = 44
"""Pixels: the length of every hatched mark."""

LETTERS = 46
"""Characters of a label before it wraps."""

COLOURS: Mapping[Tone, str] = {
    Tone.ADVERSE: colours.STAFF["adverse"],
    Tone.GOOD: colours.STAFF["good"],
    Tone.PLAIN: colours.STAFF["plain"],
    Tone.SECOND: colours.CHART["second"],
}
"""Apart in lightness and on the blue-yellow axis, so that they hold for colour-blind readers and in
grey print, which a test computes; the second of two also has another shape."""

INK, SOFT, LINE = (colours.STAFF[name] for name in ("ink", "soft", "line"))
GRID, WHITE = colours.CHART["grid"], colours.STAFF["paper"]
FONT = "system-ui, 'Segoe UI', Roboto, 'Noto Sans', sans-serif"


class Hatch(StrEnum):
    """At which end a mark without a number is hatched."""

    START = "start"  # hidden, or fewer than
    END = "end"  # all but fewer than


@dataclass(frozen=True)
class Spot:
    """A dot with its interval on the rail of a line, or a hatch; `words` are at the end."""

    words: str
    tone: Tone
    at: int | None = None
    interval: tuple[int, int] | None = None
    hatch: Hatch | None = None
    is_second: bool = False


@dataclass(frozen=True)
class Spread:
    """Many dots on one rail, with their middle half as a band and their median as a tick."""

    words: str
    tone: Tone
    dots: tuple[int, ...]
    half: tuple[int, int]
    median: int


@dataclass(frozen=True)
class Bar:
    """A bar from 0 on a rail that is `of` long."""

    words: str
    tone: Tone
    length: int | None
    of: int | None


Mark = Spot | Spread | Bar


@dataclass(frozen=True)
class ChartLine:
    label: str
    marks: tuple[Mark, ...]
    starts_part: bool = False


@dataclass(frozen=True)
class Chart:
    """What is drawn. The axis runs from 0 to `most`, in per cent or in students. `key` must be
    unique on a page; `legend` tells two measures apart; `middle` is drawn as a line over all."""

    key: str
    title: str
    description: str
    lines: tuple[ChartLine, ...]
    most: int
    legend: tuple[tuple[str, Tone], ...] = ()
    is_percent: bool = True
    middle: int | None = None

    def specification(self) -> dict[str, Any]:
        """What `framed` makes into Vega-Lite, as plain values."""
        shapes, height = _lay_out(self)
        frame = ["dots", self.most, self.is_percent, axis_title(self.is_percent)]
        return {"frame": frame, "height": height, "datasets": shapes}


class Drawable(Protocol):
    """A `Chart`, or another frozen dataclass that knows its shapes."""

    @property
    def key(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def description(self) -> str: ...
    def specification(self) -> dict[str, Any]: ...


_Shape = dict[str, float | str]
_Shapes = dict[str, list[_Shape]]


def draw(chart: Drawable, *, kept_as: tuple[str, ...]) -> str:
    """The chart as an `<svg>` element. `kept_as` begins with the hash of the document it is of,
    which its drawing is kept with."""
    name = name_of(chart)
    try:
        return svg_of(kept_as[0], name, lambda: render(chart), lambda: wanted(chart))
    except NotYetDrawnError:
        return instead_of(
            chart, gettext("This chart is being drawn. Its figures are in the table.")
        )
    except NotDrawnError as problem:
        # The figures are in a table next to it. Nothing is stored, so the next request tries again.
        log.error("chart_not_drawn", error=problem)
        return instead_of(chart, not_drawn())


def not_drawn() -> str:
    return str(gettext("This chart could not be drawn. Its figures are in the table."))


class Titled(Protocol):
    @property
    def title(self) -> str: ...


def instead_of(chart: Titled, said: str) -> str:
    """A message in the place of a chart."""
    words, named = escape(said), quoteattr(chart.title)
    return (
        f'<svg xmlns="{SVG}" viewBox="0 0 {WIDTH} 40" class="chart" role="img"'
        f' aria-label={named}><text x="{LEFT}" y="24" font-size="11">{words}</text></svg>'
    )


def render(chart: Drawable) -> str:
    """Draws a chart, with a title and description for readers who do not see it."""
    drawn = renderer.svg(framed(chart.specification()))
    return accessible(drawn, chart.key, chart.title, chart.description)


def wanted(chart: Drawable) -> WantedChart:
    """What a worker draws this chart from."""
    return WantedChart(chart.key, chart.title, chart.description, chart.specification())


def draw_wanted(one: WantedChart) -> str:
    """Draws what a page asked for. A chart that cannot be drawn becomes a message, until the code
    that draws changes: its page would wait for ever."""
    try:
        drawn = renderer.svg(framed(one.specification))
        return accessible(drawn, one.key, one.title, one.description)
    except NotDrawnError as problem:
        log.error("chart_not_drawn", error=problem)
        return instead_of(one, not_drawn())


def framed(shapes: Mapping[str, Any]) -> dict[str, Any]:
    """A chart in Vega-Lite: its shapes in the frame that they name. Needs Altair, as no page does
    that writes down shapes. An earlier release wrote down charts that were framed already."""
    others = dict(shapes)
    name, *given = others.pop("frame", [None])
    return {**copy.deepcopy(FRAMES[name](*given)), **others} if name else others


def _lay_out(chart: Chart) -> tuple[_Shapes, int]:
    """All shapes by layer, and the height they take."""
    shapes: _Shapes = {name: [] for name in LAYERS}
    down = 4
    for number, (words, tone) in enumerate(chart.legend):
        at = 5 * chart.most / TRACK
        shapes["point"].append({"x": at, "y": down + 8, **_look(tone, number > 0)})
        shapes["key"].append({"y": down + 8, "text": words})
        down += LABEL + 3
    down += 4 if chart.legend else 0
    for line in chart.lines:
        if line.starts_part and line is not chart.lines[0]:
            shapes["part"].append({"x": 0, "x2": chart.most, "y": down})
            down += GAP
        for words in textwrap.wrap(line.label, LETTERS) or [""]:
            shapes["label"].append({"y": down + 8, "text": words})
            down += LABEL
        for mark in line.marks:
            y = down + MARK // 2
            shapes["value"].append({"y": y, "text": mark.words})
            match mark:
                case Spot():
                    _spot(shapes, mark, y, chart.most)
                case Spread():
                    _spread(shapes, mark, y, chart.most)
                case Bar():
                    _bar(shapes, mark, y, chart.most)
            down += MARK
        down += GAP
    if chart.middle is not None:
        shapes["middle"].append({"x": chart.middle, "y": 0, "y2": down})
    return shapes, down


def _spot(shapes: _Shapes, spot: Spot, y: float, most: int) -> None:
    look = _look(spot.tone, spot.is_second)
    shapes["rail"].append({"x": 0, "x2": most, "y": y})
    if spot.interval:
        low, high = spot.interval
        shapes["interval"].append({"x": low, "x2": high, "y": y, "colour": look["colour"]})
    if spot.at is not None:
        shapes["point"].append({"x": spot.at, "y": y, **look})
    if spot.hatch:
        hatched(shapes, spot.hatch, y, most)


def _spread(shapes: _Shapes, spread: Spread, y: float, most: int) -> None:
    colour = COLOURS[spread.tone]
    low, high = spread.half
    shapes["rail"].append({"x": 0, "x2": most, "y": y})
    shapes["band"].append({"x": low, "x2": high, "y": y - 8, "y2": y + 8})
    shapes["dot"] += [{"x": at, "y": y, "colour": colour} for at in spread.dots]
    shapes["tick"].append({"x": spread.median, "y": y - 9, "y2": y + 9})


def _bar(shapes: _Shapes, bar: Bar, y: float, most: int) -> None:
    if bar.of is not None:
        shapes["band"].append({"x": 0, "x2": bar.of, "y": y - 6, "y2": y + 6})
    if bar.length is None:
        hatched(shapes, Hatch.START, y, most)
    else:
        colour = COLOURS[bar.tone]
        shapes["bar"].append({"x": 0, "x2": bar.length, "y": y - 6, "y2": y + 6, "colour": colour})


def hatched(shapes: _Shapes, end: Hatch, y: float, most: int) -> None:
    length = HATCHED * most / TRACK
    low = most - length if end is Hatch.END else 0
    shapes["hatch"].append({"x": low, "x2": low + length, "y": y - 7, "y2": y + 7})


def _look(tone: Tone, is_second: bool) -> _Shape:
    return {"colour": COLOURS[tone], "shape": "diamond" if is_second else "circle"}


LAYERS = (
    "middle", "part", "rail", "band", "bar", "interval", "hatch", "dot", "point", "tick", "key",
    "label", "value",
)  # fmt: skip
"""From back to front."""


def axis_title(is_percent: bool) -> str:
    """What the axis counts."""
    if is_percent:
        return str(gettext("Share of those who answered"))
    return str(gettext("Students who took part"))


FRAMES: dict[str, Callable[..., dict[str, Any]]] = {}  # what builds each kind of frame


@cache
def frame(most: int, is_percent: bool, title: str) -> dict[str, Any]:
    """The specification without its shapes. Altair builds and checks it once for an axis; only data
    and height differ from chart to chart."""
    import altair as alt  # in a process that draws: it takes 20 MB

    steps = 5 if most % 100 else 4
    x = alt.X(
        "x:Q",
        scale=alt.Scale(domain=[0, most], range=[0, TRACK], nice=False),
        axis=alt.Axis(
            values=[most * step // steps for step in range(steps + 1)],
            labelExpr="datum.value + '%'" if is_percent else "datum.value",
            title=title,
            titleAnchor="start",
            titleFontSize=11,
            titleFontWeight=400,
            titleColor=SOFT,
            titlePadding=4,
        ),
    )
    y = alt.Y("y:Q", scale=None, axis=None)
    colour = alt.Color("colour:N", scale=None)

    def on(name: str) -> alt.Chart:
        return alt.Chart(alt.NamedData(name=name))

    def text(name: str, at: float, size: float, *, bold: bool = False) -> alt.Chart:
        bare = on(name).mark_text(
            align="left",
            baseline="middle",
            fontSize=size,
            fontWeight=600 if bold else 400,
            color=INK,
        )
        placed: alt.Chart = bare.encode(x=alt.value(at), y=y, text="text:N")
        return placed

    along = {"x": x, "x2": "x2:Q", "y": y}
    boxed = along | {"y2": "y2:Q"}
    layers = {
        "part": on("part").mark_rule(color=SOFT, strokeWidth=1).encode(**along),
        "middle": on("middle")
        .mark_rule(color=SOFT, strokeWidth=1.5, strokeDash=[4, 3])
        .encode(x=x, y=y, y2="y2:Q"),
        "rail": on("rail").mark_rule(color=LINE, strokeWidth=1).encode(**along),
        "band": on("band").mark_rect(color=colours.CHART["band"], cornerRadius=3).encode(**boxed),
        "bar": on("bar").mark_rect(cornerRadius=3).encode(**boxed, color=colour),
        "interval": on("interval")
        .mark_rule(strokeWidth=6, strokeCap="round", opacity=0.38)
        .encode(**along, color=colour),
        "hatch": on("hatch")
        .mark_rect(fill=f"url(#{HATCH})", stroke=SOFT, strokeWidth=1)
        .encode(**boxed),
        "dot": on("dot")
        .mark_point(filled=True, size=70, opacity=0.55)
        .encode(x=x, y=y, color=colour),
        "point": on("point")
        .mark_point(filled=True, size=95, opacity=1, stroke=WHITE, strokeWidth=1)
        .encode(
            x=x, y=y, fill=alt.Fill("colour:N", scale=None), shape=alt.Shape("shape:N", scale=None)
        ),
        "tick": on("tick").mark_rule(color=INK, strokeWidth=2).encode(x=x, y=y, y2="y2:Q"),
        "key": text("key", 18, 13),
        "label": text("label", 0, 13.5),
        "value": text("value", TRACK + 9, 13, bold=True),
    }
    padding = {"left": LEFT, "right": 0, "top": 0, "bottom": BOTTOM}
    return layered([layers[name] for name in LAYERS], WIDTH - LEFT, 100, padding)


FRAMES["dots"] = frame


def layered(
    layers: Sequence[alt.Chart], width: int, height: int, padding: Mapping[str, int]
) -> dict[str, Any]:
    """The specification of a chart: its layers, in the theme of all charts."""
    import altair as alt

    chart = (
        alt.layer(*layers)
        .properties(
            width=width,
            height=height,
            padding=dict(padding),
            autosize=alt.AutoSizeParams(type="none"),
        )
        .configure(font=FONT, background="transparent", aria=False)
        .configure_view(stroke=None)
        .configure_axis(
            gridColor=GRID,
            domain=False,
            ticks=False,
            labelColor=SOFT,
            labelFontSize=12,
            labelPadding=6,
        )
    )
    return dict(chart.to_dict())
