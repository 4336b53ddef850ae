"""A write is whole, two writers wait for each other, and what is deleted is gone from the disk."""

from __future__ import annotations

import shutil
import threading
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import delete, func, insert, select, text, update
from sqlalchemy.exc import IntegrityError

from survey.app import create_app
from survey.campaigns import access_codes
from survey.campaigns.models import AccessCode
from survey.campaigns.operations import find_wave
from survey.database import Base, begin, database, read
from survey.organisations.models import Authority, Nation
from survey.responses.ballot_box import sweep
from tests.conftest import settings_for
from tests.world import World, build_world


@pytest.fixture
def sqlite_file(sqlite_template: Path, tmp_path: Path) -> Path:
    path = tmp_path / "survey.db"
    shutil.copy(sqlite_template, path)
    return path


@pytest.fixture
def on_sqlite(sqlite_file: Path) -> Iterator[Flask]:
    app = create_app(settings_for(f"sqlite:///{sqlite_file}"), testing=True)
    yield app
    with app.app_context():
        database.engine.dispose()


def authority(name: str) -> Authority:
    return Authority(name=name, nation=Nation.WALES)


def names() -> list[str]:
    return list(read().scalars(select(Authority.name).order_by(Authority.name)))


def test_a_write_is_kept_when_it_ends_well(app: Flask) -> None:
    with app.app_context(), begin() as db:
        db.add_all([authority("Ashby"), authority("Birch")])
    with app.app_context():
        assert names() == ["Ashby", "Birch"]


def write_two(first: str, second: str) -> None:
    with begin() as db:
        db.add(authority(first))
        db.flush()
        db.add(authority(second))


def write_and_fail(error: type[BaseException]) -> None:
    with begin() as db:
        db.add(authority("Ashby"))
        db.flush()
        raise error


@pytest.mark.parametrize("error", [ZeroDivisionError, KeyboardInterrupt])
def test_of_a_write_that_fails_nothing_is_kept(app: Flask, error: type[BaseException]) -> None:
    with app.app_context():
        with pytest.raises(error):
            write_and_fail(error)
        assert names() == []


def test_of_a_write_that_the_database_refuses_nothing_is_kept(app: Flask) -> None:
    with app.app_context():
        with pytest.raises(IntegrityError):
            write_two("Ashby", "Ashby")
        assert names() == []
        write_two("Birch", "Cedar")
        assert names() == ["Birch", "Cedar"]


def test_what_is_written_to_a_read_is_not_kept(app: Flask) -> None:
    with app.app_context():
        read().add(authority("Ashby"))
        read().flush()
    with app.app_context():
        assert names() == []


def test_a_write_begun_after_a_read_sees_what_others_wrote_meanwhile(app: Flask) -> None:
    with app.app_context():
        assert names() == []
        with app.app_context(), begin() as db:
            db.add(authority("Ashby"))
        with begin() as db:
            assert db.scalar(select(func.count()).select_from(Authority)) == 1


def test_two_that_read_and_then_write_wait_for_each_other(app: Flask) -> None:
    """Were the lock taken at the first write only, the second of two that had read would fail with
    "database is locked", at once and however long it may wait."""
    read_by = {"one": threading.Event(), "two": threading.Event()}

    def write(own: str, other: str) -> None:
        with app.app_context(), begin() as db:
            db.scalar(select(func.count()).select_from(Authority))
            read_by[own].set()
            read_by[other].wait(0.5)  # on SQLite the other cannot have read: it waits at its start
            db.add(authority(own))

    with ThreadPoolExecutor(2) as both:
        for done in [both.submit(write, "one", "two"), both.submit(write, "two", "one")]:
            done.result(timeout=300)
    with app.app_context():
        assert names() == ["one", "two"]


def test_of_many_writers_on_sqlite_no_count_is_lost(on_sqlite: Flask) -> None:
    writers, times = 6, 8
    with on_sqlite.app_context(), begin() as db:
        db.add(authority("0"))

    def count(_: int) -> None:
        for _ in range(times):
            with on_sqlite.app_context(), begin() as db:
                so_far = db.scalars(select(Authority.name)).one()
                db.execute(update(Authority).values(name=str(int(so_far) + 1)))

    with ThreadPoolExecutor(writers) as pool:
        list(pool.map(count, range(writers)))
    with on_sqlite.app_context():
        assert names() == [str(writers * times)]


def test_a_reader_on_sqlite_does_not_wait_for_a_writer(on_sqlite: Flask) -> None:
    with on_sqlite.app_context(), begin() as db:
        db.add(authority("Ashby"))
        db.flush()
        with on_sqlite.app_context():
            assert names() == []


PRAGMAS = {
    "journal_mode": "wal",
    "synchronous": 2,  # FULL: a commit is on the disk before it is acknowledged
    "foreign_keys": 1,
    "secure_delete": 1,
    "busy_timeout": 15000,
}


def test_every_connection_to_sqlite_has_our_habits(on_sqlite: Flask) -> None:
    with on_sqlite.app_context():
        engine = database.engine
    with engine.connect() as first, engine.connect() as second:
        for connection in (first, second):
            on = {name: connection.scalar(text(f"PRAGMA {name}")) for name in PRAGMAS}
            assert on == PRAGMAS


def test_a_vacuum_leaves_the_habits_on(on_sqlite: Flask) -> None:
    with on_sqlite.app_context():
        sweep.clear_erased(database.engine)
        with begin() as db:
            db.add(authority("Ashby"))
        on = {name: read().scalar(text(f"PRAGMA {name}")) for name in PRAGMAS}
        assert on == PRAGMAS


def test_the_database_holds_foreign_keys(app: Flask, world: World) -> None:
    with app.app_context(), pytest.raises(IntegrityError), begin() as db:
        db.execute(
            insert(AccessCode).values(
                school_id=world.other.school_id,
                wave_id=world.own.wave_id,
                code_hash=b"x" * 32,
                tag=b"",
                receipt=b"",
                box=b"",
            )
        )


def test_what_the_database_complains_of_carries_no_answer(app: Flask, world: World) -> None:
    response = Base.metadata.tables["response"]
    row = {
        "school_id": world.own.school_id,
        "wave_id": world.own.wave_id,
        "response_id": uuid.uuid4(),
        "answers": '{"A2":"girl"}',
    }
    with app.app_context():
        with begin() as db:
            db.execute(response.insert().values(row))
        with pytest.raises(IntegrityError) as refused, begin() as db:
            db.execute(response.insert().values(row))
    assert "girl" not in str(refused.value)


def test_a_deleted_code_is_nowhere_in_the_files_of_sqlite(
    on_sqlite: Flask, sqlite_file: Path
) -> None:
    gone, live = b"spent" * 6 + b"!!", b"alive" * 6 + b"!!"
    with on_sqlite.app_context():
        own = build_world().own
        with begin() as db:
            wave = find_wave(db, own.school_id, own.wave_id)
            for code in (gone, live):
                db.execute(insert(AccessCode), [access_codes.fresh(wave, code, key=bytes(32))])
        assert gone in on_disk(sqlite_file)
        with begin() as db:
            db.execute(delete(AccessCode).where(AccessCode.code_hash == gone))
        sweep.clear_erased(database.engine)
        assert gone not in on_disk(sqlite_file)
        assert live in on_disk(sqlite_file)


def test_what_sqlite_writes_is_for_its_owner_alone(sqlite_file: Path) -> None:
    sqlite_file.chmod(0o644)
    app = create_app(settings_for(f"sqlite:///{sqlite_file}"), testing=True)
    with app.app_context():
        with begin() as db:
            db.add(authority("Ashby"))
        found = {
            path.name: path.stat().st_mode & 0o777
            for path in sqlite_file.parent.glob(f"{sqlite_file.name}*")
            if path.is_file()
        }
        database.engine.dispose()
    assert set(found) == {"survey.db", "survey.db-wal", "survey.db-shm"}
    assert set(found.values()) == {0o600}


def on_disk(path: Path) -> bytes:
    """All that the database has on the disk: the file and its write-ahead log."""
    return b"".join(
        file.read_bytes() for file in path.parent.glob(f"{path.name}*") if file.is_file()
    )
