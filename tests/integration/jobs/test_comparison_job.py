"""Comparing schools as a job: nothing is locked while it is computed, and it is made once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from survey.audit_log import Event, EventName
from survey.campaigns.models import Programme
from survey.database import begin, read
from survey.jobs.models import Job
from survey.jobs.states import JobState
from survey.organisations.models import Member, School
from survey.permissions import Role
from survey.releases.job_subjects import DRAWING
from survey.releases.models import StoredComparison
from survey.reports.comparisons import jobs as comparison_jobs
from survey.reports.comparisons import operations as comparison_operations
from tests.integration.reports.comparisons.test_operations import Place, five_released
from tests.integration.reports.markup import check_page, read_page
from tests.integration.reports.schools import add_programme
from tests.jobs import run_jobs
from tests.world import World, sign_in

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def place(app: Flask, world: World) -> Iterator[Place]:
    """Five schools of an authority with a report each; its analyst is the world's."""
    with app.test_request_context():
        with begin() as db:
            programme = add_programme(db)
            found = Place((programme.authority_id, programme.programme_id))
            member = db.scalars(select(Member).filter_by(email=world.email(Role.ANALYST))).one()
            member.memberships[0].authority_id = programme.authority_id
        five_released(found)
        yield found


@pytest.fixture
def analyst(client: FlaskClient, world: World, place: Place) -> FlaskClient:
    sign_in(client, world.email(Role.ANALYST))
    return client


def address(place: Place, what: str = "") -> str:
    authority_id, programme_id = place.key
    return f"/authorities/{authority_id}/programmes/{programme_id}/waves/1/{what}"


def stored(place: Place) -> StoredComparison | None:
    read().rollback()
    return read().get(StoredComparison, (*place.key, 1))


def test_it_is_put_on_the_queue_and_made_once(
    app: Flask, analyst: FlaskClient, place: Place
) -> None:
    for _press in range(2):
        assert analyst.post(address(place, "compare")).location == address(place)
    assert stored(place) is None, "the page itself compares nothing"
    page = analyst.get(address(place))
    check_page(read_page(page.text), "en")
    assert "The schools are being compared" in page.text
    assert 'http-equiv="refresh"' in page.text
    assert run_jobs(app) == 1
    assert stored(place) is not None
    read().rollback()
    made = select(func.count()).where(Event.name == EventName.COMPARISON_RELEASED)
    assert read().scalar(made) == 1
    assert analyst.post(address(place, "compare")).status_code == 409


def test_students_can_send_while_schools_are_compared(
    app: Flask, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared, others = comparison_operations.compared, list[str]()

    def write_meanwhile(prepared: comparison_operations.PreparedComparison) -> object:
        with app.app_context(), begin() as db:  # it would wait for the lock and fail
            db.get_one(Programme, place.key).title += "!"
            db.flush()
            db.rollback()
            others.append("written")
        return compared(prepared)

    monkeypatch.setattr(comparison_operations, "compared", write_meanwhile)
    ask(place)
    run_jobs(app)
    assert others == ["written"]
    assert stored(place) is not None


def test_a_school_that_changes_meanwhile_is_not_compared_as_it_was(
    app: Flask, analyst: FlaskClient, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared = comparison_operations.compared

    def rename_meanwhile(prepared: comparison_operations.PreparedComparison) -> object:
        with app.app_context(), begin() as db:
            school = db.scalars(select(School).filter_by(authority_id=place.key[0])).first()
            assert school is not None
            school.names_itself = True
        return compared(prepared)

    monkeypatch.setattr(comparison_operations, "compared", rename_meanwhile)
    ask(place)
    run_jobs(app)
    assert stored(place) is None
    read().rollback()
    assert read().scalars(select(Job).filter_by(kind="comparison")).one().state is JobState.FAILED
    page = analyst.get(address(place)).text
    assert "The comparison was not made" in page
    assert "Something changed at a school" in page


def ask(place: Place) -> None:
    with begin() as db:
        subject = comparison_jobs.subject_of(*place.key, 1)
        comparison_jobs.job_operations.enqueue(db, comparison_jobs.COMPARISON, subject, by=None)


@pytest.mark.slow
def test_its_charts_and_pages_are_made_by_the_next_job(
    app: Flask, analyst: FlaskClient, place: Place
) -> None:
    """In the request of a worker, which is for no page of reports."""
    member = read().scalars(select(Member).join(Member.memberships)).first()
    assert member is not None
    comparison_jobs.start(*place.key, 1, member=member)
    run_jobs(app)
    run_jobs(app, drawing=True)
    (drawing,) = read().scalars(select(Job).where(Job.kind == DRAWING)).all()
    assert (drawing.state, drawing.problem) == (JobState.DONE, None)
