"""A rendered report read back to facts, and held against the release it was made of.

Nothing here asks the renderer anything. Every number of a page, wherever it is (text, table,
attribute, drawing), must be one of a printed figure near it, said as such figures are said; what is
left over is a slip, and more than the release holds.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from tests.integration.reports.intervals import agreed, interval
from tests.integration.reports.markup import Node
from tests.integration.reports.named_figures import as_table, named_figures
from tests.integration.reports.who_answered import (
    at_most_everywhere,
    bounds,
    could_be,
    weighed,
)

Document = Mapping[str, Any]
Place = tuple[str, str, str]
"""(table, answer, group) of a printed figure."""


class SlipError(AssertionError):
    """The page says something that the release does not."""


PHRASES: tuple[tuple[str, str], ...] = (
    (r"the rest of the school \((\d+)%\)", "rest"),
    (r"between (\d+)% and (\d+)% feel unsafe", "bounds"),
    (r"Weighed by the year groups on roll: (\d+)%", "weighed"),
    (r"a figure of (\d+)% could be anywhere from (\d+)% to (\d+)%", "could be"),
    (r"At most (\d+) students can have answered", "everywhere"),
    (r"(\d+)% \((\d+) to (\d+)%\)", "share and interval"),
    (r"(?:About|Fewer than) (\d+) left it out", "left out"),
    (r"all but fewer than (\d+) of (\d+)", "limit of base"),
    (r"fewer than (\d+) of (\d+)", "limit of base"),
    (r"[Uu]nder (\d+)% of (\d+)", "under of base"),
    (r"[Bb]etween (\d+) and (\d+)%", "interval"),
    (r"(?:95% interval )?(\d+) to (\d+)%", "interval"),
    (r"(\d+)% or more", "at least"),
    (r"[Uu]nder (\d+)%", "under"),
    (r"(\d+)% of (\d+)", "share of base"),
    (r"(\d+) of (\d+)", "count of base"),
    (r"fewer than (\d+)", "least"),
    (r"(\d+)% of (?!\d)", "share"),
    (r"of (\d+)", "base"),
    (r"(\d+)%", "share"),
    (r"(\d+) other places?", "others"),
    (r"(\d+) others?", "others"),
    (r"[Nn]earest (\d+)", "rounding"),
)
"""How figures are said, longest first. What they take is looked up among the figures near by."""

WHOLE_FIGURES = frozenset(
    {"share and interval", "limit of base", "share of base", "rest", "bounds", "weighed"}
)
FRACTIONS = r"\b(\d+) in (\d+)\b"
FIXED = (
    r"95% interval|Open Government Licence v3\.0|Answers go from 0 \([^)]*\) to 10 "
    r"|\((?:0 to 4|5 to 6|7 to 8|9 to 10)\)"
    r"|\bYears (?:[7-9]|1[0-3]) (?:and|to) (?:[7-9]|1[0-3])\b|\bYears? (?:[7-9]|1[0-3])\b"
    r"|Fewer than 60% answered"
    # Not a figure of the release: how large a difference would have to be to be named.
    r"|would have to be about \d+ percentage points? above the rest"
    r"|it is about \d+ percentage points or more|one year group from about \d+ points"
    r"|: about \d+ points"
)
KEY_TO_SHADES = {
    *("under 10%", "10 to 19%", "20 to 29%", "30 to 39%", "40 to 49%", "50% or more"),
    *("under 20%", "20 to 39%", "40 to 49%", "50 to 59%", "60 to 79%", "80% or more"),
}
HIDDEN_WORDS = re.compile(r"hidden: [a-z ]*|hidden: fewer than \d+ answered|fewer than \d+")
NOT_ASKED = "not asked"

INLINE = frozenset({"b", "span", "br", "a", "em", "strong", "small"})
DRAWN = frozenset(
    {
        *("viewbox", "width", "height", "x", "y", "x2", "y2", "cx", "cy", "r", "rx", "d"),
        *("points", "transform", "font-size", "font-weight", "fill"),
        *(
            "stroke",
            "stroke-width",
            "stroke-miterlimit",
            "opacity",
            "patterntransform",
            "font-family",
        ),
    }
)
NAMES = frozenset({"id", "for", "aria-labelledby", "aria-describedby", "xmlns", "name", "type"})
ADDRESSES = frozenset({"href", "action", "src"})
UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
LICENCE = "https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/"
CHART_FILE = re.compile(r"/charts/(.+)\.(?:svg|png)$")
SHADES = {"adverse": (10, 20, 30, 40, 50), "second": (10, 20, 30, 40, 50),
          "plain": (10, 20, 30, 40, 50), "good": (20, 40, 50, 60, 80)}  # fmt: skip
KEY = 5
TRACK = 226
LINK = "0.7"
"""Pixels: where the key of a chart is, and from zero to the end of its axis."""


@dataclass
class Said:
    """What may be said in one part of a page."""

    tuples: dict[str, set[tuple[int, ...]]] = field(default_factory=dict)
    rows: int = 0
    whole: set[int] = field(default_factory=set)
    """Numbers that may stand by themselves."""

    def add(self, kind: str, *numbers: int) -> None:
        self.tuples.setdefault(kind, set()).add(numbers)

    def knows(self, kind: str, numbers: tuple[int, ...]) -> bool:
        if kind == "others":
            return numbers[0] <= self.rows
        return numbers in self.tuples.get(kind, set())


class Printed:
    """The figures of a release, by where they are, from its JSON alone. `given`: every text of
    the questionnaire, whose numbers count no one. `questionnaire`: its document, for the
    names under which figures of a question are read as indicators."""

    def __init__(
        self,
        document: Document,
        given: Iterable[str],
        dates: Iterable[str],
        asked_from: Mapping[str, int],
        questionnaire: Document | None = None,
    ) -> None:
        words = set(given)
        self.asked_from = asked_from
        self.tables = {t["key"]: t for t in (*document["tables"], document["participation"])}
        self.released = list(self.tables)
        self.named = named_figures(document, questionnaire) if questionnaire else {}
        for name, figure in self.named.items():
            self.tables[name] = as_table(name, figure, self.tables[figure[0]])
        self.order = list(self.tables)
        self.policy = document["policy"]
        self.header = document["header"]
        told = {text for text in words if re.search(r"\d", text) and re.search(r"[a-z]{2}", text)}
        self.answers = {text for text in words if re.fullmatch(r"\d{1,2}", text)}
        self.answers |= {answer for table in self.tables.values() for answer in table["answers"]}
        self.words = sorted({*told, *(text.rstrip(".") for text in told), *dates},
                            key=len, reverse=True)  # fmt: skip

    def row(self, table: str, group: str) -> Mapping[str, Any]:
        if table not in self.tables:
            raise SlipError(f"no table {table}")
        for row in self.tables[table]["rows"]:
            if row["group"] == group:
                return row  # type: ignore[no-any-return]
        raise SlipError(f"{table} has no row {group}")

    def in_release(self, place: Place) -> Place:
        """Where the release itself prints a figure that is read under an indicator's name."""
        if place[0] in self.named and place[1] == "yes":
            return (*self.named[place[0]], place[2])
        return place

    def is_not_asked(self, place: Place) -> bool:
        """Is the group a year too young for all the items of the table?"""
        year = re.fullmatch(r"year=y(\d+)", place[2])
        table = self.in_release(place)[0]
        return year is not None and int(year[1]) < self.asked_from.get(table, 0)

    def figure(self, place: Place) -> tuple[Mapping[str, Any], int | None]:
        """The figure and the base of its share, as a page shows them together."""
        return agreed(self, place)

    def as_released(self, place: Place) -> tuple[Mapping[str, Any], int | None]:
        """The figure and the base of its share; an empty one in a hidden row."""
        row = self.row(place[0], place[2])
        if not row["shown"]:
            return {"status": "hidden", "reason": row["reason"]}, None
        found = row["boxes"].get(place[1]) or row["cells"].get(place[1])
        if found is None:
            raise SlipError(f"{place[0]} has no answer {place[1]}")
        return found, found.get("of_base", row["base"])

    def tell(self, said: Said, place: Place) -> None:
        figure, base = self.figure(place)
        if place[1:] == ("skipped", "all"):
            said.add("left out", figure.get("count", figure.get("limit", 0)))
        if figure["status"] in ("hidden", "implied") or base is None:
            said.add("least", self.policy["minimum_base"])
            return
        said.add("base", base)
        if "limit" in figure:
            limit = figure["limit"]
            said.add("limit of base", limit, base)
            said.add("least", limit)
            for name, kind in (("under", "under"), ("at_least", "at least")):
                if name in figure:
                    said.add(kind, figure[name])
                    said.add(f"{kind} of base", figure[name], base)
                    said.add("share of base", figure[name], base)
        if "percent" in figure:
            percent, count = figure["percent"], figure["count"]
            low, high = interval(self, place) or (0, 0)
            if percent == 0:
                said.add("under", 1)
                said.add("under of base", 1, base)
            said.add("share", percent)
            said.add("share of base", percent, base)
            said.add("count of base", count, base)
            said.add("interval", low, high)
            said.add("share and interval", percent, low, high)
            self.tell_rest(said, place, count, base)
        if place[2] == "all" and place[0] != "participation":
            self.tell_whom(said, place)

    def tell_whom(self, said: Said, place: Place) -> None:
        """Those who stay away from a place; and the share weighed by the roll, where it differs."""
        if place[1] == "feel_unsafe" and (found := bounds(self, place[0])):
            said.add("bounds", *found)
        percent, of_roll = self.figure(place)[0].get("percent"), weighed(self, place)
        if percent is not None and of_roll is not None and abs(percent - of_roll) >= 2:
            said.add("weighed", of_roll)

    def tell_rest(self, said: Said, place: Place, count: int, base: int) -> None:
        """The share of everyone else in the school, which a sentence on a group compares with."""
        whole, of = self.figure((place[0], place[1], "all"))
        if place[2] != "all" and whole.get("count") is not None and of and of > base:
            rest = min(max(0, whole["count"] - count), of - base)
            said.add("rest", round(100 * rest / (of - base)))

    def takes(self, node: Node) -> bool:
        """Whether it reads a part of a page by itself. Of one release, nothing is of a wave."""
        if {"data-wave", "data-change"} & set(node.attributes):
            raise SlipError("a figure of a wave, on a page of one release")
        return False

    def latest(self, cell: Node) -> bool:
        """Whether a cell is of the wave that gives the order of lines."""
        return True

    def near(self, places: Iterable[Place], rows: int) -> Said:
        said = Said(rows=rows)
        roundings = {"base5": 5, "base10": 10, "base20": 20, "base50": 50}
        for place in places:
            self.tell(said, place)
            said.add("rounding", roundings.get(self.row(place[0], place[2])["rung"], 20))
        return said

    def everyone(self) -> Said:
        """What a page says of the whole release: who took part, the roll, the rules."""
        said = self.near([], 0)
        small, least = self.policy["small"], self.policy["minimum_base"]
        said.whole |= {small, least, self.header.get("wave", 1)}
        said.whole |= {n for name, n in self.header.items() if name.startswith("roll")}
        for row in self.tables["participation"]["rows"]:
            if row["shown"]:
                said.whole.add(row["cells"]["participation"]["count"])
                said.add("count of base", row["base"], self.header.get("roll", 0))
                if row["group"] == "all" and self.header.get("roll"):
                    said.add("could be", *could_be(self.header, row["base"]))
        if (most := at_most_everywhere(self)) is not None:
            said.add("everywhere", most)
        said.add("least", small)
        said.add("least", least)
        rungs: dict[int, int] = {}
        for key in self.released:
            table = self.tables[key]
            if key != "participation" and any(row["shown"] for row in table["rows"]):
                rounding = {"base5": 5, "base10": 10, "base50": 50}.get(table["rung"], 20)
                rungs[rounding] = rungs.get(rounding, 0) + 1
        for rounding, tables in rungs.items():
            said.add("rounding", rounding)
            said.whole.add(tables)
        return said


def check_words(words: str, said: Said, printed: Printed) -> None:
    """Raises a `SlipError` for a number that no figure near by explains."""
    left = re.sub(FIXED, " ", " ".join(words.split()))
    for text in printed.words:
        if text in left:
            left = re.sub(rf"(?<!\d){re.escape(text)}(?!\d)", " ", left)
    # An answer may itself be a number: "7: 20%", or the most frequent is “7”.
    left = re.sub(r"“(\d{1,2})”|(?:(?<=^)|(?<=\. ))(\d{1,2})(?=: )", _answer_in(printed), left)
    for one in re.finditer(FRACTIONS, left):
        share = 100 * int(one[1]) / int(one[2])
        if not any(low <= share <= high for low, high in said.tuples.get("interval", ())):
            raise SlipError(f"{one[0]!r} is near no figure: {words!r}")
    left = re.sub(FRACTIONS, " ", left)
    for pattern, kind in PHRASES:

        def take(one: re.Match[str], kind: str = kind) -> str:
            numbers = tuple(map(int, one.groups()))
            if said.knows(kind, numbers):
                return " "
            if kind in WHOLE_FIGURES:  # its parts may well be of other figures
                raise SlipError(f"{one[0]!r} in {words!r}: no figure near by")
            return one[0]

        left = re.sub(rf"(?<![\d.,]){pattern}(?![.,]?\d)", take, left)
    for number in re.findall(r"\d+(?:[.,]\d+)*", left):
        if not number.isdecimal() or int(number) not in said.whole:
            raise SlipError(f"{number} in {words!r}: no figure near by is said so")


def _answer_in(printed: Printed) -> Callable[[re.Match[str]], str]:
    def take(one: re.Match[str]) -> str:
        return " " if (one[1] or one[2]) in printed.answers else one[0]

    return take


def check_page_facts(page: Node, printed: Printed) -> int:
    """Reads a whole page of a report. Gives how many cells it read."""
    _walk(page, printed.everyone(), printed, in_svg=False)
    for figure in page.all("figure"):
        check_drawing(figure, printed)
    for table in page.all("table"):
        check_order(table, printed)
    return sum("data-table" in cell.attributes for cell in page.all("td"))


def _classes(node: Node) -> list[str]:
    return node.attributes.get("class", "").split()


def places_in(node: Node) -> list[Place]:
    return [_place(one) for one in node.all("td") if "data-table" in one.attributes]


def _place(cell: Node) -> Place:
    given = cell.attributes
    return given["data-table"], given.get("data-answer", ""), given.get("data-group", "")


def _walk(node: Node, said: Said, printed: Printed, *, in_svg: bool) -> None:
    in_svg = in_svg or node.tag == "svg"
    if printed.takes(node):
        return
    if "block" in _classes(node):
        places = places_in(node)
        said = printed.near(places, len(list(node.all("tr"))))
        parts = len({place[0] for place in places})
        for key in {place[0] for place in places}:
            if key[0] != "@" and "skipped" in printed.tables.get(key, {}).get("answers", ()):
                printed.tell(said, (key, "skipped", "all"))
        for count in range(1, parts + 1):
            said.add("count of base", count, parts)
        for name in ("schools_at_least", "small", "minimum_base"):
            said.add("least", printed.policy[name])
    if "data-belongs" in node.attributes:
        tables = node.attributes["data-belongs"].split()
        said = printed.near([(t, a, "all") for t in tables for a in ("feel_unsafe", "away")], 20)
    if "standing" in _classes(node):
        key = node.attributes["data-table"]
        said = printed.near(
            [
                (key, answer, row["group"])
                for row in printed.tables[key]["rows"]
                if row["shown"]
                for answer in (*row["cells"], *row["boxes"])
            ],
            0,
        )
    _check_attributes(node, said, printed, in_svg=in_svg)
    if node.tag == "td" and "data-table" in node.attributes:
        check_cell(node, printed)
    elif node.tag == "ul" and "heat-key" in _classes(node):
        for item in node.all("li"):
            if re.search(r"\d", item.text) and item.text not in KEY_TO_SHADES:
                raise SlipError(f"no shade: {item.text!r}")
        return
    elif node.tag in ("th", "text") and node.text in printed.answers:
        return
    elif all(isinstance(one, str) or one.tag in INLINE for one in node.children):
        drawn = in_svg and node.tag == "text"
        axis = Said(
            tuples={"share": {(n,) for n in (0, 10, 20, 25, 30, 40, 50, 75, 100)}},
            whole={*range(0, 10_000, 20), *range(0, 10_000, 25)},
        )
        try:
            check_words(node.text, said, printed)
        except SlipError:
            if not drawn or not _is_axis(node):
                raise
            check_words(node.text, axis, printed)
    else:
        for text in (one for one in node.children if isinstance(one, str)):
            check_words(text, said, printed)
    for child in node.children:
        if isinstance(child, Node):
            _walk(child, said, printed, in_svg=in_svg)


def _is_axis(text: Node) -> bool:
    return text.attributes.get("font-size") == "12px"


def _check_attributes(node: Node, said: Said, printed: Printed, *, in_svg: bool) -> None:
    for name, value in node.attributes.items():
        if not re.search(r"\d", value) or (in_svg and name in DRAWN):
            continue
        if name in ADDRESSES:
            bare = re.sub(UUID, "", value.removeprefix(LICENCE))
            bare = CHART_FILE.sub(lambda one: _known(one[1], printed), bare)
            bare = re.sub(r"#block-\d{1,3}$|\?v=[0-9a-f]+$|/waves/\d+/?$", "", bare)
            slip = re.search(r"\d", bare)
        elif name == "class":
            slip = re.search(r"\d", re.sub(r"\b(?:heat|rank)-[0-5]\b", "", value))
        elif name == "value" and node.tag == "option":  # a year group to choose
            slip = re.search(r"\d", re.sub(r"^year=y\d{1,2}(?:\+y\d{1,2})*$", "", value))
        elif name in NAMES:
            slip = _strange_name(value, printed)
        elif name in ("data-table", "data-answer", "data-group", "data-roll", "data-belongs"):
            continue  # looked up with the cell
        elif (
            node.tag in ("meta", "html")
            or name in ("tabindex", "csrf_token")
            or (node.tag == "input" and node.attributes.get("name") == "csrf_token")
        ):
            continue
        elif name in ("aria-label", "title", "alt", "content"):
            check_words(value, said, printed)
            continue
        else:
            raise SlipError(f"<{node.tag} {name}={value!r}> holds a number")
        if slip:
            raise SlipError(f"<{node.tag} {name}={value!r}> holds a number")


def _known(key: str, printed: Printed) -> str:
    """Nothing, if it is the key of a chart: of a table, or of an item of which one is printed; a
    place has a few charts of one table."""
    key = re.sub(r"/(?:groups|away|answers)$|^over-time/", "", key)
    keys = {re.split(r"[.:]", table)[0] for table in printed.order} | set(printed.order)
    return "" if unquote(key) in keys else key


def _strange_name(value: str, printed: Printed) -> re.Match[str] | None:
    keys = {re.sub(r"[^a-z0-9]+", "-", key.lower()).strip("-") for key in printed.order}
    keys |= {key.partition("-")[0] for key in keys}
    left = re.sub(r"\bblock-\d{1,3}\b|w3\.org/2000|-p[1-5]\b|\bh[1-6]\b", "", value)
    for key in sorted(keys, key=len, reverse=True):
        left = left.replace(key, "")
    return re.search(r"\d", left)


def check_cell(cell: Node, printed: Printed) -> None:
    """A cell of a table says its own figure, and has nothing that another would not have."""
    place = _place(cell)
    figure, base = printed.figure(place)
    strange = set(cell.attributes) - {"class", "data-table", "data-answer", "data-group"}
    if strange:
        raise SlipError(f"{place}: a cell with {sorted(strange)}")
    numbers = [int(n) for n in re.findall(r"\d+", cell.text)]
    if re.search(r"\d[.,]\d", cell.text):
        raise SlipError(f"{place}: {cell.text!r} has decimals")
    shade = [int(one[5:]) for one in _classes(cell) if re.fullmatch(r"heat-\d", one)]
    tone = [one[5:] for one in _classes(cell) if one[5:] in SHADES]
    if shade and shade != [sum(figure.get("percent", -1) >= step for step in SHADES[tone[0]])]:
        raise SlipError(f"{place}: the shade is of another share")
    match figure["status"]:
        case "shown" if place[0] == "participation":
            right = numbers == [figure["count"]]
        case "shown":
            right = numbers[:3] == [figure["percent"] or 1, figure["count"], base]
            right &= cell.text.startswith("under 1%") is (figure["percent"] == 0)
            right &= tuple(numbers[3:]) in ((), interval(printed, place))
        case "fewer_than":
            right = numbers == [figure["under"], figure["limit"], base]
        case "all_but_fewer":
            right = numbers == [figure["at_least"], figure["limit"], base]
        case "implied":
            right = cell.text == "counted in the sums"
        case _:
            # One of few sentences, with no number but the least base: whatever is behind it. Whom
            # the questionnaire does not ask is said to be so, and no other.
            right = HIDDEN_WORDS.fullmatch(cell.text) is not None
            if printed.is_not_asked(place):
                right = cell.text == NOT_ASKED
            right &= set(numbers) <= {printed.policy["minimum_base"]}
    if not right:
        raise SlipError(f"{place}: {cell.text!r} is not the printed figure")


def check_drawing(figure: Node, printed: Printed) -> None:
    """Marks are where a printed whole per cent would, and what is hidden has one length."""
    said = printed.near(places_in(figure), 0)
    shares = {one for (one,) in said.tuples.get("share", ())}
    ends = {end for pair in said.tuples.get("interval", ()) for end in pair}
    for drawing in figure.all("svg"):
        axis = [one.text for one in drawing.all("text") if _is_axis(one)]
        if "chart" not in _classes(drawing) or not axis or not axis[-1].endswith("%"):
            continue
        unit = int(axis[-1][:-1]) / TRACK
        for one in drawing.all("path", "line"):
            at = re.match(r"translate\(([-\d.]+),", one.attributes.get("transform", ""))
            x = float(at[1]) * unit if at else 0.0
            if one.tag == "path" and one.attributes.get("d", "").startswith(
                ("M4.8", "M4.18", "M0,-")
            ):
                if abs(x / unit - KEY) < 0.01:
                    continue  # of the key that tells two measures apart
                _on(x, shares, "a mark")
            elif one.tag == "line" and one.attributes.get("opacity") == LINK:
                _on(x, shares, "a line between waves")
                _on(x + float(one.attributes["x2"]) * unit, shares, "a line between waves")
            elif one.tag == "line" and one.attributes.get("stroke-width") == "6":
                _on(x, ends, "an interval")
                _on(x + float(one.attributes["x2"]) * unit, ends, "an interval")
            elif "hatch" in one.attributes.get("fill", ""):
                length = re.search(r"h([-\d.]+)v", one.attributes["d"])
                if not length or abs(float(length[1]) - 44) > 0.01:
                    raise SlipError("a hatch has a length of its own")


def _on(x: float, allowed: set[int], what: str) -> None:
    if abs(x - round(x)) > 0.01 or round(x) not in allowed:
        raise SlipError(f"{what} stands at {x:.2f}, where no printed share is")


def check_order(table: Node, printed: Printed) -> None:
    """Rows of different tables stand by published share, ties as they were asked."""
    rows = []
    for line in table.all("tr"):
        cells = [
            one for one in line.all("td") if "data-table" in one.attributes and printed.latest(one)
        ]
        if cells and "apart" not in _classes(line) and "heat" not in _classes(table):
            rows.append(_place(cells[0]))
    keys = [place[0] for place in rows]
    if len(set(keys)) < len(rows) or len(rows) < 2 or keys[0].startswith("@"):
        return
    ranks = [(-_rank(printed.figure(place)[0]), printed.order.index(place[0])) for place in rows]
    if ranks != sorted(ranks):
        raise SlipError(f"{keys}: an order that the printed figures do not give")


def _rank(figure: Mapping[str, Any]) -> int:
    special = {"all_but_fewer": 101, "fewer_than": -1, "hidden": -2, "implied": -2}
    return special.get(figure["status"], figure.get("percent", 0))


def check_csv(content: bytes, document: Document) -> int:
    """Every line is one figure of the release, and every figure has one line."""
    lines = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    numbers = ("count", "percent", "limit", "under", "at_least")
    expected: dict[Place, tuple[str, ...]] = {}
    for table in (document["participation"], *document["tables"]):
        for row in table["rows"]:
            boxes = {f"box:{box['key']}": box["key"] for box in table["boxes"]}
            for answer in (*table["answers"], *boxes):
                figure: Mapping[str, Any] = {"status": "hidden"}
                if row["shown"]:
                    figure = (
                        row["boxes"][boxes[answer]] if answer in boxes else row["cells"][answer]
                    )
                base = row.get("base") if answer in table["base"] else None
                base = figure.get("of_base", base)
                expected[table["key"], answer, row["group"]] = (
                    figure["status"],
                    *(str(figure.get(name, "")) for name in numbers),
                    "" if base is None else str(base),
                )
    found = {}
    for line in lines:
        place = tuple(line[name].removeprefix("'") for name in ("table", "answer", "group"))
        found[place] = tuple(line[name] for name in ("status", *numbers, "base"))
        extra = set(line) - {
            *("release_id", "table", "group", "answer", "status", *numbers, "base", "rung"),
            *("reason", "table_label", "group_label", "answer_label"),
        }
        if extra:
            raise SlipError(f"a line with {extra}")
    if found != expected or len(lines) != len(expected):
        wrong = [place for place in expected if found.get(place) != expected[place]]
        raise SlipError(f"lines differ from the release: {wrong[:3] or set(found) - set(expected)}")
    return len(lines)


ROUNDINGS = {"base5": 5, "base10": 10, "base20": 20, "base50": 50}
COUNTED = frozenset({"count", "percent", "limit", "under", "at_least", "base", "of_base"})


def check_json(content: bytes) -> int:
    """No number in the file but printed ones, each a multiple of its rounding; gives how many."""
    document = json.loads(content)
    read = 0
    for table in (document["participation"], *document["tables"]):
        if set(table) != {"key", "answers", "base", "boxes", "rung", "reason", "rows"}:
            raise SlipError(f"{table['key']}: a table with more fields")
        for row in table["rows"]:
            if not row["shown"] and set(row) != {"group", "shown", "rung", "reason"}:
                raise SlipError(f"{table['key']} {row['group']}: a hidden row says more")
            for name, value in _numbers(row):
                rounding = ROUNDINGS.get(row["rung"], 20)
                if name not in COUNTED or not isinstance(value, int):
                    raise SlipError(f"{table['key']} {row['group']}: {name} = {value}")
                if name in ("count", "base", "of_base") and value % rounding:
                    raise SlipError(f"{table['key']} {row['group']}: {value} is not rounded")
                read += 1
    return read


def _numbers(value: object, name: str = "") -> Iterator[tuple[str, int | float]]:
    if isinstance(value, dict):
        for key, one in value.items():
            yield from _numbers(one, key)
    elif isinstance(value, list):
        for one in value:
            yield from _numbers(one, name)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield name, value


def texts_of(value: object) -> Iterator[str]:
    """Every text of a questionnaire's document."""
    if isinstance(value, dict):
        for one in value.values():
            yield from texts_of(one)
    elif isinstance(value, list):
        for one in value:
            yield from texts_of(one)
    elif isinstance(value, str):
        yield value
