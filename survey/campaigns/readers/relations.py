"""The organisations that a school answers to. Its own authority is one of them without being asked.
Any other asks, and the school accepts or declines."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Sequence
from datetime import date

from flask_babel import gettext as _
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from survey.audit_log import EventName, record
from survey.campaigns.errors import NoSuchReaderError, NotNowReaderError
from survey.campaigns.readers.models import ReaderState, SchoolReader
from survey.organisations.models import Authority, School
from survey.organisations.school_files.columns import whole_number
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
    school = _called(db, authority_id, [words])[words]
    if school is None:
        raise NoSuchReaderError(
            _(
                "No school here has this number. Check it in the register of your nation; a school"
                " that does not use this service yet is added by its authority or the operator."
            )
            if _number_in(words)
            else _("No single school here has exactly this name. Use its number in the register.")
        )
    if school.authority_id == authority_id:
        raise NotNowReaderError(_("%(school)s answers to you already.", school=school.name))
    (asked,) = _ask(db, authority_id, [school.school_id], by=by, today=today)
    return asked


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
    if len(schools) == 1:
        return [ask(db, authority_id=authority_id, words=schools[0], by=by, today=today)]
    called = _called(db, authority_id, schools)
    refused = [words for words, school in called.items() if school is None]
    if refused:
        raise NoSuchReaderError(
            _(
                "No school was asked, because these are not found: %(schools)s. Use the numbers in"
                " the register.",
                schools=", ".join(f"“{words[:60]}”" for words in refused[:MOST_NAMED]),
            )
        )
    others = (one for one in called.values() if one and one.authority_id != authority_id)
    ids = dict.fromkeys(one.school_id for one in others)
    return _ask(db, authority_id, list(ids), by=by, today=today)


def _ask(
    db: Session,
    authority_id: uuid.UUID,
    schools: Sequence[uuid.UUID],
    *,
    by: MemberLike | None,
    today: date,
) -> list[SchoolReader]:
    query = (
        select(SchoolReader)
        .where(SchoolReader.authority_id == authority_id, SchoolReader.school_id.in_(schools))
        .order_by(SchoolReader.school_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    there = {one.school_id: one for one in db.scalars(query)}
    settled = {
        at for at, one in there.items() if one.state in (ReaderState.WAITING, ReaderState.ACCEPTED)
    }
    for at in schools:
        if at not in there:
            there[at] = SchoolReader(school_id=at, authority_id=authority_id, asked_on=today)
            db.add(there[at])
        if at not in settled:
            one = there[at]
            one.state, one.asked_on, one.answered_on = ReaderState.WAITING, today, None
    db.flush()
    for at in schools:
        if at not in settled:
            _record(db, EventName.READER_ASKED, there[at], by)
    return [there[at] for at in schools]


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


def _called(db: Session, authority_id: uuid.UUID, lines: Sequence[str]) -> dict[str, School | None]:
    """The school that each line names, by its number in the register or its exact name. None if
    there is no such school, or more than one."""
    wanted = {line: (_number_in(line), " ".join(line.split())) for line in lines}
    numbers = {number for number, _name in wanted.values() if number}
    names = {name for number, name in wanted.values() if not number}
    found = db.scalars(
        select(School).where(
            School.nation == db.get_one(Authority, authority_id).nation,
            School.closed_on.is_(None),
            School.erased_on.is_(None),
            or_(School.number.in_(numbers), School.name.in_(names)),
        )
    ).all()
    by_number, by_name = defaultdict(list), defaultdict(list)
    for school in found:
        by_number[school.number].append(school)
        by_name[school.name].append(school)
    called: dict[str, School | None] = {}
    for line, (number, name) in wanted.items():
        there = by_number[number] if number else by_name[name]
        called[line] = there[0] if len(there) == 1 else None
    return called


def _number_in(words: str) -> str | None:
    """A number in the register, as lists and spreadsheets write it: "123-0026", "100001.0"."""
    digits = whole_number(words)
    return (digits.lstrip("0") or "0") if digits.isdecimal() else None


def _record(db: Session, name: EventName, one: SchoolReader, by: MemberLike | None) -> None:
    record(db, name, by=by, school_id=one.school_id, authority_id=one.authority_id)
