"""Table keys are made and read in one place."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from survey.questionnaires.table_key import TableKey

CODE = Path(__file__).parents[3] / "survey"
STAND_ALONE = "survey/disclosure/verify*.py"
CUT = re.compile(r"""\.r?(?:partition|split)\(["'][.:@]["']""")


@pytest.mark.parametrize(
    ("key", "item", "row", "option", "indicator"),
    [
        ("B1", "B1", "", "", ""),
        ("B2.toilets", "B2", "toilets", "", ""),
        ("B3:lunch", "B3", "", "lunch", ""),
        ("@feels_safe", "", "", "", "feels_safe"),
    ],
)
def test_the_parts_of_a_key(key: str, item: str, row: str, option: str, indicator: str) -> None:
    found = TableKey(key)
    assert (found.item, found.row, found.option, found.indicator) == (item, row, option, indicator)
    assert found.part == row + option
    made = {
        bool(row): TableKey.of_row(item, row),
        bool(option): TableKey.of_option(item, option),
        bool(indicator): TableKey.of_indicator(indicator),
    }
    assert made.get(True, key) == key


def test_no_other_code_cuts_or_joins_a_key() -> None:
    found = [
        f"{path.relative_to(CODE)}:{line}" for path in CODE.rglob("*.html") for line in cuts(path)
    ]
    found += [
        f"{path.relative_to(CODE)}:{line}"
        for path in sorted(CODE.rglob("*.py"))
        if path.name != "table_key.py" and not path.match(STAND_ALONE)
        for line in [*cuts(path), *joins(path)]
    ]
    assert found == []


def cuts(path: Path) -> list[int]:
    """Lines that cut a string at the signs of a key; style sheets and addresses apart."""
    lines = enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
    return [n for n, line in lines if CUT.search(line) and not OTHER_TEXT.search(line)]


OTHER_TEXT = re.compile(
    r"\b(?:address|email|entry|field|host|made\.name|module|part|rule|selector)\.r?(?:partition|split)"
    r"|written\[:100\]|heat\.key"
)
"""Addresses, cookies, style sheets, host names, form fields and the names of heat tables."""


def joins(path: Path) -> list[int]:
    """Lines that join two parts of a key in an f-string: `f"{item.key}.{row.key}"`."""
    text = path.read_text(encoding="utf-8")
    if ".key}" not in text:  # most files; to read them as code takes long
        return []
    tree = ast.parse(text)
    return [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.JoinedStr)
        and any(
            isinstance(part, ast.Constant) and part.value in (".", ":", "@") for part in node.values
        )
        and any(
            isinstance(part, ast.FormattedValue)
            and isinstance(part.value, ast.Attribute)
            and part.value.attr == "key"
            for part in node.values
        )
    ]
