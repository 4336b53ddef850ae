"""A button that creates something, pressed twice from one page, creates it once."""

from __future__ import annotations

import re

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from survey.campaigns.models import Campaign
from survey.database import read
from survey.permissions import Role
from tests.world import World, sign_in


def test_a_survey_is_started_once(app: Flask, client: FlaskClient, world: World) -> None:
    sign_in(client, world.email(Role.LEAD))
    new = f"/schools/{world.own.school_id}/campaigns/new"
    (number,) = re.findall(r'name="number" type="hidden" value="([^"]+)"', client.get(new).text)
    given = {"title": "Safe here?", "template": "safety 2026.3", "number": number}
    first, second = (client.post(new, data=given) for _press in range(2))
    assert first.status_code == second.status_code == 302
    assert first.location == second.location
    assert client.post(new, data=given | {"number": "7"}).status_code == 200
    with app.app_context():
        here = Campaign.school_id == world.own.school_id
        assert read().scalar(select(func.count()).select_from(Campaign).where(here)) == 2
