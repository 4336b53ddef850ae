"""Every command of the README and of docs/, as it is written there."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import time
import urllib.request
import uuid
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

import click
import pytest

from survey.command_line.main import group
from tests import databases
from tests.conftest import postgres_address
from tests.integration.serving.test_wheel import settings_text
from tests.integration.serving.wheels import ROOT, Installed

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
SPOKEN = re.compile(r"`(safer-places [^`]+)`")
OURS = re.compile(r"(?:^|/bin/|exec web )safer-places (.+)")
INSTALLS = "typed by the test of a fresh clone below"
FENCED = re.compile(r"^```(\w*)\n(.*?)^```$", re.M | re.S)
OWN, LOOKS = "safer-places ", "curl -s "
SERVES, WORKS = "safer-places serve", "safer-places worker"
PROGRAM = re.compile(r"(?:[a-z][\w-]*|/\S+)(?= |$)")
ELSEWHERE = {
    "make": "in a checkout: CONTRIBUTING.md, and the other tests of this suite",
    "pip": INSTALLS,
    "python3": INSTALLS,
    "/opt/safer-places/bin/pip": INSTALLS,
    "export": INSTALLS,
    "install": "needs systemd: the units are checked by test_deploy_files.py",
    "useradd": "needs systemd",
    "systemctl": "needs systemd",
    "cp": "needs containers: the files are checked by test_deploy_files.py",
    "podman": "needs containers",
    "printf": "needs containers",
    "umask": "needs containers",
    "patronictl": "needs Patroni: rehearsed by hand, as docs/operations.md says",
}
"""Programs that are not typed from an installed copy, and what looks at them instead."""

WITH_PLACES = "backup.md"
"""The page whose commands name places of a server: it has a separate test."""

FILES = {
    "schools.csv": (
        "Number,Name,Authority,Nation,Kind,Status,Year 7,Year 8\n"
        "100000,Ash Hill School,Newshire,England,Secondary,Open,151,148\n"
    ),
    "people.csv": (
        "URN,School,Name,E-mail,Seat\n100000,Ash Hill School,Ada Okafor,a.okafor@ash.example,Lead\n"
    ),
}
"""The files that commands name."""


def typed(page: Path, languages: Collection[str] = ()) -> list[str]:
    """The lines of the blocks of a page, or of those in some languages, without what is said about
    them."""
    text = page.read_text(encoding="utf-8").replace("\\\n", " ")
    found = [lines for name, lines in FENCED.findall(text) if not languages or name in languages]
    lines = [line for block in found for line in block.splitlines()]
    return [re.sub(r"\s+#.*", "", line).strip() for line in lines]


def named(page: Path) -> Iterator[list[str]]:
    """Each command of ours on a page, in a block or in a sentence, as words."""
    text = page.read_text(encoding="utf-8")
    for line in (*typed(page), *SPOKEN.findall(text)):
        if found := OURS.search(line):
            words = shlex.split(found[1])
            if not words[0].isupper():
                yield words


def unknown(words: list[str]) -> str | None:
    """What of a command there is not."""
    if words[0].startswith("-"):
        names = {name for one in group.params for name in one.opts} | {"--help"}
        return None if words[0] in names else words[0]
    command = group.commands.get(words[0])
    if command is None:
        return words[0]
    if isinstance(command, click.Group) and len(words) > 1:
        return None if words[1] in command.commands else " ".join(words[:2])
    known = {name for one in command.params for name in (*one.opts, *one.secondary_opts)}
    return next((word for word in words if word.startswith("--") and word not in known), None)


def test_commands_that_are_named_are_there() -> None:
    for page in PAGES:
        assert [words for words in named(page) if unknown(words)] == [], page
        text = page.read_text(encoding="utf-8")
        assert "flask --app" not in text, f"an installed copy has safer-places: {page}"
        assert "wsgi:app" not in text.replace("survey.wsgi:app", ""), page


def test_a_command_that_is_not_there_is_found() -> None:
    assert unknown(["served"]) == "served"
    assert unknown(["serve", "--prot", "1"]) == "--prot"
    assert unknown(["operators", "open"]) == "operators open"
    assert unknown(["serve", "--port", "1"]) is None


@contextmanager
def server(installed: Installed, line: str, **settings: str) -> Iterator[None]:
    process = subprocess.Popen(
        shlex.split(line),
        cwd=installed.folder,
        env=installed.environment(**settings),
        stderr=subprocess.PIPE,
    )
    try:
        deadline = time.monotonic() + 600
        while process.poll() is None and time.monotonic() < deadline:
            try:
                urllib.request.urlopen("http://127.0.0.1:8000/live", timeout=5).close()
                break
            except OSError:
                time.sleep(0.2)
        assert process.poll() is None, process.communicate()
        yield
    finally:
        process.terminate()
        process.wait(timeout=600)
        if process.stderr:
            process.stderr.close()


@pytest.fixture
def settings(tmp_path: Path) -> dict[str, str]:
    """A file of settings, as the commands find it."""
    file = tmp_path / "settings.env"
    file.write_text(settings_text(tmp_path / "survey.db"))
    return {"SAFER_PLACES_SETTINGS": str(file)}


def well(installed: Installed, line: str, **settings: str) -> None:
    """Types a line, which has to end well."""
    assert line.startswith("safer-places "), line
    done = installed.run(*shlex.split(line), **settings)
    assert done.returncode == 0, (line, done.stdout, done.stderr)
    assert "Traceback" not in done.stderr


def commands(page: Path) -> list[str]:
    """Every line of the blocks of a page that names a program."""
    return [line for line in typed(page, ("", "sh")) if PROGRAM.match(line)]


OURS_ON = [page for page in PAGES if any(line.startswith(OWN) for line in commands(page))]


def test_every_command_is_typed_by_a_test_or_named_here() -> None:
    """A new page and a new command are met without being listed."""
    programs = {PROGRAM.match(line)[0] for page in PAGES for line in commands(page)}  # type: ignore[index]
    assert programs - {OWN.strip(), LOOKS.split()[0], *ELSEWHERE} == set()
    assert {page.name for page in OURS_ON} >= {"README.md", "operations.md", "jobs.md", WITH_PLACES}


def works(installed: Installed, line: str, signs: Path, **settings: str) -> None:
    """Types the line of a worker, which works until it is stopped. It signs when it begins."""
    process = subprocess.Popen(
        shlex.split(line),
        cwd=installed.folder,
        env=installed.environment(**settings),
        stderr=subprocess.PIPE,
    )
    deadline = time.monotonic() + 600
    while not (signs.exists() and signs.read_text()) and process.poll() is None:
        assert time.monotonic() < deadline
        time.sleep(0.2)
    process.terminate()
    _out, said = process.communicate(timeout=600)
    assert process.returncode == 0, said
    assert b"Traceback" not in said


@pytest.mark.slow
@pytest.mark.parametrize(
    "page", [page for page in OURS_ON if page.name != WITH_PLACES], ids=lambda page: page.stem
)
def test_commands_do_what_the_page_says(
    installed: Installed, settings: dict[str, str], page: Path, tmp_path: Path
) -> None:
    """From the wheel, in an empty folder, one after the other. Lines that look at the server are
    typed while it serves."""
    lines = [line for line in commands(page) if line.startswith((OWN, LOOKS))]
    looks = [line for line in lines if line.startswith(LOOKS)]
    assert not looks or SERVES in lines
    if "safer-places migrate" not in lines:
        well(installed, "safer-places migrate", **settings)
    for name, text in FILES.items():
        (installed.folder / name).write_text(text, encoding="utf-8")
    for line in lines:
        if line == SERVES:
            with server(installed, line, **settings):
                for look in looks:
                    seen = installed.run(*shlex.split(look))
                    assert '"ready":true' in seen.stdout.replace(" ", ""), seen
        elif line == WORKS:
            works(installed, line, tmp_path / "survey.db.worker", **settings)
        elif not line.startswith(LOOKS):
            well(installed, line, **settings)


@pytest.mark.slow
def test_the_page_of_backups_does_what_it_says(
    installed: Installed, settings: dict[str, str], tmp_path: Path
) -> None:
    """Backup, restore, housekeeping and the move to PostgreSQL, with the places of this machine in
    the place of those on the page."""
    address, name = postgres_address(), f"moved_{uuid.uuid4().hex}"
    places = {
        "/srv/survey/survey.db": f"{tmp_path / 'survey.db'}",
        "postgresql+psycopg://survey@db/survey": f"{address}/{name}",
        "/srv/backups": str(tmp_path / "backups"),
    }
    (tmp_path / "backups").mkdir(mode=0o700)
    well(installed, "safer-places migrate", **settings)
    databases.command(address, f"CREATE DATABASE {name}")
    try:
        lines = [line for line in typed(ROOT / "docs" / "backup.md", ("sh",)) if line]
        assert {line.split()[1] for line in lines} >= {"backup", "restore", "move-database"}
        for line in lines:
            for old, new in places.items():
                line = line.replace(old, new)
            made = next((tmp_path / "backups").iterdir(), Path("none"))
            well(installed, re.sub(r"survey-[\d-]+-\w+\.backup", made.name, line), **settings)
    finally:
        databases.command(address, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.mark.slow
def test_a_fresh_clone_is_installed_as_the_page_says(tmp_path: Path) -> None:
    """The blocks before the first command of ours, as one script of a shell, in a clone; from the
    wheel and the pinned packages, with nothing of this environment. It fetches packages."""
    page = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```\n(.*?)^```$", page[: page.index("```sh")], re.M | re.S)
    script = "set -e\n" + "".join(blocks)
    home, file = tmp_path / "opt", tmp_path / "settings.env"
    file.write_text(settings_text(tmp_path / "survey.db"))
    places = {"/opt/safer-places": str(home), "/etc/safer-places/settings.env": str(file)}
    for old, new in places.items():
        assert old in script
        script = script.replace(old, new)
    script += f"{home}/bin/safer-places migrate\n{home}/bin/safer-places doctor\n"
    subprocess.run(["git", "clone", "-q", ROOT, tmp_path / "clone"], check=True)
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG")}
    pip = {name: value for name, value in os.environ.items() if name.startswith("PIP_")}
    done = subprocess.run(
        ["sh", "-c", script],
        cwd=tmp_path / "clone",
        env={**kept, **pip},
        capture_output=True,
        text=True,
        timeout=1800,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert "The database is at the newest schema." in done.stdout


TARGET = re.compile(r"^([a-z][a-z-]*):", re.M)
NAMED_TARGET = re.compile(r"(?:`|^(?=make [a-z-]+ +#))(?:[A-Z]+=\w+ )?make ([a-z][a-z-]*)", re.M)
NAMED_FILE = re.compile(r"(?<![\w/])((?:tests|benchmarks|scripts|deploy|survey)/[\w/.-]+\.\w+)")
NAMED_MODULE = re.compile(r"python -m ((?:benchmarks|survey|tests)[\w.]*)")
OF_NOW = [page for page in (*PAGES, ROOT / "CONTRIBUTING.md") if "decisions" not in page.parts]
"""Decisions name what there was when they were made."""


def is_there(path: Path) -> bool:
    """Whether a file is there, or one that an operator makes and that git is told to leave out."""
    made_there = (ROOT / ".gitignore").read_text(encoding="utf-8").split()
    return path.exists() or str(path.relative_to(ROOT)) in made_there


def test_targets_files_and_modules_that_are_named_are_there() -> None:
    targets = set(TARGET.findall((ROOT / "Makefile").read_text(encoding="utf-8")))
    for page in OF_NOW:
        text = page.read_text(encoding="utf-8")
        assert set(NAMED_TARGET.findall(text)) - targets == set(), page
        assert [name for name in NAMED_FILE.findall(text) if not is_there(ROOT / name)] == [], page
        modules = [ROOT / name.replace(".", "/") for name in NAMED_MODULE.findall(text)]
        assert [
            path
            for path in modules
            if not path.with_suffix(".py").exists() and not (path / "__main__.py").exists()
        ] == [], page


def test_every_target_is_explained_to_contributors() -> None:
    targets = set(TARGET.findall((ROOT / "Makefile").read_text(encoding="utf-8")))
    table = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert targets - set(NAMED_TARGET.findall(table)) == set()


@pytest.mark.slow
def test_a_demo_needs_no_settings(installed: Installed) -> None:
    done = installed.run("safer-places", "demo", "--no-serve")
    assert done.returncode == 0, done.stderr
    assert "Student link (one answer):  http://127.0.0.1:8000/s/" in done.stdout
    assert (installed.folder / ".demo" / "survey.db").stat().st_mode & 0o777 == 0o600
