"""E-mail from its cause to the mailbox, over a real SMTP server: once, without a word of what it is
about, and nothing lost when the server is away."""

from __future__ import annotations

import asyncio
import email
import re
import threading
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from email.message import EmailMessage, Message
from pathlib import Path
from time import monotonic

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event as events
from sqlalchemy import select

from survey.app import create_app
from survey.campaigns.lifecycle import outcomes
from survey.campaigns.operations import find_wave
from survey.campaigns.states import WaveState
from survey.database import begin, database, today
from survey.help_requests import notices
from survey.help_requests import operations as help_requests
from survey.help_requests import reader_keys as readers_of_desk
from survey.help_requests.operations import RequestText
from survey.jobs import periodic, worker_starter
from survey.mail import mail_server, outbox, sending
from survey.mail.kinds import MailKind
from survey.mail.models import MailState, OutMail
from survey.mail.sending import deliver
from survey.mail.settings import WayOut
from survey.mail.wording import SWITCHES, WORDINGS
from survey.organisations.accounts import invitations, sessions
from survey.organisations.accounts.models import PasswordLink
from survey.organisations.models import DeskKeyCopy, Member
from survey.permissions import Role
from survey.retention import operations as retention
from survey.retention import reminders
from survey.start_page.duties import Duty
from tests.conftest import settings_for
from tests.engines import SQLITE_FIRST
from tests.integration.help_requests.test_student_views import send as asks_on_the_page
from tests.integration.organisations.pages import (
    is_signed_in,
    try_sign_in,
    without_forgery_check,
    words,
)
from tests.ports import free_port
from tests.seats import seated
from tests.world import SHEET, World

NEW = {"name": "Sam Field", "email": "sam.field@hill.test", "role": "lead", "way": "invite"}
PASSWORD = "ticket lemon basalt"


@dataclass
class Mailbox:
    """What a mail server took, and what it answers."""

    mails: list[Message] = field(default_factory=list)
    refuses: dict[str, str] = field(default_factory=dict)

    async def handle_RCPT(  # noqa: N802 - the server's name for it
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: object
    ) -> str:
        if address in self.refuses:
            return self.refuses[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.mails.append(email.message_from_bytes(envelope.content or b""))  # type: ignore[arg-type]
        return "250 OK"

    def to(self, address: str) -> list[Message]:
        return [one for one in self.mails if one["To"] == address]


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def settings(database_url: str, port: int):  # type: ignore[no-untyped-def]
    return settings_for(
        database_url,
        mail_server=f"127.0.0.1:{port}",
        mail_security="none",
        mail_from="surveys@survey.test",
    )


@pytest.fixture
def mailbox(port: int) -> Iterator[Mailbox]:
    box = Mailbox()
    server = Controller(box, hostname="127.0.0.1", port=port)
    server.start()
    yield box
    server.stop()


@pytest.fixture
def operator(client: FlaskClient, world: World) -> FlaskClient:
    try_sign_in(client, world.operator_email)
    return client


def text(mail: Message) -> str:
    return mail.get_payload(decode=True).decode()  # type: ignore[union-attr]


def link_in(mail: Message) -> str:
    found: list[str] = re.findall(r"http://survey\.test(/\S+)", text(mail))
    (only,) = found
    return only


def states(app: Flask) -> list[MailState]:
    with app.app_context():
        return list(database.session.scalars(select(OutMail.state).order_by(OutMail.mail_id)))


def send(app: Flask) -> sending.Run:
    with app.app_context():
        return deliver()


def invite(operator: FlaskClient, world: World) -> None:
    where = f"/operator/organisations/{world.own.school_id}"
    answer = operator.post(f"{where}/members/add", data=NEW)
    assert answer.status_code == 302, words(answer)
    assert "An invitation is on its way to Sam Field." in words(operator.get(where))


def test_from_an_invitation_to_a_first_sign_in(
    app: Flask, world: World, operator: FlaskClient, mailbox: Mailbox
) -> None:
    invite(operator, world)
    assert send(app).sent == 1
    assert send(app).sent == 0, "a message goes once"
    (mail,) = mailbox.to(NEW["email"])
    assert mail["From"] == "surveys@survey.test"
    link, new = link_in(mail), app.test_client()
    assert new.get(link).status_code == 200
    assert new.get(link).status_code == 200, "a mail filter that opens the link does not use it up"
    weak = new.post(link, data={"password": "password1234", "again": "password1234"})
    assert "easy to guess" in words(weak)
    answer = new.post(link, data={"password": PASSWORD, "again": PASSWORD})
    assert answer.status_code == 303
    assert new.get(link).status_code == 404, "it works once"
    assert try_sign_in(new, NEW["email"], PASSWORD).status_code == 302
    assert is_signed_in(new)
    with app.app_context():
        held = database.session.scalars(select(OutMail)).one()
        assert held.sealed is None
        assert not database.session.scalars(select(PasswordLink)).all()


def test_the_database_holds_no_link_that_works(
    app: Flask, world: World, operator: FlaskClient, mailbox: Mailbox
) -> None:
    """Neither before the message goes nor after: a copy of the database opens no account."""
    invite(operator, world)
    with app.app_context():
        rows = [
            [bytes(value) if isinstance(value, memoryview) else value for value in row]
            for table in ("out_mail", "password_link")
            for row in database.session.execute(select(database_table(table))).all()
        ]
    send(app)
    token = link_in(mailbox.mails[0]).rpartition("/")[2]
    assert token not in repr(rows)


def database_table(name: str):  # type: ignore[no-untyped-def]
    return OutMail.metadata.tables[name]


def test_a_forgotten_password(
    app: Flask, client: FlaskClient, world: World, mailbox: Mailbox
) -> None:
    address = world.own.email[Role.LEAD]
    signed_in = app.test_client()
    try_sign_in(signed_in, address)
    assert "/forgotten" in client.get("/sign-in").text
    known = client.post("/forgotten", data={"email": address.upper()})
    unknown = client.post("/forgotten", data={"email": "stranger@nowhere.test"})
    assert known.headers["Location"] == unknown.headers["Location"] == "/forgotten/asked"
    send(app)
    assert [one["To"] for one in mailbox.mails] == [address]
    link = link_in(mailbox.mails[0])
    client.post(link, data={"password": PASSWORD, "again": PASSWORD})
    assert not is_signed_in(signed_in), "whoever was signed in is signed out"
    assert try_sign_in(app.test_client(), address, PASSWORD).status_code == 302
    for _again in range(5):
        client.post("/forgotten", data={"email": address})
    send(app)
    assert len(mailbox.mails) == 3, "three links an hour"


def test_a_link_ends_by_the_clock_and_with_the_account(
    app: Flask, client: FlaskClient, world: World, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_forgery_check(client)
    client.post("/forgotten", data={"email": world.own.email[Role.LEAD]})
    send(app)
    link = link_in(mailbox.mails[0])
    later = sessions.now() + timedelta(hours=1)
    monkeypatch.setattr(sessions, "now", lambda: later)
    assert client.get(link).status_code == 404
    with app.app_context(), begin() as db:
        invitations.forget_old(db, now=later)
        assert not db.scalars(select(PasswordLink)).all()
    monkeypatch.undo()
    assert client.get("/password/" + "a" * 43).status_code == 404


SECRET = "Casey Needle says that somebody waits at the canal"


def ask(app: Flask, world: World) -> None:
    with app.app_context(), begin() as db:
        asked = RequestText("Casey Needle", "9B", "canal", SECRET, urgent=True)
        help_requests.ask(
            db,
            school_id=world.own.school_id,
            request_id=uuid.uuid4(),
            asked=asked,
            key=help_requests.box_key(app.extensions["settings"].totp_key),
            today=today(),
        )


def readers(app: Flask, world: World) -> list[str]:
    with app.app_context():
        query = (
            select(Member.email)
            .join(DeskKeyCopy, DeskKeyCopy.member_id == Member.id)
            .where(DeskKeyCopy.school_id == world.own.school_id)
        )
        return list(database.session.scalars(query))


def test_a_request_for_help_reaches_its_readers_and_says_nothing(
    app: Flask, world: World, mailbox: Mailbox
) -> None:
    ask(app, world)
    ask(app, world)
    send(app)
    assert readers(app, world)
    for address in readers(app, world):
        (mail,) = mailbox.to(address)
        whole = mail.as_string() + text(mail)
        for word in ("Casey", "Needle", "canal", "9B", "urgent", "request", "student", "help"):
            assert word not in whole.replace("help@survey.test", ""), word
        assert link_in(mail) == "/staff"
    ask(app, world)
    send(app)
    assert len(mailbox.to(readers(app, world)[0])) == 2, "one that came later is said again"
    for _more in range(20):
        ask(app, world)
        send(app)
    assert len(mailbox.to(readers(app, world)[0])) == notices.MOST_A_DAY


def test_it_is_said_again_each_day_until_it_is_read(
    app: Flask, world: World, mailbox: Mailbox
) -> None:
    ask(app, world)
    send(app)
    before = len(mailbox.to(readers(app, world)[0]))
    tomorrow = today() + timedelta(days=1)
    key = help_requests.box_key(app.extensions["settings"].totp_key)
    for _twice in range(2):
        with app.app_context(), begin() as db:
            reminders.remind_readers(db, key=key, today=tomorrow)
    send(app)
    assert len(mailbox.to(readers(app, world)[0])) == before + 1


def test_a_report_and_what_waits_on_the_start_page(
    app: Flask, world: World, mailbox: Mailbox
) -> None:
    with app.app_context():
        with begin() as db:
            wave = find_wave(db, world.own.school_id, world.own.wave_id)
            wave.state = WaveState.CLOSED
            outcomes.mark_released(db, wave=wave, today=today(), by=None, reference="ab" * 32)
        retention.keep(app.extensions["settings"], today=today())
        retention.keep(app.extensions["settings"], today=today())
    send(app)
    lead = mailbox.to(world.own.email[Role.LEAD])
    assert len(lead) == len({one["Message-ID"] for one in lead})
    with app.app_context():
        kinds = list(database.session.scalars(select(OutMail.kind)))
    assert kinds.count(MailKind.REPORT_READY) == 1
    # The reference of the report leaves the database with it, into mailboxes.
    told = [one for one in lead if "ab" * 32 in text(one)]
    assert [one["Subject"] for one in told] == ["There is something to read"]
    assert not mailbox.to(world.other.email[Role.COORDINATOR]) or MailKind.DIGEST in kinds


def test_a_member_turns_a_kind_off(app: Flask, client: FlaskClient, world: World) -> None:
    try_sign_in(client, world.own.email[Role.LEAD])
    assert "/staff/account/mail" in client.get("/staff/account").text
    page = client.get("/staff/account/mail")
    assert page.text.count(" checked>") == len(SWITCHES) == 8
    client.post("/staff/account/mail", data={"wanted": ["report_ready"]})
    assert client.get("/staff/account/mail").text.count(" checked>") == 1
    ask(app, world)
    assert not states(app)


# When it does not go


def test_a_server_that_is_away_loses_nothing(
    app: Flask, world: World, operator: FlaskClient, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    invite(operator, world)
    run = send(app)
    assert (run.sent, run.left) == (0, 1)
    page = words(operator.get("/operator/mail"))
    assert "Waiting to be sent 1" in page
    assert "cannot be reached" in page
    assert send(app).left == 0, "not tried again at once"
    later = sending._now() + timedelta(minutes=2)
    monkeypatch.setattr(sending, "_now", lambda: later)
    box = Mailbox()
    server = Controller(box, hostname="127.0.0.1", port=port)
    server.start()
    try:
        assert send(app).sent == 1
    finally:
        server.stop()
    assert len(box.mails) == 1


LACKS = {
    "no STARTTLS": ({"security": "starttls"}, "offers no STARTTLS"),
    "no TLS at this port": ({"security": "tls"}, "does not begin with TLS at this port"),
    "no sign-in": (
        {"security": "none", "user": "surveys", "password": "x"},
        "does not let anyone sign in with a password",
    ),
}


@pytest.mark.parametrize(("given", "says"), LACKS.values(), ids=LACKS)
def test_what_a_server_lacks_is_said(
    mailbox: Mailbox, port: int, given: dict[str, str], says: str
) -> None:
    way = WayOut("surveys@survey.test", "127.0.0.1", port, **given)  # type: ignore[arg-type]
    with pytest.raises(mail_server.TryLaterError, match=says), mail_server.opened(way):
        pass


def test_a_folder_that_cannot_be_written_loses_nothing(tmp_path: Path) -> None:
    (tmp_path / "mail").write_text("a file in the place of the folder")
    way = WayOut("demo@survey.test", folder=tmp_path / "mail")
    with (
        pytest.raises(mail_server.TryLaterError, match="folder for e-mail cannot be written"),
        mail_server.opened(way) as send_one,
    ):
        send_one(EmailMessage())


def test_an_address_that_is_refused_is_said_to_the_operator(
    app: Flask, world: World, operator: FlaskClient, mailbox: Mailbox
) -> None:
    mailbox.refuses[NEW["email"]] = "550 no such mailbox"
    invite(operator, world)
    assert send(app).failed == 1
    page = words(operator.get("/operator/mail"))
    assert "Not sent 1" in page
    assert "refuses the address (550)" in page
    assert NEW["email"] not in page
    mailbox.refuses |= dict.fromkeys(world.own.email.values(), "451 try again later")
    for email_address in world.own.email.values():
        operator.post("/forgotten", data={"email": email_address})
    send(app)
    page = words(operator.get("/operator/mail"))
    assert "refuses the address (451)" in page, "what goes wrong now comes before what is over"
    mailbox.refuses.clear()
    operator.post("/operator/mail")
    assert send(app).sent == 1


def test_a_process_that_dies_while_sending_sends_nothing_twice(
    app: Flask,
    world: World,
    operator: FlaskClient,
    mailbox: Mailbox,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    invite(operator, world)
    with app.app_context():
        assert len(sending._claim()) == 1  # ... and here the process dies
    assert send(app).sent == 0
    later = sending._now() + sending.CLAIM_HOLDS
    monkeypatch.setattr(sending, "_now", lambda: later)
    assert send(app).sent == 0
    assert states(app) == [MailState.FAILED]
    assert "may have arrived" in words(operator.get("/operator/mail"))


def test_a_message_waits_with_what_it_is_about(app: Flask, world: World) -> None:
    """Written in the same transaction: if that fails, no message is there."""

    def fail_after_writing() -> None:
        with begin() as db:
            member_id = db.scalars(select(Member.id)).all()[0]
            outbox.put(db, kind=MailKind.DIGEST, member_id=member_id, about="today", path="/staff")
            raise RuntimeError

    with app.app_context(), pytest.raises(RuntimeError):
        fail_after_writing()
    assert states(app) == []


def test_into_a_folder(database_url: str, tmp_path: Path) -> None:
    """How the demo shows its e-mail."""
    settings = settings_for(
        database_url, mail_folder=str(tmp_path / "mail"), mail_from="demo@survey.test"
    )
    made = create_app(settings, testing=True)
    with made.app_context():
        with begin() as db:
            member = seated(Role.OPERATOR, "a@b.test", name="A", since=today(), language="cy")
            db.add(member)
            db.flush()
            invitations.send_link(db, member, kind=MailKind.INVITATION)
        assert deliver().sent == 1
    (file,) = (tmp_path / "mail").glob("*.eml")
    assert b"/password/" in file.read_bytes()


def test_without_mail_nothing_is_offered(database_url: str, tmp_path: Path) -> None:
    made = create_app(settings_for(database_url), testing=True)
    client = made.test_client()
    assert "/forgotten" not in client.get("/sign-in").text
    assert client.get("/forgotten").status_code == 404


def test_a_worker_sends_what_waits(
    app: Flask, world: World, operator: FlaskClient, mailbox: Mailbox
) -> None:
    """The same thread that runs next to the long work of a worker."""
    invite(operator, world)
    stopping = threading.Event()
    thread = periodic.start(app, stopping.is_set)
    for _try in range(100):
        if mailbox.mails:
            break
        stopping.wait(0.1)
    stopping.set()
    assert [one["To"] for one in mailbox.mails] == [NEW["email"]]
    assert thread.daemon, "it ends with the worker"


def test_waiting_mail_is_a_reason_to_start_the_worker(
    app: Flask, world: World, operator: FlaskClient
) -> None:
    with app.app_context():
        assert not outbox.is_due(database.session, at=sessions.now())
    invite(operator, world)
    with app.app_context():
        assert outbox.is_due(database.session, at=sessions.now())
        assert worker_starter.is_work(app)


@pytest.mark.parametrize(
    "address", ["a@b.test\r\nBcc: c@d.test", "a@b.test\nSubject: x", "a@b.test, c@d.test"]
)
def test_no_header_and_no_recipient_can_be_added(
    app: Flask, world: World, operator: FlaskClient, mailbox: Mailbox, address: str
) -> None:
    where = f"/operator/organisations/{world.own.school_id}"
    operator.post(f"{where}/members/add", data=NEW | {"email": address})
    send(app)
    for mail in mailbox.mails:
        assert mail["Bcc"] is None
        assert mail["Subject"] == "Your account for safety surveys"
        assert len(mail["To"].split("@")) == 2


def test_a_message_is_tried_again_for_two_days_as_the_page_says() -> None:
    waits = [sending.wait_after(tries) for tries in range(1, sending.MOST_TRIES)]
    assert timedelta(days=2) <= sum(waits, timedelta()) < timedelta(days=2, hours=8)


def test_a_look_into_an_empty_outbox_takes_no_write_lock(app: Flask, world: World) -> None:
    """Every worker looks every ten seconds, while students send."""
    said: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        said.append(statement)

    with app.app_context():
        events.listen(database.engine, "before_cursor_execute", note)
        deliver()
        events.remove(database.engine, "before_cursor_execute", note)
    assert said
    assert not [one for one in said if one.startswith(("UPDATE", "BEGIN IMMEDIATE"))]


def test_an_address_that_is_refused_for_now_holds_up_no_other(
    app: Flask, world: World, operator: FlaskClient, mailbox: Mailbox
) -> None:
    """As a server does that has met no sender yet. The others go in the same run."""
    mailbox.refuses[NEW["email"]] = "451 try again later"
    invite(operator, world)
    for email_address in world.own.email.values():
        operator.post("/forgotten", data={"email": email_address})
    run = send(app)
    assert (run.sent, run.failed, run.left) == (len(world.own.email), 0, 1)
    page = words(operator.get(f"/operator/organisations/{world.own.school_id}"))
    assert "waits to be sent. The mail server refuses the address (451)." in page


def test_the_person_who_invites_is_told_that_an_address_is_refused(
    app: Flask, world: World, operator: FlaskClient, mailbox: Mailbox
) -> None:
    where = f"/operator/organisations/{world.own.school_id}"
    mailbox.refuses[NEW["email"]] = "550 no such mailbox"
    invite(operator, world)
    assert "waits to be sent." in words(operator.get(where))
    send(app)
    assert "could not be sent. The mail server refuses the address (550)." in words(
        operator.get(where)
    )


def test_a_message_that_the_server_took_and_did_not_confirm_is_not_sent_again(
    app: Flask,
    world: World,
    operator: FlaskClient,
    mailbox: Mailbox,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    invite(operator, world)
    operator.post("/forgotten", data={"email": world.own.email[Role.LEAD]})
    taken = Mailbox.handle_DATA

    async def takes_and_goes(
        box: Mailbox, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        said = await taken(box, server, session, envelope)
        assert server.transport is not None
        server.transport.close()
        return said

    monkeypatch.setattr(Mailbox, "handle_DATA", takes_and_goes)
    run = send(app)
    assert (run.sent, run.failed, run.left) == (0, 1, 1), "the other one waits"
    monkeypatch.undo()
    later = sending._now() + timedelta(minutes=2)
    monkeypatch.setattr(sending, "_now", lambda: later)
    assert send(app).sent == 1
    assert send(app).sent == 0
    assert len(mailbox.mails) == 2
    assert len({one["To"] for one in mailbox.mails}) == 2, "no one got two"


def test_a_slow_server_is_left_and_nothing_is_lost(
    app: Flask,
    world: World,
    operator: FlaskClient,
    mailbox: Mailbox,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    invite(operator, world)
    quick = Mailbox.handle_RCPT

    async def slow(box: Mailbox, *given: object) -> str:
        await asyncio.sleep(1)
        return await quick(box, *given)  # type: ignore[arg-type]

    monkeypatch.setattr(Mailbox, "handle_RCPT", slow)
    monkeypatch.setattr(mail_server, "SECONDS", 0.2)
    assert send(app).left == 1
    assert "did not answer in time" in words(operator.get("/operator/mail"))
    monkeypatch.undo()
    later = sending._now() + timedelta(minutes=2)
    monkeypatch.setattr(sending, "_now", lambda: later)
    assert send(app).sent == 1


def test_a_run_that_takes_too_long_gives_back_what_it_has_not_tried(
    app: Flask,
    world: World,
    operator: FlaskClient,
    mailbox: Mailbox,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    invite(operator, world)
    operator.post("/forgotten", data={"email": world.own.email[Role.LEAD]})
    monkeypatch.setattr(sending, "LONGEST_RUN", timedelta(0))
    assert send(app).left == 2
    assert states(app) == [MailState.WAITING] * 2
    with app.app_context():
        assert set(database.session.scalars(select(OutMail.tries))) == {0}


def test_a_request_for_help_goes_before_everything_else(
    app: Flask,
    world: World,
    operator: FlaskClient,
    mailbox: Mailbox,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sending, "AT_ONCE", 1)
    for email_address in world.own.email.values():
        operator.post("/forgotten", data={"email": email_address})
    ask(app, world)
    send(app)
    assert [one["To"] for one in mailbox.mails] == readers(app, world)[:1]
    assert link_in(mailbox.mails[0]) == "/staff"


def test_a_request_for_help_does_not_wait_for_a_batch_that_a_slow_server_takes(
    app: Flask,
    world: World,
    operator: FlaskClient,
    mailbox: Mailbox,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It comes while the first of many messages is being sent."""
    for email_address in world.own.email.values():
        operator.post("/forgotten", data={"email": email_address})
    taken = Mailbox.handle_DATA

    async def asked_meanwhile(box: Mailbox, *given: object) -> str:
        monkeypatch.setattr(Mailbox, "handle_DATA", taken)
        await asyncio.to_thread(ask, app, world)
        return await taken(box, *given)  # type: ignore[arg-type]

    monkeypatch.setattr(Mailbox, "handle_DATA", asked_meanwhile)
    many = len(world.own.email)
    first = send(app)
    assert (first.sent, first.left) == (1, many - 1)
    assert send(app).sent == many - 1 + len(readers(app, world))
    assert mailbox.mails[1]["Subject"] == "There is something to read"
    assert len(mailbox.mails) == many + len(readers(app, world))


def test_once_the_server_is_back_a_request_for_help_goes_within_ten_minutes(
    app: Flask, world: World, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However long it was away, and however often the message was tried."""
    ask(app, world)
    now = [sending._now()]
    monkeypatch.setattr(sending, "_now", lambda: now[0])
    for _try in range(12):
        assert send(app).left == len(readers(app, world))
        now[0] += timedelta(minutes=10)
    server = Controller(Mailbox(), hostname="127.0.0.1", port=port)
    server.start()
    try:
        assert send(app).sent == len(readers(app, world))
    finally:
        server.stop()


def second_reader(app: Flask, world: World) -> str:
    """A deputy who reads requests there, with the code of the recovery sheet."""
    with app.app_context(), begin() as db:
        deputy = seated(
            Role.DEPUTY, "deputy@hill.test", name="D", since=today(),
            school_id=world.own.school_id,
        )  # fmt: skip
        db.add(deputy)
        db.flush()
        readers_of_desk.take_copy(
            db, school_id=world.own.school_id, typed=SHEET, password="nine calm herons",
            today=today(), by=deputy,
        )  # fmt: skip
        return deputy.email


@SQLITE_FIRST
@pytest.mark.parametrize(
    "seconds", [0.2, pytest.param(periodic.EVERY_SECONDS, marks=pytest.mark.slow)]
)
def test_a_request_sent_by_a_student_is_in_both_mailboxes_within_a_minute(
    app: Flask, world: World, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch, seconds: float
) -> None:
    """From the student's page to the lead and the deputy, by the thread of a worker. In the long
    run with the pauses of production, of which two are enough."""
    assert periodic.EVERY_SECONDS <= 20
    monkeypatch.setattr(periodic, "EVERY_SECONDS", seconds)
    deputy = second_reader(app, world)
    stopping = threading.Event()
    periodic.start(app, stopping.is_set)
    began = monotonic()
    try:
        asked = {"name": "Casey Needle", "form": "9B", "where": "canal", "about": SECRET}
        asks_on_the_page(app.test_client(), world.own, **asked)
        lead = world.own.email[Role.LEAD]
        while not (mailbox.to(lead) and mailbox.to(deputy)):
            assert monotonic() - began < 60
            stopping.wait(0.05)
    finally:
        stopping.set()
    for mail in mailbox.mails:
        whole = mail.as_string() + text(mail)
        for word in ("Casey", "Needle", "canal", "9B", "student", "request"):
            assert word not in whole.replace("help@survey.test", ""), word


# What is due, by kind


def due(kind: MailKind | None, address: str, day: date, late: int = 0) -> Duty:
    return Duty("t", "s", address, "l", days_late=late, due_on=day, mail=kind)


def kinds_written(app: Flask) -> list[str]:
    with app.app_context():
        return sorted(database.session.scalars(select(OutMail.kind)))


@pytest.mark.parametrize(
    "kind", [MailKind.TEXTS, MailKind.LAST_DAY, MailKind.ACTION_DUE, MailKind.CONTACTS]
)
def test_each_kind_is_written_once_and_again_each_week_while_it_is_late(
    app: Flask, world: World, kind: MailKind
) -> None:
    day = date(2026, 12, 4)
    with app.app_context():
        with begin() as db:
            member_id = db.scalars(
                select(Member.id).where(Member.email == world.own.email[Role.LEAD])
            ).one()
            for ago in (-2, -1, 0):
                reminders.write_duties(db, member_id, [due(kind, "/a", day)], day + timedelta(ago))
            reminders.write_duties(db, member_id, [due(MailKind.HELP_REQUEST, "/h", day)], day)
        assert kinds_written(app) == [kind]
        with begin() as db:
            for late in range(1, 15):
                reminders.write_duties(db, member_id, [due(kind, "/a", day, late)], day)
        assert kinds_written(app) == [kind] * 3
        with begin() as db:
            outbox.switch(db, member_id=member_id, off=frozenset({kind}))
            two = [due(kind, "/b", day), due(None, "/c", day), due(None, "/d", day)]
            reminders.write_duties(db, member_id, two, day)
            reminders.write_duties(db, member_id, two, day)
        assert kinds_written(app) == sorted([kind] * 3 + [MailKind.DIGEST])


def test_no_message_says_a_number_a_name_or_what_it_is_about() -> None:
    """Whatever a kind is written about, its words are the same."""
    for kind, wording in WORDINGS.items():
        said = f"{wording.subject} {wording.says}"
        assert "%" not in said, kind
        for word in ("student", "answer", "report", "%(", "action", "request"):
            assert word not in said.lower().replace("password", ""), (kind, word)
