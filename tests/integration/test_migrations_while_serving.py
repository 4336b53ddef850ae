"""The rule for migrations: the code of the release before serves on while the schema is newer.

The schema of that release is made by migrating up to its last step. Each later step is then taken,
and must leave what the old code reads and writes: its tables and columns, rows without the columns
that it does not know, and values that it may store. A step that cannot says `needs_stop = True`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.script import Script, ScriptDirectory
from flask import Flask
from sqlalchemy import Inspector, inspect

from survey.app import ROOT, alembic, create_app
from survey.database import database
from survey.serving.exit_codes import EXIT_CODES, Stop
from survey.serving.schema import SchemaState, schema_state, steps_that_need_a_stop
from tests.conftest import settings_for

PREVIOUS = "0023"
"""The last step of the release before. Change it when a release is made."""

Columns = dict[str, dict[str, object]]


def steps() -> list[Script]:
    at = str(ROOT / "migrations")
    scripts = ScriptDirectory(at, version_locations=[at])
    return [step for step in scripts.walk_revisions() if step.revision > PREVIOUS][::-1]


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Flask]:
    made = create_app(settings_for(f"sqlite:///{tmp_path / 'survey.db'}"), testing=True)
    with made.app_context():
        yield made
        database.engine.dispose()


def shape(look: Inspector) -> dict[str, Columns]:
    return {
        table: {column["name"]: dict(column) for column in look.get_columns(table)}
        for table in look.get_table_names()
    }


def rules(look: Inspector) -> dict[str, set[str]]:
    """What each table refuses, in words that can be compared."""
    return {
        table: {
            f"unique {sorted(one['column_names'])}" for one in look.get_unique_constraints(table)
        }
        | {f"check {one['sqltext']}" for one in look.get_check_constraints(table)}
        for table in look.get_table_names()
    }


def broken_by(
    before: dict[str, Columns],
    after: dict[str, Columns],
    refused: dict[str, set[str]],
    refuses: dict[str, set[str]],
) -> list[str]:
    """What code of before could no longer do."""
    found = [f"no table {table}" for table in before if table not in after]
    for table in before.keys() & after.keys():
        old, new = before[table], after[table]
        found += [f"no column {table}.{name}" for name in old if name not in new]
        found += [
            f"{table}.{name} must be given"
            for name, column in new.items()
            if (name not in old or old[name]["nullable"])
            and not column["nullable"]
            and column["default"] is None
            and (name not in old or old[name]["default"] is None)
        ]
        found += [f"{table} refuses {rule}" for rule in refuses[table] - refused[table]]
    return sorted(found)


def test_the_release_before_goes_on_while_each_step_is_taken(app: Flask) -> None:
    alembic.upgrade(PREVIOUS)
    known = shape(inspect(database.engine))
    for step in steps():
        look = inspect(database.engine)
        before, refused = shape(look), rules(look)
        alembic.upgrade(step.revision)
        look = inspect(database.engine)
        found = broken_by(before, shape(look), refused, rules(look))
        stops = getattr(step.module, "needs_stop", False)
        assert bool(found) is stops, (step.path, found)
        if stops:  # only code of this step or later is started again
            known = shape(look)
    with database.engine.begin() as connection:
        for table, columns in known.items():  # as the old code asks and writes
            names = ", ".join(f'"{name}"' for name in columns)
            connection.exec_driver_sql(f'SELECT {names} FROM "{table}"')
            same = f'SELECT {names} FROM "{table}" WHERE 1 = 0'
            connection.exec_driver_sql(f'INSERT INTO "{table}" ({names}) {same}')


def test_a_step_that_needs_a_stop_is_not_taken_while_servers_may_run(app: Flask) -> None:
    """The attack: the documented update, with the servers running. Students would see an error."""
    alembic.upgrade("0031")
    with database.engine.connect() as connection:
        assert steps_that_need_a_stop(connection) == ("0032",)
    database.engine.dispose()
    commands = app.test_cli_runner()
    refused = commands.invoke(args=["migrate"])
    assert isinstance(refused.exception, Stop)
    assert EXIT_CODES[refused.exception.reason] == 76
    assert "run safer-places migrate --stopped" in str(refused.exception)
    with database.engine.connect() as connection:
        assert schema_state(connection) is SchemaState.OLDER, "nothing was changed"
    assert commands.invoke(args=["migrate", "--stopped"]).exit_code == 0
    with database.engine.connect() as connection:
        assert schema_state(connection) is SchemaState.CURRENT
    assert commands.invoke(args=["migrate"]).exit_code == 0, "a second time changes nothing"


def test_what_breaks_old_code_is_found() -> None:
    plain = {"nullable": False, "default": None}
    before: dict[str, Columns] = {"a": {"x": plain, "y": plain}, "b": {}}
    after: dict[str, Columns] = {"a": {"x": plain, "z": plain, "w": {**plain, "default": "0"}}}
    found = broken_by(before, after, {"a": set()}, {"a": {"unique ['x']"}})
    assert found == [
        "a refuses unique ['x']",
        "a.z must be given",
        "no column a.y",
        "no table b",
    ]
