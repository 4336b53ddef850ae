"""The daily e-mail: what on a start page waits, by kind, and requests that are not read.

Each thing to do has its own kind of message or goes into the digest. All things of a kind are
one message: when another one comes, and once a week while one is late. The digest is written once a
day. A person who has turned a kind off gets none of it, in the digest neither.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable
from datetime import date

from flask import Flask
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from survey.approvals.operations import waiting_for
from survey.help_contacts import operations as help_contacts
from survey.help_requests import notices
from survey.help_requests import operations as help_requests
from survey.mail import outbox
from survey.mail.kinds import MailKind
from survey.organisations.models import HelpDesk, Member, Membership
from survey.permissions import Permission, may
from survey.settings import Settings
from survey.start_page.duties import Desk, Duty, duties_of

WEEK = 7


def write(app: Flask, db: Session, options: Settings, *, today: date) -> None:
    """Puts the messages of a day into the outbox. Repeating it the same day writes nothing more."""
    if not outbox.is_set_up():
        return
    remind_readers(db, key=help_requests.box_key(*options.totp_keys), today=today)
    with app.test_request_context(base_url=options.public_address):  # duties are links to pages
        for seat in db.scalars(open_seats()):
            if seat.school_id is not None:
                duties = duties_of(Desk(db, seat.school_id, seat, today))
                write_duties(db, seat.id, duties, today)
            elif waiting_for(db, seat):
                outbox.put(db, kind=MailKind.DIGEST, member_id=seat.id, about=str(today))
            if may(seat, Permission.ORGANISATIONS_MANAGE):
                remind_of_contacts(db, seat.id, today)


def open_seats() -> Select[Membership]:
    """The seats of people who can sign in: each is searched for something to do."""
    query = select(Membership).join(Member, Member.id == Membership.member_id)
    return query.where(Membership.ended_on.is_(None), Member.active)


def remind_of_contacts(db: Session, member_id: uuid.UUID, today: date) -> None:
    """Writes to an operator once a month while a national help contact is due for a check."""
    if help_contacts.due(help_contacts.national(db), today):
        outbox.put(db, kind=MailKind.CONTACTS, member_id=member_id, about=f"{today:%Y-%m}")


def write_duties(db: Session, member_id: uuid.UUID, duties: Iterable[Duty], today: date) -> None:
    """Puts one message for the duties of each kind. Requests for help have their own."""
    by_kind: dict[MailKind, list[Duty]] = {}
    for duty in duties:
        by_kind.setdefault(MailKind(duty.mail or MailKind.DIGEST), []).append(duty)
    for kind, waits in by_kind.items():
        if kind is not MailKind.HELP_REQUEST:
            about = str(today) if kind is MailKind.DIGEST else _about(waits)
            outbox.put(db, kind=kind, member_id=member_id, about=about)


def _about(duties: Iterable[Duty]) -> str:
    """The same for the same things until one is late, and another each week after that."""
    said = sorted(
        f"{one.address} {one.due_on} {(one.days_late + WEEK - 1) // WEEK}" for one in duties
    )
    return hashlib.sha256("\n".join(said).encode()).hexdigest()[:32]


def remind_readers(db: Session, *, key: bytes, today: date) -> None:
    """Writes to the readers of each school with a request of an earlier day that is not read."""
    for desk in db.scalars(select(HelpDesk).where(HelpDesk.key_number.is_not(None))):
        oldest = help_requests.waiting(db, desk.school_id, key=key).oldest
        if oldest is not None and oldest < today and desk.key_number:
            notices.write(db, desk.school_id, desk.key_number, today)
