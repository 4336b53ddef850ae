"""The checks behind /ready, /metrics, the start of a server and `safer-places doctor`.

A finding says how a part of the service is, and what the operator can do. It holds no secret and
nothing of a school or a student, so that it can be shown to anyone.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from pathlib import Path

from sqlalchemy import Connection, Engine, func, make_url, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from survey.jobs import schedule
from survey.jobs.lease_clock import now
from survey.jobs.models import Job
from survey.jobs.states import JobState
from survey.serving import last_runs
from survey.serving.exit_codes import Stop, StopReason
from survey.serving.last_runs import RunName
from survey.serving.schema import SchemaState, schema_state
from survey.settings import SQLITE, Settings

MEGABYTE = 1024 * 1024
NO_ROOM, LITTLE_ROOM = 50 * MEGABYTE, 1024 * MEGABYTE
"""Bytes free: below the first, Send may fail at any time; below the second, room is needed soon."""

HOUSEKEEPING_IS_LATE = timedelta(hours=36)
"""It runs once a day. One late night is not yet a problem."""


WORK_WAITS_LONG, WORKER_IS_SILENT = timedelta(minutes=5), timedelta(minutes=2)

HEARD = (
    "SELECT count(*) FROM procrastinate_workers WHERE last_heartbeat"
    " BETWEEN now() - interval '1 minute' AND now() + interval '1 minute'"
)
CORRECT_THE_CLOCK = "See that date and time are right, then run safer-places housekeeping."
START_A_WORKER = "Start safer-places worker, or look at why it ended: it logs that."


class CheckState(StrEnum):
    OK = "ok"
    WARNING = "warning"
    FAILING = "failing"


@dataclass(frozen=True)
class CheckResult:
    """How one part of the service is. `reason` is the exit code that a server would end with."""

    name: str
    state: CheckState
    words: str
    advice: str = ""
    reason: StopReason = StopReason.DATABASE


Accepts = Callable[[Connection], bool]


def never(_connection: Connection) -> bool:
    """What accepts no newer schema."""
    return False


def examine(engine: Engine, options: Settings, accepts: Accepts = never) -> tuple[CheckResult, ...]:
    """What /ready shows. Without a database, only what can be seen without it. `accepts` says of a
    newer schema whether a server that runs continues with it; none starts with it."""
    disk = check_disk(options)
    database, schema = check_database(engine, accepts)
    if database.state is CheckState.FAILING and disk.state is CheckState.FAILING:
        return (disk, database, schema)  # a disk without room is why the file cannot be opened
    if database.state is CheckState.FAILING or schema.state is CheckState.FAILING:
        return (database, schema, disk)
    try:
        with Session(engine) as db:
            return (database, schema, disk, check_worker(db), check_housekeeping(db))
    except DBAPIError as problem:  # gone since then, or damaged where the schema is not
        stop = Stop.of_database(problem)
        return (
            CheckResult("database", CheckState.FAILING, str(stop), reason=stop.reason),
            schema,
            disk,
        )


UNKNOWN = CheckResult(
    "schema", CheckState.WARNING, "The schema is not known, because the database does not answer."
)

SCHEMAS = {
    SchemaState.CURRENT: CheckResult(
        "schema", CheckState.OK, "The schema is that of this release."
    ),
    SchemaState.EMPTY: CheckResult(
        "schema",
        CheckState.FAILING,
        "The database is empty.",
        "Run safer-places migrate, then start again.",
        StopReason.SCHEMA,
    ),
    SchemaState.OLDER: CheckResult(
        "schema",
        CheckState.FAILING,
        "The database is older than this release.",
        "Make a backup, run safer-places migrate, then start again.",
        StopReason.SCHEMA,
    ),
    SchemaState.NEWER: CheckResult(
        "schema",
        CheckState.FAILING,
        "The database is newer than this release.",
        "Install the release that migrated it, or a later one.",
        StopReason.SCHEMA,
    ),
}

MIGRATED = CheckResult(
    "schema",
    CheckState.WARNING,
    "The database was migrated to a later release, with which this one goes on.",
    "Restart this server with the later release.",
)
NOT_WRITTEN = CheckResult(
    "database",
    CheckState.FAILING,
    "The database can be read and not written.",
    "See that default_transaction_read_only is off and that the account owns the tables.",
)
CAN_WRITE = (
    "SELECT current_setting('transaction_read_only') = 'off'"
    " AND coalesce(has_table_privilege(to_regclass('access_code'), 'UPDATE'), true)"
)
"""Of PostgreSQL. A schema without that table is found by a separate check."""


def check_database(engine: Engine, accepts: Accepts = never) -> tuple[CheckResult, CheckResult]:
    """Whether the database answers and can be written, and whether its schema is that of this
    release."""
    if (missing := missing_file(engine)) is not None:
        return (
            CheckResult(
                "database",
                CheckState.FAILING,
                f"There is no database at {missing}.",
                "If it was never made, run safer-places migrate. If it was, bring the file back,"
                " with its -wal file, or correct SURVEY_DATABASE_URL.",
                StopReason.SCHEMA,
            ),
            UNKNOWN,
        )
    try:
        with engine.connect() as connection:
            schema = SCHEMAS[schema_state(connection)]
            is_postgresql = engine.dialect.name == "postgresql"
            is_copy = is_postgresql and connection.scalar(text("SELECT pg_is_in_recovery()"))
            is_written = not is_postgresql or connection.scalar(text(CAN_WRITE))
            if schema is SCHEMAS[SchemaState.NEWER] and accepts(connection):
                schema = MIGRATED
    except DBAPIError as problem:
        stop = Stop.of_database(problem)
        return CheckResult("database", CheckState.FAILING, str(stop), reason=stop.reason), UNKNOWN
    if is_copy:
        return STANDBY, schema
    return CheckResult(
        "database", CheckState.OK, "The database answers."
    ) if is_written else NOT_WRITTEN, schema


STANDBY = CheckResult(
    "database",
    CheckState.FAILING,
    "The database is a standby, which cannot be written.",
    "Name all servers in SURVEY_DATABASE_URL: the one that can be written is then chosen.",
)


def missing_file(engine: Engine) -> Path | None:
    """The file of SQLite, if it is not there or holds nothing: the app makes an empty one at its
    start. To connect would delete what is left of the old one in its -wal file."""
    name = engine.url.database
    if engine.dialect.name != "sqlite" or not name or name == ":memory:":
        return None
    path = Path(name)
    return None if path.exists() and path.stat().st_size else path


def written_folders(options: Settings) -> tuple[Path, ...]:
    """The folders on this machine that the service writes to."""
    found = [options.keys_at, options.ledger_file.parent]
    url = make_url(options.database_url)
    if options.database_url.startswith(SQLITE) and url.database:
        found.append(Path(url.database).parent)
    return tuple(dict.fromkeys(found))


def check_disk(options: Settings) -> CheckResult:
    """Whether the folders that the service writes to have room and can be written."""
    free = []
    for folder in written_folders(options):
        try:
            free.append(shutil.disk_usage(folder).free)
            is_read_only = bool(os.statvfs(folder).f_flag & os.ST_RDONLY)
        except OSError:
            is_read_only = True
        if is_read_only or not _may_use(folder, os.W_OK | os.X_OK):
            return CheckResult(
                "disk",
                CheckState.FAILING,
                f"{folder} is not there or cannot be written.",
                "Check its owner and mode, and that its disk is not mounted read-only.",
                StopReason.DISK,
            )
    ledger = options.ledger_file
    if ledger.exists() and not _may_use(ledger, os.R_OK | os.W_OK):
        return CheckResult(
            "disk",
            CheckState.FAILING,
            f"{ledger}, the list of published reports, cannot be read and written.",
            "Check its owner and mode.",
            StopReason.DISK,
        )
    least = min(free)
    words = f"{least // MEGABYTE} MB are free."
    if least < NO_ROOM:
        return CheckResult("disk", CheckState.FAILING, words, "Make room at once.", StopReason.DISK)
    if least < LITTLE_ROOM:
        return CheckResult("disk", CheckState.WARNING, words, "Make room in the next days.")
    return CheckResult("disk", CheckState.OK, words)


def check_worker(db: Session) -> CheckResult:
    """Whether long work is taken up. With PostgreSQL each worker says every few seconds that it is
    there; with SQLite the pages start one when there is work."""
    at = now(db)
    waits = db.scalar(
        select(func.min(func.coalesce(Job.not_before, Job.asked_at))).where(
            Job.state == JobState.WAITING
        )
    )
    works = Job.heard_at.between(at - WORKER_IS_SILENT, at + WORKER_IS_SILENT)
    heard = select(Job.job_id).where(Job.state == JobState.RUNNING, works).limit(1)
    is_heard = db.scalar(heard) is not None
    if db.get_bind().dialect.name == "postgresql":
        is_heard = is_heard or bool(db.scalar(text(HEARD)))
        if not is_heard:
            return CheckResult("worker", CheckState.WARNING, "No worker runs.", START_A_WORKER)
    if waits is not None and at - waits > WORK_WAITS_LONG and not is_heard:
        return CheckResult(
            "worker", CheckState.WARNING, "Work waits and is not taken up.", START_A_WORKER
        )
    return CheckResult("worker", CheckState.OK, "Long work is taken up.")


def _may_use(path: Path, how: int) -> bool:
    by_effect = os.access in os.supports_effective_ids
    return os.access(path, how, effective_ids=by_effect)


def check_housekeeping(db: Session) -> CheckResult:
    """Whether housekeeping ran in the last night, and did all of its work."""
    run = last_runs.last(db, RunName.HOUSEKEEPING)
    advice = "A worker does it every night. Run safer-places housekeeping now, and see the worker."
    if run is None:
        return CheckResult(
            "housekeeping", CheckState.WARNING, "Housekeeping has never run.", advice
        )
    if run.ago < -schedule.AHEAD:
        words = "Housekeeping ran at a time that has not come: the clock was wrong then, or is now."
        return CheckResult("housekeeping", CheckState.WARNING, words, CORRECT_THE_CLOCK)
    hours = int(run.ago.total_seconds() // 3600)
    words = f"Housekeeping ran {hours} hours ago."
    if schedule.is_paused(db):
        words += " Nothing is closed or erased by itself after so long a time."
        return CheckResult("housekeeping", CheckState.WARNING, words, CORRECT_THE_CLOCK)
    if run.ago > HOUSEKEEPING_IS_LATE:
        return CheckResult("housekeeping", CheckState.WARNING, words, advice)
    if run.problems:
        return CheckResult(
            "housekeeping",
            CheckState.WARNING,
            f"{words} It could not finish {run.problems} things.",
            "Run safer-places housekeeping by hand: it names them.",
        )
    return CheckResult("housekeeping", CheckState.OK, words)


def refuse_to_start(engine: Engine, options: Settings) -> None:
    """Raises a `Stop` for the first thing that keeps a server from serving."""
    for finding in examine(engine, options):
        if finding.state is CheckState.FAILING:
            raise Stop(finding.reason, f"{finding.words} {finding.advice}".strip())
    _refuse_no_writing(engine)


def refuse_other_schema(engine: Engine) -> None:
    """Raises a `Stop` if the schema is another. A database that does not answer is no reason for a
    server that runs to lose a worker that was started again."""
    with suppress(DBAPIError), engine.connect() as connection:
        finding = SCHEMAS[schema_state(connection)]
        if finding.state is CheckState.FAILING:
            raise Stop(finding.reason, f"{finding.words} {finding.advice}")


def _refuse_no_writing(engine: Engine) -> None:
    """Writes to a SQLite file and takes it back: one that cannot be written refuses that."""
    if engine.dialect.name != "sqlite":
        return
    try:
        with engine.connect() as connection:
            connection.execution_options(isolation_level="AUTOCOMMIT")
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            connection.exec_driver_sql("UPDATE alembic_version SET version_num = version_num")
            connection.exec_driver_sql("ROLLBACK")
    except DBAPIError as problem:
        if "locked" not in str(problem.orig):  # another process writes, so it can be written
            raise Stop.of_database(problem) from problem
