"""Pulses: started from the school's survey of students, printed without a year, launched."""

from __future__ import annotations

import re
import uuid
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from survey.campaigns import adult_surveys, operations
from survey.campaigns.errors import BatchSizeError
from survey.campaigns.models import Campaign
from survey.campaigns.queries import adaptation_of, draft_of
from survey.database import read
from survey.organisations.models import Nation, Phase
from survey.organisations.operations import add_school
from survey.permissions import Role
from survey.questionnaires import adapt
from survey.questionnaires.adapt import Adaptation, AdaptationError
from survey.questionnaires.load import load_all
from survey.questionnaires.model import Audience, Inside, Questionnaire, Text
from tests.integration.campaigns import schools
from tests.integration.campaigns.schools import CLOSES, KEY, READY, TODAY, words, writing
from tests.integration.campaigns.staff_page import check_page
from tests.world import Side, World, sign_in

BANK = load_all()["safety", "2026.3"]
PARENTS = load_all()["parent-pulse", "2026.1"]
STAFF = load_all()["staff-pulse", "2026.1"]
ADULTS = (Audience.PARENTS, Audience.STAFF)


def theirs() -> Adaptation:
    """A survey of students that renamed, added and took away places."""
    hub = Text.of({"en": "The Hub", "pl": "Czytelnia"})
    changed = replace(READY, place_labels={"library": hub}, absent=("changing_rooms",))
    changed = adapt.add_place(
        BANK, changed, label=Text.of({"en": "Old chapel yard"}), inside=Inside.INSIDE
    )
    changed = adapt.add_place(
        BANK, changed, label=Text.of({"en": "Canal path"}), inside=Inside.OUTSIDE
    )
    return adapt.offer_languages(BANK, changed, languages=("en", "pl"))


@pytest.fixture
def lead(client: FlaskClient, world: World) -> FlaskClient:
    sign_in(client, world.own.email[Role.LEAD])
    return client


def there(questionnaire: Questionnaire, item: str) -> list[str]:
    return [one.key for one in questionnaire.by_key[item].options if not one.stands_alone]


# What it takes over


def test_places_names_and_people_are_those_of_the_students() -> None:
    asked = adapt.adapt(BANK, theirs())
    for template, item in ((PARENTS, "Q3"), (STAFF, "S1")):
        taken = adult_surveys.taken_over(template, asked, theirs())
        made = adapt.adapt(template, taken)
        sides = (Inside.INSIDE, Inside.OUTSIDE) if item == "Q3" else (Inside.INSIDE,)
        wanted = [one.key for one in asked.places if one.present and one.inside in sides]
        assert sorted(there(made, item)) == sorted(wanted)
        hub = made.place("library")
        assert hub is not None
        assert hub.label.in_language("en") == "The Hub"
        assert [contact.email for contact in made.help if contact.own] == ["lead@school.example"]
        assert made.languages == (("en", "pl") if template is PARENTS else ("en",))


def test_words_in_languages_the_pulse_has_not_stay_behind() -> None:
    taken = adult_surveys.taken_over(STAFF, adapt.adapt(BANK, theirs()), theirs())
    assert taken.place_labels["library"].by_language == (("en", "The Hub"),)


def test_a_pulse_of_the_untouched_template_changes_nothing() -> None:
    assert adult_surveys.taken_over(PARENTS, BANK, Adaptation()) == Adaptation()


def test_nothing_in_a_pulse_starts_at_a_year() -> None:
    with pytest.raises(AdaptationError) as refused:
        adapt.raise_gate(PARENTS, Adaptation(), item="Q1", from_year=9)
    assert refused.value.field == "gates.Q1"


# The operations


def _launched(app: Flask, side: Side, audience: Audience) -> uuid.UUID:
    with writing(app) as db:
        campaign = adult_surveys.start_pulse(
            db, school_id=side.school_id, audience=audience, by=None
        )
        operations.save_draft(db, campaign=campaign, adaptation=READY, by=None)
        (wave,) = campaign.waves
        operations.launch(db, wave=wave, closes_on=CLOSES, today=TODAY, by=None)
        return wave.wave_id


def test_it_is_started_once_from_what_was_launched_last(app: Flask, world: World) -> None:
    school_id = world.own.school_id
    with writing(app) as db:
        campaign = schools.start(db, school_id)
        operations.save_draft(db, campaign=campaign, adaptation=theirs(), by=None)
        (wave,) = campaign.waves
        operations.launch(db, wave=wave, closes_on=CLOSES, today=TODAY, by=None)
    with writing(app) as db:
        made = adult_surveys.start_pulse(
            db, school_id=school_id, audience=Audience.PARENTS, by=None
        )
        assert adult_surveys.audience_of(made) is Audience.PARENTS
        assert {"own_old_chapel_yard", "own_canal_path"} <= set(there(draft_of(made), "Q3"))
        assert adaptation_of(made).contacts == READY.contacts
        assert made.title == "Parents and carers: how safe is school?"
        first = made.campaign_id
    with writing(app) as db:
        again = adult_surveys.start_pulse(
            db, school_id=school_id, audience=Audience.PARENTS, by=None
        )
        assert again.campaign_id == first
        other = adult_surveys.start_pulse(db, school_id=school_id, audience=Audience.STAFF, by=None)
        assert other.campaign_id != first


def test_a_school_that_asks_no_students_starts_from_the_template(app: Flask, world: World) -> None:
    with writing(app) as db:
        school = add_school(db, authority_id=None, name="New High", nation=Nation.WALES,
                            phase=Phase.SECONDARY, roll={}, by=None)  # fmt: skip
        made = adult_surveys.start_pulse(
            db, school_id=school.school_id, audience=Audience.STAFF, by=None
        )
        assert draft_of(made) == STAFF


def test_cards_of_a_pulse_have_no_year(app: Flask, world: World) -> None:
    wave_id = _launched(app, world.own, Audience.STAFF)
    with writing(app) as db:
        wave = operations.find_wave(db, world.own.school_id, wave_id)
        given = {"wave": wave, "label": "All staff", "count": 2, "key": KEY, "today": TODAY}
        batch, codes = operations.make_batch(db, year=None, by=None, **given)  # type: ignore[arg-type]
        assert (batch.year, len(codes)) == (None, 2)
        with pytest.raises(BatchSizeError):
            operations.make_batch(db, year=9, by=None, **given)  # type: ignore[arg-type]


# The pages


def test_school_page_offers_each_pulse_until_it_is_started(lead: FlaskClient, world: World) -> None:
    at = f"/schools/{world.own.school_id}/"
    page = lead.get(at).text
    check_page(page)
    assert "Start a short survey of parents" in page
    assert "fewer than 20 people" in page
    draft = lead.post(f"{at}pulses/parents", follow_redirects=True)
    check_page(draft.text)
    assert "Your draft is there" in draft.text
    page = lead.get(at).text
    assert "Start a short survey of parents" not in page
    assert "Start a short survey of staff" in page
    headings = re.findall(r'<h2 id="campaign-\d+">([^<]*)', page)
    assert headings[0].endswith("afety survey")
    assert headings[1].startswith("Parents and carers")
    assert lead.post(f"{at}pulses/students").status_code == 404
    assert "parent-pulse" not in lead.get(f"{at}campaigns/new").text


def test_a_coordinator_starts_none(client: FlaskClient, world: World) -> None:
    sign_in(client, world.own.email[Role.COORDINATOR])
    at = f"/schools/{world.own.school_id}/"
    assert "Start a pulse" not in client.get(at).text
    assert client.post(f"{at}pulses/staff").status_code == 403


def test_an_authority_is_offered_no_pulse(client: FlaskClient, world: World) -> None:
    sign_in(client, world.own.email[Role.ANALYST])
    page = client.get(f"/authorities/{world.own.authority_id}/programmes/new").text
    assert "safety-core" in page
    assert "pulse" not in page


STUDENTS_ONLY = ("Year group", "From year", "year group", "All years", "students can")


@pytest.mark.parametrize("audience", ADULTS)
def test_no_page_of_a_pulse_speaks_of_years_or_to_students(
    app: Flask, lead: FlaskClient, world: World, audience: Audience
) -> None:
    school = f"/schools/{world.own.school_id}"
    lead.post(f"{school}/pulses/{audience}")
    with app.test_request_context():
        campaign = adult_surveys.find_pulse(read(), world.own.school_id, audience)
        assert campaign is not None
        draft = f"{school}/campaigns/{campaign.campaign_id}/draft/"
        wave = f"{school}/waves/{campaign.waves[0].wave_id}/"
        sections = [one.key for one in draft_of(campaign).sections]
        preview = f"{school}/campaigns/{campaign.campaign_id}/preview"
    addresses = [
        draft, f"{draft}basics", f"{draft}places", f"{draft}contacts", preview,
        *(f"{draft}sections/{key}" for key in sections), f"{draft}sections/{sections[0]}/add",
        wave, f"{wave}launch", f"{wave}print/",
    ]  # fmt: skip
    for address in addresses:
        answer = lead.get(address)
        assert answer.status_code == 200, address
        if address != preview:
            check_page(answer.text)
        for said in STUDENTS_ONLY:
            assert said not in words(answer.text), (address, said)


def test_an_own_item_of_a_pulse_is_saved_without_a_year(
    app: Flask, lead: FlaskClient, world: World
) -> None:
    school = f"/schools/{world.own.school_id}"
    lead.post(f"{school}/pulses/parents")
    with app.test_request_context():
        campaign_id = read().scalars(
            select(Campaign.campaign_id).where(Campaign.template_key == "parent-pulse")
        ).one()  # fmt: skip
    given = {
        "wording-en": "Is the drop-off safe?", "kind": "one", "options-en": "Yes\nNo",
        "most": "", "section": "Q", "theme": "JOURNEY",
    }  # fmt: skip
    at = f"{school}/campaigns/{campaign_id}/draft/sections/Q"
    assert lead.post(f"{at}/add", data=given).status_code == 302
    assert "Is the drop-off safe?" in lead.get(at).text
    assert lead.post(f"{at}/add", data=given | {"from_year": "9"}).status_code == 422


def test_a_pulse_is_launched_printed_and_its_cards_made(
    app: Flask, lead: FlaskClient, world: World
) -> None:
    wave_id = _launched(app, world.own, Audience.PARENTS)
    at = f"/schools/{world.own.school_id}/waves/{wave_id}/"
    page = lead.get(at).text
    check_page(page)
    assert "One card for each person" in page
    assert "school device" not in page
    printed = lead.get(f"{at}print/").text
    check_page(printed)
    assert set(re.findall(r"print/(\w+)\.pdf", printed)) == {"items", "note"}
    assert lead.get(f"{at}print/note.pdf?lang=pl").status_code == 200
    assert lead.get(f"{at}print/note.png").mimetype == "image/png"
    assert lead.get(f"{at}print/letter.pdf").status_code == 404
    saved = lead.post(f"{at}print/", data={"signed_by": "J. Adeyemi"}, follow_redirects=True)
    assert 'value="J. Adeyemi"' in saved.text
    assert lead.post(f"{at}print/", data={"drop_in": "Room 12"}).status_code == 422
    made = lead.post(f"{at}batches", data={"label": "7 to 9", "count": "3"}).text
    check_page(made)
    assert "By e-mail" in made
    assert "All years" not in made
    codes = re.search(r'name="codes" value="([^"]+)"', made)
    assert codes
    drawn = lead.post(
        f"{at}cards.pdf", data={"codes": codes[1], "label": "", "first": "en", "second": "cy"}
    )
    assert drawn.mimetype == "application/pdf"
    assert (
        lead.post(f"{at}batches", data={"label": "9", "count": "3", "year": "9"}).status_code == 422
    )
