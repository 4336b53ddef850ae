"""A wheel of this checkout, installed in a separate folder, as an operator has it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from survey.settings import PREFIX

ROOT = Path(__file__).parents[3]
NOT_IN_IT = {".pot"}
SECONDS = 1200


def tracked() -> list[Path]:
    """Every file of the checkout that git knows or would take, and that is still there."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    paths = [Path(name) for name in listed.stdout.decode().split("\0") if name]
    return [path for path in paths if (ROOT / path).is_file() and not (ROOT / path).is_symlink()]


def build(folder: Path) -> Path:
    """A wheel, built from a copy of the checkout without what other builds left in it."""
    copy = folder / "checkout"
    for path in tracked():
        if path.parts[0] in {"survey", "migrations", "translations"} or len(path.parts) == 1:
            (copy / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / path, copy / path)
    command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation"]
    subprocess.run([*command, "-w", folder, copy], check=True, timeout=SECONDS)
    shutil.rmtree(copy)
    (wheel,) = folder.glob("*.whl")
    return wheel


@dataclass(frozen=True)
class Installed:
    """An environment with the wheel, and an empty folder to run it in."""

    home: Path
    folder: Path

    def environment(self, **settings: str) -> dict[str, str]:
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith((PREFIX, "PYTHON", "FLASK", "COVERAGE"))
        }
        path = f"{self.home / 'bin'}{os.pathsep}{kept['PATH']}"
        return {**kept, "PATH": path, **settings}

    def run(self, *command: str, **settings: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            cwd=self.folder,
            env=self.environment(**settings),
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )


def install(wheel: Path, folder: Path) -> Installed:
    """Installs the wheel. Its requirements come from the environment of the tests: they are
    pinned, and to install them again would take a minute."""
    home, empty = folder / "installed", folder / "empty"
    empty.mkdir()
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", home], check=True)
    (packages,) = home.glob("lib/python*/site-packages")
    (here,) = (path for path in sys.path if path.endswith("site-packages") and sys.prefix in path)
    (packages / "requirements.pth").write_text(here + "\n")
    command = [sys.executable, "-m", "pip", "--python", str(home / "bin" / "python")]
    subprocess.run([*command, "install", "-q", "--no-deps", wheel], check=True, timeout=SECONDS)
    return Installed(home, empty)
