"""What tests build on: settings, a fresh migrated database on each engine, and a small world.

Database tests run on SQLite. Where the engine matters they run on PostgreSQL as well; the pages do
so in `make test-slow`. PostgreSQL is where `SURVEY_TEST_POSTGRES` says (`make test` starts one);
without it those runs are skipped, except in CI, where that is a failure.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import os
import re
import shutil
import subprocess
import tempfile
import uuid
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, settings

from survey.app import create_app
from survey.help_requests import encryption
from survey.organisations import sign_in
from survey.rendering.renderer import renderer
from survey.reports.charts import stored_charts as chart_cache
from survey.reports.value_cache import Kept
from survey.settings import Settings
from tests import databases, templates_reached
from tests.databases import Filled
from tests.made_once import (
    share_addresses,
    share_catalogues,
    share_charts,
    share_compiled_sql,
    share_releases,
    share_templates,
)
from tests.world import World, build_world

ON_BOTH = re.compile(
    r"/attacks/(ballot_box|copies|store)/|/attacks/test_(arriving|codes)\.py"
    r"|/attacks/(service/test_two_servers_guess|signing_in/test_shared_counts)\.py"
    r"|/test_migrations?\.py"
    r"|/integration/jobs/test_(other_code|running|killed|workers)\.py"
    r"|/integration/test_(audit_log|at_start|database|housekeeping|permissions_sweep|postgresql)\.py"
    r"|/responses/test_(collect|real_server)\.py"
)
"""Where the engine matters: what is stored, locked, counted, erased and migrated. One sweep opens
every page, so that none asks a question that PostgreSQL refuses."""
BY_TURNS = re.compile(
    r"/test_(contacts_due|guessing|jobs|mail|operations|operators_command|pressed_twice)\.py"
)
"""Where most tests are of rules that the engine makes no difference to: one test in three runs on
PostgreSQL too, always the same ones, to see that it understands what is asked and written."""
TURNS = 3
EVERY_CASE_ON_BOTH = re.compile(
    r"/attacks/(ballot_box|store)/"
    r"|/test_(collect|killed|permissions_sweep|housekeeping|database_trouble|at_start"
    r"|two_servers_guess)\.py"
)
"""Where a test of several cases runs each of them on PostgreSQL too. Elsewhere the first case shows
that the statements of the test are understood; the others differ in what is given."""
IN_MEMORY = Path("/dev/shm")
ROOM_BYTES = 3 * 1024**3
LONG_SECONDS = 10.0
ROOT = Path(__file__).parents[1]


def _in_memory() -> bool:
    """Whether there is room for the databases of a run where nothing waits for a disk."""
    return (
        "PYTEST_DEBUG_TEMPROOT" not in os.environ
        and os.access(IN_MEMORY, os.W_OK)
        and shutil.disk_usage(IN_MEMORY).free > ROOM_BYTES
    )


if _in_memory():
    os.environ["PYTEST_DEBUG_TEMPROOT"] = tempfile.tempdir = str(IN_MEMORY)

LEDGERS = tempfile.TemporaryDirectory(prefix="ledgers-")
"""A ledger for each database; the folder goes with the run."""

# How long an example takes says how busy the machine is, and not whether the code is right.
settings.register_profile(
    "any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=40
)
settings.register_profile("long run", settings.get_profile("any machine"), max_examples=400)
settings.load_profile("any machine")

# A worker draws, and pages wait for it; tests of pages draw what they look at, and wait for it as
# long as a busy machine takes.
chart_cache.DRAWS_HERE = True
renderer._seconds = 600
# A password is slow to try by intent; here it need not be.
encryption.ITERATIONS, encryption.MEMORY_KIB = 1, 64
sign_in.HASHING |= {"argon2__time_cost": 1, "argon2__memory_cost": 64}


TEMPLATES = pytest.StashKey[templates_reached.Report]()


def pytest_configure(config: pytest.Config) -> None:
    """Compiles the catalogues that changed: once, and not by every worker of a run in parallel."""
    if not hasattr(config, "workerinput"):
        subprocess.run([ROOT / "scripts" / "catalogues.sh"], check=True)
    share_addresses()
    share_compiled_sql()
    share_catalogues()
    share_releases()
    templates_reached.begin()
    config.stash[TEMPLATES] = templates_reached.Report()
    if not hasattr(config, "workerinput") and config.args == config.getini("testpaths"):
        config.pluginmanager.register(config.stash[TEMPLATES], "templates")


def pytest_sessionfinish(session: pytest.Session) -> None:
    config = session.config
    if hasattr(config, "workeroutput"):
        config.workeroutput["templates"] = templates_reached.counted()
    else:
        config.stash[TEMPLATES].add(*templates_reached.counted())


def pytest_sessionstart(session: pytest.Session) -> None:
    """Every worker imports every file of tests, and in a fresh clone each would rewrite the
    assertions of all of them. Each begins with another part of the files, so that it finds most
    of the others rewritten."""
    config = session.config
    worker: dict[str, Any] = getattr(config, "workerinput", {})
    if not worker or config.args != config.getini("testpaths"):
        return
    number, workers = int(worker["workerid"].removeprefix("gw")), worker["workercount"]
    files = sorted((ROOT / "tests").rglob("test_*.py"))
    for path in files[number::workers]:
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        with contextlib.suppress(Exception):  # what is wrong with it is told when it is collected
            importlib.import_module(name)


_kept: list[Kept[Any, Any]] = []
"""What the process keeps under the names of releases and surveys. Tests with a world have surveys
of the same name, so what one test made is not for the next."""


def pytest_collection_finish() -> None:
    """What was imported and collected is never garbage, so it is not searched again. The rest is
    searched as a whole a fifth as often: it was a seventh of the time of a test with pages."""
    gc.collect()
    _kept.extend(one for one in gc.get_objects() if isinstance(one, Kept))
    gc.freeze()
    young, middle, _old = gc.get_threshold()
    gc.set_threshold(young, middle, 50)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """PostgreSQL in the ordinary run where the engine matters, elsewhere in the long one."""
    begun: set[str] = set()
    for item in items:
        engine = getattr(item, "callspec", None) and item.callspec.params.get("database_url")
        if engine != "postgresql":
            continue
        path, test = str(item.path), item.nodeid.partition("[")[0]
        if _says_its_engine(item):
            continue
        is_another_case = test in begun and not EVERY_CASE_ON_BOTH.search(path)
        begun.add(test)
        has_its_turn = BY_TURNS.search(path) and zlib.crc32(item.name.encode()) % TURNS == 0
        if is_another_case or not (ON_BOTH.search(path) or has_its_turn):
            item.add_marker(pytest.mark.slow)


def _says_its_engine(item: pytest.Item) -> bool:
    """Whether a test is written for an engine: see `tests.engines`."""
    return any("database_url" in str(mark.args[0]) for mark in item.iter_markers("parametrize"))


LONG_FIRST = re.compile(
    r"/browser/|/attacks/|/demo/|/exports/|/test_(links|migrations|real_server|gate|year_bands)\.py"
)
"""Files with long tests: begun first, so that no worker is left alone with one at the end."""


@pytest.hookimpl(trylast=True, specname="pytest_collection_modifyitems")
def pytest_begin_with_the_long(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: LONG_FIRST.search(str(item.path)) is None)


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Says where the time went, names the tests that take long, and says which lines of templates
    a run of all tests reached."""
    if config.pluginmanager.has_plugin("templates"):
        config.stash[TEMPLATES].show(terminalreporter)
    took: dict[str, float] = {}
    phases = dict.fromkeys(("setup", "call", "teardown"), 0.0)
    for reports in terminalreporter.stats.values():
        for report in reports:
            if isinstance(report, pytest.TestReport):
                took[report.nodeid] = took.get(report.nodeid, 0.0) + report.duration
                phases[report.when or "call"] += report.duration
    spent = ", ".join(f"{phase} {seconds:.0f} s" for phase, seconds in phases.items())
    terminalreporter.write_line(f"time in all workers: {spent}")
    long = sorted((-seconds, name) for name, seconds in took.items() if seconds > LONG_SECONDS)
    if long:
        terminalreporter.section(f"longer than {LONG_SECONDS:.0f} s")
        for seconds, name in long:
            terminalreporter.write_line(f"{-seconds:6.1f} s  {name}")


@pytest.fixture(scope="session", autouse=True)
def _made_once(tmp_path_factory: pytest.TempPathFactory) -> None:
    """See `tests.made_once`. The folder is that of the run, which all its workers share."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    for name, share in (("templates", share_templates), ("drawn", share_charts)):
        (shared / name).mkdir(exist_ok=True)
        share(shared / name)


def settings_for(database_url: str, **changed: object) -> Settings:
    values: dict[str, object] = {
        "database_url": database_url,
        "secret_key": "k0123456789abcdef0123456789abcdef",
        "password_salt": "s0123456789abcdef0123456789abcdef",
        "code_key": bytes(range(32)),
        "totp_key": "t0123456789abcdef0123456789abcdef",
        "public_address": "http://survey.test",
        "second_step": "optional",
        "operator_name": "Test Operator",
        "operator_contact": "help@survey.test",
        "ledger": str(Path(LEDGERS.name) / f"{uuid.uuid5(uuid.NAMESPACE_URL, database_url)}"),
    }
    if not database_url.startswith("sqlite") and "key_folder" not in changed:
        values["key_folder"] = str(keys_beside(database_url))
    return Settings(**(values | changed))  # type: ignore[arg-type]


def keys_beside(database_url: str) -> Path:
    """A key folder for a database that is no file: the same for all processes of a test."""
    folder = Path(tempfile.gettempdir()) / f"survey-test-keys-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    own = folder / database_url.rpartition("/")[2]
    own.mkdir(mode=0o700, exist_ok=True)
    return own


def postgres_address() -> str:
    address = os.environ.get("SURVEY_TEST_POSTGRES")
    if not address:
        if os.environ.get("CI"):
            pytest.fail("SURVEY_TEST_POSTGRES is not set, and in CI nothing is skipped")
        pytest.skip("no PostgreSQL: run by `make test`, or set SURVEY_TEST_POSTGRES")
    return address


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "survey.db"
    databases.migrate(settings_for(f"sqlite:///{path}"))
    return path


@pytest.fixture(scope="session")
def sqlite_filled(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Filled:
    path = tmp_path_factory.mktemp("filled") / "survey.db"
    return databases.fill(settings_for(databases.copy_sqlite(sqlite_template, path)))


@pytest.fixture(scope="session")
def postgres_template() -> Iterator[tuple[str, str]]:
    address, name = postgres_address(), f"template_{uuid.uuid4().hex}"
    databases.command(address, f"CREATE DATABASE {name}")
    databases.migrate(settings_for(f"{address}/{name}"))
    yield address, name
    databases.command(address, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def postgres_filled(postgres_template: tuple[str, str]) -> Iterator[Filled]:
    with databases.postgres_copy(*postgres_template, keys_beside) as database_url:
        yield databases.fill(settings_for(database_url))


@pytest.fixture
def sqlite_url(request: pytest.FixtureRequest, sqlite_template: Path, tmp_path: Path) -> str:
    """The address of a fresh database on SQLite, for tests to which the engine makes no difference.
    It is filled already if the test has a `world`."""
    filled = request.getfixturevalue("sqlite_filled") if "world" in request.fixturenames else None
    return databases.copy_sqlite(sqlite_template, tmp_path / "survey.db", filled)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of a fresh, migrated database; once on each engine. It is empty, or filled
    already if the test has a `world`."""
    if request.param == "sqlite":
        yield request.getfixturevalue("sqlite_url")
        return
    template = request.getfixturevalue("postgres_template")
    filled = request.getfixturevalue("postgres_filled") if "world" in request.fixturenames else None
    with databases.postgres_copy(*template, keys_beside, filled) as address:
        yield address


@pytest.fixture
def settings(database_url: str) -> Settings:
    return settings_for(database_url)


def forget_kept() -> None:
    for one in _kept:
        one._values.clear()


@pytest.fixture
def app(settings: Settings) -> Iterator[Flask]:
    forget_kept()
    made = create_app(settings, testing=True)
    yield made
    databases.close(made)


@pytest.fixture(scope="module")
def module_app(
    sqlite_template: Path, sqlite_filled: Filled, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Flask]:
    """An app on SQLite with a world, shared by the tests of one file: for pages that are drawn once
    and then looked at by many tests. A test that changes anything takes `app`."""
    path = tmp_path_factory.mktemp("module") / "survey.db"
    made = create_app(
        settings_for(databases.copy_sqlite(sqlite_template, path, sqlite_filled)), testing=True
    )
    yield made
    databases.close(made)


@pytest.fixture(scope="module")
def module_world(sqlite_filled: Filled) -> World:
    """The world in the database of `module_app`."""
    return sqlite_filled.world


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def world(app: Flask) -> World:
    """One authority with two schools and another with one, each with members of every role, a
    campaign with an open wave, and a programme."""
    there = databases.world_in(app.extensions["settings"].database_url)
    if there is not None:
        return there
    with app.app_context():  # the test makes its own database
        return build_world()
