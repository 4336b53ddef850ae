"""Attacks on backups and restores: what a copy tells, and a restore that is killed halfway."""

from __future__ import annotations

import os
import re
import signal
import sqlite3
import subprocess
import tarfile
import threading
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.orm import Session

from survey.app import create_app
from survey.backups import archive, make_backup, postgresql, restore_backup, sqlite
from survey.backups.errors import BackupError
from survey.command_line.doctor import of_backups
from survey.database import Base, database
from survey.ledger import backup_lock, since_backup
from survey.retention import operations as retention
from survey.settings import Settings
from tests.attacks.attackers import ballots
from tests.attacks.ballot_box.test_killed import in_a_process
from tests.integration.backups.copies import backed_up, bytes_of, restored
from tests.integration.responses.doors import raw_rows, used_codes
from tests.world import World

LONGEST = 120.0
ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
ON_POSTGRESQL = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


@ON_SQLITE
def test_two_backups_with_one_send_between_tell_no_answer(
    app: Flask, world: World, tmp_path: Path
) -> None:
    class_ = ballots.prepare(app, world.own, 6)
    ballots.send_all(app, world.own, class_[:5])
    first, _said = backed_up(app, tmp_path / "first")
    ballots.send_all(app, world.own, class_[5:])
    second, _said = backed_up(app, tmp_path / "second")
    tables = [_tables(one, tmp_path / f"{one.parent.name}.db") for one in (first, second)]
    changed = {name for name in tables[0] if tables[0][name] != tables[1][name]}
    assert changed == {"access_code"}
    [before] = tables[0]["access_code"] - tables[1]["access_code"]
    [after] = tables[1]["access_code"] - tables[0]["access_code"]
    assert before[:3] == after[:3], "one row of one code, as long as before"
    assert [len(bytes(one)) for one in before[3:]] == [len(bytes(one)) for one in after[3:]]
    for one in (first, second):
        assert ballots.readable(class_, bytes_of(one)) == 0


def _tables(backup: Path, to: Path) -> dict[str, set[tuple[object, ...]]]:
    with tarfile.open(backup) as tar:
        data = tar.extractfile(sqlite.COPY)
        assert data is not None
        to.write_bytes(data.read())
    with closing(sqlite3.connect(to)) as connection:
        return {
            name: set(connection.execute(f"SELECT * FROM {name}")) for name in Base.metadata.tables
        }


@ON_SQLITE
def test_a_copy_holds_no_page_that_was_deleted(
    app: Flask, world: World, tmp_path: Path, database_url: str
) -> None:
    path = sqlite.path_of(database_url)
    with closing(sqlite3.connect(path)) as careless:  # a tool that does not overwrite
        careless.execute("PRAGMA secure_delete = OFF")
        careless.execute("CREATE TABLE gone (words TEXT)")
        careless.executemany(
            "INSERT INTO gone VALUES (?)", [(f"needle {n}" * 400,) for n in range(9)]
        )
        careless.commit()
        careless.execute("DELETE FROM gone")
        careless.commit()
        with closing(sqlite3.connect(tmp_path / "by-pages")) as by_pages:
            careless.backup(by_pages)
    assert b"needle 3" in (tmp_path / "by-pages").read_bytes(), "the attack works"
    folder = tmp_path / "by-rows"
    folder.mkdir()
    [copy] = sqlite.copy_out(database_url, folder)
    assert b"needle" not in copy.read_bytes()
    with closing(sqlite3.connect(copy)) as connection:
        assert connection.execute("PRAGMA freelist_count").fetchone() == (0,)


def test_a_backup_after_the_close_holds_answers_once_and_no_box(
    app: Flask, world: World, tmp_path: Path
) -> None:
    class_ = ballots.prepare(app, world.own, 6)
    ballots.send_all(app, world.own, class_)
    boxes = [bytes(row["box"])[64:96] for row in raw_rows(app, "access_code")]  # type: ignore[call-overload]
    open_, _said = backed_up(app, tmp_path / "open")
    sealed = bytes_of(open_)
    assert ballots.readable(class_, sealed) == 0
    assert all(one in sealed or one.hex().encode() in sealed for one in boxes)
    ballots.close(app, world.own)
    closed, manifest = backed_up(app, tmp_path / "closed")
    data = bytes_of(closed)
    assert not any(one in data or one.hex().encode() in data for one in boxes)
    for one in class_:
        assert data.count(one.words.encode()) == 2, "in the archive, and in the same part unpacked"
    # No key, no time, nothing that others can read.
    keys_at = app.extensions["settings"].keys_at
    assert not any(path.read_bytes() in data for path in keys_at.iterdir() if path.is_file())
    assert closed.stat().st_mode & 0o777 == 0o600
    assert closed.stat().st_mtime % 86400 == 0
    assert not re.search(r"\d{2}:\d{2}", manifest.to_json().decode())


@ON_POSTGRESQL
def test_rows_of_codes_are_not_copied_in_the_order_of_sending(
    app: Flask, world: World, tmp_path: Path, database_url: str
) -> None:
    class_ = ballots.prepare(app, world.own, 12)
    ballots.send_all(app, world.own, class_)
    sent = [one.code_hash.hex() for one in class_]
    plain = make_url(database_url).set(drivername="postgresql").render_as_string()
    dump = subprocess.run(
        ["pg_dump", "--data-only", "--table=access_code", plain], capture_output=True, text=True
    ).stdout
    assert sorted(sent, key=dump.find) == sent, "the attack works on a plain dump"
    file, _said = backed_up(app, tmp_path / "backups")
    with tarfile.open(file) as tar:
        rows = tar.extractfile(f"access_code{postgresql.ROWS}")
        assert rows is not None
        copied = rows.read().decode()
    found = sorted(sent, key=copied.find)
    assert found == sorted(sent)
    assert ballots.in_place(found, sent) <= 5
    restored(app, file)
    with app.app_context(), database.engine.connect() as connection:
        query = "SELECT encode(code_hash, 'hex') FROM access_code ORDER BY ctid"
        assert [one for one in connection.exec_driver_sql(query).scalars() if one in sent] == found
    without_rowid = {
        name
        for name, table in Base.metadata.tables.items()
        if not table.dialect_options["sqlite"]["with_rowid"]
    }
    assert without_rowid == set(postgresql.FROM_STUDENTS)


@ON_SQLITE
def test_what_a_killed_backup_left_goes_with_the_next_and_two_at_once_are_refused(
    app: Flask, world: World, tmp_path: Path
) -> None:
    folder = tmp_path / "backups"
    (folder / f"{make_backup.FOLDER_PREFIX}half").mkdir(parents=True)
    (folder / f"{make_backup.FOLDER_PREFIX}half" / sqlite.COPY).write_bytes(b"half")
    (folder / f"survey-x{archive.ENDS}{archive.UNFINISHED}").write_bytes(b"half")
    file, _said = backed_up(app, folder)
    assert list(folder.iterdir()) == [file]
    with make_backup._one_at_a_time(folder), pytest.raises(BackupError, match="Another backup"):
        backed_up(app, folder)
    assert list(folder.iterdir()) == [file]


# A file that is not what it was


@ON_SQLITE
def test_a_backup_that_was_cut_off_or_changed_is_refused(
    app: Flask, world: World, tmp_path: Path
) -> None:
    ballots.prepare(app, world.own, 2)
    file, _said = backed_up(app, tmp_path / "backups")
    whole = file.read_bytes()
    changed = bytearray(whole)
    changed[len(whole) // 2] ^= 1
    before = used_codes(app), len(raw_rows(app, "access_code"))
    for data in (b"", b"no backup", whole[: len(whole) // 2], bytes(changed)):
        file.write_bytes(data)
        with pytest.raises(BackupError, match="no whole backup"):
            restored(app, file)
        assert (used_codes(app), len(raw_rows(app, "access_code"))) == before
    with pytest.raises(BackupError, match="There is no file"):
        restored(app, file.with_name("none.backup"))


@ON_SQLITE
def test_a_damaged_database_is_replaced_by_a_backup(
    app: Flask, world: World, tmp_path: Path, database_url: str
) -> None:
    ballots.send_all(app, world.own, ballots.prepare(app, world.own, 3))
    file, _said = backed_up(app, tmp_path / "backups")
    path = sqlite.path_of(database_url)
    path.write_bytes(b"not a database " * 1000)
    path.with_name(f"{path.name}-wal").write_bytes(b"what is left of a log" * 500)
    with pytest.raises(BackupError, match="not empty"):
        restored(app, file, replace=False)
    assert path.read_bytes().startswith(b"not a database"), "nothing was changed"
    restored(app, file)
    assert used_codes(app) == 3


def test_a_backup_waits_for_writes_that_the_ledger_must_know_of(
    tmp_path: Path,
) -> None:
    path, order = tmp_path / "ledger", []
    begun = since_backup.BackupBegun("b" * 32, ballots.TODAY, ballots.TODAY, tmp_path / "file")
    since_backup.begin(path, replace(begun, backup_id="a" * 32))
    engine = create_engine("sqlite://")
    with Session(engine) as db:
        db.execute(text("SELECT 1"))
        backup_lock.hold_open(db, path)
        since_backup.note_in_use(path, "a survey", ballots.TODAY)

        def begin_another() -> None:
            with backup_lock.closed(path):
                order.append("begun")
                since_backup.begin(path, begun)

        other = threading.Thread(target=begin_another)
        other.start()
        other.join(0.3)
        order.append("committed")
        db.commit()
        other.join()
    assert order == ["committed", "begun"]
    assert since_backup.since(path, "a" * 32) == since_backup.SinceBackup(
        frozenset({"a survey"}), ()
    )
    assert since_backup.since(path, "b" * 32) == since_backup.SinceBackup(frozenset(), ())
    since_backup.note_in_use(path, "a survey", ballots.TODAY)
    since_backup.note_in_use(path, "a survey", ballots.TODAY)
    assert path.read_text().count("in_use") == 2, "once after each backup"
    assert path.stat().st_mtime % 86400 == 0, "the day, and no time"
    engine.dispose()


# Killed


def die(*_given: object, **_named: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def after(done: Callable[..., object]) -> Callable[..., None]:
    def then_die(*given: object, **named: object) -> None:
        done(*given, **named)
        die()

    return then_die


STEPS: dict[str, tuple[object, str, Callable[..., object]]] = {
    "when the parts are unpacked": (archive, "unpack", after(archive.unpack)),
    "before anything is done again": (restore_backup, "_correct", die),
    "when all is done again": (restore_backup, "_correct", after(restore_backup._correct)),
    "just before it takes its place, on SQLite": (sqlite, "_put_to_rest", die),
    "just before it takes its place, on PostgreSQL": (postgresql, "_named", die),
    "when it has taken its place": (restore_backup.since_backup, "enter_restore", die),
}


def restore_and_die(settings: Settings, file: Path, step: str) -> None:
    app = create_app(settings, testing=True)
    place, name, instead = STEPS[step]
    if name == "_named":
        real_named = postgresql._named
        instead = lambda said, *urls: die() if "RENAME" in said else real_named(said, *urls)  # noqa: E731
    setattr(place, name, instead)
    restored(app, file)
    os._exit(0)


def _kill(app: Flask, settings: Settings, file: Path, step: str) -> None:
    with app.app_context():
        database.engine.dispose()
    process = in_a_process(restore_and_die, settings, file, step)
    process.join(LONGEST)
    assert process.exitcode == -signal.SIGKILL


def _state(app: Flask) -> tuple[int, int]:
    """How many codes were used, and how many doors are void: (4, 0) before, (2, 1) after."""
    return used_codes(app), len(raw_rows(app, "void_door"))


def killed_at(app: Flask, settings: Settings, world: World, folder: Path, step: str) -> None:
    class_ = ballots.prepare(app, world.own, 5)
    ballots.send_all(app, world.own, class_[:2])
    file, _said = backed_up(app, folder)
    ballots.send_all(app, world.own, class_[2:4])
    old, new = (4, 0), (2, 1)
    assert _state(app) == old
    _kill(app, settings, file, step)
    assert _state(app) == (new if "has taken" in step else old)
    key = settings.keys_at / f"box-{world.own.wave_id}"
    assert key.exists(), "whichever it is, its boxes open"
    restored(app, file)
    assert _state(app) == new
    ballots.close(app, world.own)
    assert len(raw_rows(app, "response")) == 2


@ON_SQLITE
@pytest.mark.parametrize("step", [one for one in STEPS if "PostgreSQL" not in one])
def test_a_restore_that_is_killed_leaves_the_old_state_or_the_new(
    app: Flask, settings: Settings, world: World, tmp_path: Path, step: str
) -> None:
    killed_at(app, settings, world, tmp_path / "backups", step)


@ON_POSTGRESQL
@pytest.mark.slow
@pytest.mark.parametrize("step", [one for one in STEPS if "SQLite" not in one])
def test_a_restore_that_is_killed_on_postgresql(
    app: Flask, settings: Settings, world: World, tmp_path: Path, step: str
) -> None:
    killed_at(app, settings, world, tmp_path / "backups", step)


# Kept too long


@ON_SQLITE
def test_a_backup_goes_when_the_answers_in_it_do(app: Flask, world: World, tmp_path: Path) -> None:

    ballots.send_all(app, world.own, ballots.prepare(app, world.own, 2))
    ballots.close(app, world.own)
    erased = ballots.TODAY + timedelta(days=365)
    for before, kept in ((100, 30), (20, 20), (3, 7)):
        _file, said = backed_up(app, tmp_path / "b", erased - timedelta(days=before))
        assert (said.last_day - said.made_on).days == kept
    files = sorted((tmp_path / "b").glob("*.backup"))
    options = app.extensions["settings"]
    look = [one.words for one in of_backups(options, erased - timedelta(days=3))]
    assert look[-1:] == [f"The last backup is of {erased - timedelta(days=3)}."]
    assert "was to be deleted" in next(of_backups(options, erased + timedelta(days=1))).words
    with app.app_context():
        late = erased + timedelta(days=1)
        told = retention.keep(options, today=late).notices
        assert [str(file) in " ".join(told) for file in files] == [True, True, False]

        assert make_backup.delete_old(tmp_path / "b", today=late) == files[:2]
        assert retention.keep(options, today=late).notices == []
