"""What one student's visit leaves with the server apart from its database: the log at its most
talkative, the activity view of PostgreSQL, names in headers, and the memory of a process that dies.
"""

from __future__ import annotations

import ctypes
import logging
import multiprocessing
import os
import resource
import signal
from urllib.parse import quote

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from survey import startup_safety
from survey.database import database
from tests.integration.responses import doors
from tests.world import World

PR_GET_DUMPABLE = 3
"""Of Linux's prctl."""

WORDS = "More lights by the gate"
"""What `doors.first_of_each` writes in every box."""


def answered(app: Flask, client: FlaskClient, world: World) -> tuple[str, list[str]]:
    """A student who sends a text, and the addresses that were opened."""
    (code, *_others) = doors.make_codes(app, world.own, year=9)
    student = doors.Student(client, code)
    pages = list(student.pages(doors.first_of_each))
    assert student.press("send").status_code == 200
    return code, [page.request.path for page in (*pages, student.page)]


def test_a_log_at_its_most_talkative_tells_nothing(
    app: Flask, client: FlaskClient, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    for name in ("sqlalchemy.engine", "sqlalchemy.pool", "werkzeug", "survey", "psycopg", "flask"):
        caplog.set_level(logging.DEBUG, logger=name)
    code, addresses = answered(app, client, world)
    said = caplog.text
    assert "UPDATE access_code" in said, "the log is talkative"
    for secret in (code, code.replace("-", ""), code[:4], code[5:], WORDS, quote(WORDS)):
        assert secret not in said, secret
    for address in addresses:
        sealed = address.rpartition("/")[2]
        assert len(sealed) < 20 or sealed not in said, "an address opens for two hours"


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_the_activity_of_postgresql_shows_no_value(
    app: Flask, client: FlaskClient, world: World
) -> None:
    code, _addresses = answered(app, client, world)
    with app.app_context(), database.engine.connect() as connection:
        shown = connection.scalar(
            text("SELECT string_agg(query, ' ') FROM pg_stat_activity WHERE datname IS NOT NULL")
        )
        prepared = connection.scalar(
            text("SELECT coalesce(string_agg(statement, ' '), '') FROM pg_prepared_statements")
        )
    assert shown
    for secret in (code, code[:4], WORDS):
        assert secret not in shown + prepared
    assert "\\x" not in shown.replace("'\\x'", ""), "no bytes of a box or a hash"


def test_no_header_tells_two_students_apart(app: Flask, world: World) -> None:
    """An ETag, a date or a cookie of one's own would be remembered by the browser."""
    (one, other, *_others) = doors.make_codes(app, world.own, year=9)
    seen = []
    for code in (one, other):
        student = doors.Student(app.test_client(), code)
        headers = []
        for page in [student.page, *student.pages(doors.first_of_each)]:
            told = {
                name: value
                for name, value in page.headers.items()
                if name not in ("Content-Length", "Date", "Location")
            }
            assert not {"ETag", "Last-Modified", "Set-Cookie"} & set(told)
            assert "no-store" in told["Cache-Control"]
            assert told["Referrer-Policy"] == "no-referrer"
            headers.append(told)
        seen.append(headers)
    assert seen[0] == seen[1]


def die(guarded: bool, folder: str) -> None:
    os.chdir(folder)
    resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY,) * 2)
    if guarded:
        startup_safety.keep_no_core()
    signal.signal(signal.SIGABRT, signal.SIG_DFL)
    os.abort()


def dumped(guarded: bool, folder: str) -> bool:
    """Did a process that dies leave its memory behind, as the kernel says?"""
    child = os.fork()
    if not child:
        try:
            die(guarded, folder)
        finally:
            os._exit(1)
    return os.WCOREDUMP(os.waitpid(child, 0)[1])


@pytest.mark.skipif(not hasattr(os, "WCOREDUMP"), reason="the system does not say")
def test_a_process_that_dies_leaves_no_memory_behind(tmp_path: os.PathLike[str]) -> None:
    """Keys, codes and answers of the moment would be in it."""
    hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
    if hard != resource.RLIM_INFINITY or not dumped(False, str(tmp_path)):
        pytest.skip("no process leaves its memory behind on this machine")
    assert not dumped(True, str(tmp_path))


def test_the_server_guards_its_memory() -> None:
    """Wherever cores go: the limit is zero, and other processes of the same user cannot read it."""

    def look(said: multiprocessing.SimpleQueue[tuple[int, int]]) -> None:
        startup_safety.keep_no_core()
        dumpable = ctypes.CDLL(None).prctl(PR_GET_DUMPABLE, 0, 0, 0, 0)
        said.put((resource.getrlimit(resource.RLIMIT_CORE)[0], dumpable))

    context = multiprocessing.get_context("fork")
    said = context.SimpleQueue()
    process = context.Process(target=look, args=(said,))
    process.start()
    process.join()
    assert said.get() == (0, 0)
