"""Every regular expression of the package, and inputs made to keep each of them busy."""

from __future__ import annotations

import ast
import importlib
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import product
from pathlib import Path
from re import _constants as sre
from re import _parser as parser
from typing import Any

import survey

PACKAGE = Path(survey.__file__).parent
WHOLE = frozenset({"fullmatch", "match"})
MOST_LETTERS, MOST_PREFIXES = 11, 8


@dataclass(frozen=True)
class Used:
    """A pattern, where it is written, and whether it only ever begins at the start of its text."""

    where: str
    pattern: re.Pattern[str]
    anchored: bool

    @property
    def run(self) -> Callable[[str], object]:
        if self.anchored:
            return self.pattern.fullmatch
        # Every match, as `sub` and `findall` look for them.
        return lambda words: sum(1 for _found in self.pattern.finditer(words))


class Uses:
    """How names are used in a source: the methods called on each, and those given to something."""

    def __init__(self, source: str) -> None:
        self.methods: dict[str, set[str]] = {}
        for name, method in re.findall(r"\b(\w+)\.(\w+)\(", source):
            self.methods.setdefault(name, set()).add(method)
        self.given = set(re.findall(r"[(\[,] ?(\w+)(?=[,)\]])", source))


def used_patterns() -> list[Used]:
    sources = {path: path.read_text(encoding="utf-8") for path in sorted(PACKAGE.rglob("*.py"))}
    uses = Uses("\n".join(sources.values()))
    named: list[Used] = []
    called: list[Used] = []
    for path, source in sources.items():
        if "re." not in source:
            continue
        module = ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts)
        for node in ast.walk(ast.parse(source)):
            called += _of_call(node, f"{module}:{getattr(node, 'lineno', 0)}")
            named += _of_name(node, module, uses)
    by_pattern = {one.pattern: one for one in (*called, *named)}  # a name says how it is used
    return list(by_pattern.values())


def _of_call(node: ast.AST, where: str) -> Iterator[Used]:
    """re.sub("...", …) and the like; also a pattern compiled within another expression."""
    match node:
        case ast.Call(
            func=ast.Attribute(value=ast.Name(id="re"), attr=method),
            args=[ast.Constant(value=str(words)), *rest],
        ):
            given = [*rest, *(keyword.value for keyword in node.keywords)]
            flags = re.NOFLAG
            for one in given:
                for name in re.findall(r"\bre\.([A-Z]+)\b", ast.unparse(one)):
                    flags |= re.RegexFlag[name]
            yield Used(where, re.compile(words, flags), method in WHOLE)


def _of_name(node: ast.AST, module: str, uses: Uses) -> Iterator[Used]:
    """NAME = re.compile(…), however its words are put together, and how the name is used."""
    match node:
        case ast.Assign(
            targets=[ast.Name(id=name)], value=ast.Call(func=ast.Attribute(attr="compile"))
        ):
            pattern = getattr(importlib.import_module(module), name, None)
            if isinstance(pattern, re.Pattern):
                methods = uses.methods.get(name, set())
                anchored = bool(methods) and methods <= WHOLE and name not in uses.given
                yield Used(f"{module}.{name}", pattern, anchored)


@dataclass(frozen=True)
class Pumped:
    """A text with a part repeated, and something at the end that fits nothing."""

    before: str
    part: str
    after: str

    def text(self, times: int) -> str:
        return self.before + self.part * times + self.after


def inputs_for(pattern: re.Pattern[str]) -> list[Pumped]:
    """Letters the pattern knows, alone and in pairs, and beginnings of what it matches."""
    letters, prefixes = _vocabulary(pattern.pattern, pattern.flags)
    pairs = ["".join(pair) for pair in product(letters, repeat=2)]
    pumps = dict.fromkeys((*pairs, *prefixes))
    found = [Pumped("", pump, after) for pump in pumps for after in ("\x00", "\n@\n")]
    found += [Pumped(before, 2 * letter, "\x00") for before in prefixes for letter in letters]
    # Without the odd end: some patterns are busy only then.
    return found + [Pumped("", 2 * letter, "") for letter in letters]


@cache
def _vocabulary(words: str, flags: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
    samples = [sample for sample in _samples(parser.parse(words, flags)) if sample]
    # Signs first: they are where one part of a pattern ends and the next could as well begin.
    known = dict.fromkeys("".join(samples) + " a0\n.-")
    letters = sorted(known, key=str.isalnum)
    prefixes = dict.fromkeys(
        sample[:end] for sample in samples for end in range(1, len(sample) + 1)
    )
    chosen = sorted(prefixes, key=len)
    return tuple(letters)[:MOST_LETTERS], (*chosen[:MOST_PREFIXES], *samples[:4])


CATEGORIES = {
    sre.CATEGORY_DIGIT: "7",
    sre.CATEGORY_SPACE: " ",
    sre.CATEGORY_WORD: "a",
    sre.CATEGORY_NOT_DIGIT: "a",
    sre.CATEGORY_NOT_SPACE: "a",
    sre.CATEGORY_NOT_WORD: "-",
}


def _samples(parsed: Any) -> list[str]:
    """A few texts that the pattern matches."""
    found = [""]
    for kind, given in parsed:
        ways = _ways(kind, given)
        found = [before + way for before in found for way in ways][:6]
    return found


def _ways(kind: Any, given: Any) -> list[str]:
    if kind is sre.LITERAL:
        return [chr(given)]
    if kind is sre.NOT_LITERAL or kind is sre.ANY:
        return ["a", " "]
    if kind is sre.IN:
        return _of_set(given)
    if kind in (sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT):
        least, _most, inner = given
        ways = _samples(inner)
        return [way * max(1, min(least, 30)) for way in ways]
    if kind is sre.SUBPATTERN:
        return _samples(given[-1])
    if kind is sre.ATOMIC_GROUP:
        return _samples(given)
    if kind is sre.BRANCH:
        return [way for branch in given[1] for way in _samples(branch)[:1]][:6]
    return [""]  # places and looks around: they match no letters


def _of_set(given: Any) -> list[str]:
    if given[0][0] is sre.NEGATE:
        taken = set(_of_set(given[1:]))
        return [letter for letter in ("a", " ", "0", "-", "(") if letter not in taken][:2]
    ways: list[str] = []
    for kind, value in given:
        if kind is sre.LITERAL:
            ways.append(chr(value))
        elif kind is sre.RANGE:
            ways.append(chr(value[0]))
        elif kind is sre.CATEGORY:
            ways.append(CATEGORIES.get(value, "a"))
    return ways[:3]


FEW, FACTOR = 128, 8
TOO_LONG = 0.02
AT_ONCE = 0.0012
"""Seconds in which no pattern that grows with the square has gone through `FEW * FACTOR` parts."""

MOST_GROWTH = 24.0
"""Over three doublings: 8 for a pattern that goes once over its text, 64 for one that goes over it
again from each letter. The measure is the processor's time of this thread, the least of several, so
a busy machine changes nothing."""


def growth(run: Callable[[str], object], pumped: Pumped) -> float:
    """How many times as long `run` takes on a text eight times as long."""
    # What doubles with each letter would never end at full length.
    for words in map(pumped.text, (8, 14, 20, FEW)):
        if _seconds(run, words, tries=1) > TOO_LONG and _seconds(run, words, tries=3) > TOO_LONG:
            return float("inf")
    long = pumped.text(FEW * FACTOR)
    if _seconds(run, long, tries=1) < AT_ONCE:
        return 0.0
    short = pumped.text(FEW)
    return _seconds(run, long, tries=5) / _seconds(run, short, tries=40)


def _seconds(run: Callable[[str], object], words: str, tries: int) -> float:
    least = float("inf")
    for _try in range(tries):
        before = time.thread_time()
        run(words)
        least = min(least, time.thread_time() - before)
    return max(least, 1e-7)


def busy_with(used: Used) -> tuple[float, str]:
    """The worst growth, and the beginning of the text that it was seen with."""
    worst, text = 0.0, ""
    for pumped in inputs_for(used.pattern):
        grown = growth(used.run, pumped)
        if grown > MOST_GROWTH:  # on a machine that others share, once is no proof
            grown = min(grown, *(growth(used.run, pumped) for _time in range(3)))
        if grown > worst:
            worst, text = grown, pumped.text(3)
        if worst > MOST_GROWTH:
            break
    return worst, text
