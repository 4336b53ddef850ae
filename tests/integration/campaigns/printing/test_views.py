"""The pages of what is printed, what a school writes for it, and the page for parents."""

from __future__ import annotations

import re
from datetime import date

import pytest
from flask import Flask
from flask.testing import FlaskClient

from survey.audit_log import EventName
from survey.campaigns.models import Wave
from survey.database import read
from survey.permissions import Role
from tests.integration.campaigns.schools import draft_of, events, words
from tests.integration.campaigns.staff_page import check_page
from tests.unit.campaigns import pdf_checks
from tests.world import World, sign_in

WRITTEN = {
    "asked_on": "2026-12-08",
    "opt_out_by": "2026-12-04",
    "opt_out_how": "office@northmoor.example",
    "signed_by": "J. Adeyemi",
    "drop_in": "Room 12",
}


@pytest.fixture
def lead(client: FlaskClient, world: World) -> FlaskClient:
    sign_in(client, world.own.email[Role.LEAD])
    return client


@pytest.fixture
def there(world: World) -> str:
    return f"/schools/{world.own.school_id}/waves/{world.own.wave_id}/print/"


def parents_address(page: str) -> str | None:
    found = re.search(r'href="(/parents/[^"]+)"', page)
    return found[1] if found else None


def test_wave_page_leads_to_what_is_printed(lead: FlaskClient, world: World, there: str) -> None:
    page = lead.get(there.removesuffix("print/")).text
    check_page(page)
    assert f'href="{there}"' in page
    assert 'href="/check"' in page


@pytest.mark.parametrize("sheet", ["poster", "letter", "items", "script"])
def test_each_sheet_has_a_file_and_its_first_page(
    lead: FlaskClient, there: str, sheet: str
) -> None:
    page = lead.get(there).text
    check_page(page)
    for ending, kind in (("pdf", "application/pdf"), ("png", "image/png")):
        assert f"{there}{sheet}.{ending}" in page
        answer = lead.get(f"{there}{sheet}.{ending}")
        assert (answer.status_code, answer.mimetype) == (200, kind)
    pdf = lead.get(f"{there}{sheet}.pdf?lang=cy")
    assert f"{sheet}-cy.pdf" in pdf.headers["Content-Disposition"]
    assert (
        lead.get(f"{there}{sheet}.pdf?lang=xx").headers["Content-Disposition"].endswith('-en.pdf"')
    )


def test_a_draft_is_printed_as_it_stands(app: Flask, lead: FlaskClient, world: World) -> None:
    campaign_id = draft_of(app, world.own)
    with app.test_request_context():
        (wave,) = read().query(Wave).filter_by(campaign_id=campaign_id)
        at = f"/schools/{world.own.school_id}/waves/{wave.wave_id}/"
    check_page(lead.get(at).text)
    assert f'href="{at}print/"' in lead.get(at).text
    assert lead.get(f"{at}print/letter.pdf").status_code == 200


def test_what_a_school_writes_is_printed(app: Flask, lead: FlaskClient, there: str) -> None:
    answer = lead.post(there, data=WRITTEN, follow_redirects=True)
    check_page(answer.text)
    assert "Saved." in answer.text
    assert 'value="office@northmoor.example"' in answer.text
    letter = lead.get(f"{there}letter.pdf").data
    pdf = pdf_checks.check_sheet(letter, language="en", title="Letter to parents: Safety survey")
    said = pdf_checks.words(pdf)
    for part in ("Friday 4 December 2026", "office@northmoor.example", "J. Adeyemi"):
        assert part in said
    with app.test_request_context():
        assert events(read(), EventName.PRINT_DETAILS_CHANGED) == 1
    assert 'value="2026-12-08"' in lead.get(there).text
    assert lead.post(there, data=WRITTEN | {"drop_in": "", "asked_on": ""}).status_code == 302
    assert 'value="2026-12-08"' not in lead.get(there).text


@pytest.mark.parametrize(
    ("changed", "refused"),
    [
        ({"opt_out_by": "2026-12-09"}, "Choose a day before the survey"),
        ({"signed_by": "J" * 121}, "Use at most 120 characters."),
        ({"asked_on": "soon"}, "Write a day that is in the calendar, like 31/12/2026."),
    ],
)
def test_a_form_that_is_refused_keeps_what_was_typed(
    lead: FlaskClient, there: str, changed: dict[str, str], refused: str
) -> None:
    answer = lead.post(there, data=WRITTEN | changed)
    check_page(answer.text)
    assert refused in answer.text
    assert 'value="office@northmoor.example"' in answer.text
    assert 'value="office@northmoor.example"' not in lead.get(there).text


def test_parents_read_all_items_only_while_the_school_shows_them(
    app: Flask, lead: FlaskClient, there: str
) -> None:
    assert parents_address(lead.get(there).text) is None
    shown = lead.post(f"{there}items-shown", follow_redirects=True).text
    check_page(shown)
    address = parents_address(shown)
    assert address
    lead.post(f"{there}items-shown")  # a second tap opens no second page
    assert parents_address(lead.get(there).text) == address
    stranger = app.test_client()
    page = stranger.get(address)
    check_page(page.text)
    assert "What makes those places feel unsafe?" in words(page.text)
    assert "Set-Cookie" not in page.headers
    assert stranger.get(f"{address}/print").mimetype == "application/pdf"
    lead.post(f"{there}items-hidden")
    assert stranger.get(address).status_code == 404
    assert stranger.get(f"{address}/print").status_code == 404
    again = parents_address(lead.post(f"{there}items-shown", follow_redirects=True).text)
    assert again not in (None, address)
    with app.test_request_context():
        assert events(read(), EventName.ITEMS_SHOWN) == 2
        assert events(read(), EventName.ITEMS_HIDDEN) == 1


def test_parents_choose_a_language(app: Flask, lead: FlaskClient, there: str) -> None:
    address = parents_address(lead.post(f"{there}items-shown", follow_redirects=True).text)
    page = app.test_client().get(f"{address}?lang=cy")
    check_page(page.text)
    assert '<html lang="cy" dir="ltr">' in page.text
    pdf = app.test_client().get(f"{address}/print?lang=cy").data
    assert (
        pdf_checks.pypdf.PdfReader(pdf_checks.io.BytesIO(pdf)).trailer["/Root"]["/Lang"] == "cy-GB"
    )


def test_only_the_lead_opens_the_page_for_parents(
    client: FlaskClient, world: World, there: str
) -> None:
    sign_in(client, world.own.email[Role.COORDINATOR])
    assert "items-shown" not in client.get(there).text
    assert client.post(f"{there}items-shown").status_code == 403
    assert client.post(there, data=WRITTEN).status_code == 302


def test_days_are_kept_as_days(app: Flask, lead: FlaskClient, world: World, there: str) -> None:
    lead.post(there, data=WRITTEN)
    with app.test_request_context():
        kept = read().get_one(Wave, (world.own.school_id, world.own.wave_id)).print_details
        assert kept
        assert (kept.asked_on, kept.opt_out_by) == (date(2026, 12, 8), date(2026, 12, 4))
