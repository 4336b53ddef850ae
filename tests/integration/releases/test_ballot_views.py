"""The close as a lead meets it: the key on paper, the stronger mode, and a key that is lost."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from survey.audit_log import Event, EventName
from survey.campaigns import ballot_box, operations
from survey.campaigns.models import Wave
from survey.campaigns.operations import find_wave
from survey.campaigns.states import WaveState
from survey.database import database, folder_of, read, today
from survey.encryption import keys
from survey.encryption.sealing import from_paper, to_paper
from survey.permissions import Role
from survey.responses.ballot_box import ending, sweep
from tests.attacks.attackers import ballots
from tests.integration.campaigns.schools import READY, start, writing
from tests.integration.responses.doors import raw_rows
from tests.world import Side, World, sign_in

GROUPS = re.compile(r"(?:[A-Z2-7]{4} ){13}[A-Z2-7]{4}")


@pytest.fixture
def lead(client: FlaskClient, world: World) -> FlaskClient:
    sign_in(client, world.email(Role.LEAD))
    return client


def at(side: Side, page: str = "") -> str:
    return f"/schools/{side.school_id}/waves/{side.wave_id}/{page}"


@pytest.fixture(autouse=True)
def _few_are_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """That too few answers end a survey is tested elsewhere."""
    monkeypatch.setattr(ending, "has_too_few", lambda _db, *, wave: False)


def wave_of(app: Flask, side: Side) -> Wave:
    with app.app_context():
        return find_wave(read(), side.school_id, side.wave_id)


def page_of(client: FlaskClient, address: str) -> str:
    return html.unescape(client.get(address).get_data(as_text=True))


def kept_key(app: Flask, side: Side) -> bytes:
    with app.app_context():
        return keys.read(folder_of(database.engine), ballot_box.key_name(wave_of(app, side)))


def told(app: Flask, name: EventName) -> int:
    with app.app_context():
        return read().query(Event).filter_by(name=name).count()


def test_a_close_opens_the_boxes_and_ends_the_key(
    app: Flask, lead: FlaskClient, world: World
) -> None:
    class_ = ballots.prepare(app, world.own, 12)
    ballots.send_all(app, world.own, class_[:10])
    assert lead.post(at(world.own, "close")).status_code == 302
    wave = wave_of(app, world.own)
    assert (wave.state, wave.box_key) == (WaveState.CLOSED, None)
    assert len(raw_rows(app, "response")) == 10
    assert told(app, EventName.KEY_DESTROYED) == 1
    assert "Make the report" in page_of(lead, at(world.own))
    assert lead.get(at(world.own, "close")).status_code == 409, "there is nothing left to close"


def test_the_key_can_be_printed_for_the_safe_and_opens_the_boxes(
    app: Flask, lead: FlaskClient, world: World
) -> None:
    ballots.send_all(app, world.own, ballots.prepare(app, world.own, 3))
    paper = to_paper(kept_key(app, world.own))
    printed = lead.post(at(world.own, "key.pdf"))
    assert printed.status_code == 200
    assert printed.data.startswith(b"%PDF")
    words = pdf_words(printed.data)
    assert paper.replace(" ", "") in words.replace(" ", "").replace("\n", "")
    assert "Destroy this paper after the close" in words
    assert told(app, EventName.KEY_PRINTED) == 1

    with app.app_context():
        keys.destroy(folder_of(database.engine), f"box-{world.own.wave_id}")
    assert lead.post(at(world.own, "key.pdf")).status_code == 409
    assert lead.post(at(world.own, "close")).status_code == 302
    assert wave_of(app, world.own).state is WaveState.LOST
    for address in (at(world.own), f"/schools/{world.own.school_id}/"):
        said = page_of(lead, address)
        assert "the key that opens them is lost" in said
        assert "type it now" in said
    assert lead.get(at(world.own, "release")).status_code == 409
    wrong = lead.post(at(world.own, "close"), data={"typed": to_paper(bytes(32))})
    assert "This is not the key of this survey" in wrong.get_data(as_text=True)
    slip = lead.post(at(world.own, "close"), data={"typed": paper[:-1]})
    assert "A letter is wrong or missing" in slip.get_data(as_text=True)
    assert lead.post(at(world.own, "close"), data={"typed": paper.lower()}).status_code == 302
    assert wave_of(app, world.own).state is WaveState.CLOSED
    assert len(raw_rows(app, "response")) == 3


def pdf_words(data: bytes) -> str:
    from io import BytesIO

    from pypdf import PdfReader

    return "\n".join(page.extract_text() for page in PdfReader(BytesIO(data)).pages)


@pytest.fixture
def split(app: Flask, lead: FlaskClient, world: World) -> tuple[Side, str]:
    """A survey in the stronger mode, and the lead's part as the page shows it."""
    with writing(app) as db:
        campaign = start(db, world.own.school_id)
        operations.save_draft(db, campaign=campaign, adaptation=READY, by=None)
        [wave] = campaign.waves
        side = replace(world.own, wave_id=wave.wave_id, door=wave.door)
    closes = (today() + timedelta(days=7)).isoformat()
    shown = lead.post(at(side, "launch"), data={"closes_on": closes, "split": "y"})
    assert shown.status_code == 200
    found = GROUPS.search(shown.get_data(as_text=True))
    assert found
    return side, found[0]


def test_in_the_stronger_mode_the_server_alone_cannot_open(
    app: Flask, lead: FlaskClient, split: tuple[Side, str]
) -> None:
    side, part = split
    ballots_sent(app, side)
    kept = kept_key(app, side)
    wave = wave_of(app, side)
    with app.app_context():
        folder = folder_of(database.engine)
        with pytest.raises(ballot_box.PartNeededError):
            ballot_box.find_key(folder, wave)
        typed = from_paper(part)
        assert typed is not None
        assert typed != kept
        assert ballot_box.find_key(folder, wave, typed).public == wave.box_key
    everything = b"".join(repr(raw_rows(app, table)).encode() for table in ("event", "wave"))
    assert part.encode() not in everything
    assert typed.hex().encode() not in everything
    assert lead.post(at(side, "key.pdf"), data={"part": part}).status_code == 200

    assert lead.post(at(side, "close")).status_code == 302, "without the part"
    assert wave_of(app, side).state is WaveState.CLOSING
    assert "Type your part of the key" in page_of(lead, at(side))
    wrong = lead.post(at(side, "close"), data={"typed": to_paper(bytes(32))})
    assert "This is not the key of this survey" in wrong.get_data(as_text=True)
    assert wave_of(app, side).state is WaveState.CLOSING
    assert lead.post(at(side, "close"), data={"typed": part}).status_code == 302
    assert wave_of(app, side).state is WaveState.CLOSED
    assert len(raw_rows(app, "response")) == 2


def ballots_sent(app: Flask, side: Side) -> None:
    ballots.send_all(app, side, ballots.prepare(app, side, 3)[:2])


def test_a_wrong_part_closes_nothing(
    app: Flask, lead: FlaskClient, split: tuple[Side, str]
) -> None:
    side, _part = split
    ballots_sent(app, side)
    wrong = lead.post(at(side, "close"), data={"typed": to_paper(bytes(32))})
    assert "This is not the key of this survey" in wrong.get_data(as_text=True)
    assert wave_of(app, side).state is WaveState.OPEN


def test_who_did_not_get_the_part_has_another_made_before_the_first_cards(
    app: Flask, lead: FlaskClient, split: tuple[Side, str]
) -> None:
    side, part = split
    again = lead.post(at(side, "key/again"))
    found = GROUPS.search(again.get_data(as_text=True))
    assert found
    assert found[0] != part
    cards = lead.post(at(side, "batches"), data={"year": "9", "label": "9A", "count": "2"})
    assert cards.status_code == 200
    assert lead.post(at(side, "key/again")).status_code == 409
    assert lead.post(at(side, "close"), data={"typed": part}).status_code == 200, "the old one"
    assert lead.post(at(side, "close"), data={"typed": found[0]}).status_code == 302
    assert wave_of(app, side).state is WaveState.CLOSED


def test_a_close_that_was_not_swept_says_so_and_is_finished_later(
    app: Flask, lead: FlaskClient, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    ballots.send_all(app, world.own, ballots.prepare(app, world.own, 3))

    def in_the_way(*_given: object, **_named: object) -> None:
        raise sweep.SweepError("another program is reading the database")

    with monkeypatch.context() as patch:
        patch.setattr(sweep, "sweep", in_the_way)
        refused = lead.post(at(world.own, "close"))
        assert refused.status_code == 409
        assert "could not be cleared away yet" in refused.get_data(as_text=True)
        assert "Finish the close" in page_of(lead, at(world.own))
        assert lead.get(at(world.own, "release")).status_code == 409
        assert kept_key(app, world.own)
    assert lead.post(at(world.own, "close")).status_code == 302
    assert wave_of(app, world.own).box_key is None
    assert len(raw_rows(app, "response")) == 3


def test_a_coordinator_neither_closes_nor_has_a_key(
    app: Flask, client: FlaskClient, world: World
) -> None:
    sign_in(client, world.email(Role.COORDINATOR))
    assert "Print the key" not in page_of(client, at(world.own))
    assert client.post(at(world.own, "key.pdf")).status_code == 403
    assert client.post(at(world.own, "close")).status_code == 403
    with app.app_context(), database.engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM wave WHERE state <> 'open'")) == 0
