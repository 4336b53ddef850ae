"""The pages of the room, and the page of the report, as a lead goes through them; and who must not
see them."""

from __future__ import annotations

import logging
import re
import uuid
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from survey.campaigns.models import Wave
from survey.database import begin, read
from survey.free_text.decisions import TextDecision
from survey.free_text.models import RoomText
from survey.free_text.published_models import ReleasedTexts
from survey.free_text.redaction import words_of
from survey.organisations.models import StaffNames
from survey.permissions import Role
from survey.releases.models import StoredRelease
from survey.retention import operations as retention
from tests.integration.campaigns.staff_page import check_page
from tests.integration.free_text.review_pages import (
    SECRET,
    TODAY,
    agree,
    close,
    decide,
    ids,
    in_room,
    opened,
    progress,
    report,
    write,
)
from tests.integration.reports.markup import check_page as check_report_page
from tests.integration.reports.markup import read_page
from tests.unit.reports.samples import sample
from tests.world import Side, World, sign_in


@pytest.fixture
def lead(client: FlaskClient, world: World) -> FlaskClient:
    sign_in(client, world.email(Role.LEAD))
    return client


def room(side: Side, page: str = "") -> str:
    return f"/schools/{side.school_id}/waves/{side.wave_id}/texts/{page}"


def published(side: Side) -> str:
    return f"/schools/{side.school_id}/waves/{side.wave_id}/report/words"


def get(client: FlaskClient, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, answer.text[:400]
    if "/report/" in path:
        check_report_page(read_page(answer.text), "en")
    else:
        check_page(answer.text)
    return answer.text


def post(client: FlaskClient, path: str, **fields: object) -> str:
    answer = client.post(path, data=fields, follow_redirects=True)
    assert answer.status_code == 200, answer.text[:400]
    check_page(answer.text)
    return answer.text


def give_report(app: Flask, side: Side) -> None:
    """A report that pages can show, in place of the empty one."""
    release, _questionnaire = sample()
    with app.app_context(), begin() as db:
        stored = db.get(StoredRelease, (side.school_id, side.wave_id))
        assert stored is not None
        stored.document, stored.release_hash = release.to_json(), release.content_hash()


STAGES = """
written  closed  says
40       no      No one reads a text while the survey is open
0        yes     There is nothing to read
3        yes     Fewer than 20 students wrote something
19       yes     Fewer than 20 students wrote something
20       yes     At least 20 students wrote something
57       yes     At least 20 students wrote something
"""


@pytest.mark.parametrize("line", STAGES.strip().splitlines()[1:])
def test_before_the_room_is_open_no_page_tells_how_many_wrote(
    app: Flask, lead: FlaskClient, world: World, line: str
) -> None:
    written, closed, says = line.split(maxsplit=2)
    with app.app_context():
        write(world.own, int(written))
        if closed == "yes":
            close(world.own)
    html = get(lead, room(world.own))
    assert says in html
    told = re.sub(r"<[^>]+>", " ", html.split("<main")[1])
    assert SECRET not in told
    assert {int(one) for one in re.findall(r"\b\d+\b", told)} <= {1, 20, 999, 2026}, told


def test_two_pages_of_few_are_the_same(app: Flask, lead: FlaskClient, world: World) -> None:
    with app.app_context():
        write(world.own, 1)
        close(world.own)
    one = without_token(get(lead, room(world.own)))
    with app.app_context():
        write(world.own, 18)
    assert without_token(get(lead, room(world.own))) == one


def without_token(html: str) -> str:
    """A page without the token against forgery, which names the second it was made in."""
    return re.sub(r'name="csrf_token" value="[^"]*"', "", html)


def test_a_lead_reads_blacks_out_and_releases(app: Flask, lead: FlaskClient, world: World) -> None:
    side = world.own
    with app.app_context():
        write(side, 23)
        close(side)
    html = get(lead, room(side))
    assert "The texts open when two people agree" in html
    assert SECRET not in html
    assert lead.post(room(side, "open")).status_code == 409
    with app.app_context():
        agree(side)
    html = post(lead, room(side, "open"))
    assert html.count(SECRET) == 20
    shown = re.findall(r'name="text" value="([^"]+)"', html)
    html = post(lead, room(side, "reading"), text=shown)
    assert html.count(SECRET) == 3
    html = post(lead, room(side, "reading"), text=re.findall(r'name="text" value="([^"]+)"', html))
    assert "All of it is read." in html

    html = get(lead, lead.get(room(side, "next")).location)
    for _ in range(23):
        found = re.search(r'<form class="redact" action="([^"]+)"', html)
        assert found
        html = post(lead, found[1], out="0", do="fit")
    assert "23 of 23 decided" in html
    assert "First comes the report of figures" in html
    with app.app_context():
        report(side)
    give_report(app, side)
    assert SECRET not in get(lead, room(side, "release"))
    html = post(lead, room(side, "release"))
    assert "In students’ own words" in html
    assert html.count("<blockquote") == 23
    assert html.count("[removed]") == 23
    assert SECRET not in html
    assert "Published on" in get(lead, room(side))
    assert "stays as it is" in get(lead, text_page(app, side))

    html = post(lead, room(side, "withdraw"), notice="A name was overlooked.")
    assert "There will be no other set for this survey" in html
    html = get(lead, published(side))
    assert "A name was overlooked." in html
    assert "<blockquote" not in html
    with app.app_context():
        stored = read().get(ReleasedTexts, (side.school_id, side.wave_id))
        assert stored is not None
        assert stored.document is None


def test_the_set_can_be_withdrawn_when_the_rest_is_erased(
    app: Flask, lead: FlaskClient, world: World
) -> None:
    side = world.own
    with app.app_context():
        opened(side, 20)
        decide(side, ids(in_room(side)))
    give_report(app, side)
    post(lead, room(side, "release"))
    with app.app_context(), begin() as db:
        retention.erase_due(db, today=TODAY + timedelta(days=90), erase_after_days=90)
    html = get(lead, room(side))
    assert "The texts are erased" in html
    assert f'href="{room(side, "withdraw")}"' in html
    post(lead, room(side, "withdraw"), notice="A name was overlooked.")
    assert "A name was overlooked." in get(lead, published(side))
    assert f'href="{room(side, "withdraw")}"' not in get(lead, room(side))


def text_page(app: Flask, side: Side) -> str:
    with app.app_context():
        return room(side, str(ids(in_room(side))[0]))


def change(app: Flask, side: Side, words: str) -> uuid.UUID:
    """Puts words into the first text of the room."""
    with app.app_context(), begin() as db:
        first = db.scalars(select(RoomText).order_by(RoomText.text_id)).first()
        assert first is not None
        first.words = words
        return first.text_id


WORDS = "ask Ms Okafor or ring 07700 900123, jack knows"


def test_hints_are_suggestions_and_not_redactions(
    app: Flask, lead: FlaskClient, world: World
) -> None:
    side = world.own
    with app.app_context():
        opened(side)
        with begin() as db:
            db.add(StaffNames(school_id=side.school_id, names=["Ms Okafor"]))
    text_id = change(app, side, WORDS)
    page = room(side, str(text_id))
    html = get(lead, page)
    for part, looks_like in (
        ("Ms Okafor", "looks like a name on your list"),
        ("07700 900123", "looks like a phone number"),
        ("jack", "looks like a name"),
    ):
        assert f"<mark>{part}</mark> {looks_like}" in html
    assert " checked" not in html
    assert blacked(post(lead, page, do="suggest")) == {1, 2, 5, 6, 7}
    assert blacked(post(lead, page, do="suggest", out="0")) == {0, 1, 2, 5, 6, 7}
    assert blacked(post(lead, page, do="clear", out="0")) == set()
    with app.app_context():
        assert progress(side).decided == 0
        assert {tuple(one.out) for one in in_room(side)} == {()}


def blacked(html: str) -> set[int]:
    return {int(one) for one in re.findall(r'name="out" value="(\d+)" checked', html)}


def test_what_is_pressed_stays_pressed_when_something_is_wrong(
    app: Flask, lead: FlaskClient, world: World
) -> None:
    side = world.own
    with app.app_context():
        opened(side)
    page = room(side, str(change(app, side, WORDS)))
    html = post(
        lead, page, do="worry", out=["1", "2"], passed_to="head", passed_on="2099-01-01", note="n"
    )
    assert "Give a day between the end of the survey and today." in html
    assert blacked(html) == {1, 2}
    assert '<option selected value="head">' in html
    html = post(lead, page, do="worry", out=["1"], passed_to="head", passed_on="some day")
    assert "Give the day" in html
    everything = [str(word.number) for word in words_of(WORDS)]
    html = post(lead, page, do="fit", out=everything)
    assert "No word would be left of this text" in html
    assert blacked(html) == set(map(int, everything))
    with app.app_context():
        assert progress(side).decided == 0


def test_a_decision_is_taken_back_from_the_next_page(
    app: Flask, lead: FlaskClient, world: World
) -> None:
    side = world.own
    with app.app_context():
        opened(side)
        first = ids(in_room(side))[0]
    html = post(lead, room(side, str(first)), do="leave_out")
    assert "The text before this one: Left out." in html
    undo = room(side, f"{first}/undo")
    assert f'action="{undo}"' in html
    post(lead, undo)
    with app.app_context():
        assert progress(side).left_out == 0


def test_a_page_opened_before_does_not_undo_what_another_reader_decided(
    app: Flask, lead: FlaskClient, world: World
) -> None:
    """Two readers have one text open. One passes a worry on and blacks a word out; the other's
    “Fit to be shown” would have shown the text to every reader of the report."""
    side = world.own
    with app.app_context():
        opened(side)
        (text, *_rest) = ids(in_room(side))
    page = room(side, str(text))
    state = re.findall(r'name="state"[^>]*value="([^"]+)"', get(lead, page))[0]
    post(lead, page, do="leave_out", state=state, out=["1"])
    state_of_first = re.findall(r'name="state"[^>]*value="([^"]+)"', get(lead, page))[0]
    day = TODAY.isoformat()
    post(lead, page, do="worry", state=state_of_first, passed_to="police", passed_on=day, note="A")
    for do in ("fit", "leave_out", "worry"):
        sent = {"do": do, "passed_to": "head", "passed_on": day, "note": "mine"}
        html = post(lead, page, state=state, out=["2"], **sent)
        assert "Someone decided about this text after you opened it" in html
        assert "mine" in html, "what was typed is lost"
        assert "A worry, passed on" in html
        assert len(re.findall(r'name="out" value="[12]" checked', html)) == 2, "shows both"
        with app.app_context():
            kept = find_text(side, text)
            assert (kept.mark, kept.note, kept.out) == (TextDecision.WORRY, "A", [1])
    again = re.findall(r'name="state"[^>]*value="([^"]+)"', html)[0]
    post(lead, page, do="leave_out", state=again, out=["1", "2"])
    with app.app_context():
        assert find_text(side, text).out == [1, 2]


def find_text(side: Side, text_id: uuid.UUID) -> RoomText:
    return read().scalars(select(RoomText).filter_by(text_id=text_id)).one()


def test_worries_and_the_rest_are_listed(app: Flask, lead: FlaskClient, world: World) -> None:
    side = world.own
    with app.app_context():
        opened(side)
        room_ids = ids(in_room(side))
        decide(side, room_ids[1:3])
        decide(side, room_ids[3:4], TextDecision.LEFT_OUT)
        closed_on = read().get(Wave, (side.school_id, side.wave_id)).closed_on  # type: ignore[union-attr]
        with begin() as db:
            wave = db.get(Wave, (side.school_id, side.wave_id))
            assert wave is not None
            wave.closed_on = closed_on and closed_on.replace(year=2020)
    day = "2020-11-30"
    post(
        lead,
        room(side, str(room_ids[0])),
        do="worry",
        passed_to="police",
        passed_on=day,
        note="Ref 7",
    )
    worries = get(lead, room(side, "marked/worry"))
    assert "Passed on to: Police, 30 Nov 2020" in worries
    assert "Ref 7" in worries
    fit = get(lead, room(side, "marked/fit"))
    assert fit.count("[removed]") == 2
    assert SECRET not in fit
    assert get(lead, room(side, "marked/left_out")).count(SECRET) == 1


def test_what_is_still_there_is_pointed_out_before_the_set_leaves(
    app: Flask, lead: FlaskClient, world: World
) -> None:
    side = world.own
    with app.app_context():
        opened(side, 20)
        decide(side, ids(in_room(side)))
    change(app, side, "now ring 07700 900123")
    give_report(app, side)
    html = get(lead, room(side, "release"))
    assert "Still there: <mark>07700 900123</mark> looks like a phone number" in html
    assert html.count("Still there:") == 1


def test_a_release_too_early_leads_back(app: Flask, lead: FlaskClient, world: World) -> None:
    with app.app_context():
        opened(world.own)
    assert lead.get(room(world.own, "release")).location == room(world.own)
    assert lead.post(room(world.own, "release")).status_code == 409
    assert lead.get(room(world.own, "withdraw")).status_code == 409


def test_a_text_is_never_anybody_elses(app: Flask, world: World) -> None:
    """Not the coordinator's, the analyst's, the operator's, nor another school's lead's."""
    with app.app_context():
        opened(world.own)
        decide(world.own, ids(in_room(world.own)))
        text_id = ids(in_room(world.own))[0]
    give_report(app, world.own)
    paths = [room(world.own, page) for page in ("", "reading", "next", "marked/fit", str(text_id))]
    for email, status in (
        (world.email(Role.COORDINATOR), 403),
        (world.email(Role.ANALYST), 404),
        (world.email(Role.OPERATOR), 404),
        (world.other.email[Role.LEAD], 404),
    ):
        client = app.test_client()
        sign_in(client, email)
        for path in (*paths, published(world.own)):
            answer = client.get(path)
            assert answer.status_code == status, (email, path)
            assert SECRET not in answer.text
    client = app.test_client()
    sign_in(client, world.other.email[Role.LEAD])
    assert client.get(room(world.other, str(text_id))).status_code == 404


def test_the_report_stands_without_texts(app: Flask, lead: FlaskClient, world: World) -> None:
    with app.app_context():
        opened(world.own)
    give_report(app, world.own)
    html = get(lead, published(world.own))
    assert "No texts are shown." in html
    assert SECRET not in html
    assert f'href="{published(world.own)}"' in get(
        lead, published(world.own).rpartition("words")[0]
    )


def test_with_a_withdrawn_report_the_texts_are_gone_too(
    app: Flask, lead: FlaskClient, world: World
) -> None:
    side = world.own
    with app.app_context():
        opened(side, 20)
        decide(side, ids(in_room(side)))
    give_report(app, side)
    post(lead, room(side, "release"))
    with app.app_context(), begin() as db:
        stored = db.get(StoredRelease, (side.school_id, side.wave_id))
        assert stored is not None
        stored.withdrawn_on, stored.notice = stored.released_on, "Counted wrongly."
    html = get(lead, published(side))
    assert "Counted wrongly." in html
    assert "<blockquote" not in html


def test_no_log_holds_a_text(
    app: Flask, lead: FlaskClient, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    side = world.own
    with app.app_context():
        opened(side)
        text_id = ids(in_room(side))[0]
    for do in ("suggest", "fit", "nonsense"):
        lead.post(room(side, str(text_id)), data={"do": do, "out": SECRET, "note": SECRET})
    lead.post(room(side, "reading"), data={"text": SECRET})
    assert SECRET not in caplog.text


def test_staff_names_are_listed_one_a_line(app: Flask, lead: FlaskClient, world: World) -> None:
    page = f"/schools/{world.own.school_id}/staff-names"
    html = post(lead, page, names=" Ms  Okafor\n\nMr Field\nMs Okafor\n")
    assert "Mr Field\nMs Okafor</textarea>" in html
    html = post(lead, page, names="x" * 81)
    assert "one a line" in html
    assert "x" * 81 in html
    with app.app_context():
        found = read().get(StaffNames, world.own.school_id)
        assert found is not None
        assert found.names == ["Mr Field", "Ms Okafor"]
