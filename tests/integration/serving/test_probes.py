"""/live, /ready and /metrics: what they say, and that they tell nothing of a student."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from survey.app import create_app
from survey.database import begin, database
from survey.serving import checks, last_runs, views
from survey.serving.checks import CheckResult, refuse_to_start
from survey.serving.exit_codes import Stop
from survey.serving.last_runs import RunName
from survey.serving.schema import newest_step
from survey.settings import Settings, current_settings
from tests.conftest import settings_for
from tests.integration.responses.doors import Student, make_codes, rows
from tests.world import World

TOKEN = "m0123456789abcdef0123456789abcdef"


@pytest.fixture
def settings(database_url: str) -> Settings:
    return settings_for(database_url, metrics_token=TOKEN)


@pytest.fixture
def database_url(sqlite_template: Path, tmp_path: Path) -> str:
    shutil.copy(sqlite_template, tmp_path / "survey.db")
    return f"sqlite:///{tmp_path / 'survey.db'}"


def ready(client: FlaskClient) -> tuple[int, dict[str, Any]]:
    client.application.extensions[views.EXAMINED].at = float("-inf")
    answer = client.get("/ready")
    assert "Set-Cookie" not in answer.headers
    return answer.status_code, json.loads(answer.text)


def metrics(client: FlaskClient) -> str:
    client.application.extensions[views.EXAMINED].at = float("-inf")
    answer = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 200
    return answer.text


def test_a_server_that_is_well_is_ready(app: Flask, client: FlaskClient) -> None:
    with app.app_context(), begin() as db:
        last_runs.note(db, RunName.HOUSEKEEPING)
    assert client.get("/live").json == {"live": True}
    status, said = ready(client)
    assert status == 200
    assert said["ready"] is True
    assert set(said["checks"].values()) == {"ok"}


def test_housekeeping_that_did_not_run_is_said_and_stops_nothing(
    app: Flask, client: FlaskClient
) -> None:
    assert ready(client) == (
        200,
        {
            "ready": True,
            "checks": {
                "database": "ok",
                "schema": "ok",
                "disk": "ok",
                "worker": "ok",
                "housekeeping": "warning",
            },
        },
    )


def test_another_schema_is_not_ready(app: Flask, client: FlaskClient) -> None:
    with app.app_context(), begin() as db:
        db.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    status, said = ready(client)
    assert status == 503
    assert said["checks"]["schema"] == "failing"


def test_a_server_stays_ready_while_its_database_is_migrated_to_a_later_release(
    app: Flask, client: FlaskClient
) -> None:
    """Caddy sends no one to a server that is not ready: all of them would be away from the
    migration to the first restart. The later release says which code continues, and none starts."""
    with app.app_context(), begin() as db:
        db.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        last_runs.note_migrated(db, "9999", ["9999", "9998"])
    assert ready(client)[0] == 503, "the later release says nothing of this one"
    with app.app_context(), begin() as db:
        last_runs.note_migrated(db, "9999", ["9999", newest_step()])
    status, said = ready(client)
    assert (status, said["checks"]["schema"]) == (200, "warning")
    with app.app_context(), pytest.raises(Stop, match="newer than this release"):
        refuse_to_start(database.engine, current_settings())
    with app.app_context(), begin() as db:
        db.execute(text("UPDATE alembic_version SET version_num = '9998'"))
    assert ready(client)[0] == 503, "what was said of another schema does not count"


def test_migrate_names_the_code_that_goes_on(app: Flask) -> None:
    migrated = app.test_cli_runner().invoke(args=["migrate"])
    assert migrated.exit_code == 0, migrated.output
    with app.app_context(), database.engine.connect() as connection:
        now = newest_step()
        served = [step for step in ("0031", "0032", "0035", now) if
                  last_runs.is_served(connection, now, step)]  # fmt: skip
    assert served == ["0032", "0035", now], "0032 needed a stop"


def test_a_full_disk_is_not_ready(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "NO_ROOM", 10**18)
    status, said = ready(client)
    assert status == 503
    assert said["checks"]["disk"] == "failing"


def test_a_server_without_its_database_lives_and_is_not_ready(tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir(mode=0o700)
    address = "postgresql+psycopg://survey:a-password@127.0.0.1:1/none"
    app = create_app(settings_for(address, key_folder=str(tmp_path / "keys")))
    client = app.test_client()
    assert client.get("/live").status_code == 200
    status, said = ready(client)
    assert status == 503
    assert said["checks"]["database"] == "failing"
    page = client.post("/", data={"code": "K7QM-3XPD"})
    assert page.status_code == 303, "a student gets a page"
    shown = client.get(page.headers["Location"])
    assert "It is not your fault." in shown.text
    with app.app_context():
        database.engine.dispose()


def test_what_is_asked_often_is_looked_at_once(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []

    def examine(*given: object) -> tuple[CheckResult, ...]:
        asked.append(given)
        return ()

    monkeypatch.setattr(views, "examine", examine)
    for _time in range(20):
        client.get("/ready")
    assert len(asked) == 1


@pytest.mark.parametrize("given", ["", "Bearer", "Bearer wrong", f"Basic {TOKEN[:-1]}", "Bearer é"])
def test_without_the_token_there_are_no_metrics(client: FlaskClient, given: str) -> None:
    assert client.get("/metrics", headers={"Authorization": given}).status_code == 404


def test_without_a_setting_there_are_no_metrics(database_url: str) -> None:
    plain = create_app(settings_for(database_url), testing=True).test_client()
    assert plain.get("/metrics").status_code == 404
    assert plain.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404


LINE = re.compile(
    r"# (HELP|TYPE) safer_places_(check|release) .*"
    r'|safer_places_check\{check="(database|schema|disk|housekeeping|worker)"\} [012]\.0'
    r'|safer_places_release\{schema="[0-9+]+"\} 1\.0'
)


def test_two_scrapes_around_a_send_are_the_same(
    app: Flask, client: FlaskClient, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The attack: a person who reads the metrics before and after each moment learns when a student
    opened a page, sent, failed or went wrong. Whatever a student does, not a byte may change."""
    codes = make_codes(app, world.own, year=9)
    before = metrics(client)
    assert [line for line in before.splitlines() if not LINE.fullmatch(line)] == []
    student = Student(client, codes[0])
    assert metrics(client) == before
    student.walk_to_send()
    assert metrics(client) == before
    student.press("send")
    assert len(rows(app, "response")) == 1
    assert metrics(client) == before
    client.post("/", data={"code": "K7QM-3XPD"})
    client.get("/p/nothing")

    def fail(*_args: object, **_values: object) -> None:
        raise RuntimeError("of no use")

    other = Student(client, codes[1])
    other.walk_to_send()
    monkeypatch.setattr("survey.responses.collect.spend", fail)
    assert other.press("send").status_code == 500
    assert metrics(client) == before
