"""What keeps `safer-places serve` from starting says so in words and with an exit code."""

from __future__ import annotations

import errno
import os
import shutil
import socket
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from sqlalchemy import create_engine
from sqlalchemy.exc import DBAPIError

from survey import startup_safety
from survey.command_line.main import run
from survey.serving import checks, start
from survey.serving.exit_codes import EXIT_CODES, Stop
from survey.serving.schema import newest_step
from survey.settings import PREFIX, SQLITE, Settings
from tests.conftest import settings_for
from tests.ports import free_port
from tests.real_server import environment

NOBODY = 65534


class StartedError(Exception):
    """The process would be the server now."""


@pytest.fixture
def settings(sqlite_template: Path, tmp_path: Path) -> Settings:
    shutil.copy(sqlite_template, tmp_path / "survey.db")
    return settings_for(f"sqlite:///{tmp_path / 'survey.db'}", ledger=str(tmp_path / "ledger"))


@pytest.fixture(autouse=True)
def _not_really(monkeypatch: pytest.MonkeyPatch) -> None:
    def execve(_path: str, arguments: list[str], _environment: object) -> None:
        raise StartedError(*arguments)

    monkeypatch.setattr(os, "execve", execve)


def begin(
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    *more: str,
) -> tuple[int, str]:
    """Runs `serve` under these settings: its exit code and what it said. 0 means it serves."""
    for name in [name for name in os.environ if name.startswith(PREFIX)]:
        monkeypatch.delenv(name)
    for name, value in environment(settings).items():
        if name.startswith(PREFIX):
            monkeypatch.setenv(name, value)
    try:
        code = run(["serve", "--port", str(free_port()), *more])
    except StartedError:
        code = 0
    return code, capfd.readouterr().err


def test_a_whole_service_starts(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    code, said = begin(settings, monkeypatch, capfd, "--workers", "3")
    assert code == 0, said
    assert said.startswith("Serving at http://127.0.0.1:")
    assert said.endswith("with 3 workers.\n")


SCHEMAS = {
    "newer": ("9999", "newer than this release. Install the release that migrated it"),
    "older": ("0022", "older than this release. Make a backup, run safer-places migrate"),
    "empty": (None, "The database is empty. Run safer-places migrate"),
}


@pytest.mark.parametrize(("version", "words"), SCHEMAS.values(), ids=SCHEMAS)
def test_a_schema_of_another_release_stops_the_start(
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    version: str | None,
    words: str,
) -> None:
    engine = create_engine(settings.database_url)
    with engine.begin() as connection:
        if version is None:
            connection.exec_driver_sql("DROP TABLE alembic_version")
        else:
            connection.exec_driver_sql(f"UPDATE alembic_version SET version_num = '{version}'")
    engine.dispose()
    code, said = begin(settings, monkeypatch, capfd)
    assert code == 76
    assert words in said
    assert newest_step() > "0022"


@pytest.mark.parametrize("command", ["serve", "doctor"])
def test_a_file_that_is_gone_is_named_and_keeps_its_log(
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    command: str,
) -> None:
    """To open an empty file in its place would delete what the old one still has in its log."""
    file = Path(settings.database_url.removeprefix(SQLITE))
    file.rename(file.with_name("elsewhere"))
    log = file.with_name(f"{file.name}-wal")
    log.write_bytes(b"what was written last")
    code, said = begin(settings, monkeypatch, capfd)
    if command == "doctor":  # under the settings that `begin` set
        code, said = run(["doctor"]), capfd.readouterr().out
    assert code == 76
    assert f"There is no database at {file}." in said
    assert file.stat().st_size == 0
    assert log.exists()


def test_a_port_in_use_stops_the_start(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        code, said = begin(settings, monkeypatch, capfd, "--port", port)
    assert code == 71
    assert f"Port {port} of 127.0.0.1 is in use" in said
    code, said = begin(settings, monkeypatch, capfd, "--host", "192.0.2.1")
    assert code == 71
    assert "192.0.2.1 is no address of this machine" in said


def test_a_server_that_is_not_there_stops_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "keys").mkdir(mode=0o700)
    address = "postgresql+psycopg://survey:a-password@127.0.0.1:1,127.0.0.1:2/none"
    there = settings_for(address, key_folder=str(tmp_path / "keys"))
    code, said = begin(there, monkeypatch, capfd)
    assert code == 69
    assert said.startswith("The database does not answer.")
    assert "a-password" not in said


def test_a_disk_without_room_stops_the_start(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    full = SimpleNamespace(disk_usage=lambda _path: SimpleNamespace(free=checks.NO_ROOM - 1))
    monkeypatch.setattr(checks, "shutil", full)
    code, said = begin(settings, monkeypatch, capfd)
    assert (code, said) == (74, "49 MB are free. Make room at once.\n")


def test_a_disk_without_room_is_named_before_a_file_that_cannot_be_opened(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """SQLite cannot open a file if there is no room for those next to it."""
    Path(settings.database_url.removeprefix(SQLITE)).write_bytes(b"unreadable" * 500)
    monkeypatch.setattr(checks, "NO_ROOM", 10**18)
    code, said = begin(settings, monkeypatch, capfd)
    assert code == 74
    assert "Make room at once." in said


def test_a_disk_that_is_mounted_read_only_is_no_crash(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def chmod(_path: Path, _mode: int) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(Path, "chmod", chmod)
    startup_safety.guard_file(settings.database_url)


def test_a_file_that_is_no_database_is_named(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    assert settings.sqlite_file
    settings.sqlite_file.write_text("these are not the rows of a database\n" * 200)
    code, said = begin(settings, monkeypatch, capfd)
    assert code == 69
    assert said.startswith("The file that SURVEY_DATABASE_URL names cannot be used")


def test_a_database_that_others_hold_is_not_called_damaged(settings: Settings) -> None:
    """A command that could not write: a backup would not help it."""
    file = settings.database_url.removeprefix(SQLITE)
    engine = create_engine(settings.database_url)
    with closing(sqlite3.connect(file)) as other, engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout = 0")
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(DBAPIError) as refused:
            connection.exec_driver_sql("CREATE TABLE new_one (id INTEGER)")
    engine.dispose()
    stop = Stop.of_database(refused.value)
    assert EXIT_CODES[stop.reason] == 69, "it can pass by itself"
    assert "keeps the database locked" in str(stop)


def test_a_database_in_no_folder_is_named_and_not_its_keys(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    nowhere = f"sqlite:///{tmp_path}/none/survey.db"
    there = settings_for(nowhere, ledger=str(tmp_path / "ledger"))
    code, said = begin(there, monkeypatch, capfd)
    assert code == 78
    assert f"SURVEY_DATABASE_URL names a file in {tmp_path}/none, which is no folder" in said
    assert "KEY_FOLDER" not in said


@contextmanager
def without_rights() -> Iterator[None]:
    """As an account that owns nothing; root may write everywhere."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


def test_a_list_of_reports_that_cannot_be_written_stops_the_start(settings: Settings) -> None:
    ledger = Path(tempfile.mkdtemp()) / "ledger"
    ledger.touch(mode=0o400)
    ledger.parent.chmod(0o777)
    there = replace(settings, ledger=str(ledger), key_folder=str(ledger.parent))
    with without_rights():
        found = checks.check_disk(replace(there, database_url=f"{SQLITE}{ledger}.db"))
    assert found.state is checks.CheckState.FAILING
    assert "the list of published reports, cannot be read and written" in found.words
    shutil.rmtree(ledger.parent)


@pytest.mark.parametrize("mode", [0o500, 0o700], ids=["folder", "file"])
def test_a_database_that_cannot_be_written_stops_the_start(
    sqlite_template: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    mode: int,
) -> None:
    home = Path(tempfile.mkdtemp())  # the folders of pytest are closed to other accounts
    shutil.copy(sqlite_template, home / "survey.db")
    (home / "survey.db.keys").mkdir(mode=0o700)
    for path in (home, *home.iterdir()):
        if os.geteuid() == 0:
            os.chown(path, NOBODY, NOBODY)
    os.chmod(home / "survey.db", 0o400)
    os.chmod(home, mode)
    settings = settings_for(f"sqlite:///{home / 'survey.db'}", ledger=str(home / "ledger"))
    monkeypatch.setattr(
        "survey.startup_safety.guard_file", lambda _url: None
    )  # it would give the mode
    try:
        with without_rights():
            code, said = begin(settings, monkeypatch, capfd)
    finally:
        shutil.rmtree(home)
    assert code == 74, said
    assert "cannot be written" in said
    assert "Traceback" not in said


@pytest.mark.parametrize(
    ("processors", "megabytes", "workers"),
    [(1, 1000, 2), (2, 4000, 2), (4, 8000, 4), (64, 256_000, 8), (16, 4000, 5)],
)
def test_as_many_workers_as_suit_the_machine(processors: int, megabytes: int, workers: int) -> None:
    assert start.workers_for(processors, megabytes) == workers
