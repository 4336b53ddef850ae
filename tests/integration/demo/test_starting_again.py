"""A demo that was stopped while it was being filled is filled again from nothing."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from survey.command_line import demo


def test_nothing_of_a_cut_off_demo_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The settings name the files, so that the test fails if one is kept under another name."""
    monkeypatch.setattr(os, "environ", dict(os.environ))
    demo.use_demo_settings(tmp_path, 8000)
    database = Path(os.environ["SURVEY_DATABASE_URL"].removeprefix("sqlite:///"))
    for suffix in ("", "-wal", "-shm", ".ledger", ".worker"):
        database.with_name(f"{database.name}{suffix}").touch()
    keys = database.with_name(f"{database.name}.keys")
    keys.mkdir(mode=0o700)
    (keys / "box-1").touch()
    demo.clear(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["secrets"]
