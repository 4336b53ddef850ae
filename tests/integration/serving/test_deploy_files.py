"""The files for machines: their own checkers accept them, and they name what is there."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from survey.command_line.main import group
from survey.command_line.settings_file import SettingsFileError, read_settings_file
from survey.http.uploads import FORM_ROOM, MOST_BYTES
from survey.organisations.school_files import csv_table
from survey.settings import read
from tests.integration.serving.wheels import ROOT

DEPLOY = ROOT / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
SHELL = sorted([*(ROOT / "scripts").glob("*.sh"), ROOT / ".ci" / "run"])


def tool(name: str) -> str:
    """A checker from Debian; in CI it has to be there."""
    found = shutil.which(name)
    if found is None:
        if os.environ.get("CI"):
            pytest.fail(f"{name} is not installed, and in CI nothing is skipped")
        pytest.skip(f"{name} is not installed")
    return found


def run(*command: str | Path) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_nginx_accepts_its_file(tmp_path: Path) -> None:
    nginx = tool("nginx")
    assert "syntax is ok" in run(nginx, "-t", "-c", nginx_for(tmp_path, {}))


def test_proxies_let_through_the_largest_file_of_staff() -> None:
    nginx = (DEPLOY / "nginx" / "safer-places.conf").read_text()
    caddy = (DEPLOY / "caddy" / "Caddyfile").read_text()
    largest = max(csv_table.LARGEST_FILE_BYTES, MOST_BYTES) + FORM_ROOM
    sizes = [int(size) * 1024**2 for size in re.findall(r"client_max_body_size (\d+)m;", nginx)]
    sizes += [int(size) * 1000**2 for size in re.findall(r"max_size (\d+)MB", caddy)]
    assert len(sizes) == 2
    assert min(sizes) >= largest


def nginx_for(folder: Path, changed: dict[str, str]) -> Path:
    """The file with a certificate of this test, and what the test changes."""
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    run(*command, "-subj", "/CN=survey.example.org", "-keyout", key, "-out", certificate)
    text = (DEPLOY / "nginx" / "safer-places.conf").read_text()
    files = {"/etc/ssl/safer-places.pem": certificate, "/etc/ssl/safer-places.key": key}
    for old, new in {**{old: str(new) for old, new in files.items()}, **changed}.items():
        assert old in text, old
        text = text.replace(old, new)
    (folder / "safer-places.conf").write_text(text)
    whole = folder / "nginx.conf"
    whole.write_text(
        f"pid {folder}/pid; daemon off; user {'root' if os.geteuid() == 0 else 'nobody'};\n"
        "worker_processes 1; events {}\nhttp {\n"
        + "".join(
            f"  {kind}_temp_path {folder}/{kind};\n"
            for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        + f"  include {folder}/safer-places.conf;\n}}\n"
    )
    return whole


def test_scripts_pass_shellcheck() -> None:
    run(tool("shellcheck"), "-x", "--severity=info", "--exclude=SC2012", *SHELL)


LINUX_ALONE = re.compile(
    r"(?<!command -v )\b(nproc|readlink -f|realpath|sha256sum|tac|stat -c|date -d"
    r"|sed -i|grep -P|sort -V|mapfile|readarray|declare -A|xargs -r|cp --|ln -r|mktemp -p"
    r"|(?<!-)timeout \d|\$\{\w+\^|\$\{\w+,,|wait -n|sched_getaffinity)"
)
"""What macOS has not: commands of GNU, and bash after 3.2."""
ON_DEBIAN = {"fonts.sh", "test.sh"}
ALLOWED = {"if command -v sha256sum >/dev/null; then sha256sum; else shasum -a 256; fi"}


@pytest.mark.parametrize("path", SHELL, ids=lambda path: path.name)
def test_scripts_run_on_macos(path: Path) -> None:
    lines = path.read_text().splitlines()
    found = [
        line
        for line in lines
        if LINUX_ALONE.search(line.partition("#")[0]) and not any(one in line for one in ALLOWED)
    ]
    assert found == []
    for line in lines:  # an empty array is unset to bash 3.2
        for name in re.findall(r'(?<!\+)"\$\{(\w+)\[@\]\}"', line):
            assert re.search(rf"\b{name}=\([^)]|\$\{{#{name}\[@\]\}}", path.read_text()), line


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_systemd_accepts_the_units(path: Path, tmp_path: Path) -> None:
    command = re.search(r"^ExecStart=(\S+)", path.read_text(), re.M)
    assert command
    unit = tmp_path / path.name  # with a command that is here
    unit.write_text(path.read_text().replace(command[1], sys.executable))
    assert run(tool("systemd-analyze"), "verify", "--man=no", unit) == ""
    exposed = run("systemd-analyze", "security", "--offline=true", "--threshold=20", path)
    assert "OK" in exposed


def commands_in(text: str) -> set[str]:
    return set(re.findall(r"safer-places ([a-z][a-z-]+)", text))


def test_units_and_containers_run_commands_that_there_are() -> None:
    named = {name for path in UNITS for name in commands_in(path.read_text())}
    compose = (DEPLOY / "container" / "compose.yaml").read_text()
    named |= set(re.findall(r"command: \[(\w+)", compose))
    containerfile = (DEPLOY / "container" / "Containerfile").read_text()
    named |= set(re.findall(r'CMD \["(serve)"', containerfile))
    assert named == {"serve", "worker", "migrate"}
    assert named <= set(group.commands)
    assert re.search(r"^USER [1-9]\d+:[1-9]\d+$", containerfile, re.M)
    for line in re.findall(r"^COPY (?!--)(.+) \S+$", containerfile, re.M):
        assert all((ROOT / name).exists() for name in line.split())
    for service in ("web", "worker", "migrate"):
        assert f"  {service}:\n    <<: *app" in compose
    shared = compose[compose.index("x-app") : compose.index("services:")]
    for guard in ("read_only: true", "cap_drop: [ALL]", "no-new-privileges:true"):
        assert guard in shared


def test_the_example_of_settings_is_whole(tmp_path: Path) -> None:
    example = (DEPLOY / "container" / "settings.env.example").read_text()
    secrets = iter(hashlib.sha256(bytes([number])).hexdigest() for number in range(9))
    filled = re.sub(r"<a(nother)? secret>", lambda _found: next(secrets), example)
    filled = filled.replace("<your host name>", "survey.example.org")
    filled = filled.replace("/srv/ledger/ledger", str(tmp_path / "ledger"))
    file = tmp_path / "settings.env"
    file.write_text(re.sub(r"<[^>]+>", "words", filled))
    settings = read(read_settings_file(file))
    assert settings.is_https
    file.write_text("A=1\nno setting\n")
    with pytest.raises(SettingsFileError, match="Line 2"):
        read_settings_file(file)
    with pytest.raises(SettingsFileError, match="No such file"):
        read_settings_file(tmp_path / "none")
