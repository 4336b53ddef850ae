"""The pages that close, release, withdraw and compare: they say what will happen, then do it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete

from survey.campaigns.models import FrozenQuestionnaire, Wave
from survey.campaigns.states import WaveState
from survey.database import begin, read
from survey.demo import second_person
from survey.disclosure import verify as verifier
from survey.disclosure.verify_questions import verify_questions
from survey.jobs import operations as job_operations
from survey.jobs.models import Job
from survey.jobs.operations import UNEXPECTED
from survey.jobs.states import JobState
from survey.permissions import Role
from survey.questionnaires.document import canonical, content_hash
from survey.questionnaires.load import load_all
from survey.questionnaires.model import Questionnaire
from survey.releases import job_subjects, launch_gate
from survey.releases import jobs as release_jobs
from survey.releases import operations as release_operations
from survey.releases.models import StoredRelease
from survey.responses.models import Response
from tests.integration.reports.markup import check_page, read_page
from tests.integration.reports.schools import CORE, RELEASED, YEARS, Known, release_uncertified
from tests.jobs import run_jobs
from tests.two_people import agree, agree_unasked
from tests.unit.reports.students import make_students
from tests.world import Side, World, sign_in


def path(side: Side, what: str) -> str:
    return f"/schools/{side.school_id}/waves/{side.wave_id}/{what}"


def answer(app: Flask, side: Side, students: int, asked: Questionnaire = CORE) -> None:
    """Students answer a short questionnaire: one that is quickly certified."""
    with app.app_context(), begin() as db:
        wave = db.get_one(Wave, (side.school_id, side.wave_id))
        frozen = FrozenQuestionnaire(content_hash=content_hash(asked), document=canonical(asked))
        db.add(frozen)
        db.flush()
        wave.questionnaire_hash = frozen.content_hash
        db.add_all(
            Response(school_id=side.school_id, wave_id=side.wave_id, answers=json.dumps(one))
            for one in make_students(asked, students, 4, YEARS)
        )


def release_at_once(app: Flask, side: Side, students: int = 60) -> None:
    """What comes after a release is not told to wait for its audit."""
    answer(app, side, students)
    with app.test_request_context():
        with begin() as db:
            wave = db.get_one(Wave, (side.school_id, side.wave_id))
            release_operations.close(db, wave=wave, today=RELEASED, by=None)
        with begin() as db:
            release_uncertified(db, Known(side.school_id, side.wave_id, ()))


def job_is(app: Flask, side: Side, kind: str = job_subjects.RELEASE, **values: object) -> None:
    """A job of this survey, as it would be while a worker has it, or after."""
    with app.test_request_context(), begin() as db:
        subject = job_subjects.subject_of(side.school_id, side.wave_id)
        job = db.get_one(Job, job_operations.enqueue(db, kind, subject, by=None))
        for name, value in ({"state": JobState.RUNNING, "done": 30, "total": 40} | values).items():
            setattr(job, name, value)


def state(app: Flask, side: Side) -> WaveState:
    with app.app_context():
        wave = read().get(Wave, (side.school_id, side.wave_id))
        assert wave is not None
        return wave.state


@pytest.fixture
def lead(client: FlaskClient, world: World) -> FlaskClient:
    sign_in(client, world.email(Role.LEAD))
    return client


def agree_on_page(app: Flask, world: World) -> None:
    """The coordinator finds on the start page what the lead asked for, and agrees."""
    second = app.test_client()
    sign_in(second, world.email(Role.COORDINATOR))
    start = second.get(f"/schools/{world.own.school_id}/").text
    (request,) = re.findall(r'href="([^"]+/requests/[^"]+)"', start)
    page = second.get(request)
    check_page(read_page(page.text), "en")
    unchecked = second.post(f"{request}/approve")
    assert "Tick that you have checked this" in unchecked.text
    assert second.post(f"{request}/approve", data={"checked": "y"}).status_code == 302


def check_certificate(lead: FlaskClient, side: Side, tmp_path: Path) -> None:
    """What is downloaded is enough for a stranger: the verifier alone, and nothing of ours."""
    for name in ("release.json", "certificate.json", "questionnaire.json"):
        (tmp_path / name).write_bytes(lead.get(path(side, f"report/{name}")).data)
    (tmp_path / "verify.py").write_bytes(Path(verifier.__file__).read_bytes())
    texts = [
        (tmp_path / f"{name}.json").read_text("utf-8") for name in ("release", "questionnaire")
    ]
    assert verify_questions(*texts)

    def check() -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-I", "verify.py", "release.json", "certificate.json"]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    accepted = check()
    assert accepted.returncode == 0, accepted.stdout
    assert accepted.stdout.startswith("ACCEPTED.")
    told = (tmp_path / "release.json").read_text(encoding="utf-8")
    (tmp_path / "release.json").write_text(told.replace('"wave":1', '"wave":2'), encoding="utf-8")
    assert check().returncode == 1


def test_a_lead_closes_releases_and_withdraws(
    app: Flask, lead: FlaskClient, world: World, tmp_path: Path
):
    answer(app, world.own, 60)

    page = lead.get(path(world.own, "close"))
    assert page.status_code == 200
    assert "cannot be opened again" in page.text
    assert lead.post(path(world.own, "close")).status_code == 302
    assert state(app, world.own) is WaveState.CLOSED
    assert lead.get(path(world.own, "close")).status_code == 409

    page = lead.get(path(world.own, "release"))
    assert page.status_code == 200
    assert "by year group (Year 7, Year 8, " in page.text
    asked = lead.post(path(world.own, "release"))
    assert asked.status_code == 302
    assert asked.location == path(world.own, "release")
    assert state(app, world.own) is WaveState.CLOSED
    assert "It waits for a second person" in lead.get(asked.location).text
    agree_on_page(app, world)
    assert state(app, world.own) is WaveState.CLOSED, "the page only puts it on the queue"
    waiting = lead.get(asked.location)
    check_page(read_page(waiting.text), "en")
    assert "It begins in a moment" in waiting.text
    run_jobs(app)
    assert state(app, world.own) is WaveState.RELEASED
    with app.app_context(), begin() as db:
        db.execute(delete(Job))  # its charts, which no worker draws here
    led = lead.get(asked.location)
    assert led.status_code == 302
    assert led.location == path(world.own, "report/")
    assert lead.get(led.location).status_code == 200
    check_certificate(lead, world.own, tmp_path)

    assert lead.get(path(world.own, "withdraw")).status_code == 200
    empty = lead.post(path(world.own, "withdraw"), data={"notice": " "})
    assert empty.status_code == 200
    assert "Say why" in empty.text
    notice = {"notice": "Two classes were missing."}
    assert lead.post(path(world.own, "withdraw"), data=notice).status_code == 302
    assert lead.get(path(world.own, "withdraw")).status_code == 409


def test_the_page_before_a_release_gives_no_count_away(app: Flask, lead: FlaskClient, world: World):
    answer(app, world.own, 47)
    lead.post(path(world.own, "close"))
    main = lead.get(path(world.own, "release")).text.split("<main", 1)[1]
    assert "whole school, and no groups" in main
    assert not re.search(r"\b47\b", main)


def test_where_too_few_answered_no_button_offers_a_report(
    app: Flask, lead: FlaskClient, world: World
):
    answer(app, world.own, 19)
    lead.post(path(world.own, "close"))
    page = lead.get(path(world.own, "")).text
    assert "too few answered" in page
    assert "Fewer than 20 people answered" in page
    assert path(world.own, "release") not in page
    assert path(world.own, "end") not in page, "it has ended by itself"
    assert lead.get(path(world.own, "release")).status_code == 409
    assert lead.post(path(world.own, "release")).status_code == 409


@pytest.mark.parametrize("what", ["release", "withdraw"])
def test_pages_that_come_too_early_say_so(lead: FlaskClient, world: World, what: str):
    assert lead.get(path(world.own, what)).status_code == {"release": 409, "withdraw": 404}[what]


def test_a_second_release_is_refused_on_the_page(app: Flask, lead: FlaskClient, world: World):
    release_at_once(app, world.own)
    with app.app_context():
        before = read().get(StoredRelease, (world.own.school_id, world.own.wave_id)).document
    refused = lead.post(path(world.own, "release"))
    assert refused.status_code == 409
    assert "It is made once" in refused.text
    with app.app_context():
        after = read().get(StoredRelease, (world.own.school_id, world.own.wave_id)).document
    assert after == before


def closed(app: Flask, lead: FlaskClient, side: Side) -> None:
    answer(app, side, 60)
    lead.post(path(side, "close"))


def test_while_the_report_is_made_the_page_says_how_far_it_is(
    app: Flask, lead: FlaskClient, world: World
):
    closed(app, lead, world.own)
    job_is(app, world.own)
    answered = lead.get(path(world.own, "release"))
    page = read_page(answered.text)
    check_page(page, "en")
    (bar,) = page.all("progress")
    assert (bar.attributes["value"], bar.attributes["max"]) == ("75", "100")
    assert "75% of the tables are checked" in page.text
    assert any(one.attributes.get("http-equiv") == "refresh" for one in page.all("meta"))
    assert "Make the report</button>" not in answered.text
    pressed = lead.post(path(world.own, "release"))
    assert pressed.location == path(world.own, "release")
    assert state(app, world.own) is WaveState.CLOSED, "a second press begins nothing"


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"state": JobState.CANCELLED}, "The operator stopped it"),
        (
            {"state": JobState.FAILED, "problem": "Fewer than 20 students answered."},
            "Fewer than 20 students answered.",
        ),
        ({"state": JobState.FAILED, "problem": UNEXPECTED}, "Something went wrong on our side"),
    ],
)
def test_what_came_to_nothing_is_said_and_can_be_begun_again(
    app: Flask, lead: FlaskClient, world: World, values: dict[str, object], says: str
):
    closed(app, lead, world.own)
    with app.app_context(), begin() as db:
        agree(db, db.get_one(Wave, (world.own.school_id, world.own.wave_id)))
    job_is(app, world.own, **values)
    page = lead.get(path(world.own, "release"))
    assert says in page.text
    assert "Make the report</button>" in page.text
    assert "http-equiv" not in page.text


def test_a_released_wave_leads_to_its_report(app: Flask, lead: FlaskClient, world: World):
    release_at_once(app, world.own)
    assert lead.get(path(world.own, "release")).location == path(world.own, "report/")


def test_while_the_charts_are_drawn_the_page_says_so(app: Flask, lead: FlaskClient, world: World):
    release_at_once(app, world.own)
    job_is(app, world.own, job_subjects.DRAWING)
    page = lead.get(path(world.own, "release"))
    check_page(read_page(page.text), "en")
    assert "The charts are being drawn." in page.text
    assert path(world.own, "report/") in page.text, "the report can be read meanwhile"
    assert "75%" not in page.text


def test_charts_that_could_not_be_drawn_ahead_do_not_hold_the_report_up(
    app: Flask, lead: FlaskClient, world: World
):
    release_at_once(app, world.own)
    job_is(app, world.own, job_subjects.DRAWING, state=JobState.FAILED, problem=UNEXPECTED)
    assert lead.get(path(world.own, "release")).location == path(world.own, "report/")


def test_one_that_waits_is_told_how_many_are_before_it(app: Flask, lead: FlaskClient, world: World):
    closed(app, lead, world.own)
    job_is(app, world.other)
    job_is(app, world.own, state=JobState.WAITING, done=0, total=0)
    page = lead.get(path(world.own, "release"))
    check_page(read_page(page.text), "en")
    assert "1 job is done before it" in page.text
    assert 'http-equiv="refresh"' in page.text


@pytest.mark.parametrize("what", ["close", "release", "withdraw"])
def test_a_coordinator_may_not_and_another_school_is_not_there(
    client: FlaskClient, world: World, what: str
):
    sign_in(client, world.email(Role.COORDINATOR))
    assert client.post(path(world.own, what)).status_code == 403
    assert client.post(path(world.other, what)).status_code == 404


def test_an_analyst_sees_what_is_missing(client: FlaskClient, world: World):
    sign_in(client, world.email(Role.ANALYST))
    own = world.own
    address = f"/authorities/{own.authority_id}/programmes/{own.programme_id}/waves/1/compare"
    page = client.get(address)
    assert page.status_code == 200
    assert "Northmoor High School" in page.text
    assert "at least 5" in page.text
    assert "<form" not in page.text.split("<main", 1)[1]
    assert client.post(address).status_code == 409


def with_a_text_that_waits() -> Questionnaire:
    """As no survey is launched any more: how many texts there are would bound an answer's count."""
    asked = load_all()["safety", "2026.3"]
    gate = asked.by_key["F3"].show_if
    sections = tuple(
        replace(
            section,
            items=tuple(
                replace(item, show_if=gate) if item.key == "P2" else item for item in section.items
            ),
        )
        for section in asked.sections
    )
    return replace(asked, sections=sections)


def lines_in(caplog: pytest.LogCaptureFixture) -> int:
    return caplog.text.count('"survey_not_reportable"')


def test_a_survey_of_questions_that_cannot_be_certified_says_so_and_can_be_ended(
    app: Flask, lead: FlaskClient, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    launch_gate.LOGGED.clear()  # the surveys of other tests have the same keys
    side = world.own
    answer(app, side, 30, with_a_text_that_waits())
    with app.test_request_context(), begin() as db:
        wave = db.get_one(Wave, (side.school_id, side.wave_id))
        release_operations.close(db, wave=wave, today=RELEASED, by=None)
    page = lead.get(path(side, "release"))
    assert page.status_code == 200
    check_page(read_page(page.text), "en")
    assert "There can be no report" in page.text
    assert "No report can be made of this survey" in page.text
    assert "Ask for the report</button>" not in page.text
    assert lines_in(caplog) == 1  # the page says that the reason is in the log
    lead.get(path(side, "release"))
    assert lines_in(caplog) == 1
    assert lead.post(path(side, "release")).status_code == 409
    assert lines_in(caplog) == 2
    with app.test_request_context(), begin() as db:  # where two people agreed before the update
        wave = db.get_one(Wave, (side.school_id, side.wave_id))
        agree_unasked(db, wave)
        release_jobs.ask(db, side.school_id, side.wave_id, second_person.two_people(db, wave).asks)
    run_jobs(app)
    assert lines_in(caplog) == 3
    with app.app_context():
        failed = release_jobs.standing(read(), side.school_id, side.wave_id)
        assert failed is not None
        assert "No report can be made of this survey" in (failed.problem or "")
    ended = lead.post(path(side, "end"), data={"reason": "not_wanted"})
    assert ended.status_code == 302
    assert state(app, side) is WaveState.ENDED


def test_a_stored_answer_that_no_student_can_have_given_is_told_in_words(
    app: Flask, lead: FlaskClient, world: World
) -> None:
    side = world.own
    answer(app, side, 30)
    with app.test_request_context(), begin() as db:
        wave = db.get_one(Wave, (side.school_id, side.wave_id))
        release_operations.close(db, wave=wave, today=RELEASED, by=None)
        broken = Response(school_id=side.school_id, wave_id=side.wave_id, answers='{"A9":"x"}')
        db.add(broken)
    for answered in (lead.get(path(side, "release")), lead.post(path(side, "release"))):
        assert answered.status_code == 409
        assert "No report can be made of this survey" in answered.text
