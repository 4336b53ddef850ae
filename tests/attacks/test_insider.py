"""A lead alone, by clicks through the real pages: from cards to the one answer that is not theirs.

Before, every step was one person's: 60 cards, 59 answers made up, close, release, read. Now
the roll holds the cards, and the report takes a second person. What is left if that person does
not look is measured at the end."""

from __future__ import annotations

import re
from datetime import timedelta
from random import Random

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete

from survey.approvals.models import Approval
from survey.audit_log import Event, EventName
from survey.campaigns.models import FrozenQuestionnaire, LinkBatch, School, Wave
from survey.campaigns.operations import start_campaign
from survey.campaigns.states import WaveState
from survey.database import begin, read, today
from survey.organisations.models import Member
from survey.permissions import Role
from survey.questionnaires.document import canonical, content_hash
from survey.questionnaires.load import load_all
from tests.attacks.attackers.insider import Insider, fields_of, make_own, read_the_other
from tests.integration.free_text.review_pages import SECRET, write
from tests.integration.reports.schools import CORE
from tests.jobs import run_jobs
from tests.world import Side, World, sign_in

CLASS = 60
RESERVE = 6
"""A tenth of the class."""


@pytest.fixture
def school(app: Flask, world: World) -> Side:
    """A school with 60 students, all in Year 9, and a short questionnaire that is open."""
    side = world.own
    with app.app_context(), begin() as db:
        db.add(FrozenQuestionnaire(content_hash=content_hash(CORE), document=canonical(CORE)))
        db.flush()
        wave = db.get_one(Wave, (side.school_id, side.wave_id))
        wave.questionnaire_hash = content_hash(CORE)
        for table in (LinkBatch, Approval):
            db.execute(delete(table).where(table.wave_id == side.wave_id))
        roll = {"9": CLASS}
        wave.roll = roll
        db.get_one(School, side.school_id).roll = roll
    return side


@pytest.fixture
def lead(app: Flask, world: World, school: Side) -> Insider:
    client = app.test_client()
    sign_in(client, world.email(Role.LEAD))
    return Insider(app, client, school)


def client_of(app: Flask, email: str) -> FlaskClient:
    client = app.test_client()
    sign_in(client, email)
    return client


def victim() -> dict[str, str | list[str]]:
    chance = Random(7)
    return {"A1": "y9", **{key: chance.choice(answers) for key, answers in fields_of(CORE)}}


def state(app: Flask, side: Side) -> WaveState:
    with app.app_context():
        return read().get_one(Wave, (side.school_id, side.wave_id)).state


def close_out(app: Flask, emails: list[str]) -> None:
    """These accounts are closed."""
    with app.app_context(), begin() as db:
        for member in db.query(Member).where(Member.email.in_(emails)):
            member.active = False


def request_on(page: str) -> str:
    (address,) = set(re.findall(r'href="([^"]+/requests/[^"]+)"', page))
    return address


def one_real_answer(lead: Insider) -> None:
    """All answers but one are the lead's. The survey is closed."""
    codes = lead.make_cards(CLASS)
    assert len(codes) == CLASS
    lead.answer(codes, [*make_own(CORE, CLASS - 1), victim()])
    lead.close()


def test_more_cards_than_the_roll_and_its_reserve_are_refused(lead: Insider) -> None:
    assert len(lead.make_cards(CLASS)) == CLASS
    assert lead.make_cards(RESERVE + 1) == []
    assert len(lead.make_cards(RESERVE)) == RESERVE
    for year in (9, 10, "all"):
        assert lead.make_cards(1, year) == []


def test_the_roll_cannot_be_raised_alone_once_the_survey_runs(app: Flask, lead: Insider) -> None:
    settings = f"/schools/{lead.side.school_id}/settings"
    assert lead.client.post(settings, data={"year_9": "900"}).status_code == 302
    assert lead.make_cards(CLASS + RESERVE + 1) == []
    asked = {"kind": "roll", "year": "9", "count": "300", "reason": "Many have joined us"}
    assert lead.client.post(lead.at("more"), data=asked).status_code == 302
    assert lead.make_cards(CLASS + RESERVE + 1) == [], "asking alone changes nothing"


def test_a_roll_raised_alone_before_the_launch_is_seen_by_the_second_person(
    app: Flask, lead: Insider, world: World
) -> None:
    """More students on the roll are more cards, and before the launch no one else is asked."""
    side = lead.side
    settings = f"/schools/{side.school_id}/settings"
    assert lead.client.post(settings, data={"year_9": "900"}).status_code == 302
    with app.app_context(), begin() as db:  # launched now, with that roll
        wave = db.get_one(Wave, (side.school_id, side.wave_id))
        wave.roll, wave.opened_on = {"9": 900}, today()
    assert len(lead.make_cards(CLASS + RESERVE + 1)) == CLASS + RESERVE + 1
    one_real_answer(lead)
    lead.press_release()
    second = client_of(app, world.email(Role.COORDINATOR))
    page = second.get(request_on(second.get(f"/schools/{side.school_id}/").text)).text
    said = f"Lead Person: Changed the roll: Year 9 from {CLASS} to 900"
    assert said in page
    assert f"Year 9 from {CLASS} to 900" in second.get(lead.at("")).text
    with app.app_context(), begin() as db:  # a later survey, for which nothing was changed
        wave = db.get_one(Wave, (side.school_id, side.wave_id))
        wave.opened_on = today() - timedelta(days=1)
    assert "Changed the roll" not in second.get(lead.at("")).text


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_survey_of_staff_in_between_does_not_hide_a_raised_roll(
    app: Flask, lead: Insider, world: World
) -> None:
    """Its report was agreed to as well, but its page says nothing of the roll."""
    side = lead.side
    settings = f"/schools/{side.school_id}/settings"
    assert lead.client.post(settings, data={"year_9": "900"}).status_code == 302
    with app.app_context(), begin() as db:
        staff, opened = load_all()["staff-pulse", "2026.1"], today() + timedelta(days=1)
        reference = content_hash(staff)
        db.add(FrozenQuestionnaire(content_hash=reference, document=canonical(staff)))
        of_staff = start_campaign(
            db,
            school_id=side.school_id,
            template_key=staff.key,
            template_version=staff.version,
            title="Staff",
            by=None,
        )
        (asked,) = of_staff.waves
        asked.questionnaire_hash, asked.opened_on, asked.closes_on = reference, opened, opened
        asked.state = WaveState.RELEASED
        wave = db.get_one(Wave, (side.school_id, side.wave_id))
        wave.roll, wave.opened_on = {"9": 900}, opened + timedelta(days=1)
    assert f"Year 9 from {CLASS} to 900" in lead.client.get(lead.at("")).text


def test_a_lead_alone_gets_no_report(app: Flask, lead: Insider) -> None:
    one_real_answer(lead)
    for _press in range(3):
        lead.press_release()
    assert lead.read() is None
    assert state(app, lead.side) is WaveState.CLOSED
    request = request_on(lead.client.get(lead.at("release")).text)
    own = lead.client.post(f"{request}/approve", data={"checked": "y"})
    assert own.status_code == 422
    assert lead.read() is None
    with app.app_context():
        assert read().query(Approval).where(Approval.answered_by.is_not(None)).count() == 0


def test_the_second_person_sees_what_to_check_and_can_say_no(
    app: Flask, lead: Insider, world: World
) -> None:
    one_real_answer(lead)
    lead.press_release()
    second = client_of(app, world.email(Role.COORDINATOR))
    start = second.get(f"/schools/{lead.side.school_id}/").text
    request = request_on(start)
    page = second.get(request).text
    assert "Lead Person" in page
    assert f"About {CLASS} answers" in page
    assert re.search(rf"Year 9</th>(\s*<td class=\"num\">{CLASS}</td>){{2}}", page)
    curt = second.post(f"{request}/decline", data={"note": "No"})
    assert "Give a reason of" in curt.text
    declined = second.post(f"{request}/decline", data={"note": "Nobody saw these cards"})
    assert declined.status_code == 302
    assert lead.read() is None
    assert "Nobody saw these cards" in lead.client.get(lead.at("release")).text
    with app.app_context():
        names = {event.name for event in read().query(Event)}
        assert {
            EventName.CODES_MADE,
            EventName.APPROVAL_ASKED,
            EventName.APPROVAL_DECLINED,
        } <= names


def test_where_nobody_else_is_at_the_school_an_analyst_stands_in_and_else_nobody(
    app: Flask, lead: Insider, world: World
) -> None:
    one_real_answer(lead)
    lead.press_release()
    own = world.own
    analyst = client_of(app, world.email(Role.ANALYST))
    start = f"/authorities/{own.authority_id}/"
    assert "/requests/" not in analyst.get(start).text, "the school has a second person"
    with app.app_context():
        waiting = read().query(Approval).where(Approval.kind == "release").one().approval_id
    hidden = f"{start}requests/{waiting}"
    assert analyst.get(hidden).status_code == 404
    assert analyst.post(f"{hidden}/approve", data={"checked": "y"}).status_code == 404
    close_out(app, [world.email(Role.COORDINATOR)])
    request = request_on(analyst.get(start).text)
    page = analyst.get(request).text
    assert "About 100% of the students on roll answered" in page
    assert f"{CLASS} answers" not in page
    elsewhere = client_of(app, world.other.email[Role.ANALYST])
    assert elsewhere.post(f"{request}/approve", data={"checked": "y"}).status_code == 404
    close_out(app, [world.email(Role.ANALYST)])
    text = lead.client.get(lead.at("release")).text
    assert "There is no second person yet" in text
    assert "help@survey.test" in text
    operator = client_of(app, world.operator_email)
    school_request = f"/schools/{own.school_id}/requests/{waiting}"
    assert operator.post(f"{school_request}/approve", data={"checked": "y"}).status_code == 404
    assert lead.read() is None


def test_a_year_group_with_more_answers_than_students_is_not_released(
    app: Flask, lead: Insider, world: World
) -> None:
    """Cards for any year make room for it; the answers of the year group do not fit its roll."""
    with app.app_context(), begin() as db:
        db.get_one(Wave, (lead.side.school_id, lead.side.wave_id)).roll = {"8": 40, "9": CLASS}
    codes = lead.make_cards(CLASS + 6, "all")
    lead.answer(codes, make_own(CORE, CLASS + 6))
    lead.close()
    page = lead.client.get(lead.at("release")).text
    assert "More answers than students" in page
    assert "Year 9" in page
    assert not re.search(rf"\b{CLASS + 6}\b", page.split("<main", 1)[1].split("<table")[0])
    lead.press_release()
    assert lead.read() is None
    assert "Ask for the report</button>" not in page
    # With the roll raised by a second person it is, and the report says so.
    asked = {"kind": "roll", "year": "9", "count": "6", "reason": "Six joined in October"}
    assert lead.client.post(lead.at("more"), data=asked | {"count": "1"}).status_code == 200
    assert lead.client.post(lead.at("more"), data=asked).status_code == 302
    second = client_of(app, world.email(Role.COORDINATOR))
    request = request_on(second.get(f"/schools/{world.own.school_id}/").text)
    assert second.post(f"{request}/approve", data={"checked": "y"}).status_code == 302
    assert "Ask for the report</button>" in lead.client.get(lead.at("release")).text


def test_a_lead_alone_reads_no_text_beside_19_of_their_own(app: Flask, lead: Insider) -> None:
    with app.app_context():
        write(lead.side, 20)
    lead.close()
    assert lead.client.post(lead.at("texts/open")).status_code == 409
    lead.press_release()
    assert lead.client.post(lead.at("texts/open")).status_code == 409
    for page in ("texts/", "texts/reading", "texts/next", "texts/marked/fit"):
        assert SECRET not in lead.client.get(lead.at(page), follow_redirects=True).text


@pytest.mark.slow
def test_what_remains_with_a_second_person_who_does_not_look(
    app: Flask, lead: Insider, world: World
) -> None:
    """The report says how many cards there were. A person who made all answers but one knows it."""
    one_real_answer(lead)
    lead.press_release()
    second = client_of(app, world.email(Role.COORDINATOR))
    request = request_on(second.get(f"/schools/{world.own.school_id}/").text)
    assert second.post(f"{request}/approve", data={"checked": "y"}).status_code == 302
    run_jobs(app)
    release = lead.read()
    assert release is not None
    learned = read_the_other(release, CORE, make_own(CORE, CLASS - 1), victim())
    print(
        f"\nwith an accomplice: {learned.right} right of {learned.said} said, {learned.asked} asked"
    )
    assert learned.right == learned.said >= 5, f"docs/insiders.md says what remains: {learned}"
    assert release.header["cards"] == CLASS
    assert release.header["cards_y9"] == CLASS
    assert release.header["roll_y9"] == CLASS
    page = lead.client.get(lead.at("report/")).text
    assert f"{CLASS} cards were made for {CLASS} students on roll." in page
