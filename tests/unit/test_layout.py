"""The layout keeps its bounds: short files, small folders, and a package for every feature."""

from __future__ import annotations

import ast
import re
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CODE = sorted((ROOT / "survey").rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))
BLUEPRINTS = [path for path in CODE if path.name == "blueprint.py"]

MOST_FILES_IN_A_FOLDER = 20
LARGEST_SHARE_OF_A_PACKAGE = 0.15
LONGEST_FILE = 400
STANDALONE = "survey/disclosure/verify*.py"
"""May be longer: a reader of a release is given this one file, and it must run by itself."""


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def length(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def test_no_folder_holds_too_many_files() -> None:
    count = Counter(name(path.parent) for path in (*CODE, *TESTS))
    assert {one: n for one, n in count.items() if n > MOST_FILES_IN_A_FOLDER} == {}


def test_no_package_is_too_large_a_part_of_the_code() -> None:
    lines: Counter[str] = Counter()
    for path in CODE:
        lines[path.relative_to(ROOT / "survey").parts[0]] += length(path)
    most = LARGEST_SHARE_OF_A_PACKAGE * lines.total()
    assert {one: n for one, n in lines.items() if n > most} == {}


def test_no_file_is_too_long() -> None:
    found = {name(path): length(path) for path in CODE if not path.match(STANDALONE)}
    assert {one: n for one, n in found.items() if n > LONGEST_FILE} == {}


@pytest.mark.parametrize("path", BLUEPRINTS, ids=name)
def test_a_blueprint_is_called_like_its_package_and_imports_nothing_of_ours(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    modules = [node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    assert set(modules) == {"__future__", "flask"}
    package = path.parent.name
    for called in blueprints_of(tree):
        assert called == package or called.startswith(f"{package}_")


def test_blueprints_are_made_nowhere_else() -> None:
    elsewhere = {
        path
        for path in set(CODE) - set(BLUEPRINTS)
        if "Blueprint(" in path.read_text(encoding="utf-8")  # to read all as code takes long
    }
    assert [name(path) for path in sorted(elsewhere) if blueprints_of(parsed(path))] == []


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def blueprints_of(tree: ast.Module) -> list[object]:
    """The names of the blueprints that a module makes."""
    return [
        call.args[0].value
        for call in ast.walk(tree)
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Name)
        and call.func.id == "Blueprint"
        and isinstance(call.args[0], ast.Constant)
    ]


def test_templates_are_with_their_feature() -> None:
    """In a folder of their package's name, so that no package draws another's by mistake."""
    for folder in (ROOT / "survey").rglob("templates"):
        if folder.parent.name in ("survey", "questionnaires"):
            continue
        assert [one.name for one in folder.iterdir()] == [folder.parent.name]


PACKAGES = [path.parent for path in CODE if path.name == "__init__.py"]


@pytest.mark.parametrize("package", PACKAGES, ids=name)
def test_a_package_says_what_it_holds(package: Path) -> None:
    assert said(package)


def test_the_page_on_layout_lists_every_package_in_its_own_words() -> None:
    page = (ROOT / "docs/layout.md").read_text(encoding="utf-8")
    listed = dict(re.findall(r"^\| `(\w+)` \| (.+) \|$", page, re.MULTILINE))
    assert listed == {
        package.name: said(package) for package in PACKAGES if package.parent == ROOT / "survey"
    }


def test_the_page_on_layout_names_only_files_that_exist() -> None:
    page = (ROOT / "docs/layout.md").read_text(encoding="utf-8")
    named = re.findall(r"`((?:survey|tests)/[\w/.]+)`", page)
    assert [one for one in named if not (ROOT / one).exists()] == []


def said(package: Path) -> str:
    """The first paragraph of a package's docstring."""
    text = ast.get_docstring(parsed(package / "__init__.py")) or ""
    return " ".join(text.split("\n\n")[0].split())
