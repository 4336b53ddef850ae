"""A release says what made it: another engine, audit or gate is another hash."""

from __future__ import annotations

import shutil
import tomllib
from pathlib import Path

import pytest

from survey.releases.register import stamp


def test_the_version_is_that_of_the_project() -> None:
    project = Path(__file__).parents[3] / "pyproject.toml"
    known = tomllib.loads(project.read_text(encoding="utf-8"))["project"]["version"]
    assert stamp.code_version() == known


@pytest.mark.parametrize(
    ("changed", "is_other"),
    [
        ("disclosure/protect.py", True),
        ("disclosure/audit/attack.py", True),
        ("releases/certified_figures.py", True),
        ("releases/tabulation_plan.py", True),
        ("questionnaires/item_kinds/grid.py", True),
        ("releases/views.py", False),
    ],
)
def test_other_code_has_another_hash(
    changed: str, is_other: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = stamp.code_hash.__wrapped__()
    for part in ("disclosure", "releases", "questionnaires"):
        shutil.copytree(stamp.PACKAGE / part, tmp_path / part)
    monkeypatch.setattr(stamp, "PACKAGE", tmp_path)
    assert stamp.code_hash.__wrapped__() == before
    with (tmp_path / changed).open("a", encoding="utf-8") as file:
        file.write("\n")
    assert (stamp.code_hash.__wrapped__() != before) is is_other
