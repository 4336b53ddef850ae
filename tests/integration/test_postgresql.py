"""What only PostgreSQL does: addresses of several servers, and vacuums that meet a lock."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import URL, make_url

from survey.app import create_app
from survey.backups import postgresql as copies
from survey.database import database
from survey.help_requests import box_storage
from survey.jobs import procrastinate_worker
from survey.postgresql import LockedError, conninfo, is_pooled, vacuum
from survey.serving.views import EXAMINED
from survey.settings import PARSERS
from tests.conftest import settings_for
from tests.ports import free_port
from tests.world import World

ON_POSTGRESQL = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


def with_a_server_that_is_gone(address: str, *, first: bool) -> str:
    """The address with a second server in it, which does not answer."""
    url = make_url(address)
    alive, gone = f"{url.host}:{url.port}", f"127.0.0.1:{free_port()}"
    hosts = f"{gone},{alive}" if first else f"{alive},{gone}"
    name = f"{url.username}@{hosts}/{url.database}"
    return str(PARSERS["database_url"](f"postgresql+psycopg://{name}"))


@ON_POSTGRESQL
@pytest.mark.parametrize("first", [True, False], ids=["first", "last"])
def test_workers_and_backups_reach_the_server_that_is_left(
    database_url: str, tmp_path: Path, first: bool
) -> None:
    """After a failover the address leads to one of several servers, the first or the last."""
    address = with_a_server_that_is_gone(database_url, first=first)
    app = create_app(settings_for(address, key_folder=str(tmp_path)), testing=True)
    with app.app_context():
        with database.engine.connect() as connection:
            assert connection.exec_driver_sql("SELECT 1").scalar() == 1
        database.engine.dispose()
    psycopg.connect(procrastinate_worker._address(app)).close()
    folder = tmp_path / "copy"
    folder.mkdir()
    assert copies.copy_out(address, folder)


@ON_POSTGRESQL
def test_a_database_that_can_be_read_and_not_written_is_not_ready(
    app: Flask, client: FlaskClient
) -> None:
    """A server that is no standby, as during maintenance."""
    with app.app_context():
        change = f'ALTER DATABASE "{database.engine.url.database}" '
        begin_work = database.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        with begin_work as connection:
            connection.exec_driver_sql(f"{change} SET default_transaction_read_only = on")
        database.engine.dispose()
    app.extensions[EXAMINED].at = float("-inf")
    ready = client.get("/ready")
    assert (ready.status_code, ready.json["checks"]["database"]) == (503, "failing")


@ON_POSTGRESQL
def test_a_sweep_during_a_backup_takes_no_rows_out_of_it(
    app: Flask, database_url: str, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It writes a table again in new files, which the moment of the copy does not know."""
    dump, swept = copies._run, []

    def at_the_full_hour(*given: object) -> object:
        with pytest.raises(box_storage.RequestsNotSweptError), app.app_context():
            box_storage.sweep(database.engine, seconds=box_storage.BY_THE_HOUR)
        swept.append(True)
        return dump(*given)

    monkeypatch.setattr(copies, "_run", at_the_full_hour)
    parts = copies.copy_out(database_url, tmp_path)
    assert swept == [True]
    (rows,) = (part for part in parts if part.name == "help_box.rows")
    assert rows.stat().st_size


def test_an_address_is_written_as_libpq_reads_it() -> None:
    several = PARSERS["database_url"]("postgresql+psycopg://me:a%40b'c@one:1,two:2/survey")
    read = psycopg.conninfo.conninfo_to_dict(conninfo(make_url(str(several))))
    assert read == {
        "host": "one,two",
        "port": "1,2",
        "user": "me",
        "password": "a@b'c",
        "dbname": "survey",
        "target_session_attrs": "read-write",
    }
    one = URL.create("postgresql", host="one", database="x")
    assert conninfo(one).split() == ["host=one", "dbname=x"]


@ON_POSTGRESQL
def test_a_vacuum_waits_for_a_while_and_leaves_no_setting(app: Flask) -> None:
    with app.app_context():
        engine = database.engine
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            with engine.begin() as other:
                other.exec_driver_sql("LOCK TABLE response IN ACCESS EXCLUSIVE MODE")
                for options in (("VERBOSE",), ("FULL",)):
                    with pytest.raises(LockedError):
                        vacuum(connection, "response", *options, wait=0.1)
            said = vacuum(connection, "response", "VERBOSE", wait=0.1)
            assert any("vacuuming" in words for words in said)
            assert connection.exec_driver_sql("SHOW lock_timeout").scalar() == "0"
            assert not is_pooled(connection.connection.driver_connection)
        engine.dispose()
