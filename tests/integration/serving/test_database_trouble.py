"""A database that is gone, full or cannot be written: a page in plain words, nothing half written,
/ready says so, and Send works from the same page once it is back."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event
from sqlalchemy.exc import InternalError, OperationalError

from survey.app import create_app
from survey.database import connect_arguments, database, is_busy, is_unavailable
from survey.errors import PAGES
from survey.permissions import Role
from survey.serving import views
from survey.settings import PARSERS
from tests.conftest import settings_for
from tests.integration.responses.doors import Student, make_codes, used_codes
from tests.world import World, build_world, sign_in


@pytest.fixture
def app(sqlite_template: Path, tmp_path: Path) -> Iterator[Flask]:
    shutil.copy(sqlite_template, tmp_path / "survey.db")
    made = create_app(settings_for(f"sqlite:///{tmp_path / 'survey.db'}"))
    yield made
    with made.app_context():
        database.engine.dispose()


@pytest.fixture
def world(app: Flask) -> World:
    with app.app_context():
        return build_world()


@contextmanager
def gone(app: Flask) -> Iterator[None]:
    with app.app_context():
        path = Path(str(database.engine.url.database))
        database.engine.dispose()
        away = path.with_name("away")
        path.rename(away)
        path.mkdir()  # what is there now is no file
        yield
        database.engine.dispose()
        path.rmdir()
        away.rename(path)


@contextmanager
def cannot_be_written(app: Flask) -> Iterator[None]:
    with app.app_context():
        engine = database.engine
        engine.dispose()

        def no_writing(connection: object, _record: object) -> None:
            connection.execute("PRAGMA query_only = ON")  # type: ignore[attr-defined]

        event.listen(engine, "connect", no_writing)
        yield
        event.remove(engine, "connect", no_writing)
        engine.dispose()


@pytest.mark.parametrize("trouble", [gone, cannot_be_written], ids=lambda one: one.__name__)
def test_a_student_reads_what_happened_and_send_works_afterwards(  # type: ignore[no-untyped-def]
    app: Flask, world: World, trouble
) -> None:
    [code] = make_codes(app, world.own, year=9, count=1)
    student = Student(app.test_client(), code)
    student.walk_to_send()
    address = student.address
    app.extensions["student_doors"]._seen.clear()
    with trouble(app):
        page = student.press("send")
        assert page.status_code == 503
        assert student.heading == "Something went wrong on our side"
        assert "Your answers are still in this page." in student.html
        assert "Very many people" not in student.html
    assert used_codes(app) == 0
    student.page = student.client.get(address)
    student.press("send")
    assert student.heading == "Thank you"
    assert used_codes(app) == 1


@contextmanager
def moved_away(path: Path) -> Iterator[None]:
    """The file and its log are moved, as by an operator who tidies up; and moved back."""
    parts = [path, path.with_name(f"{path.name}-wal")]
    for part in parts:
        part.rename(part.with_name(f"{part.name}.away"))
    yield
    assert not path.exists(), "no empty database was made in its place"
    for part in parts:
        part.with_name(f"{part.name}.away").rename(part)


@contextmanager
def replaced(path: Path) -> Iterator[None]:
    """A copy is put in its place, as by an operator who restores by hand; then the file itself."""
    copy, own = path.with_name("copy"), path.with_name("own")
    shutil.copy(path, copy)
    path.rename(own)
    copy.rename(path)
    yield
    own.rename(path)


@contextmanager
def log_deleted(path: Path) -> Iterator[None]:
    """What was committed and is not in the database yet is deleted, and not brought back."""
    path.with_name(f"{path.name}-wal").unlink()
    yield


@pytest.mark.parametrize("trouble", [moved_away, replaced, log_deleted], ids=lambda o: o.__name__)
def test_no_one_is_thanked_for_what_goes_to_a_file_without_a_name(  # type: ignore[no-untyped-def]
    app: Flask, world: World, trouble
) -> None:
    """The connections that are open keep the file that they opened, whatever is there now."""
    first, second = make_codes(app, world.own, year=9, count=2)
    student, before = Student(app.test_client(), first), Student(app.test_client(), second)
    for one in (student, before):
        one.walk_to_send()
    address = student.address
    before.press("send")
    assert before.heading == "Thank you"
    with app.app_context():
        path = Path(str(database.engine.url.database))
    with trouble(path):
        page = student.press("send")
        assert (page.status_code, student.heading) == (503, "Something went wrong on our side")
    student.page = student.client.get(address)
    student.press("send")
    assert student.heading == "Thank you"
    with app.app_context():
        database.engine.dispose()  # as at a stop: what is counted is what the next start finds
    assert used_codes(app) == 2


def test_a_damaged_file_is_said_and_a_student_keeps_the_page(app: Flask, world: World) -> None:
    """A disk that breaks: what the schema is can be read, and nothing else."""
    [code] = make_codes(app, world.own, year=9, count=1)
    student = Student(app.test_client(), code)
    student.walk_to_send()
    with app.app_context():
        path = Path(str(database.engine.url.database))
        database.engine.dispose()
    whole = path.read_bytes()
    size = int.from_bytes(whole[16:18], "big")
    with app.app_context(), database.engine.connect() as connection:
        root = "SELECT rootpage FROM sqlite_master WHERE name = 'alembic_version'"
        kept = {0, int(connection.exec_driver_sql(root).scalar_one()) - 1}
        database.engine.dispose()
    pages = [whole[at : at + size] for at in range(0, len(whole), size)]
    head = 16  # pages of the schema itself
    with path.open("r+b") as file:
        file.write(b"".join(
            page if number in kept or number < head else b"\xa5" * size
            for number, page in enumerate(pages)
        ))  # fmt: skip
    page = student.press("send")
    assert (page.status_code, student.heading) == (503, "Something went wrong on our side")
    app.extensions[views.EXAMINED].at = float("-inf")
    ready = app.test_client().get("/ready")
    assert (ready.status_code, ready.json["checks"]["database"]) == (503, "failing")
    with app.app_context():
        database.engine.dispose()
    path.write_bytes(whole)
    student.press("send")
    assert student.heading == "Thank you"


def test_ready_says_that_one_table_is_damaged(app: Flask) -> None:
    """The queue, which students do not need: the schema can be read, and the answer is in the form
    of the checks all the same."""
    with app.app_context(), database.engine.connect() as connection:
        path = Path(str(database.engine.url.database))
        size = int(connection.exec_driver_sql("PRAGMA page_size").scalar_one())
        roots = "SELECT rootpage FROM sqlite_master WHERE tbl_name = 'job' AND rootpage > 0"
        damaged = [int(page) for page in connection.exec_driver_sql(roots).scalars()]
    assert damaged
    with app.app_context():
        database.engine.dispose()
    with path.open("r+b") as file:
        for number in damaged:
            file.seek((number - 1) * size)
            file.write(b"\xa5" * size)
    app.extensions[views.EXAMINED].at = float("-inf")
    ready = app.test_client().get("/ready")
    assert ready.status_code == 503
    assert ready.json["checks"] == {"database": "failing", "schema": "ok", "disk": "ok"}


def test_ready_says_that_the_file_was_replaced(app: Flask, world: World) -> None:
    assert used_codes(app) == 0
    with app.app_context():
        path = Path(str(database.engine.url.database))
    with replaced(path):
        app.extensions[views.EXAMINED].at = float("-inf")
        ready = app.test_client().get("/ready")
        assert (ready.status_code, ready.json["checks"]["database"]) == (503, "failing")
    app.extensions[views.EXAMINED].at = float("-inf")
    assert app.test_client().get("/ready").status_code == 200


def staff(app: Flask, world: World) -> FlaskClient:
    client = app.test_client()
    sign_in(client, world.email(Role.LEAD))
    return client


def test_staff_read_that_the_database_is_away(app: Flask, world: World) -> None:
    client = staff(app, world)
    with gone(app):
        answer = client.get("/staff")
        assert answer.status_code == 503
        assert str(PAGES[503].title) in answer.text
        app.extensions[views.EXAMINED].at = float("-inf")
        ready = client.get("/ready")
        assert (ready.status_code, ready.json["checks"]["database"]) == (503, "failing")
        assert client.get("/live").status_code == 200
    assert client.get("/staff/account").status_code == 200


class _Of(Exception):  # noqa: N818 - stands for the driver's
    def __init__(self, words: str = "", sqlstate: str = "") -> None:
        super().__init__(words)
        self.sqlstate = sqlstate


@pytest.mark.parametrize(
    ("error", "busy", "unavailable"),
    [
        (OperationalError("", {}, _Of("database is locked")), True, True),
        (OperationalError("", {}, _Of("database or disk is full")), False, True),
        (OperationalError("", {}, _Of("no such table: member")), False, False),
        (OperationalError("", {}, _Of("terminating connection", "57P01")), False, True),
        (OperationalError("", {}, _Of("lock timeout", "55P03")), True, True),
        (InternalError("", {}, _Of("read-only transaction", "25006")), False, True),
        (RuntimeError("of the program"), False, False),
    ],
)
def test_what_passes_by_itself_is_told_from_a_fault(
    error: Exception, busy: bool, unavailable: bool
) -> None:
    assert (is_busy(error), is_unavailable(error)) == (busy, unavailable)


SEVERAL = {
    "postgresql+psycopg://u:p,@h1:5432,h2:5433/db": (
        "postgresql+psycopg://u:p,@/db?host=h1:5432&host=h2:5433&target_session_attrs=read-write"
    ),
    "postgresql+psycopg://u@h1,h2/db?target_session_attrs=any": (
        "postgresql+psycopg://u@/db?host=h1&host=h2&target_session_attrs=any"
    ),
    "postgresql+psycopg://u@h1:5432/db": "postgresql+psycopg://u@h1:5432/db",
}


@pytest.mark.parametrize(("given", "read"), SEVERAL.items())
def test_an_address_may_name_several_servers(given: str, read: str) -> None:
    assert PARSERS["database_url"](given) == read


def test_a_server_that_does_not_answer_is_given_up() -> None:
    assert connect_arguments("postgresql+psycopg://h/db")["connect_timeout"] == 5
    assert "connect_timeout" not in connect_arguments("postgresql+psycopg://h/db?connect_timeout=9")
    assert connect_arguments("sqlite:////x.db") == {}
    with pytest.raises(ValueError, match="must be an address like"):
        PARSERS["database_url"]("postgresql+psycopg://u@h:port/db")
