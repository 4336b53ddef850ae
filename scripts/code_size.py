"""The size of the code: lines by package, and the lengths of functions, views and template lines.

    python scripts/code_size.py [--longest 10]

A function is counted from `def` to its last line, with docstring and nested functions. A
view is a function with a `route` decorator. Lengths: median / 95th percentile / longest.
"""

from __future__ import annotations

import argparse
import ast
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parents[1]
SURVEY = ROOT / "survey"
STANDALONE = "verify*.py"
"""The verifiers run without the rest, so each is one long file."""

Found = tuple[int, str]
"""A length and where it was found."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--longest", type=int, default=0, help="name the longest of each")
    longest: int = parser.parse_args().longest
    files = sorted(SURVEY.rglob("*.py"))
    packages: Counter[str] = Counter()
    for path in files:
        packages[path.relative_to(SURVEY).parts[0]] += len(lines_of(path))
    folders = Counter(path.parent for path in files)
    name, largest = packages.most_common(1)[0]
    print(f"lines in survey/*.py     {packages.total():,} in {len(files)} files")
    print(f"largest package          {name}: {100 * largest / packages.total():.1f} %")
    print(f"most files in a folder   {max(folders.values())}")
    functions = [one for path in files if not path.match(STANDALONE) for one in functions_in(path)]
    for what, found in (
        ("longest files", [(len(lines_of(path)), name_of(path)) for path in files]),
        ("functions", [(length, where) for length, where, _is_view in functions]),
        ("views", [(length, where) for length, where, is_view in functions if is_view]),
        ("template lines", list(template_lines())),
    ):
        show(what, found, longest)


def show(what: str, found: Sequence[Found], longest: int) -> None:
    lengths = sorted(length for length, _where in found)
    high = lengths[int(0.95 * (len(lengths) - 1))]
    print(f"{what:<24} {median(lengths):.0f} / {high} / {lengths[-1]}   of {len(lengths):,}")
    for length, where in sorted(found, reverse=True)[:longest]:
        print(f"    {length:>5}  {where}")


def functions_in(path: Path) -> Iterator[tuple[int, str, bool]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            yield length, f"{name_of(path)}:{node.lineno} {node.name}", is_view(node)


def is_view(node: ast.FunctionDef) -> bool:
    calls = (one.func for one in node.decorator_list if isinstance(one, ast.Call))
    routes = ("route", "get", "post")
    return any(isinstance(call, ast.Attribute) and call.attr in routes for call in calls)


def template_lines() -> Iterator[Found]:
    for path in sorted(SURVEY.rglob("*.html")):
        for number, line in enumerate(lines_of(path), 1):
            if line.strip():
                yield len(line), f"{name_of(path)}:{number}"


def lines_of(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


if __name__ == "__main__":
    main()
