"""Where the readers of a report find indicators that have no separate table."""

from __future__ import annotations

import json
from typing import Any

import pytest

from survey.questionnaires.document import canonical
from tests.integration.reports.named_figures import as_table, named_figures
from tests.unit.reports.samples import sample

ROLES = {"near": "answer", "far": "answer", "never": "answer", "not_there": "away"}


def found(
    yes: list[str],
    leave_out: tuple[str, ...] = (),
    boxes: tuple[dict[str, Any], ...] = (),
    key: str = "Q1",
) -> dict[str, tuple[str, str]]:
    options = [{"key": answer, "role": role} for answer, role in ROLES.items()]
    item = {"key": "Q1", "kind": "one", "options": options}
    indicator = {"key": "seen", "items": ["Q1"], "yes": yes, "leave_out": list(leave_out)}
    table = {"key": key, "answers": [*ROLES, "skipped"], "base": list(ROLES), "boxes": boxes}
    asked = {"sections": [{"items": [item]}], "indicators": [indicator]}
    return named_figures({"tables": [table]}, asked)


def box(key: str, answers: list[str], of: list[str] | None = None) -> dict[str, Any]:
    return {"key": key, "answers": answers, "of": of or ["near", "far", "never"]}


def test_it_is_the_sum_of_just_its_answers() -> None:
    boxes = (box("some", ["near"]), box("both", ["near", "far"]))
    assert found(["near", "far"], boxes=boxes) == {"@seen": ("Q1", "both")}
    assert found(["far", "never"], boxes=boxes) == {}


def test_it_is_a_share_of_just_the_answers_it_is_of() -> None:
    """An answer of the table is a share of those who are not there as well."""
    assert found(["near"]) == {}
    boxes = (box("wide", ["near"]), box("narrow", ["near"], ["near", "far"]))
    assert found(["near"], boxes=boxes) == {"@seen": ("Q1", "wide")}
    assert found(["near"], ("never",), boxes) == {"@seen": ("Q1", "narrow")}
    assert found(["near"], ("far",), boxes) == {}


def test_a_box_under_its_own_name_comes_first() -> None:
    boxes = (box("some", ["near"]), box("@seen", ["near"]))
    assert found(["near"], boxes=boxes) == {"@seen": ("Q1", "@seen")}


def test_one_with_a_table_of_its_own_is_read_there() -> None:
    assert found(["near"], boxes=(box("some", ["near"]),), key="@seen") == {}


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        (
            ("safety", "2026.3"),
            {
                "@safe_school": ("B1", "feel_safe"),
                "@sexharm_heard": ("H1", "weekly"),
                "@trust": ("L1", "@trust"),
                "@serious": ("H3", "agreed"),
                "@missed": ("C2", "@missed"),
                "@belong": ("O5", "agreed"),
            },
        ),
        (
            ("gshs", "2018.1"),
            {
                **{f"@{name}": (item, f"@{name}") for name, item in
                   {"attacked": "V1", "fought": "V2", "lonely": "O4", "missed": "C2",
                    "kind": "N2"}.items()},
                "@no_friends": ("O6", "f0"),
            },
        ),
    ],
)  # fmt: skip
def test_each_is_found_in_the_release(
    template: tuple[str, str], expected: dict[str, tuple[str, str]]
) -> None:
    release, questionnaire = sample(template)
    document = json.loads(release.to_json())
    assert named_figures(document, json.loads(canonical(questionnaire))) == expected
    tables = {table["key"]: table for table in document["tables"]}
    for name, (table, answer) in expected.items():
        rows = as_table(name, (table, answer), tables[table])["rows"]
        assert len(rows) == len(tables[table]["rows"])
        for row, whole in zip(rows, tables[table]["rows"], strict=True):
            assert row["shown"] is whole["shown"]
            if row["shown"]:
                printed = whole["boxes"].get(answer) or whole["cells"][answer]
                assert row["cells"] == {"yes": printed}
