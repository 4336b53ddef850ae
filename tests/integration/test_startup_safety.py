"""What stops the start: a key folder that cannot be used, and a log that would tell."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import text

from survey import startup_safety
from survey.app import create_app
from survey.database import database
from survey.settings import Settings, SettingsError
from tests.conftest import settings_for

ON_POSTGRESQL = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


def test_a_key_folder_that_others_can_open_stops_the_start(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    folder.mkdir(mode=0o755)
    given = settings_for(f"sqlite:///{tmp_path / 'survey.db'}", key_folder=str(folder))
    with pytest.raises(SettingsError, match=r"SURVEY_KEY_FOLDER names .* chmod 700"):
        create_app(given, testing=True)


def test_a_key_folder_that_is_missing_stops_the_start(tmp_path: Path) -> None:
    given = settings_for(f"sqlite:///{tmp_path / 'survey.db'}", key_folder=str(tmp_path / "no"))
    with pytest.raises(SettingsError, match=r"SURVEY_KEY_FOLDER names .* which is no folder"):
        create_app(given, testing=True)


def test_with_sqlite_a_folder_that_nobody_named_is_made(tmp_path: Path) -> None:
    create_app(settings_for(f"sqlite:///{tmp_path / 'survey.db'}"), testing=True)
    assert (tmp_path / "survey.db.keys").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "survey.db").stat().st_mode & 0o777 == 0o600


TELLING = """
log_statement                      all
log_statement                      mod
log_min_duration_statement         0
log_min_duration_sample            100
log_transaction_sample_rate        0.5
log_parameter_max_length_on_error  -1
log_parameter_max_length_on_error  20
"""


@ON_POSTGRESQL
@pytest.mark.parametrize("line", TELLING.strip().splitlines())
def test_a_log_that_would_hold_what_is_sent_stops_the_start(
    app: Flask, settings: Settings, line: str
) -> None:
    name, value = line.split()
    with app.app_context():
        engine = database.engine
        assert startup_safety.log_complaints(engine)[0] == ()
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            here = connection.scalar(text("SELECT current_database()"))
            connection.exec_driver_sql(f"ALTER DATABASE {here} SET {name} = '{value}'")
        engine.dispose()
    with pytest.raises(SettingsError, match=f"PostgreSQL: {name} writes what is sent to the log"):
        create_app(settings)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql(f"ALTER DATABASE {here} SET log_parameter_max_length = 0")
    engine.dispose()
    stays = name == "log_parameter_max_length_on_error"
    assert bool(startup_safety.log_complaints(engine)[0]) is stays, (
        "without values, it may be logged"
    )


@ON_POSTGRESQL
def test_of_a_default_that_tells_in_rare_cases_the_app_warns(app: Flask) -> None:
    with app.app_context():
        _refused, [warned] = startup_safety.log_complaints(database.engine)
    assert "log_error_verbosity" in warned


@pytest.mark.parametrize(
    ("found", "named"),
    [
        ({"auto_explain.log_min_duration": "0"}, "auto_explain.log_min_duration"),
        ({"pgaudit.log_parameter": "on"}, "pgaudit.log_parameter"),
        ({"track_commit_timestamp": "on"}, "track_commit_timestamp"),
    ],
)
def test_what_is_set_for_the_whole_server_is_named(found: dict[str, str], named: str) -> None:
    said = [words for broken, words in startup_safety.REFUSED if broken(found)]
    assert [words.split(" ")[0] for words in said] == [named]
    assert [words for broken, words in startup_safety.REFUSED if broken({})] == []


def test_a_server_that_is_not_there_stops_nothing() -> None:
    from sqlalchemy import create_engine

    engine = create_engine("postgresql+psycopg://survey@127.0.0.1:1/none")
    assert startup_safety.log_complaints(engine) == ((), ())
