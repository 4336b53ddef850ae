"""The stamp of what made a release: the version of the package, and a hash of the code from counts
to figures.

Both are in the header of a release, so they are part of what its reference covers. A report that
is made again by other code is therefore another report, which the ledger refuses with a message
that names the software as a possible reason.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from functools import cache
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

PACKAGE = Path(__file__).parents[2]
MADE_BY = (
    "disclosure",
    "questionnaires/item_kinds",
    "releases/certified_figures.py",
    "releases/sums_of_answers.py",
    "releases/policy.py",
    "releases/register/random_start.py",
    "releases/tabulation.py",
    "releases/tabulation_plan.py",
)
"""The code of a release: the engine with its audit, and the gate with what it is given."""

COMPARED_BY = (
    *MADE_BY,
    "reports/comparisons/build_comparison.py",
    "reports/comparisons/comparison_document.py",
    "reports/comparisons/named_figures_and_letters.py",
    "reports/comparisons/size_bands.py",
    "reports/comparisons/all_schools/included_schools.py",
    "reports/comparisons/all_schools/year_group_figures.py",
)
"""The code of a comparison, which is made from releases."""


@cache
def code_version() -> str:
    """The version of the package: of the tree it runs from, or else of the installed package."""
    project = PACKAGE.parent / "pyproject.toml"
    if project.is_file():
        return str(tomllib.loads(project.read_text(encoding="utf-8"))["project"]["version"])
    return version("school-safety-survey")


@cache
def code_hash(parts: tuple[str, ...] = MADE_BY) -> str:
    """The sha256 of the names and bytes of these files and folders, as 64 hexadecimal digits."""
    digest = sha256()
    for path in sorted(_files(parts)):
        digest.update(path.relative_to(PACKAGE).as_posix().encode() + b"\0")
        digest.update(path.read_bytes() + b"\0")
    return digest.hexdigest()


def _files(parts: Iterable[str]) -> Iterable[Path]:
    for part in parts:
        path = PACKAGE / part
        yield from path.rglob("*.py") if path.is_dir() else [path]
