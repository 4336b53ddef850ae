"""A verifier reads usual files with the parser alone and unusual ones letter by letter: both judge
every file alike."""

from __future__ import annotations

import re
from types import ModuleType
from typing import Any

import pytest

from survey.disclosure import verify, verify_comparison

GOOD = '{"a":[1,{"b":"[[\\\\\\"{"}],"format":"f"}'
TEXTS = (
    GOOD,
    GOOD.replace("1", "1 "),
    GOOD.replace("1", "1000000"),
    GOOD.replace("1", "1000001"),
    GOOD.replace("1", "99999999"),
    GOOD.replace("1", "9" * 5000),
    GOOD.replace("1", "-0"),
    GOOD.replace("1", "-1"),
    GOOD.replace("1", "01"),
    GOOD.replace("1", "1.0"),
    GOOD.replace("1", "1e2"),
    GOOD.replace("1", "1E2"),
    GOOD.replace("1", "NaN"),
    GOOD.replace("1", "-Infinity"),
    GOOD.replace("1", "nul"),
    GOOD.replace("1", "true"),
    GOOD.replace("1", "[" * 12 + "]" * 12),
    GOOD.replace("1", "[" * 5 + "]" * 6),
    GOOD.replace("1", "é"),
    GOOD.replace('"b"', '"b":2,"b"'),
    GOOD.replace('"b"', '"\\u0062"'),
    GOOD.replace('"b"', '"\\ud800"'),
    GOOD.replace('"a"', '"z"'),
    GOOD[:-1],
    GOOD + "x",
    GOOD + '"',
    "[]",
    "",
    '{"a":[' + ",".join(["[]"] * 700_000) + '],"format":"f"}',
)


def _read(module: ModuleType, text: str) -> Any:
    if module is verify:
        return module._load(text, "f", "file")
    return module._read(text, ("f",))


def _judged(module: ModuleType, text: str) -> tuple[str, Any]:
    try:
        return "read", _read(module, text)
    except module.Rejected as wrong:
        return "rejected", str(wrong)


@pytest.mark.parametrize("module", [verify, verify_comparison])
@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_both_ways_of_reading_judge_alike(
    module: ModuleType, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick = _judged(module, text)
    monkeypatch.setattr(module, "UNUSUAL", re.compile(""))  # every file is unusual
    assert _judged(module, text) == quick


@pytest.mark.parametrize("module", [verify, verify_comparison])
def test_a_usual_file_is_not_read_letter_by_letter(
    module: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(_pairs: Any) -> Any:
        raise AssertionError("read letter by letter")

    monkeypatch.setattr(module, "_once", never)
    assert _judged(module, GOOD)[0] == "read"
