"""Every reason has a code, and every code has words that can be filled in."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import survey.disclosure.explain as engine
from survey.disclosure.explain import Explanation, explain_table
from survey.disclosure.figures import HiddenReason, ReleasedTable
from survey.disclosure.policy import STANDARD, RoundingLevel
from survey.disclosure.protect import protect, withhold
from survey.disclosure.tables import Box, Group
from survey.reports.wording.rounded_and_hidden import EXPLAINED
from tests.unit.disclosure.policies import TENS
from tests.unit.disclosure.schools import counted, school

TABLE = school(1)
YES_NO = counted({("7", "girl"): (60, 40, 3), ("8", "girl"): (99, 1, 3)})
BOXED = counted(
    {("7", "girl"): (30, 30, 2, 60, 3)},
    ("safe", "unsafe", "very_unsafe", "away", "skipped"),
    boxes=(Box("unsafe", ("unsafe", "very_unsafe"), ("safe", "unsafe", "very_unsafe")),),
)


def every_kind() -> list[ReleasedTable]:
    kinds = [protect(TABLE, STANDARD, rung) for rung in RoundingLevel]
    kinds += [
        protect(TABLE, STANDARD, only_whole=reason) for reason in HiddenReason if reason != "none"
    ]
    kinds += [withhold(TABLE, reason) for reason in HiddenReason if reason != "none"]
    kinds.append(protect(TABLE, STANDARD, rows={Group(): RoundingLevel.BASE_10}))
    kinds.append(protect(TABLE, STANDARD, rows={Group("13"): RoundingLevel.NOTHING}))
    kinds.append(protect(TABLE, TENS))
    kinds += [protect(YES_NO, STANDARD), protect(BOXED, STANDARD)]
    return kinds


def everything_said() -> set[Explanation]:
    said: set[Explanation] = set()
    for table in every_kind():
        for policy in (STANDARD, TENS):
            said.update(explain_table(table, policy))
    return said


def codes_of_the_engine() -> set[str]:
    """Every word the source can give as a code: written out, or the name of a reason or status."""
    tree = ast.parse(Path(engine.__file__).read_text(encoding="utf-8"))
    written: set[str] = set()
    named: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Explanation":
            code = node.args[0]
            if isinstance(code, ast.Constant):
                written.add(str(code.value))
            else:
                named.add(ast.unparse(code))
    assert named == {"table.reason.value"}
    refused = {
        one.value
        for one in HiddenReason
        if one is not HiddenReason.NONE
        and any(said.code == one for said in explain_table(withhold(TABLE, one), STANDARD))
    }
    return written | refused


def test_every_table_is_explained() -> None:
    for table in every_kind():
        assert explain_table(table, STANDARD)


def test_every_code_has_words_and_every_word_a_code() -> None:
    assert set(EXPLAINED) == codes_of_the_engine()
    assert {one.code for one in everything_said()} == set(EXPLAINED)


def test_words_say_all_values_and_nothing_is_left_to_fill_in() -> None:
    for one in everything_said():
        words = str(EXPLAINED[one.code]) % dict(one.values)
        assert "%(" not in words
        for _name, number in one.values:
            assert str(number) in words


def test_no_sentence_blames_or_hints() -> None:
    for sentence in map(str, EXPLAINED.values()):
        assert not re.search(r"\bonly (one|two|three)\b|suspicious|leak", sentence)
