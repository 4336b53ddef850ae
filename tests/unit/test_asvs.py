"""The page of ASVS requirements names tests and pages that exist, and is complete."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "security" / "asvs.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| (\d+\.\d+\.\d+) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", PAGE, re.MULTILINE)
HERE = {"met", "not applicable", "not met"}
LEVEL_2 = 253
"""Requirements of levels 1 and 2 in version 5.0.0."""


def test_every_requirement_has_a_row() -> None:
    assert len(ROWS) == len({number for number, *_rest in ROWS}) == LEVEL_2
    assert {here for _number, _words, here, _shown in ROWS} == HERE
    counted = Counter(here for _number, _words, here, _shown in ROWS)
    said = f"{counted['met']} met, {counted['not applicable']} not applicable"
    assert said in PAGE
    assert f"{counted['not met']} not met" in PAGE


def test_every_test_named_there_exists() -> None:
    named = {one for *_rest, shown in ROWS for one in re.findall(r"`(tests/[^`]+)`", shown)}
    assert len(named) > 60
    for one in sorted(named):
        path, _, test = one.partition("::")
        assert (ROOT / path).is_file(), one
        assert not test or f"def {test}(" in (ROOT / path).read_text(encoding="utf-8"), one


def test_a_test_of_the_long_run_alone_is_said_to_be_one() -> None:
    slow = re.compile(r"^@pytest\.mark\.slow\n(?:@.*\n)*def (test_\w+)\(", re.MULTILINE)
    for number, _words, _here, shown in ROWS:
        for path, test in re.findall(r"`(tests/[^`:]+)::([^`]+)`", shown):
            if test in slow.findall((ROOT / path).read_text(encoding="utf-8")):
                assert "in the long run" in shown, number


def test_every_page_named_there_exists() -> None:
    for page in set(re.findall(r"\b(docs/[\w/-]+\.md|[A-Z]+\.md|survey/[\w/]+\.\w+)", PAGE)):
        assert (ROOT / page).is_file(), page
