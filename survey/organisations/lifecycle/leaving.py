"""A school leaves the programmes of an authority, or all of them.

What it launched before stays part of them. Later surveys are in none of them: neither those that
were started from a programme, nor those that the school holds for another reader and had joined to
one. Invitations that wait lapse.
"""

from __future__ import annotations

import uuid
from datetime import date

from sqlalchemy import ColumnElement, Table, delete, exists, func, or_, select, true, update
from sqlalchemy.orm import Session

from survey.database import Base
from survey.organisations.models import School


def _table(name: str) -> Table:
    return Base.metadata.tables[name]  # of a package above this one


def hold_programmes(db: Session, school: School) -> None:
    """Locks the programmes of a school and of its authority, before the school: no launch, no
    invitation and no comparison goes on meanwhile."""
    campaign, programme, invitation = map(_table, ("campaign", "programme", "invitation"))
    mine = [
        select(one.c.programme_id).where(
            one.c.school_id == school.school_id, one.c.programme_id.is_not(None)
        )
        for one in (campaign, invitation)
    ]
    db.execute(
        select(programme.c.programme_id)
        .where(
            or_(
                *(programme.c.programme_id.in_(one) for one in mine),
                programme.c.authority_id == school.authority_id,
            )
        )
        .order_by(programme.c.programme_id)
        .with_for_update()
    )


def leave(
    db: Session, school_id: uuid.UUID, *, authority_id: uuid.UUID | None, today: date
) -> None:
    """Takes a school out of the programmes of an authority; out of all, if that is None."""
    db.flush()
    _end_own(db, school_id, authority_id)
    _end_joined(db, school_id, authority_id)
    invitation = _table("invitation")
    db.execute(
        update(invitation)
        .where(
            invitation.c.school_id == school_id,
            _of(invitation, authority_id),
            invitation.c.state == "waiting",
        )
        .values(state="lapsed", answered_on=today)
    )
    db.expire_all()


def _end_own(db: Session, school_id: uuid.UUID, authority_id: uuid.UUID | None) -> None:
    """Of surveys that were started from a programme: the number of the last one that counts."""
    campaign, wave = _table("campaign"), _table("wave")
    last = (
        select(func.coalesce(func.max(wave.c.number), 0))
        .where(
            wave.c.school_id == campaign.c.school_id,
            wave.c.campaign_id == campaign.c.campaign_id,
            wave.c.state != "draft",
        )
        .scalar_subquery()
    )
    db.execute(
        update(campaign)
        .where(
            campaign.c.school_id == school_id,
            campaign.c.programme_id.is_not(None),
            _of(campaign, authority_id),
            campaign.c.left_after.is_(None),
        )
        .values(left_after=last)
    )


def _end_joined(db: Session, school_id: uuid.UUID, authority_id: uuid.UUID | None) -> None:
    """Of surveys that joined a programme: drafts are no part of it any more."""
    joined, wave = _table("joined_survey"), _table("wave")
    is_draft = exists().where(
        wave.c.school_id == joined.c.school_id,
        wave.c.wave_id == joined.c.wave_id,
        wave.c.state == "draft",
    )
    db.execute(
        delete(joined).where(joined.c.school_id == school_id, _of(joined, authority_id), is_draft)
    )


def forget_reader(db: Session, school_id: uuid.UUID, authority_id: uuid.UUID) -> None:
    """The new authority reads the school as its authority, and not as another reader too."""
    reader = _table("school_reader")
    db.execute(
        delete(reader).where(reader.c.school_id == school_id, reader.c.authority_id == authority_id)
    )


def _of(table: Table, authority_id: uuid.UUID | None) -> ColumnElement[bool]:
    return true() if authority_id is None else table.c.authority_id == authority_id
