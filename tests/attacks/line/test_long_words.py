"""A listener on the network, and a student who writes as many letters as there is room for, of a
script whose letters take three or four bytes each. The page that comes again with these words is as
long as one that comes without any."""

from __future__ import annotations

from random import Random

import pytest
from flask import Flask
from flask.testing import FlaskClient

from survey.questionnaires.model import LONGEST_TEXT
from tests.attacks.test_lengths import Listener
from tests.integration.responses.doors import Fields, Student, make_codes
from tests.world import World

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

EMOJI, CHINESE, BENGALI = range(0x1F300, 0x1F5FF), range(0x4E00, 0x9FFF), range(0x995, 0x9B9)
WRITTEN = ("P1a", "P2")


def walked(client: FlaskClient, code: str, words: str, packing: str) -> list[tuple[int, ...]]:
    """All that the listener hears of a student who turns back to each page with words on it."""
    client.environ_base["HTTP_ACCEPT_ENCODING"] = "identity"
    student = Student(client, code)
    listener = Listener(student)
    seen = 0
    while student.at != "send":
        fields = student.form.fields
        written: Fields = {name: words for name in WRITTEN if name in fields}
        client.environ_base["HTTP_ACCEPT_ENCODING"] = packing
        onwards: Fields = {**fields, **written, "go": "next"}
        listener.press(onwards)
        if written:
            listener.press({"go": "back"})
            listener.press(onwards)
        client.environ_base["HTTP_ACCEPT_ENCODING"] = "identity"
        student.reload()
        seen += len(written)
    assert seen == len(WRITTEN)
    return listener.heard


@pytest.mark.parametrize("packing", ["br", "gzip"])
def test_a_page_is_as_long_with_the_longest_words_of_any_script(
    app: Flask, client: FlaskClient, world: World, packing: str
) -> None:
    chance = Random(1)
    words = ["", *("".join(map(chr, chance.choices(letters, k=LONGEST_TEXT)))
                   for letters in (EMOJI, CHINESE, BENGALI))]  # fmt: skip
    codes = make_codes(app, world.own, year=9, count=len(words))
    heard = [walked(client, code, given, packing) for code, given in zip(codes, words, strict=True)]
    for exchange in zip(*heard, strict=True):
        assert len(set(exchange)) == 1, exchange
