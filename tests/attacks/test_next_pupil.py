"""The next pupil at a shared device, in Chromium and Firefox with a window, a memory of pages and a
profile on the disk, scripts on and off."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from survey.campaigns import operations
from tests.attacks.attackers.next_pupil import (
    ADDRESS,
    ANSWERED,
    HEADING,
    SOURCE,
    Found,
    addresses,
    on_disk,
    snoop,
    titles,
)
from tests.browser.conftest import server  # noqa: F401 - a fixture
from tests.browser.driving import aside, pages_on_the_way
from tests.browser.windows import Chromium, Firefox, screen, wait_until
from tests.integration.campaigns.schools import CLOSES, KEY, READY, TODAY, start, writing
from tests.integration.help_requests.test_student_views import new_slots
from tests.integration.responses.doors import rows
from tests.quick_server import Address
from tests.world import World

pytestmark = [
    pytest.mark.browser,
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
]

OVER = "This survey is over on this device"
NAME, WORDS = "Robin Featherstone", "It happened behind the gym"

BROWSERS = [
    pytest.param("chromium", True, id="chromium", marks=pytest.mark.slow),
    pytest.param("chromium", False, id="chromium without script"),
    pytest.param("firefox", True, id="firefox", marks=pytest.mark.slow),
    pytest.param("firefox", False, id="firefox without script", marks=pytest.mark.slow),
]


@pytest.fixture(scope="module")
def display() -> Iterator[str]:
    with screen() as found:
        yield found


@pytest.fixture
def codes(app: Flask, world: World) -> list[str]:
    """Of a short survey: ten questions, each on its own page."""

    def made() -> list[str]:
        with writing(app) as db:
            campaign = start(db, world.own.school_id, "easy-read")
            operations.save_draft(db, campaign=campaign, adaptation=READY, by=None)
            (wave,) = campaign.waves
            operations.launch(db, wave=wave, closes_on=CLOSES, today=TODAY, by=None)
            _batch, codes = operations.make_batch(
                db, wave=wave, year=None, label="All", count=3, key=KEY, today=TODAY, by=None
            )
            return list(codes)

    found: list[str] = aside(made)
    return found


@contextmanager
def window(which: str, script: bool, profile: Path, display: str) -> Iterator[Any]:
    opened = (
        Chromium(profile, display, script)
        if which == "chromium"
        else Firefox(profile, display, script)
    )
    try:
        yield opened
    finally:
        opened.quit()


def enter(found: Any, address: str, code: str) -> None:
    found.open(address)
    found.run(f"document.querySelector('#code').value = '{code}'")
    found.click("main .go button")
    assert code not in found.run("location.href")


def answer(found: Any) -> None:
    found.run(
        "document.querySelectorAll('main fieldset')"
        ".forEach(it => it.querySelector('input').click())"
    )


def to_send(found: Any, pages: int = 40) -> None:
    for _page in range(pages):
        if found.run("(document.querySelector('input[name=at]') || {}).value") == "send":
            return
        answer(found)
        found.click("main button[value=next]")


def end(found: Any, how: str) -> None:
    if how.startswith("send"):
        if how == "send after a few pages":
            to_send(found, pages=3)
            way = pages_on_the_way(found.run("location.href"), lambda html: 'value="send"' in html)
            found.open(way[-4])
        to_send(found)
        found.click("main button[value=send]")
        assert found.run(HEADING) == "Thank you"
    else:
        to_send(found, pages=6)
        answer(found)
        found.click(".leave")
        assert found.run("document.title") == "Calendar"


@pytest.mark.parametrize(("which", "script"), BROWSERS)
@pytest.mark.parametrize(
    "how",
    [
        "send after a few pages",
        *(pytest.param(x, marks=pytest.mark.slow) for x in ("send", "leave")),
    ],
)
def test_the_next_pupil_finds_nothing(
    app: Flask,
    codes: list[str],
    server: Address,  # noqa: F811
    display: str,
    tmp_path: Path,
    which: str,
    script: bool,
    how: str,
) -> None:
    profile = tmp_path / "profile"
    found = Found()
    with window(which, script, profile, display) as shared:
        enter(shared, server.address, codes[0])
        end(shared, how)
        wait_until("the end of the session", lambda: aside(rows, app, "ended_session"))
        snoop(shared, found)
        assert OVER in found.headings
    assert found.seen == [], "on the open window"
    assert len(aside(rows, app, "response")) == (0 if how == "leave" else 1)
    known = [address for address in addresses(profile) if server.address in address]
    assert len(known) > 5, "the history has the pages"
    assert not [address for address in known if codes[0] in address]
    assert not [title for title in titles(profile) if codes[0] in title]
    with window(which, script, profile, display) as again:
        found.look(again, "the window that opens again")
        for address in known:
            again.open(address)
            found.look(again, f"from the history: {address[:40]}")
        assert found.seen == [], "after the browser was closed and opened again"
    assert kept(profile, codes[0]) == []


TRACES = ["so_far", "receipt", "go=next", "go=send", "B2."]
"""How a browser spells what a form held or sent."""
OURS = "[sessionStorage.newest, Object.keys(sessionStorage).length]"


def kept(profile: Path, code: str) -> list[str]:
    return on_disk(profile, [code, code.replace("-", ""), *TRACES])


def written(profile: Path, address: str) -> None:
    """Waits until the browser has written down what it means to open again after a crash: the proof
    that a search of the profile would find what was there."""

    def is_written() -> bool:
        return any("ession" in found for found in on_disk(profile, [address]))

    wait_until(f"{address[:40]} in a session file", is_written)


@pytest.mark.parametrize(("which", "script"), BROWSERS)
def test_the_disk_holds_no_answer_in_the_middle_of_a_survey(
    codes: list[str],
    server: Address,  # noqa: F811
    display: str,
    tmp_path: Path,
    which: str,
    script: bool,
) -> None:
    """While the page is open, after another site, after a crash and after an ordinary end."""
    profile = tmp_path / "profile"
    with window(which, script, profile, display) as shared:
        enter(shared, server.address, codes[0])
        to_send(shared, pages=5)
        answer(shared)
        address = shared.run(ADDRESS)
        if script:  # the tab keeps one address, which the history has too, and the ends of others
            newest, notes = shared.run(OURS)
            assert (server.address + newest, notes) == (address, 2)
        written(profile, address)
        assert kept(profile, codes[0]) == [], "while the page is open"
        elsewhere = server.address.replace("127.0.0.1", "localhost") + "/leave"
        shared.open(elsewhere)
        assert shared.run("window.name") == "", "another site reads nothing"
        assert not script or shared.run(OURS)[1] == 0
        written(profile, elsewhere)
        assert kept(profile, codes[0]) == [], "after another site"
        shared.back()
        answer(shared)
        shared.kill()
        assert kept(profile, codes[0]) == [], "after a crash"
    with window(which, script, profile, display) as again:
        again.open(address)
        answer(again)
        again.click("main button[value=next]")
    assert kept(profile, codes[0]) == [], "after an ordinary end"


@pytest.mark.slow  # nothing of it is an attack; headless: `tests/browser/student`
@pytest.mark.parametrize(("which", "script"), BROWSERS)
def test_back_forward_and_reload_keep_the_answers_meanwhile(
    codes: list[str],
    server: Address,  # noqa: F811
    display: str,
    tmp_path: Path,
    which: str,
    script: bool,
) -> None:
    with window(which, script, tmp_path / "profile", display) as own:
        enter(own, server.address, codes[0])
        to_send(own, pages=5)
        at = own.run("document.querySelector('input[name=at]').value")
        own.reload()
        assert own.run("document.querySelector('input[name=at]').value") == at
        own.back()
        before = own.run("document.querySelector('input[name=at]').value")
        assert before != at, "Back leads to the page before, and asks nothing"
        if script:
            assert own.run(ANSWERED), "with what was ticked on it"
            own.reload()
            assert own.run(ANSWERED)
        own.forward()
        assert own.run("document.querySelector('input[name=at]').value") == at
        own.click("main button[value=back]")
        assert own.run("document.querySelector('input[name=at]').value") == before
        assert own.run(ANSWERED), "the page's own Back has them, with a script and without"


@pytest.mark.parametrize(("which", "script"), BROWSERS)
def test_a_name_and_a_disclosure_are_gone_when_the_message_has_arrived(
    app: Flask,
    world: World,
    server: Address,  # noqa: F811
    display: str,
    tmp_path: Path,
    which: str,
    script: bool,
) -> None:
    profile = tmp_path / "profile"
    typed = {"name": NAME, "form": "9C", "where": "At lunch", "about": WORDS}
    texts = [NAME, WORDS, NAME.replace(" ", "+")]
    with window(which, script, profile, display) as shared:
        page = f"{server.address}/ask/{world.own.word}"
        shared.open(page)
        for name, words in typed.items():
            shared.run(f"document.querySelector('[name={name}]').value = '{words}'")
        shared.run("document.querySelector('[name=soon]').click()")
        written(profile, page)
        assert on_disk(profile, texts) == [], "while it is being written"
        shared.click("main button[value=send]")
        assert shared.run(HEADING) == "Your message has arrived"
        shared.reload()
        assert len(aside(new_slots, app, world)) == 1, "a reload sends nothing"
        shared.back()
        for _step in range(2):
            fields = "Array.from(document.querySelectorAll('.line, textarea')).map(it => it.value)"
            assert set(shared.run(fields)) <= {""}
            assert not re.search(f"{NAME}|{WORDS}", shared.run(SOURCE))
            shared.reload()
    assert on_disk(profile, texts) == []


@pytest.mark.parametrize(("which", "script"), BROWSERS)
def test_the_address_of_a_scanned_card_stays_in_the_history_alone(
    codes: list[str],
    server: Address,  # noqa: F811
    display: str,
    tmp_path: Path,
    which: str,
    script: bool,
) -> None:
    """What remains: the pages of the docs say so."""
    profile, scanned = tmp_path / "profile", f"{server.address}/s/{codes[0]}"
    with window(which, script, profile, display) as shared:
        shared.open(scanned)
        shared.click("main button[value=next]")
        shared.back()
        shared.back()
        assert codes[0] not in shared.run(ADDRESS), "Back does not lead to it"
    assert scanned in list(addresses(profile))
    elsewhere = [found for found in on_disk(profile, [codes[0]]) if not HISTORY.search(found)]
    assert elsewhere == []


HISTORY = re.compile(
    r"(/| in )(History|places[.]sqlite|Sessions/|sessionstore|segmentation_|Top Sites)"
)
"""The history, the lists Chromium makes of it, and what a browser opens again after a crash."""
