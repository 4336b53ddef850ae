"""What tests stand on: settings, a fresh migrated database on each engine, and a small world.

Database tests run on SQLite and on PostgreSQL. PostgreSQL is where `SURVEY_TEST_POSTGRES` says
(`make test` starts one); without it those runs are skipped, except in CI, where that is a failure.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, settings
from sqlalchemy import create_engine, text

from survey.app import alembic, create_app
from survey.settings import Settings
from tests.world import World, build_world

ENGINES = ("sqlite", "postgresql")
ROOT = Path(__file__).parents[1]

# How long an example takes says how busy the machine is, and not whether the code is right.
settings.register_profile(
    "any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("any machine")


def pytest_configure(config: pytest.Config) -> None:
    """Compiles the catalogues that changed: once, and not by every worker of a run in parallel."""
    if not hasattr(config, "workerinput"):
        subprocess.run([ROOT / "scripts" / "catalogues.sh"], check=True)


def settings_for(database_url: str, **changed: object) -> Settings:
    values: dict[str, object] = {
        "database_url": database_url,
        "secret_key": "k" * 32,
        "password_salt": "s" * 32,
        "code_key": bytes(range(32)),
        "totp_key": "t" * 32,
        "public_address": "http://survey.test",
        "operator_name": "Test Operator",
        "operator_contact": "help@survey.test",
    }
    return Settings(**(values | changed))  # type: ignore[arg-type]


def _migrate(database_url: str) -> None:
    app = create_app(settings_for(database_url), testing=True)
    with app.app_context():
        alembic.upgrade()
        _close(app)


def _close(app: Flask) -> None:
    from survey.db import database

    with app.app_context():
        for engine in database.engines.values():
            engine.dispose()


def postgres_address() -> str:
    address = os.environ.get("SURVEY_TEST_POSTGRES")
    if not address:
        if os.environ.get("CI"):
            pytest.fail("SURVEY_TEST_POSTGRES is not set, and in CI nothing is skipped")
        pytest.skip("no PostgreSQL: run by `make test`, or set SURVEY_TEST_POSTGRES")
    return address


def _command(address: str, statement: str) -> None:
    engine = create_engine(f"{address}/postgres", isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "survey.db"
    _migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgres_template() -> Iterator[tuple[str, str]]:
    address, name = postgres_address(), f"template_{uuid.uuid4().hex}"
    _command(address, f"CREATE DATABASE {name}")
    _migrate(f"{address}/{name}")
    yield address, name
    _command(address, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=ENGINES)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a fresh, migrated, empty database; once on each engine."""
    if request.param == "sqlite":
        path = tmp_path / "survey.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
        return
    address, template = request.getfixturevalue("postgres_template")
    name = f"test_{uuid.uuid4().hex}"
    _command(address, f"CREATE DATABASE {name} TEMPLATE {template}")
    yield f"{address}/{name}"
    _command(address, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    return settings_for(database_url, key_folder=tmp_path / "keys")


@pytest.fixture
def app(settings: Settings) -> Iterator[Flask]:
    made = create_app(settings, testing=True)
    yield made
    _close(made)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def world(app: Flask) -> World:
    """One authority with two schools and another with one, each with members of every role, a
    campaign with an open wave, and a programme."""
    with app.app_context():
        return build_world()
