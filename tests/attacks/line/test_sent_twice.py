"""Who has the history of a device, and the printed list of codes: which card was used on it?

The address of the last page, sealed as it is, could be sent again with a code of the list: the
card that was used was answered otherwise than all others, within two hours of Send.
"""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.integration.responses.doors import Student, first_of_each, make_codes
from tests.world import World

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def told(answer: TestResponse, client: FlaskClient) -> tuple[int, str, int]:
    """All that the answer to a form shows: its status, the page it leads to, and its length."""
    page = client.get(answer.headers["Location"], follow_redirects=True)
    html = page.get_data(as_text=True)
    return answer.status_code, html[html.index("<h1") : html.index("</h1>")], page.status_code


@pytest.mark.parametrize("pays_again", [False, True], ids=["its own card", "another card"])
def test_an_address_of_the_history_tells_no_card_of_the_list(
    app: Flask, client: FlaskClient, world: World, pays_again: bool
) -> None:
    codes = make_codes(app, world.own, year=9, count=6)
    used, spent, *others = codes
    if pays_again:  # the card of the student was used before, and a teacher gave another
        first = Student(app.test_client(), spent)
        first.walk_to_send(first_of_each)
        first.press("send")
    student = Student(client, spent if pays_again else used)
    student.walk_to_send(first_of_each)
    left = student.address
    student.press("send")
    if pays_again:
        left = student.address
        student.press("send", code=used)
    assert student.heading == "Thank you"
    seen = {
        code: told(client.post(left, data={"go": "send", "at": "send", "code": code}), client)
        for code in codes
    }
    assert len(set(seen.values())) == 1, seen
    assert len(others) == 4
