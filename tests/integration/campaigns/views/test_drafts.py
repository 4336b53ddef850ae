"""The draft editor: what a form offers is saved, and what it does not offer is refused."""

from __future__ import annotations

import re
import uuid
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.datastructures import MultiDict

from survey.campaigns import operations
from survey.campaigns.queries import adaptation_of
from survey.languages import LANGUAGES
from survey.organisations.models import Member, School
from survey.permissions import Role
from survey.questionnaires.adapt import Adaptation
from survey.questionnaires.load import load_all
from survey.questionnaires.translations import review
from tests.integration.campaigns.schools import draft_of, launch, words, writing
from tests.world import World, sign_in

SAFETY = load_all()["safety", "2026.3"]
SECTION = {item.key: section.key for section in SAFETY.sections for item in section.items}


class Editor:
    """The lead of a school, at the draft of its new campaign."""

    def __init__(self, app: Flask, client: FlaskClient, world: World) -> None:
        self.app, self.client, self.school_id = app, client, world.own.school_id
        self.campaign_id = draft_of(app, world.own)
        sign_in(client, world.own.email[Role.LEAD])

    def address(self, part: str = "") -> str:
        return f"/schools/{self.school_id}/campaigns/{self.campaign_id}/draft/{part}"

    def form(self, part: str) -> MultiDict[str, str]:
        """What the page's main form would send if nothing were touched."""
        page = self.client.get(self.address(part)).text
        main = page[page.index("<main") :]
        start = main.index(f'action="{self.address(part)}"')
        return fields_of(main[start : main.index("</form>", start)])

    def send(self, part: str, **changed: str | list[str] | None) -> tuple[int, str]:
        """Sends the page's form with some fields changed; None takes a field away."""
        form = self.form(part)
        for name, value in changed.items():
            form.poplist(name)
            if value is not None:
                form.setlist(name, value if isinstance(value, list) else [value])
        answer = self.client.post(self.address(part), data=form)
        return answer.status_code, answer.text

    def adaptation(self) -> Adaptation:
        with writing(self.app) as db:
            campaign = operations.find_campaign(db, self.school_id, self.campaign_id)
            return adaptation_of(campaign)


def fields_of(form: str) -> MultiDict[str, str]:
    """The fields of a form as a browser reads them."""
    sent: MultiDict[str, str] = MultiDict()
    for tag in re.findall(r"<input[^>]*>", form):
        given = {name: unescape(value) for name, value in re.findall(r'([\w-]+)="([^"]*)"', tag)}
        ticks = given.get("type") in ("checkbox", "radio")
        if given["name"] != "csrf_token" and (not ticks or re.search(r"\bchecked\b", tag)):
            sent.add(given["name"], given.get("value", ""))
    for name, box in re.findall(
        r'<textarea[^>]*name="([^"]*)"[^>]*>\s*(.*?)</textarea>', form, re.S
    ):
        sent.add(name, unescape(box))
    for name, options in re.findall(r'<select[^>]*name="([^"]*)"[^>]*>(.*?)</select>', form, re.S):
        chosen = re.search(r'<option selected value="([^"]*)"', options)
        sent.add(name, chosen[1] if chosen else re.findall(r'value="([^"]*)"', options)[0])
    return sent


@pytest.fixture
def editor(app: Flask, client: FlaskClient, world: World) -> Editor:
    return Editor(app, client, world)


PARTS = (
    "basics",
    "places",
    "contacts",
    *(f"sections/{section.key}" for section in SAFETY.sections),
)


def test_saving_what_was_not_touched_changes_nothing(editor: Editor) -> None:
    for part in PARTS:
        status, _page = editor.send(part)
        assert status == 302, part
    assert editor.adaptation() == Adaptation()


# What is locked


def test_no_page_has_a_field_for_the_words_of_a_core_item(editor: Editor) -> None:
    for section in SAFETY.sections:
        sent = editor.form(f"sections/{section.key}")
        for item in section.items:
            if item.core:
                assert not [name for name in sent if name.startswith(f"words-{item.key}-")]
                assert f"on-{item.key}" not in sent


@pytest.mark.parametrize(
    ("item", "field"),
    [
        ("B1", "words-{}-en"),
        ("H2", "words-{}-cy"),
        ("O1", "on-{}"),
        ("B1", "options-{}"),
        ("H2", "scale-{}"),
    ],
)
def test_crafted_request_for_what_is_locked_is_refused_whole(
    editor: Editor, item: str, field: str
) -> None:
    crafted = {field.format(item): "Is our school not lovely?", f"year-{item}": "11"}
    status, page = editor.send(f"sections/{SECTION[item]}", **crafted)
    assert status == 422
    assert field.format(item) in page
    assert editor.adaptation() == Adaptation()


@pytest.mark.parametrize("part", ["basics", "places", "contacts", "sections/B/add"])
def test_field_that_a_page_has_not_is_refused(editor: Editor, part: str) -> None:
    status, _page = editor.send(part, adaptation="{}")
    assert status == 422
    assert editor.adaptation() == Adaptation()


def test_gate_can_not_be_lowered(editor: Editor) -> None:
    status, page = editor.send("sections/H", **{"year-H2": "7"})
    assert status == 200
    assert "There is a problem" in page
    assert editor.adaptation() == Adaptation()


# What is open


def test_optional_item_is_left_out_reworded_and_raised(editor: Editor) -> None:
    changed = {"on-B5": None, "year-B1": "8"}
    assert editor.send("sections/B", **changed)[0] == 302
    reworded = {"words-M2-en": "Students here help each other.", "words-M2-cy": ""}
    assert editor.send("sections/M", **reworded)[0] == 302
    now = editor.adaptation()
    assert now.switched == {"B5": False}
    assert now.gates == {"B1": 8}
    assert now.wordings["M2"].in_language("en") == "Students here help each other."
    assert editor.send("sections/M", **{"words-M2-en": ""})[0] == 302
    assert editor.adaptation().wordings == {}, "empty means the template's words"


def test_words_in_another_language_alone_are_asked_for_in_the_first(editor: Editor) -> None:
    status, page = editor.send("sections/M", **{"words-M2-cy": "Mae disgyblion yn helpu."})
    assert status == 200
    assert "Write it in English too." in words(page)
    assert "Mae disgyblion yn helpu." in page


def test_places_are_renamed_swapped_added_missed_and_taken_away(editor: Editor) -> None:
    first = {
        "label-toilets-en": "Toilets by the hall",
        "absent-library": "y",
        "new-inside-en": "The old gym",
    }
    assert editor.send("places", **first)[0] == 302
    now = editor.adaptation()
    assert now.place_labels["toilets"].in_language("en") == "Toilets by the hall"
    assert now.place_labels["toilets"].in_language("cy") == "Toiledau"
    assert now.absent == ("library",)
    assert [place.label.in_language("en") for place in now.own_places] == ["The old gym"]
    (own,) = now.own_places
    swapped = {
        "label-toilets-en": "Classrooms",
        "label-toilets-cy": "Ystafelloedd dosbarth",
        "label-classrooms-en": "Toilets",
        "label-classrooms-cy": "Toiledau",
        f"remove-{own.key}": "y",
        "absent-library": None,
    }
    assert editor.send("places", **swapped)[0] == 302
    now = editor.adaptation()
    assert now.place_labels["classrooms"].in_language("en") == "Toilets"
    assert (now.absent, now.own_places) == ((), ())


def test_two_places_of_one_name_are_refused_beside_the_second(editor: Editor) -> None:
    typed = {"label-toilets-en": "corridors  and stairs", "new-inside-en": "The old gym"}
    status, page = editor.send("places", **typed)
    assert status == 200
    error = re.search(r'id="([\w-]+)-error"', page)
    assert error
    assert error[1] == "label-toilets-en"
    assert 'value="corridors  and stairs"' in page
    assert 'value="The old gym"' in page
    assert editor.adaptation() == Adaptation()


def test_too_few_places_are_refused_beside_a_tick(editor: Editor) -> None:
    inside = [place.key for place in SAFETY.places if place.inside.value == "inside"]
    status, page = editor.send("places", **{f"absent-{key}": "y" for key in inside})
    assert status == 200
    assert f'id="absent-{inside[0]}-error"' in page
    assert "Keep at least 2 places at school." in words(page)
    assert editor.adaptation() == Adaptation()


def test_own_place_is_checked_like_all_own_words(editor: Editor) -> None:
    status, page = editor.send("places", **{"new-outside-en": "Where your suicide note is"})
    assert status == 200
    assert "There is a problem" in page
    assert editor.adaptation() == Adaptation()


def test_contacts_are_saved_and_let_the_draft_be_launched(editor: Editor) -> None:
    assert "Before you can launch" in editor.client.get(editor.address()).text
    status, page = editor.send("contacts", **{"room-0-en": "Room 12"})
    assert status == 200
    assert "Write who it is." in words(page)
    assert 'value="Room 12"' in page
    half = {"name-0-en": "Safeguarding lead", "how-0-en": "Knock", "room-0-en": "Room 12"}
    assert editor.send("contacts", **half)[0] == 302
    assert "Give the room, the times" in words(editor.client.get(editor.address()).text)
    whole = half | {"times-0-en": "Every day", "email-0": "lead@"}
    status, page = editor.send("contacts", **whole)
    assert status == 200
    assert "Write a whole e-mail address" in page
    assert 'value="lead@"' in page
    assert editor.send("contacts", **whole | {"email-0": "lead@school.example"})[0] == 302
    [contact] = editor.adaptation().contacts
    assert contact.is_whole
    page = editor.client.get(editor.address()).text
    assert "Go to launch" in page
    assert "People to turn to: Safeguarding lead." in words(page)


def test_title_and_languages(editor: Editor) -> None:
    changed = {"title": "Diogel?", "languages": ["cy"], "first": "cy"}
    assert editor.send("basics", **changed)[0] == 302
    assert editor.adaptation().languages == ("cy",)
    assert "Diogel?" in editor.client.get(editor.address()).text
    status, page = editor.send("basics", languages=["cy"], first="en")
    assert status == 200
    assert "Choose one of the languages" in page


def test_a_language_nobody_checked_is_said_where_languages_are_chosen(
    editor: Editor, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked = frozenset({"en", "pl"})
    monkeypatch.setattr(review, "reviewed_languages", lambda: checked)
    warning = "not yet checked by a fluent reader. Ask one before you launch."
    page = words(editor.client.get(editor.address("basics")).text)
    assert page.count(warning) == len(LANGUAGES) - len(checked)
    assert f"Cymraeg (Welsh): {warning}" in page
    assert f"Polski (Polish): {warning}" not in page
    editor.send("basics", languages=["en", "pl"], first="en")
    assert warning not in words(editor.client.get(editor.address("basics")).text)


def test_words_in_other_languages_are_folded_into_one(editor: Editor) -> None:
    editor.send("basics", languages=["en", "cy", "ur"], first="en")
    editor.send("places", **{"label-toilets-cy": "Tai bach", "label-toilets-ur": ""})
    page = editor.client.get(editor.address("places")).text
    fold = page[page.index('id="label-toilets-en"') : page.index('id="label-toilets-ur"')]
    assert fold.count("<details") == 1
    assert "In the other languages 1 of 2 written" in words(fold)
    editor.send("basics", languages=["en", "cy"], first="en")
    assert "In Cymraeg (Welsh)" in words(editor.client.get(editor.address("places")).text)


def test_a_refusal_is_in_the_language_of_the_member(editor: Editor, world: World) -> None:
    with writing(editor.app) as db:
        member = db.scalars(select(Member).where(Member.email == world.own.email[Role.LEAD])).one()
        member.language = "cy"
    typed = {f"absent-{one.key}": "y" for one in SAFETY.places if one.inside.value == "inside"}
    _status, page = editor.send("places", **typed)
    assert "Keep at least" not in words(page)
    assert "Cadwch o leiaf 2 le yn yr ysgol." in words(page)


def test_welsh_first_asks_for_own_words_in_welsh(editor: Editor) -> None:
    editor.send("basics", languages=["en", "cy"], first="cy")
    assert editor.adaptation().languages == ("cy", "en")
    page = editor.client.get(editor.address("sections/M")).text
    assert page.index('name="words-M2-cy"') < page.index('name="words-M2-en"')


# The order of sections


def test_sections_move_by_buttons_and_not_beyond_what_they_follow(editor: Editor) -> None:
    move = editor.address("sections/{}/move")
    assert editor.client.post(move.format("D"), data={"to": "up"}).status_code == 302
    assert editor.adaptation().section_order[:4] == ("A", "B", "D", "C")
    editor.client.post(move.format("D"), data={"to": "down"})
    assert editor.adaptation().section_order == ()
    editor.client.post(move.format("B"), data={"to": "up"})
    assert editor.adaptation().section_order == ()
    page = editor.client.get(editor.address("sections")).text
    assert "The section about the student comes first." in page
    assert editor.client.post(move.format("Q"), data={"to": "up"}).status_code == 404


# Items of the school's own

OWN = {
    "wording-en": "How safe is the bike shed?",
    "kind": "one",
    "options-en": "Safe\n\n Not safe ",
    "section": "B",
    "theme": "PLACE",
    "from_year": "8",
}


def test_own_item_is_added_changed_and_taken_away(editor: Editor) -> None:
    assert editor.send("sections/B/add", **OWN)[0] == 302
    assert editor.send("sections/B/add", **OWN)[0] == 302, "pressed twice"
    (item,) = editor.adaptation().own_items
    assert [one.in_language("en") for one in item.options] == ["Safe", "Not safe"]
    assert (item.section, item.theme, item.from_year) == ("B", "PLACE", 8)
    scale = {"kind": "scale", "options-en": "", "low-en": "Not at all", "high-en": "Very"}
    assert editor.send(f"own/{item.key}", **scale)[0] == 302
    (item,) = editor.adaptation().own_items
    assert item.ends is not None
    assert (item.options, item.ends[1].in_language("en")) == ((), "Very")
    page = editor.client.get(editor.address("sections/B")).text
    assert "How safe is the bike shed?" in page
    assert editor.client.post(editor.address(f"own/{item.key}/remove")).status_code == 302
    assert editor.adaptation().own_items == ()


@pytest.mark.parametrize(
    ("field", "typed", "complaint"),
    [
        ("wording-en", "What is your name?", "name"),
        ("wording-en", "", "Write what is asked."),
        ("options-en", "Yes", "Give 2 to 10 options."),
        ("options-en", "Yes\nyes", "Two options have the same words."),
        ("options-en", "Fine\nI want to commit suicide", "may not ask"),
        ("options-cy", "Diogel", "Write as many options as in English"),
        ("wording-en", " ".join(["safe"] * 19), "at most 18 words"),
    ],
)
def test_own_item_is_refused_with_the_reason_and_keeps_what_was_typed(
    editor: Editor, field: str, typed: str, complaint: str
) -> None:
    status, page = editor.send("sections/B/add", **(OWN | {field: typed}))
    assert status == 200
    assert complaint in words(unescape(page))
    assert f'id="{field}-error"' in page
    for kept in (typed, OWN["wording-en"] if field != "wording-en" else "Not safe"):
        assert kept in unescape(page)
    assert editor.adaptation().own_items == ()


def test_remark_on_two_questions_in_one_is_a_warning_and_not_a_refusal(editor: Editor) -> None:
    two = OWN | {"wording-en": "How safe are you and how do you feel at the bike shed?"}
    assert editor.send("sections/B/add", **two)[0] == 302
    page = editor.client.get(editor.address("sections/B")).text
    assert 'class="notice notice--warn"' in page
    assert "two questions in one" in page


def test_no_own_item_about_the_student(editor: Editor) -> None:
    status, page = editor.send("sections/B/add", **(OWN | {"section": "A"}))
    assert status == 200
    assert "This cannot be chosen any more" in page
    assert "Add your own question" not in editor.client.get(editor.address("sections/A")).text


# When there is nothing to adapt


def test_launched_campaign_has_no_draft(app: Flask, client: FlaskClient, world: World) -> None:
    with writing(app) as db:
        campaign_id = launch(db, world.own.school_id).campaign_id
    sign_in(client, world.own.email[Role.LEAD])
    at = f"/schools/{world.own.school_id}/campaigns/{campaign_id}/draft/"
    for part in ("", "basics", "sections", "sections/B", "sections/B/add", "places", "contacts"):
        answer = client.get(at + part)
        assert answer.status_code == 409
        assert "frozen" in answer.text


def test_campaign_of_another_school_is_not_there(editor: Editor, world: World) -> None:
    other = world.other.campaign_id
    for campaign_id in (other, uuid.uuid4()):
        at = f"/schools/{editor.school_id}/campaigns/{campaign_id}/draft/"
        assert editor.client.get(at).status_code == 404


def test_groups_by_year_and_gender_are_asked_for_before_the_launch(editor: Editor) -> None:
    assert not editor.adaptation().crossed
    editor.send("basics", crossed="y")
    assert editor.adaptation().crossed
    page = editor.client.get(editor.address()).text
    assert "The report shows year group and gender together as well." in page


def test_a_sensitive_item_and_a_small_school_are_warned_of(editor: Editor) -> None:
    with writing(editor.app) as db:
        db.get_one(School, editor.school_id).roll = {"9": 21, "10": 28}
    section = editor.client.get(editor.address(f"sections/{SECTION['F2']}")).text
    assert "In Years 9, 10 you expect fewer than 50 students each." in words(section)
    draft = words(editor.client.get(editor.address()).text)
    assert "With fewer than 50 answers the report shows the whole school only" in draft
