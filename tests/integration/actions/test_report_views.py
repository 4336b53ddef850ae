"""A lead plans an action from the report, moves it on, and sees its figure wave by wave."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from functools import cache

import pytest
from flask import Flask
from flask.testing import FlaskClient

from survey.actions.models import Action
from survey.actions.operations import find_action
from survey.actions.states import ActionState
from survey.actions.targets import groups_of
from survey.database import begin, read
from survey.disclosure.release import Release
from survey.permissions import Role
from survey.questionnaires.load import load_all
from survey.questionnaires.model import Inside
from survey.reports.school.report_data import ReportData
from tests.integration.reports.markup import Node, check_page, read_page
from tests.integration.reports.school.test_views import publish
from tests.integration.reports.waves import add_wave
from tests.unit.disclosure.policies import TENS
from tests.unit.reports import samples
from tests.unit.reports.samples import sample
from tests.world import Side, World, sign_in

SAFETY = ("safety", "2026.3")
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

WRITTEN = {
    "found": "Toilets: a third feel unsafe.",
    "figure": "B2.toilets feel_unsafe",
    "group": "all",
    "goal": "Nobody avoids the toilets at break",
    "owner": "Ms Okafor",
    "steps_taken": "An adult stands outside at break.",
    "due_on": "2027-01-29",
    "other_signs": "Fewer late slips",
    "we_did": "The locks are mended.",
    "language": "en",
}


@pytest.fixture
def lead(client: FlaskClient, world: World) -> FlaskClient:
    sign_in(client, world.email(Role.LEAD))
    return client


@cache
def treated() -> Release:
    """The same school when hardly anyone feels unsafe in the toilets any more."""
    before = samples.UNSAFE["toilets"]
    samples.UNSAFE["toilets"] = 3
    try:
        return samples.release_of(load_all()[SAFETY], TENS)
    finally:
        samples.UNSAFE["toilets"] = before


def list_of(side: Side) -> str:
    return f"/schools/{side.school_id}/campaigns/{side.campaign_id}/actions/"


def new_of(side: Side, kind: str, key: str) -> str:
    return f"/schools/{side.school_id}/waves/{side.wave_id}/act/{kind}/{key}"


def page_of(side: Side, page: str = "") -> str:
    return f"/schools/{side.school_id}/actions/{side.action_id}{page}"


def fetch(client: FlaskClient, address: str) -> Node:
    answer = client.get(address)
    assert answer.status_code == 200, answer.text[:400]
    page = read_page(answer.text)
    check_page(page, "en")
    return page


def without_actions(app: Flask, side: Side) -> None:
    with app.app_context(), begin() as db:
        db.delete(find_action(db, side.school_id, side.action_id))


def written(app: Flask, side: Side) -> Action:
    with app.app_context():
        (action,) = read().query(Action).filter_by(school_id=side.school_id).all()
        return action


def value_of(page: Node, name: str) -> str:
    (area,) = (one for one in page.all("textarea") if one.attributes["name"] == name)
    return area.text


def errors_of(page: Node) -> list[str]:
    return [one.text for one in page.all("p") if one.attributes.get("class") == "error"]


def test_without_a_report_the_list_says_where_actions_come_from(
    app: Flask, world: World, lead: FlaskClient
) -> None:
    without_actions(app, world.own)
    page = fetch(lead, list_of(world.own))
    assert "Actions begin with a report" in page.text
    assert not [one for one in page.all("a") if "Plan an action" in one.text]


def test_an_empty_list_leads_from_what_stands_out_in_the_newest_report(
    app: Flask, world: World, lead: FlaskClient
) -> None:
    without_actions(app, world.own)
    publish(app, world.own, *sample(SAFETY))
    page = fetch(lead, list_of(world.own))
    leads = [one for one in page.all("a") if one.text.startswith("Plan an action")]
    assert len(leads) == 6
    assert new_of(world.own, "place", "toilets") in [one.attributes["href"] for one in leads]
    assert new_of(world.own, "theme", "BULLY") in [one.attributes["href"] for one in leads]
    for one in leads:
        assert lead.get(one.attributes["href"]).status_code == 200


def test_what_has_an_action_no_longer_leads_to_one(
    app: Flask, world: World, lead: FlaskClient
) -> None:
    publish(app, world.own, *sample(SAFETY))
    page = fetch(lead, list_of(world.own))
    planned = [one.attributes["href"] for one in page.all("a") if "Plan an" in one.text]
    assert new_of(world.own, "place", "toilets") not in planned
    assert page_of(world.own) in [one.attributes["href"] for one in page.all("a")]


def test_a_new_action_begins_with_what_the_report_says(
    app: Flask, world: World, lead: FlaskClient
) -> None:
    publish(app, world.own, *sample(SAFETY))
    page = fetch(lead, new_of(world.own, "place", "toilets"))
    release, _questionnaire = sample(SAFETY)
    row = next(t for t in release.tables if t.key == "B2.toilets").rows[0]
    figure = next(box for box in row.boxes if box.key == "feel_unsafe")
    found = value_of(page, "found")
    assert re.match(r"Toilets: .* of students who go there feel unsafe or very unsafe", found)
    assert f"{figure.of_base}" in found
    chosen = [one.attributes["value"] for one in page.all("option") if "selected" in one.attributes]
    assert chosen == ["B2.toilets feel_unsafe", "all", "en"]
    assert "name no student" in page.text


def test_saved_it_is_kept_as_it_was_written(app: Flask, world: World, lead: FlaskClient) -> None:
    without_actions(app, world.own)
    publish(app, world.own, *sample(SAFETY))
    answer = lead.post(
        new_of(world.own, "place", "toilets"),
        data=WRITTEN | {"for_students": "y", "group": "year=y9"},
    )
    action = written(app, world.own)
    assert answer.status_code == 302
    assert answer.location == f"/schools/{world.own.school_id}/actions/{action.action_id}"
    assert (action.goal, action.owner) == (WRITTEN["goal"], "Ms Okafor")
    assert (action.measured_table, action.measured_answer) == ("B2.toilets", "feel_unsafe")
    assert (action.measured_group, action.for_students) == ("year=y9", True)
    assert (action.due_on, action.wave_id) == (date(2027, 1, 29), world.own.wave_id)
    page = fetch(lead, answer.location)
    assert "Year 9" in page.text
    assert [cell.attributes["data-group"] for cell in page.all("td")] == ["year=y9"]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"goal": " "}, ["Write what is to be different."]),
        ({"due_on": "soon"}, ["Write a day that is in the calendar, like 31/12/2026."]),
        ({"for_students": "y", "we_did": ""}, ["Write what students will read."]),
        ({"steps_taken": "The lock that Robin broke is mended."},
         ["Is this the name of a student? Robin. Take it out, or tick this box."]),
        ({"found": "x" * 700}, ["Use at most 600 characters."]),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_and_what_was_typed_stays(
    app: Flask,
    world: World,
    lead: FlaskClient,
    changed: Mapping[str, str],
    said: list[str],
) -> None:
    without_actions(app, world.own)
    publish(app, world.own, *sample(SAFETY))
    answer = lead.post(new_of(world.own, "place", "toilets"), data=WRITTEN | changed)
    page = read_page(answer.text)
    assert errors_of(page) == said
    assert value_of(page, "other_signs") == "Fewer late slips"
    with app.app_context():
        assert read().query(Action).filter_by(school_id=world.own.school_id).count() == 0


def test_a_name_is_kept_once_a_lead_says_that_it_is_no_students(
    app: Flask, world: World, lead: FlaskClient
) -> None:
    without_actions(app, world.own)
    publish(app, world.own, *sample(SAFETY))
    data = WRITTEN | {"steps_taken": "We asked Arriva for a light.", "checked": "y"}
    assert lead.post(new_of(world.own, "place", "toilets"), data=data).status_code == 302
    assert written(app, world.own).steps_taken == "We asked Arriva for a light."


def test_what_the_report_hides_measures_nothing(
    app: Flask, world: World, lead: FlaskClient
) -> None:
    release, questionnaire = sample(SAFETY, 0.15, 5)
    publish(app, world.own, release, questionnaire)
    reading = ReportData(release, questionnaire, "en")
    place, group = next(
        (place.key, group.key)
        for place in questionnaire.places
        for group in groups_of(reading)
        if place.inside is Inside.INSIDE
        and not reading.share(f"B2.{place.key}", "feel_unsafe", group).is_shown
    )
    answer = lead.post(
        new_of(world.own, "place", place),
        data=WRITTEN | {"figure": f"B2.{place} feel_unsafe", "group": group},
    )
    assert errors_of(read_page(answer.text)) == [
        "The report does not show this figure for this group. Choose a larger group."
    ]


@pytest.mark.parametrize(
    ("kind", "key"), [("place", "moon"), ("theme", "MOON"), ("theme", "PLACE")]
)
def test_what_the_report_has_nothing_of_cannot_be_acted_on(
    app: Flask, world: World, lead: FlaskClient, kind: str, key: str
) -> None:
    publish(app, world.own, *sample(SAFETY))
    assert lead.get(new_of(world.own, kind, key)).status_code == 404


def test_a_withdrawn_report_leads_to_no_action(app: Flask, world: World, lead: FlaskClient) -> None:
    publish(app, world.own, *sample(SAFETY), withdrawn_on=date(2026, 12, 22), notice="Wrong.")
    assert lead.get(new_of(world.own, "place", "toilets")).status_code == 409
    page = fetch(lead, page_of(world.own))
    assert "No report of this survey can be read" in page.text
    assert not list(page.all("td"))


def test_a_lead_moves_it_on_and_the_history_says_so(
    app: Flask, world: World, lead: FlaskClient
) -> None:
    publish(app, world.own, *sample(SAFETY))
    for to, note in (("under_way", "Locks ordered"), ("done", "")):
        answer = lead.post(page_of(world.own, "/move"), data={"to": to, "note": note})
        assert answer.status_code == 302
    page = fetch(lead, page_of(world.own))
    assert [one.text for one in page.all("button") if one.attributes.get("name") == "to"] == [
        "Take it up again"
    ]
    history = next(one for one in page.all("ol") if one.attributes.get("class") == "history")
    said = [one.text for one in history.all("li")]
    assert "Under way (Lead Person) Locks ordered" in said[1]
    assert said[2].endswith("Done (Lead Person)")


def test_a_move_that_is_not_legal_is_refused(app: Flask, world: World, lead: FlaskClient) -> None:
    assert (
        lead.post(page_of(world.own, "/move"), data={"to": "done", "note": ""}).status_code == 409
    )
    assert written(app, world.own).state is ActionState.PLANNED


def test_edited_it_says_the_new_words(app: Flask, world: World, lead: FlaskClient) -> None:
    publish(app, world.own, *sample(SAFETY))
    page = fetch(lead, page_of(world.own, "/edit"))
    assert value_of(page, "goal") == "Nobody avoids the toilets at break"
    data = WRITTEN | {"goal": "Another goal", "figure": "B3:toilets yes", "group": "gender=girl"}
    assert lead.post(page_of(world.own, "/edit"), data=data).status_code == 302
    action = written(app, world.own)
    assert (action.goal, action.measured_table) == ("Another goal", "B3:toilets")
    assert action.measured_group == "gender=girl"


def test_edited_after_its_report_was_withdrawn_it_is_measured_as_before(
    app: Flask, world: World, lead: FlaskClient
) -> None:
    publish(app, world.own, *sample(SAFETY), withdrawn_on=date(2026, 12, 22), notice="Wrong.")
    page = fetch(lead, page_of(world.own, "/edit"))
    assert not [one for one in page.all("select") if one.attributes["name"] == "figure"]
    words = {name: value for name, value in WRITTEN.items() if name not in ("figure", "group")}
    assert lead.post(page_of(world.own, "/edit"), data=words).status_code == 302
    assert written(app, world.own).measured_table == "B2.toilets"


def test_the_next_wave_shows_whether_it_changed(
    app: Flask, world: World, lead: FlaskClient
) -> None:
    release, questionnaire = sample(SAFETY)
    publish(app, world.own, release, questionnaire)
    assert "The next survey will show" in fetch(lead, page_of(world.own)).text
    publish(app, add_wave(app, world.own, 2), treated(), questionnaire)
    page = fetch(lead, page_of(world.own))
    (line,) = (one for one in page.all("p") if "change " in one.attributes.get("class", ""))
    assert line.attributes["class"] == "change change--better"
    assert line.text.startswith("Better")
    rows = [one for one in page.all("tr") if "data-wave" in one.attributes]
    assert [one.attributes["data-wave"] for one in rows] == ["1", "2"]
    for row, made in zip(rows, (release, treated()), strict=True):
        table = next(one for one in made.tables if one.key == "B2.toilets")
        box = next(one for one in table.rows[0].boxes if one.key == "feel_unsafe")
        (cell,) = row.all("td")
        assert cell.text.startswith(f"{box.figure.percent}% {box.figure.count} of {box.of_base}")
        assert f"{box.figure.percent}% of {box.of_base}" in line.text


def test_the_same_again_is_called_no_change(app: Flask, world: World, lead: FlaskClient) -> None:
    release, questionnaire = sample(SAFETY)
    publish(app, world.own, release, questionnaire)
    publish(app, add_wave(app, world.own, 2), release, questionnaire)
    text = fetch(lead, page_of(world.own)).text
    assert "No clear change" in text
    assert "Better" not in text
