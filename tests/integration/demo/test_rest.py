"""What is left of the demo is on the queue once, and says how far it is."""

from __future__ import annotations

import uuid

import pytest
from flask import Flask

from survey.campaigns.models import Programme
from survey.database import begin
from survey.demo import fill_demo, later_schools, surveys
from survey.jobs.models import Job
from survey.jobs.states import JobState
from survey.responses.ballot_box.opening import BoxesNotSweptError


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_is_left_is_on_the_queue_once_and_counted(app: Flask) -> None:
    with app.app_context():
        programme_id, school_ids = fill_demo.add_organisations()
    with app.app_context(), begin() as db:
        programme = db.query(Programme).filter_by(programme_id=programme_id).one()
        assert later_schools.progress(db) is None
        later_schools.ask(db, programme, school_ids)
        later_schools.ask(db, programme, school_ids)
        jobs = db.query(Job).order_by(Job.job_id).all()
        assert len(jobs) == 2 * len(school_ids)
        assert later_schools.progress(db) == (0, len(jobs))
        jobs[0].state = JobState.DONE
        db.flush()
        assert later_schools.progress(db) == (1, len(jobs))
        for job in jobs:
            job.state = JobState.DONE
        db.flush()
        assert later_schools.progress(db) is None


@pytest.mark.parametrize("failures", [0, 2, 3])
def test_a_visitor_who_reads_meanwhile_only_delays_a_survey_of_the_demo(
    monkeypatch: pytest.MonkeyPatch, failures: int
) -> None:
    calls = []

    def finish(**given: object) -> None:
        calls.append(given)
        if len(calls) <= failures:
            raise BoxesNotSweptError("read")

    monkeypatch.setattr(surveys.opening, "finish", finish)
    monkeypatch.setattr(surveys, "MOST_WAITS", 2)
    monkeypatch.setattr(surveys, "WAIT_SECONDS", 0)
    if failures > 2:
        with pytest.raises(BoxesNotSweptError):
            surveys._finish_close(uuid.uuid4(), uuid.uuid4())
    else:
        surveys._finish_close(uuid.uuid4(), uuid.uuid4())
    assert len(calls) == min(failures, 2) + 1
