"""The staff's preview: the student's own pages, and nothing kept."""

from __future__ import annotations

import pytest
from flask import Flask, url_for
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from survey.campaigns.models import Campaign
from survey.database import begin
from survey.organisations.models import Member
from survey.permissions import Role
from survey.questionnaires.adaptation import Adaptation, to_document
from tests.integration.responses.doors import Fields, first_of_each, parse_form, rows
from tests.integration.responses.page_checks import check_page
from tests.world import World, sign_in

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def staff(app: Flask, world: World) -> FlaskClient:
    client = app.test_client()
    sign_in(client, world.email(Role.COORDINATOR))
    app.config["WTF_CSRF_ENABLED"] = True
    return client


def address(app: Flask, world: World, endpoint: str, **values: object) -> str:
    with app.test_request_context():
        return url_for(
            endpoint,
            school_id=world.own.school_id,
            campaign_id=world.own.campaign_id,
            **values,  # type: ignore[arg-type]
        )


def test_the_frame_shows_the_phone_as_chosen(app: Flask, world: World, staff: FlaskClient) -> None:
    page = staff.get(address(app, world, "responses_preview.campaign", year=8, lang="cy"))
    html = page.get_data(as_text=True)
    assert page.status_code == 200
    phone = address(app, world, "responses_preview.phone", year=8, lang="cy")
    assert f'src="{phone}"'.replace("&", "&amp;") in html
    assert '<option value="8" selected>' in html


def test_the_phone_opens_in_the_language_of_the_member(
    app: Flask, world: World, staff: FlaskClient
) -> None:
    with app.app_context(), begin() as db:
        member = db.scalars(select(Member).where(Member.email == world.email(Role.COORDINATOR)))
        member.one().language = "cy"
    page = staff.get(address(app, world, "responses_preview.campaign"))
    phone = address(app, world, "responses_preview.phone", lang="cy")
    assert f'src="{phone}"'.replace("&", "&amp;") in page.text
    assert '<html lang="cy"' in staff.get(phone).text
    other = staff.get(address(app, world, "responses_preview.campaign", lang="pl")).text
    assert address(app, world, "responses_preview.phone", lang="pl") in other


def test_the_whole_walk_ends_without_a_trace(app: Flask, world: World, staff: FlaskClient) -> None:
    here = address(app, world, "responses_preview.phone", year=9, lang="cy")
    page = staff.get(here)

    def press(go: str, answers: Fields) -> TestResponse:
        fields = parse_form(page.get_data(as_text=True)).fields | answers | {"go": go}
        return staff.post(page.request.full_path, data=fields, follow_redirects=True)

    seen = 0
    while True:
        html = page.get_data(as_text=True)
        check_page(html)
        assert '<html lang="cy"' in html
        assert "Leave" not in html
        assert page.headers["Content-Security-Policy"].endswith("frame-ancestors 'self'")
        assert page.headers["X-Frame-Options"] == "SAMEORIGIN"
        form = parse_form(html)
        if form.fields["at"] == "send":
            break
        page = press("next", first_of_each(form))
        assert page.status_code == 200
        seen += 1
    assert seen > 30
    end = press("send", {})
    assert end.status_code == 200
    check_page(end.get_data(as_text=True))
    for table in ("response", "free_text"):
        assert rows(app, table) == []


def test_the_phone_is_not_open_to_forgery(app: Flask, world: World, staff: FlaskClient) -> None:
    here, data = address(app, world, "responses_preview.phone"), {"at": "start", "go": "next"}
    for site in ("cross-site", "same-site", "none"):
        assert staff.post(here, data=data, headers={"Sec-Fetch-Site": site}).status_code == 400
    # A page of ours without a token is to be sent again, and turns nothing.
    asked = staff.post(here, data=data)
    assert "Location" not in asked.headers
    assert "You are signed in again" in asked.text


def test_a_draft_changed_beside_the_preview_starts_it_again(
    app: Flask, world: World, staff: FlaskClient
) -> None:
    here = address(app, world, "responses_preview.phone", year=9)
    token = parse_form(staff.get(here).get_data(as_text=True)).fields["csrf_token"]
    sent = {"go": "next", "csrf_token": token}
    told = staff.post(here, data=sent)
    assert told.status_code == 303
    with app.app_context(), begin() as db:
        campaign = db.get_one(Campaign, (world.own.school_id, world.own.campaign_id))
        campaign.adaptation = to_document(Adaptation(absent=("library",)))
    stale = told.headers["Location"]
    for answer in (staff.get(stale), staff.post(stale, data=sent)):
        assert (answer.status_code, answer.headers["Location"]) == (303, here)


@pytest.mark.parametrize("endpoint", ["responses_preview.campaign", "responses_preview.phone"])
def test_only_staff_of_the_school_see_it(
    app: Flask, world: World, client: FlaskClient, endpoint: str
) -> None:
    where = address(app, world, endpoint)
    assert client.get(where).status_code == 302
    stranger = app.test_client()
    sign_in(stranger, world.other.email[Role.LEAD])
    assert stranger.get(where).status_code == 404


def test_a_draft_with_an_own_question_is_shown_in_the_language_chosen(
    app: Flask, world: World, staff: FlaskClient
) -> None:
    """Words that were fetched before, as for complaints about the draft, settle no language."""
    from survey.questionnaires.adaptation import OwnItem
    from survey.questionnaires.model import ItemKind, Text

    own = OwnItem(
        "Z1", "B", "PLACE", ItemKind.ONE, Text.of({"en": "Is the pond safe?"}),
        (Text.of({"en": "Yes"}), Text.of({"en": "No"})),
    )  # fmt: skip
    with app.app_context(), begin() as db:
        campaign = db.get_one(Campaign, (world.own.school_id, world.own.campaign_id))
        campaign.adaptation = to_document(Adaptation(own_items=(own,)))
    for tag in ("pl", "cy", "ar", "en"):
        page = staff.get(address(app, world, "responses_preview.phone", year=9, lang=tag))
        assert f'<html lang="{tag}"' in page.text
        assert ("Get help" in page.text) is (tag == "en"), tag
