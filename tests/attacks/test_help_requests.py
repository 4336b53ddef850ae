"""Attacks on requests for help: by the operator, by who takes the database, and by a flood.

The attacker of each test holds what its name says. Where that includes the operator's settings, the
box of the desk is open to them, and what they find inside is sealed to the readers of the school.
"""

from __future__ import annotations

import re
import shutil
import uuid
from datetime import date, timedelta
from html import unescape
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import inspect, text

from survey.database import begin, database, read
from survey.help_requests import box_storage, operations, reader_keys
from survey.help_requests.box_format import BLANK, BoxEntry, Slot, put
from survey.help_requests.operations import RequestText, box_key
from survey.help_requests.rate_limit import FloodLimit
from survey.help_requests.student_views import LIMIT
from survey.organisations.models import Member
from survey.permissions import Role
from tests.integration.organisations.pages import choose_password
from tests.integration.responses.doors import parse_form
from tests.limits_clock import MINUTE_SECONDS, moved_by_hand
from tests.world import OPENED, PASSWORD, READING, Side, World, open_requests, sign_in

WORDS = ("Robin Asker", "In form time", "It is about the bus")
"""What the student of the small world wrote, but for "8B", which may be in any token."""
CODE = re.compile(r"<code>([^<]+)</code>")


def inbox(side: Side) -> str:
    return f"/schools/{side.school_id}/help-requests/"


def key_of(app: Flask) -> bytes:
    return box_key(app.extensions["settings"].totp_key)


def send(client: FlaskClient, side: Side, name: str, **said: str):  # type: ignore[no-untyped-def]
    fields = parse_form(client.get(f"/ask/{side.word}").get_data(as_text=True)).fields
    given = {"name": name, "form": "9C", "where": "At lunch", "soon": "today", "go": "send"}
    return client.post(f"/ask/{side.word}", data=fields | given | said, follow_redirects=True)


# The operator, by clicks


def first_password(html: str) -> str:
    found = re.search(r'class="secret secret--large"><code>([^<]+)</code>', html)
    assert found, html
    return found[1]


def second_lead(app: Flask, world: World) -> FlaskClient:
    """The operator opens an account of a lead and signs in with it."""
    operator, fake = app.test_client(), app.test_client()
    sign_in(operator, world.operator_email)
    page = operator.post(
        f"/operator/organisations/{world.own.school_id}/members/add",
        data={"name": "Deputy Day", "email": "day@northmoor.test", "role": Role.LEAD.value},
    )
    password = first_password(page.get_data(as_text=True))
    assert fake.post(
        "/sign-in", data={"email": "day@northmoor.test", "password": password}
    ).status_code == 302  # fmt: skip
    choose_password(fake, password)
    return fake


def renewed_lead(app: Flask, world: World) -> FlaskClient:
    """The operator renews the lead's own account and signs in with it."""
    operator, fake = app.test_client(), app.test_client()
    sign_in(operator, world.operator_email)
    email = world.email(Role.LEAD)
    with app.app_context():
        lead = read().query(Member).filter_by(email=email).one().id
    page = operator.post(f"/operator/members/{lead}/renew")
    password = first_password(page.get_data(as_text=True))
    assert fake.post("/sign-in", data={"email": email, "password": password}).status_code == 302
    choose_password(fake, password)
    return fake


def everything(client: FlaskClient, side: Side, request_id: uuid.UUID) -> str:
    """Every page that could show a word, after every button that could open one."""
    at = inbox(side)
    pages = [
        client.post(f"{at}{request_id}/read", follow_redirects=True),
        client.get(f"{at}{request_id}"),
        client.post(f"{at}{request_id}/close", data={"note": "x"}, follow_redirects=True),
        client.post(f"{at}{request_id}/close-alike", follow_redirects=True),
        client.post(f"{at}open", data={"password": PASSWORD}),
        client.post(f"{at}sheet"),
        client.post(f"{at}keys/1/cancel"),
        client.get(at),
        client.get(f"{at}readers"),
        client.get(f"/schools/{side.school_id}/people"),
        client.get(f"/schools/{side.school_id}/"),
    ]
    return unescape(" ".join(page.get_data(as_text=True) for page in pages))


@pytest.mark.parametrize("comes_in", [second_lead, renewed_lead])
def test_an_account_that_the_operator_made_opens_no_request(
    app: Flask,
    world: World,
    comes_in,  # type: ignore[no-untyped-def]
) -> None:
    fake = comes_in(app, world)
    shown = everything(fake, world.own, world.own.request_id)
    assert [word for word in WORDS if word in shown] == []
    assert "Wants to see someone today" not in shown
    with app.app_context():
        at = world.own.school_id, world.own.request_id
        found = operations.find_request(read(), *at, key=key_of(app), keys={}).request
    assert (found.read_on, found.closed_on) == (None, None)


def test_a_code_made_for_the_account_is_needed_as_well_as_the_account(
    app: Flask, world: World
) -> None:
    """The operator takes over the account of a deputy who was given a code, without the code."""
    fake, lead = second_lead(app, world), app.test_client()
    sign_in(lead, world.email(Role.LEAD))
    open_requests(lead, world.own)
    with app.app_context():
        deputy = read().query(Member).filter_by(email="day@northmoor.test").one().id
    page = lead.post(f"{inbox(world.own)}readers/invite", data={"member": str(deputy)})
    code = CODE.search(page.get_data(as_text=True))
    assert code
    new = {"password": "nine loud herons", "again": "nine loud herons"}
    other = "B" if code[1].endswith("A") else "A"
    for typed in ("", "AAAA-AAAA-AAAA-AAAA-AAAA-AAAA", code[1][:-1] + other):
        fake.post(f"{inbox(world.own)}code", data=new | {"code": typed})
        assert not any(w in everything(fake, world.own, world.own.request_id) for w in WORDS)


def test_a_key_that_the_operator_begins_is_seen_and_stopped_before_it_counts(
    app: Flask, client: FlaskClient, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    day = OPENED + timedelta(days=3)
    for room in ("staff_views", "reader_views", "student_views"):
        monkeypatch.setattr(f"survey.help_requests.{room}.today", lambda: day)
    fake, lead, coordinator = second_lead(app, world), app.test_client(), app.test_client()
    new = {"password": "nine loud herons", "again": "nine loud herons"}
    assert "Recovery sheet" in fake.post(f"{inbox(world.own)}key", data=new).get_data(as_text=True)
    assert send(client, world.own, "Sam Tester").status_code == 200
    assert "Sam Tester" not in everything(fake, world.own, newest(app, world.own))

    for role, staff in ((Role.LEAD, lead), (Role.COORDINATOR, coordinator)):
        sign_in(staff, world.email(role))
        told = unescape(staff.get(f"/schools/{world.own.school_id}/").get_data(as_text=True))
        assert "Deputy Day was given a seat here." in told
        assert "Deputy Day made a new key for requests for help." in told
    open_requests(lead, world.own)
    assert lead.post(f"{inbox(world.own)}keys/2/cancel").status_code == 302
    day += timedelta(days=30)
    fake.post(f"{inbox(world.own)}open", data={"password": "nine loud herons"})
    assert send(client, world.own, "Alex Tester", where="Somewhere else").status_code == 200
    shown = everything(fake, world.own, newest(app, world.own))
    assert not any(word in shown for word in (*WORDS, "Sam Tester", "Alex Tester"))
    open_requests(lead, world.own)
    mine = read_all(lead, world.own)
    assert [name for name in ("Robin Asker", "Sam Tester", "Alex Tester") if name not in mine] == []


def newest(app: Flask, side: Side) -> uuid.UUID:
    with app.app_context():
        found = box_storage.entries(read(), side.school_id, key=key_of(app))
    return max((entry for _box, entry in found), key=lambda entry: entry.arrived_on).request_id


def read_all(client: FlaskClient, side: Side) -> str:
    page = client.get(inbox(side)).get_data(as_text=True)
    actions = set(re.findall(rf'action="({inbox(side)}[^"]+/read)"', page))
    return " ".join(
        client.post(action, follow_redirects=True).get_data(as_text=True) for action in actions
    )


# Who takes the database, with and without the settings


def test_neither_the_rows_nor_the_settings_say_a_word(
    app: Flask, client: FlaskClient, world: World, tmp_path: Path
) -> None:
    """Every cell of every table, the bytes of the files and of SQLite's log, and every box opened
    with the operator's key."""
    name = "Quentin Unusual"
    assert send(client, world.own, name, about="A rare word: zyzzyva").status_code == 200
    with app.app_context():
        cells = [
            bytes(cell) if isinstance(cell, bytes | memoryview) else str(cell).encode()
            for table in inspect(database.engine).get_table_names()
            for row in read().execute(text(f'SELECT * FROM "{table}"'))
            for cell in row
        ]
        slots = list(box_storage.all_slots(read(), world.own.school_id, key=key_of(app)))
        lead = read().query(Member).filter_by(email=world.email(Role.LEAD)).one().id
        keys = reader_keys.open_copies(read(), world.own.school_id, lead, READING)
    assert len(slots) == 2
    held = b"\n".join([*cells, files_of(app, tmp_path), *(slot.words for slot in slots)])
    for word in (*WORDS[1:], name, "Robin", "zyzzyva", "urgent"):
        assert word.encode() not in held
    assert len(keys) == 1
    for private in keys.values():
        assert private not in held
        assert private.hex().encode() not in held


def test_the_cookie_of_a_reader_holds_no_key_that_can_be_read(app: Flask, world: World) -> None:
    """Flask's session is signed and not encrypted: what is in it must be sealed by itself."""
    client = app.test_client()
    sign_in(client, world.email(Role.LEAD))
    open_requests(client, world.own)
    with app.app_context():
        lead = read().query(Member).filter_by(email=world.email(Role.LEAD)).one().id
        [private] = reader_keys.open_copies(read(), world.own.school_id, lead, READING).values()
    with client.session_transaction() as session:
        assert private.hex() not in str(dict(session))
        stolen = session["help_keys"]
    other = app.test_client()
    sign_in(other, world.other.email[Role.LEAD])
    with other.session_transaction() as session:
        session["help_keys"] = stolen
    shown = everything(other, world.other, world.other.request_id)
    assert not any(word in shown for word in WORDS)
    client.post("/sign-out")
    with client.session_transaction() as session:
        assert "help_keys" not in session


# Joining a request to a Send by the order of commits


def ask_after_sends(app: Flask, side: Side, count: int) -> list[tuple[int, uuid.UUID]]:
    """`count` students send their survey and ask for help at once. Gives the number of each Send's
    transaction next to the request that followed it: the truth that an attacker looks for."""
    truth = []
    for _student in range(count):
        request_id = uuid.uuid4()
        with app.app_context():
            with begin() as db:
                db.execute(text("UPDATE wave SET counter = counter"))
                number = db.scalar(
                    text("SELECT CAST(CAST(pg_current_xact_id() AS text) AS bigint)")
                )
            with begin() as db:
                operations.ask(
                    db,
                    school_id=side.school_id,
                    request_id=request_id,
                    asked=RequestText(f"Student {request_id}", "8B", "Lunch", "", urgent=False),
                    key=key_of(app),
                    today=OPENED,
                )
        truth.append((number, request_id))
    return truth


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_transaction_numbers_and_places_of_rows_tell_no_order(app: Flask, world: World) -> None:
    """PostgreSQL, with the operator's key and the school's list of requests: all requests of a box
    have the number of one transaction, and one row."""
    truth = ask_after_sends(app, world.own, 10)
    with app.app_context():
        rows = read().execute(
            text("SELECT CAST(CAST(xmin AS text) AS bigint) FROM help_box WHERE school_id = :s"),
            {"s": world.own.school_id},
        ).all()  # fmt: skip
        slots = list(box_storage.all_slots(read(), world.own.school_id, key=key_of(app)))
    assert len(rows) == 1
    found = {slot.entry.request_id for slot in slots}
    assert {request_id for _number, request_id in truth} <= found
    nearest = [number for number, _request in truth if number < rows[0][0]]
    assert len(nearest) == len(truth), "no request stands nearer to its own Send than to another"


def test_the_slot_of_a_request_tells_its_turn_no_better_than_chance() -> None:
    """Guessing that requests lie in the order in which they came: 1 of 8 right by chance, 250 of
    2,000. Seven standard deviations are allowed."""
    right = 0
    for _box in range(250):
        sent, slots = [uuid.uuid4() for _request in range(8)], BLANK
        for request_id in sent:
            slots = put(slots, Slot(BoxEntry(request_id, OPENED, 1), b""))
        lie = [slot.entry.request_id for slot in slots if slot]
        right += sum(a == b for a, b in zip(sent, lie, strict=True))
    assert abs(right - 250) < 7 * 16


def test_two_backups_with_one_request_between_do_not_say_which_it_is(
    app: Flask, world: World
) -> None:
    """Without the settings: of every slot each byte is as likely to differ as that of the new one,
    and the row is as long as before."""
    before = row_of(app, world.own)
    with app.app_context(), begin() as db:
        operations.ask(
            db,
            school_id=world.own.school_id,
            request_id=uuid.uuid4(),
            asked=RequestText("Sam", "8B", "Lunch", "", urgent=False),
            key=key_of(app),
            today=OPENED,
        )
    after = row_of(app, world.own)
    for old, new in zip(before, after, strict=True):
        assert len(old) == len(new)
        size = len(old) // 16
        for at in range(0, len(old) - size, size):
            same = sum(
                a == b for a, b in zip(old[at : at + size], new[at : at + size], strict=True)
            )
            assert same < size // 10, "1 of 256 by chance"


def row_of(app: Flask, side: Side) -> tuple[bytes, bytes]:
    with app.app_context():
        row = read().execute(
            text("SELECT stored_index, stored_words FROM help_box WHERE school_id = :s"),
            {"s": str(side.school_id).replace("-", "") if "sqlite" in str(database.engine.url)
             else side.school_id},
        ).one()  # fmt: skip
        read().rollback()
    return bytes(row[0]), bytes(row[1])


def test_after_housekeeping_the_files_hold_no_earlier_version(
    app: Flask, world: World, tmp_path: Path
) -> None:
    """With both keys, an earlier version of a box would say which slot was blank when. On
    PostgreSQL a reader who keeps a snapshot open does not hinder it."""
    versions = [row_of(app, world.own)[1]]
    for number in range(3):
        with app.app_context(), begin() as db:
            operations.ask(
                db,
                school_id=world.own.school_id,
                request_id=uuid.UUID(int=number),
                asked=RequestText("Sam", "8B", "Lunch", "", urgent=False),
                key=key_of(app),
                today=OPENED,
            )
        versions.append(row_of(app, world.own)[1])
    held_before = files_of(app, tmp_path)
    with app.app_context():
        reader = database.engine.connect()
        if database.engine.dialect.name == "postgresql":
            reader = reader.execution_options(isolation_level="REPEATABLE READ")
            reader.execute(text("SELECT count(*) FROM member")).all()
        with begin() as db:
            operations.erase_due(db, key=key_of(app), today=date(2026, 10, 6))
        box_storage.sweep(database.engine)
        reader.close()
    held = files_of(app, tmp_path)
    pieces = [version[at : at + 64] for version in versions for at in range(0, len(version), 997)]
    assert any(piece in held_before for piece in pieces), "the search finds what is there"
    assert [piece for piece in pieces if len(piece) == 64 and piece in held] == []


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_could_not_be_removed_is_said(
    app: Flask, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Someone reads the database all night: housekeeping fails, and does not say that it swept."""
    with app.app_context():
        reader = database.engine.connect()
        reader.execute(text("SELECT count(*) FROM help_box")).all()
        with begin() as db:
            operations.erase_due(db, key=key_of(app), today=OPENED)
        monkeypatch.setattr("survey.database.SQLITE_PRAGMAS", ("busy_timeout = 100",))
        database.engine.dispose()
        with pytest.raises(box_storage.RequestsNotSweptError):
            box_storage.sweep(database.engine)
        reader.close()
        box_storage.sweep(database.engine)


def files_of(app: Flask, tmp_path: Path) -> bytes:
    """The bytes of the database's own files: on SQLite with the log, on PostgreSQL of the table."""
    with app.app_context():
        url = database.engine.url
        if url.drivername == "sqlite":
            read().rollback()
            held = b""
            for name in (url.database, f"{url.database}-wal"):
                if Path(name or "").exists():
                    copied = shutil.copy(str(name), tmp_path / "copied")
                    held += Path(copied).read_bytes()
            return held
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as db:
            db.execute(text("CHECKPOINT"))
            return b"".join(
                bytes(content)
                for content in db.scalars(
                    text(
                        "SELECT pg_read_binary_file(pg_relation_filepath(oid)) FROM pg_class"
                        " WHERE relname = 'help_box' OR oid ="
                        " (SELECT reltoastrelid FROM pg_class WHERE relname = 'help_box')"
                    )
                )
            )


# A flood by one pupil


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_pupil_with_a_script_closes_the_desk_for_nobody(
    app: Flask, client: FlaskClient, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """250 messages, more than the whole day once took, with a new number each. Ten real pupils
    write meanwhile, and one a minute later."""
    clock = moved_by_hand(monkeypatch)
    app.extensions[LIMIT] = FloodLimit(key=b"k" * 32)
    came = []
    pupils = ("Robin", "Sam", "Alex", "Jo", "Priya", "Mohammed", "Zofia", "Ewan", "Cerys", "Li")
    for number in range(250):
        clock.now += MINUTE_SECONDS / 25
        send(client, world.own, f"Flood {number}", about=f"flood {number} " * 9)
        if number % 25 == 24:
            pupil = pupils[number // 25]
            came.append(send(client, world.own, pupil, where=f"Find {pupil}").status_code)
    clock.now += MINUTE_SECONDS
    came.append(send(client, world.own, "Idris", where="Find Idris").status_code)
    assert came == [200] * 11
    lead = app.test_client()
    sign_in(lead, world.email(Role.LEAD))
    open_requests(lead, world.own)
    html = unescape(lead.get(inbox(world.own)).get_data(as_text=True))
    cards = html.split('<li class="card request">')[1:]
    marked = [card for card in cards if "with the same name or the same words" in card]
    assert len(cards) - len(marked) == 12, "the pupils' and the one of before are not marked"
    assert 10 <= len(marked) <= 22, "the flood was slowed to its own lanes"
