"""Help contacts that the operator and schools change: what students read, who checked it, and what
no one can switch off."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from survey.campaigns.lifecycle.help_contacts import contacts_due
from survey.campaigns.models import Campaign
from survey.campaigns.queries import draft_of, questionnaire_of
from survey.database import begin, read, today
from survey.help_contacts import operations
from survey.help_contacts.current import ALWAYS_SHOWN
from survey.help_contacts.models import NationalContact, SchoolContact
from survey.mail.kinds import MailKind
from survey.mail.models import OutMail
from survey.organisations.models import Member
from survey.permissions import Role
from survey.questionnaires.help.contacts import HelpContact
from survey.retention import reminders
from tests.conftest import settings_for
from tests.integration.campaigns.schools import start, writing
from tests.integration.organisations.pages import without_forgery_check, words
from tests.world import World, sign_in

GIVEN = {
    "name_en": "Childline",
    "how_en": "Call 0800 9999, free.",
    "name_cy": "",
    "how_cy": "",
    "link": "https://www.childline.org.uk",
    "nations": ["england", "wales"],
}
LOCAL = {"name_en": "Youth club", "how_en": "Call 01234 567890.", "link": ""}


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


@pytest.fixture
def settings(database_url: str):  # type: ignore[no-untyped-def]
    return settings_for(database_url, mail_folder="/nowhere", mail_from="a@survey.test")


@pytest.fixture
def operator(client: FlaskClient, world: World) -> FlaskClient:
    sign_in(client, world.operator_email)
    without_forgery_check(client)
    return client


@pytest.fixture
def lead(app: Flask, world: World) -> FlaskClient:
    client = app.test_client()
    sign_in(client, world.email(Role.LEAD))
    return client


@pytest.fixture
def draft(app: Flask, world: World) -> tuple[object, object]:
    with writing(app) as db:
        campaign = start(db, world.own.school_id)
        return campaign.school_id, campaign.campaign_id


def shown(app: Flask, draft: tuple[object, object]) -> dict[str, HelpContact]:
    """What students of a draft would be shown."""
    with app.app_context():
        campaign = read().get_one(Campaign, draft)
        return {one.key: one for one in draft_of(campaign).help}


def test_a_changed_number_is_shown_by_what_is_launched_next_in_every_language(
    app: Flask, operator: FlaskClient, world: World, draft: tuple[object, object]
) -> None:
    before = shown(app, draft)["childline"]
    assert before.how.has("pl"), "it ships translated"
    answer = operator.post("/operator/help-contacts/childline", data=GIVEN)
    assert answer.status_code == 302, words(answer)
    after = shown(app, draft)["childline"]
    for language in ("en", "pl", "ur"):
        assert "0800 9999" in after.how.in_language(language), language
    with app.app_context():
        campaign = read().get_one(Campaign, (world.own.school_id, world.own.campaign_id))
        asked = questionnaire_of(campaign.waves[0])
        frozen = next(one for one in asked.help if one.key == "childline")
        assert frozen.how == before.how, "what was launched stays as it was frozen"


def test_other_words_were_not_checked_and_a_check_says_by_whom_and_when(
    app: Flask, operator: FlaskClient, draft: tuple[object, object]
) -> None:
    where = "/operator/help-contacts/childline"
    operator.post(f"{where}/check", data={"how": "Called it: answered."})
    page = words(operator.get("/operator/help-contacts"))
    assert "by Operator Person: Called it: answered." in page
    assert shown(app, draft)["childline"].last_checked == today().isoformat()
    operator.post(where, data=GIVEN)
    with app.app_context():
        assert read().get_one(NationalContact, "childline").checked_on is None
    assert "Say how you checked it." in words(operator.post(f"{where}/check", data={"how": " "}))


def test_a_contact_is_added_for_a_nation_and_an_audience_and_taken_away(
    app: Flask, operator: FlaskClient, draft: tuple[object, object]
) -> None:
    page = operator.get("/operator/help-contacts/add").text
    (number,) = re.findall(r'name="number"[^>]*value="([^"]+)"', page)
    given = GIVEN | {"name_en": "Kooth", "audiences": ["students"], "number": number}
    assert operator.post("/operator/help-contacts/add", data=given).status_code == 302
    (key,) = [one for one in shown(app, draft) if one.startswith("own_kooth")]
    operator.post(f"/operator/help-contacts/{key}/switch", data={"off": "yes"})
    assert key not in shown(app, draft)
    assert "Kooth" in words(operator.get("/operator/help-contacts")), "it can be shown again"
    operator.post(f"/operator/help-contacts/{key}/switch", data={"off": "no"})
    assert key in shown(app, draft)


@pytest.mark.parametrize("key", sorted(ALWAYS_SHOWN))
def test_no_one_switches_off_what_answers_at_any_hour(
    app: Flask,
    operator: FlaskClient,
    lead: FlaskClient,
    world: World,
    draft: tuple[object, object],
    key: str,
) -> None:
    school = f"/schools/{world.own.school_id}/help-contacts"
    for client, address in (
        (operator, f"/operator/help-contacts/{key}/switch"),
        (lead, f"{school}/{key}/switch"),
    ):
        answer = client.post(address, data={"off": "yes"})
        assert answer.status_code != 302
        assert "cannot be switched off" in words(answer)
    with app.app_context(), begin() as db:  # nor by a row that is there all the same
        db.add(SchoolContact(school_id=world.own.school_id, key=key, is_off=True, checked_how=""))
        db.add(NationalContact(key=key, is_off=True, checked_how=""))
    assert key in shown(app, draft)


def test_a_school_shows_its_own_and_leaves_one_out(
    app: Flask, lead: FlaskClient, world: World, draft: tuple[object, object]
) -> None:
    where = f"/schools/{world.own.school_id}/help-contacts"
    assert f'href="{where}"' in lead.get(f"/schools/{world.own.school_id}/settings").text
    assert "shout" in shown(app, draft)
    lead.post(f"{where}/shout/switch", data={"off": "yes"})
    page = lead.get(f"{where}/add").text
    (number,) = re.findall(r'name="number"[^>]*value="([^"]+)"', page)
    assert lead.post(f"{where}/add", data=LOCAL | {"number": number}).status_code == 302
    found = shown(app, draft)
    assert "shout" not in found
    (key,) = [one for one in found if one.startswith("own_youth_club")]
    assert "Check it" in words(lead.get(where))
    lead.post(f"{where}/{key}/check", data={"how": "Went there."})
    assert "by Lead Person: Went there." in words(lead.get(where))
    lead.post(f"{where}/shout/switch", data={"off": "no"})
    lead.post(f"{where}/{key}/remove")
    assert set(shown(app, draft)) == {*found, "shout"} - {key}
    other = app.test_client()
    sign_in(other, world.other.email[Role.LEAD])
    assert other.get(where).status_code == 404
    assert other.post(f"{where}/shout/switch", data={"off": "yes"}).status_code == 404


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"how_en": ""}, "Say how to get in touch."),
        ({"link": "javascript:alert(1)"}, "begins with https://"),
        ({"link": 'https://a.test/"><script>'}, "begins with https://"),
        ({"name_cy": "Clwb"}, "or neither"),
        ({"name_en": "x" * 61}, "Use at most"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_lost(
    app: Flask, lead: FlaskClient, world: World, wrong: dict[str, str], says: str
) -> None:
    where = f"/schools/{world.own.school_id}/help-contacts/add"
    answer = lead.post(where, data=LOCAL | wrong)
    assert answer.status_code == 200
    assert says in words(answer)
    assert "Call 01234" in answer.text or "how_en" in wrong
    with app.app_context():
        assert not read().scalars(select(SchoolContact)).all()


def test_an_old_check_is_a_reminder_to_the_school_and_to_the_operator(
    app: Flask, lead: FlaskClient, world: World, draft: tuple[object, object]
) -> None:
    with app.app_context(), begin() as db:
        by = db.scalars(select(Member).where(Member.email == world.email(Role.LEAD))).one()
        row = operations.change_local(
            db,
            school_id=world.own.school_id,
            key=None,
            given=operations.Given({"en": "Club"}, {"en": "Call 1."}, None),
            by=by,
        )
        key = row.key
        db.flush()
        day = date(2026, 11, 23)
        operations.check_local(
            db, school_id=world.own.school_id, key=key, how="Called.", today=day, by=by
        )
        every = operations.local(db, world.own.school_id)
        assert not operations.due(every, day + timedelta(days=180))
        assert operations.due(every, day + timedelta(days=181))
        campaign = db.get_one(Campaign, draft)
        late = contacts_due([campaign], nation="england", today=day + timedelta(days=181))
        assert key in {one.contact.key for one in late}
        operator_id = db.scalars(
            select(Member.id).where(Member.email == world.operator_email)
        ).one()
        for ahead in (0, 1):
            reminders.remind_of_contacts(db, operator_id, date(2026, 12, 1 + ahead))
        sent = db.scalars(select(OutMail).where(OutMail.member_id == operator_id)).all()
        assert [one.kind for one in sent] == [MailKind.CONTACTS], "once a month"
        row.checked_on = None
    assert "help contact that you added is due" in words(
        lead.get(f"/schools/{world.own.school_id}/")
    )
