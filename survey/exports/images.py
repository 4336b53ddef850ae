"""Charts as pictures to put elsewhere: white behind them, their title above, their source below.

A picture is used away from its page, so it says what it shows and of which release. It loads
nothing.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from xml.etree import ElementTree

from survey import colours
from survey.disclosure.release import PARTICIPATION
from survey.disclosure.tables import Group
from survey.i18n import gettext as _
from survey.rendering.renderer import renderer
from survey.reports.charts import dot_chart, share_charts
from survey.reports.charts.accessible_svg import SVG, written
from survey.reports.charts.dot_chart import INK, SOFT, Drawable
from survey.reports.comparisons import comparison_charts
from survey.reports.comparisons.all_schools import charts
from survey.reports.comparisons.all_schools.changes import AllSchoolsChanges, WholeChange
from survey.reports.comparisons.all_schools.year_group_claims import YearGroups, YearLine
from survey.reports.comparisons.view_model import ComparedFigureView, Distribution
from survey.reports.school.one_group_charts import panel_of
from survey.reports.school.report_data import Panel
from survey.reports.school.report_loader import Book
from survey.reports.wording import labels as label_wording
from survey.reports.wording import places as places_wording

MARGIN, WIDTH = 20, dot_chart.WIDTH
LETTERS, TITLE, LINE = 38, 16, 21
"""Of the title: characters before it wraps, pixels of its letters and of its lines."""

NOTE_LETTERS, NOTE, NOTE_LINE = 54, 11, 15
FACE = "Noto Sans, system-ui, sans-serif"
SCALE = 2
"""Pixels of a PNG for each of its drawing: sharp on a slide."""


class ImageFormat(StrEnum):
    """The file formats of a picture."""

    SVG = "svg"
    PNG = "png"


TYPES: Mapping[ImageFormat, str] = {ImageFormat.SVG: "image/svg+xml", ImageFormat.PNG: "image/png"}


@dataclass(frozen=True)
class Framed:
    """A chart to be drawn, with the words of its page: how to read its marks, and what its figures
    are of where it has no key."""

    chart: Drawable
    marks: str
    of: str = ""


Frame = Callable[[], Framed]


def charts_of(book: Book, group: Group | None = None) -> dict[str, Frame]:
    """The charts of a school's report by their key, made when they are called: of a group, where
    they show one group at a time."""
    found: dict[str, Frame] = {}

    def add(panel: Panel, title: str) -> None:
        shown = panel_of(book.reading, panel, group)
        found[panel.key] = partial(_panel, shown, share_charts.title_of(title, panel, group))

    for _chapter, blocks in book.chapters:
        for block in blocks:
            for panel in block.panels:
                add(panel, block.title)
    for place in book.places:
        for panel in place.panels:
            add(panel, places_wording.panel_title(place, panel))
    return {**found, PARTICIPATION: partial(_responded, book)}


def _responded(book: Book) -> Framed:
    drawn = share_charts.participation_chart(book.opening.responded)
    return Framed(drawn, _("Bar: students who took part. Pale bar: students on roll."))


def _panel(panel: Panel, title: str) -> Framed:
    """The chart of a panel. With two measures the chart itself has a key."""
    of = label_wording.measure_label(panel.measures[0]) if panel.drawn == 1 else ""
    marks = _("Dot: share of students. Bar: its 95%% interval. Hatched: too few to show.")
    return Framed(share_charts.panel_chart(panel, title), marks, of)


def compared_charts_of(spread: Distribution) -> dict[str, Frame]:
    """The charts of a comparison by their key: figures over the schools, and a funnel of each."""
    found: dict[str, Frame] = {}
    for title, key, figures in comparison_charts.overview(spread):
        found[key] = partial(_spread, key, title, figures)
    for one in spread.figures:
        key = f"{one.figure.table}/{one.figure.answer}"
        found[key] = partial(_funnel, one, spread)
    return found


def whole_charts_of(
    spread: Distribution, years: YearGroups, changes: AllSchoolsChanges | None
) -> dict[str, Frame]:
    """The charts of all schools together by their key: year groups, and what changed."""
    found: dict[str, Frame] = {
        f"years/{line.one.figure.table}/{line.one.figure.answer}": partial(_years, line)
        for line in years.lines
    }
    if changes:
        for title, key, moved in charts.changed(spread, changes):
            found[f"change/{key}"] = partial(_changed, key, title, moved, changes.names)
    return found


def _years(line: YearLine) -> Framed:
    of = label_wording.measure_label(line.one.measure)
    return Framed(charts.year_chart(line), _("Dot: share of students."), of)


def _changed(key: str, title: str, found: Sequence[WholeChange], names: tuple[str, str]) -> Framed:
    return Framed(charts.change_chart(key, title, found, names), _("Dots: shares of students."))


def _spread(key: str, title: str, found: Sequence[ComparedFigureView]) -> Framed:
    marks = _(
        "Each dot is a school, the band is the middle half of the schools, and the line is the"
        " school in the middle (the median)."
    )
    return Framed(comparison_charts.spread_chart(key, title, found), marks)


def _funnel(one: ComparedFigureView, spread: Distribution) -> Framed:
    marks = _(
        "Across: how many students answered, in bands. Line: all students together. Shaded, from"
        " the inside: what chance alone explains, the 95%% limits, the 99.8%% limits. Diamond: a"
        " school outside the 95%% limits. Hatched: too few to show."
    )
    return Framed(comparison_charts.funnel_chart(one, spread.schools), marks)


def picture(framed: Framed, drawn: str, note: str, kind: ImageFormat) -> bytes:
    """A drawing of a page as a separate picture. `note` says which report it is from."""
    whole = standalone(drawn, framed.chart.title, framed.of, f"{framed.marks} {note}")
    if kind is ImageFormat.SVG:
        return whole.encode()
    return renderer.png(whole, SCALE)


def standalone(drawn: str, title: str, of: str, note: str) -> str:
    inner = ElementTree.fromstring(drawn)  # noqa: S314  drawn by us a moment ago
    wide, high = (float(side) for side in inner.attrib["viewBox"].split()[2:])
    above = textwrap.wrap(title, LETTERS * int(wide) // WIDTH)
    below = textwrap.wrap(note, NOTE_LETTERS * int(wide) // WIDTH)
    beside = textwrap.wrap(of, (NOTE_LETTERS - 6) * int(wide) // WIDTH)
    down = MARGIN + LINE * len(above)
    top = down + NOTE_LINE * len(beside) + 10
    width, height = wide + 2 * MARGIN, top + high + 10 + NOTE_LINE * len(below) + MARGIN / 2
    size = {"width": f"{width:g}", "height": f"{height:g}"}
    root = ElementTree.Element(
        f"{{{SVG}}}svg",
        {**size, "viewBox": f"0 0 {width:g} {height:g}", "font-family": FACE, "role": "img"},
    )
    if "aria-labelledby" in inner.attrib:
        root.set("aria-labelledby", inner.attrib["aria-labelledby"])
    for tag in ("title", "desc"):
        named = inner.find(f"{{{SVG}}}{tag}")
        if named is not None:
            inner.remove(named)
            root.append(named)
    ElementTree.SubElement(root, f"{{{SVG}}}rect", {**size, "fill": colours.STAFF["paper"]})
    for at, words in enumerate(above):
        _text(root, words, MARGIN + TITLE + at * LINE, TITLE, INK, bold=True)
    for at, words in enumerate(beside):
        _text(root, words, down + NOTE + at * NOTE_LINE, NOTE + 1, SOFT)
    place = {"transform": f"translate({MARGIN},{top})"}
    held = ElementTree.SubElement(root, f"{{{SVG}}}g", place)
    held.extend(inner)
    for at, words in enumerate(below):
        _text(root, words, top + high + 10 + NOTE + at * NOTE_LINE, NOTE, SOFT)
    return written(root)


def _text(
    root: ElementTree.Element,
    words: str,
    down: float,
    size: int,
    colour: str,
    *,
    bold: bool = False,
) -> None:
    look = {"x": str(MARGIN), "y": f"{down:g}", "font-size": f"{size}px", "fill": colour}
    if bold:
        look["font-weight"] = "700"
    ElementTree.SubElement(root, f"{{{SVG}}}text", look).text = words
