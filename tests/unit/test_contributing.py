"""What CONTRIBUTING.md, the hooks and the workflow say can be done is there to be done."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
TARGETS = dict(re.findall(r"^([a-z-]+):.*?(?:## (.+))?$", MAKEFILE, re.MULTILINE))
SCRIPTS = sorted((ROOT / "scripts").glob("*.sh"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PIN = re.compile(r"^([A-Za-z0-9._-]+)==(\S+)(?: ; .+?)? \\\n((?:    --hash=\S+(?: \\)?\n)+)", re.M)
OF_EVERYBODY = {"runtime": "requirements.txt", "dev": "requirements-dev.txt"}


def said(pattern: str, *names: str) -> set[str]:
    texts = [(ROOT / name).read_text(encoding="utf-8") for name in names]
    return {found for text in texts for found in re.findall(pattern, text)}


def test_every_target_that_is_named_exists() -> None:
    pages = [str(page.relative_to(ROOT)) for page in (ROOT / "docs").rglob("*.md")]
    pages += ["CONTRIBUTING.md", "README.md", ".github/workflows/ci.yml"]
    named = said(r"(?:`|run: )make ([a-z-]+)", *pages)
    assert named - TARGETS.keys() == set()


def test_every_target_with_a_description_is_in_the_guide() -> None:
    described = [name for name, what in TARGETS.items() if what]
    assert [name for name in described if f"| `make {name}" not in GUIDE] == []


def test_every_target_calls_a_script_that_is_there() -> None:
    for called in re.findall(r"scripts/[a-z_]+\.sh", MAKEFILE):
        assert (ROOT / called).stat().st_mode & 0o100, called


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
def test_a_script_can_be_read_by_the_shell(script: Path) -> None:
    done = subprocess.run(["bash", "-n", script], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_every_file_that_the_guide_names_is_there() -> None:
    named = {
        one
        for one in said(r"`([A-Za-z_./-]+)`", "CONTRIBUTING.md")
        if re.search(r"^(tests|survey|docs|scripts|migrations)/|\.(toml|txt|md|sh|yaml)$", one)
    }
    assert len(named) > 8
    assert [one for one in sorted(named) if not (ROOT / one).exists()] == []


def test_a_hook_runs_what_the_checks_run() -> None:
    checks = (ROOT / "scripts" / "test.sh").read_text(encoding="utf-8")
    hooks = said(r"entry: \.venv/bin/([a-z-]+)", ".pre-commit-config.yaml")
    assert hooks == {"ruff", "lint-imports", "pytest"}
    assert all(f"$bin/{hook}" in checks for hook in hooks)
    for named in said(r"tests/unit/\w+\.py", ".pre-commit-config.yaml"):
        assert (ROOT / named).exists(), named


@pytest.mark.parametrize(("kind", "name"), OF_EVERYBODY.items())
def test_what_the_project_asks_for_is_pinned_with_hashes(kind: str, name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    pins: dict[str, list[str]] = {}
    for package, version, hashes in PIN.findall(text):
        assert "sha256:" in hashes
        pins.setdefault(canonicalize_name(package), []).append(version)
    assert len(re.findall(r"^\S+==", text, re.MULTILINE)) == sum(map(len, pins.values())), (
        "a pin without a hash"
    )
    assert "--index" not in text, "the guide says: without an index address"
    runtime = PROJECT["project"]["dependencies"]
    runtime = [*runtime, *PROJECT["project"]["optional-dependencies"]["postgres"]]
    wanted = runtime if kind == "runtime" else PROJECT["dependency-groups"][kind]
    for asked in map(Requirement, wanted):
        versions = pins.get(canonicalize_name(asked.name), [])
        assert versions, f"{asked.name} is not pinned: make lock"
        assert all(asked.specifier.contains(one) for one in versions), f"{asked}: make lock"
