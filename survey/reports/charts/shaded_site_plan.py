"""The plan of a school with a figure on each place, as one drawing that needs no page around it:
colours in it, the picture of the plan in it. Shade and pattern say the same."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from xml.etree import ElementTree

from flask_babel import gettext

from survey import colours
from survey.reports.charts.accessible_svg import SVG, written
from survey.reports.charts.heat_shades import BLANK, HATCH, shade_at
from survey.reports.charts.share_charts import step_of
from survey.reports.school.site_plan_figures import OnPlan, ShadedArea
from survey.reports.wording.figures import share_words
from survey.reports.wording.labels import line_label, measure_label

INK, WHITE = colours.FIXED["on-tint"], colours.FIXED["on-shade"]
FACE = "Noto Sans, system-ui, sans-serif"
SEEN = ".74"
"""How much of the plan an area covers."""

PATTERNS = (
    ("22", "0", "<circle cx='6' cy='6' r='2'/>"),
    ("13", "0", "<circle cx='4' cy='4' r='2.2'/>"),
    ("16", "45", "<rect width='3' height='16'/>"),
    ("9", "45", "<rect width='3' height='9'/>"),
    ("11", "45", "<path d='M0 0h11v3H0zM0 0h3v11H0z'/>"),
)
"""Side, turn and drawing, from the second shade on; like those of the page."""


def plan_svg(found: OnPlan, picture: bytes, kind: str, title: str) -> str:
    """`picture` is the plan's own, of this kind; `title` is what was asked."""
    wide, high = str(found.plan.width), str(found.plan.height)
    root = ElementTree.Element(
        f"{{{SVG}}}svg",
        {"viewBox": f"0 0 {wide} {high}", "font-family": FACE, "role": "img"},
    )
    _add(root, "title").text = plan_title(found, title)
    _add(root, "desc").text = plan_words(found)
    _define(root)
    data = base64.b64encode(picture).decode()
    _add(root, "image", href=f"data:{kind};base64,{data}", width=wide, height=high)
    for place in found.drawn:
        for look in _looks(place, found):
            for area in place.areas:
                points = " ".join(f"{x},{y}" for x, y in area.corners)
                _add(root, "polygon", points=points, **look)
    for place in found.drawn:
        for area in place.areas:
            _label(root, place, *area.label_spot)
    return written(root)


def plan_title(found: OnPlan, title: str) -> str:
    said = {"title": title, "measure": measure_label(found.measure)}
    return str(gettext("%(title)s On the plan: %(measure)s", **said))


def plan_words(found: OnPlan) -> str:
    """What a plan shows, place by place, for readers who do not see it."""
    return " ".join(
        f"{place.number}, {line_label(place.line)}: {share_words(place.line.first)}."
        for place in found.drawn
    )


def _looks(place: ShadedArea, found: OnPlan) -> Iterator[dict[str, str]]:
    """The shade, and the pattern over it."""
    step = step_of(place.line.first, found.measure.tone)
    edge = {"stroke": INK, "stroke-width": "2"}
    if step is None:
        yield {**edge, "fill": "url(#hidden)"}
        return
    ground = shade_at(step, found.measure.tone).ground
    yield {**edge, "fill": ground, "fill-opacity": SEEN}
    if step:
        yield {"fill": f"url(#p{step})"}


def _define(root: ElementTree.Element) -> None:
    defs = _add(root, "defs")
    for number, (side, turn, drawing) in enumerate(PATTERNS, start=1):
        pattern = _pattern(defs, f"p{number}", side, turn)
        shape = ElementTree.fromstring(drawing)  # noqa: S314  ours, above
        _add(pattern, shape.tag, fill=INK, **{"fill-opacity": ".36"}, **shape.attrib)
    hidden = _pattern(defs, "hidden", "12", "135")
    _add(hidden, "rect", width="12", height="12", fill=BLANK)
    _add(hidden, "rect", width="4", height="12", fill=HATCH)


def _pattern(defs: ElementTree.Element, name: str, side: str, turn: str) -> ElementTree.Element:
    return _add(
        defs,
        "pattern",
        id=name,
        width=side,
        height=side,
        patternUnits="userSpaceOnUse",
        patternTransform=f"rotate({turn})",
    )


def _label(root: ElementTree.Element, place: ShadedArea, x: int, y: int) -> None:
    """The number of the place, and its share where one is printed."""
    share = place.line.first
    if share.figure.percent is not None:
        words = share_words(share)
        pill = {"width": str(34 + 14 * len(words)), "height": "34", "rx": "17"}
        edge = {"fill": WHITE, "stroke": INK, "stroke-width": "1.5"}
        _add(root, "rect", x=str(x), y=str(y - 17), **pill, **edge)
        _text(root, words, x + 24, y, "22", INK)
    _add(root, "circle", cx=str(x), cy=str(y), r="18", fill=INK)
    _text(root, str(place.number), x, y, "21", WHITE, **{"text-anchor": "middle"})


def _text(
    root: ElementTree.Element, words: str, x: int, y: int, size: str, colour: str, **more: str
) -> None:
    look = {"font-size": size, "font-weight": "700", "fill": colour, **more}
    # A third of its height under the middle: "central" is not known to every renderer.
    _add(root, "text", x=str(x), y=str(y + int(size) * 35 // 100), **look).text = words


def _add(parent: ElementTree.Element, tag: str, **attributes: str) -> ElementTree.Element:
    return ElementTree.SubElement(parent, f"{{{SVG}}}{tag}", attributes)
