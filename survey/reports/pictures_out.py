"""Charts as pictures to put elsewhere: white behind them, their title above, their source below.

A picture leaves its page, so it says itself what it shows and of which release. It fetches nothing.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping
from enum import StrEnum
from functools import cache, partial
from xml.etree import ElementTree

import vl_convert

from survey.campaigns.paper.typeset import FONTS
from survey.disclosure.release import PARTICIPATION
from survey.reports import charts, pictures
from survey.reports.charts import INK, SOFT, Chart
from survey.reports.distribution import Distribution
from survey.reports.shelf import Book
from survey.reports.svg import SVG

MARGIN, WIDTH = 20, charts.WIDTH
LETTERS, TITLE, LINE = 38, 16, 21
"""Of the title: characters before it wraps, pixels of its letters and of its lines."""

NOTE_LETTERS, NOTE, NOTE_LINE = 54, 11, 15
FACE = "Noto Sans, system-ui, sans-serif"
SCALE = 2
"""Pixels of a PNG for each of its drawing: sharp on a slide."""


class Kind(StrEnum):
    """What a picture is handed out as."""

    SVG = "svg"
    PNG = "png"


TYPES: Mapping[Kind, str] = {Kind.SVG: "image/svg+xml", Kind.PNG: "image/png"}


def charts_of(book: Book) -> dict[str, Callable[[], Chart]]:
    """The charts of a school's report by their key, made when they are called."""
    found: dict[str, Callable[[], Chart]] = {}
    for _chapter, blocks in book.chapters:
        for block in blocks:
            for panel in block.panels:
                found[panel.key] = partial(pictures.panel_chart, panel, block.title)
    responded = partial(pictures.participation_chart, book.opening.responded)
    return {**found, PARTICIPATION: responded}


def compared_charts_of(spread: Distribution) -> dict[str, Callable[[], Chart]]:
    """The charts of a comparison by their key: figures over the schools, and each school by
    school."""
    found: dict[str, Callable[[], Chart]] = {}
    for title, key, figures in pictures.overview(spread):
        found[key] = partial(pictures.spread_chart, key, title, figures)
    for one in spread.figures:
        key = f"{one.figure.table}/{one.figure.answer}"
        found[key] = partial(pictures.schools_chart, one, spread.schools)
    return found


def picture(drawn: str, title: str, note: str, kind: Kind) -> bytes:
    """A drawing of a page as a picture of its own. `note` says of which report it is."""
    whole = standalone(drawn, title, note)
    if kind is Kind.SVG:
        return whole.encode()
    _faces()
    made: bytes = vl_convert.svg_to_png(whole, scale=SCALE)
    return made


def standalone(drawn: str, title: str, note: str) -> str:
    inner = ElementTree.fromstring(drawn)  # noqa: S314  drawn by us a moment ago
    wide, high = (float(side) for side in inner.attrib["viewBox"].split()[2:])
    above = textwrap.wrap(title, LETTERS * int(wide) // WIDTH)
    below = textwrap.wrap(note, NOTE_LETTERS * int(wide) // WIDTH)
    top = MARGIN + LINE * len(above) + 8
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
    ElementTree.SubElement(root, f"{{{SVG}}}rect", {**size, "fill": "#fff"})
    for at, words in enumerate(above):
        _text(root, words, MARGIN + TITLE + at * LINE, TITLE, INK, bold=True)
    place = {"transform": f"translate({MARGIN},{top})"}
    held = ElementTree.SubElement(root, f"{{{SVG}}}g", place)
    held.extend(inner)
    for at, words in enumerate(below):
        _text(root, words, top + high + 10 + NOTE + at * NOTE_LINE, NOTE, SOFT)
    return ElementTree.tostring(root, encoding="unicode")


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


@cache
def _faces() -> None:
    """Once in a process: our own faces, so that a picture looks the same wherever it is made."""
    vl_convert.register_font_directory(str(FONTS))
