"""Signing a survey off before its launch, and taking that back. `campaigns` says what is needed."""

from __future__ import annotations

import uuid
from datetime import date

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from survey.approvals.models import SignOff, SignOffKind
from survey.audit_log import EventName, record
from survey.errors import NotThereError, RefusedError
from survey.permissions import MemberLike
from survey.typed_text import is_seen, kept, length

LONGEST_NAME = 120


class NoSuchSignOffError(NotThereError):
    """There is no such sign-off, or it was taken back."""


class NameMissingError(RefusedError):
    """A signature on paper without the name of the person who signed."""


def give(
    db: Session,
    *,
    school_id: uuid.UUID,
    wave_id: uuid.UUID,
    kind: SignOffKind,
    words_hash: str,
    by: MemberLike,
    today: date,
    on_paper_by: str = "",
) -> SignOff:
    """Signs a wording off. Doing it twice is doing it once."""
    there = in_force(db, school_id=school_id, wave_id=wave_id, kind=kind, words_hash=words_hash)
    if there is not None:
        return there
    given = SignOff(
        school_id=school_id,
        sign_off_id=uuid.uuid4(),
        wave_id=wave_id,
        kind=kind,
        words_hash=words_hash,
        given_by=by.id,
        given_on=today,
        on_paper_by=on_paper_by,
    )
    db.add(given)
    db.flush()  # the launch that follows in the same write finds it
    _record(db, EventName.SIGN_OFF_GIVEN, given, by)
    return given


def name_on_paper(given: str) -> str:
    """The name of a person who signed on paper."""
    name = " ".join(kept(given).split())
    if not (is_seen(name) and length(name) <= LONGEST_NAME):
        raise NameMissingError(_("Write the name of the head who signed."))
    return name


def revoke(db: Session, *, sign_off: SignOff, by: MemberLike, today: date) -> None:
    """Takes a sign-off back."""
    if sign_off.ended_on is None:
        sign_off.ended_on, sign_off.ended_by = today, by.id
        _record(db, EventName.SIGN_OFF_REVOKED, sign_off, by)


def in_force(
    db: Session, *, school_id: uuid.UUID, wave_id: uuid.UUID, kind: SignOffKind, words_hash: str
) -> SignOff | None:
    """The sign-off of this wording, if it was given and not taken back."""
    return next(
        (
            one
            for one in of_wave(db, school_id=school_id, wave_id=wave_id)
            if one.kind is kind and one.ended_on is None and one.words_hash == words_hash
        ),
        None,
    )


def of_wave(db: Session, *, school_id: uuid.UUID, wave_id: uuid.UUID) -> list[SignOff]:
    """All sign-offs of a survey, the newest first."""
    query = select(SignOff).where(SignOff.school_id == school_id, SignOff.wave_id == wave_id)
    return list(db.scalars(query.order_by(SignOff.given_on.desc(), SignOff.ended_on.is_not(None))))


def _record(db: Session, name: EventName, sign_off: SignOff, by: MemberLike) -> None:
    record(
        db,
        name,
        by=by,
        school_id=sign_off.school_id,
        wave_id=sign_off.wave_id,
        kind=sign_off.kind.value,
    )
