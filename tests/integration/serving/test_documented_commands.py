"""Every command of the README and of docs/, as it is written there."""

from __future__ import annotations

import re
import shlex
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
import pytest

from survey.command_line.main import group
from tests.integration.serving.test_wheel import settings_text
from tests.integration.serving.wheels import ROOT, Installed

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
SPOKEN = re.compile(r"`(safer-places [^`]+)`")
BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.M | re.S)
OURS = re.compile(r"(?:^|/bin/|exec web )safer-places (.+)")
ANY_BLOCK = re.compile(r"^```\w*\n(.*?)^```$", re.M | re.S)
SERVES, LOOKS = "safer-places serve", "curl -s "


def typed(page: Path, block: re.Pattern[str] = ANY_BLOCK) -> list[str]:
    """The lines of the blocks of a page, without what is said about them."""
    text = page.read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line for found in block.findall(text) for line in found.splitlines()]
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


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_commands_that_are_named_are_there(page: Path) -> None:
    assert [words for words in named(page) if unknown(words)] == []
    text = page.read_text(encoding="utf-8")
    assert "flask --app" not in text, "an installed copy has safer-places"
    assert "wsgi:app" not in text.replace("survey.wsgi:app", "")


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
        deadline = time.monotonic() + 120
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
        process.wait(timeout=60)
        if process.stderr:
            process.stderr.close()


@pytest.mark.slow
@pytest.mark.parametrize("page", ["README.md", "docs/operations.md"])
def test_commands_do_what_the_page_says(installed: Installed, tmp_path: Path, page: str) -> None:
    """From the wheel, in an empty folder, one after the other. Lines that look at the server are
    typed while it serves."""
    file = tmp_path / "settings.env"
    file.write_text(settings_text(tmp_path / "survey.db"))
    settings = {"SAFER_PLACES_SETTINGS": str(file)}
    lines = [line for line in typed(ROOT / page, BLOCK) if line]
    looks = [line for line in lines if line.startswith(LOOKS)]
    assert SERVES in lines
    for line in lines:
        if line == SERVES:
            with server(installed, line, **settings):
                for look in looks:
                    seen = installed.run(*shlex.split(look))
                    assert '"ready":true' in seen.stdout.replace(" ", ""), seen
        elif not line.startswith(LOOKS):
            assert line.startswith("safer-places "), line
            done = installed.run(*shlex.split(line), **settings)
            assert done.returncode == 0, (line, done.stdout, done.stderr)
            assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_a_demo_needs_no_settings(installed: Installed) -> None:
    done = installed.run("safer-places", "demo", "--no-serve")
    assert done.returncode == 0, done.stderr
    assert "Student link (one answer):  http://127.0.0.1:8000/s/" in done.stdout
    assert (installed.folder / ".demo" / "survey.db").stat().st_mode & 0o777 == 0o600
