"""A worker with other code than the pages: it refuses every kind of job, and the page says so."""

from __future__ import annotations

import uuid
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from survey.database import begin, read
from survey.demo import later_schools
from survey.jobs import operations, procrastinate_worker, run_job, tasks
from survey.jobs.models import Job
from survey.jobs.states import JobState
from survey.permissions import Role
from survey.releases.job_subjects import RELEASE, subject_of
from tests.jobs import HereAlone, run_jobs
from tests.world import Side, World, sign_in

UNKNOWN = "a kind of a later version"
OF_ANY_VERSION = {later_schools.SURVEY, later_schools.COMPARISON}
"""A demo continues with whatever version serves it."""


def work(app: Flask) -> None:
    """What a worker does until nothing waits that it can do: the true one of each engine."""
    with app.app_context():
        is_postgresql = read().get_bind().dialect.name == "postgresql"
        read().rollback()
    if is_postgresql:
        with HereAlone() as pool:
            procrastinate_worker.serve(app, pool, lambda: False, wait=False)
    else:
        run_jobs(app, drawing=True)


def ask_for_each_kind(side: Side) -> None:
    """A job of every kind, asked for by pages with other code, and one that is not known here."""
    names = ("school_id", "wave_id", "authority_id", "programme_id", "shared_place_id")
    subject = {name: str(uuid.uuid4()) for name in names} | {"number": 1}
    with begin() as db:
        for kind in tasks.kinds():
            task = tasks.find(kind)
            assert task is not None
            tasks.register(replace(task, stamp=lambda: "other code"))
            try:
                where = subject_of(side.school_id, side.wave_id) if kind == RELEASE else subject
                operations.enqueue(db, kind, where, by=None)
            finally:
                tasks.register(task)
        spare = tasks.find(RELEASE)
        assert spare is not None
        tasks.register(replace(spare, kind=UNKNOWN))
        operations.enqueue(db, UNKNOWN, subject, by=None)
        del tasks._tasks[UNKNOWN]


def test_every_kind_is_refused_and_the_pages_say_so(
    app: Flask, client: FlaskClient, world: World
) -> None:
    with app.test_request_context():
        ask_for_each_kind(world.own)
    work(app)
    with app.app_context():
        refused = read().scalars(select(Job).where(Job.refusals == 1)).all()
        assert {job.kind for job in refused} == {*tasks.kinds(), UNKNOWN}
        assert {(job.state, job.tries) for job in refused} == {(JobState.WAITING, 0)}
    sign_in(client, world.email(Role.OPERATOR))
    page = client.get("/operator/jobs").text
    assert page.count("A worker with another version of the software refused this.") == len(refused)
    assert UNKNOWN in page
    assert "It waits for one with the same version as the pages" in page


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_job_that_no_worker_knows_ends_in_plain_words(app: Flask, world: World) -> None:
    with app.test_request_context():
        ask_for_each_kind(world.own)
        for _time in range(run_job.MOST_REFUSALS):
            with begin() as db:
                for job in db.scalars(select(Job)):
                    job.not_before = None
            run_jobs(app, drawing=True)
        ended = read().scalars(select(Job).where(Job.refusals == run_job.MOST_REFUSALS)).all()
        assert {job.state for job in ended} == {JobState.FAILED}
        assert {job.kind for job in ended} >= {*tasks.kinds(), UNKNOWN}
        assert all("so nothing was done. Ask again" in (job.problem or "") for job in ended)


def test_every_kind_names_the_code_that_it_depends_on(app: Flask) -> None:
    with app.app_context():
        stamps = {kind: task.stamp() for kind in tasks.kinds() if (task := tasks.find(kind))}
    assert {kind for kind, stamp in stamps.items() if not stamp} == OF_ANY_VERSION
