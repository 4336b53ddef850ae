"""Counts the lines of templates that the tests of a run reach, at the price of one write to a
dictionary for each statement. Which lines of code they reach costs far more: `make coverage`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import Any

import pytest
from flask.templating import Environment
from jinja2 import nodes
from jinja2.compiler import CodeGenerator, Frame

from survey.paths import PACKAGE

MOST_SHOWN = 25
"""Templates whose lines are listed at the end of a run; how many others there are is said."""


class Marking(CodeGenerator):
    """Compiles a template so that each statement writes down that it was reached."""

    def visit_Template(self, node: nodes.Template, frame: Frame | None = None) -> None:  # noqa: N802
        self.environment.reachable[self.name] = set()  # type: ignore[attr-defined]
        super().visit_Template(node, frame)

    def blockvisit(self, nodes: Iterable[nodes.Node], frame: Frame) -> None:
        super().blockvisit(self._marked(nodes), frame)

    def _marked(self, nodes: Iterable[nodes.Node]) -> Iterator[nodes.Node]:
        """Each statement, with its mark written before it."""
        for node in nodes:
            line = line_of(node)
            if line is not None:
                self.writeline(f"environment.reached[{self.name!r}, {line}] = 1")
                self.environment.reachable[self.name].add(line)  # type: ignore[attr-defined]
            yield node


def line_of(node: nodes.Node) -> int | None:
    """Where a statement begins. Words begin after the tag before them, often on the next line;
    white space is no statement."""
    if not isinstance(node, nodes.Output):
        return node.lineno
    for part in node.nodes:
        if not isinstance(part, nodes.TemplateData):
            return part.lineno
        words = part.data.lstrip()
        if words:
            return part.lineno + part.data[: len(part.data) - len(words)].count("\n")
    return None


def begin() -> None:
    """From now on, every template that is compiled is marked."""
    Environment.code_generator_class = Marking
    Environment.reached = {}  # type: ignore[attr-defined]
    Environment.reachable = {}  # type: ignore[attr-defined]


Lines = dict[str, list[int]]


def counted() -> tuple[Lines, Lines]:
    """What this process compiled, and what it reached, by template."""
    if not hasattr(Environment, "reached"):
        return {}, {}
    compiled = {name: sorted(lines) for name, lines in Environment.reachable.items() if name}
    reached: Lines = {}
    for name, line in Environment.reached:
        reached.setdefault(name, []).append(line)
    return compiled, reached


def merge(into: dict[str, set[int]], more: Mapping[str, Iterable[int]]) -> None:
    for name, lines in more.items():
        into.setdefault(name, set()).update(lines)


def spans(lines: Iterable[int]) -> str:
    """3, 5-7: as coverage.py writes lines."""
    runs = groupby(enumerate(sorted(lines)), lambda pair: pair[1] - pair[0])
    found = [[line for _at, line in run] for _gap, run in runs]
    return ", ".join(f"{run[0]}-{run[-1]}" if run[1:] else str(run[0]) for run in found)


def all_templates() -> set[str]:
    return {
        str(path).rpartition("/templates/")[2]
        for path in PACKAGE.rglob("*.html")
        if "/templates/" in str(path)
    }


class Report:
    """Collects what the workers of a run reached, and prints it at its end."""

    def __init__(self) -> None:
        self.compiled: dict[str, set[int]] = {}
        self.reached: dict[str, set[int]] = {}

    def add(self, compiled: Lines, reached: Lines) -> None:
        merge(self.compiled, compiled)
        merge(self.reached, reached)

    def pytest_testnodedown(self, node: Any) -> None:
        """A worker of a run in several processes has ended."""
        self.add(*getattr(node, "workeroutput", {}).get("templates", ({}, {})))

    def show(self, terminal: pytest.TerminalReporter) -> None:
        """Only for a run of all tests: of a few, it would say nothing."""
        ours = all_templates()
        known = {name: self.compiled.get(name, set()) for name in ours}
        missed = {
            name: known[name] - self.reached.get(name, set()) for name in ours & self.reached.keys()
        }
        never = sorted(ours - self.reached.keys())
        of, without = sum(map(len, known.values())), sum(map(len, missed.values()))
        terminal.section("templates")
        terminal.write_line(f"{of - without} of {of} lines with code were reached")
        if never:
            terminal.write_line(f"never rendered: {', '.join(never)}")
        most = sorted(
            (name for name in missed if missed[name]), key=lambda one: (-len(missed[one]), one)
        )
        for name in most[:MOST_SHOWN]:
            terminal.write_line(f"{name}: {spans(missed[name])}")
        if most[MOST_SHOWN:]:
            terminal.write_line(f"and some of {len(most) - MOST_SHOWN} more")
