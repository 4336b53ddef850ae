"""The files of a report read back to facts, as `extraction` reads its pages: papers and slides by
their tags, workbooks cell by cell, pictures by their words and marks."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import openpyxl

from survey.exports.csv import Labels
from survey.questionnaires.model import ItemKind, Questionnaire
from tests.integration.exports.pdf_checks import Paper
from tests.integration.reports.extraction import (
    HIDDEN_WORDS,
    KEY_TO_SHADES,
    Place,
    Printed,
    Said,
    SlipError,
    check_drawing,
    check_words,
)
from tests.integration.reports.intervals import interval
from tests.integration.reports.markup import Node, read_page

GROUPS = {
    "Whole school": "all",
    **{f"Year {year}": f"year=y{year}" for year in range(7, 14)},
    "Year not said": "year=unsaid",
    "Girls": "gender=girl",
    "Boys": "gender=boy",
    "Another word": "gender=another",
    "Gender not said": "gender=unsaid",
}
ANY_SHARE = ("Share of students", "Share of those who answered", "Share who chose it")
AXIS = r"(?:0|10|20|25|30|40|50|75|100)%|\d*(?:[02468]0|[27]5|50)|0"
IN_WORDS = {"Action", "Decision"}
"""The first heads of tables that hold no figure."""
NOTHING = ("hidden", "in the sums", "counted in the sums")


@dataclass
class Words:
    """The release with the words it is spoken of, and all else that a file may say."""

    printed: Printed
    questionnaire: Questionnaire
    imprint: tuple[str, ...]
    titles: dict[str, list[str]] = field(default_factory=dict)
    """By what is asked: the tables of it."""

    def __post_init__(self) -> None:
        self.labels = Labels(self.questionnaire, "en")
        for one in self.questionnaire.indicators:
            tables = self.titles.setdefault(one.label.in_language("en"), [])
            tables.append(f"@{one.key}")
        for item in self.questionnaire.items:
            title = self.titles.setdefault(item.wording.in_language("en"), [])
            title += [
                key
                for key in self.printed.order
                if not key.startswith("@") and re.split(r"[.:]", key)[0] == item.key
            ]
            title += [
                f"@{one.key}"
                for one in self.questionnaire.indicators
                if one.items == (item.key,) and f"@{one.key}" in self.printed.order
            ]
            if item.kind is ItemKind.GRID and item.places is not None:
                for row in item.rows:  # the page of a place
                    key = f"{item.key}.{row.key}"
                    if key in self.printed.order:
                        self.titles.setdefault(row.label.in_language("en"), []).append(key)
        self._said: dict[tuple[str, ...], Said] = {}
        self.printed.words = sorted({*self.printed.words, *self.imprint}, key=len, reverse=True)

    def places(self, tables: list[str]) -> list[Place]:
        return [
            (key, answer, row["group"])
            for key in tables
            for row in self.printed.tables[key]["rows"]
            for answer in self.answers(key)
        ]

    def is_pooled(self, place: Place) -> bool:
        """Is it of students who were asked in different words, younger and older ones?"""
        key = re.split(r"[.:]", place[0])[0]
        of = next(
            (one.items[0] for one in self.questionnaire.indicators if f"@{one.key}" == key), key
        )
        item = self.questionnaire.by_key.get(of)
        return item is not None and item.older is not None and not place[2].startswith("year=y")

    def answers(self, key: str) -> list[str]:
        table = self.printed.tables[key]
        return [*table["answers"], *(box["key"] for box in table["boxes"])]

    def said_of(self, tables: list[str]) -> Said:
        """What may be said of some tables, with the rules of the release."""
        if tuple(tables) not in self._said:
            self._said[tuple(tables)] = self._find_said(tables)
        return self._said[tuple(tables)]

    def _find_said(self, tables: list[str]) -> Said:
        if tables == ["participation"]:
            return self.printed.everyone()
        rows = sum(len(self.printed.tables[key]["rows"]) for key in tables)
        said = self.printed.near(self.places(tables), rows)
        for count in range(1, len(tables) + 1):
            said.add("count of base", count, len(tables))
        for name in ("small", "minimum_base"):
            said.add("least", self.printed.policy[name])
        return said

    def tables_called(self, label: str) -> list[str]:
        """The tables of which a card speaks."""
        words = label.casefold()
        return [
            key
            for key in self.printed.order
            if key != "participation"
            and ((self.labels.parts(key)[1] or self.labels.parts(key)[0]).casefold() in words)
        ]


# Papers and slides


RULER = re.compile(r"0(25)?50(100)?%")
"""The ends and the middle of an axis, over the marks of a table."""


def check_paper(paper: Paper, words: Words, drawings: Mapping[str, str]) -> int:
    """Reads a whole PDF in the order of its tags. `drawings`: by what is said of it, the words in
    each chart of the pages. Gives how many figures its tables hold."""
    pages = len(paper.pdf.pages)
    heads = [node.text for node in paper.root.all("h1")]
    for number, runs in enumerate(paper.outside, start=1):
        left = "".join(runs).replace(f"{number} / {pages}", "")
        for told in (*words.imprint, *heads):
            left = left.replace(told, "")
        left = RULER.sub("", left)
        if re.search(r"\d", left):
            raise SlipError(f"page {number} says {left!r} at its edge")
    tables = ["participation"]
    read = 0
    card: list[str] | None = None
    for node in _flat(paper.root):
        said = words.said_of(tables)
        match node.tag:
            case "h1" | "h2" if node.tag == "h1" or node.text in words.titles:
                tables = words.titles.get(node.text, ["participation"])
                _finish(card, words)
                card = None
                check_words(node.text, words.said_of(tables), words.printed)
            case "h2" | "h3" if node.tag == "h2" or tables == ["participation"]:
                _finish(card, words)
                card, tables = [node.text], ["participation"]
            case "table" if IN_WORDS & {one.text for one in node.all("th")}:
                for cell in node.all("td"):  # of actions and decisions: words of the school
                    check_words(cell.text, words.printed.everyone(), words.printed)
            case "table":
                read += _check_table(node, tables, words)
            case "figure":
                _check_figure(node, said, words, drawings)
            case "toci":
                check_words(re.sub(r"\s*\d+$", "", node.text), said, words.printed)
            case _ if card is not None and node.tag == "p":
                card.append(node.text)
            case _ if "May belong here too" in node.text:
                places = [
                    key
                    for key, table in words.printed.tables.items()
                    if any(box["key"] == "feel_unsafe" for box in table["boxes"])
                ]
                check_words(node.text, words.said_of(places), words.printed)
            case _ if node.text not in KEY_TO_SHADES:
                check_words(node.text, said, words.printed)
    _finish(card, words)
    return read


def _flat(node: Node) -> Iterator[Node]:
    """What is read at once, one after another."""
    for child in node.children:
        if isinstance(child, str):
            yield Node("words", {}, [child])
        elif child.tag in ("table", "figure", "toci", "p", "h1", "h2", "h3", "lbody", "span"):
            yield child
        else:
            yield from _flat(child)


def _finish(card: list[str] | None, words: Words) -> None:
    """A card speaks of the tables it is called by, with what it says under it."""
    if card is not None:
        whole = " ".join(card)
        said = words.said_of(words.tables_called(whole))
        for one in card:
            check_words(one, said, words.printed)
        large = next((one for one in card if re.fullmatch(r"\d+%", one)), "")
        if not any(large in other for other in card if other != large):
            raise SlipError(f"{large} is not the share of the sentence under it: {whole!r}")


def _check_table(table: Node, tables: list[str], words: Words) -> int:
    head = [one.text for one in table.all("th")]
    read = 0
    for line in table.all("tr"):
        first, *cells = [one.text for one in line.all("td")] or [""]
        for title, cell in zip(head[1:], cells, strict=True) if cells else ():
            if title == "On roll":
                group = GROUPS[first].removeprefix("year=")
                roll = words.printed.header.get("roll" if group == "all" else f"roll_{group}", "–")
                right = cell == str(roll)
            else:
                found = list(_candidates(first, title, tables, words))
                right = any(_renders(cell, place, words.printed) for place in found)
                read += 1
            if not right:
                raise SlipError(f"{first!r}, {title!r}: {cell!r} is not the printed figure")
    return read


def _candidates(first: str, title: str, tables: list[str], words: Words) -> Iterator[Place]:
    """The figures a cell may hold, by the words of its line and its column."""
    group = GROUPS.get(title) or GROUPS.get(first) or "all"
    for key in tables:
        part = words.labels.parts(key)[1]
        for answer in words.answers(key):
            said = words.labels.answer(key, answer)
            names = {part, said, words.labels.parts(key)[0], *ANY_SHARE, *GROUPS}
            of_line = first in GROUPS or first in {part, said}
            if key == "participation" or (of_line and title in names):
                yield key, answer, group


def _renders(cell: str, place: Place, printed: Printed) -> bool:
    """Does a cell say this figure, with or without its interval?"""
    try:
        figure, base = printed.figure(place)
    except SlipError:
        return False
    if re.search(r"\d[.,]\d", cell):
        return False
    numbers = [int(n) for n in re.findall(r"\d+", cell)]
    match figure["status"]:
        case "shown" if place[0] == "participation":
            return cell == str(figure["count"])
        case "shown":
            whole = [figure.get("percent") or 1, figure["count"], base]
            if cell.startswith("under 1%") is not (figure.get("percent") == 0):
                return False
            return numbers in (whole, [*whole, *interval(printed, place)])
        case "fewer_than":
            return numbers == [figure.get("under"), figure["limit"], base]
        case "all_but_fewer":
            return numbers == [figure.get("at_least"), figure["limit"], base]
        case _:
            least = {printed.policy["minimum_base"]}
            right = cell in NOTHING or HIDDEN_WORDS.fullmatch(cell) is not None
            return right and set(numbers) <= least


def _check_figure(figure: Node, said: Said, words: Words, drawings: Mapping[str, str]) -> None:
    alt = figure.attributes.get("alt", "")
    if not alt:
        raise SlipError("a picture of which nothing is said")
    if alt in drawings:
        if _bare(figure.text) != drawings[alt]:
            raise SlipError(f"the chart {alt[:60]!r} is not the one of the page")
        return
    if "On the plan" not in alt:
        if re.search(r"\d", figure.text + re.sub("|".join(map(re.escape, words.imprint)), "", alt)):
            raise SlipError(f"a picture with numbers that no page has: {alt[:60]!r}")
        return
    check_words(re.sub(r"(^|\. |: )\d{1,2}, ", r"\1", alt), said, words.printed)
    shares = re.findall(r"\d+%", alt)
    left = _bare(figure.text)
    for share in sorted(shares, key=len, reverse=True):
        left = left.replace(share, "")
    if any(int(number) > len(alt.split(". ")) for number in re.findall(r"\d{1,2}", left)):
        raise SlipError(f"the plan says {left!r}")


def _bare(words: str) -> str:
    return "".join(words.split())


# Pictures


def check_picture(svg: str, tables: list[str], words: Words) -> tuple[str, str]:
    """A chart that left its page: marks and words are those of its tables. Gives what is said of
    it, and the words in it."""
    drawing = next(read_page(svg).all("svg"))
    said = words.said_of(tables)
    cells = [
        Node("td", dict(zip(("data-table", "data-answer", "data-group"), place, strict=True)))
        for place in words.places(tables)
    ]
    drawing.attributes["class"] = "chart"
    check_drawing(Node("figure", {}, [drawing, *cells]), words.printed)
    inside = [one for one in drawing.all("text") if one.attributes.get("x") != "20"]
    frame = " ".join(one.text for one in drawing.all("text") if one.attributes.get("x") == "20")
    check_words(frame, said, words.printed)
    title, desc = (next(drawing.all(tag)).text for tag in ("title", "desc"))
    check_words(f"{title} {desc}", said, words.printed)
    for text in inside:
        if text.attributes.get("font-size") != "12px":
            check_words(text.text, said, words.printed)
        elif not re.fullmatch(AXIS, text.text):
            raise SlipError(f"{text.text!r} on an axis")
    return f"{title} {desc}", _bare("".join(one.text for one in inside))


# Workbooks

PARTS = re.compile(
    r"\[Content_Types\]\.xml|_rels/\.rels|docProps/(?:app|core)\.xml"
    r"|xl/(?:workbook|styles|sharedStrings|theme/theme1|comments\d+)\.xml"
    r"|xl/_rels/workbook\.xml\.rels|xl/worksheets/(?:sheet\d+\.xml|_rels/sheet\d+\.xml\.rels)"
    r"|xl/tables/table\d+\.xml|xl/drawings/vmlDrawing\d+\.vml"
)
HOLDS_NOTHING = re.compile(
    r"<f>|<f |<mergeCell|hidden=\"1\"|state=\"(?:very)?[hH]idden\"|<definedName (?![^>]*Print_)"
    r"|<hyperlink|externalLink|<dc:creator>[^<]|lastModifiedBy>[^<]|<author>[^<]"
)


def check_workbook(content: bytes, words: Words) -> int:
    """Every cell of every sheet. Gives how many figures it holds."""
    _check_parts(content)
    book = openpyxl.load_workbook(io.BytesIO(content))
    read = 0
    looks: set[object] = set()
    for sheet in book.worksheets:
        head = [cell.value for cell in sheet[1]]
        for line in sheet.iter_rows(min_row=2):
            for cell in line:
                note = cell.comment.text if cell.comment else NOTHING[0]
                if note == "asked in two wordings" and cell.value == "two wordings":
                    continue
                if note not in NOTHING and not HIDDEN_WORDS.fullmatch(note):
                    raise SlipError(f"{sheet.title} {cell.coordinate}: a note {note!r}")
            if head[-1] == "Answer key":
                read += _check_line(line, head, words)
            elif head[0] == "Group":
                _check_people(line, head, words)
            else:
                for cell in line:
                    check_words(str(cell.value or ""), words.printed.everyone(), words.printed)
        looks |= {
            (cell.fill.patternType, cell.number_format, cell.font.color and cell.font.color.rgb)
            for line in sheet.iter_rows(min_row=2)
            for cell in line
            if cell.value == "hidden"
        }
    if len(looks) > 1:
        raise SlipError(f"what is hidden looks different: {looks}")
    return read


def _check_parts(content: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        for part in packed.infolist():
            if not PARTS.fullmatch(part.filename):
                raise SlipError(f"a part that nobody sees: {part.filename}")
            if part.date_time != (1980, 1, 1, 0, 0, 0):
                raise SlipError(f"{part.filename} says when it was made")
            found = HOLDS_NOTHING.search(packed.read(part).decode())
            if found:
                raise SlipError(f"{part.filename} holds {found[0]!r}")


def _check_line(line: Any, head: list[Any], words: Words) -> int:
    table, key = line[-2].value, line[-1].value.removeprefix("box:")
    read = 0
    of_line = next(
        (cell.value for title, cell in zip(head, line, strict=True) if title == "Group"), ""
    )
    for title, cell in zip(head[:-2], line, strict=False):
        kind, _mark, name = title.partition(": ")
        group = GROUPS.get(name) or GROUPS.get(of_line, "all")
        place = table, key, group
        if kind in ("Share", "Students", "Base", "Status"):
            read += _check_number(cell, kind, place, words)
        elif kind.startswith("95% interval"):
            _check_interval(cell, kind.endswith("from"), place, words)
        elif str(cell.value) not in words.printed.answers and title != "Answer":
            said = words.said_of([table])
            check_words(str(cell.value or ""), said, words.printed)
    return read


def _check_number(cell: Any, kind: str, place: Place, words: Words) -> int:
    """A number or nothing, and what the status says of it."""
    figure, base = words.printed.figure(place)
    table, value = words.printed.tables[place[0]], cell.value
    if words.is_pooled(place):
        if value != ("two wordings" if kind == "Status" else None):
            raise SlipError(f"{place} {kind}: {value!r} is of two wordings")
        return 1
    if place[1] in table["answers"] and place[1] not in table["base"]:
        base = None
    match figure["status"], kind:
        case "shown", "Share":
            percent = figure.get("percent")
            right = value == (None if percent is None else percent / 100)
            right &= percent is None or cell.number_format == "0%"
            if percent == 0:
                right = value is None
        case "shown", "Students":
            right = value == figure["count"]
        case "shown", "Status":
            right = value == ("under 1%" if figure.get("percent") == 0 else "shown")
        case (("shown" | "fewer_than" | "all_but_fewer"), "Base"):
            right = value == base
        case "fewer_than", "Status":
            under = f"under {figure['under']}%" if "under" in figure else r".*"
            right = bool(re.fullmatch(rf"fewer than {figure['limit']} \({under}\)", value))
        case "all_but_fewer", "Status":
            right = value == f"all but fewer than {figure['limit']} ({figure['at_least']}% or more)"
        case _, "Status":
            right = value in ("hidden", "in the sums", "not asked")
        case _:
            right = value is None
    if not right:
        raise SlipError(f"{place} {kind}: {value!r} is not the printed figure")
    return 1


def _check_interval(cell: Any, is_low: bool, place: Place, words: Words) -> None:
    figure, base = words.printed.figure(place)
    right = cell.value is None
    if words.is_pooled(place):
        figure = {}
    if figure.get("percent") is not None and base:
        right = cell.value == interval(words.printed, place)[0 if is_low else 1] / 100
    if not right:
        raise SlipError(f"{place}: {cell.value!r} is not the interval")


def _check_people(line: Any, head: list[Any], words: Words) -> None:
    group = GROUPS[line[0].value]
    figure, _base = words.printed.figure(("participation", "participation", group))
    shown = figure["status"] == "shown"
    least = figure.get("limit", words.printed.policy["minimum_base"])
    if line[1].value != (figure["count"] if shown else f"fewer than {least}"):
        raise SlipError(f"{group}: {line[1].value!r} took part")
    if len(head) > 2:
        year = group.removeprefix("year=")
        roll = words.printed.header.get("roll" if group == "all" else f"roll_{year}")
        if line[2].value != roll:
            raise SlipError(f"{group}: {line[2].value!r} on roll")
