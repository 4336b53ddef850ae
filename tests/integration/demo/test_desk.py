"""The demo's help desk: students can ask, and the printed reading password opens what came."""

from __future__ import annotations

from html import unescape

import pytest
from flask import Flask

from survey.database import begin, today
from survey.demo.simulated_help_requests import CAME, READING_PASSWORD, fill_desk
from survey.organisations.help_desk import change_desk
from survey.organisations.models import Nation, Phase
from survey.organisations.operations import add_member, add_school
from survey.permissions import Role
from tests.world import PASSWORD, World, sign_in


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_demo_shows_requests_to_who_has_the_printed_reading_password(
    app: Flask, world: World
) -> None:
    with app.app_context(), begin() as db:
        school = add_school(
            db, name="Weirside", nation=Nation.ENGLAND, phase=Phase.SECONDARY, roll={},
            authority_id=None, by=None,
        )  # fmt: skip
        school_id = school.school_id
        for role in (Role.LEAD, Role.COORDINATOR):
            add_member(
                db, email=f"{role}@demo.example", name="Demo", role=role, password=PASSWORD,
                school_id=school_id, by=None,
            )  # fmt: skip
        word = change_desk(
            db, school_id=school_id, is_open=True, who="Ms Okafor", hours="daily", by=None
        ).word
        fill_desk(db, school_id=school_id, today=today())
    client = app.test_client()
    assert client.get(f"/ask/{word}").status_code == 200
    sign_in(client, "lead@demo.example")
    start = unescape(client.get(f"/schools/{school_id}/").get_data(as_text=True))
    assert "2 students ask an adult to get in touch" in start
    assert "has changed" not in start
    inbox = f"/schools/{school_id}/help-requests/"
    shown = client.post(f"{inbox}open", data={"password": READING_PASSWORD}, follow_redirects=True)
    html = shown.get_data(as_text=True)
    assert html.count('<li class="card request">') == len(CAME)
    assert html.count("Wants to see someone today") == 1
