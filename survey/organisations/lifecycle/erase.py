"""Erasing an account, a school or an authority permanently.

Events stay, because their chain shows that none was taken away. They point to a row that no longer
has a name, an address or a password. Everything else of a school or an authority is deleted.
"""

from __future__ import annotations

import uuid
from datetime import date

from flask_babel import gettext as _
from sqlalchemy import Engine, Table, delete, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from survey import postgresql
from survey.audit_log import Event, EventLink, EventName, record
from survey.database import Base, key_folder
from survey.encryption import keys
from survey.errors import NotNowError
from survey.organisations.accounts import sessions
from survey.organisations.accounts.invitations import record_at_each
from survey.organisations.models import Authority, Member, Membership, School
from survey.organisations.operations import OwnAccountError, operators
from survey.organisations.seats import operations as seats
from survey.permissions import MemberLike
from survey.postgresql import LockedError
from survey.serving import last_runs
from survey.serving.last_runs import RunName

STAYS = (
    Event.__tablename__,
    EventLink.__tablename__,
    Member.__tablename__,
    School.__tablename__,
    Authority.__tablename__,
)
"""Tables that keep rows of an erased organisation, without names."""

WAIT_SECONDS = 10
"""How long each table is waited for when earlier versions of rows are cleared away."""

ANSWERS = ("access_code", "response", "free_text")
"""Tables too large to be written again while students answer. What is left in their pages is
cleared away in the night."""

OF_ONE_PERSON = (
    "desk_key_copy",
    "mail_switched_off",
    "out_mail",
    "password_link",
    "passkey",
    "provider_account",
)
"""Tables whose rows go with an account."""

NOWHERE = "erased.invalid"
"""No mail can ever go to an address in this domain (RFC 2606)."""


class LastOperatorError(NotNowError):
    """No one could open an account any more."""


class NotClearedError(NotNowError):
    """It is erased, but earlier versions of its rows are still in the files of the database."""


def erase_member(db: Session, *, member: Member, by: MemberLike | None, today: date) -> None:
    """Erases an account: who it was, and all that opens it. What the person did stays on record
    without their name."""
    if by is not None and member.id == by.id:
        raise OwnAccountError(_("You cannot erase your own account. Another operator can."))
    if member.erased_on is not None:
        return
    _refuse_last_operator(db, member, by)
    record_at_each(db, EventName.MEMBER_ERASED, member, by=by, member=member.id)
    for seat in member.seats:
        seats.end_quietly(db, seat)
    sessions.end_all(db, member.id)
    for name in OF_ONE_PERSON:
        table = Base.metadata.tables[name]
        db.execute(delete(table).where(table.c.member_id == member.id))
    member.name, member.email = "", f"{member.id}@{NOWHERE}"
    member.active, member.fs_uniquifier = False, uuid.uuid4().hex
    member.password = member.tf_primary_method = member.tf_totp_secret = None
    member.mf_recovery_codes = member.first_password_until = member.last_code_step = None
    member.language, member.since, member.erased_on = "en", today, today
    db.flush()


def _refuse_last_operator(db: Session, member: Member, by: MemberLike | None) -> None:
    found = operators(db)
    if by is not None and [one.id for one in found] == [member.id]:
        raise LastOperatorError(_("This is the last operator. Add another one first."))


def erase_organisation(
    db: Session, *, organisation: School | Authority, by: MemberLike | None, today: date
) -> None:
    """Erases a school or an authority with its accounts and everything that belongs to it. Schools
    of an erased authority stay, and go on by themselves."""
    if organisation.erased_on is not None:
        return
    if isinstance(organisation, School):
        _erase_school(db, organisation, by=by, today=today)
    else:
        _erase_authority(db, organisation, by=by, today=today)
    db.flush()


def _erase_school(db: Session, school: School, *, by: MemberLike | None, today: date) -> None:
    own_id = school.school_id
    _erase_people(db, school, by=by, today=today)
    wave = Base.metadata.tables["wave"]
    for wave_id in db.scalars(select(wave.c.wave_id).where(wave.c.school_id == own_id)):
        keys.destroy(key_folder(db), f"box-{wave_id}")
    _delete_all(db, "school_id", own_id)
    last_runs.note_due(db, RunName.CLEARING)
    record(db, EventName.SCHOOL_ERASED, by=by, school_id=own_id)
    school.name, school.roll, school.authority_id = str(own_id), {}, None
    school.number, school.names_itself, school.erased_on = None, False, today


def _erase_people(
    db: Session, organisation: School | Authority, *, by: MemberLike | None, today: date
) -> None:
    """Erases the accounts of people who have no seat anywhere else; others lose their seat here."""
    had = select(Membership.member_id).where(seats.at(organisation))
    for member in db.scalars(select(Member).where(Member.id.in_(had))).all():
        here = [one for one in member.seats if one.place is organisation]
        if len(member.seats) > len(here):
            for seat in here:
                seats.end_quietly(db, seat)
        else:
            erase_member(db, member=member, by=by, today=today)


def _erase_authority(
    db: Session, authority: Authority, *, by: MemberLike | None, today: date
) -> None:
    own_id = authority.authority_id
    _erase_people(db, authority, by=by, today=today)
    campaign = Base.metadata.tables["campaign"]
    for table in (campaign, Base.metadata.tables["school"]):
        alone = {name: None for name in ("authority_id", "programme_id") if name in table.c}
        db.execute(update(table).where(table.c.authority_id == own_id).values(**alone))
    _delete_all(db, "authority_id", own_id)
    record(db, EventName.AUTHORITY_ERASED, by=by, authority_id=own_id)
    authority.name, authority.erased_on = str(own_id), today  # names of authorities are unique


def _delete_all(db: Session, column: str, own_id: uuid.UUID) -> None:
    """Deletes the rows of an organisation from every table, those that point to others first, and
    questionnaires that nothing needs any more: a school's own questions are in them."""
    db.flush()
    for table in reversed(Base.metadata.sorted_tables):
        if column in table.c and table.name not in STAYS:
            db.execute(delete(table).where(table.c[column] == own_id))
    _delete_unused_questionnaires(db)
    job = Base.metadata.tables["job"]
    db.execute(delete(job).where(job.c.key.contains(str(own_id))))
    db.expire_all()


def _delete_unused_questionnaires(db: Session) -> None:
    frozen = Base.metadata.tables["frozen_questionnaire"]
    users = [
        fk.parent
        for table in Base.metadata.tables.values()
        for fk in table.foreign_keys
        if fk.column.table is frozen
    ]
    used = [select(one).where(one.is_not(None)) for one in users]
    db.execute(delete(frozen).where(*(frozen.c.content_hash.not_in(one) for one in used)))


# What deleted rows leave behind


def clear(engine: Engine) -> None:
    """Clears earlier versions of rows out of the files of the database. Outside any transaction.
    Raises a `NotClearedError` if something is reading it."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        try:
            if engine.dialect.name == "sqlite":
                connection.exec_driver_sql("VACUUM")
                if connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()[0]:
                    raise NotClearedError(_not_cleared())
                return
            for table in Base.metadata.sorted_tables:
                how = () if table.name in ANSWERS else ("FULL",)
                postgresql.vacuum(connection, _quoted(table), *how, wait=WAIT_SECONDS)
        except (DBAPIError, LockedError) as problem:
            raise NotClearedError(_not_cleared()) from problem


def _quoted(table: Table) -> str:
    return '"' + table.name.replace('"', '""') + '"'


def _not_cleared() -> str:
    return str(
        _(
            "It is erased, but something is reading the database, so earlier versions are still in"
            " its files. The nightly upkeep clears them away; or erase again in a few minutes."
        )
    )
