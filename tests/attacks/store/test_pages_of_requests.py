"""A person with the operator's keys who opens the boxes of a desk: is there a row elsewhere that
belongs to one request, and says in which hour, or in which transaction, it was sent?"""

from __future__ import annotations

import hmac

import pytest
from flask import Flask
from flask.testing import FlaskClient

from survey.database import read
from survey.device import ended_sessions
from survey.device.ended_sessions import SessionEnd
from survey.help_requests import box_storage
from survey.help_requests.rate_limit import FloodLimit
from tests.attacks.attackers import ballots, linkage
from tests.attacks.test_help_requests import key_of, send
from tests.integration.responses.doors import parse_form, raw_rows
from tests.world import World

ASKING = 5


def test_no_row_elsewhere_belongs_to_one_request(
    app: Flask, client: FlaskClient, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FloodLimit, "must_wait", lambda *_given: False)
    numbers = []
    for number in range(ASKING):
        page = client.get(f"/ask/{world.own.word}").get_data(as_text=True)
        numbers.append(str(parse_form(page).fields["number"]))
        send(client, world.own, f"Robin {number}", number=numbers[-1])
        send(client, world.own, f"Robin {number}", number=numbers[-1])  # pressed twice
    key = app.extensions["settings"].code_key
    over = {bytes(row["session_hash"]) for row in raw_rows(app, "ended_session")}  # type: ignore[call-overload]
    of_pages = {ended_sessions._hash(one, SessionEnd.SENT, key) for one in numbers}
    assert of_pages <= over, "each page is over"
    with app.app_context():
        slots = list(box_storage.all_slots(read(), world.own.school_id, key=key_of(app)))
    kept = [slot.entry.request_id for slot in slots]
    assert len(kept) == ASKING + 1, "each is kept once, and the one of the small world"
    derived = hmac.digest(key, b"ended sessions 1", "sha256")
    tried = {
        hmac.digest(derived, f"{how} {spelled}".encode(), "sha256")
        for one in kept
        for spelled in (str(one), one.hex, str(one.int), repr(one.bytes))
        for how in (*SessionEnd, "mark")
    }
    assert not tried & over
    everything = linkage.snapshot(ballots.engine_of(app))
    ids = [spelled for one in kept for spelled in (one.bytes, one.hex.encode(), str(one).encode())]
    assert linkage.holding(everything, ids) == []
