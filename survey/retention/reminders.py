"""The daily e-mail: that something on a start page waits, and requests that are not read."""

from __future__ import annotations

from datetime import date

from flask import Flask
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from survey.desk.duties import Desk, duties_of
from survey.help_requests import notices
from survey.help_requests import operations as help_requests
from survey.mail import outbox
from survey.mail.kinds import Kind
from survey.organisations.models import HelpDesk, Member, Membership
from survey.settings import Settings


def write(app: Flask, db: Session, options: Settings, *, today: date) -> None:
    """Puts the messages of a day into the outbox. Repeating it the same day writes nothing more."""
    if not outbox.is_set_up():
        return
    remind_readers(db, key=help_requests.box_key(options.totp_key), today=today)
    with app.test_request_context(base_url=options.public_address):  # duties are links to pages
        for seat in db.scalars(seats_with_duties()):
            if seat.school_id and duties_of(Desk(db, seat.school_id, seat, today)):
                outbox.put(db, kind=Kind.DIGEST, member_id=seat.id, about=str(today), path="/staff")


def seats_with_duties() -> Select[tuple[Membership]]:
    """The seats at schools: a start page of each is searched for something to do."""
    query = select(Membership).join(Member, Member.id == Membership.member_id)
    return query.where(
        Membership.school_id.is_not(None), Membership.ended_on.is_(None), Member.active
    )


def remind_readers(db: Session, *, key: bytes, today: date) -> None:
    """Writes to the readers of each school with a request of an earlier day that is not read."""
    for desk in db.scalars(select(HelpDesk).where(HelpDesk.key_number.is_not(None))):
        oldest = help_requests.waiting(db, desk.school_id, key=key).oldest
        if oldest is not None and oldest < today and desk.key_number:
            notices.write(db, desk.school_id, desk.key_number, today)
