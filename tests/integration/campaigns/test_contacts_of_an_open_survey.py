"""A help line or a person that changes while a survey is open is corrected where students read it,
and on what is printed from then on. What was frozen stays as it is."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta
from html import unescape
from types import SimpleNamespace

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from survey.audit_log import Event, EventName
from survey.campaigns import operations
from survey.campaigns.lifecycle.help_contacts import contacts_due, contacts_of
from survey.campaigns.models import PrintDetails, Wave
from survey.campaigns.printing.context import facts_of
from survey.campaigns.queries import questionnaire_of
from survey.campaigns.states import WaveState
from survey.database import begin, read, today
from survey.organisations.models import Authority, School
from survey.permissions import Role
from survey.responses import survey_context
from tests.conftest import settings_for
from tests.integration.campaigns.schools import CLOSES, READY, TODAY, start, words, writing
from tests.integration.campaigns.staff_page import check_page
from tests.integration.organisations.pages import without_forgery_check
from tests.integration.responses.doors import Student, make_codes
from tests.world import World, sign_in

CHANGED = {
    "name_en": "Childline",
    "how_en": "Call 0800 9999, free.",
    "name_cy": "",
    "how_cy": "",
    "link": "",
    "nations": ["england", "wales", "scotland", "northern_ireland"],
}


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Pages are the same on both engines."""
    return sqlite_url


@pytest.fixture
def staff(app: Flask, world: World) -> dict[Role, FlaskClient]:
    found = {}
    for role in (Role.OPERATOR, Role.LEAD, Role.COORDINATOR):
        found[role] = app.test_client()
        sign_in(found[role], world.email(role))
        without_forgery_check(found[role])
    return found


@pytest.fixture
def student(app: Flask, client: FlaskClient, world: World) -> Student:
    (code,) = make_codes(app, world.own, year=9, count=1)
    return Student(client, code)


def shown(student: Student, language: str = "en") -> str:
    """The words of the page that a student has open, read again."""
    student.speak(language)
    return unescape(words(student.html))


def wave_of(world: World) -> Wave:
    return read().get_one(Wave, (world.own.school_id, world.own.wave_id))


def events(app: Flask, name: EventName) -> list[Event]:
    with app.app_context():
        return list(read().scalars(select(Event).where(Event.name == name)))


def test_a_changed_number_reaches_students_of_an_open_survey(
    app: Flask, staff: dict[Role, FlaskClient], student: Student, world: World
) -> None:
    assert "0800 1111" in shown(student)
    answer = staff[Role.OPERATOR].post("/operator/help-contacts/childline", data=CHANGED)
    said = words(staff[Role.OPERATOR].get(answer.headers["Location"]).text)
    assert "open ones too" in said
    for language in ("en", "ur", "cy"):
        page = shown(student, language)
        assert "0800 9999" in page, language
        assert "0800 1111" not in page, language
    with app.test_request_context():
        wave = wave_of(world)
        frozen = {one.key: one for one in questionnaire_of(wave).help}
        assert "0800 1111" in frozen["childline"].how.in_language("en"), "what was frozen stays"
        printed = facts_of(wave, settings_for("sqlite://")).contacts
        assert any("0800 9999" in one.how.in_language("ur") for one in printed)
    (event,) = events(app, EventName.CONTACTS_CHANGED)
    assert event.member_id is not None


def test_the_old_number_does_not_stay_in_another_language(
    app: Flask, staff: dict[Role, FlaskClient], student: Student, world: World
) -> None:
    """The form shows the Welsh words as they are. Changing the English alone is refused."""
    where = "/operator/help-contacts/childline"
    page = staff[Role.OPERATOR].get(where).text
    assert "Ffonia 0800 1111" in unescape(page)
    welsh = {"name_cy": "Childline", "how_cy": "Ffonia 0800 1111, am ddim."}
    refused = staff[Role.OPERATOR].post(where, data=CHANGED | welsh)
    assert "The English does not have the number 08001111. Change both." in words(refused.text)
    assert "0800 1111" in shown(student), "nothing was saved"
    welsh["how_cy"] = "Ffonia 0800-9999, am ddim."
    assert staff[Role.OPERATOR].post(where, data=CHANGED | welsh).status_code == 302
    assert "0800 9999" in shown(student, "ur")
    assert "0800-9999" in shown(student, "cy")


def test_a_school_adds_and_leaves_out_while_its_survey_is_open(
    app: Flask, staff: dict[Role, FlaskClient], world: World
) -> None:
    lead, where = staff[Role.LEAD], f"/schools/{world.own.school_id}/help-contacts"

    def names() -> set[str]:
        with app.app_context():
            return {one.key for one in contacts_of(wave_of(world))}

    before = names()
    lead.post(f"{where}/shout/switch", data={"off": "yes"})
    page = lead.get(f"{where}/add").text
    (number,) = re.findall(r'name="number"[^>]*value="([^"]+)"', page)
    given = {"name_en": "Youth club", "how_en": "Call 01234 567890.", "number": number}
    lead.post(f"{where}/add", data=given)
    (key,) = names() - before
    assert names() == before - {"shout"} | {key}
    lead.post(f"{where}/{key}/remove")
    assert names() == before - {"shout"}


def test_people_are_put_right_while_the_survey_is_open_and_never_all_taken_away(
    app: Flask, staff: dict[Role, FlaskClient], student: Student, world: World
) -> None:
    lead, at = staff[Role.LEAD], f"/schools/{world.own.school_id}/waves/{world.own.wave_id}"
    assert f'href="{at}/people"' in lead.get(f"{at}/").text
    page = lead.get(f"{at}/people")
    check_page(page.text)
    given = {
        "name-0-en": "Mr Baker, safeguarding lead",
        "how-0-en": "Ring extension 55",
        "room-0-en": "Room 3",
        "times-0-en": "Every break",
        "email-0": "baker@school.example",
    }
    without = lead.post(f"{at}/people", data=given | {"room-0-en": ""})
    assert "needs at least one person" in words(without.text)
    assert "Ring extension 55" in without.text, "nothing that was typed is lost"
    assert lead.post(f"{at}/people", data={}).status_code == 200
    assert "Mr Baker" not in shown(student)
    assert lead.post(f"{at}/people", data=given).status_code == 302
    assert "Mr Baker, safeguarding lead" in shown(student)
    assert "Mr Baker, safeguarding lead" in shown(student, "ur"), (
        "in English where there is no Urdu"
    )
    lead.post(f"{at}/people", data=given)
    assert len(events(app, EventName.PEOPLE_CORRECTED)) == 1, "the same again is no change"
    with app.app_context():
        assert not any(one.own for one in questionnaire_of(wave_of(world)).help)
    assert staff[Role.COORDINATOR].get(f"{at}/people").status_code == 403


def test_people_can_be_put_right_after_a_policy_changed(
    app: Flask, staff: dict[Role, FlaskClient], world: World
) -> None:
    """The template of today may ask something else than what is open."""
    with app.app_context(), begin() as db:
        db.get_one(School, world.own.school_id).gender_question = "sex-2026.1"
    at = f"/schools/{world.own.school_id}/waves/{world.own.wave_id}/people"
    given = {
        "name-0-en": "Ms Ade",
        "how-0-en": "Knock",
        "room-0-en": "3",
        "times-0-en": "Break",
        "email-0": "ade@school.example",
    }
    assert staff[Role.LEAD].post(at, data=given).status_code == 302


@pytest.mark.parametrize("state", [WaveState.CLOSING, WaveState.CLOSED])
def test_only_an_open_survey_has_people_to_put_right(
    app: Flask, staff: dict[Role, FlaskClient], world: World, state: WaveState
) -> None:
    with app.app_context(), begin() as db:
        db.get_one(Wave, (world.own.school_id, world.own.wave_id)).state = state
    at = f"/schools/{world.own.school_id}/waves/{world.own.wave_id}/people"
    assert staff[Role.LEAD].get(at).status_code == 409


def test_a_check_made_today_counts_for_an_open_survey(
    app: Flask, staff: dict[Role, FlaskClient], world: World
) -> None:
    def due() -> set[str]:
        with app.app_context():
            found = contacts_due([wave_of(world).campaign], nation="england", today=today())
            return {one.contact.key for one in found}

    assert "shout" in due()
    staff[Role.OPERATOR].post("/operator/help-contacts/shout/check", data={"how": "Texted it."})
    assert "shout" not in due()


def test_a_draft_of_the_next_survey_that_names_nobody_takes_nobody_away(
    app: Flask, world: World
) -> None:
    with writing(app) as db:
        campaign = start(db, world.own.school_id)
        operations.save_draft(db, campaign=campaign, adaptation=READY, by=None)
        (wave,) = campaign.waves
        operations.launch(db, wave=wave, closes_on=CLOSES, today=TODAY, by=None)
        campaign.adaptation = {}
        assert [one.name.in_language("en") for one in contacts_of(wave) if one.own] == [
            "Safeguarding lead"
        ]


def test_another_process_shows_a_change_within_the_minute_that_pages_promise() -> None:
    """Its own count of changes does not move then: only the time makes it look again."""
    at = [0.0]
    kept = survey_context.KeptContacts(lambda: at[0])
    row = SimpleNamespace(school_id=1, wave_id=2, questionnaire_hash="a")
    found = iter(((), ("changed",)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(survey_context, "_contacts", lambda *_given: next(found))
        assert kept.of(row, None) == ()  # type: ignore[arg-type]
        at[0] += 29
        assert kept.of(row, None) == ()  # type: ignore[arg-type]
        at[0] += 1
        assert kept.of(row, None) == ("changed",)  # type: ignore[arg-type]
    assert survey_context.CONTACTS_FOR_SECONDS + survey_context.SEEN_FOR_SECONDS < 60


# What a launch fixes


def ready(app: Flask, world: World) -> str:
    with writing(app) as db:
        campaign = start(db, world.own.school_id)
        operations.save_draft(db, campaign=campaign, adaptation=READY, by=None)
        wave_id = campaign.waves[0].wave_id
    return f"/schools/{world.own.school_id}/waves/{wave_id}/launch"


def seen_on(page: str) -> dict[str, str]:
    (mark,) = re.findall(r'name="seen"[^>]*value="([0-9a-f]+)"', page)
    return {"seen": mark, "closes_on": (today() + timedelta(days=10)).isoformat()}


@pytest.mark.parametrize("what", ["consent", "gender", "roll", "words"])
def test_a_launch_is_held_when_what_it_fixes_changed_under_the_page(
    app: Flask, staff: dict[Role, FlaskClient], world: World, what: str
) -> None:
    lead, at = staff[Role.COORDINATOR], ready(app, world)
    given = seen_on(lead.get(at).text)
    wave_id = uuid.UUID(at.split("/")[-2])
    with app.test_request_context(), begin() as db:
        wave = operations.find_wave(db, world.own.school_id, wave_id)
        school = wave.campaign.school
        if what == "consent":
            wave.print_details = PrintDetails(opt_out_by=TODAY)
            db.get_one(Authority, world.own.authority_id).consent = "opt_in"
        elif what == "gender":
            school.gender_question = "sex-2026.1"
        elif what == "roll":
            school.roll = {**school.roll, "9": 12}
        else:
            wave.campaign.title = "Another title"
    held = lead.post(at, data=given)
    with app.app_context():
        assert operations.find_wave(read(), world.own.school_id, wave_id).state is WaveState.DRAFT
    assert "Something changed since you opened this page" in words(held.text)
    assert lead.post(at, data=seen_on(held.text)).status_code == 302
