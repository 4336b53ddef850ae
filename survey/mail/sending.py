"""Sending what waits in the outbox: each message once, requests for help first.

A message is claimed before it goes out, in a separate transaction. If the process dies in between,
or the server takes the message and is gone before it says so, it may have arrived or not: it is
marked failed and says so, and is not sent again by itself. A server that cannot be reached is tried
again after a while. One that refuses one address for now holds up no other message.
"""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from time import monotonic

from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy import select, update

from survey.database import Base, begin, database, today
from survey.mail.kinds import MailKind
from survey.mail.mail_server import (
    MayHaveArrivedError,
    RefusedForGoodError,
    RefusedForNowError,
    Send,
    TryLaterError,
    opened,
)
from survey.mail.models import MailState, OutMail
from survey.mail.outbox import LONGEST_WAIT, MailSealError, is_time, unseal
from survey.mail.settings import WayOut, way_out
from survey.mail.wording import WORDINGS
from survey.settings import PRODUCT, Settings, current_settings

AT_ONCE = 20
"""Messages of one run. What is left goes with the next."""
MOST_TRIES = 15
"""Over two days: the waits double from a minute to eight hours."""
WITHOUT_TIME = frozenset({MailKind.HELP_REQUEST})
"""Kinds of which no time is stored: when such a message is tried again, and how often it was tried,
would tell when a student asked for help. A process keeps that in its memory."""
LONGEST_REST = timedelta(minutes=10)
"""Between two tries of such a message: once the server is back, a request for help goes soon."""
GIVEN_UP_AFTER = timedelta(days=2)
"""When a message without a time is not tried any more."""
CLAIM_HOLDS = timedelta(minutes=10)
LONGEST_RUN = timedelta(minutes=3)
"""After this, a run gives back what it has not sent: its claims hold longer than its last message
can take."""


@dataclass(frozen=True)
class Recipient:
    email: str
    name: str
    language: str


@dataclass
class Run:
    sent: int = 0
    failed: int = 0
    left: int = 0


def deliver() -> Run:
    """Sends what waits. Needs an app context; commits each message by itself."""
    settings, run = current_settings(), Run()
    way = way_out(settings)
    if way is None or not _is_any():
        return run
    _give_up_claims()
    claimed = _claim()
    if not claimed:
        return run
    try:
        with opened(way) as send:
            began = monotonic()
            for mail_id in claimed:
                if monotonic() - began > LONGEST_RUN.total_seconds() or _gives_way(mail_id):
                    run.left += _give_back(mail_id)
                else:
                    _deliver(mail_id, settings, way, send, run)
    except TryLaterError as problem:
        for mail_id in claimed:
            run.left += _put_back(mail_id, str(problem))
    return run


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0, tzinfo=None)


def _is_any() -> bool:
    """Is anything waiting or being sent? Asked every few seconds, so it takes no write lock."""
    database.session.rollback()
    pending = OutMail.state.in_([MailState.WAITING, MailState.SENDING])
    return database.session.scalar(select(OutMail.mail_id).where(pending).limit(1)) is not None


def _gives_way(mail_id: uuid.UUID) -> bool:
    """Did a request for help come while messages of another kind are being sent? With a slow
    server they would hold it up for minutes."""
    database.session.rollback()
    mail = database.session.get(OutMail, mail_id, populate_existing=True)
    if mail is None or mail.kind is MailKind.HELP_REQUEST:
        return False
    query = select(OutMail.mail_id).where(
        OutMail.state == MailState.WAITING,
        OutMail.kind == MailKind.HELP_REQUEST,
        OutMail.mail_id.not_in(_rests.resting()),
    )
    return database.session.scalar(query.limit(1)) is not None


@dataclass
class _Rests:
    """Messages without a time that wait in this process: how often each was tried, and until when
    it is left alone."""

    until: dict[uuid.UUID, tuple[int, datetime]] = field(default_factory=dict)

    def resting(self) -> list[uuid.UUID]:
        now = _now()
        return [mail_id for mail_id, (_tries, until) in self.until.items() if until > now]

    def rest(self, mail_id: uuid.UUID) -> None:
        tries = self.until.get(mail_id, (0, _now()))[0] + 1
        self.until[mail_id] = tries, _now() + min(wait_after(tries), LONGEST_REST)

    def forget(self, mail_id: uuid.UUID) -> None:
        self.until.pop(mail_id, None)


_rests = _Rests()


def _claim() -> list[uuid.UUID]:
    """Takes the messages whose time has come, so that no other process sends them."""
    with begin() as db:
        query = (
            select(OutMail.mail_id)
            .where(
                OutMail.state == MailState.WAITING,
                is_time(_now()),
                OutMail.mail_id.not_in(_rests.resting()),
            )
            .order_by(OutMail.kind != MailKind.HELP_REQUEST, OutMail.mail_id)
            .limit(AT_ONCE)
            .with_for_update(skip_locked=True)
        )
        claimed = list(db.scalars(query))
        if claimed:
            db.execute(
                update(OutMail)
                .where(OutMail.mail_id.in_(claimed))
                .values(state=MailState.SENDING, next_try=_now() + CLAIM_HOLDS)
            )
    return claimed


def _give_up_claims() -> None:
    """Messages of a process that died while it sent them. A claim that ends later than any does was
    made by a clock that was ahead."""
    at = _now()
    is_over = (OutMail.next_try <= at) | (OutMail.next_try > at + CLAIM_HOLDS)
    with begin() as db:
        db.execute(
            update(OutMail)
            .where(OutMail.state == MailState.SENDING, is_over)
            .values(
                state=MailState.FAILED,
                next_try=None,
                problem="The server stopped while this was being sent: it may have arrived.",
            )
        )


def _deliver(mail_id: uuid.UUID, settings: Settings, way: WayOut, send: Send, run: Run) -> None:
    mail = database.session.get(OutMail, mail_id, populate_existing=True)
    if mail is None or mail.state is not MailState.SENDING:
        return
    to = _recipient(mail.member_id)
    try:
        path = unseal(mail.sealed, settings)
    except MailSealError:
        _settle(mail_id, MailState.FAILED, "It was written under another secret key.")
        run.failed += 1
        return
    if to is None:  # the account was closed meanwhile
        _settle(mail_id, MailState.SENT, None)
        return
    try:
        send(message(mail.kind, to, path, settings, way, mail_id, reference_in(mail.about)))
    except RefusedForNowError as refused:
        run.left += _put_back(mail_id, str(refused))
    except (RefusedForGoodError, MayHaveArrivedError) as refused:
        _settle(mail_id, MailState.FAILED, str(refused))
        run.failed += 1
        if isinstance(refused, MayHaveArrivedError):
            raise TryLaterError(str(refused)) from refused  # the connection is gone
    else:
        _settle(mail_id, MailState.SENT, None)
        run.sent += 1


def _settle(mail_id: uuid.UUID, state: MailState, problem: str | None) -> None:
    _rests.forget(mail_id)
    values: dict[str, object] = {"state": state, "problem": problem, "next_try": None}
    if state is MailState.SENT:
        values["sealed"] = None
    with begin() as db:
        db.execute(update(OutMail).where(OutMail.mail_id == mail_id).values(values))


def _put_back(mail_id: uuid.UUID, problem: str) -> bool:
    """A message that did not go waits again, twice as long as before; was it one?"""
    with begin() as db:
        mail = db.get(OutMail, mail_id, populate_existing=True)
        if mail is None or mail.state is not MailState.SENDING:
            return False
        mail.problem = problem
        if mail.kind in WITHOUT_TIME:
            is_over = today() - mail.written_on > GIVEN_UP_AFTER
            mail.state = MailState.FAILED if is_over else MailState.WAITING
            mail.next_try = None
            _rests.rest(mail_id)
            return True
        mail.tries += 1
        if mail.tries >= MOST_TRIES:
            mail.state, mail.next_try = MailState.FAILED, None
        else:
            mail.state, mail.next_try = MailState.WAITING, _now() + wait_after(mail.tries)
    return True


def _give_back(mail_id: uuid.UUID) -> bool:
    """A message that was not tried waits as before; was it one?"""
    with begin() as db:
        mail = db.get(OutMail, mail_id, populate_existing=True)
        if mail is None or mail.state is not MailState.SENDING:
            return False
        mail.state, mail.next_try = MailState.WAITING, None
    return True


def wait_after(tries: int) -> timedelta:
    """How long a message waits after so many tries."""
    return min(timedelta(minutes=2 ** (tries - 1)), LONGEST_WAIT)


def _recipient(member_id: uuid.UUID) -> Recipient | None:
    member = Base.metadata.tables["member"]  # the package of members is above this one
    found = database.session.execute(
        select(member.c.email, member.c.name, member.c.language).where(
            member.c.id == member_id, member.c.active
        )
    ).first()
    return Recipient(*found) if found else None


def reference_in(about: str) -> str:
    """The report reference that a message is about, if there is one: a hash at its end."""
    last = about.rpartition(" ")[2]
    return last if re.fullmatch(r"[0-9a-f]{64}", last) else ""


def message(
    kind: MailKind,
    to: Recipient,
    path: str,
    settings: Settings,
    way: WayOut,
    mail_id: uuid.UUID,
    reference: str = "",
) -> EmailMessage:
    """The message in the language of its recipient: plain text, a link, and a report reference if
    it is about a report. A mailbox that keeps the reference shows later whether that report was
    exchanged for another."""
    wording = WORDINGS[kind]
    made = EmailMessage()
    with force_locale(to.language):
        made["Subject"] = str(wording.subject)
        parts = [str(wording.says), f"{settings.public_address}{path}"]
        if reference:
            parts.append(_("Report reference: %(reference)s", reference=reference))
        parts.append(f"{PRODUCT}, {settings.operator_name}\n{settings.operator_contact}\n")
    made["From"] = way.sender
    made["To"] = to.email
    made["Date"] = format_datetime(datetime.now(UTC))
    made["Message-ID"] = f"<{mail_id}@{settings.host.partition(':')[0]}>"
    made["Auto-Submitted"] = "auto-generated"
    made.set_content("\n\n".join(parts))
    return made
