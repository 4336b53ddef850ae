"""A wave's pages: launch, cards, the coarse counter, and who is offered what."""

from __future__ import annotations

import csv
import io
import re
import uuid
from dataclasses import replace
from datetime import date

import pypdf
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from survey.campaigns import operations
from survey.campaigns.access_codes import make_codes
from survey.campaigns.lifecycle import launch_checks, outcomes
from survey.campaigns.models import AccessCode, LinkBatch
from survey.campaigns.states import WaveState
from survey.database import begin, today
from survey.languages import LANGUAGES, language_name
from survey.organisations.models import Nation, Phase
from survey.organisations.operations import add_member, add_school
from survey.permissions import PERMISSIONS, Permission, Role
from survey.questionnaires.model import Questionnaire
from survey.questionnaires.translations.review import unreviewed
from tests.integration.campaigns.schools import KEY, READY, draft_of, start, words, writing
from tests.integration.campaigns.staff_page import check_page
from tests.world import PASSWORD, Side, World, sign_in

BATCH = {"year": "9", "label": "9B", "count": "12"}


def wave_address(side: Side, part: str = "") -> str:
    return f"/schools/{side.school_id}/waves/{side.wave_id}/{part}"


def codes_on(page: str) -> list[str]:
    listed = re.search(r'<ul class="codes">(.*?)</ul>', page, re.S)
    return re.findall(r"<li>([^<]+)</li>", listed[1]) if listed else []


@pytest.fixture
def lead(client: FlaskClient, world: World) -> FlaskClient:
    sign_in(client, world.own.email[Role.LEAD])
    return client


@pytest.fixture
def coordinator(client: FlaskClient, world: World) -> FlaskClient:
    sign_in(client, world.own.email[Role.COORDINATOR])
    return client


# Starting and launching


@pytest.mark.parametrize(("role", "may_start"), [(Role.LEAD, True), (Role.COORDINATOR, False)])
def test_school_without_campaigns_is_told_what_to_do(
    app: Flask, client: FlaskClient, world: World, role: Role, may_start: bool
) -> None:
    with writing(app) as db:
        school = add_school(
            db, name="New School", nation=Nation.WALES, phase=Phase.SECONDARY, roll={},
            authority_id=None, by=None,
        )  # fmt: skip
        add_member(
            db, email="new@survey.test", name="New", role=role, password=PASSWORD,
            school_id=school.school_id, by=None,
        )  # fmt: skip
        start_at = f"/schools/{school.school_id}/campaigns/new"
    sign_in(client, "new@survey.test")
    page = client.get(start_at.replace("campaigns/new", "")).text
    check_page(page)
    assert "Find out where students feel unsafe" in page
    assert (start_at in page) is may_start
    inbox = start_at.replace("campaigns/new", "help-requests/")
    assert (inbox in page) is (role in PERMISSIONS[Permission.HELP_REQUESTS_READ])


def test_records_to_replay_are_no_survey_to_start(lead: FlaskClient, world: World) -> None:
    page = lead.get(f"/schools/{world.own.school_id}/campaigns/new").text
    check_page(page)
    assert "Feeling safe at school and around it" in page
    assert "GSHS" not in page


def test_lead_starts_a_campaign_and_meets_its_draft(lead: FlaskClient, world: World) -> None:
    at = f"/schools/{world.own.school_id}/campaigns/new"
    unnamed = lead.post(at, data={"template": "safety-core 2026.3", "title": " "})
    assert unnamed.status_code == 200
    assert "Write a title." in words(unnamed.text)
    started = lead.post(at, data={"template": "safety-core 2026.3", "title": "Spring"})
    assert started.status_code == 302
    page = lead.get(started.headers["Location"]).text
    check_page(page)
    assert "Spring" in page
    nonesuch = lead.post(at, data={"template": "gshs 2018.1", "title": "Records"})
    assert nonesuch.status_code == 200
    assert "This cannot be chosen any more" in nonesuch.text
    blank = lead.post(at, data={"template": "safety-core 2026.3", "title": "Spring", "number": " "})
    assert blank.status_code == 200
    assert "Reload the page and try again." in words(blank.text)


def test_launch_page_says_what_is_missing_and_refuses(
    app: Flask, coordinator: FlaskClient, world: World
) -> None:
    with writing(app) as db:
        wave_id = start(db, world.own.school_id).waves[0].wave_id
    at = f"/schools/{world.own.school_id}/waves/{wave_id}/launch"
    page = coordinator.get(at)
    check_page(page.text)
    assert "This survey cannot start yet" in page.text
    closes = date.fromordinal(today().toordinal() + 14).isoformat()
    refused = coordinator.post(at, data={"closes_on": closes})
    assert refused.status_code == 422
    assert "Name at least one person" in refused.text


def test_launch_opens_the_wave_on_a_day_that_can_be(
    app: Flask, coordinator: FlaskClient, world: World
) -> None:
    with writing(app) as db:
        campaign = start(db, world.own.school_id)
        operations.save_draft(db, campaign=campaign, adaptation=READY, by=None)
        wave_id = campaign.waves[0].wave_id
    at = f"/schools/{world.own.school_id}/waves/{wave_id}/launch"
    asked = words(coordinator.get(at).text)
    for tag in unreviewed(LANGUAGES):
        assert f"{language_name(tag)} (" in asked
    assert "not yet checked by a fluent reader. Ask one before you launch." in asked
    late = coordinator.post(at, data={"closes_on": today().isoformat()})
    assert late.status_code == 200
    assert "Choose a closing day after today" in late.text
    check_page(late.text)
    closes = date.fromordinal(today().toordinal() + 14)
    assert coordinator.post(at, data={"closes_on": closes.isoformat()}).status_code == 302
    with writing(app) as db:
        wave = operations.find_wave(db, world.own.school_id, wave_id)
        assert (wave.state, wave.closes_on) == (WaveState.OPEN, closes)
    assert coordinator.get(at).status_code == 409


def test_the_report_is_checked_before_the_launch_holds_the_database(
    app: Flask, coordinator: FlaskClient, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The check takes up to a second. Students of other surveys send answers meanwhile; and what
    was changed meanwhile is not launched unchecked."""
    with writing(app) as db:
        campaign = start(db, world.own.school_id)
        operations.save_draft(db, campaign=campaign, adaptation=READY, by=None)
        wave_id = campaign.waves[0].wave_id
    at = f"/schools/{world.own.school_id}/waves/{wave_id}/launch"
    checked = []

    def check(questionnaire: Questionnaire) -> None:
        with begin() as db:  # would wait for a write lock, and fail
            operations.rename(
                db,
                campaign=operations.find_wave(db, world.own.school_id, wave_id).campaign,
                title=f"Title {len(checked)}",
                by=None,
            )
        checked.append(questionnaire)
        if len(checked) == 1:
            with begin() as db:
                wave = operations.find_wave(db, world.own.school_id, wave_id)
                crossed = replace(READY, crossed=True)
                operations.save_draft(db, campaign=wave.campaign, adaptation=crossed, by=None)

    monkeypatch.setattr(launch_checks, "_checks", [check])
    closes = date.fromordinal(today().toordinal() + 14).isoformat()
    held = coordinator.post(at, data={"closes_on": closes})
    assert "Something changed since you opened this page" in words(held.text)
    assert coordinator.post(at, data={"closes_on": closes}).status_code == 302
    assert [one.crossed for one in checked] == [False, True]


# Cards


def test_codes_are_shown_once_and_kept_as_hashes(
    app: Flask, coordinator: FlaskClient, world: World
) -> None:
    page = coordinator.post(wave_address(world.own, "batches"), data=BATCH)
    check_page(page.text)
    codes = codes_on(page.text)
    assert len(set(codes)) == 12
    assert page.headers["Cache-Control"] == "no-store"
    again = coordinator.get(wave_address(world.own)).text
    assert "9B" in again
    assert not any(code in again for code in codes)
    with writing(app) as db:
        assert db.scalar(select(func.count()).select_from(AccessCode)) == 12


@pytest.mark.parametrize(
    ("field", "typed"), [("count", "0"), ("count", "501"), ("count", "many"), ("label", "")]
)
def test_batch_that_can_not_be_is_refused_and_keeps_what_was_typed(
    app: Flask, coordinator: FlaskClient, world: World, field: str, typed: str
) -> None:
    with writing(app) as db:
        before = db.scalar(select(func.count()).select_from(LinkBatch))
    page = coordinator.post(wave_address(world.own, "batches"), data=BATCH | {field: typed})
    assert page.status_code == 200
    check_page(page.text)
    assert f'id="{field}-error"' in page.text
    kept = "9B" if field != "label" else "12"
    assert f'value="{kept}"' in page.text
    with writing(app) as db:
        assert db.scalar(select(func.count()).select_from(LinkBatch)) == before


def test_cards_and_file_hold_the_codes_that_were_shown(
    coordinator: FlaskClient, world: World
) -> None:
    codes = codes_on(coordinator.post(wave_address(world.own, "batches"), data=BATCH).text)
    sent = {"codes": " ".join(codes), "first": "cy", "second": "en", "label": "9B"}
    sheet = coordinator.post(wave_address(world.own, "cards.pdf"), data=sent)
    assert sheet.mimetype == "application/pdf"
    pages = pypdf.PdfReader(io.BytesIO(sheet.data)).pages
    assert len(pages) == 2
    printed = "".join(page.extract_text() for page in pages)
    assert all(code in printed for code in codes)
    assert "Blwyddyn 9 · Year 9" in printed
    assert "9B · 1 / 2" in printed
    file = coordinator.post(wave_address(world.own, "codes.csv"), data=sent)
    lines = list(csv.DictReader(io.StringIO(file.data.decode("utf-8-sig"))))
    assert [line["code"] for line in lines] == codes
    assert {line["link"] for line in lines} == {f"http://survey.test/s/{c}" for c in codes}
    assert {line["year"] for line in lines} == {"9"}


@pytest.mark.parametrize("file", ["cards.pdf", "codes.csv"])
def test_only_codes_of_this_wave_are_printed(
    coordinator: FlaskClient, world: World, file: str
) -> None:
    own = make_codes(door=world.own.door, year=9, count=501, key=KEY)
    other = make_codes(door=world.other.door, year=9, count=1, key=KEY)
    strange = ("", "ABCD-EFGH", "Visit our shop", f"{own[0]} {other[0]}", " ".join(own))
    for codes in strange:
        sent = {"codes": codes, "first": "en"}
        assert coordinator.post(wave_address(world.own, file), data=sent).status_code == 422
    sent = {"codes": own[0], "first": "en"}
    assert coordinator.post(wave_address(world.own, file), data=sent).status_code == 200


def test_cards_are_in_languages_of_the_survey(coordinator: FlaskClient, world: World) -> None:
    (code,) = make_codes(door=world.own.door, year=9, count=1, key=KEY)
    for first, second, status in (("en", "en", 200), ("xx", "", 422), ("en", "xx", 422)):
        sent = {"codes": code, "first": first, "second": second}
        answer = coordinator.post(wave_address(world.own, "cards.pdf"), data=sent)
        assert answer.status_code == status, (first, second)


def test_no_cards_after_closing(app: Flask, coordinator: FlaskClient, world: World) -> None:
    with writing(app) as db:
        wave = operations.find_wave(db, world.own.school_id, world.own.wave_id)
        operations.close(db, wave=wave, today=today(), by=None)
    assert coordinator.post(wave_address(world.own, "batches"), data=BATCH).status_code == 409
    assert "Make the cards" not in coordinator.get(wave_address(world.own)).text


# The wave's page


def test_counter_is_shown_as_coarse_as_it_is_kept(
    app: Flask, lead: FlaskClient, world: World
) -> None:
    def said(counter: int, counter_on: date | None) -> str:
        with writing(app) as db:
            wave = operations.find_wave(db, world.own.school_id, world.own.wave_id)
            wave.counter, wave.counter_on = counter, counter_on
        page = lead.get(wave_address(world.own)).text
        check_page(page)
        return words(page)

    assert "not counted yet" in said(0, None)
    assert "fewer than 10 as of the end of 9 Nov 2026" in said(0, date(2026, 11, 9))
    assert "about 120 as of the end of 10 Nov 2026" in said(120, date(2026, 11, 10))


def test_what_is_offered_follows_state_and_role(
    app: Flask, client: FlaskClient, world: World
) -> None:
    close, make = wave_address(world.own, "close"), wave_address(world.own, "release")
    report = wave_address(world.own, "report/")

    def offered(role: Role) -> set[str]:
        visitor = app.test_client()
        sign_in(visitor, world.own.email[role])
        pages = [
            visitor.get(address).text
            for address in (wave_address(world.own), f"/schools/{world.own.school_id}/")
        ]
        for page in pages:
            check_page(page)
        return {link for link in (close, make, report) if any(link in page for page in pages)}

    assert offered(Role.LEAD) == {close}
    assert offered(Role.COORDINATOR) == set()
    with writing(app) as db:
        wave = operations.find_wave(db, world.own.school_id, world.own.wave_id)
        operations.close(db, wave=wave, today=today(), by=None)
    assert offered(Role.LEAD) == {make}
    assert offered(Role.COORDINATOR) == set()
    with writing(app) as db:
        wave = operations.find_wave(db, world.own.school_id, world.own.wave_id)
        outcomes.mark_released(db, wave=wave, today=today(), by=None)
    assert offered(Role.LEAD) == {report}
    assert offered(Role.COORDINATOR) == set()


def test_next_wave_is_started_from_the_page(app: Flask, lead: FlaskClient, world: World) -> None:
    at = f"/schools/{world.own.school_id}/campaigns/{world.own.campaign_id}/waves"
    assert lead.post(at).status_code == 409
    with writing(app) as db:
        wave = operations.find_wave(db, world.own.school_id, world.own.wave_id)
        operations.close(db, wave=wave, today=today(), by=None)
    assert f'href="{at}"' in lead.get(wave_address(world.own)).text
    asked = lead.get(at).text
    check_page(asked)
    assert "Nothing is sent to anybody" in asked
    started = lead.post(at)
    assert started.status_code == 302
    page = lead.get(started.headers["Location"]).text
    check_page(page)
    assert "A draft: about" in page
    assert f'href="{at}"' not in lead.get(wave_address(world.own)).text
    assert lead.get(at).status_code == 302, "there is a draft already"


def test_wave_of_another_school_is_not_there(lead: FlaskClient, world: World) -> None:
    for wave_id in (world.other.wave_id, uuid.uuid4()):
        at = f"/schools/{world.own.school_id}/waves/{wave_id}/"
        assert lead.get(at).status_code == 404
        assert lead.post(f"{at}batches", data=BATCH).status_code == 404


def test_every_page_of_the_editor_is_whole(app: Flask, lead: FlaskClient, world: World) -> None:
    campaign_id = draft_of(app, world.own)
    at = f"/schools/{world.own.school_id}/campaigns/{campaign_id}/draft/"
    parts = ("", "basics", "sections", "sections/A", "sections/H", "sections/B/add", "places")
    for part in (*parts, "contacts"):
        check_page(lead.get(at + part).text)
