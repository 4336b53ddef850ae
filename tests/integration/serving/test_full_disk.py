"""A file system that is full, and files that cannot be written, as effects and not as patches: a
page in plain words, nothing half written, /ready says so, and all goes on once there is room."""

from __future__ import annotations

import errno
import os
import resource
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from io import RawIOBase
from pathlib import Path

import pytest
from flask import Flask

from survey.app import create_app
from survey.command_line.main import run
from survey.database import database
from survey.errors import PAGES
from survey.ledger.file import LedgerError
from survey.ledger.published import Ledger
from survey.permissions import Role
from survey.serving import views
from tests.attacks.attackers.ballots import TODAY
from tests.conftest import settings_for
from tests.integration.responses.doors import Student, make_codes, used_codes
from tests.integration.serving.test_start import NOBODY, without_rights
from tests.real_server import environment
from tests.world import build_world, sign_in

MEGABYTE = 1024 * 1024
DISK = 64 * MEGABYTE
"""More than /ready asks for, so that it is well while the disk is not full."""

Trouble = Callable[[Path], AbstractContextManager[None]]


@contextmanager
def file_system(folder: Path) -> Iterator[None]:
    """A small, separate file system at the folder."""
    command = ["mount", "-t", "tmpfs", "-o", f"size={DISK},mode=0700", "tmpfs", folder]
    if os.geteuid() != 0 or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("a file system can be mounted by root alone, and not in every container")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


@contextmanager
def no_room(folder: Path) -> Iterator[None]:
    """Fills the file system to the last byte."""
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file:
        for size in (MEGABYTE, 4096, 1):
            with pytest.raises(OSError, match=os.strerror(errno.ENOSPC)):
                write_for_ever(file, size)
    try:
        yield
    finally:
        filler.unlink()


def write_for_ever(file: RawIOBase, size: int) -> None:
    while True:
        file.write(bytes(size))


@contextmanager
def no_longer_files(folder: Path) -> Iterator[None]:
    """No file may grow past what it is, as a quota or `ulimit -f` has it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@contextmanager
def ordinary(folder: Path) -> Iterator[None]:
    yield


CASES: dict[str, tuple[Trouble, Trouble]] = {
    "full": (file_system, no_room),
    "limited": (ordinary, no_longer_files),
}


@contextmanager
def served(template: Path, folder: Path) -> Iterator[Flask]:
    shutil.copy(template, folder / "survey.db")
    settings = settings_for(f"sqlite:///{folder / 'survey.db'}", ledger=str(folder / "ledger"))
    app = create_app(settings)
    app.jinja_env.bytecode_cache = None  # a file of the tests, which the server does not write
    try:
        yield app
    finally:
        with app.app_context():
            database.engine.dispose()


def whole(folder: Path) -> bool:
    connection = sqlite3.connect(folder / "survey.db")
    try:
        return connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    finally:
        connection.close()


@pytest.mark.parametrize(("place", "trouble"), CASES.values(), ids=CASES)
def test_a_disk_without_room(
    sqlite_template: Path, tmp_path: Path, place: Trouble, trouble: Trouble
) -> None:
    folder = tmp_path / "disk"
    folder.mkdir(mode=0o700)
    with place(folder), served(sqlite_template, folder) as app:
        with app.app_context():
            world = build_world()
        lead = app.test_client()
        sign_in(lead, world.email(Role.LEAD))
        [code, other] = make_codes(app, world.own, year=9, count=2)
        student = Student(app.test_client(), code)
        student.walk_to_send()
        address = student.address
        with trouble(folder):
            page = student.press("send")
            assert (page.status_code, student.heading) == (503, "Something went wrong on our side")
            assert "Your answers are still in this page." in student.html
            refused = lead.post("/staff/account", data={"name": "New", "language": "en"})
            assert refused.status_code in (400, 503), refused.status_code
            begun = app.test_client().get(f"/s/{other}", follow_redirects=True)
            assert begun.status_code in (200, 503)
            if trouble is no_room:
                app.extensions[views.EXAMINED].at = float("-inf")
                ready = app.test_client().get("/ready")
                assert (ready.status_code, ready.json["checks"]["disk"]) == (503, "failing")
                assert app.test_client().get("/live").status_code == 200
        assert used_codes(app) == 0
        student.page = student.client.get(address)
        student.press("send")
        assert student.heading == "Thank you"
        assert used_codes(app) == 1
        assert whole(folder)


@pytest.mark.parametrize(("place", "trouble"), CASES.values(), ids=CASES)
def test_a_ledger_without_room_keeps_whole_lines(
    tmp_path: Path, place: Trouble, trouble: Trouble
) -> None:
    folder = tmp_path / "disk"
    folder.mkdir(mode=0o700)
    with place(folder):
        ledger = Ledger(folder / "ledger")
        names = [f"report {number:04}" for number in range(200)]
        with trouble(folder):
            entered = []
            for name in names:
                try:
                    ledger.publish(name, "a" * 64, TODAY)
                except LedgerError:
                    break
                entered.append(name)
            assert len(entered) < len(names)
            assert list(ledger.entries()) == entered
        ledger.publish("the last", "b" * 64, TODAY)
        assert list(ledger.entries()) == [*entered, "the last"]


def test_a_backup_that_finds_no_room_leaves_nothing_behind(
    sqlite_template: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    shutil.copy(sqlite_template, tmp_path / "survey.db")
    settings = settings_for(f"sqlite:///{tmp_path / 'survey.db'}")
    given = environment(settings)
    for name in [name for name in os.environ if name.startswith("SURVEY_")]:
        monkeypatch.delenv(name)  # where the tests find PostgreSQL is no setting
    for name, value in given.items():
        if name.startswith("SURVEY_"):
            monkeypatch.setenv(name, value)
    backups = tmp_path / "backups"
    backups.mkdir(mode=0o700)
    with no_longer_files(backups):
        code = run(["backup", str(backups)])
    said = capfd.readouterr().err
    assert code != 0
    assert "Traceback" not in said
    assert "is not a setting" not in said
    assert said.strip()
    assert list(backups.iterdir()) == []
    assert run(["backup", str(backups)]) == 0, capfd.readouterr().err


@pytest.fixture
def elsewhere() -> Iterator[Path]:
    """A folder of an account without rights; those of pytest are closed to it."""
    home = Path(tempfile.mkdtemp())
    if os.geteuid() == 0:
        os.chown(home, NOBODY, NOBODY)
    yield home
    for path in (home, *home.rglob("*")):
        path.chmod(0o700)
    shutil.rmtree(home)


def test_files_that_cannot_be_written(sqlite_template: Path, elsewhere: Path) -> None:
    """An operator changes the owner or mode of the files while the service runs."""
    template = elsewhere / "template"
    shutil.copy(sqlite_template, template)
    if os.geteuid() == 0:
        os.chown(template, NOBODY, NOBODY)
    with without_rights(), served(template, elsewhere) as app:
        with app.app_context():
            world = build_world()
        [code] = make_codes(app, world.own, year=9, count=1)
        student = Student(app.test_client(), code)
        student.walk_to_send()
        address = student.address
        with app.app_context():
            database.engine.dispose()
        changed = [elsewhere, *elsewhere.glob("survey.db*")]
        before = {path: path.stat().st_mode & 0o777 for path in changed}
        for path in reversed(changed):
            path.chmod(0o500 if path.is_dir() else 0o400)
        page = student.press("send")
        assert (page.status_code, student.heading) == (503, "Something went wrong on our side")
        assert "Your answers are still in this page." in student.html
        signed = app.test_client().post(
            "/sign-in", data={"email": world.email(Role.LEAD), "password": "a wrong password"}
        )
        assert signed.status_code in (400, 503), signed.status_code
        if signed.status_code == 503:
            assert str(PAGES[503].title) in signed.text
        app.extensions[views.EXAMINED].at = float("-inf")
        ready = app.test_client().get("/ready")
        assert (ready.status_code, ready.json["ready"]) == (503, False)
        for path, mode in before.items():
            path.chmod(mode)
        with app.app_context():
            database.engine.dispose()
        assert used_codes(app) == 0
        student.page = student.client.get(address)
        student.press("send")
        assert student.heading == "Thank you"
        assert used_codes(app) == 1
