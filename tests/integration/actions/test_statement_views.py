"""A red statement of the self-assessment leads to an action that no survey figure measures."""

from __future__ import annotations

from datetime import date

import pytest
from flask import Flask
from flask.testing import FlaskClient

from survey.actions.models import Action, SubjectKind
from survey.database import begin, read
from survey.permissions import Role
from survey.self_assessment import operations
from survey.self_assessment.models import Light
from survey.self_assessment.operations import StatementAnswer
from tests.integration.reports.school.test_views import publish
from tests.unit.reports.samples import sample
from tests.world import World, sign_in

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
GSHS = ("gshs", "2018.1")
PLAN = {
    "found": "Only teachers are trained.",
    "goal": "Everybody who works here is trained",
    "owner": "Deputy head",
    "steps_taken": "A morning in January for lunch staff and the gate",
    "due_on": "2027-02-12",
    "language": "en",
}


@pytest.fixture
def lead(app: Flask, client: FlaskClient, world: World) -> FlaskClient:
    with app.app_context(), begin() as db:
        assessment = operations.find(db, world.own.school_id, world.own.assessment_id)
        said = {"training": StatementAnswer(Light.RED, "", "Deputy head", date(2026, 11, 1))}
        operations.save(db, assessment=assessment, said=said, by=None)
    sign_in(client, world.email(Role.LEAD))
    return client


def address(world: World, end: str = "") -> str:
    return f"/schools/{world.own.school_id}/assessments/{world.own.assessment_id}/{end}"


def test_a_red_statement_leads_to_an_action(app: Flask, lead: FlaskClient, world: World) -> None:
    publish(app, world.own, *sample(GSHS))
    act = address(world, "act/training")
    assert f'href="{act}"' in lead.get(address(world)).text
    assert "act/policy" not in lead.get(address(world)).text, "it has no light"
    assert "Deputy head" in lead.get(act).text
    sent = lead.post(act, data=PLAN)
    assert sent.status_code in (302, 303), sent.text
    page = lead.get(sent.headers["Location"]).text
    assert "Self-assessment: Leadership and systems" in page
    assert "The next self-assessment shows whether it changed." in page
    with app.app_context():
        action = read().query(Action).filter_by(kind=SubjectKind.STATEMENT).one()
        assert (action.subject, action.measured_table) == ("training", "")
    listed = lead.get(f"/schools/{world.own.school_id}/campaigns/{world.own.campaign_id}/actions/")
    assert "Self-assessment: Leadership and systems" in listed.text


def test_it_waits_for_a_report_and_for_a_statement_there_is(
    lead: FlaskClient, world: World
) -> None:
    early = lead.get(address(world, "act/training"))
    assert early.status_code == 409
    assert "Actions begin with a report" in early.text
    assert lead.get(address(world, "act/nothing")).status_code == 404


def test_a_red_statement_whose_day_has_passed_is_on_the_start_page(
    lead: FlaskClient, world: World
) -> None:
    page = lead.get(f"/schools/{world.own.school_id}/").text
    assert "Self-assessment: Leadership and systems" in page
    assert "days overdue" in page
