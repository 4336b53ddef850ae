"""What someone with half a card, or a code pasted as people paste it, meets at the door; and a
button that is pressed twice."""

from __future__ import annotations

import re
import time
from concurrent.futures import ThreadPoolExecutor
from html import unescape
from urllib.parse import urljoin

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from survey.campaigns.access_codes import hash_code, make_codes, read_code
from survey.campaigns.models import AccessCode, LinkBatch
from survey.database import read
from survey.languages import LANGUAGES
from survey.permissions import Role
from survey.responses.code_entry.rate_limit import WAITS
from tests.attacks.attackers.insider import CODE
from tests.integration.responses import doors
from tests.world import World, sign_in

KEY = bytes(range(32))
LONGEST_WAIT = max(seconds for _least, seconds in WAITS)

PASTED = (
    "{a}-{b}", "{a}{b}", "{a} {b}", " {a}-{b} ", "({a}-{b})", "[{a}-{b}]", "{a}-{b}.", "{a}-{b},",
    '"{a}-{b}"', "“{a}-{b}”", "‘{a}-{b}’", "<{a}-{b}>", "*{a}-{b}*", "#{a}-{b}", "{a}–{b}",
    "{a}_{b}",
    "{a}.{b}", "{a}/{b}", "\uf0b7 {a}-{b}", "\ufeff{a}-{b}", "{a}\u200b-{b}", "{a}\n{b}",
    "code: {a}-{b}", "Code {a} {b}", "my card {a} {b}", "my card {a}-{b} thanks",
    "Your code is {a}-{b}! Keep it.", "http://survey.test/s/{a}-{b}", "survey.test/s/{a}-{b}",
    "https://survey.test/s/{a}-{b}?lang=cy", "https://survey.test/s/{a}-{b}.",
    "www.survey.test/s/{a}{b}/", "https://survey.test/s/{a}%2D{b}", "code={a}-{b}",
)  # fmt: skip
"""Ways in which people write, paste and forward one code."""


@pytest.mark.parametrize("way", PASTED)
def test_a_code_is_read_however_it_was_pasted(way: str) -> None:
    for code in make_codes(door=77, year=9, count=200, key=KEY):
        first, second = code.split("-")
        for written in (way, way.lower()):
            typed = written.format(a=first, b=second)
            opened = read_code(typed, key=KEY)
            assert opened is not None, typed
            assert opened.code == code
            assert hash_code(typed, key=KEY) == hash_code(code, key=KEY)


@pytest.mark.parametrize("junk", ["", "K7QM", "https://survey.test/s/", "A" * 5000, "K7QM " * 2000])
def test_what_holds_no_code_is_read_as_none_and_at_once(junk: str) -> None:
    begun = time.process_time()
    for _ in range(50):
        assert read_code(junk, key=KEY) is None or len(junk) > 100
    assert time.process_time() - begun < 1


def hammered(app: Flask, *codes: str) -> None:
    """An attacker tries second halves with the first half of each."""
    attacker = app.test_client()
    for half in (code[:4] for code in codes):
        for number in range(300):
            attacker.post("/", data={"code": f"{half}-{number:04d}"})


def test_half_a_card_cannot_keep_its_owner_out(
    app: Flask, client: FlaskClient, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before, ten wrong second halves closed the door for an hour, at Send too."""
    (code, begun, *_others) = doors.make_codes(app, world.own, year=9)
    student = doors.Student(client, begun)
    student.walk_to_send(doors.first_of_each)
    hammered(app, code, begun)
    # Who is in the middle of the survey waits nowhere.
    assert student.press("send").status_code == 200
    # Who comes now is told how long it takes, and it takes that long.
    page = client.post("/", data={"code": code}, follow_redirects=True)
    assert page.status_code == 429
    seconds = told_seconds(page.text)
    assert 0 < seconds <= LONGEST_WAIT
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + seconds + 1)
    fields = doors.parse_form(page.text).fields
    # The attacker goes on meanwhile.
    attacker = app.test_client()
    for number in range(300, 400):
        attacker.post("/", data={"code": f"{code[:4]}-{number:04d}"})
    entered = client.post("/", data=fields, follow_redirects=True)
    assert entered.status_code == 200
    assert doors.parse_form(entered.text).fields["at"] == "start"


def told_seconds(html: str) -> int:
    found = re.search(r"<h1>Please wait (\d+) seconds", html)
    assert found, html
    return int(found[1])


def test_a_code_that_waits_is_in_no_address_and_waits_no_longer_for_a_reload(
    app: Flask, client: FlaskClient, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    (code, *_others) = doors.make_codes(app, world.own, year=9)
    hammered(app, code)
    begins = time.time()
    monkeypatch.setattr(time, "time", lambda: begins)
    told = client.get(f"/s/{code}")
    assert told.status_code == 303
    assert told.text == ""
    at = told.headers["Location"]
    page = client.get(at)
    assert page.status_code == 429
    for half in code.split("-"):
        assert half not in at + page.text
    seconds = told_seconds(page.text)
    later = begins + seconds - 2
    monkeypatch.setattr(time, "time", lambda: later)
    assert told_seconds(client.get(at).text) == 2
    # Too early, it says how long it still takes.
    early = client.post("/", data=doors.parse_form(page.text).fields, follow_redirects=True)
    assert (early.status_code, told_seconds(early.text)) == (429, 2)
    assert code[:4] not in early.request.path
    # In time, also a reload leads on.
    monkeypatch.setattr(time, "time", lambda: begins + seconds)
    entered = client.get(at, follow_redirects=True)
    assert entered.status_code == 200
    assert doors.parse_form(entered.text).fields["at"] == "start"


def test_who_finds_the_page_that_waited_cannot_go_on_with_the_code(
    app: Flask, client: FlaskClient, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next pupil at the same device, from its history, before the key is forgotten."""
    (code, *_others) = doors.make_codes(app, world.own, year=9)
    hammered(app, code)
    waited = client.get(f"/s/{code}").headers["Location"]
    fields = doors.parse_form(client.get(waited).text).fields
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + LONGEST_WAIT + 1)
    student = doors.Student(client, code)
    student.page = client.post("/", data=fields, follow_redirects=True)
    student.press("left")
    for found in (client.get(waited), client.post("/", data=fields, follow_redirects=True)):
        assert found.status_code == 410
        assert "This survey is over on this device" in found.text


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_page_that_waits_is_in_every_language(app: Flask, world: World) -> None:
    (code, *_others) = doors.make_codes(app, world.own, year=9)
    hammered(app, code)
    for language in sorted(LANGUAGES):
        client = app.test_client()
        told = client.post("/", data={"code": code, "lang": language})
        page = client.get(told.headers["Location"])
        assert page.status_code == 429
        assert f'<html lang="{language}"' in page.text
        # Another language is a page of the same wait.
        other = "pl" if language != "pl" else "cy"
        (link,) = set(re.findall(rf'href="([^"]*lang={other})"', page.text))
        again = client.get(urljoin(told.headers["Location"], unescape(link)))
        assert again.status_code == 429
        assert f'<html lang="{other}"' in again.text


def test_a_spent_code_and_a_wrong_one_do_not_close_the_send_page(
    app: Flask, client: FlaskClient, world: World
) -> None:
    (code, other, third) = doors.make_codes(app, world.own, year=9)
    doors.Student(client, code).walk_to_send(doors.first_of_each)
    student = doors.Student(client, code)
    student.walk_to_send(doors.first_of_each)
    assert student.press("send").status_code == 200
    late = doors.Student(client, code)
    late.walk_to_send(doors.first_of_each)
    for number in range(100):
        assert late.press("send", code=f"{third[:4]}-{number:04d}").status_code == 409
    assert late.press("send", code=f"({other}).").status_code == 200


def batches(app: Flask, world: World) -> tuple[int, int]:
    """How many batches and how many live codes there are."""
    with app.app_context():
        here = LinkBatch.wave_id == world.own.wave_id
        made = read().scalar(select(func.count()).select_from(LinkBatch).where(here))
        live = read().scalar(select(func.count()).select_from(AccessCode))
        return made or 0, live or 0


def test_make_cards_pressed_twice_makes_one_batch(app: Flask, world: World) -> None:
    """Two equal forms at one moment, from one page, and again afterwards."""
    lead = app.test_client()
    sign_in(lead, world.email(Role.LEAD))
    at = f"/schools/{world.own.school_id}/waves/{world.own.wave_id}/"
    before, _live = batches(app, world)
    page = lead.get(at).text
    (number,) = re.findall(r'name="number" type="hidden" value="([^"]+)"', page)
    given = {"year": "9", "label": "9B", "count": "7", "number": number}
    cookie = lead.get_cookie("session")
    assert cookie

    def press(_time: int) -> list[str]:
        browser = app.test_client()
        browser.set_cookie("session", cookie.value)
        return CODE.findall(browser.post(f"{at}batches", data=given).text)

    with ThreadPoolExecutor(2) as two:
        first, second = two.map(press, range(2))
    assert len(first) == 7
    assert first == second == press(3)
    assert batches(app, world) == (before + 1, 7)
    assert press(4) != CODE.findall(
        lead.post(f"{at}batches", data=given | {"number": f"{number}x"}).text
    )
    assert batches(app, world) == (before + 2, 14)


def test_a_batch_cannot_be_made_again_from_key_and_database(app: Flask, world: World) -> None:
    """Otherwise a person who has both could distinguish a spent card from one that was never
    printed."""
    lead = app.test_client()
    sign_in(lead, world.email(Role.LEAD))
    at = f"/schools/{world.own.school_id}/waves/{world.own.wave_id}/"
    (number,) = re.findall(r'name="number" type="hidden" value="([^"]+)"', lead.get(at).text)
    given = {"year": "9", "label": "9B", "count": "7", "number": number}
    codes = CODE.findall(lead.post(f"{at}batches", data=given).text)
    with app.app_context():
        stored = read().scalars(select(LinkBatch)).all()
        for batch in stored:
            for seed in (str(batch.batch_id), batch.batch_id.hex, str(batch.begins_at)):
                again = make_codes(
                    door=world.own.door,
                    year=9,
                    count=7,
                    key=app.extensions["settings"].code_key,
                    before=batch.begins_at or 0,
                    seed=seed,
                )
                assert set(codes) != set(again)
