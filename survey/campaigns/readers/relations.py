"""The organisations that a school answers to. Its own authority is one of them without being asked.
Any other asks, and the school accepts or declines."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date

from flask_babel import gettext as _
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from survey.audit_log import EventName, record
from survey.campaigns.errors import NoSuchReaderError, NotNowReaderError
from survey.campaigns.readers.models import ReaderState, SchoolReader
from survey.organisations.models import Authority, School
from survey.permissions import MemberLike

MOST_NAMED = 10
"""Schools of a list that an error names."""


def answers_to(db: Session, school: School, authority_id: uuid.UUID) -> bool:
    """May this organisation invite the school and compare it?"""
    if school.authority_id == authority_id:
        return True
    asked = db.get(SchoolReader, (school.school_id, authority_id))
    return asked is not None and asked.state is ReaderState.ACCEPTED


def schools_of(db: Session, authority_id: uuid.UUID) -> Sequence[School]:
    """The schools that answer to an organisation and are not closed, by name."""
    accepted = select(SchoolReader.school_id).where(
        SchoolReader.authority_id == authority_id, SchoolReader.state == ReaderState.ACCEPTED
    )
    return db.scalars(
        select(School)
        .where(
            or_(School.authority_id == authority_id, School.school_id.in_(accepted)),
            School.closed_on.is_(None),
            School.erased_on.is_(None),
        )
        .order_by(School.name, School.school_id)
    ).all()


def readers_of(db: Session, school_id: uuid.UUID) -> Sequence[SchoolReader]:
    """The organisations that asked to be a reader of a school, those that wait first."""
    found = db.scalars(select(SchoolReader).where(SchoolReader.school_id == school_id)).all()
    return sorted(found, key=lambda one: (one.state is not ReaderState.WAITING, one.authority.name))


def find(db: Session, school_id: uuid.UUID, authority_id: uuid.UUID) -> SchoolReader:
    found = db.get(SchoolReader, (school_id, authority_id))
    if found is None:
        raise NoSuchReaderError(_("This organisation has not asked your school."))
    return found


def asked_by(db: Session, authority_id: uuid.UUID) -> Sequence[SchoolReader]:
    """The schools that an organisation asked, by name."""
    found = db.scalars(select(SchoolReader).where(SchoolReader.authority_id == authority_id)).all()
    return sorted(found, key=lambda one: one.school.name)


def ask(
    db: Session, *, authority_id: uuid.UUID, words: str, by: MemberLike | None, today: date
) -> SchoolReader:
    """Asks a school, by its number in the register or its exact name, whether it answers to this
    organisation too. Asking twice is asking once; a school that declined can be asked again."""
    school = _called(db, db.get_one(Authority, authority_id), words)
    if school.authority_id == authority_id:
        raise NotNowReaderError(_("%(school)s answers to you already.", school=school.name))
    there = db.get(SchoolReader, (school.school_id, authority_id), with_for_update=True)
    if there is None:
        there = SchoolReader(school_id=school.school_id, authority_id=authority_id, asked_on=today)
        db.add(there)
    elif there.state in (ReaderState.WAITING, ReaderState.ACCEPTED):
        return there
    there.state, there.asked_on, there.answered_on = ReaderState.WAITING, today, None
    db.flush()
    _record(db, EventName.READER_ASKED, there, by)
    return there


def ask_each(
    db: Session,
    *,
    authority_id: uuid.UUID,
    schools: Sequence[str],
    by: MemberLike | None,
    today: date,
) -> list[SchoolReader]:
    """Asks several schools, all or none. Schools that answer to the organisation already are passed
    over, unless one alone is named. Raises an error that names each school that cannot be asked."""
    asked: dict[uuid.UUID, SchoolReader] = {}
    refused = []
    for words in schools:
        try:
            one = ask(db, authority_id=authority_id, words=words, by=by, today=today)
            asked[one.school_id] = one
        except NotNowReaderError:
            if len(schools) == 1:
                raise
        except NoSuchReaderError:
            if len(schools) == 1:
                raise
            refused.append(words)
    if refused:
        raise NoSuchReaderError(
            _(
                "No school was asked, because these are not found: %(schools)s. Use the numbers in"
                " the register.",
                schools=", ".join(f"“{words[:60]}”" for words in refused[:MOST_NAMED]),
            )
        )
    return list(asked.values())


def answer(
    db: Session,
    *,
    school_id: uuid.UUID,
    authority_id: uuid.UUID,
    accepts: bool,
    by: MemberLike | None,
    today: date,
) -> SchoolReader:
    """The school accepts or declines, or ends what it accepted. What was published stays; surveys
    that take part in a programme of this reader stay in it until they are over."""
    found = db.get(SchoolReader, (school_id, authority_id), with_for_update=True)
    if found is None:
        raise NoSuchReaderError(_("This organisation has not asked your school."))
    if accepts and found.state is not ReaderState.WAITING:
        if found.state is ReaderState.ACCEPTED:
            return found
        raise NotNowReaderError(_("This organisation has to ask your school again."))
    before = found.state
    if not accepts and before in (ReaderState.DECLINED, ReaderState.ENDED):
        return found
    found.state = (
        ReaderState.ACCEPTED
        if accepts
        else ReaderState.DECLINED
        if before is ReaderState.WAITING
        else ReaderState.ENDED
    )
    found.answered_on = today
    name = EventName.READER_ACCEPTED if accepts else EventName.READER_DECLINED
    _record(db, name, found, by)
    return found


def _called(db: Session, reader: Authority, words: str) -> School:
    words = " ".join(words.split())
    number = words.lstrip("0") if words.isdecimal() else None
    found = db.scalars(
        select(School).where(
            School.nation == reader.nation,
            School.closed_on.is_(None),
            School.erased_on.is_(None),
            School.number == number if number else School.name == words,
        )
    ).all()
    if len(found) != 1:
        raise NoSuchReaderError(
            _(
                "No school here has this number. Check it in the register of your nation; a school"
                " that does not use this service yet is added by its authority or the operator."
            )
            if number
            else _("No single school here has exactly this name. Use its number in the register.")
        )
    return found[0]


def _record(db: Session, name: EventName, one: SchoolReader, by: MemberLike | None) -> None:
    record(db, name, by=by, school_id=one.school_id, authority_id=one.authority_id)
