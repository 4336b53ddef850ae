"""A worker on PostgreSQL: Procrastinate hands it jobs, and to any number of others on any machines.

Procrastinate knows which worker is alive by its heartbeat, and hands the job of a dead one to
another; the lease of the job itself (`running`) decides who may store something.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

import procrastinate
from flask import Flask
from procrastinate import exceptions, retry
from procrastinate.jobs import Job as QueuedJob
from sqlalchemy import make_url, text
from sqlalchemy.exc import DBAPIError

from survey.database import begin, connect_arguments
from survey.jobs import delivery, schedule
from survey.jobs import run_job as running
from survey.jobs.delivery import QUEUE, RUN
from survey.jobs.lease_clock import now
from survey.jobs.process_pool import ProcessPool
from survey.jobs.run_job import JobOutcome
from survey.postgresql import conninfo

FIRST = 100
"""The priority of tending: cut-off work is found before other work is begun."""

HEARTBEAT, STALLED = 5, 20
"""Seconds between heartbeats of a worker, and after which its silence counts as its death."""

EVERY = "* * * * * */10"
"""How often the workers look for work that was cut off, and for what the clock asks: every ten
seconds."""

NOTHING_PREPARED = {"prepare_threshold": None}
"""A pooler in between may give each statement another connection to the server."""

STOP_SECONDS = 1.0
AFTER_TROUBLE = 10


class NotYetDueError(Exception):
    """The job is to be tried again after a while."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"again in {seconds} s")
        self.seconds = seconds


class RetrySoon(retry.BaseRetryStrategy):
    """A job that could not be taken, or whose worker stopped, is tried again."""

    def get_retry_decision(
        self,
        *,
        exception: BaseException,
        job: QueuedJob,  # noqa: ARG002
    ) -> retry.RetryDecision | None:
        if isinstance(exception, NotYetDueError):
            return retry.RetryDecision(retry_in={"seconds": exception.seconds})
        if isinstance(exception, DBAPIError):
            return retry.RetryDecision(retry_in={"seconds": AFTER_TROUBLE})
        return None


LATER = {
    JobOutcome.GIVEN_BACK: 0,
    JobOutcome.HELD: 5,
    JobOutcome.REFUSED: int(running.AFTER_REFUSAL.total_seconds()),
}


def serve(
    app: Flask, pool: ProcessPool, is_stopping: Callable[[], bool], *, wait: bool = True
) -> None:
    """Works until it is stopped; without `wait`, until nothing waits."""
    logging.getLogger("procrastinate").setLevel(logging.WARNING)
    queue = _worker_app(app, pool, is_stopping)
    asyncio.run(_serve(queue, is_stopping, wait))


async def _serve(queue: procrastinate.App, is_stopping: Callable[[], bool], wait: bool) -> None:
    async with queue.open_async():
        work = asyncio.create_task(
            queue.run_worker_async(
                queues=[QUEUE],
                wait=wait,
                delete_jobs="always",
                install_signal_handlers=False,
                update_heartbeat_interval=HEARTBEAT,
                stalled_worker_timeout=STALLED,
            )
        )
        while not work.done():
            await asyncio.wait([work], timeout=STOP_SECONDS)
            if is_stopping() and not work.done():
                work.cancel()  # fetches nothing more; the job that runs is given back by itself
                await asyncio.gather(work, return_exceptions=True)
        if not work.cancelled():
            work.result()


def _worker_app(
    app: Flask, pool: ProcessPool, is_stopping: Callable[[], bool]
) -> procrastinate.App:
    with app.app_context():
        address = _address(app)
    queue = procrastinate.App(
        connector=procrastinate.PsycopgConnector(conninfo=address, kwargs=NOTHING_PREPARED)
    )

    def run_job(job_id: int) -> None:
        outcome = running.run_one(app, job_id, pool, is_stopping)
        if outcome in LATER:
            raise NotYetDueError(LATER[outcome])

    def tend_ours(timestamp: int) -> None:  # noqa: ARG001  given to every periodic task
        tend(app)

    async def rescue(timestamp: int) -> None:  # noqa: ARG001
        stalled = await queue.job_manager.get_stalled_jobs(seconds_since_heartbeat=STALLED)
        for job in stalled:
            try:
                await queue.job_manager.retry_job(job)
            except exceptions.ConnectorException:  # another worker was first
                continue

    queue.task(name=RUN, queue=QUEUE, retry=RetrySoon())(run_job)
    for name, function in (("tend", tend_ours), ("rescue", rescue)):
        tending = queue.task(name=name, queue=QUEUE, queueing_lock=name, priority=FIRST)
        queue.periodic(cron=EVERY, periodic_id=name)(tending(function))
    return queue


def _address(app: Flask) -> str:
    """The address of the database, with how long a server that does not answer is waited for."""
    address: str = app.extensions["settings"].database_url
    return conninfo(
        make_url(address).update_query_dict(
            {name: str(value) for name, value in connect_arguments(address).items()}
        )
    )


LOST = text(
    "SELECT job_id FROM job WHERE (state = 'waiting' OR (state = 'running'"
    " AND heard_at NOT BETWEEN :at - interval '1 minute' AND :at + interval '1 minute'))"
    " AND NOT EXISTS ("
    " SELECT 1 FROM procrastinate_jobs queued WHERE queued.task_name = :task"
    " AND queued.status IN ('todo', 'doing')"
    " AND queued.args ->> 'job_id' = job.job_id::text)"
)
"""Jobs that wait, or whose attempt is silent, and are on no queue: of a database that was moved or
restored."""

SET_RIGHT = (
    text(
        "UPDATE procrastinate_workers SET last_heartbeat = now()"
        " WHERE last_heartbeat > now() + interval '1 minute'"
    ),
    text(
        "UPDATE procrastinate_jobs SET scheduled_at = now()"
        " WHERE status = 'todo' AND scheduled_at > now() + interval '10 minutes'"
    ),
)
"""Times to come, which a clock that was ahead wrote. Until then a dead worker would count as
alive, and a job that is to be tried again would wait."""


def tend(app: Flask) -> None:
    """Puts on the queue what the clock asks for, and what fell off it."""
    with app.app_context():
        with begin() as db:
            schedule.enqueue_due(db)
        with begin() as db:
            for statement in SET_RIGHT:
                db.execute(statement)
        with begin() as db:
            for job_id in db.scalars(LOST, {"task": RUN, "at": now(db)}).all():
                delivery.defer(db, job_id)
