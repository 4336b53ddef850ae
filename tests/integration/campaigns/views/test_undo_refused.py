"""What the database itself refuses to delete is a sentence, on both engines. After an error
PostgreSQL reads nothing more in the same transaction, not even the language of the person."""

from __future__ import annotations

import uuid

import pytest
from flask import Flask
from flask.testing import FlaskClient

from survey.actions.models import StudentsPage
from survey.database import today
from survey.permissions import Role
from tests.integration.campaigns.schools import words, writing
from tests.integration.organisations.pages import without_forgery_check
from tests.integration.responses.doors import raw_rows
from tests.world import World, sign_in


@pytest.fixture
def lead(client: FlaskClient, world: World) -> FlaskClient:
    sign_in(client, world.email(Role.LEAD))
    without_forgery_check(client)
    return client


def test_a_survey_that_students_read_of_is_not_discarded(
    app: Flask, lead: FlaskClient, world: World
) -> None:
    given = {"title": "By mistake", "template": "safety 2026.3"}
    draft = lead.post(f"/schools/{world.own.school_id}/campaigns/new", data=given).location
    campaign_id = uuid.UUID(draft.split("/campaigns/")[1][:36])
    with writing(app) as db:
        db.add(
            StudentsPage(
                school_id=world.own.school_id,
                campaign_id=campaign_id,
                word="acorns",
                opened_on=today(),
            )
        )
    before = raw_rows(app, "campaign")
    answer = lead.post(draft.replace("/draft/", "/discard"))
    assert answer.status_code == 409
    assert "belongs to this survey" in words(answer.text)
    assert raw_rows(app, "campaign") == before
    assert lead.get(draft).status_code == 200
