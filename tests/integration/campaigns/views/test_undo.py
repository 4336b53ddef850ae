"""What was done by mistake is taken back. Each page first says what it will do, then does it."""

from __future__ import annotations

import re
import uuid
from datetime import date, timedelta
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from survey.audit_log import EventName
from survey.campaigns import ballot_box, operations
from survey.campaigns.access_codes import hash_code
from survey.campaigns.models import Campaign, LinkBatch, Programme, VoidDoor, Wave
from survey.campaigns.states import EndReason, WaveState
from survey.database import Base, database, folder_of, read, today
from survey.encryption import keys
from survey.free_text import operations as free_text
from survey.organisations.models import Nation, Phase
from survey.organisations.operations import add_school
from survey.permissions import Role
from survey.responses import collect
from survey.self_assessment.models import Assessment
from tests.integration.campaigns.schools import READY, events, words, writing
from tests.integration.campaigns.staff_page import check_page
from tests.integration.responses.doors import make_codes, raw_rows
from tests.world import Side, World, sign_in

CODE = re.compile(r">([2-9A-Z]{4}-[2-9A-Z]{4})<")


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Pages are the same on both engines."""
    return sqlite_url


@pytest.fixture
def lead(client: FlaskClient, world: World) -> FlaskClient:
    sign_in(client, world.email(Role.LEAD))
    return client


@pytest.fixture
def analyst(app: Flask, world: World) -> FlaskClient:
    client = app.test_client()
    sign_in(client, world.email(Role.ANALYST))
    return client


@pytest.fixture
def operator(app: Flask, world: World) -> FlaskClient:
    client = app.test_client()
    sign_in(client, world.email(Role.OPERATOR))
    return client


def at(side: Side, part: str = "") -> str:
    return f"/schools/{side.school_id}/waves/{side.wave_id}/{part}"


def wave_of(app: Flask, side: Side) -> Wave:
    with app.app_context():
        found = read().get_one(Wave, (side.school_id, side.wave_id))
        read().refresh(found)
        return found


def open_until(app: Flask, side: Side, *, opened: date, closes: date) -> None:
    with writing(app) as db:
        wave = db.get_one(Wave, (side.school_id, side.wave_id))
        wave.opened_on, wave.closes_on = opened, closes


def page(client: FlaskClient, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, (answer.status_code, answer.location)
    check_page(answer.text)
    return words(unescape(answer.text))


def send(app: Flask, side: Side, code: str) -> collect.CollectOutcome:
    key = app.extensions["settings"].code_key
    with writing(app) as db:
        return collect.collect(
            db,
            wave=db.get_one(Wave, (side.school_id, side.wave_id)),
            code_hash=hash_code(code, key=key),
            receipt=collect.hash_receipt(code, key=key),
            answers={"B1": "safe"},
            today=today(),
            key=key,
        )


# The last day


def test_the_last_day_is_moved_while_it_has_not_passed(
    app: Flask, lead: FlaskClient, world: World
) -> None:
    opened = today() - timedelta(days=100)
    open_until(app, world.own, opened=opened, closes=today())
    start = words(unescape(lead.get(f"/schools/{world.own.school_id}/").text))
    assert "Today is the last day to answer" in start
    assert at(world.own, "extend") in lead.get(at(world.own)).text
    assert "for at most 120 days" in page(lead, at(world.own, "extend"))
    for wrong in (today(), opened + timedelta(days=121)):
        refused = lead.post(at(world.own, "extend"), data={"closes_on": wrong.isoformat()})
        assert "Choose a later day" in refused.text
        assert wave_of(app, world.own).closes_on == today()
    last = opened + timedelta(days=120)
    moved = lead.post(at(world.own, "extend"), data={"closes_on": last.isoformat()})
    assert moved.status_code == 302
    assert wave_of(app, world.own).closes_on == last
    assert "Moved the last day" in page(lead, at(world.own))
    assert "is the last day to answer" not in lead.get(f"/schools/{world.own.school_id}/").text


def test_a_last_day_that_has_passed_stays(app: Flask, lead: FlaskClient, world: World) -> None:
    passed = today() - timedelta(days=1)
    open_until(app, world.own, opened=passed - timedelta(days=20), closes=passed)
    assert at(world.own, "extend") not in lead.get(at(world.own)).text
    assert "closes by itself in the coming night" in page(lead, at(world.own))
    assert lead.get(at(world.own, "extend")).status_code == 409
    later = (today() + timedelta(days=3)).isoformat()
    assert lead.post(at(world.own, "extend"), data={"closes_on": later}).status_code == 409
    assert wave_of(app, world.own).closes_on == passed


def test_a_survey_that_no_night_closed_says_that_the_upkeep_does_not_run(
    app: Flask, lead: FlaskClient, world: World
) -> None:
    passed = today() - timedelta(days=2)
    open_until(app, world.own, opened=passed - timedelta(days=20), closes=passed)
    said = page(lead, at(world.own))
    assert "The nightly upkeep of this service does not run" in said
    assert "in the coming night" not in said


def test_the_page_names_the_day_on_which_answers_are_erased(
    app: Flask, lead: FlaskClient, world: World
) -> None:
    """The day is the one on which housekeeping erases them: see the tests of retention."""
    opened = date(2026, 10, 5)
    open_until(app, world.own, opened=opened, closes=date(2027, 1, 29))
    assert "Answers are erased by Saturday 29 January 2028" in page(lead, at(world.own))


# A launch


def test_a_launch_that_nobody_answered_is_undone_whole(
    app: Flask, lead: FlaskClient, world: World
) -> None:
    made = lead.post(at(world.own, "batches"), data={"year": "9", "label": "9B", "count": "3"})
    codes = CODE.findall(made.text)
    assert len(codes) == 3
    said = page(lead, at(world.own, "undo-launch"))
    assert "33 cards were made" in said  # 30 of them in the world from the start
    assert "the survey ends without a report" in said
    with app.app_context():
        name = ballot_box.key_name(wave_of(app, world.own))
        assert name in keys.names(folder_of(database.engine))
    assert lead.post(at(world.own, "undo-launch")).status_code == 302
    wave = wave_of(app, world.own)
    assert (wave.state, wave.opened_on, wave.closes_on) == (WaveState.DRAFT, None, None)
    assert (wave.box_key, wave.questionnaire_hash, wave.roll) == (None, None, None)
    for table in ("access_code", "link_batch", "wave_plan"):
        rows = [row for row in raw_rows(app, table) if row["wave_id"] == wave.wave_id.hex]
        assert rows == [], table
    with app.app_context():
        assert name not in keys.names(folder_of(database.engine))
        assert read().get(VoidDoor, world.own.door) is not None
    student = app.test_client()
    met = student.get(f"/s/{codes[0]}")
    assert met.status_code == 410
    assert "This survey has finished" in met.text
    assert "they are counted" not in met.text, "nothing was kept, so nothing counts"
    assert "This survey has not started" in page(lead, at(world.own))


def test_a_launch_that_somebody_answered_ends_and_the_answers_are_destroyed(
    app: Flask, lead: FlaskClient, world: World
) -> None:
    (code, other) = make_codes(app, world.own, count=2)
    assert send(app, world.own, code) is collect.CollectOutcome.STORED
    assert lead.post(at(world.own, "undo-launch")).status_code == 302
    wave = wave_of(app, world.own)
    assert (wave.state, wave.end_reason) == (WaveState.ENDED, EndReason.MISTAKE)
    for table in ("access_code", "response", "free_text"):
        assert [r for r in raw_rows(app, table) if r["wave_id"] == wave.wave_id.hex] == [], table
    assert wave.box_key is None
    said = page(lead, at(world.own))
    assert "launched by mistake" in said
    assert "no one has read them" in said
    assert send_is_over(app, other)
    start = page(lead, f"/schools/{world.own.school_id}/")
    assert "The survey ended without a report" in start
    assert f"/campaigns/{world.own.campaign_id}/waves" in lead.get(at(world.own)).text


def send_is_over(app: Flask, code: str) -> bool:
    met = app.test_client().get(f"/s/{code}")
    return met.status_code == 410 and "they are counted" not in met.text


def test_a_coordinator_undoes_no_launch(app: Flask, client: FlaskClient, world: World) -> None:
    sign_in(client, world.email(Role.COORDINATOR))
    assert at(world.own, "undo-launch") not in client.get(at(world.own)).text
    assert client.post(at(world.own, "undo-launch")).status_code == 403


# Drafts and surveys


def test_a_survey_that_was_never_launched_is_discarded_whole(
    app: Flask, lead: FlaskClient, world: World
) -> None:
    before = rows(app)
    given = {"title": "By mistake", "template": "safety 2026.3"}
    draft = lead.post(f"/schools/{world.own.school_id}/campaigns/new", data=given).location
    discard = draft.replace("/draft/", "/discard")
    assert discard in lead.get(draft).text
    assert "the whole survey is deleted" in page(lead, discard)
    assert lead.post(discard).status_code == 302
    assert rows(app) == before, "nothing is left but the record"
    assert lead.get(draft).status_code == 404
    with writing(app) as db:
        assert events(db, EventName.CAMPAIGN_DISCARDED) == 1


def test_the_draft_of_a_next_survey_is_discarded_and_the_first_stays(
    app: Flask, lead: FlaskClient, world: World
) -> None:
    with writing(app) as db:
        wave = operations.find_wave(db, world.own.school_id, world.own.wave_id)
        operations.close(db, wave=wave, today=today(), by=None)
    before = rows(app)
    campaign = f"/schools/{world.own.school_id}/campaigns/{world.own.campaign_id}"
    assert lead.get(f"{campaign}/discard").status_code == 409, "there is no draft"
    assert lead.post(f"{campaign}/waves").status_code == 302
    assert "earlier surveys, reports and actions stay" in page(lead, f"{campaign}/discard")
    assert lead.post(f"{campaign}/discard").status_code == 302
    assert rows(app) == before


def rows(app: Flask) -> dict[str, int]:
    with app.app_context():
        found = {
            name: read().scalar(select(func.count()).select_from(table)) or 0
            for name, table in Base.metadata.tables.items()
            if not name.startswith("event")
            and name not in ("change_count", "sent_form", "staff_session")
        }
        read().rollback()
    return found


# An authority


def programme(world: World, part: str = "") -> str:
    side = world.own
    return f"/authorities/{side.authority_id}/programmes/{side.programme_id}/{part}"


def invite(app: Flask, world: World, name: str) -> uuid.UUID:
    with writing(app) as db:
        school = add_school(
            db,
            name=name,
            nation=Nation.ENGLAND,
            phase=Phase.SECONDARY,
            roll={"7": 150},
            authority_id=world.own.authority_id,
            by=None,
        )
        found = db.get_one(Programme, (world.own.authority_id, world.own.programme_id))
        operations.invite(db, programme=found, school_id=school.school_id, by=None)
        return school.school_id


def test_a_school_is_set_aside_with_a_reason_that_it_reads_and_taken_back(
    app: Flask, lead: FlaskClient, analyst: FlaskClient, world: World
) -> None:
    aside = programme(world, f"waves/1/invited/{world.own.school_id}/aside")
    back = programme(world, f"waves/1/invited/{world.own.school_id}/back")
    assert aside in analyst.get(programme(world)).text
    assert "no longer waits for it" in page(analyst, aside)
    assert "Say why" in analyst.post(aside, data={"reason": " "}).text
    assert analyst.post(aside, data={"reason": "The school was flooded."}).status_code == 302
    assert "Set aside: The school was flooded." in page(analyst, programme(world))
    compare = page(analyst, programme(world, "waves/1/compare"))
    assert "have begun and have no report" not in compare
    assert "The school was flooded." in page(lead, f"/schools/{world.own.school_id}/")
    assert analyst.post(back).status_code == 302
    assert "flooded" not in page(analyst, programme(world))
    with writing(app) as db:
        found = db.get_one(Programme, (world.own.authority_id, world.own.programme_id))
        found.compared = [1]
    assert analyst.post(aside, data={"reason": "Too late"}).status_code == 409
    assert analyst.post(back).status_code == 409
    assert aside not in analyst.get(programme(world)).text


def test_after_the_last_day_for_reports_the_comparison_does_not_wait(
    app: Flask, lead: FlaskClient, analyst: FlaskClient, world: World
) -> None:
    yesterday = today() - timedelta(days=1)
    days = {
        "opens_from": (yesterday - timedelta(days=9)).isoformat(),
        "opens_until": (yesterday - timedelta(days=8)).isoformat(),
        "closes_by": (yesterday - timedelta(days=1)).isoformat(),
    }
    to = programme(world, "waves/1/dates")
    early = days | {"reports_by": days["opens_from"]}
    assert "The last day for reports is the day to close by" in analyst.post(to, data=early).text
    assert "have begun and have no report" in page(analyst, programme(world, "waves/1/compare"))
    assert analyst.post(to, data=days | {"reports_by": yesterday.isoformat()}).status_code == 302
    compare = page(analyst, programme(world, "waves/1/compare"))
    assert "have begun and have no report" not in compare
    assert "no report by the last day" in compare
    assert "made without your school" in page(lead, f"/schools/{world.own.school_id}/")


def test_an_invitation_is_taken_back_while_nothing_is_launched(
    app: Flask, analyst: FlaskClient, world: World
) -> None:
    before = rows(app)
    school_id = invite(app, world, "Aldergate Academy")
    uninvite = programme(world, f"invited/{school_id}/uninvite")
    launched = programme(world, f"invited/{world.own.school_id}/uninvite")
    shown = analyst.get(programme(world)).text
    assert uninvite in shown
    assert launched not in shown
    assert analyst.get(launched).status_code == 409
    assert analyst.post(launched).status_code == 409
    assert "You can invite the school again" in page(analyst, uninvite)
    assert analyst.post(uninvite).status_code == 302
    assert rows(app) == before | {"school": before["school"] + 1}
    assert analyst.get(uninvite).status_code == 404


def test_a_programme_without_schools_is_discarded(
    app: Flask, analyst: FlaskClient, world: World
) -> None:
    before = rows(app)
    given = {"title": "By mistake", "template": "safety 2026.3"}
    new = analyst.post(f"/authorities/{world.own.authority_id}/programmes/new", data=given).location
    assert f"{new}discard" in analyst.get(new).text
    assert "shared questions and its days" in page(analyst, f"{new}discard")
    assert analyst.post(f"{new}discard").status_code == 302
    assert rows(app) == before
    assert analyst.get(programme(world, "discard")).status_code == 409
    assert analyst.post(programme(world, "discard")).status_code == 409


def test_a_school_that_comes_after_a_comparison_takes_part_in_the_next(
    app: Flask, world: World
) -> None:
    with writing(app) as db:
        found = db.get_one(Programme, (world.own.authority_id, world.own.programme_id))
        found.compared = [1]
    school_id = invite(app, world, "Aldergate Academy")
    with app.app_context():
        (wave,) = read().scalars(select(Wave).where(Wave.school_id == school_id))
        assert wave.number == 2
        read().rollback()


# The operator, and self-assessments


def test_a_school_added_by_mistake_is_discarded_and_one_that_is_used_is_not(
    app: Flask, operator: FlaskClient, world: World
) -> None:
    before = rows(app)
    given = {"name": "Wrong School", "nation": "england", "phase": "secondary", "authority": ""}
    new = operator.post("/operator/schools/add", data=given).location
    account = {"name": "New Lead", "email": "wrong@survey.test", "role": "lead"}
    assert operator.post(f"{new}/members/add", data=account).status_code == 200
    assert f"{new}/discard" in operator.get(new).text
    assert "1 account that did nothing here" in page(operator, f"{new}/discard")
    assert operator.post(f"{new}/discard").status_code == 302
    assert rows(app) == before
    used = f"/operator/organisations/{world.own.school_id}"
    assert f"{used}/discard" not in operator.get(used).text
    assert operator.get(f"{used}/discard").status_code == 409
    assert operator.post(f"{used}/discard").status_code == 409
    assert rows(app) == before


def test_a_self_assessment_in_progress_is_discarded(
    app: Flask, lead: FlaskClient, world: World
) -> None:
    one = f"/schools/{world.own.school_id}/assessments/{world.own.assessment_id}/"
    assert f"{one}discard" in lead.get(one).text
    assert "everything written in it" in page(lead, f"{one}discard")
    assert lead.post(f"{one}discard").status_code == 302
    assert lead.get(one).status_code == 404
    with writing(app) as db:
        assert db.scalar(select(func.count()).select_from(Assessment)) == 1, "of the other school"


# Surveys that end by themselves, or by a click


def test_a_survey_whose_key_is_lost_is_ended_by_the_lead(
    app: Flask, lead: FlaskClient, world: World
) -> None:
    (code,) = make_codes(app, world.own, count=1)
    assert send(app, world.own, code) is collect.CollectOutcome.STORED
    with app.app_context():
        keys.destroy(folder_of(database.engine), f"box-{world.own.wave_id}")
    assert lead.get(at(world.own, "end")).status_code == 409, "it is still open"
    assert lead.post(at(world.own, "close")).status_code == 302
    assert at(world.own, "end") in lead.get(at(world.own)).text
    said = page(lead, at(world.own, "end"))
    assert "the key to the answers is lost" in said
    assert "Choose a reason" in lead.post(at(world.own, "end"), data={}).text
    assert lead.post(at(world.own, "end"), data={"reason": "key_lost"}).status_code == 302
    wave = wave_of(app, world.own)
    assert (wave.state, wave.end_reason) == (WaveState.ENDED, EndReason.KEY_LOST)
    assert lead.post(at(world.own, "end"), data={"reason": "key_lost"}).status_code == 409


def test_how_many_answered_is_told_once_a_survey_is_closed(
    app: Flask, lead: FlaskClient, world: World
) -> None:
    for code in make_codes(app, world.own, count=23):
        send(app, world.own, code)
    assert "not counted yet" in page(lead, at(world.own))
    assert lead.post(at(world.own, "close")).status_code == 302
    assert wave_of(app, world.own).state is WaveState.CLOSED
    said = page(lead, at(world.own))
    assert "not counted yet" not in said
    assert "about 20" in said


def test_texts_that_are_overdue_are_marked(
    app: Flask, lead: FlaskClient, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    with writing(app) as db:
        wave = db.get_one(Wave, (world.own.school_id, world.own.wave_id))
        wave.state, wave.closed_on, wave.box_key = WaveState.CLOSED, date(2026, 10, 9), None
        wave.box_size = None
    due = free_text.ReviewStatus(free_text.Stage.NOT_AGREED, (), date(2026, 10, 13))
    monkeypatch.setattr("survey.free_text.staff_views.standing", lambda _db, *, wave: due)
    assert "Not read yet. This was due on 13 Oct 2026." in page(lead, at(world.own))
    assert "This was due on Tuesday 13 October 2026" in page(
        lead, f"/schools/{world.own.school_id}/"
    )
    assert "That day has passed" in page(lead, at(world.own, "texts/"))


def test_what_is_kept_of_a_draft_after_it_was_undone_can_be_launched_again(
    app: Flask, lead: FlaskClient, world: World
) -> None:
    """The undone launch leaves a draft that works: another door, another key, new cards."""
    assert lead.post(at(world.own, "undo-launch")).status_code == 302
    with writing(app) as db:
        wave = db.get_one(Wave, (world.own.school_id, world.own.wave_id))
        assert wave.door != world.own.door
        assert (
            db.scalar(select(func.count()).select_from(LinkBatch).filter_by(wave_id=wave.wave_id))
            == 0
        )
        campaign = db.get_one(Campaign, (world.own.school_id, world.own.campaign_id))
        operations.save_draft(db, campaign=campaign, adaptation=READY, by=None)
        operations.launch(
            db, wave=wave, closes_on=today() + timedelta(days=9), today=today(), by=None
        )
        assert wave.state is WaveState.OPEN
    assert (
        lead.post(
            at(world.own, "batches"), data={"year": "9", "label": "9B", "count": "3"}
        ).status_code
        == 200
    )
