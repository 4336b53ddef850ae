"""A comparison's pages and file read back to facts, and held against the stored document.

Nothing here asks the renderer anything. Limits are worked out again with numpy and scipy from the
document; of a school's own base nothing may be found that its band does not say."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from scipy import stats

from tests.integration.reports.extraction import DRAWN, UUID, SlipError
from tests.integration.reports.markup import Node

Name = tuple[str, str]
INLINE = frozenset({"b", "span", "br", "a", "em", "strong"})
FIXED = (
    "95% limits", "99.8% limits", "fewer than 10 schools", "about 1 in 20", "about 1 in 500",
    "With fewer than 10 schools", "With fewer than 8 schools", "at least three schools",
)  # fmt: skip
VERDICTS = ("far above", "far below", "above", "below")
TOP, HEIGHT = 8, 230
"""Pixels: where the axis of a funnel begins, and how long it is."""


@dataclass(frozen=True)
class Limits:
    wide: tuple[int, int]
    usual: tuple[int, int]
    chance: tuple[int, int]

    def verdict(self, low: int | None, high: int | None) -> str:
        """`low` and `high`: what the share is at least and at most."""
        for side, value in (("above", low), ("below", high)):
            if value is None:
                continue
            signs = {"above": 1, "below": -1}
            at = 1 if side == "above" else 0
            if signs[side] * (value - self.usual[at]) > 0:
                return f"far {side}" if signs[side] * (value - self.wide[at]) > 0 else side
        return ""


@dataclass
class Known:
    """A stored comparison, and the bands that its pages put its schools in: letter to words."""

    document: Mapping[str, Any]
    bands: Mapping[str, str] = field(default_factory=dict)
    texts: tuple[str, ...] = ()
    _limits: dict[Name, dict[str, Limits]] = field(default_factory=dict)

    @cached_property
    def figures(self) -> dict[Name, Mapping[str, Any]]:
        return {(one["table"], one["answer"]): one for one in self.document["figures"]}

    def least(self, name: Name, band: str) -> int | None:
        bases = [one["base"] for one in self.figures[name]["schools"]
                 if one["base"] is not None and self.bands[one["school"]] == band]  # fmt: skip
        return min(bases, default=None)

    def middle(self, name: Name) -> int:
        """The share of all together, each school counting with the smallest base of its band."""
        given = [one for one in self.figures[name]["schools"] if one["base"] is not None]
        counts = [self.least(name, self.bands[one["school"]]) or 1 for one in given]
        return int(
            np.floor(np.average([_place(one) for one in given], weights=counts) + 0.5 + 1e-9)
        )

    def limits(self, name: Name) -> dict[str, Limits]:
        """By band."""
        if name not in self._limits:
            self._limits[name] = self._make_limits(name)
        return self._limits[name]

    def _make_limits(self, name: Name) -> dict[str, Limits]:
        """Spiegelhalter's, with numpy's quantiles and scipy's normal distribution."""
        figure = self.figures[name]
        given = [one for one in figure["schools"] if one["base"] is not None]
        middle = self.middle(name)
        spread = max(middle, 1) * max(100 - middle, 1) / 10_000

        def variance(base: int) -> float:
            return 1 / (4 * base) + 100 / 12 / base**2 / (4 * spread)

        target = np.arcsin(np.sqrt(middle / 100))
        shares = np.array([_place(one) for one in given]) / 100
        own = np.array([variance(self.least(name, self.bands[one["school"]]) or 1)
                        for one in given])  # fmt: skip
        scores = (np.arcsin(np.sqrt(shares)) - target) / np.sqrt(own)
        pulled = np.clip(scores, *np.quantile(scores, [0.1, 0.9]))
        weights = 1 / own
        scale = weights.sum() - (weights**2).sum() / weights.sum()
        between = max(0.0, ((pulled**2).sum() - (len(given) - 1)) / scale)
        found = {}
        for band in dict.fromkeys(self.bands.values()):
            base = self.least(name, band)
            if base is None:
                continue
            parts = []
            for quantile, extra in ((0.999, between), (0.975, between), (0.975, 0.0)):
                tail = stats.t(len(given) - 1) if quantile > 0.99 and between else stats.norm
                half = tail.ppf(quantile) * np.sqrt(variance(base) + extra)
                ends = np.clip([target - half, target + half], 0, np.pi / 2)
                low, high = 100 * np.sin(ends) ** 2
                parts.append((int(np.floor(low + 1e-9)), int(np.ceil(high - 1e-9))))
            found[band] = Limits(*parts)
        return found

    def told_apart(self, name: Name) -> frozenset[str]:
        """Letters of schools without a name in a band in which some were asked and some were not:
        who was not asked is known by name."""
        unasked = {one["school"] for one in self.figures[name]["schools"]
                   if one["printed"] in ("not_asked", "asked_otherwise")}  # fmt: skip
        found: set[str] = set()
        for band in set(self.bands.values()):
            held = {one["code"] for one in self.document["schools"]
                    if one["name"] is None and self.bands[one["code"]] == band}  # fmt: skip
            found |= held if held & unasked and held - unasked else set()
        return frozenset(found)

    def share(self, name: Name, letter: str, is_own: bool = False) -> tuple[str, str]:
        """What is said of a school, and where it is; `is_own`: to the school itself."""
        (one,) = [each for each in self.figures[name]["schools"] if each["school"] == letter]
        if one["base"] is None or (letter in self.told_apart(name) and not is_own):
            return "not shown", ""
        limits = self.limits(name)[self.bands[letter]]
        if one["percent"] is not None:
            return f"{one['percent']}%", limits.verdict(one["percent"], one["percent"])
        edge = -(-100 * one["limit"] // (self.least(name, self.bands[letter]) or 1))
        if one["under"] is not None:
            return f"under {edge}%", limits.verdict(None, edge)
        return f"{100 - edge}% or more", limits.verdict(100 - edge, None)

    def letters(self) -> list[str]:
        return [one["code"] for one in self.document["schools"]]


def _place(one: Mapping[str, Any]) -> int:
    if one["under"] is not None:
        return int(one["under"] + 1) // 2
    return int(one["at_least"] + 101) // 2 if one["at_least"] is not None else int(one["percent"])


def read_bands(overview: Node, document: Mapping[str, Any]) -> dict[str, str]:
    """The band of each letter, as the page tells it. It must not tell a school: of those without a
    name, three at least are in each."""
    bands = {}
    for row in overview.all("tr"):
        if set(row.attributes) == {"data-school"}:
            bands[row.attributes["data-school"]] = next(row.all("td")).text
    for band in set(bands.values()):
        held = [one for one in document["schools"] if bands[one["code"]] == band]
        hidden = [one for one in held if one["name"] is None and one["responded"] is not None]
        if len(hidden) < 3 and len(set(bands.values())) > 1:
            raise SlipError(f"the band {band} holds {len(hidden)} schools without a name")
        low, high = _edges(band)
        for one in held:
            if one["responded"] is not None and not low <= one["responded"] <= high:
                raise SlipError(f"{one['code']} is not in the band {band}")
    return bands


def _edges(band: str) -> tuple[int, int]:
    numbers = [int(one) for one in re.findall(r"\d+", band)]
    match band.split():
        case ["under", _]:
            return 0, numbers[0] - 1
        case [_, "or", "more"]:
            return numbers[0], 10**9
        case [_, "to", _]:
            return numbers[0], numbers[1]
    return 0, 10**9


def check_figure_page(page: Node, known: Known, name: Name) -> None:
    """The page of one figure: each school's share and where it is, the limits, the drawing."""
    rows = [row for row in page.all("tr") if "data-school" in row.attributes]
    if [row.attributes["data-school"] for row in rows] != known.letters():
        raise SlipError("schools are not in the order of their letters")
    for row in rows:
        letter = row.attributes["data-school"]
        share, verdict = known.share(name, letter)
        cells = [cell.text for cell in row.all("td")]
        expected = [share] if share == "not shown" else [
            share, f"{verdict} the others" if verdict else "within the limits"]  # fmt: skip
        if cells[: len(expected)] != expected or cells[len(expected)] != known.bands[letter]:
            raise SlipError(f"{name} {letter}: {cells} instead of {expected}")
    limits = known.limits(name)
    told = {}
    for row in page.all("tr"):
        if "data-band" in row.attributes:
            told[next(row.all("th")).text] = [cell.text for cell in row.all("td")]
    for band, of in limits.items():
        if told.pop(band, None) != [_to(of.chance), _to(of.usual), _to(of.wide)]:
            raise SlipError(f"{name}: other limits of {band}")
    if told:
        raise SlipError(f"limits of {sorted(told)}")
    (drawing,) = page.all("svg")
    check_funnel(drawing, known, name)
    check_sentences(page, known, [name])


def _to(ends: tuple[int, int]) -> str:
    return f"{ends[0]} to {ends[1]}%"


def check_funnel(drawing: Node, known: Known, name: Name, height: int = HEIGHT) -> None:
    """Dots are at printed shares, and edges at limits."""
    axis = [one.text for one in drawing.all("text") if one.text.endswith("%")]
    unit = max(int(one[:-1]) for one in axis) / height
    shares = sorted(one["percent"] for one in known.figures[name]["schools"]
                    if one["percent"] is not None
                    and one["school"] not in known.told_apart(name))  # fmt: skip
    seen = []
    for path in drawing.all("path"):
        at = re.match(r"translate\([-\d.]+,([-\d.]+)\)", path.attributes.get("transform", ""))
        if at and path.attributes.get("stroke") == "#ffffff":
            seen.append(_whole((height - float(at[1])) * unit, "a school"))
    if sorted(seen) != shares:
        raise SlipError(f"{name}: dots at {sorted(seen)}, and the schools print {shares}")
    ends = {end for of in known.limits(name).values() for end in (*of.wide, *of.usual)}
    for line in drawing.all("line"):
        if line.attributes.get("stroke") == "#50615f":
            at = re.match(r"translate\([-\d.]+,([-\d.]+)\)", line.attributes["transform"])
            assert at is not None
            edge = _whole((height - float(at[1])) * unit, "a limit")
            if edge not in ends:
                raise SlipError(f"{name}: an edge at {edge}")
    for path in drawing.all("path"):
        if "hatch" in path.attributes.get("fill", ""):
            size = re.search(r"h([-\d.]+)v([-\d.]+)", path.attributes["d"])
            wide, high = (abs(float(one)) for one in size.groups()) if size else (0.0, 0.0)
            if abs(wide - 10) > 0.01 or abs(high - 16) > 0.01:
                raise SlipError("a hatch has a size of its own")


def _whole(value: float, what: str) -> int:
    if abs(value - round(value)) > 0.02:
        raise SlipError(f"{what} stands at {value:.2f}")
    return round(value)


def check_spread_rows(page: Node, known: Known) -> int:
    """The rows of figures over schools, on an authority's page. Gives how many."""
    read = 0
    for row in page.all("tr"):
        if "data-compared" not in row.attributes:
            continue
        name = row.attributes["data-compared"], row.attributes["data-answer"]
        figure = known.figures[name]
        median, half, _ends, given = (cell.text for cell in row.all("td"))
        if (median, half, given) != (
            f"{figure['median']}%",
            f"{figure['lower_quartile']} to {figure['upper_quartile']}%",
            str(figure["given"]),
        ):
            raise SlipError(f"{name}: {median}, {half}, {given}")
        read += 1
    return read


def check_own_rows(page: Node, known: Known, letter: str) -> int:
    read = 0
    for row in page.all("tr"):
        if "data-compared" not in row.attributes:
            continue
        name = row.attributes["data-compared"], row.attributes["data-answer"]
        figure, (share, verdict) = known.figures[name], known.share(name, letter, is_own=True)
        where = "" if share == "not shown" else (
            f"{verdict} the others" if verdict else "within the limits")  # fmt: skip
        half = _to((figure["lower_quartile"], figure["upper_quartile"]))
        expected = [share, f"{figure['median']}%", half, where]
        if [cell.text for cell in row.all("td")] != expected:
            raise SlipError(f"{name}: {row.text} instead of {expected}")
        read += 1
    if re.search(r"\bSchool [A-Z]{1,2}\b", page.text):
        raise SlipError("another school's letter on a school's own page")
    return read


def said_of(known: Known, names: Iterable[Name]) -> Iterator[str]:
    """Every way in which these figures may be said, longest last."""
    for name in names:
        figure = known.figures[name]
        quartiles = figure["lower_quartile"], figure["upper_quartile"]
        yield from (_to(quartiles), f"{quartiles[0]} and {quartiles[1]}%")
        yield from (f"{figure['median']}%", f"{known.middle(name)}%")
        yield f"half of the {figure['given']} schools"
        yield str(figure["given"])
        for of in known.limits(name).values():
            yield from (_to(of.wide), _to(of.usual), _to(of.chance))
        for one in figure["schools"]:
            yield from (known.share(name, one["school"], mine)[0] for mine in (False, True))
        given = [one for one in figure["schools"] if one["base"] is not None]
        for end in (min(given, key=_place), max(given, key=_place)):
            yield f"under {end['under']}%" if end["under"] is not None else (
                f"{end['at_least']}% or more" if end["at_least"] is not None
                else f"{end['percent']}%")  # fmt: skip
        counts = [known.share(name, letter)[1] for letter in known.letters()]
        for verdict in VERDICTS:
            number = counts.count(verdict)
            yield f"{number} school{'' if number == 1 else 's'} {verdict}"


def check_sentences(node: Node, known: Known, names: Iterable[Name], more: Iterable[str] = ()):  # type: ignore[no-untyped-def]
    """No text and no attribute of this part holds a number that its figures do not explain."""
    allowed = [*FIXED, *more, *known.texts, *known.bands.values(), *said_of(known, names)]
    words = sorted(set(allowed), key=len, reverse=True)
    axis = {f"{n}%" for n in (0, 5, 10, 15, 20, 25, 30, 40, 45, 50, 60, 75, 80, 100)}
    for text in _texts(node):
        left = " ".join(text.split())
        if left in axis or not re.search(r"\d", left):
            continue
        for one in words:
            if one in left:
                left = re.sub(rf"(?<![\d.]){re.escape(one)}(?![\d%])", " ", left)
        if re.search(r"\d", left):
            raise SlipError(f"{text!r}: no figure near by explains {left!r}")


def _texts(node: Node) -> Iterator[str]:
    if node.tag in ("th", "td", "p", "li", "h1", "h2", "h3", "caption", "summary", "title",
                    "desc", "text") and all(
        isinstance(one, str) or one.tag in INLINE for one in node.children):  # fmt: skip
        yield node.text
    else:
        yield from (one for one in node.children if isinstance(one, str))
        for child in node.children:
            if isinstance(child, Node):
                yield from _texts(child)
    yield from _attributes(node)


def _attributes(node: Node) -> Iterator[str]:
    in_drawing = node.tag in ("svg", "path", "line", "rect", "g", "text", "pattern", "defs")
    for name, value in node.attributes.items():
        if in_drawing and name in DRAWN:
            continue
        if (name, value) in (("stroke-dasharray", "1,0"), ("stroke-dasharray", "5,3")):
            continue
        if name in ("id", "aria-labelledby", "data-compared", "data-answer", "data-apart", "fill"):
            continue  # named by the figure; checked with the row
        if name in ("href", "src"):
            bare = re.sub(rf"{UUID}|/waves/1(?=/)|figures/[^/]+/[^/]+$|charts/.+$", "", value)
            yield re.sub(r"\?v=[0-9a-f]+$|-[0-9a-f]{8,}$", "", bare)
        elif name == "data-band":
            if not re.fullmatch(r"[0-4]", value):
                raise SlipError(f"a band {value!r}")
        elif name not in ("tabindex", "colspan", "xmlns", "type", "name", "class"):
            yield value


def check_file(content: bytes, known: Known) -> int:
    """The comparison as a spreadsheet: the same facts, and no base. Gives how many lines."""
    lines = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    columns = {
        *("comparison_id", "figure", "answer", "label", "measure", "school", "name", "answered"),
        *("percent", "under", "at_least", "standing", "low_95", "high_95", "low_998", "high_998"),
        *("schools", "lower_quartile", "median", "upper_quartile", "all_students"),
    }
    seen = []
    for line in lines:
        if set(line) != columns:
            raise SlipError(f"columns {set(line) ^ columns}")
        name = line["figure"].removeprefix("'"), line["answer"]
        figure, letter = known.figures[name], line["school"]
        share, verdict = known.share(name, letter)
        words = (
            f"{line['percent']}%" if line["percent"] else f"under {line['under']}%"
            if line["under"] else f"{line['at_least']}% or more" if line["at_least"]
            else "not shown"
        )  # fmt: skip
        standing = "" if share == "not shown" else verdict.replace(" ", "_") or "inside"
        if (words, line["standing"], line["answered"]) != (share, standing, known.bands[letter]):
            raise SlipError(f"{name} {letter}: {line}")
        limits = known.limits(name).get(known.bands[letter])
        edges = [line[one] for one in ("low_95", "high_95", "low_998", "high_998")]
        if limits and edges != [str(one) for one in (*limits.usual, *limits.wide)]:
            raise SlipError(f"{name} {letter}: limits {edges}")
        for column, key in (
            *(("schools", "given"), ("median", "median")),
            *(("lower_quartile", "lower_quartile"), ("upper_quartile", "upper_quartile")),
        ):
            if line[column] != str(figure[key]):
                raise SlipError(f"{name}: {column} is {line[column]}")
        if line["all_students"] != str(known.middle(name)):
            raise SlipError(f"{name}: all students are {line['all_students']}")
        seen.append((name, letter))
    if seen != [(name, letter) for name in known.figures for letter in known.letters()]:
        raise SlipError("a school of a figure is missing, twice, or out of order")
    return len(lines)
