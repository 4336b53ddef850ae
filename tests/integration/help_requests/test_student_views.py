"""A student asks an adult to get in touch, and nothing of a survey comes along."""

from __future__ import annotations

import gzip
import logging
import random
import re
import uuid
from datetime import date
from html import unescape

import limits
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from sqlalchemy.exc import OperationalError
from werkzeug.test import TestResponse

from survey.audit_log import Event
from survey.database import begin, read
from survey.help_requests import box_storage, operations, reader_keys
from survey.help_requests.box_format import Slot
from survey.help_requests.operations import Opened, RequestText, box_key
from survey.organisations.help_desk import change_desk
from survey.organisations.models import Member
from survey.permissions import Role
from tests.integration.responses.doors import (
    Fields,
    Student,
    first_of_each,
    make_codes,
    parse_form,
    rows,
)
from tests.integration.responses.page_checks import check_page
from tests.world import READING, Side, World

TYPED = {
    "name": "Sam Tester",
    "form": "9C",
    "where": "At lunch, by the library",
    "about": "Something at the bus stop",
    "soon": "today",
}


def send(client: FlaskClient, side: Side, **changed: str) -> TestResponse:
    html = client.get(f"/ask/{side.word}").get_data(as_text=True)
    return told(client, side, parse_form(html).fields | TYPED | {"go": "send"} | changed)


def told(client: FlaskClient, side: Side, fields: Fields) -> TestResponse:
    """The page that a browser opens after it sent the form. It is never the answer itself."""
    answer = client.post(f"/ask/{side.word}", data=fields)
    assert answer.status_code == 303
    typed = [words for words in TYPED.values() if len(words) > 8]
    assert not any(words in answer.headers["Location"] for words in typed)
    return client.get(answer.headers["Location"], follow_redirects=True)


def new_slots(app: Flask, world: World) -> list[tuple[uuid.UUID, Slot]]:
    """What came apart from the requests of the small world, with the school that it came to."""
    there = {world.own.request_id, world.other.request_id}
    key = box_key(app.extensions["settings"].totp_key)
    with app.app_context():
        return [
            (side.school_id, slot)
            for side in (world.own, world.other)
            for slot in box_storage.all_slots(read(), side.school_id, key=key)
            if slot.entry.request_id not in there
        ]


def opened(app: Flask, world: World, side: Side) -> list[Opened]:
    """What the lead of a school reads there, with the reading password."""
    key = box_key(app.extensions["settings"].totp_key)
    with app.app_context():
        lead = read().scalars(select(Member).where(Member.email == side.email[Role.LEAD])).one()
        keys = reader_keys.open_copies(read(), side.school_id, lead.id, READING)
        found = operations.inbox(read(), side.school_id, key=key, keys=keys)
    there = {world.own.request_id, world.other.request_id}
    return [one for one in found if one.request.request_id not in there]


def set_desk(app: Flask, side: Side, *, is_open: bool) -> None:
    with app.app_context(), begin() as db:
        change_desk(
            db, school_id=side.school_id, is_open=is_open, who="A lead", hours="daily", by=None
        )


def test_what_is_sent_is_kept_for_the_school_with_its_day(
    app: Flask, client: FlaskClient, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("survey.help_requests.student_views.today", lambda: date(2026, 11, 9))
    sent = send(client, world.own)
    assert sent.status_code == 200
    assert "Your message has arrived" in sent.get_data(as_text=True)
    [(school_id, kept)] = new_slots(app, world)
    assert (school_id, kept.entry.arrived_on) == (world.own.school_id, date(2026, 11, 9))
    [one] = opened(app, world, world.own)
    assert one.asked == RequestText(
        TYPED["name"], TYPED["form"], TYPED["where"], TYPED["about"], urgent=True
    )


def test_the_words_are_sealed_on_the_disk(app: Flask, client: FlaskClient, world: World) -> None:
    """Under the operator's key as well as in what it opens."""
    send(client, world.own)
    [(_school, kept)] = new_slots(app, world)
    assert not any(word.encode() in kept.words for word in TYPED.values())
    assert b"urgent" not in kept.words
    for row in rows(app, "help_box"):
        assert b"Sam" not in row["stored_words"] + row["stored_index"]


def test_every_request_has_one_size(app: Flask, client: FlaskClient, world: World) -> None:
    longest = {"name": 80, "form": 40, "where": 200, "about": 500}
    sizes = set()
    for filled in ({}, {"about": ""}, {name: "🙂" * most for name, most in longest.items()}):
        assert send(client, world.own, **filled).status_code == 200
        sizes |= {len(row["stored_words"]) for row in rows(app, "help_box")}
        sizes |= {len(slot.words) for _school, slot in new_slots(app, world)}
    assert len(sizes) == 2, "one for boxes, one for requests"


def test_what_it_is_about_may_be_left_out_and_nothing_else(
    app: Flask, client: FlaskClient, world: World
) -> None:
    assert send(client, world.own, about="").status_code == 200
    for name in ("name", "form", "where", "soon"):
        refused = send(client, world.own, **{name: ""})
        html = refused.get_data(as_text=True)
        assert refused.status_code == 422
        check_page(html)
        for other, words in TYPED.items():
            if other not in (name, "soon"):
                assert words in html, f"{other} is lost"
    assert len(new_slots(app, world)) == 1


@pytest.mark.parametrize(
    ("name", "most"), [("name", 80), ("form", 40), ("where", 200), ("about", 500)]
)
def test_a_field_has_its_length(
    app: Flask, client: FlaskClient, world: World, name: str, most: int
) -> None:
    assert send(client, world.own, **{name: "x" * (most + 1)}).status_code == 422
    assert send(client, world.own, **{name: "x" * most}).status_code == 200
    assert len(new_slots(app, world)) == 1


def test_the_longest_request_arrives_whole_in_bengali(
    app: Flask, client: FlaskClient, world: World
) -> None:
    """A letter can be three characters there, of three bytes each."""
    letters = [f"{chr(first)}িঁ" for first in range(0x995, 0x9A9)]
    long = {
        name: "".join(random.Random(name).choices(letters, k=most))
        for name, most in (("name", 80), ("form", 40), ("where", 200), ("about", 500))
    }
    html = client.get(f"/ask/{world.own.word}").text
    fields = parse_form(html).fields | TYPED | long
    page = told(client, world.own, fields | {"to_lang": "bn"})
    kept = parse_form(page.text).fields
    assert {name: kept[name] for name in long} == long
    assert told(client, world.own, kept | {"go": "send"}).status_code == 200
    (arrived,) = (
        one.asked for one in opened(app, world, world.own) if one.asked and one.asked.name[0] > "z"
    )
    assert {name: getattr(arrived, name) for name in long} == long


def test_letters_of_very_many_marks_are_too_long_and_nothing_breaks(
    app: Flask, client: FlaskClient, world: World
) -> None:
    """They count as few letters, and take more room than a request has."""
    draw = random.Random(1)
    letters = ["".join(chr(draw.randrange(0x300, 0x34F)) for _ in range(90)) for _ in range(80)]
    stacked = "".join(f"a{marks}" for marks in letters)
    page = send(client, world.own, about=stacked)
    assert page.status_code == 422
    assert re.search(r'id="about-error">That is a bit too long. Keep it to \d+ letters.', page.text)
    assert parse_form(page.text).fields["where"] == TYPED["where"]
    assert new_slots(app, world) == []


def test_sending_a_page_twice_is_sending_it_once(
    app: Flask, client: FlaskClient, world: World
) -> None:
    html = client.get(f"/ask/{world.own.word}").get_data(as_text=True)
    fields = parse_form(html).fields | TYPED | {"go": "send"}
    answers = {told(client, world.own, fields).get_data() for _ in range(3)}
    assert len(answers) == 1
    assert len(new_slots(app, world)) == 1


def test_a_number_that_is_none_is_replaced(app: Flask, client: FlaskClient, world: World) -> None:
    assert send(client, world.own, number="'; --").status_code == 200
    assert len(new_slots(app, world)) == 1


def test_the_number_of_another_schools_request_touches_nothing_there(
    app: Flask, client: FlaskClient, world: World
) -> None:
    assert send(client, world.own, number=str(world.other.request_id)).status_code == 200
    key = box_key(app.extensions["settings"].totp_key)
    with app.app_context():
        at = world.other.school_id, world.other.request_id
        assert operations.find_request(read(), *at, key=key, keys={}).request.read_on is None


def test_another_language_keeps_what_was_typed(client: FlaskClient, world: World) -> None:
    page = send(client, world.own, go="", to_lang="cy")
    html = page.get_data(as_text=True)
    assert '<html lang="cy"' in html
    check_page(html)
    fields = parse_form(html).fields
    assert {name: fields[name] for name in TYPED} == TYPED | {"soon": ["today"]}


def test_pages_are_plain_small_and_leave_nothing_behind(client: FlaskClient, world: World) -> None:
    pages = [
        client.get(f"/ask/{world.own.word}"),
        client.get(f"/ask/{world.own.word}?lang=cy"),
        send(client, world.own, name=""),
        send(client, world.own),
        client.get("/ask/wrong"),
        client.get("/ask/"),
    ]
    assert [page.status_code for page in pages] == [200, 200, 422, 200, 404, 404]
    for page in pages:
        assert "Set-Cookie" not in page.headers
        assert page.headers["Cache-Control"] == "no-store"
        assert page.headers["Referrer-Policy"] == "no-referrer"
        assert page.headers["Content-Security-Policy"].endswith("frame-ancestors 'none'")
        html = page.get_data(as_text=True)
        check_page(html)
        assert "0800 1111" in html
        assert "999" in html
        assert len(gzip.compress(page.get_data(), 6)) + len(str(page.headers)) <= 10 * 1024


def test_the_page_says_who_reads_and_when(client: FlaskClient, world: World) -> None:
    for page in (client.get(f"/ask/{world.own.word}"), send(client, world.own)):
        html = unescape(page.get_data(as_text=True))
        assert "Northmoor High School" in html
        assert "Ms Okafor, safeguarding lead" in html
        assert "on school days, before 4 pm" in html


# Nothing comes along


LINK = re.compile(r'<a href="(/ask/[^"]*)"([^>]*)>')


def links(html: str) -> list[tuple[str, str]]:
    return [(unescape(found[1]), found[2]) for found in LINK.finditer(html)]


def walked(client: FlaskClient, code: str, answer) -> list[str]:  # type: ignore[no-untyped-def]
    student = Student(client, code)
    pages = [page.get_data(as_text=True) for page in student.pages(answer)]
    return [*pages, student.press("send").get_data(as_text=True)]


def last_of_each(form):  # type: ignore[no-untyped-def]
    return {name: options[-1] for name, options in form.choices.items()}


def test_every_page_offers_the_same_link_whatever_was_answered(
    app: Flask, client: FlaskClient, world: World
) -> None:
    """A word of the school and the language of the page, and not a thing more."""
    codes = make_codes(app, world.own, year=9)
    walks = [
        walked(client, codes[0], first_of_each),
        walked(client, codes[1], lambda _form: {}),
        walked(client, codes[2], last_of_each),
    ]
    seen = [links(html) for walk in walks for html in walk]
    assert len(seen) > 60
    assert all(seen), "every page has it, in its help panel"
    [(address, attributes)] = {link for found in seen for link in found}
    assert address == f"/ask/{world.own.word}?lang=en"
    assert 'rel="noreferrer"' in attributes
    assert 'target="_blank"' in attributes
    for html in (html for walk in walks for html in walk):
        assert not re.search(r'<form[^>]*action="/ask', html)
        assert not re.search(r'formaction="', html)


def test_who_does_not_take_part_is_offered_it_too(
    app: Flask, client: FlaskClient, world: World
) -> None:
    student = Student(client, make_codes(app, world.own, year=9)[0])
    student.press("next")
    for go in ("no", "parent"):
        assert len({link for link, _ in links(student.press(go).get_data(as_text=True))}) == 1
        student = Student(client, student.code)
        student.press("next")


def test_the_word_of_the_desk_leads_to_no_wave_and_no_code(
    app: Flask, client: FlaskClient, world: World
) -> None:
    """Were it made of a door, a card or a name, the page would say which survey it came from."""
    code = make_codes(app, world.own, year=9)[0]
    for trace in (str(world.own.door), str(world.own.school_id), "northmoor"):
        assert trace not in world.own.word
    page = client.get(f"/ask/{world.own.word}").get_data(as_text=True)
    fields = parse_form(page).fields
    assert set(fields) == {"lang", "number", "name", "form", "where", "about"}
    for trace in (code, code.split("-")[0], str(world.own.wave_id), str(world.own.campaign_id)):
        assert trace not in page
    assert client.get(f"/s/{world.own.word}").status_code == 404


def test_a_request_leaves_no_time_anywhere(app: Flask, client: FlaskClient, world: World) -> None:
    """One student answers and asks, another answers only: no table tells the two rows apart, and
    no event has the moment."""
    with app.app_context():
        events = read().scalars(select(Event)).all()
    codes = make_codes(app, world.own, year=9)
    walked(client, codes[0], first_of_each)
    send(client, world.own)
    walked(client, codes[1], first_of_each)
    with app.app_context():
        assert len(read().scalars(select(Event)).all()) == len(events)
    answers, texts, codes_kept = (rows(app, t) for t in ("response", "free_text", "access_code"))
    assert len(answers) == 2
    assert len({str(row["answers"]) for row in answers}) == 1
    [(_school, kept)] = new_slots(app, world)
    keys = {kept.entry.request_id.hex, str(kept.entry.request_id)}
    for row in (*answers, *texts, *codes_kept):
        assert not keys & {str(value) for value in row.values()}
        assert "Sam" not in repr(row)


# Off, wrong, too many, broken


def test_a_desk_that_is_off_is_offered_nowhere_and_takes_nothing(
    app: Flask, client: FlaskClient, world: World
) -> None:
    code = make_codes(app, world.own, year=9)[0]
    assert links(Student(client, code).html)
    html = client.get(f"/ask/{world.own.word}").get_data(as_text=True)
    set_desk(app, world.own, is_open=False)
    assert links(Student(client, code).html) == []
    fields = parse_form(html).fields | TYPED | {"go": "send"}
    assert told(client, world.own, fields).status_code == 410
    assert client.get(f"/ask/{world.own.word}").status_code == 410
    assert new_slots(app, world) == []
    set_desk(app, world.own, is_open=True)
    assert client.get(f"/ask/{world.own.word}").status_code == 200, "the address stays"


def test_without_a_lead_who_can_sign_in_it_is_off(
    app: Flask, client: FlaskClient, world: World
) -> None:
    """It must have someone to read it."""
    code = make_codes(app, world.own, year=9)[0]
    with app.app_context(), begin() as db:
        db.execute(
            update(Member).where(Member.email == world.own.email[Role.LEAD]).values(active=False)
        )
    assert links(Student(client, code).html) == []
    assert send_blind(client, world.own).status_code == 410
    assert client.get(f"/ask/{world.other.word}").status_code == 200
    assert new_slots(app, world) == []


def send_blind(client: FlaskClient, side: Side) -> TestResponse:
    return told(client, side, TYPED | {"go": "send", "number": str(uuid.uuid4())})


def test_a_flood_waits_and_what_was_typed_stays_in_the_page(
    app: Flask, client: FlaskClient, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert [send(client, world.own).status_code for _ in range(3)] == [200, 200, 429]
    page = send(client, world.own)
    html = page.get_data(as_text=True)
    check_page(html)
    again = parse_form(html).fields
    assert {name: again[name] for name in TYPED} == TYPED
    assert send(client, world.other).status_code == 200, "another school does not wait"
    ten = limits.parse("10 per minute")
    monkeypatch.setattr("survey.help_requests.rate_limit.ONE_A_MINUTE", ten)
    assert told(client, world.own, again).status_code == 200


def test_no_address_is_looked_at(app: Flask, world: World) -> None:
    seen = []
    for number in range(3):
        client = app.test_client()
        client.environ_base["REMOTE_ADDR"] = f"10.0.0.{number}"
        seen.append(send(client, world.own).status_code)
    assert seen == [200, 200, 429]


def test_words_that_lead_nowhere_are_slowed(
    client: FlaskClient, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("survey.help_requests.student_views.WRONG_WORDS_PER_MINUTE", 3)
    seen = [client.get(f"/ask/wrong{n}").status_code for n in range(5)]
    assert seen == [404, 404, 404, 429, 429]
    assert client.get(f"/ask/{world.own.word}").status_code == 200


def test_nothing_that_was_typed_is_logged_not_even_when_something_breaks(
    app: Flask,
    client: FlaskClient,
    world: World,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    said = f"INSERT ... {TYPED['name']}"

    def broken(*_given: object, **_named: object) -> None:
        raise OperationalError(said, TYPED, Exception(said))

    monkeypatch.setattr(operations, "ask", broken)
    with caplog.at_level(logging.DEBUG):
        page = send(client, world.own)
    html = page.get_data(as_text=True)
    assert page.status_code == 500
    check_page(html)
    assert parse_form(html).fields["name"] == TYPED["name"]
    assert "request_for_help_failed" in caplog.text
    for trace in ("Sam", "9C", world.own.word, "127.0.0.1"):
        assert trace not in caplog.text
