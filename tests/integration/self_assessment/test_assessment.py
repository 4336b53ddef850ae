"""A lead writes a self-assessment area by area, finishes it, begins the next and compares."""

from __future__ import annotations

import re
import uuid
from datetime import date

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.exc import IntegrityError

from survey.audit_log import EventName
from survey.database import begin, read
from survey.permissions import Role
from survey.self_assessment import operations
from survey.self_assessment.models import Assessment, Light
from survey.self_assessment.operations import FinishedError, NotRatedError, StatementAnswer
from survey.self_assessment.statements import AREAS, KEYS
from tests.integration.campaigns.schools import events, words, writing
from tests.integration.campaigns.staff_page import check_page
from tests.world import World, sign_in

TODAY = date(2026, 11, 24)
LATER = date(2027, 11, 23)
GREEN = {key: StatementAnswer(Light.GREEN) for key in KEYS}


@pytest.fixture
def lead(client: FlaskClient, world: World) -> FlaskClient:
    sign_in(client, world.own.email[Role.LEAD])
    return client


@pytest.fixture
def at(world: World) -> str:
    return f"/schools/{world.own.school_id}/assessments/"


def finished(app: Flask, world: World, said: dict[str, StatementAnswer], day: date) -> uuid.UUID:
    with writing(app) as db:
        one = operations.start(db, school_id=world.own.school_id, today=day, by=None)
        operations.save(db, assessment=one, said=said, by=None)
        operations.finish(db, assessment=one, today=day, by=None)
        return one.assessment_id


def written(area: str, **changed: str) -> dict[str, str]:
    keys = next(one.statements for one in AREAS if one.key == area)
    form = {f"{part}-{one.key}": "" for one in keys for part in ("evidence", "owner", "due")}
    return form | {f"light-{one.key}": "green" for one in keys} | changed


# The operations


def test_one_at_a_time_is_written_and_the_next_begins_from_it(app: Flask, world: World) -> None:
    school_id = world.own.school_id
    said = GREEN | {"walks": StatementAnswer(Light.RED, "Not done", "Ms Okafor", date(2027, 2, 1))}
    first = finished(app, world, said, TODAY)
    assert first == world.own.assessment_id  # the one that was open
    with writing(app) as db:
        second = operations.start(db, school_id=school_id, today=LATER, by=None)
        assert second.assessment_id != first
        assert operations.said_in(second) == said
        again = operations.start(db, school_id=school_id, today=LATER, by=None)
        assert again is second
        operations.save(
            db, assessment=second, said={"walks": StatementAnswer(Light.GREEN)}, by=None
        )
    with app.test_request_context():
        was = operations.find(read(), school_id, first)
        assert operations.said_in(was)["walks"].light is Light.RED
        assert [one.finished_on for one in operations.all_of(read(), school_id)] == [None, TODAY]


def test_a_finished_one_stays_and_an_unrated_one_cannot_be_finished(
    app: Flask, world: World
) -> None:
    with writing(app) as db:
        one = operations.find(db, world.own.school_id, world.own.assessment_id)
        operations.save(db, assessment=one, said={"lead": StatementAnswer(Light.AMBER)}, by=None)
        assert operations.unrated(one) == 19
        with pytest.raises(NotRatedError):
            operations.finish(db, assessment=one, today=TODAY, by=None)
        operations.save(db, assessment=one, said=GREEN, by=None)
        operations.finish(db, assessment=one, today=TODAY, by=None)
        with pytest.raises(FinishedError):
            operations.save(db, assessment=one, said={"lead": StatementAnswer()}, by=None)
        with pytest.raises(FinishedError):
            operations.finish(db, assessment=one, today=TODAY, by=None)


def test_the_database_holds_one_open_assessment_a_school(app: Flask, world: World) -> None:
    with app.test_request_context(), pytest.raises(IntegrityError), begin() as db:
        db.add(Assessment(school_id=world.own.school_id, started_on=TODAY))


# The pages


def test_an_area_is_saved_at_any_time_and_shown_with_words_and_shapes(
    app: Flask, lead: FlaskClient, world: World, at: str
) -> None:
    this = f"{at}{world.own.assessment_id}/"
    for address in (at, this, f"{this}systems"):
        check_page(lead.get(address).text)
    form = written("systems", **{"light-policy": "", "light-lead": "red",
                                 "evidence-lead": "Minutes of May\n<b>none</b>",
                                 "owner-lead": "J. Adeyemi", "due-lead": "2027-02-01"})  # fmt: skip
    page = lead.post(f"{this}systems", data=form, follow_redirects=True).text
    check_page(page)
    said = words(page)
    for part in ("Saved.", "Red: not in place", "3 green", "1 red", "16 statements have no light",
                 "J. Adeyemi", "1 February 2027", "Minutes of May"):  # fmt: skip
        assert part in said
    assert "<b>none</b>" not in page
    assert "Finish and date it" not in page
    lamps = re.findall(r'lamp lamp--(\w+)"><svg[^>]*>(<\w+)', page)
    assert dict(lamps) == {"red": "<path", "green": "<circle"}
    again = lead.get(f"{this}systems").text
    assert 'value="J. Adeyemi"' in again
    with app.test_request_context():
        assert events(read(), EventName.ASSESSMENT_CHANGED) == 1


def test_a_day_is_taken_back(lead: FlaskClient, world: World, at: str) -> None:
    this = f"{at}{world.own.assessment_id}/systems"
    for day, shown in (("2027-02-01", True), ("", False)):
        lead.post(this, data=written("systems", **{"due-lead": day}))
        assert ('value="2027-02-01"' in lead.get(this).text) is shown


@pytest.mark.parametrize(
    ("changed", "refused"),
    [
        ({"evidence-lead": "x" * 1001}, "Use at most 1000 characters."),
        ({"due-lead": "soon"}, "Write a day that is in the calendar"),
        ({"light-lead": "blue"}, "This cannot be chosen any more"),
    ],
)
def test_what_is_refused_is_kept_on_the_page_and_not_saved(
    lead: FlaskClient, world: World, at: str, changed: dict[str, str], refused: str
) -> None:
    this = f"{at}{world.own.assessment_id}/systems"
    answer = lead.post(this, data=written("systems", **{"owner-lead": "J. Adeyemi"} | changed))
    check_page(answer.text)
    assert refused in answer.text
    assert 'value="J. Adeyemi"' in answer.text
    assert 'value="J. Adeyemi"' not in lead.get(this).text


def test_finished_by_the_page_when_every_statement_has_a_light(
    lead: FlaskClient, world: World, at: str
) -> None:
    this = f"{at}{world.own.assessment_id}/"
    assert lead.post(f"{this}finish").status_code == 409
    for area in AREAS:
        lead.post(f"{this}{area.key}", data=written(area.key))
    assert "Finish and date it" in lead.get(this).text
    page = lead.post(f"{this}finish", follow_redirects=True).text
    check_page(page)
    assert "It is finished and dated." in page
    shown = lead.get(this).text
    check_page(shown)
    assert "Write in this area" not in shown
    assert lead.get(f"{this}systems").status_code == 409
    assert lead.get(f"{this}nowhere").status_code == 404


def test_two_are_compared_statement_by_statement(
    app: Flask, lead: FlaskClient, world: World, at: str
) -> None:
    first = finished(app, world, GREEN | {"walks": StatementAnswer(Light.RED)}, TODAY)
    second = finished(
        app,
        world,
        {"walks": StatementAnswer(Light.AMBER), "told": StatementAnswer(Light.RED)},
        LATER,
    )
    page = lead.get(at).text
    check_page(page)
    assert "Compare two" in page
    compared = lead.get(f"{at}compare?before={first}&after={second}").text
    check_page(compared)
    said = words(compared)
    assert "Better: 1 of 20 statements. Worse: 1." in said
    assert "Self-assessments of 24 Nov 2026 and 23 Nov 2027" in said
    assert said.count("The same") == 18
    for wrong in ("compare", f"compare?before={first}&after=x",
                  f"compare?before={first}&after={uuid.uuid4()}"):  # fmt: skip
        assert lead.get(f"{at}{wrong}").status_code == 404


def test_only_leads_come_here(client: FlaskClient, world: World, at: str) -> None:
    sign_in(client, world.own.email[Role.COORDINATOR])
    assert client.get(at).status_code == 403
    assert "Go to the self-assessment" not in client.get(f"/schools/{world.own.school_id}/").text


def test_start_page_leads_to_it(lead: FlaskClient, world: World, at: str) -> None:
    assert f'href="{at}"' in lead.get(f"/schools/{world.own.school_id}/").text
