"""Wraps template lines that are over 120 columns, without a change in what they render.

`python scripts/wrap_templates.py [FOLDER ...]` wraps every template, or those of some folders; with
`--check` it names the lines only.

A line is broken inside Jinja tags, where a line break renders nothing: after a comma, before an
operator, or inside a long string, which Jinja joins again. Staff pages are also broken next to
block elements and between the attributes of a tag, where white space is not shown. A template
whose syntax tree would change by more than that is left as it was.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from jinja2 import Environment, nodes

ROOT = Path(__file__).parents[1] / "survey"
WIDTH = 120
STEP = 2
LIGHT = ("responses", "light_pages", "student", "device_check")
"""Folders of pages that must stay small: their HTML gets no white space."""

JINJA = re.compile(r"\{\{.*?(?:\}\}|$)|\{%.*?(?:%\}|$)|\{#.*?(?:#\}|$)", re.DOTALL)
STRING = re.compile(r'"(?:[^"\\]|\\.)*"' + r"|'(?:[^'\\]|\\.)*'")
BEFORE = re.compile(r" (?=(?:if|else|and|or|in|is|not) |[~|+] |\w+=)")
SPACE = re.compile(r" (?=\S)")
BLOCK = (
    "article|dd|div|dl|dt|fieldset|figure|footer|form|h[1-6]|header|li|link|nav|ol|p|section|table"
    "|tbody|td|th|thead|tr|ul"
)
AROUND = re.compile(rf"\s+(?=</?(?:{BLOCK})\b)|(</?(?:{BLOCK})\b[^<>]*)>\s+")
"""White space next to these elements is not shown."""

ENVIRONMENT = Environment(extensions=["jinja2.ext.loopcontrols"], autoescape=True)


Place = tuple[int, str, str, int]
"""A column, what is added before and after the break, and how good the place is."""


def wrapped(text: str, *, html: bool) -> str:
    """The template with long lines broken; the same where that would change what it renders."""
    lines = []
    in_tag = False
    for line in text.split("\n"):
        pieces = [line] if in_tag else list(_pieces(line, html=html))
        lines += pieces
        for piece in pieces:
            opened, closed = piece.rfind("{%"), piece.rfind("%}")
            in_tag = opened > closed or (in_tag and closed < 0)
    found = "\n".join(lines)
    return found if _same(text, found) else text


def _pieces(line: str, *, html: bool) -> Iterator[str]:
    """The line cut at its best places, each piece but the first indented by one step more."""
    places = sorted(_places(line, html=html)) if len(line) > WIDTH else []
    indent = " " * (len(line) - len(line.lstrip()) + STEP)
    start, begin = 0, ""
    while len(begin) + len(line) - start > WIDTH:
        ahead = [one for one in places if one[0] > start + STEP * 2]
        if start == 0:
            ahead = [one for one in ahead if one[0] > len(indent)]
        room = WIDTH - len(begin) + start
        within = [one for one in ahead if one[0] + len(one[1]) <= room]
        if not ahead:
            break
        at, left, right, _rank = _best(within, room) if within else ahead[0]
        piece = line[start:at]
        yield begin + (piece if left else piece.rstrip()) + left
        start, begin = at + len(line[at:]) - len(line[at:].lstrip()), indent + right
    yield begin + line[start:]


def _best(within: list[Place], room: int) -> Place:
    """The best kind of place in the later two thirds of the line, and of these the last."""
    late = [one for one in within if one[0] > room - WIDTH * 2 // 3] or within
    best = max(one[3] for one in late)
    return max(one for one in late if one[3] == best)


def _places(line: str, *, html: bool) -> Iterator[Place]:
    spans = [(one.start(), one.end()) for one in JINJA.finditer(line)]
    for start, end in spans:
        tag = line[start:end]
        if tag.startswith("{#"):
            yield from ((start + one.start(), "", "", 1) for one in SPACE.finditer(tag))
            continue
        strings = [(one.start(), one.end()) for one in STRING.finditer(tag)]
        bare = "".join(
            "\0" if any(a <= n < b for a, b in strings) else c for n, c in enumerate(tag)
        )
        for one in re.finditer(r",(?= )", bare):
            yield start + one.end(), "", "", 3
        for one in BEFORE.finditer(bare):
            yield start + one.start(), "", "", 2
        for a, b in strings:
            inner = tag[a:b]
            if b - a > 40 and tag[a - 1 : a] in "(, ":
                for one in re.finditer(r" (?=\S)", inner):
                    yield start + a + one.end(), inner[0], inner[0], 0
    if html:
        ends = rf"</(?:{BLOCK})>"
        for one in re.finditer(rf"{ends}(?=\{{%|<)|%\}}(?=<(?:{BLOCK})\b)", line):
            yield one.end(), "", "", 4
        plain = JINJA.sub(lambda one: "\1" * len(one[0]), line)
        for one in re.finditer(r"<[a-z][^<>]*>", plain):
            quoted = re.sub(r'"[^"]*"', lambda q: "\1" * len(q[0]), one[0])
            for space in re.finditer(r" (?=[a-z-]+[=\s>])", quoted):
                yield one.start() + space.start(), "", "", 2


def _same(before: str, after: str) -> bool:
    return _shape(before) == _shape(after)


def _shape(text: str) -> nodes.Template:
    """The syntax tree, white space of HTML tags made equal."""
    tree = ENVIRONMENT.parse(text)
    for data in tree.find_all(nodes.TemplateData):
        data.data = AROUND.sub(
            lambda one: f"{one[1]}>" if one[1] else "", re.sub(r"\s*\n\s*", " ", data.data)
        )
    return tree


def main(arguments: list[str]) -> int:
    check = "--check" in arguments
    folders = [Path(one).resolve() for one in arguments if one != "--check"] or [ROOT]
    long = 0
    for path in sorted(path for folder in folders for path in folder.rglob("*.html")):
        text = path.read_text(encoding="utf-8")
        html = not any(part in LIGHT for part in path.parts)
        found = text if check else wrapped(text, html=html)
        if found != text:
            path.write_text(found, encoding="utf-8")
        for number, line in enumerate(found.split("\n"), 1):
            if len(line) > WIDTH:
                long += 1
                print(f"{path.relative_to(ROOT.parent)}:{number}: {len(line)} columns")
    return int(check and long > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
