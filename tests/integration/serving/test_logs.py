"""What the service writes to its log, whatever is asked of it: listed fields, of listed shapes."""

from __future__ import annotations

import ast
import io
import json
import logging
import logging.config
import shutil
import sys
import threading
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import text

from survey.app import create_app
from survey.database import begin, database
from survey.logs import SafeFormatter, configure, log, problems_only
from survey.logs.events import EVENTS
from survey.logs.writing import FIELDS, LEFT_OUT, OWN_LOGGER
from survey.permissions import Role, public
from survey.serving.start import LOG_CONFIG
from tests.conftest import settings_for
from tests.integration.responses.doors import Student, make_codes
from tests.world import build_world, sign_in

ROOT = Path(__file__).parents[3]
SECRET = "Ms Okafor in 9C hit me by the gate"
CODE = "K7QM-3XPD"
HOSTILE = (SECRET, CODE, "/s/K7QM-3XPD?lang=cy", '", "at": "x', "line\nbreak", "07700 900123")


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """The log of this process as `configure` sets it up, and nothing else."""
    root, before, hooks = logging.getLogger(), logging.getLogger().handlers, hooks_now()
    level = root.level
    configure()
    stream = io.StringIO()
    (handler,) = root.handlers
    assert isinstance(handler, logging.StreamHandler)
    handler.setStream(stream)
    root.setLevel(logging.DEBUG)  # even what a library says at its most talkative
    yield stream
    root.handlers, (sys.excepthook, threading.excepthook) = before, hooks
    root.setLevel(level)
    logging.captureWarnings(False)


def hooks_now() -> tuple[object, object]:
    return sys.excepthook, threading.excepthook


@pytest.fixture
def served(sqlite_template: Path, tmp_path: Path) -> Iterator[Flask]:
    path = tmp_path / "survey.db"
    shutil.copy(sqlite_template, path)
    app = create_app(settings_for(f"sqlite:///{path}"))
    yield app
    with app.app_context():
        database.engine.dispose()


def check(stream: io.StringIO) -> list[dict[str, object]]:
    """Every line, after a look at each of its fields."""
    lines = []
    for written in stream.getvalue().splitlines():
        line = json.loads(written)
        assert set(line) <= set(FIELDS), line
        assert {"at", "level", "event"} <= set(line)
        for name, value in line.items():
            for one in value if isinstance(value, list) else [value]:
                assert one == LEFT_OUT or FIELDS[name].fullmatch(one), (name, one)
        lines.append(line)
    for trace in HOSTILE:
        assert trace not in stream.getvalue()
        assert json.dumps(trace)[1:-1] not in stream.getvalue()
    return lines


def test_pages_that_fail_with_what_was_typed_tell_the_log_nothing_of_it(
    served: Flask, written: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    with served.app_context():
        world = build_world()
    client = served.test_client()
    codes = make_codes(served, world.own, year=9)

    def fail(*_args: object, **_values: object) -> None:
        with database.engine.connect() as connection:  # the database repeats what it was given
            connection.execute(text(f"SELECT '{codes[0]}' FROM \"{SECRET}\""))

    for number, trace in enumerate(HOSTILE):
        served.add_url_rule(f"/wrong/{number}", f"wrong{number}", public(failing(trace)))
    student = Student(client, codes[0])
    student.walk_to_send()
    address = student.address
    monkeypatch.setattr("survey.responses.collect.spend", fail)
    student.press("send")
    monkeypatch.undo()
    for number, trace in enumerate(HOSTILE):
        assert client.get(f"/wrong/{number}?said={CODE}").status_code == 500
        client.get("/nowhere", query_string={"said": trace})
        client.post("/", data={"code": trace})
        client.post(f"/ask/{world.own.word}", data={"name": trace})
    sign_in(client, world.email(Role.LEAD))
    with served.app_context(), begin() as db:
        db.execute(text("ALTER TABLE member RENAME TO gone"))
    assert client.get("/staff").status_code == 500
    lines = check(written)
    assert {"student_page_failed", "staff_page_failed"} <= {line["event"] for line in lines}
    for trace in (*codes, address, "/p/", "/s/", "127.0.0.1", "gone", world.email(Role.LEAD)):
        assert trace not in written.getvalue()


def failing(words: str):  # type: ignore[no-untyped-def]
    def view() -> str:
        raise RuntimeError(words)

    return view


def test_what_others_log_is_written_without_its_words(written: io.StringIO) -> None:
    for trace in HOSTILE:
        try:
            raise ValueError(trace)
        except ValueError as error:
            logging.getLogger("sqlalchemy.pool").error("failed: %s", trace, exc_info=True)
            logging.getLogger(trace).critical(trace)
            logging.getLogger("survey").warning("page %s", trace)
            log.error("student_page_failed", error=error, path=trace, reference=trace, kind=trace)
            log.error(trace, setting=trace)
            sys.excepthook(type(error), error, error.__traceback__)
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            warnings.warn(trace, stacklevel=1)
        thread = threading.Thread(target=failing(trace))
        thread.start()
        thread.join()
    events = {line["event"] for line in check(written)}
    assert events == {"library", "student_page_failed", "command_failed", "thread_failed", LEFT_OUT}


def test_the_server_of_production_writes_in_the_same_form() -> None:
    """Granian's own processes: a request that fails outside the app is logged by them."""
    given = json.loads(LOG_CONFIG.read_text())
    logging.config.DictConfigurator({"version": 1, **given}).configure_formatter(
        given["formatters"]["safe"]
    )
    record = logging.LogRecord("_granian", logging.ERROR, "", 0, "", (), None)
    for said, event in (
        ("Unexpected exit from worker-1", "worker_died"),
        (f"Application callable raised an exception {SECRET}", "page_not_answered"),
        (f"anything else {SECRET}", "library"),
    ):
        record.msg = said
        line = json.loads(SafeFormatter().format(record))
        assert line["event"] == event
        assert SECRET not in str(line)


def calls() -> Iterator[tuple[Path, ast.Call]]:
    for path in sorted((ROOT / "survey").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                yield path, node


def test_every_event_that_is_logged_is_listed_and_every_listed_one_is_logged() -> None:
    """No other part of the code logs in another way."""
    logged = {"library"} | {event for _begins, event in libraries()}
    for path, call in calls():
        assert isinstance(call.func, ast.Attribute)
        owner = ast.unparse(call.func.value)
        assert not owner.endswith("logger"), f"{path}: use survey.logs"
        if owner != "log" or path.parent.name == "logs":
            continue
        event = call.args[0]
        assert isinstance(event, ast.Constant), f"{path}: an event is written out"
        assert {word.arg for word in call.keywords} <= {"error", *FIELDS}, path
        logged.add(event.value)
    assert logged | {"command_failed", "thread_failed"} == set(EVENTS)
    assert logging.getLogger(OWN_LOGGER).name == "survey.log"


def libraries() -> tuple[tuple[object, str], ...]:
    from survey.logs.events import OF_LIBRARIES

    return OF_LIBRARIES


def test_the_demo_shows_problems_only(
    written: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    with problems_only():
        log.info("job_begun", job="1")
        log.warning("job_no_database", job="1")
    log.info("job_begun", job="2")
    assert [line["event"] for line in check(written)] == ["job_no_database", "job_begun"]
    monkeypatch.setenv("SURVEY_DEMO", "yes")
    configure()
    assert not logging.getLogger("survey").isEnabledFor(logging.INFO)
    monkeypatch.setenv("SURVEY_DEMO", "no")
    configure()
    assert logging.getLogger("survey").isEnabledFor(logging.INFO)
