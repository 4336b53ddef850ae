"""Several students one after another on one laptop, and a person who takes its whole profile: one
leaves, one sends, one asks an adult to get in touch and stops half way, when the browser crashes.
Everything is typed by keys, because browsers remember what was typed and not what a script filled
in."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask import Flask

from tests.attacks.attackers import profile as profiles
from tests.attacks.attackers.next_pupil import ADDRESS, HEADING, addresses, titles
from tests.attacks.test_next_pupil import (  # noqa: F401 - fixtures among them
    NAME,
    OVER,
    WORDS,
    codes,
    display,
    to_send,
    window,
    written,
)
from tests.browser.conftest import server  # noqa: F401 - a fixture
from tests.browser.driving import aside
from tests.browser.windows import Window, wait_until
from tests.integration.help_requests.test_student_views import new_slots
from tests.integration.responses.doors import rows
from tests.quick_server import Address
from tests.world import World

pytestmark = [
    pytest.mark.browser,
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
]

WHERE = "After lunch by the library"
SEALED = re.compile(rb"/p/[\w-]{60,}")


def begin(shared: Window, address: str, code: str) -> None:
    shared.open(f"{address}/")
    shared.type("#code", code)
    shared.click("main .go button")


def ask(shared: Window, address: str, word: str) -> None:
    shared.open(f"{address}/ask/{word}")
    for name, words in {"name": NAME, "form": "9C", "where": WHERE, "about": WORDS}.items():
        shared.type(f"[name={name}]", words)
    assert shared.run("document.querySelector('[name=about]').value") == WORDS
    shared.run("document.querySelector('[name=soon]').click()")
    shared.click("main button[value=send]")
    assert shared.run(HEADING) == "Your message has arrived"


def cached(profile: Path) -> list[str]:
    """Files of the cache in which an address of a page is."""
    return [
        str(path.relative_to(profile))
        for path in profiles.files(profile)
        if "ache" in str(path.relative_to(profile))
        and any(SEALED.search(layer) for layer in profiles.layers(path))
    ]


@pytest.mark.slow  # `test_next_pupil` searches the disk after one student in the ordinary run
@pytest.mark.parametrize("which", ["chromium", "firefox"])
def test_a_profile_ties_no_code_word_or_page_to_a_student(
    app: Flask,
    world: World,
    codes: list[str],  # noqa: F811
    server: Address,  # noqa: F811
    display: str,  # noqa: F811
    tmp_path: Path,
    which: str,
) -> None:
    profile, said = tmp_path / "profile", [*codes, NAME, WORDS, WHERE]
    with window(which, True, profile, display) as shared:
        begin(shared, server.address, codes[0])
        to_send(shared, pages=3)
        shared.click(".leave")
        begin(shared, server.address, codes[1])
        to_send(shared)
        shared.click("main button[value=send]")
        assert shared.run(HEADING) == "Thank you"
        wait_until("both ends", lambda: len(aside(rows, app, "ended_session")) == 2)
        over = [one for one in set(addresses(profile)) if "/p/" in one]
        ask(shared, server.address, world.own.word)
        assert len(aside(new_slots, app, world)) == 1
        begin(shared, server.address, codes[2])
        to_send(shared, pages=4)
        shared.run("document.querySelector('a[href=\"#help\"]').click()")
        here = str(shared.run(ADDRESS))
        written(profile, here)
        shared.kill()
    assert any("Survey" in one for one in titles(profile)), "the history is read"
    assert profiles.search(profile, ["Survey: part 3"]), "and so is the rest"
    assert profiles.search(profile, said) == [], "after a crash"
    assert cached(profile) == []
    assert [one for one in addresses(profile) if "#" in one] == []
    assert [one for one in titles(profile) if "help" in one] == []
    with window(which, True, profile, display) as again:
        for address in over[:3]:
            again.open(address)
            assert again.run(HEADING) == OVER
    assert profiles.search(profile, said) == [], "after an ordinary end"
    assert cached(profile) == []
