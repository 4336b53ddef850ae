"""Everything the app needs to run is named for the wheel: an installed copy is a whole one."""

from __future__ import annotations

import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from survey.paths import folder

ROOT = Path(__file__).parents[2]
BUILT = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
PACKAGES = {
    name: BUILT["package-dir"].get(name, name.replace(".", "/")) for name in BUILT["packages"]
}
PASSING = {"__pycache__"}


def needed() -> set[Path]:
    """The files of the package and of the folders next to it."""
    tops = [ROOT / "survey", ROOT / "migrations", ROOT / "translations"]
    files = (path for top in tops for path in top.rglob("*") if path.is_file())
    return {
        path.relative_to(ROOT)
        for path in files
        if not PASSING & set(path.parts) and path.suffix not in {".pyc", ".pot"}
    }


def shipped() -> set[Path]:
    """What the settings of the build take along."""
    found = {path for home in PACKAGES.values() for path in (ROOT / home).glob("*.py")}
    for name, patterns in BUILT["package-data"].items():
        for pattern in patterns:
            found |= {path for path in (ROOT / PACKAGES[name]).glob(pattern) if path.is_file()}
            if pattern.endswith("/**"):
                found |= {p for p in (ROOT / PACKAGES[name]).glob(f"{pattern}/*") if p.is_file()}
    return {path.relative_to(ROOT) for path in found}


def test_every_file_is_named_for_the_wheel() -> None:
    assert sorted(needed() - shipped()) == []


def test_every_package_is_named_for_the_wheel() -> None:
    packages = {
        ".".join(path.parent.relative_to(ROOT).parts)
        for path in (ROOT / "survey").rglob("__init__.py")
    }
    assert set(PACKAGES) - packages == {"survey.migrations", "survey.translations"}
    assert packages <= set(PACKAGES)


def test_a_checkout_reads_the_folders_beside_the_package() -> None:
    assert folder("migrations") == ROOT / "migrations"
    assert folder("translations") == ROOT / "translations"


@pytest.mark.slow
def test_a_wheel_holds_every_file(tmp_path: Path) -> None:
    """A real build, from a copy: the build leaves folders behind."""
    copy = tmp_path / "checkout"
    subprocess.run(["git", "clone", "-q", ROOT, copy], check=True)
    command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", tmp_path, copy]
    subprocess.run(command, check=True)
    (wheel,) = tmp_path.glob("*.whl")
    held = set(zipfile.ZipFile(wheel).namelist())
    homes = {"migrations": "survey/migrations", "translations": "survey/translations"}
    for path in needed():
        if path.suffix != ".mo":  # made after cloning
            top, *rest = path.parts
            assert "/".join((homes.get(top, top), *rest)) in held
    zipfile.ZipFile(wheel).extractall(tmp_path / "installed")
    inside = "from survey.paths import folder; print(folder('migrations'))"
    found = subprocess.run(
        [sys.executable, "-c", inside], cwd=tmp_path / "installed", capture_output=True, check=True
    )
    assert Path(found.stdout.decode().strip()) == tmp_path / "installed/survey/migrations"
