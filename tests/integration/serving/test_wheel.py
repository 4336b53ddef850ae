"""A wheel is a whole copy: every file, compiled catalogues, a command that works anywhere."""

from __future__ import annotations

import hashlib
import zipfile
from pathlib import Path

import pytest

from survey.command_line.main import group
from survey.paths import folder
from tests.integration.serving.wheels import NOT_IN_IT, ROOT, Installed, tracked

INSIDE = {"migrations": "survey/migrations", "translations": "survey/translations"}


def needed() -> set[str]:
    """What the wheel holds of each file that git knows."""
    tops = {"survey": "survey", **INSIDE}
    return {
        "/".join((tops[path.parts[0]], *path.parts[1:]))
        for path in tracked()
        if path.parts[0] in tops and path.suffix not in NOT_IN_IT
    }


def test_a_wheel_holds_what_git_holds_and_the_compiled_catalogues(wheel: Path) -> None:
    held = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    catalogues = {name for name in needed() if name.endswith("/messages.po")}
    assert len(catalogues) > 5
    assert held == needed() | {name[: -len("po")] + "mo" for name in catalogues}


def test_a_checkout_reads_the_folders_beside_the_package() -> None:
    assert folder("migrations") == ROOT / "migrations"
    assert folder("translations") == ROOT / "translations"


def test_the_command_works_in_an_empty_folder(installed: Installed) -> None:
    told = installed.run("safer-places", "--help")
    assert told.returncode == 0, told.stderr
    assert {"serve", "migrate", "housekeeping", "doctor", "demo"} <= set(told.stdout.split())
    assert installed.run("safer-places", "--version").stdout.startswith("safer-places, version 0.")


@pytest.mark.parametrize("name", sorted(group.commands))
def test_every_command_explains_itself(name: str) -> None:
    """In a sentence that begins with what it does, and with each option explained or plain."""
    command = group.commands[name]
    assert command.help, name
    first = command.help.strip().split("\n\n")[0].strip()
    assert first[0].isupper(), first
    assert first.endswith((".", ":")), first


def test_without_settings_the_missing_ones_are_named(installed: Installed) -> None:
    ended = installed.run("safer-places", "serve")
    assert ended.returncode == 78, ended.stderr
    assert "SURVEY_DATABASE_URL is missing" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_with_what_a_wheel_holds_a_database_is_made_and_looked_at(
    installed: Installed, tmp_path: Path
) -> None:
    file = tmp_path / "settings.env"
    file.write_text(settings_text(tmp_path / "survey.db"))
    settings = {"SAFER_PLACES_SETTINGS": str(file)}
    migrated = installed.run("safer-places", "migrate", **settings)
    assert migrated.stdout == "The database is at the newest schema.\n", migrated.stderr
    assert installed.run("safer-places", "housekeeping", **settings).returncode == 0
    looked = installed.run("safer-places", "doctor", **settings)
    assert looked.returncode == 0, looked.stdout
    assert "Housekeeping ran 0 hours ago." in looked.stdout


def settings_text(database: Path) -> str:
    """A file of settings as docs/operations.md has it."""
    secrets = {
        name: hashlib.sha256(name.encode()).hexdigest()
        for name in ("SECRET_KEY", "PASSWORD_SALT", "CODE_KEY", "TOTP_KEY")
    }
    return "".join(
        [
            "# a comment\n\n",
            f"SURVEY_DATABASE_URL=sqlite:///{database}\n",
            *(f"SURVEY_{name}={value}\n" for name, value in secrets.items()),
            "SURVEY_PUBLIC_ADDRESS=https://survey.example.org\n",
            'SURVEY_OPERATOR_NAME="Example Council"\n',
            "export SURVEY_OPERATOR_CONTACT='survey@council.example'\n",
        ]
    )
