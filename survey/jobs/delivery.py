"""Handing a job to a worker, in the transaction of the caller: so it is on the queue exactly if
what the caller wrote is kept.

On PostgreSQL that is Procrastinate's queue. Its tables hold the number of a job and its key, which
names a school and a survey, and are emptied as jobs end. On SQLite the worker reads the table of
jobs itself.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey.jobs import tasks
from survey.jobs.models import Job

QUEUE, RUN = "jobs", "run_job"
"""The names of the queue, and of the task that runs a job."""


def deliver(db: Session, job_id: int) -> None:
    if db.get_bind().dialect.name == "postgresql":
        defer(db, job_id)


def defer(db: Session, job_id: int) -> None:
    """Puts a job on Procrastinate's queue."""
    kind, key = db.execute(select(Job.kind, Job.key).where(Job.job_id == job_id)).one()
    connection = db.connection().connection.driver_connection
    asked = _deferrer().configure_task(
        RUN,
        lock=key,
        queue=QUEUE,
        priority=int(kind in tasks.that_go_first()),
        connection=connection,
    )
    asked.defer(job_id=job_id)


@cache
def _deferrer() -> Any:
    """Writes to a connection that it is given, and opens none itself."""
    import procrastinate  # installed with PostgreSQL's driver

    return procrastinate.App(connector=procrastinate.SyncPsycopgConnector())
