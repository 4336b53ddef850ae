"""Signing a survey off before its launch: for this wording alone, until the launch, and without
telling an authority which letter a school is."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from survey.approvals.models import SignOff
from survey.audit_log import Event, EventName
from survey.campaigns import operations
from survey.campaigns.errors import DraftNotReadyError
from survey.campaigns.lifecycle import sign_offs, undo
from survey.campaigns.models import Campaign, Wave
from survey.campaigns.queries import adaptation_of, find_programme, template_of
from survey.database import begin, read, today
from survey.organisations.models import Member, Membership
from survey.permissions import Role
from survey.questionnaires import adapt
from survey.questionnaires.adapt import OwnContact
from survey.questionnaires.authority_core import can_be_locked
from survey.questionnaires.model import Inside
from survey.questionnaires.multilingual_text import Text
from tests.integration.organisations.pages import without_forgery_check, words
from tests.seats import seated, with_every_seat
from tests.world import World, sign_in

HEAD = Role.HEAD
MISSING = "The head has to sign the survey off as it is now."


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


@pytest.fixture
def head_signs(app: Flask, world: World) -> None:
    with app.app_context():
        with_every_seat(world)


@pytest.fixture
def draft(app: Flask, world: World) -> Wave:
    """A draft of the programme with nothing missing."""
    with app.app_context(), begin() as db:
        wave = db.get_one(Wave, (world.own.school_id, world.own.wave_id))
        undo.undo_launch(db, wave=wave, key=bytes(range(32)), today=today(), by=None)
        ready(wave.campaign)
        wave.campaign.school.roll = {"9": 120}
    return wave


def ready(campaign: Campaign, how: str = "Room 4") -> None:
    said = dict.fromkeys(adaptation_of(campaign).languages or ("en",), how)
    contact = OwnContact(Text.of(said), Text.of(said), Text.of(said), Text.of(said), "a@b.test")
    changed = adapt.set_contacts(
        template_of(campaign), adaptation_of(campaign), contacts=(contact,)
    )
    campaign.adaptation = adapt.to_document(changed)


def page_of(world: World, what: str = "sign-off") -> str:
    return f"/schools/{world.own.school_id}/waves/{world.own.wave_id}/{what}"


def sign(client: FlaskClient, address: str) -> str:
    page = client.get(address)
    (seen,) = re.findall(r'name="seen" value="([0-9a-f]+)"', page.text)
    answer = client.post(address, data={"seen": seen, "checked": "y"})
    assert answer.status_code == 302, words(answer)
    return seen


def launch(app: Flask, world: World) -> None:
    with app.app_context(), begin() as db:
        wave = db.get_one(Wave, (world.own.school_id, world.own.wave_id))
        ends = today() + timedelta(days=7)
        operations.launch(db, wave=wave, closes_on=ends, today=today(), by=None)


def member(app: Flask, world: World, role: Role) -> FlaskClient:
    client = app.test_client()
    sign_in(client, world.own.email.get(role, f"{role}@northmoor.test"))
    without_forgery_check(client)
    return client


@pytest.mark.usefixtures("head_signs", "draft")
def test_a_survey_starts_once_the_head_has_signed_it_off(app: Flask, world: World) -> None:
    with pytest.raises(DraftNotReadyError):
        launch(app, world)
    lead, head = member(app, world, Role.LEAD), member(app, world, HEAD)
    assert MISSING in words(lead.get(page_of(world, "launch")))
    assert "A survey waits for your sign-off" in words(head.get(f"/schools/{world.own.school_id}/"))
    assert lead.get(page_of(world)).status_code == 403, "a lead is not the head"
    sign(head, page_of(world))
    page = words(lead.get(page_of(world, "launch")))
    assert MISSING not in page
    assert "by Head Person" in page
    assert "waits for your sign-off" not in words(head.get(f"/schools/{world.own.school_id}/"))
    launch(app, world)
    assert head.post(f"{page_of(world)}/revoke").status_code == 409, "launched: too late"


@pytest.mark.usefixtures("head_signs", "draft")
def test_it_lapses_when_the_survey_changes_and_counts_again_for_the_same_words(
    app: Flask, world: World
) -> None:
    head = member(app, world, HEAD)
    sign(head, page_of(world))

    def change(how: str) -> None:
        with app.app_context(), begin() as db:
            ready(db.get_one(Campaign, (world.own.school_id, world.own.campaign_id)), how)

    change("Room 5")
    assert "that lapsed" in words(head.get(page_of(world)))
    with pytest.raises(DraftNotReadyError):
        launch(app, world)
    change("Room 4")
    assert "Signed off on" in words(head.get(page_of(world)))
    with app.app_context(), begin() as db:
        campaign = db.get_one(Campaign, (world.own.school_id, world.own.campaign_id))
        campaign.title = "Another title"
    assert "that lapsed" in words(head.get(page_of(world)))


@pytest.mark.usefixtures("head_signs", "draft")
def test_a_page_that_is_not_up_to_date_signs_nothing(app: Flask, world: World) -> None:
    head = member(app, world, HEAD)
    page = head.get(page_of(world))
    (seen,) = re.findall(r'name="seen" value="([0-9a-f]+)"', page.text)
    with app.app_context(), begin() as db:
        ready(db.get_one(Campaign, (world.own.school_id, world.own.campaign_id)), "Room 9")
    for given in (seen, "", "0" * 64):
        answer = head.post(page_of(world), data={"seen": given, "checked": "y"})
        assert answer.status_code == 409
    assert "Tick that you agree" in words(head.post(page_of(world), data={"seen": seen}))
    with app.app_context():
        assert not read().scalars(select(SignOff)).all()


@pytest.mark.usefixtures("head_signs", "draft")
def test_it_is_taken_back_until_the_launch_and_both_are_on_record(app: Flask, world: World) -> None:
    head = member(app, world, HEAD)
    sign(head, page_of(world))
    assert head.post(f"{page_of(world)}/revoke").status_code == 302
    assert "was taken back" in words(head.get(page_of(world)))
    assert head.post(f"{page_of(world)}/revoke").status_code == 404
    with pytest.raises(DraftNotReadyError):
        launch(app, world)
    sign(head, page_of(world))
    launch(app, world)
    with app.app_context():
        names = (EventName.SIGN_OFF_GIVEN, EventName.SIGN_OFF_REVOKED)
        found = read().scalars(select(Event).where(Event.name.in_(names))).all()
        assert sorted(one.name for one in found) == sorted([*names, EventName.SIGN_OFF_GIVEN])
        (given, ended) = read().scalars(select(SignOff).order_by(SignOff.ended_on.is_not(None)))
        assert (given.given_on, given.ended_on) == (today(), None)
        assert ended.ended_on == today()


@pytest.mark.usefixtures("draft")
def test_without_a_head_nothing_waits_and_a_signature_on_paper_is_recorded(
    app: Flask, world: World
) -> None:
    lead = member(app, world, Role.LEAD)
    page = words(lead.get(page_of(world, "launch")))
    assert "No head has an account at your school" in page
    answer = lead.post(f"{page_of(world)}/paper", data={"name": " "}, follow_redirects=True)
    assert "Write the name of the head" in words(answer)
    lead.post(f"{page_of(world)}/paper", data={"name": "Dr Pat Hill"})
    page = words(lead.get(page_of(world, "launch")))
    assert "by Dr Pat Hill. Signed on paper; Lead Person recorded it." in page
    lead.post(f"{page_of(world)}/paper", data={"revoke": "yes"})
    assert "was taken back" in words(lead.get(page_of(world, "launch")))
    launch(app, world)


@pytest.mark.usefixtures("head_signs", "draft")
def test_no_paper_stands_in_for_a_head_with_an_account(app: Flask, world: World) -> None:
    lead = member(app, world, Role.LEAD)
    answer = lead.post(f"{page_of(world)}/paper", data={"name": "Dr Pat Hill"})
    assert "The head has an account here" in words(answer)
    sign(member(app, world, HEAD), page_of(world))
    lead.post(f"{page_of(world)}/paper", data={"revoke": "yes"})
    with app.app_context():
        wave = read().get_one(Wave, (world.own.school_id, world.own.wave_id))
        assert not sign_offs.missing(wave.campaign), "a lead does not take the head's back"


# The authority


def of_authority(world: World) -> str:
    own = world.own
    where = f"/authorities/{own.authority_id}/programmes/{own.programme_id}/sign-offs"
    return f"{where}/{own.school_id}"


@pytest.mark.usefixtures("draft")
def test_an_authority_that_asks_signs_each_survey_off(app: Flask, world: World) -> None:
    analyst, lead = member(app, world, Role.ANALYST), member(app, world, Role.LEAD)
    programme = of_authority(world).rpartition("/sign-offs")[0]
    assert analyst.get(of_authority(world)).status_code == 404, "it has not asked"
    answer = analyst.post(f"{programme}/sign-offs", data={"asks": "yes"}, follow_redirects=True)
    assert of_authority(world) in answer.text
    assert "Your authority has to sign" in words(lead.get(page_of(world, "launch")))
    with pytest.raises(DraftNotReadyError):
        launch(app, world)
    sign(analyst, of_authority(world))
    analyst.post(f"{of_authority(world)}/revoke")
    with pytest.raises(DraftNotReadyError):
        launch(app, world)
    sign(analyst, of_authority(world))
    launch(app, world)
    assert analyst.get(of_authority(world)).status_code == 404


@pytest.mark.usefixtures("draft")
def test_a_school_that_has_left_waits_for_no_authority(app: Flask, world: World) -> None:
    with app.app_context(), begin() as db:
        programme = find_programme(db, world.own.authority_id, world.own.programme_id)
        sign_offs.ask_for_sign_offs(db, programme=programme, asks=True, by=None)
        campaign = db.get_one(Campaign, (world.own.school_id, world.own.campaign_id))
        assert sign_offs.missing(campaign)
        campaign.left_after = 0
        assert not sign_offs.missing(campaign)
        assert not sign_offs.drafts_of(db, programme)


@pytest.mark.usefixtures("draft")
def test_the_authority_s_page_is_the_same_whatever_places_and_questions_a_school_chose(
    app: Flask, world: World
) -> None:
    """Else it could tell later which letter of the comparison the school is: the one that shows no
    figure of what it left out. Nor does the mark in its form give a guess away."""
    analyst = member(app, world, Role.ANALYST)
    with app.app_context(), begin() as db:
        programme = find_programme(db, world.own.authority_id, world.own.programme_id)
        sign_offs.ask_for_sign_offs(db, programme=programme, asks=True, by=None)

    def shown() -> tuple[str, str]:
        page = analyst.get(of_authority(world)).text
        (seen,) = re.findall(r'name="seen" value="([0-9a-f]+)"', page)
        bare = re.sub(r'(csrf_token" type="hidden"|csrf_token") value="[^"]+"', "", page)
        return bare.replace(seen, ""), seen

    before, mark = shown()
    with app.app_context(), begin() as db:
        campaign = db.get_one(Campaign, (world.own.school_id, world.own.campaign_id))
        template, now = template_of(campaign), adaptation_of(campaign)
        place = next(one for one in template.places if one.inside is Inside.OUTSIDE)
        now = replace(now, absent=(*now.absent, place.key))
        item = next(one for one in template.items if can_be_locked(one))
        now = adapt.switch_item(template, now, item=item.key, on=not item.on)
        campaign.adaptation = adapt.to_document(now)
        wording = sign_offs.wording_of(campaign)
        by = db.scalars(select(Member).where(Member.email == world.own.email[Role.ANALYST])).one()
        guess = sign_offs.seen_mark(wording, by=by, key="another key")
    after, changed = shown()
    assert after == before
    assert len({mark, changed, wording, guess}) == 4


@pytest.mark.usefixtures("draft")
def test_a_head_whom_a_lead_made_up_signs_nothing_off(app: Flask, world: World) -> None:
    """The strongest attack on a sign-off: a lead invites their own second address as the head.
    Until someone from outside confirms the seat, the survey waits for no such head, and no such
    head can sign."""
    with app.app_context(), begin() as db:
        lead = db.scalars(
            select(Membership).join(Member, Member.id == Membership.member_id)
            .where(Member.email == world.own.email[Role.LEAD])
        ).one()  # fmt: skip
        puppet = seated(
            HEAD, "head@northmoor.test", name="Puppet", since=today(),
            school_id=world.own.school_id, password=lead.member.password,
        )  # fmt: skip
        db.add(puppet)
        puppet.memberships[0].invited_through = lead.membership_id
        puppet.memberships[0].added_by = lead.member_id
    head = member(app, world, HEAD)
    page = head.get(page_of(world)).text
    (seen,) = re.findall(r'name="seen" value="([0-9a-f]+)"', page)
    answer = head.post(page_of(world), data={"seen": seen, "checked": "y"})
    assert "Your seat is not confirmed yet" in words(answer)
    with app.app_context():
        assert not read().scalars(select(SignOff)).all()
        wave = read().get_one(Wave, (world.own.school_id, world.own.wave_id))
        assert not sign_offs.has_head(read(), wave.campaign.school)
