"""The operator's page of jobs: what waits, runs, failed and why, and the buttons that act on it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete, select

from survey.database import begin, read
from survey.jobs import operations
from survey.jobs.lease_clock import now
from survey.jobs.models import Job
from survey.jobs.operations import UNEXPECTED
from survey.jobs.states import JobState
from survey.jobs.views import UNTAKEN
from survey.permissions import Role
from survey.releases.job_subjects import RELEASE, subject_of
from tests.integration.reports.markup import Node, check_page, read_page
from tests.world import Side, World, sign_in

JOBS = "/operator/jobs"


@pytest.fixture
def operator(client: FlaskClient, world: World) -> FlaskClient:
    sign_in(client, world.email(Role.OPERATOR))
    return client


def add(app: Flask, side: Side, **values: object) -> int:
    with app.test_request_context(), begin() as db:
        subject = subject_of(side.school_id, side.wave_id)
        number = operations.enqueue(db, RELEASE, subject, by=None)
        assert number is not None
        job = db.get_one(Job, number)
        for name, value in values.items():
            setattr(job, name, value)
        return number


def page(operator: FlaskClient) -> Node:
    answer = operator.get(JOBS)
    assert answer.status_code == 200
    found = read_page(answer.text)
    check_page(found, "en")
    return found


def state(app: Flask, number: int) -> JobState:
    with app.app_context():
        return read().get_one(Job, number).state


def test_it_says_what_runs_how_far_and_what_waits(
    app: Flask, operator: FlaskClient, world: World
) -> None:
    add(app, world.own, state=JobState.RUNNING, done=3, total=12)
    add(app, world.other)
    found = page(operator)
    cards = [one.text for one in found.all("li") if "card" in one.attributes.get("class", "")]
    assert "Northmoor High School" in cards[0]
    assert "25% done" in cards[0]
    assert "Southwold High School" in cards[1]
    assert "1 job comes first." in cards[1]
    assert "Nightly upkeep" in cards[2]
    assert "The answers of a survey could not be opened." in cards[2]
    assert any(one.attributes.get("http-equiv") == "refresh" for one in found.all("meta"))


def test_an_empty_page_says_what_will_be_there(
    app: Flask, operator: FlaskClient, world: World
) -> None:
    with app.app_context(), begin() as db:
        db.execute(delete(Job))
    found = page(operator)
    assert "Nothing is waiting." in found.text
    assert not any(one.attributes.get("http-equiv") == "refresh" for one in found.all("meta"))


def test_it_is_linked_from_the_start_page(operator: FlaskClient) -> None:
    assert f'href="{JOBS}"' in operator.get("/operator/").text


def test_a_job_is_cancelled_and_tried_again(
    app: Flask, operator: FlaskClient, world: World
) -> None:
    number = add(app, world.own)
    assert operator.post(f"{JOBS}/{number}/cancel").location == JOBS
    assert state(app, number) is JobState.CANCELLED
    assert "The job is cancelled." in operator.get(JOBS).text
    assert operator.post(f"{JOBS}/{number}/cancel").status_code == 409
    assert operator.post(f"{JOBS}/{number}/retry").location == JOBS
    with app.app_context():
        newest = read().scalars(select(Job).order_by(Job.job_id.desc())).first()
        assert newest is not None
        assert (newest.state, newest.kind) == (JobState.WAITING, RELEASE)
    log = operator.get("/operator/log").text
    assert "Cancelled a job" in log
    assert "Started a job again" in log
    assert operator.post(f"{JOBS}/{newest.job_id}/retry").status_code == 409
    assert operator.post(f"{JOBS}/4711/cancel").status_code == 404


def test_a_failure_of_ours_points_to_the_log_by_number(
    app: Flask, operator: FlaskClient, world: World
) -> None:
    number = add(app, world.own, state=JobState.FAILED, problem=UNEXPECTED)
    assert f"the details of job {number}" in page(operator).text


def test_jobs_that_nobody_takes_are_noticed(
    app: Flask, operator: FlaskClient, world: World
) -> None:
    number = add(app, world.own)
    assert "No worker seems to be running" not in page(operator).text
    with app.app_context(), begin() as db:
        job = db.get_one(Job, number)
        job.asked_at = job.heard_at = now(db) - UNTAKEN - timedelta(seconds=5)
    assert "No worker seems to be running" in page(operator).text
