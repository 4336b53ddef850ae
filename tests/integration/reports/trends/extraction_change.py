"""Figures of several waves read back: each held to the release of the right wave, and each change
worked out again from the two documents alone.

Shares no code with what it judges: it is written from docs/change.md."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor, sqrt
from statistics import NormalDist
from typing import Any

from tests.integration.reports.extraction import (
    ROUNDINGS,
    Place,
    Printed,
    Said,
    SlipError,
    check_cell,
)
from tests.integration.reports.intervals import Share, share_of
from tests.integration.reports.markup import Node
from tests.integration.reports.who_answered import on_roll

ADVERSE = {"feel_unsafe", "happened", "weekly", "disagreed", "worried", "changed"}
GOOD = {"feel_safe", "agreed"}
USUAL, RARE = 0.05, 0.01
RANGE = re.compile(
    r"(?P<low>\d+) points lower to (?P<high>\d+) points higher"
    r"|(?P<least>\d+) to (?P<most>\d+) points (?P<way>lower|higher)"
)
VERDICTS = {
    "better": "Better",
    "worse": "Worse",
    "higher": "Higher",
    "lower": "Lower",
    "unclear": "No clear change",
    "unsaid": "Cannot be compared",
}
WEIGHED = re.compile(
    r"Other year groups answered this time, so this is judged by shares weighed by the roll:"
    r" (\d+)%, then (\d+)%\."
)
SURVEY = re.compile(r"\b(?:[Ss]urvey \d+|[A-Z][a-z]+ 20\d\d)\b")
SENTENCES = re.compile(
    r"(?:It is|The true change could be anywhere from) @"
    r"(?:, which is more than rounding and chance)?\."
    r"|@|Better|Worse|Higher|Lower|No clear change|Cannot be compared|All figures over time"
    r"|Not asked in #\.|Asked in #, and not in #\."
    r"|Asked in another way, or of other students, in #\."
    r"|Hidden in one of the surveys, so it cannot be compared\.|cannot be compared"
)


class Waves(Printed):
    """The latest wave's release, with those before it. `printed` by number of wave."""

    def __init__(self, printed: Mapping[int, Printed], good: Iterable[str] = ()) -> None:
        self.__dict__.update(printed[max(printed)].__dict__)
        self.printed, self.good = printed, set(good)
        numbers = [f"{word} {number}" for number in printed for word in ("wave", "Wave")]
        words = {*numbers, *(word for one in printed.values() for word in one.words)}
        self.words = sorted(words, key=len, reverse=True)
        self.read = {"figures": 0, "changes": 0}

    def near(self, places: Iterable[Place], rows: int) -> Said:
        """What any of the waves prints there."""
        said = Said(rows=rows)
        given = list(places)
        for one in self.printed.values():
            for place in given:
                if has(one, place):
                    one.tell(said, place)
                    said.add("rounding", ROUNDINGS.get(one.row(place[0], place[2])["rung"], 20))
        return said

    def everyone(self) -> Said:
        said = super().everyone()
        said.add("interval", 95, 95)
        return said

    def takes(self, node: Node) -> bool:
        """Reads what is of a wave, or of a change; True if nothing is left in it to be read."""
        if "data-wave" in node.attributes:
            self._check_figure(node)
            return True
        if "data-change" in node.attributes:
            self._check_change(node)
            return True
        return False

    def latest(self, cell: Node) -> bool:
        """Is a cell of the latest wave, which gives the order of lines?"""
        if "data-change" in cell.attributes:
            return False
        return cell.attributes.get("data-wave", str(max(self.printed))) == str(max(self.printed))

    def _check_figure(self, node: Node) -> None:
        printed = self._wave(node.attributes["data-wave"])
        self.read["figures"] += 1
        if node.tag == "td":
            attributes = {k: v for k, v in node.attributes.items() if k != "data-wave"}
            check_cell(Node("td", attributes, node.children), printed)
            return
        if set(node.attributes) - {"data-wave", "data-table", "data-answer", "data-group"}:
            raise SlipError(f"a figure with {sorted(node.attributes)}")
        figure, _base = printed.figure(place_of(node))
        if node.text != short(figure):
            raise SlipError(f"{place_of(node)}: {node.text!r} is not {short(figure)!r}")

    def _wave(self, number: str) -> Printed:
        if not number.isdecimal() or int(number) not in self.printed:
            raise SlipError(f"no wave {number!r}")
        return self.printed[int(number)]

    def _check_change(self, node: Node) -> None:
        """Its numbers are two printed figures, the interval of their change, and nothing else."""
        numbers = node.attributes["data-change"].split()
        before, now = (self._wave(number) for number in numbers)
        place = place_of(node)
        self.read["changes"] += 1
        for one in node.all():
            if "data-wave" in one.attributes:
                if place_of(one) != place or one.attributes["data-wave"] not in numbers:
                    raise SlipError(f"{place}: a figure of {place_of(one)}")
                self._check_figure(one)
        text = words_of(node)
        ranges = list(RANGE.finditer(text))
        limit = USUAL if ranges or node.tag != "td" else RARE
        expected = change_of(before, now, place) if both(before, now, place) else None
        for one in ranges:
            if expected is None or read_range(one) != expected.interval(USUAL):
                raise SlipError(f"{place}: {one[0]!r} is not the interval of the change")
        for one in WEIGHED.finditer(text):
            rolled = expected and expected.rolled
            if not rolled or tuple(map(int, one.groups())) != tuple(
                round(100 * share) for share, _error in rolled
            ):
                raise SlipError(f"{place}: {one[0]!r} is not weighed so")
        verdicts = [
            name[9:]
            for one in (node, *node.all())
            for name in one.attributes.get("class", "").split()
            if name.startswith("verdict--")
        ]
        for verdict in verdicts:
            right = expected.verdict(limit, self._tone(place)) if expected else "unsaid"
            unsaid = verdict == "unsaid" and not ranges  # asked otherwise, which has no figures
            if verdict != right and not unsaid:
                raise SlipError(f"{place}: {verdict}, and it is {right}")
            if VERDICTS[verdict] not in text:
                raise SlipError(f"{place}: {verdict} is not what is said: {text!r}")
        said = [word for word in VERDICTS.values() if re.search(rf"\b{word}\b", text)]
        if sorted(said) != sorted({VERDICTS[one] for one in verdicts}):
            raise SlipError(f"{place}: {said} without its mark")
        self._check_rest(node, text)

    def _check_rest(self, node: Node, text: str) -> None:
        """Nothing is left but sentences that are known and labels without a number."""
        left = RANGE.sub("@", WEIGHED.sub("", text))
        if node.tag in ("td", "p") and "→" not in left:
            left = SURVEY.sub("#", left)
        left = SURVEY.sub("", SENTENCES.sub("", left))
        for word in self.words:
            left = left.replace(word, "")
        if re.search(r"\d", left):
            raise SlipError(f"{left!r} in {text!r} is of no figure")

    def _tone(self, place: Place) -> str:
        if place[0].startswith("@"):
            return "good" if place[0][1:] in self.good else "adverse"
        return "adverse" if place[1] in ADVERSE else "good" if place[1] in GOOD else "plain"


def place_of(node: Node) -> Place:
    given = node.attributes
    return given["data-table"], given["data-answer"], given["data-group"]


def has(printed: Printed, place: Place) -> bool:
    try:
        printed.figure(place)
    except SlipError:
        return False
    return True


def both(before: Printed, now: Printed, place: Place) -> bool:
    """Do both print a share there?"""
    shown = ("shown", "fewer_than", "all_but_fewer")
    return all(has(one, place) and one.figure(place)[0]["status"] in shown for one in (before, now))


def short(figure: Mapping[str, Any]) -> str:
    match figure["status"]:
        case "shown":
            return f"{figure['percent']}%"
        case "fewer_than":
            return f"under {figure['under']}%"
        case "all_but_fewer":
            return f"{figure['at_least']}% or more"
        case _:
            return "hidden"


def words_of(node: Node) -> str:
    """What is said in it, but for figures of a wave, which have been read."""
    parts = [
        one if isinstance(one, str) else "" if "data-wave" in one.attributes else words_of(one)
        for one in node.children
    ]
    return " ".join(" ".join(parts).split())


def read_range(found: re.Match[str]) -> tuple[int, int]:
    if found["low"] is not None:
        return -int(found["low"]), int(found["high"])
    least, most = int(found["least"]), int(found["most"])
    return (-most, -least) if found["way"] == "lower" else (least, most)


@dataclass(frozen=True)
class Difference:
    before: Share
    now: Share
    rolled: tuple[tuple[float, float], ...] | None = None
    """Share and standard error of both, weighed by the later roll; where that matters."""

    def interval(self, chance: float) -> tuple[int, int]:
        z = NormalDist().inv_cdf(1 - chance / 2)
        if self.rolled:
            (one, first_error), (other, second_error) = self.rolled
            reach = z * sqrt(first_error**2 + second_error**2)
            ends = (100 * (other - one - reach), 100 * (other - one + reach))
            return max(-100, floor(ends[0] + 1e-7)), min(100, ceil(ends[1] - 1e-7))
        first, second = self.before.limits(z), self.now.limits(z)
        low = second[0][0] - first[1][0] - sqrt(second[0][1] ** 2 + first[1][1] ** 2)
        high = second[1][0] - first[0][0] + sqrt(second[1][1] ** 2 + first[0][1] ** 2)
        return max(-100, floor(100 * low + 1e-7)), min(100, ceil(100 * high - 1e-7))

    def verdict(self, chance: float, tone: str) -> str:
        low, high = self.interval(chance)
        if self.rolled:
            words = {"adverse": ("worse", "better"), "good": ("better", "worse")}
            up, down = words.get(tone, ("higher", "lower"))
            return up if low > 0 else down if high < 0 else "unclear"
        first = [Fraction(*one) for one in self.before.extremes]
        second = [Fraction(*one) for one in self.now.extremes]
        if low > 0 and second[0] > first[1]:
            return {"adverse": "worse", "good": "better"}.get(tone, "higher")
        if high < 0 and second[1] < first[0]:
            return {"adverse": "better", "good": "worse"}.get(tone, "lower")
        return "unclear"


def change_of(before: Printed, now: Printed, place: Place) -> Difference:
    rolled = None
    if place[2] == "all":
        found = [on_roll(one, place, now.header) for one in (before, now)]
        plain = [one.figure(place)[0].get("percent") for one in (before, now)]
        if found[0] and found[1] and None not in plain:
            by = 100 * (found[1][0] - found[0][0]) - (plain[1] - plain[0])
            rolled = (found[0], found[1]) if abs(by) >= 1 else None
    return Difference(share_of(before, place), share_of(now, place), rolled)
