"""Prepares drawings of vl-convert for a page: named, hatched, without style attributes.

Our content policy forbids styles in attributes, two charts of a page must not share an id, and a
screen reader must find one image with a name instead of a hundred shapes.
"""

from __future__ import annotations

import re
from xml.etree import ElementTree

from survey import colours

SVG = "http://www.w3.org/2000/svg"
HATCH = "hatch"
"""The id of the hatch pattern, before it is made the chart's own."""

NOISE = ("role", "aria-roledescription", "aria-label", "aria-hidden", "class", "pointer-events")
"""Attributes of inner shapes: the chart is one image, with one name."""


def accessible(drawn: str, name: str, title: str, description: str) -> str:
    """The drawing as one named image. `name` keeps its ids apart from those of other charts."""
    root = ElementTree.fromstring(drawn)  # noqa: S314  our own drawing
    own = _own(name)
    for element in root.iter():
        _clean(element, own)
    _drop_empty(root)
    width, height = root.attrib.pop("width"), root.attrib.pop("height")
    root.attrib.clear()
    root.set("viewBox", f"0 0 {width} {height}")
    root.set("class", "chart")
    root.set("role", "img")
    root.set("aria-labelledby", f"{own}-title {own}-desc")
    for at, (tag, words) in enumerate((("title", title), ("desc", description))):
        child = ElementTree.Element(f"{{{SVG}}}{tag}", {"id": f"{own}-{tag}"})
        child.text = words
        root.insert(at, child)
    root.insert(2, _hatch(own))
    return written(root)


def written(root: ElementTree.Element) -> str:
    """A drawing as text, its tags without a prefix.

    The prefix of a namespace is set for the whole process, and libraries set different ones; in a
    page, a browser does not recognise `svg:svg`."""
    for element in root.iter():
        element.tag = element.tag.removeprefix(f"{{{SVG}}}")
    attributes = dict(root.attrib)
    root.attrib.clear()
    root.attrib.update({"xmlns": SVG} | attributes)
    return ElementTree.tostring(root, encoding="unicode")


def _own(name: str) -> str:
    """What the ids of a chart begin with."""
    return "c-" + re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def _clean(element: ElementTree.Element, own: str) -> None:
    for name in NOISE:
        element.attrib.pop(name, None)
    for rule in element.attrib.pop("style", "").split(";"):
        prop, _, value = rule.partition(":")
        if value:
            element.set(prop.strip(), value.strip())
    if "id" in element.attrib:
        element.set("id", f"{own}-{element.get('id')}")
    for name, value in element.attrib.items():
        if "url(#" in value:
            element.set(name, value.replace("url(#", f"url(#{own}-"))


def _drop_empty(parent: ElementTree.Element) -> None:
    """Vega draws a background and a foreground of no size for every group."""
    for child in list(parent):
        _drop_empty(child)
        tag = child.tag.rpartition("}")[2]
        nothing = tag == "path" and child.get("d", "") in ("", "M0,0h0v0h0Z")
        if nothing or (tag == "g" and not len(child)):
            parent.remove(child)


def _hatch(own: str) -> ElementTree.Element:
    defs = ElementTree.Element(f"{{{SVG}}}defs")
    pattern = ElementTree.SubElement(
        defs,
        f"{{{SVG}}}pattern",
        {
            "id": f"{own}-{HATCH}",
            "width": "6",
            "height": "6",
            "patternUnits": "userSpaceOnUse",
            "patternTransform": "rotate(45)",
        },
    )
    for attributes in (
        {"width": "6", "height": "6", "fill": colours.FIXED["blank"]},
        {"width": "2", "height": "6", "fill": colours.FIXED["hatching"]},
    ):
        ElementTree.SubElement(pattern, f"{{{SVG}}}rect", attributes)
    return defs
