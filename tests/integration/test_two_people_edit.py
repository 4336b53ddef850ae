"""Two people have the same page open. Who saves second does not undo the first without seeing it.

Every form that changes words or numbers that are stored is here: a new one is refused until it says
how a second writer learns of the first, or why there is nothing to lose."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from html import unescape
from html.parser import HTMLParser

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from survey.campaigns.views import drafts
from survey.database import begin, database
from survey.edit_conflicts import EditForm
from survey.http import change_count
from survey.http.submit_once import begin_once
from survey.organisations.accounts import access_recorder, sessions
from survey.organisations.models import Nation, Phase
from survey.organisations.operations import add_school
from survey.permissions import Role
from survey.self_assessment.statements import AREAS
from survey.typed_fields import StringField
from tests.integration.test_pressed_twice import AUTHORITY, HARMLESS, OWN_ITEM, SCHOOL, SETS, WAVE
from tests.world import World, sign_in

TOLD = "Changed after you opened this page. It is now: "
NOT_SAVED = "Nothing is saved yet. Press the button again to save what you typed."
DRAFT = SCHOOL + "/campaigns/{draft}/draft"


@dataclass(frozen=True)
class Edit:
    """A page and one of its fields, with what the first and the second person put there."""

    role: Role
    page: str
    name: str
    first: str = "Words of the first"
    second: str = "Words of the second"
    shown: str = ""
    """What the page says of the first, where it is not the same words."""
    also: tuple[tuple[str, str], ...] = ()
    """What else the form needs, from both."""
    to: str = ""


DAYS = (("opens_from", "2027-01-10"), ("opens_until", "2027-01-20"))
EDITS: dict[str, Edit] = {
    "actions.edit": Edit(Role.LEAD, SCHOOL + "/actions/{action_id}/edit", "goal"),
    "campaigns.draft_basics": Edit(Role.LEAD, f"{DRAFT}/basics", "title"),
    "campaigns.draft_contacts": Edit(
        Role.LEAD, f"{DRAFT}/contacts", "name-0-en", also=(("how-0-en", "Room 5"),)
    ),
    "campaigns.draft_places": Edit(Role.LEAD, f"{DRAFT}/places", "label-toilets-en"),
    "campaigns.own_item": Edit(
        Role.LEAD, f"{DRAFT}/own/{{own}}", "wording-en", "Where is lunch?", "Where is your lunch?"
    ),
    "campaigns.programme_dates": Edit(
        Role.ANALYST,
        AUTHORITY + "/programmes/{programme_id}/waves/2/dates",
        "closes_by",
        "2027-02-01",
        "2027-02-02",
        "1 Feb 2027",
        DAYS,
    ),
    "campaigns.save_print_details": Edit(
        Role.LEAD, f"{WAVE}/print/", "signed_by", to=f"{WAVE}/print/"
    ),
    "help_contacts.edit_national": Edit(Role.OPERATOR, "/operator/help-contacts/shout", "name_en"),
    "help_requests.desk": Edit(Role.LEAD, f"{SCHOOL}/help-requests/desk", "who"),
    "organisations.account": Edit(Role.LEAD, "/staff/account", "name"),
    "organisations.organisation_details": Edit(
        Role.OPERATOR, "/operator/organisations/{school_id}/details", "name"
    ),
    "organisations.school_letterhead": Edit(Role.LEAD, f"{SCHOOL}/letterhead", "name"),
    "organisations.school_settings": Edit(Role.LEAD, f"{SCHOOL}/settings", "year_7", "171", "172"),
    "organisations.staff_names": Edit(
        Role.LEAD, f"{SCHOOL}/staff-names", "names", "Ms Okafor", "Mr Brook"
    ),
    "organisations.school_policies": Edit(
        Role.LEAD, f"{SCHOOL}/policies", "under", "14", "15", also=(("consent", "opt_in_under"),)
    ),
    "self_assessment.write": Edit(
        Role.LEAD, SCHOOL + "/assessments/{assessment_id}/{area}", "evidence-{statement}"
    ),
    "shared_places.agree_anew": Edit(
        Role.ANALYST, AUTHORITY + "/partner-actions/{partner_action_id}/edit", "who"
    ),
}

SAME_FORM = "the same form, on another page"
ELSEWHERE = "its own test says how"
ONE_PRESS = "a switch or a press without words: the later one counts, and the page shows it"
NOT_HELD: dict[str, str] = {
    **dict.fromkeys(
        (
            "campaigns.core_item",
            "campaigns.draft_section",
            "campaigns.people",
            "campaigns.programme_core",
            "help_contacts.edit_local",
            "organisations.authority_policies",
            "shared_places.edit_place",
            "campaigns.slips",
        ),
        SAME_FORM,
    ),
    "free_text.text": ELSEWHERE,
    **dict.fromkeys(
        (
            "actions.switch_page",
            "campaigns.archive_campaign",
            "campaigns.archive_programme",
            "campaigns.ask_for_sign_offs",
            "campaigns.ask_to_read",
            "campaigns.invite",
            "campaigns.key_again",
            "campaigns.move_section",
            "campaigns.record_sign_off",
            "campaigns.revoke_sign_off",
            "campaigns.revoke_sign_off_of_authority",
            "campaigns.set_aside",
            "campaigns.sign_off",
            "campaigns.sign_off_of_authority",
            "campaigns.switch_items",
            "campaigns.take_back",
            "campaigns.unarchive_campaign",
            "campaigns.unarchive_programme",
            "free_text.reading",
            "free_text.undo",
            "help_contacts.check_local",
            "help_contacts.check_national",
            "help_contacts.remove_local",
            "help_contacts.switch_for_school",
            "help_contacts.switch_national",
            "help_requests.open_inbox",
            "help_requests.shut_inbox",
            "organisations.close_organisation",
            "organisations.confirm_at_school",
            "organisations.confirm_colleague",
            "organisations.confirm_seat",
            "organisations.go_to",
            "organisations.news_seen",
            "organisations.own_mail",
            "organisations.own_sessions",
            "organisations.renew_member",
            "organisations.reopen_organisation",
            "organisations.reset_second_step",
            "organisations.second_step_for_all",
            "organisations.second_step_for_authority",
        ),
        ONE_PRESS,
    ),
    "campaigns.change_area": "a drawing, and the page shows the one that is kept beneath it",
    "campaigns.upload_plan": "a file in place of another, which the page shows",
}


class _Forms(HTMLParser):
    """The fields of each form, as a browser would send them."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[list[tuple[str, str]]] = []
        self._area = self._select = ""
        self._options: list[tuple[str, bool]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        name, value = given.get("name") or "", given.get("value") or ""
        if tag == "form":
            self.forms.append([])
        elif not self.forms:
            return
        elif tag == "input" and given.get("type") not in ("submit", "file"):
            if given.get("type") not in ("checkbox", "radio") or "checked" in given:
                self.forms[-1].append((name, value))
        elif tag == "textarea":
            self._area = name
            self.forms[-1].append((name, ""))
        elif tag == "select":
            self._select, self._options = name, []
        elif tag == "option":
            self._options.append((value, "selected" in given))

    def handle_data(self, data: str) -> None:
        if self._area:
            self.forms[-1][-1] = (self._area, data.removeprefix("\r\n"))

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self._area = ""
        elif tag == "select" and self.forms and self._options:
            chosen = [value for value, is_selected in self._options if is_selected]
            self.forms[-1].append((self._select, (chosen or [self._options[0][0]])[0]))


def form_with(html: str, name: str) -> dict[str, list[str]]:
    """The form of a page that has a field."""
    parser = _Forms()
    parser.feed(html)
    for form in parser.forms:
        if any(one == name for one, _value in form):
            found: dict[str, list[str]] = {}
            for one, value in form:
                found.setdefault(one, []).append(value)
            return found
    raise AssertionError(f"no form with {name}")


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """Forms are the same on both engines."""
    return sqlite_url


@pytest.fixture
def asked(app: Flask, client: FlaskClient, world: World) -> dict[str, object]:
    """What addresses of this file name: the world's own, and a draft that has its own question."""
    other = app.test_client()
    sign_in(other, world.email(Role.LEAD))
    side = dict(world.own.path_values())
    given = {"title": "Draft", "template": "safety 2026.3"}
    draft = other.post(f"/schools/{world.own.school_id}/campaigns/new", data=given)
    side["draft"] = draft.location.split("/")[4]
    added = other.post(f"{DRAFT}/sections/B/add".format(**side), data=OWN_ITEM)
    assert added.status_code == 302, added.text
    section = other.get(f"{DRAFT}/sections/B".format(**side)).text
    side["own"] = re.findall(r"/draft/own/([^/\"]+)\"", section)[0]
    side["area"] = AREAS[0].key
    side["statement"] = AREAS[0].statements[0].key
    return side


@pytest.mark.parametrize("endpoint", EDITS)
def test_the_second_to_save_is_told_of_the_first(
    app: Flask, client: FlaskClient, world: World, asked: dict[str, object], endpoint: str
) -> None:
    one = EDITS[endpoint]
    page = one.page.format(**asked)
    name = one.name.format(**asked)
    sign_in(client, world.email(one.role))

    def opened() -> dict[str, list[str]]:
        found = form_with(client.get(page).text, name)
        return found | {key: [value] for key, value in one.also}

    first, second = opened(), opened()
    assert client.post(page, data=first | {name: [one.first]}).status_code in (302, 303)
    answer = client.post(page, data=second | {name: [one.second]})
    assert answer.status_code == 200, answer.location
    assert f"{TOLD}{one.shown or f'“{one.first}”'}" in unescape(answer.text)
    assert NOT_SAVED in answer.text
    assert "<title>Error: " in answer.text
    again = form_with(answer.text, name)
    assert again[name] == [one.second], "what was typed is lost"
    assert opened()[name] == [one.first], "saved without a word"
    assert client.post(page, data=again).status_code in (302, 303)
    assert opened()[name] == [one.second]


@pytest.mark.parametrize("endpoint", EDITS)
def test_of_two_who_save_at_the_same_moment_one_is_told_of_the_other(
    app: Flask,
    client: FlaskClient,
    world: World,
    asked: dict[str, object],
    endpoint: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The worst moment: the first saves after the second was checked, and before it is written."""
    one = EDITS[endpoint]
    page, name = one.page.format(**asked), one.name.format(**asked)
    sign_in(client, world.email(one.role))
    other = app.test_client()
    sign_in(other, world.email(one.role))

    def opened() -> dict[str, list[str]]:
        found = form_with(client.get(page).text, name)
        return found | {key: [value] for key, value in one.also}

    first, second = opened(), opened()
    in_between(monkeypatch, lambda: other.post(page, data=first | {name: [one.first]}))
    answer = client.post(page, data=second | {name: [one.second]})
    assert answer.status_code == 200, answer.location
    assert f"{TOLD}{one.shown or f'“{one.first}”'}" in unescape(answer.text)
    assert form_with(answer.text, name)[name] == [one.second], "what was typed is lost"
    assert opened()[name] == [one.first], "one of the two is lost without a word"


def test_another_page_of_the_same_survey_saved_at_the_same_moment_is_kept(
    app: Flask,
    client: FlaskClient,
    world: World,
    asked: dict[str, object],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The pages of a draft are stored as one, so either could undo the other."""
    sign_in(client, world.email(Role.LEAD))
    other = app.test_client()
    sign_in(other, world.email(Role.LEAD))
    title, place = EDITS["campaigns.draft_basics"], EDITS["campaigns.draft_places"]
    pages = [one.page.format(**asked) for one in (title, place)]
    one, two = (
        form_with(client.get(at).text, of.name) | {of.name: [of.first]}
        for at, of in zip(pages, (title, place), strict=True)
    )
    in_between(monkeypatch, lambda: other.post(pages[1], data=two))
    assert client.post(pages[0], data=one).status_code == 302
    assert form_with(client.get(pages[0]).text, title.name)[title.name] == [title.first]
    assert form_with(client.get(pages[1]).text, place.name)[place.name] == [place.first]


@pytest.mark.parametrize("between", [False, True], ids=["alone", "another save in between"])
def test_what_is_noted_after_a_page_is_held_to_nothing_that_its_form_saw(
    app: Flask,
    client: FlaskClient,
    world: World,
    asked: dict[str, object],
    monkeypatch: pytest.MonkeyPatch,
    between: bool,
) -> None:
    """The use of a session is noted after the view, in a separate transaction: after a save that
    was refused at the database, and after one that another person follows at once."""
    one = EDITS["organisations.organisation_details"]
    page = one.page.format(**asked)
    sign_in(client, world.email(one.role))
    other = app.test_client()
    sign_in(other, world.email(one.role))
    monkeypatch.setattr(sessions, "should_note_page", lambda: True)
    with app.app_context(), begin() as db:
        add_school(
            db, name="Taken", nation=Nation.ENGLAND, phase=Phase.SECONDARY, roll={},
            authority_id=world.own.authority_id, by=None,
        )  # fmt: skip
    form = form_with(client.get(page).text, one.name)
    taken = client.post(page, data=form | {one.name: ["Taken"]})
    assert taken.status_code == 200
    assert "in the authority already" in unescape(taken.text)
    plain, done = access_recorder._note_page, []

    def note_page() -> None:
        if between and not done:
            done.append(1)
            with ThreadPoolExecutor(1) as elsewhere:
                later = form_with(other.get(page).text, one.name) | {one.name: [one.second]}
                assert elsewhere.submit(other.post, page, data=later).result(30).status_code == 302
        plain()

    form = form_with(client.get(page).text, one.name)
    monkeypatch.setattr(access_recorder, "_note_page", note_page)
    saved = client.post(page, data=form | {one.name: [one.first]})
    assert saved.status_code == 302


def test_a_page_that_has_written_is_not_run_again(
    app: Flask,
    client: FlaskClient,
    world: World,
    asked: dict[str, object],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A form that creates something writes twice: the thing, then where it leads. Another save in
    between must not make it think that it was sent before."""
    sign_in(client, world.email(Role.LEAD))
    title = EDITS["campaigns.draft_basics"]
    page = title.page.format(**asked)
    form = form_with(client.get(page).text, title.name) | {title.name: [title.first]}
    written: list[int] = []

    @contextmanager
    def twice() -> Iterator[Session]:
        written.append(1)
        with begin_once() as db:
            yield db
        with database.engine.begin() as elsewhere:
            elsewhere.execute(change_count.COUNTED, {"slot": change_count._slot()})
        with begin():
            pass

    monkeypatch.setattr(drafts, "begin_once", twice)
    assert client.post(page, data=form).status_code == 302
    assert written == [1]


def in_between(monkeypatch: pytest.MonkeyPatch, act: Callable[[], TestResponse]) -> None:
    """Does something, once, between the check of a form and its write."""
    plain, done = EditForm.validate, []

    def checked(form: EditForm, extra_validators: object = None) -> bool:
        is_whole = plain(form, extra_validators)
        if is_whole and not done:
            done.append(form)
            with ThreadPoolExecutor(1) as elsewhere:
                assert elsewhere.submit(act).result(30).status_code in (302, 303)
        return is_whole

    monkeypatch.setattr(EditForm, "validate", checked)


def test_the_same_change_from_both_is_no_conflict(client: FlaskClient, world: World) -> None:
    sign_in(client, world.email(Role.LEAD))
    page = f"/schools/{world.own.school_id}/letterhead"
    first = form_with(client.get(page).text, "name") | {"name": ["The same"]}
    for _press in range(2):
        assert client.post(page, data=first).status_code in (302, 303)


def test_words_whose_field_is_gone_are_shown_and_not_lost(
    app: Flask, client: FlaskClient, world: World, asked: dict[str, object]
) -> None:
    """One takes an own place away while the other renames it."""
    sign_in(client, world.email(Role.LEAD))
    page = f"{DRAFT}/places".format(**asked)
    added = form_with(client.get(page).text, "new-inside-en") | {"new-inside-en": ["Ramp"]}
    assert client.post(page, data=added).status_code == 302
    shown = client.get(page).text
    (key,) = re.findall(r'name="label-([^"]+)-en"[^>]*value="Ramp"', shown)
    first = form_with(shown, "new-inside-en") | {f"remove-{key}": ["y"]}
    second = form_with(shown, "new-inside-en") | {f"label-{key}-en": ["Ramp by the hall"]}
    assert client.post(page, data=first).status_code == 302
    answer = client.post(page, data=second)
    assert answer.status_code == 200, answer.location
    assert "Ramp by the hall" in answer.text
    assert NOT_SAVED in answer.text


def test_a_made_up_field_is_refused_as_before(
    client: FlaskClient, world: World, asked: dict[str, object]
) -> None:
    sign_in(client, world.email(Role.LEAD))
    page = f"{DRAFT}/places".format(**asked)
    sent = form_with(client.get(page).text, "new-inside-en") | {"words-A1-en": ["Made up"]}
    assert client.post(page, data=sent).status_code == 422


class _Shorter(EditForm):
    """A form that shows only one of its fields."""

    name, hidden = StringField(), StringField()

    def __init__(self) -> None:
        super().__init__(data={"name": "Northmoor", "hidden": "Words"})
        del self.hidden


def test_the_page_of_a_form_that_takes_fields_away_is_of_now(app: Flask) -> None:
    with app.test_request_context("/"):
        seen = _Shorter().seen_values.data
    sent = {"name": "Eastmoor", "hidden": "Made up", "seen_values": seen}
    with app.test_request_context("/", method="POST", data=sent):
        assert _Shorter().fields_gone() == []


def test_every_form_that_changes_words_says_how() -> None:
    sets = {endpoint for endpoint, why in HARMLESS.items() if why == SETS} | {
        "campaigns.draft_places"
    }
    assert sets ^ {*EDITS, *NOT_HELD} == set(), "say in this file what a second person does"
