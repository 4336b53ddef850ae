"""A check that the database and this code are of one release."""

from __future__ import annotations

from enum import StrEnum
from functools import cache
from pathlib import Path

from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from survey.paths import folder
from survey.serving import last_runs


class SchemaState(StrEnum):
    CURRENT = "current"
    EMPTY = "empty"
    OLDER = "older"
    NEWER = "newer"


@cache
def _steps(at: Path) -> tuple[frozenset[str], frozenset[str]]:
    """The newest steps of the schema, and all of them."""
    script = ScriptDirectory(str(at), version_locations=[str(at)])
    return frozenset(script.get_heads()), frozenset(
        step.revision for step in script.walk_revisions()
    )


def steps_that_need_a_stop(connection: Connection) -> tuple[str, ...]:
    """The steps still to be taken after which code of before cannot continue. None on an empty
    database: nothing serves it."""
    at = folder("migrations")
    script = ScriptDirectory(str(at), version_locations=[str(at)])
    there = MigrationContext.configure(connection).get_current_heads()
    known = _steps(at)[1]
    if not there or not known.issuperset(there):
        return ()
    taken = {one.revision for one in script.iterate_revisions(there, "base")}
    left = [one for one in script.walk_revisions() if one.revision not in taken]
    return tuple(one.revision for one in reversed(left) if getattr(one.module, "needs_stop", False))


def steps_served() -> tuple[str, ...]:
    """The steps whose code goes on at the newest schema: those from the last one that needs a
    stop."""
    at = folder("migrations")
    found = []
    for step in ScriptDirectory(str(at), version_locations=[str(at)]).walk_revisions():
        found.append(step.revision)
        if getattr(step.module, "needs_stop", False):
            break
    return tuple(found)


def newest_step() -> str:
    """The name of the schema that this code was written for."""
    return "+".join(sorted(_steps(folder("migrations"))[0]))


def goes_on(connection: Connection) -> bool:
    """Does this code continue with the newer schema of a database? Its release said so there."""
    there = "+".join(sorted(MigrationContext.configure(connection).get_current_heads()))
    return last_runs.is_served(connection, there, newest_step())


def schema_state(connection: Connection) -> SchemaState:
    """How the schema of this database compares with the one that this code was written for."""
    heads, known = _steps(folder("migrations"))
    there = frozenset(MigrationContext.configure(connection).get_current_heads())
    if not there:
        return SchemaState.EMPTY
    if there == heads:
        return SchemaState.CURRENT
    return SchemaState.OLDER if there <= known else SchemaState.NEWER
