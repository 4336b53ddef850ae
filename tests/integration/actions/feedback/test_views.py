"""“You said, we did”: there only while a school shows it, drawn from released figures and the
school's own words, and from nothing else."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from datetime import date

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_babel import force_locale

from survey.actions.feedback.content import read_told
from survey.actions.operations import (
    ActionWords,
    change,
    find_action,
    hide_from_students,
    move_on,
    show_students,
)
from survey.actions.states import ActionState
from survey.campaigns.models import Campaign
from survey.database import begin, read
from survey.disclosure.release import Release
from survey.languages import LANGUAGES
from survey.permissions import Role
from survey.questionnaires.document import canonical
from survey.releases.models import StoredRelease
from tests.integration.actions.test_report_views import WRITTEN, list_of, treated
from tests.integration.reports.extraction import Printed, Said, SlipError, check_words, texts_of
from tests.integration.reports.markup import Node, check_page, read_page
from tests.integration.reports.school.test_views import publish
from tests.integration.reports.waves import add_wave
from tests.unit.campaigns.pdf_checks import check_sheet, tags
from tests.unit.campaigns.pdf_checks import words as words_of_pdf
from tests.unit.reports.samples import sample
from tests.world import OPENED, Side, World, sign_in

SAFETY = ("safety", "2026.3")
MOST_BYTES = 14 * 1024
DUE = date(2027, 1, 29)
OURS = "We mended 4 locks. An adult is there at break."
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def lead(client: FlaskClient, world: World) -> FlaskClient:
    sign_in(client, world.email(Role.LEAD))
    return client


def tell(app: Flask, side: Side, *, group: str = "all", **words: object) -> str:
    """The side's action is shown to students on an open page; gives its address."""
    with app.app_context(), begin() as db:
        action = find_action(db, side.school_id, side.action_id)
        action.measured_group = group
        said = {"for_students": True, "we_did": OURS, "due_on": DUE} | words
        for name, value in said.items():
            setattr(action, name, value)
        return f"/told/{show_students(db, campaign=action.campaign, today=OPENED, by=None).word}"


def move(app: Flask, side: Side, *path: ActionState) -> None:
    with app.app_context(), begin() as db:
        action = find_action(db, side.school_id, side.action_id)
        for to in path:
            move_on(db, action=action, to=to, note="", today=OPENED, by=None)


def reader(app: Flask) -> FlaskClient:
    """Anyone: a phone without a cookie."""
    return app.test_client()


def page_at(app: Flask, address: str, language: str = "en") -> Node:
    sent = reader(app).get(f"{address}?lang={language}")
    assert sent.status_code == 200
    return read_page(sent.text)


def said_by(releases: Iterable[Release], place: tuple[str, str, str]) -> Said:
    """What the figure of each release lets a page say."""
    said = Said()
    for release in releases:
        printed = Printed(json.loads(release.to_json()), [], [], {})
        for kind, tuples in printed.near([place], 0).tuples.items():
            said.tuples.setdefault(kind, set()).update(tuples)
    return said


def check_told(page: Node, releases: list[Release], place: tuple[str, str, str]) -> None:
    """Every number on the page is a released figure's, the school's own, or a day."""
    questionnaire = sample(SAFETY)[1]
    given = [
        *texts_of(json.loads(canonical(questionnaire))),
        OURS,
        "call 0800 1111",
        "under 19",
        "call 999",
    ]
    dates = ["October 2026", "April 2027", "December 2026", "29 January 2027"]
    printed = Printed(json.loads(releases[0].to_json()), given, dates, {})
    said = said_by(releases, place)
    for node in page.all("p", "h1", "h2", "h3", "title"):
        check_words(node.text, said, printed)
    for node in page.all("article"):
        for inner in node.all():
            numbers = {k for k, v in inner.attributes.items() if re.search(r"\d", v)}
            assert numbers <= {"data-table", "data-group"}, inner.attributes


TOILETS = ("B2.toilets", "feel_unsafe", "all")


def test_it_is_there_only_while_the_school_shows_it(app: Flask, world: World) -> None:
    publish(app, world.own, *sample(SAFETY))
    address = tell(app, world.own)
    wrong = reader(app).get("/told/2345679abcde")
    assert wrong.status_code == 404
    assert reader(app).get(address).status_code == 200
    with app.app_context(), begin() as db:
        campaign = db.get_one(Campaign, (world.own.school_id, world.own.campaign_id))
        hide_from_students(db, campaign=campaign, by=None)
    closed = reader(app).get(address)
    assert (closed.status_code, closed.data) == (404, wrong.data)


def test_whoever_reads_it_keeps_nothing_and_needs_no_script(app: Flask, world: World) -> None:
    publish(app, world.own, *sample(SAFETY))
    address = tell(app, world.own)
    sent = reader(app).get(address, headers={"Accept-Encoding": "gzip"})
    assert len(sent.data) < MOST_BYTES
    assert sent.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in sent.headers
    assert "ETag" not in sent.headers
    page = page_at(app, address)
    assert not list(page.all("form", "img", "iframe"))
    assert [one.attributes for one in page.all("meta") if one.attributes.get("name") == "robots"]


def test_it_says_what_the_release_prints_and_no_more(app: Flask, world: World) -> None:
    release, questionnaire = sample(SAFETY)
    publish(app, world.own, release, questionnaire)
    page = page_at(app, tell(app, world.own))
    check_told(page, [release], TOILETS)
    (said,) = (one for one in page.all("b") if "data-table" in one.attributes)
    table = next(one for one in release.tables if one.key == "B2.toilets")
    box = next(one for one in table.rows[0].boxes if one.key == "feel_unsafe")
    assert said.text == (
        f"{box.figure.percent}% of the students who go there said: “Unsafe” or “Very unsafe”."
    )
    assert OURS in page.text
    assert "We plan" in page.text
    assert "By 29 January 2027." in page.text
    assert "We will ask again." in page.text


@pytest.mark.parametrize("slip", ["exact", "decimal", "count"])
def test_a_slip_would_be_caught(app: Flask, world: World, slip: str) -> None:
    release, questionnaire = sample(SAFETY)
    publish(app, world.own, release, questionnaire)
    html = reader(app).get(tell(app, world.own)).text
    by = {
        "exact": lambda m: f"{int(m[1]) + 1}% of the",
        "decimal": lambda m: f"{m[1]}.4% of the",
        "count": lambda m: f"{m[1]}% of the 613",
    }[slip]
    made, times = re.subn(r"(\d+)% of the", by, html)
    assert times == 1
    with pytest.raises(SlipError):
        check_told(read_page(made), [release], TOILETS)


def test_a_year_group_is_named_and_its_own_figure_is_said(app: Flask, world: World) -> None:
    release, questionnaire = sample(SAFETY)
    publish(app, world.own, release, questionnaire)
    page = page_at(app, tell(app, world.own, group="year=y9"))
    check_told(page, [release], ("B2.toilets", "feel_unsafe", "year=y9"))
    assert "Year 9 · December 2026" in page.text


@pytest.mark.parametrize(
    ("now", "said", "not_said"),
    [
        ("treated", "That is better.", "too small"),
        ("same", "The difference is too small to say that something changed.", "better"),
    ],
)
def test_what_changed_is_said_as_far_as_it_is_more_than_chance(
    app: Flask, world: World, now: str, said: str, not_said: str
) -> None:
    release, questionnaire = sample(SAFETY)
    later = {"treated": treated(), "same": release}[now]
    publish(app, world.own, release, questionnaire)
    publish(app, add_wave(app, world.own, 2), later, questionnaire)
    move(app, world.own, ActionState.UNDER_WAY, ActionState.DONE)
    page = page_at(app, tell(app, world.own))
    check_told(page, [release, later], TOILETS)
    assert said in page.text
    assert not_said not in page.text
    assert "We did" in page.text
    assert "By 29" not in page.text


@pytest.mark.parametrize("why", ["dropped", "not for students", "withdrawn", "hidden"])
def test_what_may_not_be_told_is_left_out(app: Flask, world: World, why: str) -> None:
    release, questionnaire = sample(SAFETY)
    withdrawn = {"withdrawn_on": date(2026, 12, 22), "notice": "Wrong."}
    publish(app, world.own, release, questionnaire, **(withdrawn if why == "withdrawn" else {}))
    address = tell(app, world.own, group="year=y13" if why == "hidden" else "all",
                   for_students=why != "not for students")  # fmt: skip
    if why == "hidden":
        hide(app, world.own)
    if why == "dropped":
        move(app, world.own, ActionState.DROPPED)
    page = page_at(app, address)
    assert "There is nothing to read here yet." in page.text
    assert OURS not in page.text
    assert not list(page.all("article"))


def hide(app: Flask, side: Side) -> None:
    """Year 13 has no row in the release any more."""
    with app.app_context(), begin() as db:
        stored = db.get_one(StoredRelease, (side.school_id, side.wave_id))
        document = json.loads(stored.document)
        for table in document["tables"]:
            for row in table["rows"]:
                if row["group"] == "year=y13":
                    kept = {"group": row["group"], "shown": False, "rung": row["rung"]}
                    row.clear()
                    row.update(kept, reason="base_below_minimum")
        stored.document, stored.release_hash = json.dumps(document), "changed"


def test_every_language_of_the_survey_has_the_page(app: Flask, world: World) -> None:
    release, questionnaire = sample(SAFETY)
    publish(app, world.own, release, questionnaire)
    toilets = questionnaire.place("toilets")
    assert toilets
    word = tell(app, world.own)
    for language in LANGUAGES:
        page = page_at(app, word, language)
        (html,) = page.all("html")
        assert html.attributes["lang"] == language
        assert html.attributes["dir"] == LANGUAGES[language].direction
        assert toilets.label.in_language(language) in page.text
        (own,) = (one for one in page.all("span") if one.text == OURS)
        assert own.attributes["lang"] == "en"


def test_a_lead_sees_what_students_read_and_opens_the_page(
    app: Flask, world: World, lead: FlaskClient
) -> None:
    release, questionnaire = sample(SAFETY)
    publish(app, world.own, release, questionnaire)
    here = f"{list_of(world.own)}students-page"
    empty = read_page(lead.get(here).text)
    check_page(empty, "en")
    assert "Nothing is shown to students yet" in empty.text
    edited = lead.post(
        f"/schools/{world.own.school_id}/actions/{world.own.action_id}/edit",
        data=WRITTEN | {"for_students": "y", "we_did": OURS},
    )
    assert edited.status_code == 302
    page = read_page(lead.get(here).text)
    check_page(page, "en")
    assert OURS in page.text
    assert lead.post(f"{here}-shown").status_code == 302
    (address,) = (
        one.attributes["href"]
        for one in read_page(lead.get(here).text).all("a")
        if one.attributes["href"].startswith("/told/")
    )
    assert OURS in reader(app).get(address).text
    assert lead.post(f"{here}-hidden").status_code == 302
    assert reader(app).get(address).status_code == 404


def test_the_poster_says_the_same_and_a_screen_reader_can_read_it(
    app: Flask, world: World, lead: FlaskClient
) -> None:
    release, questionnaire = sample(SAFETY)
    publish(app, world.own, release, questionnaire)
    publish(app, add_wave(app, world.own, 2), treated(), questionnaire)
    address = tell(app, world.own)
    sent = lead.get(f"{list_of(world.own)}poster.pdf?lang=en")
    assert sent.mimetype == "application/pdf"
    pdf = check_sheet(sent.data, language="en", title="You said, we did")
    assert len(pdf.pages) == 1
    assert tags(pdf).count("H1") == 1
    assert tags(pdf).count("H2") == 1
    found = words_of_pdf(pdf)
    assert f"survey.test{address}" in found
    with app.test_request_context(), force_locale("en"):
        campaign = read().get_one(Campaign, (world.own.school_id, world.own.campaign_id))
        (told,) = read_told(read(), campaign)
    shares = [share.figure.percent for share in told.shares]
    assert len(shares) == 2
    assert set(map(int, re.findall(r"(\d+)%", found))) == set(shares)
    left = found.replace(OURS, "").replace(f"survey.test{address}", "")
    left = re.sub(r"\d+%|29 January 2027|December 2026", "", left)
    assert not re.search(r"\d", left), left


def test_with_nothing_to_tell_there_is_no_poster(
    app: Flask, world: World, lead: FlaskClient
) -> None:
    publish(app, world.own, *sample(SAFETY))
    assert lead.get(f"{list_of(world.own)}poster.pdf").status_code == 409


def test_a_change_of_words_changes_nothing_that_was_said(app: Flask, world: World) -> None:
    """What students said is read again from the release each time."""
    release, questionnaire = sample(SAFETY)
    publish(app, world.own, release, questionnaire)
    address = tell(app, world.own)
    before = page_at(app, address).text
    with app.app_context(), begin() as db:
        action = find_action(db, world.own.school_id, world.own.action_id)
        words = ActionWords(
            found="99% feel unsafe (990 of 1000).",
            goal=action.goal,
            owner=action.owner,
            steps_taken=action.steps_taken,
            due_on=action.due_on,
            for_students=True,
            we_did=action.we_did,
            other_signs="More",
        )
        change(db, action=action, words=words, by=None)
    assert page_at(app, address).text == before
