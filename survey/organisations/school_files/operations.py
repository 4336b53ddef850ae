"""Storing an uploaded file of schools until its plan is confirmed, and applying the plan."""

from __future__ import annotations

import uuid
import zlib
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import delete, select
from sqlalchemy.orm import Session, defer

from survey.audit_log import EventName, record
from survey.database import today
from survey.errors import NotNowError, NotThereError
from survey.organisations.models import Authority, Nation, School, SchoolFile
from survey.organisations.operations import (
    add_authority,
    put_school,
    refuse_closed,
    roll_changes,
)
from survey.organisations.school_files.plan import (
    Planned,
    SchoolAction,
    SchoolFilePlan,
    default_phase,
)
from survey.permissions import MemberLike

KEPT = timedelta(days=2)


class FileGoneError(NotThereError):
    """The file was already applied, is too old, or belongs to another authority."""


class SchoolsChangedError(NotNowError):
    """The file would now do something other than what was shown."""


def keep(
    db: Session, *, content: bytes, nation: Nation, authority_id: uuid.UUID | None
) -> uuid.UUID:
    """Stores a file until it is applied. `authority_id` is that of the analyst who uploaded it."""
    kept = SchoolFile(
        file_id=uuid.uuid4(),
        authority_id=authority_id,
        nation=nation,
        sent_on=today(),
        content=zlib.compress(content),
    )
    db.add(kept)
    db.flush()
    return kept.file_id


def find(db: Session, *, file_id: uuid.UUID, authority_id: uuid.UUID | None) -> SchoolFile:
    """A stored file: any for the operator, their own for an analyst. Raises a `FileGoneError`."""
    kept = db.get(SchoolFile, file_id)
    if kept is None or authority_id not in (None, kept.authority_id):
        raise FileGoneError(_("This file was taken already, or is no longer kept. Send it again."))
    return kept


def content_of(kept: SchoolFile) -> bytes:
    return zlib.decompress(kept.content)


def waiting(db: Session, *, authority_id: uuid.UUID | None) -> list[SchoolFile]:
    """Files not yet applied, the newest first, without their content."""
    query = select(SchoolFile).options(defer(SchoolFile.content))
    if authority_id is not None:
        query = query.where(SchoolFile.authority_id == authority_id)
    return list(db.scalars(query.order_by(SchoolFile.sent_on.desc(), SchoolFile.file_id)))


def forget(db: Session, *, file_id: uuid.UUID) -> None:
    db.execute(delete(SchoolFile).where(SchoolFile.file_id == file_id))


def forget_old(db: Session, *, today: date) -> None:
    """Deletes files that were not applied within two days."""
    is_old = (SchoolFile.sent_on <= today - KEPT) | (SchoolFile.sent_on > today)
    db.execute(delete(SchoolFile).where(is_old))  # the second of a clock that was ahead


def apply(db: Session, planned: SchoolFilePlan, *, shown: str, by: MemberLike | None) -> None:
    """Applies a plan. `shown` is the fingerprint of the plan that the person confirmed. Raises a
    `SchoolsChangedError` if this is another plan."""
    if planned.fingerprint != shown:
        raise SchoolsChangedError(
            _("Schools here have changed since this page was made. Look at it again.")
        )
    authorities: dict[str, uuid.UUID] = {}
    for one in planned.rows:
        if one.new_authority and one.new_authority not in authorities:
            made = add_authority(db, name=one.new_authority, nation=one.nation, by=by)
            authorities[one.new_authority] = made.authority_id
    for authority_id in {one.authority_id for one in planned.doing(SchoolAction.ADD)}:
        refuse_closed(db, authority_id)
    there = _schools(db, [one.school_id for one in planned.rows if one.doing in _OF_ONE_THERE])
    with db.no_autoflush:  # one flush for all rows
        for one in planned.rows:
            to = authorities[one.new_authority] if one.new_authority else one.authority_id
            if one.doing is SchoolAction.ADD:
                _add(db, one, to, by)
            elif one.doing in _OF_ONE_THERE:
                _change(db, one, there[one.school_id], to, by)
    db.flush()


_OF_ONE_THERE = (SchoolAction.CHANGE, SchoolAction.CLOSE)
AT_ONCE = 500
"""The most values in one SQL statement."""


def _schools(
    db: Session, school_ids: Sequence[uuid.UUID | None]
) -> Mapping[uuid.UUID | None, School]:
    found: dict[uuid.UUID | None, School] = {}
    for at in range(0, len(school_ids), AT_ONCE):
        query = select(School).where(School.school_id.in_(school_ids[at : at + AT_ONCE]))
        found |= {one.school_id: one for one in db.scalars(query)}
    return found


def _add(db: Session, one: Planned, authority_id: uuid.UUID | None, by: MemberLike | None) -> None:
    """The plan has already looked for schools of the same name."""
    made = School(
        name=one.row.name,
        nation=one.nation,
        phase=default_phase(one.row),
        roll=one.row.roll or {},
        number=one.row.number,
        authority_id=authority_id,
    )
    put_school(db, made, by=by)


def _change(
    db: Session,
    one: Planned,
    school: School,
    authority_id: uuid.UUID | None,
    by: MemberLike | None,
) -> None:
    details: dict[str, Any] = {"fields": sorted(change.field for change in one.changes)}
    before = dict(school.roll)
    for change in one.changes:
        if change.field == "authority":
            school.authority = db.get_one(Authority, authority_id)
        else:
            setattr(school, change.field, change.after)
    if changed := roll_changes(before, school.roll):
        details["roll"] = changed
    closes = one.doing is SchoolAction.CLOSE
    if closes:
        school.closed_on = today()
    record(
        db,
        EventName.SCHOOL_CLOSED if closes else EventName.SCHOOL_CHANGED,
        by=by,
        school_id=school.school_id,
        **details,
    )
