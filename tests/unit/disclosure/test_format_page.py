"""docs/release-format.md names every member, value and header name that the verifiers accept: it is
to be enough to write another verifier."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

import survey.disclosure.verify as verify
import survey.disclosure.verify_comparison as verify_comparison
import survey.disclosure.verify_readers as verify_readers

PAGE = (Path(__file__).parents[3] / "docs" / "release-format.md").read_text(encoding="utf-8")


def named(page: str) -> set[str]:
    """Every word of a page that is set as code."""
    return {
        word
        for quoted in re.findall(r"`([^`\n]+)`", page)
        for word in (quoted, *re.findall(r"[A-Za-z0-9_]+", quoted))
    }


NAMED = named(PAGE)


def members(module: ModuleType) -> Iterator[str]:
    """The names in calls of `_members`, which lists exactly what an object holds."""
    tree = ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "_members":
            for given in node.args[2:]:
                if isinstance(given, ast.Constant):
                    yield str(given.value)


def stems(pattern: str) -> list[str]:
    """The beginnings of what a pattern of header names matches: "roll_y[0-9]{1,2}", "roll_y"."""
    if pattern[0] != "(":
        return [re.split(r"[\[({]", part)[0] for part in re.split(r"\|(?![^(]*\))", pattern)]
    inside, rest = pattern[1:].split(")", 1)
    return [one + re.split(r"[\[({]", rest)[0] for one in inside.split("|")]


LISTED: dict[str, set[str]] = {
    "members of a release": {*members(verify), *verify.TABLE},
    "levels": {*verify.ROUNDING, "whole_school", "nothing"},
    "reasons": set(verify.HIDDEN),
    "statuses": set(verify.STATUSES),
    "numbers of a figure": set().union(*verify.STATUSES.values()),
    "policy": set().union(*verify.POLICIES.values()),
    "members of a comparison": {
        *members(verify_comparison), *verify_comparison.NUMBERS, *verify_comparison.PRINTED,
        *verify_comparison.LEFT_OUT, *(size for _below, size in verify_comparison.SIZES),
        *verify_comparison.PHASES,
    },
    "header of a comparison": {*verify_comparison.HEADER, *verify_comparison.NUMBERED},
    "the same, of several readers": {
        *verify_readers.HEADER, *verify_readers.SCHOOL, *verify_readers.ONE,
        *verify_readers.FIGURE, *verify_readers.LEFT_OUT, *verify_readers.MEMBERS,
        *verify_readers.YEAR, "years",
    },
}  # fmt: skip


@pytest.mark.parametrize("what", LISTED)
def test_the_page_names_everything(what: str) -> None:
    assert len(LISTED[what]) > 3
    assert LISTED[what] - NAMED == set()


def test_the_page_names_the_header_of_a_release() -> None:
    found = [stem for pattern in verify.HEADER for stem in stems(pattern)]
    assert {"school", "roll_y", "cards_", "extra_cards_", "roll_raised_"} <= set(found)
    begun = ("_", "_y")
    assert {one for one in found if not one.endswith(begun)} - NAMED == set()
    for stem in found:
        assert any(name.startswith(stem) for name in NAMED), stem


@pytest.mark.parametrize("member", ["kinds", "upper_quartile", "release", "not_asked"])
def test_a_name_that_is_missing_is_seen(member: str) -> None:
    shortened = re.sub(rf"`[^`\n]*\b{member}\b[^`\n]*`", "", PAGE)
    assert member in set().union(*LISTED.values()) - named(shortened)
