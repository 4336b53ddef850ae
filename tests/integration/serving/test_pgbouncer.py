"""Pages, workers and sweeps through PgBouncer in transaction mode, as docs/operations.md has it: it
gives each transaction whichever connection is free, so nothing may be left on one."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from flask import Flask
from psycopg.errors import DuplicatePreparedStatement
from sqlalchemy import URL, make_url

from survey.app import create_app
from survey.backups import postgresql as copies
from survey.backups.errors import BackupError
from survey.command_line import doctor
from survey.database import database
from survey.demo.http_student import walk
from survey.jobs import worker_starter
from survey.jobs.states import JobState
from survey.permissions import Role
from survey.responses.ballot_box import sweep
from survey.settings import Settings
from tests.attacks.attackers import ballots
from tests.conftest import keys_beside, settings_for
from tests.integration.jobs.test_killed import close_and_agree
from tests.integration.jobs.test_workers import release_is, wait_until
from tests.integration.responses.doors import make_codes, raw_rows, used_codes
from tests.integration.serving.test_deploy_files import tool
from tests.integration.serving.test_two_servers import is_in, sign_in
from tests.killing import ask_for_release, found_wrong
from tests.ports import free_port
from tests.real_server import environment, serving
from tests.world import World

pytestmark = [
    pytest.mark.slow,
    pytest.mark.parametrize("database_url", ["postgresql"], indirect=True),
]
CONNECTIONS = 3
PREPARES_FROM = (1, 21)
"""From this version on PgBouncer knows of prepared statements."""


def plain(url: URL) -> str:
    return url.set(drivername="postgresql").render_as_string(hide_password=False)


@pytest.fixture
def pooled(database_url: str) -> Iterator[Settings]:
    """The settings of a server whose database is behind PgBouncer."""
    url, port = make_url(database_url), free_port()
    through = url.set(port=port)
    with tempfile.TemporaryDirectory(prefix="pgbouncer-") as name:
        home = Path(name)
        home.chmod(0o711)  # PgBouncer refuses to run as root
        account = ["--user", "nobody"] if os.geteuid() == 0 else []
        config = home / "pgbouncer.ini"
        config.write_text(
            f"[databases]\n* = host={url.host} port={url.port} user={url.username}\n"
            f"[pgbouncer]\nlisten_addr=127.0.0.1\nlisten_port={port}\nunix_socket_dir=\n"
            f"auth_type=any\npool_mode=transaction\ndefault_pool_size={CONNECTIONS}\n"
        )
        with (home / "log").open("wb") as log:
            command = [tool("pgbouncer"), "-q", *account, str(config)]
            process = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            wait_until(lambda: answers_at(through), "PgBouncer did not start")
            yield settings_for(
                through.render_as_string(hide_password=False),
                key_folder=str(keys_beside(database_url)),
                ledger=settings_for(database_url).ledger,
            )
        finally:
            process.terminate()
            process.wait(timeout=300)


def answers_at(url: URL) -> bool:
    try:
        psycopg.connect(plain(url), connect_timeout=5).close()
    except psycopg.OperationalError:
        return False
    return True


@pytest.fixture
def behind(app: Flask, world: World, pooled: Settings) -> Iterator[Flask]:
    """The app with its database behind PgBouncer; `app` has the same database directly."""
    made = create_app(pooled, testing=True)
    with made.app_context():
        yield made
        database.engine.dispose()


def version() -> tuple[int, ...]:
    said = subprocess.run([tool("pgbouncer"), "--version"], capture_output=True, text=True)
    found = re.search(r"PgBouncer (\d+)\.(\d+)", said.stdout)
    assert found
    return tuple(map(int, found.groups()))


def ask_often(connection: psycopg.Connection[tuple[str, int]], word: str) -> set[str]:
    """What the server answers to one question, asked so often that it is prepared."""
    found = set()
    for number in range(12):
        row = connection.execute(f"SELECT '{word}', %s::int", [number]).fetchone()
        assert row
        found.add(row[0])
        connection.commit()
    return found


def test_what_one_client_prepares_does_not_meet_another(behind: Flask, pooled: Settings) -> None:
    address = plain(make_url(pooled.database_url))
    if version() < PREPARES_FROM:
        with psycopg.connect(address) as one, psycopg.connect(address) as two:
            ask_often(one, "one")
            with pytest.raises(DuplicatePreparedStatement):  # the attack works
                ask_often(two, "two")
    with behind.app_context():
        engine = database.engine

    def answers(word: str) -> set[str]:
        with closing(engine.raw_connection()) as held:
            return ask_often(held.driver_connection, word)  # type: ignore[arg-type]

    words = [f"client {number}" for number in range(8)]
    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(answers, words)) == [{word} for word in words]


def test_students_and_staff_meet_one_service(
    app: Flask, pooled: Settings, world: World, tmp_path: Path
) -> None:
    codes = make_codes(app, world.own, year=9, count=8)
    with serving(pooled, tmp_path, workers=2, threads=8) as server:
        with ThreadPoolExecutor(8) as students:
            list(students.map(lambda code: walk(server.address, code, {}), codes))
        assert is_in(sign_in(server.address, world.email(Role.LEAD)), server.address)
        logged = server.output.read_text()
    assert used_codes(app) == 8
    assert '"level": "error"' not in logged


def settings_left(address: URL) -> set[str]:
    """The `lock_timeout` that transactions find, on each connection of the pooler's."""
    clients = [psycopg.connect(plain(address)) for _number in range(CONNECTIONS)]
    try:  # together, so that each has another connection
        rows = [one.execute("SHOW lock_timeout").fetchone() for one in clients]
        return {str(row[0]) for row in rows if row}
    finally:
        for one in clients:
            one.close()


def test_a_survey_closes_and_no_setting_is_left_for_others(
    app: Flask, behind: Flask, pooled: Settings, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    class_ = ballots.prepare(app, world.own, 30)
    ballots.send_all(app, world.own, class_)
    ballots.close(behind, world.own)
    assert len(raw_rows(app, "response")) == 30
    monkeypatch.setattr(sweep, "WAIT_SECONDS", 0.2)
    with app.app_context():
        direct = database.engine
    with direct.begin() as holder:
        holder.exec_driver_sql("LOCK TABLE response IN ACCESS EXCLUSIVE MODE")
        with behind.app_context(), pytest.raises(sweep.SweepError):
            sweep.clear(database.engine)
    assert settings_left(make_url(pooled.database_url)) == {"0"}
    with behind.app_context():
        sweep.clear(database.engine)


def test_a_backup_is_refused_and_doctor_says_why(
    behind: Flask, pooled: Settings, tmp_path: Path
) -> None:
    """pg_dump would leave an empty search path on a connection, and pages would find no table."""
    with pytest.raises(BackupError, match="leads to a pooler"):
        copies.copy_out(pooled.database_url, tmp_path)
    with behind.app_context():
        assert ["through a pooler" in found.words for found in doctor._of_connections()] == [True]


def test_a_worker_does_what_waits(app: Flask, pooled: Settings, world: World) -> None:
    close_and_agree(app, world.own)
    ask_for_release(app, world.own)
    command = [*worker_starter.COMMAND, "--processes", "1"]
    process = subprocess.Popen(command, env=environment(pooled))
    try:
        wait_until(lambda: release_is(app, JobState.DONE), "no worker did it")
        assert found_wrong(app, world.own) == []
    finally:
        process.terminate()
        assert process.wait(60) == 0
