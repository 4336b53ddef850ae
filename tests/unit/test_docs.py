"""What the documentation says and the code knows is the same."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import MISSING, fields
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

import pytest
from click import Argument, Command

from survey.actions import states as actions
from survey.actions.states import ActionState
from survey.approvals import states as approvals
from survey.approvals.states import ApprovalState
from survey.campaigns import states as waves
from survey.campaigns.states import WaveState
from survey.command_line.main import group
from survey.settings import PREFIX, Settings

S = TypeVar("S", bound=StrEnum)

DOCS = Path(__file__).parents[2] / "docs"
DECISIONS = sorted((DOCS / "decisions").glob("*.md"))
PAGES = sorted(DOCS.rglob("*.md"))


def page(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def rows(text: str) -> list[list[str]]:
    """The cells of every row whose first cell is code, without the code's marks."""
    lines = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| `")]
    return [[line[0].strip("`"), *line[1:]] for line in lines]


def spelled(default: object) -> str:
    if default is MISSING:
        return "required"
    return (
        {True: "yes", False: "no"}[default] if isinstance(default, bool) else str(default) or "none"
    )


def test_every_setting_is_listed_with_its_default() -> None:
    listed, _ = page("settings.md").split("## Commands")
    assert {variable: default for variable, default, _ in rows(listed)} == {
        PREFIX + one.name.upper(): spelled(one.default) for one in fields(Settings)
    }


def test_every_command_is_listed_with_its_arguments() -> None:
    _, listed = page("settings.md").split("## Commands")
    assert {command for command, _ in rows(listed)} == {
        " ".join([name, *arguments(command)]) for name, command in group.commands.items()
    }


def arguments(command: Command) -> list[str]:
    return [one.human_readable_name for one in command.params if isinstance(one, Argument)]


def diagram(moves: Mapping[S, frozenset[S]]) -> str:
    """The moves as the diagram of `docs/states.md`."""
    arrows: list[tuple[str, str]] = [("[*]", next(iter(moves)))]
    for state, after in moves.items():
        arrows += [(state, to) for to in sorted(after)] or [(state, "[*]")]
    lines = [f"    {before} --> {after}" for before, after in arrows]
    return "\n".join(["```mermaid", "stateDiagram-v2", *lines, "```"])


@pytest.mark.parametrize(
    "moves",
    [waves.MOVES, actions.MOVES, approvals.MOVES],
    ids=["waves", "actions", "approvals"],
)
def test_the_diagram_of_states_is_drawn_from_the_moves(moves: Mapping[S, frozenset[S]]) -> None:
    assert diagram(moves) in page("states.md")


def test_every_state_is_described() -> None:
    described = [state for state, *_ in rows(page("states.md"))]
    assert described == [str(one) for one in (*WaveState, *ActionState, *ApprovalState)]


def test_decisions_are_numbered_without_a_gap() -> None:
    numbers = [path.name.split("-")[0] for path in DECISIONS]
    assert numbers == [f"{number:04}" for number in range(1, len(DECISIONS) + 1)]


def test_a_decision_is_dated_and_says_context_decision_and_consequences() -> None:
    for path in DECISIONS:
        title, _, dated, *rest = path.read_text(encoding="utf-8").splitlines()
        assert re.fullmatch(rf"# {int(path.name[:4])}\. \S.*", title), path
        day, status = dated.split(" · ")
        assert date.fromisoformat(day), path
        assert status in {"accepted", "replaced"}, path
        parts = [line for line in rest if line.startswith("## ")]
        assert parts == ["## Context", "## Decision", "## Consequences"], path


def test_a_page_links_only_to_what_is_there() -> None:
    links = [
        (path, link)
        for path in PAGES
        for link in re.findall(r"\]\(([^)#\s]+)", path.read_text(encoding="utf-8"))
        if "://" not in link
    ]
    assert [(path, link) for path, link in links if not (path.parent / link).exists()] == []
