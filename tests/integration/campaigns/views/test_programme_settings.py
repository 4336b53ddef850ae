"""What an authority settles of a programme: the core that schools adapt around, and the days."""

from __future__ import annotations

import uuid
from datetime import date, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from survey.audit_log import EventName
from survey.campaigns import operations, programme_operations
from survey.campaigns.errors import CoreSettledError, PlannedDaysError
from survey.campaigns.models import Campaign, PlannedWave
from survey.campaigns.queries import (
    core_of,
    draft_of,
    find_programme,
    latest_wave,
    planned_of,
)
from survey.database import today
from survey.permissions import Role
from survey.questionnaires.adapt import Adaptation, AdaptationError
from survey.questionnaires.model import Text
from tests.integration.campaigns.schools import READY, events, words, writing
from tests.integration.campaigns.staff_page import check_page
from tests.world import World, sign_in

LOCKED = Adaptation(switched={"B5": True, "K2": True})


@pytest.fixture
def analyst(client: FlaskClient, world: World) -> FlaskClient:
    sign_in(client, world.own.email[Role.ANALYST])
    return client


def lead_of(app: Flask, world: World) -> FlaskClient:
    client = app.test_client()
    sign_in(client, world.own.email[Role.LEAD])
    return client


def start(app: Flask, world: World) -> uuid.UUID:
    """A programme. The survey that the school has open is of none, or it would join this one."""
    with writing(app) as db:
        for one in db.scalars(select(Campaign).where(Campaign.school_id == world.own.school_id)):
            one.authority_id = one.programme_id = None
        return operations.start_programme(
            db,
            authority_id=world.own.authority_id,
            title="Safer Northmoor",
            template_key="safety",
            template_version="2026.3",
            by=None,
        ).programme_id


def invite(app: Flask, world: World, programme_id: uuid.UUID, core: Adaptation) -> uuid.UUID:
    """The own school is invited to a programme with this core; its campaign."""
    with writing(app) as db:
        programme = find_programme(db, world.own.authority_id, programme_id)
        programme_operations.change_core(db, programme=programme, core=core, by=None)
        return operations.invite(
            db, programme=programme, school_id=world.own.school_id, by=None
        ).campaign_id


def address(world: World, programme_id: uuid.UUID, part: str = "") -> str:
    return f"/authorities/{world.own.authority_id}/programmes/{programme_id}/{part}"


def draft(world: World, campaign_id: uuid.UUID, part: str = "") -> str:
    return f"/schools/{world.own.school_id}/campaigns/{campaign_id}/draft/{part}"


# The core


def test_an_analyst_locks_items_and_adds_one_for_all_schools(
    app: Flask, analyst: FlaskClient, world: World
) -> None:
    programme_id = start(app, world)
    at = address(world, programme_id, "core")
    page = analyst.get(at).text
    check_page(page)
    assert "on-B5" in page
    assert "on-B1" not in page  # core already
    assert "on-P2" not in page  # free text
    assert analyst.post(at, data={"on-B5": "y", "on-K2": "y"}).status_code == 302
    own = address(world, programme_id, "core/add")
    check_page(analyst.get(own).text)
    item = {
        "wording-en": "How safe is the new bus station?",
        "kind": "one",
        "options-en": "Safe\nNot safe",
        "section": "B",
        "theme": "PLACE",
        "from_year": "7",
        "most": "",
    }
    refused = analyst.post(own, data={**item, "options-en": "Safe"})
    check_page(refused.text)
    assert "Give 2 to 10 options." in refused.text
    assert analyst.post(own, data=item).status_code == 302
    page = words(analyst.get(at).text)
    assert "Z1 How safe is the new bus station?" in page
    change = address(world, programme_id, "core/own/Z1")
    check_page(analyst.get(change).text)
    assert analyst.post(change, data={**item, "options-en": "Yes\nNo"}).status_code == 302
    with writing(app) as db:
        core = core_of(find_programme(db, world.own.authority_id, programme_id))
        assert dict(core.switched) == {"B5": True, "K2": True}
        assert [one.in_language("en") for one in core.own_items[0].options] == ["Yes", "No"]
        assert events(db, EventName.CORE_CHANGED) == 3
    assert (
        "3 of them are your authority's choice." in analyst.get(address(world, programme_id)).text
    )
    assert analyst.post(f"{change}/remove").status_code == 302
    assert "bus station" not in analyst.get(at).text
    assert analyst.get(change).status_code == 404


def test_the_core_can_be_changed_until_a_school_launches(
    app: Flask, analyst: FlaskClient, world: World
) -> None:
    programme_id = start(app, world)
    campaign_id = invite(app, world, programme_id, Adaptation())
    with writing(app) as db:
        programme = find_programme(db, world.own.authority_id, programme_id)
        programme_operations.change_core(db, programme=programme, core=LOCKED, by=None)
        campaign = operations.find_campaign(db, world.own.school_id, campaign_id)
        assert "B5" in {item.key for item in draft_of(campaign).asked}
        operations.save_draft(db, campaign=campaign, adaptation=READY, by=None)
        closes_on = today() + timedelta(days=14)
        wave = latest_wave(campaign)
        operations.launch(db, wave=wave, closes_on=closes_on, today=today(), by=None)
    page = analyst.get(address(world, programme_id, "core")).text
    check_page(page)
    assert "what every school asks stays as it is" in page
    refused = analyst.post(address(world, programme_id, "core"), data={"on-I1": "y"})
    assert refused.status_code == 409
    with writing(app) as db:
        programme = find_programme(db, world.own.authority_id, programme_id)
        assert core_of(programme) == LOCKED
        with pytest.raises(CoreSettledError):
            programme_operations.change_core(db, programme=programme, core=Adaptation(), by=None)


def test_a_school_has_no_field_for_what_its_authority_locked(
    app: Flask, world: World, client: FlaskClient
) -> None:
    campaign_id = invite(app, world, start(app, world), LOCKED)
    lead = lead_of(app, world)
    page = lead.get(draft(world, campaign_id, "sections/B")).text
    check_page(page)
    assert "Shared by Northmoor Council: asked alike in all its schools" in page
    assert "on-B5" not in page
    assert "words-B5" not in page
    assert "year-B5" in page  # it may still start later
    made_up = lead.post(draft(world, campaign_id, "sections/B"), data={"on-B5": ""})
    assert made_up.status_code == 422
    assert "This page has no field" in made_up.text
    assert "on-I1" in lead.get(draft(world, campaign_id, "sections/I")).text


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (Adaptation(switched={"B5": False}), "asked in every school"),
        (Adaptation(switched={"K2": False}), "asked in every school"),
        (Adaptation(wordings={"B5": Text.of({"en": "Where is it safe?"})}), "same words"),
        (Adaptation(wordings={"K2a": Text.of({"en": "Where was it?"})}), "same words"),
    ],
)
def test_a_draft_against_the_core_is_not_kept(
    app: Flask, world: World, change: Adaptation, says: str
) -> None:
    campaign_id = invite(app, world, start(app, world), LOCKED)
    with writing(app) as db:
        campaign = operations.find_campaign(db, world.own.school_id, campaign_id)
        with pytest.raises(AdaptationError, match=says):
            operations.save_draft(db, campaign=campaign, adaptation=change, by=None)


def test_what_is_locked_is_launched_and_other_surveys_of_the_school_stay_free(
    app: Flask, world: World
) -> None:
    campaign_id = invite(app, world, start(app, world), LOCKED)
    with writing(app) as db:
        campaign = operations.find_campaign(db, world.own.school_id, campaign_id)
        operations.save_draft(db, campaign=campaign, adaptation=READY, by=None)
        (wave,) = campaign.waves
        closes = today() + timedelta(days=14)
        operations.launch(db, wave=wave, closes_on=closes, today=today(), by=None)
        asked = operations.questionnaire_of(wave)
        assert all(asked.by_key[key].core for key in ("B5", "K2", "K2a"))
        alone = operations.start_campaign(
            db,
            school_id=world.own.school_id,
            template_key="safety",
            template_version="2026.3",
            title="Our own",
            by=None,
        )
        operations.save_draft(
            db, campaign=alone, adaptation=Adaptation(switched={"B5": False}), by=None
        )
        assert not operations.draft_of(alone).by_key["B5"].on


def test_a_core_is_the_authoritys_own(app: Flask, analyst: FlaskClient, world: World) -> None:
    for part in ("core", "core/add", "waves/1/dates"):
        other = f"/authorities/{world.own.authority_id}/programmes/{world.other.programme_id}/"
        assert analyst.get(other + part).status_code == 404


# The days


DAYS = (date(2027, 1, 11), date(2027, 1, 22), date(2027, 2, 5))


def test_days_are_planned_wave_by_wave(app: Flask, analyst: FlaskClient, world: World) -> None:
    programme_id = world.own.programme_id
    at = address(world, programme_id, "waves/2/dates")
    check_page(analyst.get(at).text)
    names = ("opens_from", "opens_until", "closes_by")
    wrong = dict(zip(names, ("2027-01-22", "2027-01-11", "2027-01-11"), strict=True))
    refused = analyst.post(at, data=wrong).text
    check_page(refused)
    assert "The last opening date must be after the first." in refused
    assert 'value="2027-01-22"' in refused  # what was typed stays
    right = {name: day.isoformat() for name, day in zip(names, DAYS, strict=True)}
    assert analyst.post(at, data=right).status_code == 302
    assert "It opens between 11 Jan 2027 and 22 Jan 2027" in words(
        analyst.get(address(world, programme_id)).text
    )
    assert 'value="2027-02-05"' in analyst.get(at).text
    assert analyst.get(address(world, programme_id, "waves/99/dates")).status_code == 404
    with writing(app) as db:
        assert events(db, EventName.WAVE_PLANNED) == 1
        kept = db.get(PlannedWave, (world.own.authority_id, programme_id, 2))
        assert kept is not None
        assert (kept.opens_from, kept.opens_until, kept.closes_by) == DAYS


@pytest.mark.parametrize(
    ("opens", "closes", "strays"),
    [
        (DAYS[0], DAYS[2], False),
        (DAYS[1], DAYS[2], False),
        (DAYS[0] - timedelta(days=1), DAYS[2], True),
        (DAYS[1] + timedelta(days=1), DAYS[2], True),
        (DAYS[0], DAYS[2] + timedelta(days=1), True),
    ],
)
def test_a_wave_strays_before_between_and_after(opens: date, closes: date, strays: bool) -> None:
    planned = PlannedWave(opens_from=DAYS[0], opens_until=DAYS[1], closes_by=DAYS[2])
    assert planned.strays(opens=opens, closes=closes) is strays


def plan(app: Flask, world: World, programme_id: uuid.UUID, *from_today: int) -> None:
    first, last, end = (today() + timedelta(days=days) for days in from_today)
    with writing(app) as db:
        programme_operations.plan_wave(
            db,
            programme=find_programme(db, world.own.authority_id, programme_id),
            number=1,
            opens_from=first,
            opens_until=last,
            closes_by=end,
            by=None,
        )


def launching(app: Flask, world: World, *from_today: int) -> tuple[FlaskClient, str]:
    """A school with a draft that is ready, and days that its authority planned."""
    programme_id = start(app, world)
    campaign_id = invite(app, world, programme_id, LOCKED)
    plan(app, world, programme_id, *from_today)
    with writing(app) as db:
        campaign = operations.find_campaign(db, world.own.school_id, campaign_id)
        operations.save_draft(db, campaign=campaign, adaptation=READY, by=None)
        wave_id = campaign.waves[0].wave_id
    return lead_of(app, world), f"/schools/{world.own.school_id}/waves/{wave_id}/launch"


def test_a_school_is_told_and_inside_the_days_it_just_launches(app: Flask, world: World) -> None:
    lead, at = launching(app, world, -1, 5, 12)
    start_page = lead.get(f"/schools/{world.own.school_id}/").text
    check_page(start_page)
    assert "Northmoor Council plans this survey: open it between" in words(start_page)
    page = lead.get(at).text
    check_page(page)
    assert "plans this survey" in page
    assert "Today is outside" not in page
    end = (today() + timedelta(days=12)).isoformat()
    assert f'value="{end}"' in page  # proposed: the day to close by
    assert lead.post(at, data={"closes_on": end}).status_code == 302


@pytest.mark.parametrize(("days", "closes"), [((3, 5, 12), 12), ((-1, 5, 12), 13)])
def test_a_school_outside_the_days_is_warned_and_may(
    app: Flask, world: World, analyst: FlaskClient, days: tuple[int, ...], closes: int
) -> None:
    lead, at = launching(app, world, *days)
    page = lead.get(at).text
    check_page(page)
    assert ("Today is outside these days." in page) is (days[0] > 0)
    end = (today() + timedelta(days=closes)).isoformat()
    warned = lead.post(at, data={"closes_on": end})
    assert warned.status_code == 200
    check_page(warned.text)
    assert "Choose such days, or tick the box." in warned.text
    assert f'value="{end}"' in warned.text
    assert lead.post(at, data={"closes_on": end, "outside": "y"}).status_code == 302
    with writing(app) as db:
        wave = operations.find_wave(db, world.own.school_id, uuid.UUID(at.split("/")[-2]))
        programme = wave.campaign.programme_id
        assert planned_of(wave.campaign, 1) is not None
    page = words(analyst.get(address(world, programme)).text)
    assert "Northmoor High School Students are answering outside the planned days" in page


def test_without_planned_days_there_is_no_box(app: Flask, world: World) -> None:
    campaign_id = invite(app, world, start(app, world), Adaptation())
    with writing(app) as db:
        campaign = operations.find_campaign(db, world.own.school_id, campaign_id)
        operations.save_draft(db, campaign=campaign, adaptation=READY, by=None)
        wave_id = campaign.waves[0].wave_id
    lead = lead_of(app, world)
    at = f"/schools/{world.own.school_id}/waves/{wave_id}/launch"
    assert 'name="outside"' not in lead.get(at).text
    made_up = lead.post(at, data={"closes_on": "2027-01-01", "outside": "y"})
    assert made_up.status_code == 422


def test_impossible_days_are_refused_by_the_operation_too(app: Flask, world: World) -> None:
    with pytest.raises(PlannedDaysError):
        plan(app, world, world.own.programme_id, 5, 4, 9)
    with pytest.raises(PlannedDaysError):
        plan(app, world, world.own.programme_id, 3, 4, 4)


def test_a_core_is_what_the_draft_page_takes_for_the_template(app: Flask, world: World) -> None:
    campaign_id = invite(app, world, start(app, world), LOCKED)
    page = lead_of(app, world).get(draft(world, campaign_id)).text
    check_page(page)
    differs = words(page[page.index("What differs from the template") :])
    # The school itself changed nothing; a draft begins in English.
    assert differs.count(".") == 2, differs
    assert "Languages to choose from: English." in differs
