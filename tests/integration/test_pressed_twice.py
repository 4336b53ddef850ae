"""A button that creates something creates it once, however often it is pressed.

Nothing is left out: every address that takes a form is here, either with what it sends or with the
reason why a second press can do no harm. A new page is refused until it says which."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from survey.campaigns import operations
from survey.database import Base, begin, read, today
from survey.http.submit_once import SentForm
from survey.permissions import Role
from survey.self_assessment.models import Assessment
from tests.world import Side, World, sign_in

SCHOOL, AUTHORITY = "/schools/{school_id}", "/authorities/{authority_id}"
DRAFT = SCHOOL + "/campaigns/{draft}/draft"
PROGRAMME = AUTHORITY + "/programmes/{programme_id}"
WAVE = SCHOOL + "/waves/{wave_id}"
OWN_ITEM = {
    "kind": "one",
    "wording-en": "Where do you eat?",
    "options-en": "Hall\nYard",
    "most": "",
    "section": "B",
    "theme": "PLACE",
    "from_year": "7",
}


@dataclass(frozen=True)
class Form:
    """A form that creates something: who sends it, from which page, to which address and with what.
    `arrange` brings the world into the state in which the page has it."""

    role: Role
    page: str
    sends: dict[str, str]
    to: str = ""
    arrange: Callable[[Flask, World], None] = field(default=lambda _app, _world: None)


def _close_the_survey(app: Flask, world: World) -> None:
    with app.app_context(), begin() as db:
        wave = operations.find_wave(db, world.own.school_id, world.own.wave_id)
        operations.close(db, wave=wave, today=today(), by=None)


def _no_assessment(app: Flask, world: World) -> None:
    with app.app_context(), begin() as db:
        db.delete(db.get_one(Assessment, (world.own.school_id, world.own.assessment_id)))


NAMED = {"nation": "england", "phase": "secondary", "authority": ""}
CREATES: dict[str, Form] = {
    "help_contacts.add_national": Form(
        Role.OPERATOR,
        "/operator/help-contacts/add",
        {"name_en": "Kooth", "how_en": "Open it.", "nations": "england", "audiences": "students"},
    ),
    "help_contacts.add_local": Form(
        Role.LEAD, f"{SCHOOL}/help-contacts/add", {"name_en": "Club", "how_en": "Call 1."}
    ),
    "campaigns.start": Form(
        Role.LEAD, f"{SCHOOL}/campaigns/new", {"title": "Safe?", "template": "safety 2026.3"}
    ),
    "campaigns.pulse": Form(Role.LEAD, f"{SCHOOL}/", {}, f"{SCHOOL}/pulses/staff"),
    "campaigns.next_wave": Form(
        Role.LEAD, f"{SCHOOL}/campaigns/{{campaign_id}}/waves", {}, arrange=_close_the_survey
    ),
    "campaigns.batch": Form(
        Role.LEAD, f"{WAVE}/", {"year": "9", "label": "9B", "count": "3"}, f"{WAVE}/batches"
    ),
    "campaigns.more": Form(
        Role.LEAD,
        f"{WAVE}/more",
        {"kind": "cards", "year": "9", "count": "5", "reason": "A box of cards got wet"},
    ),
    "campaigns.add_item": Form(Role.LEAD, f"{DRAFT}/sections/B/add", OWN_ITEM),
    "campaigns.draft_places": Form(Role.LEAD, f"{DRAFT}/places", {"new-inside-en": "Ramp"}),
    "campaigns.start_programme": Form(
        Role.ANALYST, f"{AUTHORITY}/programmes/new", {"title": "Safe?", "template": "safety 2026.3"}
    ),
    "campaigns.add_core_item": Form(
        Role.ANALYST, AUTHORITY + "/programmes/{new_programme}/core/add?section=B", OWN_ITEM
    ),
    "shared_places.agree": Form(
        Role.ANALYST,
        AUTHORITY + "/shared-places/{shared_place_id}/actions/new",
        {
            "partner": "transport",
            "who": "Depot",
            "steps_taken": "A light",
            "due_on": "2099-01-01",
        },
    ),
    "self_assessment.start": Form(
        Role.LEAD,
        f"{SCHOOL}/assessments/",
        {},
        f"{SCHOOL}/assessments/",
        arrange=_no_assessment,
    ),
    "organisations.add_authority": Form(
        Role.OPERATOR, "/operator/authorities/add", NAMED | {"name": "Eastmoor Council"}
    ),
    "organisations.add_school": Form(
        Role.OPERATOR, "/operator/schools/add", NAMED | {"name": "Eastmoor High"}
    ),
    "organisations.add_member": Form(
        Role.OPERATOR,
        "/operator/organisations/{school_id}/members/add",
        {"name": "New Lead", "email": "new.lead@survey.test", "role": "lead"},
    ),
}

NEEDS_A_REPORT = {
    "actions.plan": "actions/form.html",
    "actions.plan_statement": "actions/form.html",
    "shared_places.begin_place": "shared_places/place_form.html",
    "campaigns.add_area": "campaigns/site_plans/area.html",
}
"""Forms of pages that need a whole report, or an uploaded plan: their template carries the number,
and their view is held to it by the same means as the others."""

OF_A_STATE = "a survey or report moves on once; a second press is refused or finds it done"
SETS = "sets what is there to what was typed; a second press sets it to the same"
REMOVES = "takes something away that is gone at the second press"
DEVICE = "no form of staff"
HARMLESS: dict[str, str] = {
    **dict.fromkeys(
        (
            "actions.move",
            "approvals.answer_at_authority",
            "approvals.answer_at_school",
            "campaigns.launch",
            "campaigns.extend",
            "free_text.open_room",
            "free_text.release_texts",
            "free_text.withdraw_texts",
            "help_requests.close",
            "help_requests.close_alike",
            "help_requests.read_request",
            "jobs.cancel",
            "jobs.retry",
            "organisations.close_member",
            "releases.close",
            "releases.end",
            "releases.make",
            "releases.restore",
            "releases.undo_launch",
            "releases.withdraw",
            "reports.compare",
            "self_assessment.finish",
            "shared_places.move",
            "shared_places.put_together",
        ),
        OF_A_STATE,
    ),
    **dict.fromkeys(
        (
            "actions.edit",
            "actions.switch_page",
            "campaigns.ask_to_read",
            "campaigns.change_area",
            "campaigns.core_item",
            "campaigns.draft_basics",
            "campaigns.draft_contacts",
            "campaigns.draft_section",
            "campaigns.invite",
            "campaigns.key_again",
            "campaigns.move_section",
            "campaigns.own_item",
            "campaigns.programme_core",
            "campaigns.programme_dates",
            "campaigns.save_print_details",
            "campaigns.set_aside",
            "campaigns.switch_items",
            "campaigns.take_back",
            "campaigns.upload_plan",
            "free_text.reading",
            "free_text.text",
            "free_text.undo",
            "help_requests.desk",
            "help_requests.open_inbox",
            "help_requests.shut_inbox",
            "organisations.account",
            "organisations.own_sessions",
            "organisations.news_seen",
            "organisations.renew_member",
            "organisations.school_letterhead",
            "organisations.school_settings",
            "organisations.staff_names",
            "self_assessment.write",
            "shared_places.agree_anew",
            "shared_places.edit_place",
        ),
        SETS,
    ),
    **dict.fromkeys(
        (
            "campaigns.discard",
            "campaigns.discard_programme",
            "campaigns.remove_area",
            "campaigns.remove_core_item",
            "campaigns.remove_item",
            "campaigns.remove_plan",
            "campaigns.uninvite",
            "help_requests.cancel_key",
            "help_requests.remove_reader",
            "organisations.discard_organisation",
            "organisations.erase_member",
            "organisations.erase_organisation",
            "organisations.remove_school_logo",
            "self_assessment.discard",
        ),
        REMOVES,
    ),
    **dict.fromkeys(
        (
            "device_check.arrived",
            "device_check.echo",
            "help_requests_student.send",
            "responses.knock",
            "responses.turn",
        ),
        DEVICE,
    ),
    "campaigns.cards_pdf": "makes a file of codes that are there",
    "campaigns.codes_csv": "makes a file of codes that are there",
    "campaigns.key_pdf": "makes a file of a key that is there",
    "help_requests.invite_reader": "a code in place of the one that the same person had",
    "help_requests.new_key": "a key that replaces one which waits is refused while it waits",
    "help_requests.new_sheet": "a sheet in place of the one before",
    "help_requests.use_code": "a code counts once",
    "kept_forms.send_again": "shows a form again and saves nothing",
    **dict.fromkeys(
        ("organisations.school_file", "organisations.own_school_file"),
        "keeps a file for two days and changes nothing",
    ),
    **dict.fromkeys(
        ("organisations.school_file_plan", "organisations.own_school_file_plan"),
        "a file is taken once, and a school is found by its number",
    ),
    **dict.fromkeys(
        (
            "campaigns.archive_campaign",
            "campaigns.archive_programme",
            "campaigns.ask_for_sign_offs",
            "campaigns.unarchive_campaign",
            "campaigns.unarchive_programme",
            "help_contacts.check_local",
            "help_contacts.check_national",
            "help_contacts.edit_local",
            "help_contacts.edit_national",
            "help_contacts.remove_local",
            "help_contacts.switch_for_school",
            "help_contacts.switch_national",
            "campaigns.record_sign_off",
            "campaigns.revoke_sign_off",
            "campaigns.revoke_sign_off_of_authority",
            "campaigns.sign_off",
            "campaigns.sign_off_of_authority",
            "organisations.close_organisation",
            "organisations.organisation_details",
            "organisations.own_mail",
            "organisations.reopen_organisation",
            "campaigns.slips",
            "organisations.authority_policies",
            "organisations.confirm_at_school",
            "organisations.confirm_colleague",
            "organisations.confirm_seat",
            "organisations.go_to",
            "organisations.reset_second_step",
            "organisations.school_policies",
            "campaigns.people",
            "organisations.second_step_for_all",
            "organisations.second_step_for_authority",
        ),
        SETS,
    ),
    **dict.fromkeys(
        (
            "organisations.end_seat",
            "organisations.remove_colleague",
            "organisations.remove_passkey",
            "organisations.unlink_provider",
            "shared_places.end_partner",
        ),
        REMOVES,
    ),
    **dict.fromkeys(
        ("campaigns.answer_reader", "campaigns.decline_invitation", "campaigns.invitation"),
        "an invitation or a request is answered once",
    ),
    "campaigns.reader_schools": "a school is asked once, as long as it has not answered",
    **dict.fromkeys(
        (
            "organisations.own_passkeys",
            "organisations.passkey_second_step",
            "organisations.passkey_sign_in",
        ),
        "what the browser signs counts once",
    ),
    "organisations.link_provider": "leads to the provider and saves nothing",
    **dict.fromkeys(
        ("organisations.invite_colleague", "shared_places.partner_people"),
        "an e-mail address has one account, and a person one seat at an organisation",
    ),
    "organisations.move_organisation": "a school that is there already is not moved",
    "organisations.merge_organisation": "what was merged cannot be merged again",
    **dict.fromkeys(
        ("organisations.forgotten", "organisations.invite_again", "organisations.send_link"),
        "a new link ends the one before",
    ),
    "organisations.choose_password": "a link works once",
    "organisations.outgoing_mail": "a message waits once, however often it is to be tried again",
    "responses_preview.phone": "shows a page and saves nothing",
}


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Pages are the same on both engines. Two presses at one moment are held on both in
    `test_pressed_at_once`."""
    return sqlite_url


def taking_forms(app: Flask) -> set[str]:
    return {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if "POST" in (rule.methods or ()) and not rule.endpoint.startswith("security.")
    }


def test_every_form_says_whether_it_creates_something(app: Flask) -> None:
    said = [*CREATES, *NEEDS_A_REPORT, *HARMLESS]
    assert len(said) == len(set(said))
    assert taking_forms(app) - set(said) == set(), "say in this file what a second press does"
    assert set(said) - taking_forms(app) == set()


def counted() -> dict[str, int]:
    return {
        name: read().scalar(select(func.count()).select_from(table)) or 0
        for name, table in Base.metadata.tables.items()
        if name not in ("event", SentForm.__tablename__, "ended_session")
    }


def kept(app: Flask) -> tuple[dict[str, int], str]:
    """Rows of all tables, and what is kept in documents inside of rows."""
    with app.app_context():
        found = counted()
        documents = [
            str(read().execute(select(table.c.adaptation)).all())
            for table in Base.metadata.tables.values()
            if "adaptation" in table.c
        ]
        read().rollback()
    return found, "".join(documents)


def address(template: str, side: Side, **more: object) -> str:
    return template.format(**(side.path_values() | more))


def hidden(html: str, to: str) -> dict[str, str]:
    """The hidden fields of the form that is sent to an address."""
    for form in re.findall(r"<form.*?</form>", html, re.S):
        is_its = f'action="{to.partition("?")[0]}' in unescape(form)
        if is_its or re.match(r'<form class="card" method="post"', form):  # sent to its own page
            found = re.findall(r"<input[^>]*type=\"hidden\"[^>]*>", form)
            named = (re.search(r'name="([^"]+)"', one) for one in found)
            valued = (re.search(r'value="([^"]*)"', one) for one in found)
            return {
                name[1]: value[1]
                for name, value in zip(named, valued, strict=True)
                if name and value
            }
    raise AssertionError(f"no form for {to}")


@pytest.mark.parametrize("endpoint", CREATES)
def test_a_second_press_creates_nothing(
    app: Flask, client: FlaskClient, world: World, endpoint: str
) -> None:
    one = CREATES[endpoint]
    one.arrange(app, world)
    sign_in(client, world.email(one.role))
    more = {"draft": "", "new_programme": ""}
    if "{draft}" in one.page:
        given = {"title": "Draft", "template": "safety 2026.3"}
        started = client.post(address(f"{SCHOOL}/campaigns/new", world.own), data=given)
        more["draft"] = started.location.split("/")[4]
    if "{new_programme}" in one.page:
        given = {"title": "Draft", "template": "safety 2026.3"}
        started = client.post(address(f"{AUTHORITY}/programmes/new", world.own), data=given)
        more["new_programme"] = started.location.rstrip("/").split("/")[-1]
    page = address(one.page, world.own, **more)
    to = address(one.to or one.page, world.own, **more)
    shown = client.get(page)
    assert shown.status_code == 200, shown.location
    data = hidden(shown.text, to) | one.sends
    before = kept(app)
    first = client.post(to, data=data)
    assert first.status_code in (200, 302), first.text
    after = kept(app)
    assert after != before, re.findall(r'class="error"[^>]*>([^<]+)', first.text)
    second = client.post(to, data=data)
    assert kept(app) == after
    assert (second.status_code, second.location) == (first.status_code, first.location)
    if endpoint in ("organisations.add_member", "campaigns.batch"):
        assert shown_once(second.text) == shown_once(first.text), (
            "what is shown once is shown again"
        )


def shown_once(html: str) -> list[str]:
    return re.findall(r"[a-z2-9]{4}(?:-[a-z2-9]{4}){3}|>[2-9A-Z]{4}-[2-9A-Z]{4}<", html)


@pytest.mark.parametrize("endpoint", NEEDS_A_REPORT)
def test_other_creating_forms_carry_the_number_too(app: Flask, endpoint: str) -> None:
    loader = app.jinja_env.loader
    assert loader is not None
    words, *_ = loader.get_source(app.jinja_env, NEEDS_A_REPORT[endpoint])
    assert "once_field()" in words
    assert getattr(app.view_functions[endpoint], "creates_once", False) or any(
        getattr(cell.cell_contents, "creates_once", False)
        for cell in app.view_functions[endpoint].__closure__ or ()
    )
