"""A strict allow-list for drawings: what comes out is written again from what is known to be
harmless, and is only ever turned into pixels.

Parts that show nothing (metadata, scripts, the notes of a drawing program) are left out in
silence. Parts that would show something we do not take over are refused by name: a plan with a
missing wing would be worse than none. There is no element or value that makes a renderer open a
file or an address.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

SVG = "http://www.w3.org/2000/svg"
MOST_ELEMENTS = 20_000
DEEPEST = 60
LONGEST_SIDE = 1440
"""Pixels that the longer side is drawn with: twice what is kept, so that lines come out clean."""
NUMBER = re.compile(r"([0-9]*+(?:\.[0-9]++)?(?:e[+-]?[0-9]++)?)\s*+([a-z%]*+)", re.IGNORECASE)

DRAWN = frozenset({
    "svg", "g", "path", "rect", "circle", "ellipse", "line", "polyline", "polygon", "text",
    "tspan", "defs", "clipPath", "linearGradient", "radialGradient", "stop", "style",
})  # fmt: skip
REFUSED = frozenset({
    "image", "use", "symbol", "foreignObject", "pattern", "mask", "filter", "marker", "switch",
    "textPath", "a",
})  # fmt: skip
"""Elements that would be visible, or refer to what is visible."""

GEOMETRY = frozenset({
    "id", "class", "d", "points", "x", "y", "x1", "y1", "x2", "y2", "cx", "cy", "r", "rx", "ry",
    "fx", "fy", "dx", "dy", "width", "height", "offset", "transform", "gradientUnits",
    "gradientTransform", "spreadMethod", "clipPathUnits", "preserveAspectRatio",
})  # fmt: skip
LOOKS = frozenset({
    "fill", "fill-opacity", "fill-rule", "stroke", "stroke-width", "stroke-opacity",
    "stroke-linecap", "stroke-linejoin", "stroke-miterlimit", "opacity", "stop-color",
    "stop-opacity", "clip-path", "clip-rule", "color", "display", "visibility", "font-size",
    "font-weight", "font-style", "text-anchor",
})  # fmt: skip
"""As attributes, in `style` attributes and in style sheets. No dashes: a line of very many very
short ones is how a small drawing keeps a renderer busy for hours."""

VALUE = re.compile(r"[\w\s.,#%+()-]*")
"""No colon, no backslash, no slash and no quotation mark: no address can be written so."""
ELSEWHERE = re.compile(r"url\s*\(\s*(?!#)", re.IGNORECASE)
"""A reference to anything but a part of the same drawing."""
SELECTOR = re.compile(r"(?:\*|[.#]?[\w-]++)(?:\s*+,\s*+(?:\*|[.#]?[\w-]++))*+")
FOR_SCREENS = frozenset({"screen", "all", "(prefers-color-scheme: light)"})
FOR_OTHERS = frozenset({"print", "(prefers-color-scheme: dark)"})
"""Conditions of style rules: the plan is shown on a light page."""

NAMED_PART_LETTERS = 40


class DrawingFault(StrEnum):
    """What is wrong with a drawing."""

    BROKEN = "broken"
    TOO_MUCH = "too_much"
    PART = "part"
    NO_SIZE = "no_size"


class DrawingError(ValueError):
    """The drawing cannot be taken: `part` names what is in the way, if it is one thing."""

    def __init__(self, why: DrawingFault, part: str = "") -> None:
        super().__init__(why)
        self.why, self.part = why, part


@dataclass
class _Writer:
    """Writes what the parser reports, if it is on the list."""

    out: list[str] = field(default_factory=list)
    open: list[str] = field(default_factory=list)
    skipped: int = 0
    elements: int = 0
    sheet: list[str] | None = None

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        space, _, tag = name.rpartition(" ")
        self.elements += 1
        if self.elements > MOST_ELEMENTS or len(self.open) > DEEPEST:
            raise DrawingError(DrawingFault.TOO_MUCH)
        if not self.open and not self.skipped and (space, tag) != (SVG, "svg"):
            raise DrawingError(DrawingFault.BROKEN)
        if self.skipped or space != SVG or tag not in DRAWN | REFUSED:
            self.skipped += 1
            return
        if tag in REFUSED:
            raise DrawingError(DrawingFault.PART, tag)
        kept = _attributes(attributes)
        if not self.open:
            kept = _frame(attributes) | {"font-family": "Noto Sans"}
        self.open.append(tag)
        if tag == "style":
            self.sheet = []
        written = "".join(f" {key}={quoteattr(value)}" for key, value in kept.items())
        space = f' xmlns="{SVG}"' if tag == "svg" else ""
        self.out.append(f"<{tag}{space}{written}>")

    def end(self, _name: str) -> None:
        if self.skipped:
            self.skipped -= 1
            return
        tag = self.open.pop()
        if tag == "style" and self.sheet is not None:
            self.out.append(escape(_sheet("".join(self.sheet))))
            self.sheet = None
        self.out.append(f"</{tag}>")

    def words(self, words: str) -> None:
        if self.skipped or not self.open:
            return
        if self.sheet is not None:
            self.sheet.append(words)
        elif self.open[-1] in ("text", "tspan"):
            self.out.append(escape(words))


def clean(svg: bytes) -> str:
    """The drawing written again, or a `DrawingError`. Its root has a size of pixels of ours."""
    writer = _Writer()
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
    parser.StartElementHandler = writer.start
    parser.EndElementHandler = writer.end
    parser.CharacterDataHandler = writer.words
    parser.EntityDeclHandler = _no_entities
    try:
        parser.Parse(svg, True)
    except expat.ExpatError as error:
        raise DrawingError(DrawingFault.BROKEN) from error
    return "".join(writer.out)


def _no_entities(*_declared: object) -> None:
    # Entities can grow without bound and can name files; no drawing needs one.
    raise DrawingError(DrawingFault.PART, "ENTITY")


def _attributes(given: Mapping[str, str]) -> dict[str, str]:
    kept = {
        name: value
        for name, value in given.items()
        if name in GEOMETRY | LOOKS and _is_plain(value)
    }
    if given.get("stroke-dasharray", "none") != "none":
        raise DrawingError(DrawingFault.PART, "stroke-dasharray")
    # A style of one part stays one: as plain attributes it would give way to the style sheet.
    style = _written(_declarations(given.get("style", "")))
    return kept | {"style": style} if style else kept


def _written(declarations: Mapping[str, str]) -> str:
    return "".join(f"{name}:{value};" for name, value in declarations.items())


def _declarations(text: str) -> dict[str, str]:
    """The properties of a style that are on the list."""
    pairs = (part.partition(":") for part in text.split(";"))
    found = {name.strip(): value.strip() for name, _, value in pairs}
    if found.get("stroke-dasharray", "none") != "none":
        # Drawn through, a path across the grounds would be a wall.
        raise DrawingError(DrawingFault.PART, "stroke-dasharray")
    return {
        name: value
        for name, value in found.items()
        if name in LOOKS and value and _is_plain(value.removesuffix("!important"))
    }


def _is_plain(value: str) -> bool:
    return VALUE.fullmatch(value) is not None and ELSEWHERE.search(value) is None


def _sheet(text: str) -> str:
    """The rules of a style sheet that a light page shows. One that we cannot take over, and that
    would change what is seen, is refused by its name."""
    rules = []
    for conditions, selector, body in _rules(_without_comments(text)):
        kept = _written(_declarations(body))
        if not kept or not all(map(_is_for_us, conditions)):
            continue
        if not SELECTOR.fullmatch(selector):
            raise DrawingError(DrawingFault.PART, selector[:NAMED_PART_LETTERS])
        rules.append(f"{selector}{{{kept}}}")
    return "\n".join(rules)


def _without_comments(text: str) -> str:
    opened = text.split("/*")
    return " ".join((opened[0], *(part.partition("*/")[2] for part in opened[1:])))


def _rules(text: str) -> Iterator[tuple[tuple[str, ...], str, str]]:
    """Each rule, with the conditions that it is under, its selector and its body."""
    around: list[str] = []
    words = ""
    for part in re.split(r"([{}])", text):
        if part == "{":
            around.append(" ".join(words.rpartition(";")[2].split()))
            words = ""
        elif part == "}" and around:
            selector = around.pop()
            if not selector.startswith("@"):
                yield tuple(around), selector, words
            words = ""
        else:
            words = part


def _is_for_us(condition: str) -> bool:
    name, _, when = condition.partition(" ")
    wanted = {one.strip() for one in when.casefold().split(",")}
    if name == "@media" and wanted & FOR_SCREENS:
        return True
    if name == "@media" and wanted <= FOR_OTHERS:
        return False
    raise DrawingError(DrawingFault.PART, condition[:NAMED_PART_LETTERS])


def _frame(given: Mapping[str, str]) -> dict[str, str]:
    """The root's attributes: what part of the drawing is shown, in pixels that we choose."""
    box = [float(part) for part in _numbers(given.get("viewBox", ""))]
    if len(box) != 4:
        box = [0.0, 0.0, *(_length(given.get(side, "")) for side in ("width", "height"))]
    wide, high = box[2:]
    if not (0 < wide < 1e7 and 0 < high < 1e7 and all(abs(part) < 1e7 for part in box)):
        raise DrawingError(DrawingFault.NO_SIZE)
    scale = LONGEST_SIDE / max(wide, high)
    return {
        "viewBox": " ".join(f"{part:g}" for part in box),
        "width": str(max(1, round(wide * scale))),
        "height": str(max(1, round(high * scale))),
        # The colour of lines and letters that name none.
        "color": "#000",
    }


def _numbers(text: str) -> list[str]:
    return re.findall(r"[+-]?(?:[0-9]++(?:\.[0-9]++)?|\.[0-9]++)(?:[eE][+-]?[0-9]++)?", text)


def _length(text: str) -> float:
    found = NUMBER.fullmatch(text.strip())
    if found is None or not found[1] or found[2] == "%":
        raise DrawingError(DrawingFault.NO_SIZE)
    try:
        return float(found[1])
    except ValueError as error:  # "e5"
        raise DrawingError(DrawingFault.NO_SIZE) from error
